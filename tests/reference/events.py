"""What the references of the model family share: inputs of a step, licks, trials. Plain and slow, from the specification.

An event is (t_ns, kind, id, mag). A model has `step(k, events)`, which returns the numbers of one closed step as a dict;
what it does not name is 0.
"""
import numpy as np

MS = 1_000_000
SECOND = 1000 * MS
SESSION, CS_OFF, CS_ON, ACTION, US, AVERSIVE, OPTO_OFF, OPTO_ON, LICK, POSITION, CONTEXT = range(11)
POINT = (CS_ON, US, AVERSIVE, LICK, ACTION)
N_CS, N_US, N_ACT = 8, 4, 4

SHARED = {
    "us_gain_0": 1.0, "us_gain_1": 1.0, "us_gain_2": 1.0, "us_gain_3": 1.0, "aversive_gain": 1.0, "us_value": 1.0,
    "opto_mode": 0, "opto_gain": 1.0, "opto_level": 0.0,
}
LICKS = {"l0": 0.2, "l1": 8.0, "l2": 0.2, "l3": 0.1, "l4": 5.0, "l5": 2.0, "tau_lick_s": 0.3}
TRIAL = {"window_s": 5.0, "compound_s": 0.15}


class Stepped:
    """Reward, light, pause and licks of a model that goes by steps."""

    def __init__(self, p, step_ns):
        self.p, self.step_ns, self.dt = p, step_ns, step_ns * 1e-9
        self.paused, self.us_ns, self.vbar = False, None, 0.0
        self.lights = []  # [on, off or None, mag] of every light on dopamine neurons so far
        self.cues = []  # [cue, on, off or None]

    def inputs(self, k, events):
        """Takes in the events of step k: reward, coverages, the drive's time."""
        p = self.p
        self.k, self.start, self.end = k, k * self.step_ns, (k + 1) * self.step_ns
        amount, aversive, self.point = np.zeros(N_US), 0.0, self.start
        for t, kind, ident, mag in events:
            if kind in POINT:
                self.point = max(self.point, t)
            if kind == US:
                amount[ident] += mag
                self.us_ns = t if self.us_ns is None else max(self.us_ns, t)
            elif kind == AVERSIVE:
                aversive += mag
            elif kind in (OPTO_ON, OPTO_OFF) and ident == 0:
                if self.lights and self.lights[-1][1] is None:
                    self.lights[-1][1] = t
                if kind == OPTO_ON:
                    self.lights.append([t, None, mag])
            elif kind in (CS_ON, CS_OFF):
                for row in self.cues:
                    if row[0] == ident and row[2] is None:
                        row[2] = t
                if kind == CS_ON:
                    self.cues.append([ident, t, None])
            elif kind == SESSION:
                self.paused = ident in (1, 2)
        gains = np.array([p[f"us_gain_{i}"] for i in range(N_US)])
        self.reward = (float(np.sum(gains * amount)) - p["aversive_gain"] * aversive) * p["us_value"]
        self.coverage = [self.covered([row[1:] for row in self.cues if row[0] == c]) for c in range(N_CS)]
        self.cues = [row for row in self.cues if row[2] is None]  # the rest is past
        self.light = self.covered([row[:2] for row in self.lights])
        self.light_mag = self.lights[-1][2] if self.lights else 0.0
        self.lights = [row for row in self.lights if row[1] is None or row is self.lights[-1]]  # the rest is past

    def covered(self, spans):
        """Share of the step within [on, off) of any of these; what ended or began before the step counts from its start."""
        total = 0
        for on, off in spans:
            total += max(0, min(self.end if off is None else off, self.end) - max(on, self.start))
        return min(1.0, total / self.step_ns)

    def opto(self, delta):
        """(delta that teaches, area that is released) of a step."""
        p = self.p
        if self.light <= 0:
            return delta, delta
        added = p["opto_gain"] * self.light * self.light_mag * self.dt / 0.2
        if p["opto_mode"] == 0:
            return delta + added, delta + added
        if p["opto_mode"] == 1:
            level = p["opto_level"] if self.light > 0.5 else delta
            return level, level
        return (delta, delta + added) if p["opto_mode"] == 2 else (delta + added, delta)

    def licks(self, value):
        p = self.p
        self.vbar += self.dt / p["tau_lick_s"] * (max(value, 0) - self.vbar)
        x = (self.vbar - p["l2"]) / p["l3"]
        rate = p["l0"] + p["l1"] * p["l3"] * (x if x > 36 else np.log1p(np.exp(x)))
        if self.us_ns is not None and (self.end - self.us_ns) * 1e-9 <= p["l5"]:
            rate += p["l4"]
        return max(rate, 1e-3)


class Trials(Stepped):
    """Models that think in trials: `happenings` lists what happened in a step, omissions included."""

    apart = False

    def __init__(self, p, step_ns):
        super().__init__(p, step_ns)
        self.open = {}  # cue, or "choice": [onset, end, salience]
        self.light_rows = []  # (on, mag), and whether it is on
        self.light_is_on = False
        self.pending_light = []

    def rest(self):
        """A session begins: what is only of the moment is forgotten."""

    def lit(self, t):
        """Light acts at t: it is on, or went on at most 0.5 s ago."""
        while self.pending_light and self.pending_light[0][0] <= t:
            at, kind, mag = self.pending_light.pop(0)
            self.light_is_on = kind == OPTO_ON
            if kind == OPTO_ON:
                self.light_rows.append((at, mag))
        if not self.light_rows:
            return False, 0.0
        on, mag = self.light_rows[-1]
        return self.light_is_on or 0 <= t - on <= SECOND // 2, mag

    def row(self, kind, t, ident=0, mag=0.0, closed=()):
        salience = {c: self.open[c][2] for c in closed}
        for c in closed:
            del self.open[c]
        lit, light = self.lit(t)
        return {"kind": kind, "t": t, "id": ident, "mag": mag, "closed": salience, "lit": lit, "light": light}

    def expired(self, before):
        """Windows that end before this time, the earliest first."""
        while self.open and min(w[1] for w in self.open.values()) < before:
            end = min(w[1] for w in self.open.values())
            yield self.row("omission", end, closed=[c for c, w in self.open.items() if w[1] == end])

    def happenings(self, k, events):
        self.inputs(k, events)
        events = list(events)
        begins = [i for i, e in enumerate(events) if e[1] == SESSION and e[2] == 0]
        if begins:
            self.open, self.light_rows, self.light_is_on = {}, [], False
            self.rest()
            events = events[begins[-1] + 1:]
        self.pending_light = [(t, kind, mag) for t, kind, ident, mag in events if kind in (OPTO_ON, OPTO_OFF) and ident == 0]
        rows = [e for e in events if e[1] in (CS_ON, ACTION, US, AVERSIVE, CONTEXT)]
        skip = 0
        # light, too, lets windows that ended before it expire first; that changes nothing, as omissions come by time
        for i, (t, kind, ident, mag) in enumerate(rows):
            if skip:
                skip -= 1
                continue
            yield from self.expired(t)
            if kind in (CS_ON, ACTION):
                key = ident if kind == CS_ON else "choice"
                if key in self.open:
                    end = self.open[key][1]
                    same = [c for c, w in self.open.items() if w[1] == end and c != "choice"] if kind == CS_ON else ["choice"]
                    yield self.row("omission", t, closed=same)
                end = t + round(self.p["window_s"] * 1e9)
                if kind == CS_ON:
                    near = [c for c in range(N_CS) if c in self.open and t - self.open[c][0] < self.p["compound_s"] * 1e9]
                    end = self.open[near[0]][1] if near else end
                self.open[key] = [t, end, mag]
                yield self.row("onset" if kind == CS_ON else "action", t, ident, mag)
            elif kind == CONTEXT:
                yield self.row("context", t, ident)
            else:
                reward = self.worth(kind, ident, mag)
                while not self.apart and i + 1 + skip < len(rows) and rows[i + 1 + skip][0] == t and rows[i + 1 + skip][1] in (US, AVERSIVE):
                    reward += self.worth(*rows[i + 1 + skip][1:])
                    skip += 1
                yield {**self.row("outcome", t, ident, reward, closed=list(self.open)), "aversive": kind == AVERSIVE}
        yield from self.expired(self.end)
        self.lit(1 << 62)

    def worth(self, kind, ident, mag):
        p = self.p
        return (p[f"us_gain_{ident}"] * mag if kind == US else -p["aversive_gain"] * mag) * p["us_value"]

    def event_opto(self, row, delta):
        p = self.p
        if not row["lit"]:
            return delta, delta
        added = p["opto_gain"] * row["light"]
        if p["opto_mode"] == 0:
            return delta + added, delta + added
        if p["opto_mode"] == 1:
            return p["opto_level"], p["opto_level"]
        return (delta, delta + added) if p["opto_mode"] == 2 else (delta + added, delta)

    def begin(self):
        self.out = {"delta": 0.0, "drive": 0.0, "drive_t": self.point}

    def drive(self, row, delta):
        """Adds an event to the step; returns the error that teaches."""
        teach, release = self.event_opto(row, delta)
        self.out["delta"] += teach
        self.out["drive"] += release
        self.out["drive_t"] = row["t"]
        return teach
