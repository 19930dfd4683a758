"""Plain references of the whole model family, run over random streams of events.

    /usr/bin/python3 tests/reference/family.py MODEL SEED...

For each seed: draws parameters and events, computes each step, and prints both as lines of words (numbers in
hexadecimal, exact). tests/unit/test_family_reference.c feeds the same events to the engine's model and compares.

Lines:  param NAME X | config STEP_NS N_STEPS | event STEP T_NS KIND ID MAG |
        step DELTA DRIVE DRIVE_T_NS VALUE ASSOC UNCERTAINTY AVG_REWARD LICK CS0..CS7 P0..P3 AUX... | end
"""
import sys

sys.dont_write_bytecode = True
import belief_models  # noqa: E402
import contingency_models  # noqa: E402
import numpy as np  # noqa: E402
import td_models  # noqa: E402
import trial_models  # noqa: E402
from events import (  # noqa: E402
    ACTION, AVERSIVE, CONTEXT, CS_OFF, CS_ON, LICK, MS, OPTO_OFF, OPTO_ON, POSITION, SECOND, SESSION, US,
)

MODELS = {**trial_models.MODELS, **td_models.MODELS, **belief_models.MODELS, **contingency_models.MODELS}
N_SECONDS = 60


def draw_shared(rng):
    return {"opto_mode": int(rng.integers(4)), "opto_gain": rng.uniform(0, 2), "opto_level": rng.uniform(-1, 0),
            "us_gain_0": rng.uniform(0.3, 1.2), "aversive_gain": rng.uniform(0, 1), "us_value": rng.uniform(0.5, 1)}


def draw_events(rng, end_ns):
    """(t, kind, id, mag): trials with cues, choices, outcomes or none, and everything else in between."""
    rows, t = [(0, SESSION, 0, 0.0)], int(0.5 * SECOND)
    while t < end_ns - 8 * SECOND:
        cue, delay = int(rng.choice([0, 0, 0, 1, 7])), int(rng.choice([0.6, 1.0, 1.5]) * SECOND) + int(rng.integers(100)) * MS
        rows.append((t, CS_ON, cue, float(rng.choice([1.0, 1.0, 0.5]))))
        if rng.random() < 0.2:
            rows.append((t + int(rng.choice([0, 100, 400])) * MS, CS_ON, 2, 1.0))
        if rng.random() < 0.1:
            rows.append((t + delay // 2, CS_ON, cue, 1.0))
        if rng.random() < 0.5:
            rows.append((t + delay // 3, ACTION, int(rng.integers(4)), 0.0))
        if rng.random() < 0.1:
            rows.append((t + delay // 2, ACTION, int(rng.integers(2)), 0.0))
        if rng.random() < 0.75:
            us = (t + delay, US, int(rng.choice([0, 0, 0, 2])), float(rng.choice([1.0, 1.0, 2.0])))
            rows.append(us)
            if rng.random() < 0.1:
                rows.append((t + delay, US, 3, 0.5))
            if rng.random() < 0.1:
                rows.append((t + delay, AVERSIVE, 0, 0.5))
        rows.append((t + delay, CS_OFF, cue, 0.0))
        if rng.random() < 0.3:
            on = t + int(rng.integers(0, 3000)) * MS + int(rng.choice([0, 777]))
            on = t + delay if rng.random() < 0.3 else on
            rows.append((on, OPTO_ON, int(rng.integers(2)), float(rng.choice([1.0, -1.0]))))
            rows.append((on + int(rng.integers(50, 900)) * MS, OPTO_OFF, int(rng.integers(2)), 0.0))
        if rng.random() < 0.1:
            rows.append((t + int(3.1 * SECOND), AVERSIVE, 0, 0.5))
        if rng.random() < 0.1:
            rows.append((t + int(3.3 * SECOND), US, 0, 1.0))
        if rng.random() < 0.05:
            rows.append((t + int(3.2 * SECOND), SESSION, 2, 0.0))
            rows.append((t + int(6.4 * SECOND), SESSION, 3, 0.0))
        if rng.random() < 0.02:
            rows.append((t + int(3.2 * SECOND), SESSION, 0, 0.0))
        if rng.random() < 0.2:
            rows.append((t - 100 * MS, CONTEXT, int(rng.integers(3)), 0.0))
        rows += [(t + int(rng.integers(0, 4 * SECOND)), LICK, 0, 0.0) for _ in range(rng.integers(0, 4))]
        if rng.random() < 0.3:
            rows += [(t + j * 200 * MS, POSITION, 0, j / 5) for j in range(6)]
        t += int(rng.uniform(1.2, 7.0) * SECOND)
    return rows


def steps_of(rng, rows, step_ns, n_steps):
    """Events by the step that gets them, in the order of handling. Some are late by some steps."""
    steps = [[] for _ in range(n_steps)]
    for row in rows:
        k = row[0] // step_ns + (int(rng.integers(1, 4)) if rng.random() < 0.03 else 0)
        if k < n_steps:
            steps[k].append(row)
    return [sorted(events, key=lambda e: e[:3]) for events in steps]


def text(x):
    return float(x).hex()


def run(name, seed):
    rng = np.random.default_rng([seed, sum(map(ord, name))])
    kind = MODELS[name]
    p = {**kind.DEFAULTS, **draw_shared(rng), **kind.draw(rng)}
    step_ns = kind.STEP_MS * MS if seed % 2 else max(20, kind.STEP_MS // 2) * MS
    n_steps = N_SECONDS * SECOND // step_ns
    model, steps = kind(p, step_ns), steps_of(rng, draw_events(rng, N_SECONDS * SECOND), step_ns, n_steps)
    for key, value in p.items():
        print("param", key, text(value))
    print("config", step_ns, n_steps)
    for k, events in enumerate(steps):
        for t, kind, ident, mag in events:
            print("event", k, t, kind, ident, text(mag))
        out = model.step(k, events)
        numbers = [out.get(key, 0.0) for key in ("value", "assoc", "uncertainty", "avg_reward", "lick")]
        rest = [*out.get("value_cs", np.zeros(8)), *out.get("action_p", np.zeros(4)), *out.get("aux", [])]
        print("step", text(out["delta"]), text(out["drive"]), out["drive_t"], *map(text, numbers), *map(text, rest))
    print("end")


if __name__ == "__main__":
    for argument in sys.argv[2:]:
        run(sys.argv[1], int(argument))
