#!/usr/bin/python3 -B
"""The protocols with simulated animals: trial statistics as drawn, and behaviour as the literature has it for the task.

Every seed is fixed, so a failure is a change. Bounds on statistics are four standard errors wide, or wider.
"""
import csv
import math
import os
import re
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cli"))
from phasic import ROOT, answered, main, scratch, test  # noqa: E402 pylint: disable=wrong-import-position

NAMES = [
    "bandit", "closed_loop_peaks", "extinction", "go_nogo", "operant", "opto_unblocking", "pavlovian", "reversal",
    "reward_probability", "variable_delay",
]  # fmt: skip
runs = 0


def simulated(name, trials, *more):
    """The lines of trials.csv, numbers as such, None where there is nothing."""
    global runs
    runs += 1
    folder = scratch(f"run-{runs}")
    answered("simulate", f"protocols/{name}.lua", "--trials", trials, "--out", folder, *more)
    with open(os.path.join(folder, "trials.csv"), encoding="utf-8") as file:
        return [{key: number(value) for key, value in row.items()} for row in csv.DictReader(file)]


def number(text):
    try:
        return float(text) if text else None
    except ValueError:
        return text


def mean(rows, key):
    return statistics.mean(row[key] for row in rows if row[key] is not None)


def share(rows, condition):
    return sum(map(condition, rows)) / len(rows)


def near_share(found, expected, n):
    return abs(found - expected) <= 4 * math.sqrt(expected * (1 - expected) / n) + 1e-9


def source(name):
    with open(os.path.join(ROOT, f"protocols/{name}.lua"), encoding="utf-8") as file:
        return file.read()


@test
def there_are_ten_with_rig_and_source_and_at_most_forty_lines():
    found = sorted(name[:-4] for name in os.listdir(os.path.join(ROOT, "protocols")))
    assert found == NAMES, found
    for name in NAMES:
        lines = source(name).splitlines()
        assert re.fullmatch(r"-- rig: rig-configs/[\w-]+\.lua", lines[0]), name
        assert re.search(r"Source: .*\b(19|20)\d\d\b", " ".join(lines[1:5]).replace(" -- ", " ")), name
        assert len(lines) <= 40, (name, len(lines))


@test
def pavlovian_cue_takes_over_from_the_reward():
    rows = simulated("pavlovian", 200, "--animals", 2, "--seed", 1)
    rewarded = [row for row in rows if row["rewards"]]
    assert near_share(len(rewarded) / len(rows), 0.9, len(rows))
    # exponential of mean 4 s cut at 12 s: mean 4 (1 - 3 e^-3 / (1 - e^-3)) = 3.37 s, SD 2.77 s
    waits = [row["cue_s"] - row["start_s"] for row in rows]
    assert max(waits) < 12 and abs(statistics.mean(waits) - 3.37) < 4 * 2.77 / math.sqrt(len(waits)), statistics.mean(waits)
    early, late = [row for row in rows if row["trial"] <= 5], [row for row in rows if row["trial"] > 150]
    assert mean(late, "anticipatory_lick_hz") > 1.5 * mean(early, "anticipatory_lick_hz")
    assert mean(late, "vta_cue_dff") > 1.5 * mean(early, "vta_cue_dff")
    assert mean([row for row in late if row["rewards"]], "vta_outcome_dff") < 0.4 * mean(early, "vta_outcome_dff")
    assert mean([row for row in late if not row["rewards"]], "vta_outcome_dff") < -0.002  # the dip at the omission


@test
def reward_probability_is_in_the_cue_and_what_is_left_in_the_reward():
    rows = simulated("reward_probability", 500, "--seed", 1)
    cues = {"p0": 0, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p100": 1}
    cue_dff, reward_dff, licks = [], [], []
    for cue, p in cues.items():
        of_cue = [row for row in rows if row["cue"] == cue]
        assert near_share(len(of_cue) / len(rows), 0.2, len(rows)), cue
        assert near_share(share(of_cue, lambda row: row["rewards"] == 1), p, len(of_cue)), cue
        late = [row for row in of_cue if row["trial"] > 200]
        cue_dff.append(mean(late, "vta_cue_dff"))
        licks.append(mean(late, "anticipatory_lick_hz"))
        if p > 0:
            reward_dff.append(mean([row for row in late if row["rewards"]], "vta_outcome_dff"))
    assert cue_dff == sorted(cue_dff), cue_dff
    assert reward_dff == sorted(reward_dff, reverse=True), reward_dff
    assert licks[0] < 0.5 and licks[0] < licks[2] < licks[4], licks


@test
def variable_delays_are_gaussian_and_always_or_nearly_always_kept():
    for p in (1, 0.9):
        rows = simulated("variable_delay", 300, "--seed", 1, "--set", f"p_reward={p}")
        delays = [row["reward_s"] - row["cue_s"] for row in rows if row["rewards"]]
        assert near_share(len(delays) / len(rows), p, len(rows))
        assert all(1.2 - 1e-6 <= delay <= 2.8 + 1e-6 for delay in delays)
        # in steps of 0.2 s with weights 3 5 7 9 10 9 7 5 3: SD = sqrt(2 (9 0.04 + 7 0.16 + 5 0.36 + 3 0.64) / 58) = 0.423 s
        assert abs(statistics.mean(delays) - 2) < 4 * 0.423 / math.sqrt(len(delays))
        assert abs(statistics.stdev(delays) - 0.423) < 0.07
        assert mean(rows[200:], "anticipatory_lick_hz") > 2 * mean(rows[:5], "anticipatory_lick_hz")
        assert mean(rows[200:], "vta_cue_dff") > 2 * mean(rows[:5], "vta_cue_dff")


@test
def operant_animals_learn_to_answer_within_the_window():
    rows = simulated("operant", 200, "--animals", 3, "--seed", 1)
    answered_rows = [row for row in rows if row["response_s"] is not None]
    assert all((row["rewards"] == 1) == (row["response_s"] is not None) for row in rows)
    assert all(0.5 <= row["response_s"] - row["cue_s"] < 2.5 for row in answered_rows)  # a cue of 0.5 s, then 2 s
    early = share([row for row in rows if row["trial"] <= 10], lambda row: row["rewards"] == 1)
    late = share([row for row in rows if row["trial"] > 150], lambda row: row["rewards"] == 1)
    assert early < 0.6 < 0.8 < late, (early, late)
    # the interval, a second without a lick, then the cue
    assert all(row["cue_s"] - row["start_s"] >= 1 for row in rows)


@test
def bandit_choices_follow_the_better_spout():
    rows = [row for row in simulated("bandit", 800, "--seed", 3) if row["trial"] > 100]
    chosen = [row for row in rows if row["response"] is not None]
    assert len(chosen) > 0.95 * len(rows)
    assert mean(chosen, "rewards") > 0.62  # at random 0.5, always the better one 0.8
    assert 0.35 < share(chosen, lambda row: row["response"] == "left") < 0.65
    stays = {True: [], False: []}
    for before, row in zip(chosen, chosen[1:]):
        stays[before["rewards"] > 0].append(row["response"] == before["response"])
    win, lose = statistics.mean(stays[True]), statistics.mean(stays[False])
    assert win > 0.8 and win > lose + 0.15, (win, lose)


@test
def reversal_turns_licking_around():
    rows = simulated("reversal", 200, "--animals", 3, "--seed", 1)

    def licks(cue, first, last):
        return mean([row for row in rows if row["cue"] == cue and first <= row["trial"] <= last], "anticipatory_lick_hz")

    assert licks("A", 51, 100) > licks("B", 51, 100) + 2
    assert licks("B", 151, 200) > licks("A", 151, 200) + 2
    assert licks("A", 101, 105) > licks("A", 151, 200) + 1  # it takes trials
    for first, a in ((1, 0.9), (101, 0.1)):
        of_a = [row for row in rows if row["cue"] == "A" and first <= row["trial"] < first + 100]
        assert near_share(share(of_a, lambda row: row["rewards"] == 1), a, len(of_a))


@test
def go_nogo_is_discriminated():
    rows = simulated("go_nogo", 400, "--animals", 2, "--seed", 1)
    late = [row for row in rows if row["trial"] > 300]
    go, nogo = ([row for row in late if row["cue"] == cue] for cue in ("go", "nogo"))
    assert near_share(share(rows, lambda row: row["cue"] == "go"), 0.5, len(rows))
    hits, alarms = share(go, lambda row: row["last_state"] == "hit"), share(nogo, lambda row: row["last_state"] == "false_alarm")
    normal = statistics.NormalDist()
    d_prime = normal.inv_cdf(min(hits, 0.995)) - normal.inv_cdf(max(alarms, 0.005))
    assert hits > 0.9 and alarms < 0.25 and d_prime > 2, (hits, alarms, d_prime)
    for row in rows:  # a false alarm costs four seconds from the lick on
        if row["last_state"] == "false_alarm":
            assert abs(row["end_s"] - row["response_s"] - 4) < 1e-6, row


@test
def light_at_the_reward_unblocks_the_second_cue():
    found = {}
    for paired in (1, 0):
        rows = simulated("opto_unblocking", 130, "--animals", 2, "--seed", 1, "--set", f"paired={paired}")
        compound = [row for row in rows if 80 < row["trial"] <= 120]
        assert all(row["stimulations"] == 1 for row in compound)
        first = [row for row in rows if 120 < row["trial"] <= 123]  # of X alone; later ones are extinction
        assert all(row["cue"] == "X" and row["rewards"] == 0 for row in first)
        found[paired] = mean(first, "anticipatory_lick_hz"), mean(first, "vta_cue_dff")
    assert found[0][0] < 0.5 < 2 < found[1][0], found  # blocked, and unblocked
    assert found[0][1] < 0.003 < 0.01 < found[1][1], found


@test
def peaks_are_answered_half_the_time_and_not_more_often_than_the_lockout_allows():
    rows = simulated("closed_loop_peaks", 60, "--seed", 1)
    fired, sham = sum(row["triggers_fired"] for row in rows), sum(row["triggers_sham"] for row in rows)
    assert fired == sum(row["stimulations"] for row in rows)
    assert 50 < fired + sham < 300, (fired, sham)  # in 20 minutes with 300 transients, of which small ones are missed
    assert near_share(fired / (fired + sham), 0.5, fired + sham), (fired, sham)
    assert all(row["triggers_fired"] + row["triggers_sham"] <= 11 for row in rows)  # 20 s, a lockout of 2 s
    quiet = simulated("closed_loop_peaks", 60, "--seed", 1, "--rig", "rig-configs/sim.lua")
    assert sum(row["triggers_fired"] + row["triggers_sham"] for row in quiet) < 0.1 * (fired + sham)


@test
def licking_fades_in_extinction_and_free_water_brings_some_back():
    rows = simulated("extinction", 185, "--animals", 4, "--seed", 1)

    def licks(first, last):
        return mean([row for row in rows if first <= row["trial"] <= last], "anticipatory_lick_hz")

    acquired, extinct, reinstated = licks(61, 80), licks(141, 160), licks(166, 168)
    assert acquired > 3 and extinct < 0.5, (acquired, extinct)
    assert extinct + 0.5 < reinstated < acquired, (extinct, reinstated, acquired)
    assert all(row["cue"] is None and row["rewards"] == 1 for row in rows if 160 < row["trial"] <= 165)


if __name__ == "__main__":
    sys.exit(main())
