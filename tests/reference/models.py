"""A slow, plain reference for daemon/engine/model, written from the equations of the model specification.

    /usr/bin/python3 tests/reference/models.py SEED...

For each seed: draws a configuration and a random stream of events and samples, computes what an instance must give, and
prints both as lines of words (numbers in hexadecimal, exact). Dense arrays, no lists of active features, no recursion that
the equations don't have: sums over all features, a window's mean over all samples in it. tests/unit/test_predict.c runs
this program, feeds the same stream to the engine and compares.

Lines:  param NAME X | config STEP_NS STAGGER_TICKS SENSOR REGION | event ARRIVAL_NS T_NS KIND ID MAG |
        sample ARRIVAL_NS T_NS Y USABLE | step DELTA DRIVE DRIVE_T_NS VALUE LICK CS0..CS7 |
        obs YHAT RESIDUAL LOW Z G O | scored T_NS TYPE M P Z LL | total R R2 NRMSE LL TRACE_R | end
"""
import sys

import numpy as np

MS = 1_000_000
SECOND = 1000 * MS
TICK_NS = MS
OBS_NS = 5 * MS
SESSION, CS_OFF, CS_ON, ACTION, US, AVERSIVE, OPTO_OFF, OPTO_ON, LICK, POSITION, CONTEXT = range(11)
POINT = (CS_ON, US, AVERSIVE, LICK, ACTION)

# name: Kd nM, Fmax, tau_rise s, tau_off s
SENSORS = {
    "dLight1.1": (330, 2.3, 0.014, 0.145), "dLight1.2": (770, 3.4, 0.014, 0.130),
    "dLight1.3b": (1600, 9.3, 0.014, 0.130), "RdLight1": (860, 2.5, 0.020, 0.570),
    "GRAB-DA1m": (130, 0.9, 0.060, 0.710), "GRAB-DA1h": (10, 0.9, 0.140, 2.520),
    "GRAB-DA2m": (90, 3.4, 0.040, 1.300), "GRAB-DA2h": (7, 2.8, 0.050, 7.300),
    "rDA1m": (95, 1.5, 0.080, 0.770), "gDA3m": (130, 10, 0.060, 1.300), "gDA3h": (22, 10, 0.060, 2.300),
}
CALCIUM = {"GCaMP6f": (0.1, 0.020, 0.205), "GCaMP6s": (0.1, 0.080, 0.790)}  # Fmax per spike, rise, decay
REGIONS = {"dorsal-striatum": (0.10, 4.0), "ventral-striatum": (0.08, 2.5), "pfc": (0.010, 0.20)}
KM, K_NS = 0.2, 0.02

DEFAULTS = {
    "us_gain_0": 1.0, "us_gain_1": 1.0, "us_gain_2": 1.0, "us_gain_3": 1.0, "aversive_gain": 1.0, "us_value": 1.0,
    "opto_mode": 0, "opto_gain": 1.0, "opto_level": 0.0,
    "l0": 0.2, "l1": 8.0, "l2": 0.2, "l3": 0.1, "l4": 5.0, "l5": 2.0, "tau_lick_s": 0.3,
    "alpha": 0.1, "tau_discount_s": 9.9, "tau_lambda_s": 1.9, "tau_forget_s": np.inf, "replacing": 0,
    "n_bins": 64, "bin_s": 0.1, "csc_reset_on_us": 1, "csc_us_line": 0, "csc_single_line": 0, "csc_presence": 0,
    "use_bias": 0, "pos_bins": 0,
}


class TdCsc:
    """TD(lambda) on a complete serial compound, dense."""

    def __init__(self, p, step_ns):
        self.p, self.step_ns, self.dt = p, step_ns, step_ns * 1e-9
        self.width = 1 if p["csc_presence"] else int(p["n_bins"])
        self.lines = 12 if p["csc_us_line"] else 8
        self.n = self.lines * self.width + int(p["pos_bins"]) + int(p["use_bias"])
        self.w, self.e, self.x_prev = np.zeros(self.n), np.zeros(self.n), np.zeros(self.n)
        self.onset = {}  # line -> (step of onset, salience)
        self.cue_on, self.cue_spans = {}, []  # cue -> time it went on; finished (cue, on, off)
        self.light_on, self.light_spans, self.light = None, [], 0.0
        self.position, self.us_ns, self.paused, self.vbar = None, None, False, 0.0

    def step(self, k, events):
        p, h = self.p, self.step_ns
        start, end = k * h, (k + 1) * h
        reward, point = 0.0, start
        amount, aversive = np.zeros(4), 0.0
        for t, kind, ident, mag in events:
            if kind in POINT:
                point = max(point, t)
            if kind == CS_ON:
                self.cue_off(ident, t)
                self.cue_on[ident] = t
                self.begin(ident, k, mag)
            elif kind == CS_OFF:
                self.cue_off(ident, t)
            elif kind == US:
                amount[ident] += mag
                self.us_ns = t if self.us_ns is None else max(self.us_ns, t)
                if p["csc_reset_on_us"] or p["csc_single_line"]:
                    self.onset = {}
                if p["csc_us_line"]:
                    self.begin(8 + ident, k, 1.0)
                self.position = None
            elif kind == AVERSIVE:
                aversive += mag
            elif kind == OPTO_ON and ident == 0:
                self.light_off(t)
                self.light_on, self.light = t, mag
            elif kind == OPTO_OFF and ident == 0:
                self.light_off(t)
            elif kind == POSITION and p["pos_bins"] and (self.us_ns is None or t > self.us_ns):
                self.position = mag
            elif kind == SESSION:
                self.paused = ident in (1, 2)
                if ident == 0:
                    self.onset, self.position = {}, None
                    self.e[:], self.x_prev[:] = 0, 0
        for ident in range(4):
            reward += p[f"us_gain_{ident}"] * amount[ident]
        reward = (reward - p["aversive_gain"] * aversive) * p["us_value"]
        light = self.coverage(self.light_spans, self.light_on, start, end)
        x = self.features(k, start, end)
        self.cue_spans, self.light_spans = [], []
        gamma = np.exp(-self.dt / p["tau_discount_s"])
        lam = np.exp(-self.dt / p["tau_lambda_s"]) if p["tau_lambda_s"] > 0 else 0.0
        bin_steps = max(1, int(np.floor(p["bin_s"] / self.dt + 0.5)))
        bias = self.w[-1] if p["use_bias"] else 0.0
        out = {"value_cs": [self.w[c * self.width] + bias for c in range(8)]}
        v_prev, v_now = np.dot(self.w, self.x_prev), np.dot(self.w, x)
        delta, drive = self.opto(reward + gamma * v_now - v_prev, light)
        decayed = gamma * lam * self.e
        self.e = np.maximum(decayed, self.x_prev) if p["replacing"] else decayed + self.x_prev
        self.e[np.abs(self.e) < 1e-12] = 0
        if not self.paused:
            self.w = self.w + p["alpha"] * (1.0 / bin_steps) * delta * self.e
            self.w = self.w * (1 - self.dt / p["tau_forget_s"])
        self.x_prev = x
        self.vbar += self.dt / p["tau_lick_s"] * (max(v_now, 0) - self.vbar)
        rate = p["l0"] + p["l1"] * np.log1p(np.exp((self.vbar - p["l2"]) / p["l3"])) * p["l3"]
        if self.us_ns is not None and (end - self.us_ns) * 1e-9 <= p["l5"]:
            rate += p["l4"]
        out.update(delta=delta, drive=drive, drive_t=point, value=v_now, lick=max(rate, 1e-3))
        return out

    def begin(self, line, k, salience):
        if self.p["csc_single_line"]:
            self.onset = {}
        self.onset[line] = (k, salience)

    def cue_off(self, cue, t):
        if cue in self.cue_on:
            self.cue_spans.append((cue, self.cue_on.pop(cue), t))

    def light_off(self, t):
        if self.light_on is not None:
            self.light_spans.append((self.light_on, t))
            self.light_on = None

    @staticmethod
    def coverage(spans, on, start, end):
        spans = spans + ([(on, end)] if on is not None else [])
        return min(1.0, sum(max(0, min(b, end) - max(a, start)) for a, b in spans) / (end - start))

    def features(self, k, start, end):
        p, x = self.p, np.zeros(self.n)
        bin_steps = max(1, int(np.floor(p["bin_s"] / self.dt + 0.5)))
        for line, (k0, salience) in self.onset.items():
            if self.position is not None and line < 8:
                continue
            if p["csc_presence"]:
                spans = [(a, b) for cue, a, b in self.cue_spans if cue == line]
                x[line] = salience * self.coverage(spans, self.cue_on.get(line), start, end)
            elif (k - k0) // bin_steps < self.width:
                x[line * self.width + (k - k0) // bin_steps] = salience
        if self.position is not None:
            n = int(p["pos_bins"])
            x[self.lines * self.width + min(max(int(np.floor(self.position * n)), 0), n - 1)] = 1
        if p["use_bias"]:
            x[-1] = 1
        return x

    def opto(self, delta, light):
        added = self.p["opto_gain"] * light * self.light * self.dt / 0.2 if light > 0 else 0.0
        mode = self.p["opto_mode"]
        if mode == 0:
            return delta + added, delta + added
        if mode == 1:
            delta = self.p["opto_level"] if light > 0.5 else delta
            return delta, delta
        return (delta, delta + added) if mode == 2 else (delta + added, delta)


class Chain:
    """Drive to dF/F in steps of dt seconds; `observe` takes the impulses known when a step is closed."""

    def __init__(self, sensor, region, dt):
        self.dt, self.impulses, self.p, self.n = dt, [], 0.0, 0
        self.calcium = sensor in CALCIUM
        if self.calcium:
            self.fmax, self.rise, self.decay = CALCIUM[sensor]
            self.z1 = self.z2 = 0.0
            return
        kd, self.fmax, self.rise, off = SENSORS[sensor]
        self.da, self.vmax = REGIONS[region]
        self.k_off = 1 / off
        self.k_on = self.k_off / (kd * 1e-3)
        lo, hi = 0.0, 100.0  # rest: release equals removal, by halving
        for _ in range(200):
            mid = (lo + hi) / 2
            removed = self.vmax * mid / (KM + mid) + K_NS * mid
            lo, hi = (mid, hi) if removed < self.da * 5 else (lo, mid)
        self.c = self.c0 = lo
        self.b = self.s = self.b0 = self.c0 / (self.c0 + kd * 1e-3)

    def observe(self, step_ns):
        dt, tau = self.dt, 0.1
        start, end = self.n * step_ns, (self.n + 1) * step_ns
        self.n += 1
        e = np.exp(-dt / tau)
        mean, p = self.p * tau * (1 - e) / dt, self.p * e
        for t, area in [i for i in self.impulses if i[0] < end]:
            w = np.exp(-(end - max(t, start)) * 1e-9 / tau)
            mean += area * (1 - w) / dt
            p += area / tau * w
        self.impulses = [i for i in self.impulses if i[0] >= end]
        self.p = p
        f = max(0.0, 5 + 4 * mean)
        if self.calcium:
            self.z1 += dt * (-self.z1 / self.decay + (f - 5))
            self.z2 += (1 - np.exp(-dt / self.rise)) * (self.z1 - self.z2)
            return self.fmax * self.z2
        self.c = (self.c + dt * self.da * f) / (1 + dt * (self.vmax / (KM + self.c) + K_NS))
        self.b = (self.b + dt * self.k_on * self.c) / (1 + dt * (self.k_on * self.c + self.k_off))
        self.s += (1 - np.exp(-dt / self.rise)) * (self.b - self.s)
        return self.fmax * (self.s - self.b0) / (1 + self.fmax * self.b0)


class Fit:
    """Recursive least squares of (g, o), the matrix form."""

    def __init__(self):
        self.theta, self.P, self.lam = np.array([0.05, 0.0]), np.diag([100.0, 1.0]), np.exp(-0.05 / 300)
        self.errors, self.odd, self.quiet = [], 0, 1200
        self.raw, self.y, self.yhat = [], [], []

    def mean(self, values, tau):
        """Forgotten mean with unbiased start."""
        keep = np.exp(-0.05 / tau) ** np.arange(len(values))[::-1]
        return float(np.sum(keep * np.array(values)) / np.sum(keep)) if values else 0.0

    def reset(self):
        self.P, self.odd, self.quiet, self.errors = np.diag([100.0, 1.0]), 0, 0, []

    def step(self, yhat, y):
        phi = np.array([yhat, 1.0])
        e = y - float(phi @ self.theta)
        self.raw.append(abs(e))
        self.odd = self.odd + 1 if self.mean(self.raw, 10) > 3 * self.mean(self.raw, 300) else 0
        self.quiet += 1
        if self.odd >= 200 and self.quiet >= 1200:
            self.reset()
        limit = 5 * np.sqrt(self.mean([v * v for v in self.errors], 300))
        if len(self.errors) >= 200 and abs(e) > limit:
            e = np.copysign(limit, e)
        self.errors.append(e)
        u = self.P @ phi
        gain = u / (self.lam + float(phi @ u))
        self.theta = self.theta + gain * e
        self.P = (self.P - np.outer(gain, u)) / self.lam
        self.P[0, 1] = self.P[1, 0] = (self.P[0, 1] + self.P[1, 0]) / 2
        if np.trace(self.P) > 1e3:
            self.P = self.P * (1e3 / np.trace(self.P))
        self.y.append(y)
        self.yhat.append(yhat)
        g, o = self.theta
        if not 0.01 <= g <= 100:
            g = min(max(g, 0.01), 100)
            o = self.mean(self.y, 300) - g * self.mean(self.yhat, 300)
        self.theta = np.array([g, min(max(o, -1), 1)])


class Scores:
    """Residuals, noise and log score by event type."""

    def __init__(self):
        self.m, self.p, self.var, self.ll = {}, {}, {}, 0.0
        self.pairs, self.trace = [], []

    def add(self, kind, m, p):
        seen = self.m.setdefault(kind, [])
        seen.append(m)
        self.pairs.append((m, p))
        z = ll = 0.0
        if len(seen) > 10:
            z = (m - p) / np.sqrt(self.var[kind])
            ll = -0.5 * np.log(2 * np.pi * self.var[kind]) - 0.5 * min(z * z, 25)
            self.ll += ll
            self.var[kind] = max(0.95 * self.var[kind] + 0.05 * (m - p) ** 2, 0.002**2)
        elif len(seen) == 10:
            self.var[kind] = max(0.25 * np.var(seen, ddof=1), 0.002**2)
        return z, ll

    def total(self):
        m, p = (np.array(column) for column in zip(*self.pairs))
        trace = np.array(self.trace)
        spread = np.sum((m - m.mean()) ** 2)
        error = np.sum((m - p) ** 2)
        return (np.corrcoef(m, p)[0, 1], 1 - error / spread, np.sqrt(error / len(m)) / np.std(m), self.ll,
                np.corrcoef(trace[:, 0], trace[:, 1])[0, 1])


def middle_in(i, start, end):
    return start <= i * OBS_NS + OBS_NS // 2 < end


class Measurement:
    """Everything that depends on the samples: residual, fit, windows."""

    def __init__(self, yhat, events):
        self.yhat, self.fit, self.scores = yhat, Fit(), Scores()
        self.y_sum, self.n_all, self.n_ok = (np.zeros(len(yhat)) for _ in range(3))
        self.newest, self.usable = None, False
        self.low, self.square, self.count, self.n_noise, self.residual = 0.0, 0.0, 0.0, 0, 0.0
        self.fit_from = 0
        self.events = [e for e in events if e[2] in (CS_ON, US)]
        self.pending, self.cue = [], {}
        self.paused = np.zeros(len(yhat), bool)

    def mean(self, start, end):
        bins = [i for i in range(max(0, start // OBS_NS - 1), min(len(self.yhat), end // OBS_NS + 2))
                if middle_in(i, start, end)]
        n, total = self.n_ok[bins].sum(), self.n_all[bins].sum()
        if n == 0:
            return None
        return (self.y_sum[bins].sum() / n, (self.n_ok[bins] * self.yhat[bins]).sum() / n, n, total,
                self.paused[bins].any())

    def on_event(self, t, kind, ident):
        if kind == CS_ON:
            self.pending.append([t, ident, None, None])
            self.pending = [q for q in self.pending if not (q[1] == 12 and q[3] == ident)]
            delay = self.cue.get(ident, (None, None, False))[1]
            self.cue[ident] = (t, delay, True)
            near = [q for q in self.pending if q[1] == 12 and delay and abs(q[0] - t - delay) < 250 * MS]
            if delay and not near:
                self.pending.append([t + delay, 12, None, ident])
        elif kind == US:
            self.pending.append([t, 8 + ident, None, None])
            self.pending = [q for q in self.pending if q[1] != 12]
            for c, (onset, delay, is_open) in self.cue.items():
                if is_open and 0 < t - onset <= 5 * SECOND:
                    gap = t - onset
                    step = int((gap - delay) / 10) if delay else 0  # towards zero
                    delay = delay + step if delay else gap
                self.cue[c] = (onset, delay, False)

    def sample(self, closed, t, y, usable, fresh):
        i = t // OBS_NS
        self.n_all[i] += 1
        if usable:
            self.n_ok[i] += 1
            self.y_sum[i] += y
            if i < closed:
                fresh.append(y - (self.fit.theta[0] * self.yhat[i] + self.fit.theta[1]))
        if self.newest is None or t >= self.newest:
            self.newest, self.usable = t, usable

    def close(self, i, fresh, known):
        """Bin i has been predicted; `known` are the events that have arrived."""
        now = (i + 1) * OBS_NS
        g, o = self.fit.theta
        n = len(fresh) + self.n_ok[i]
        if n:
            self.residual = (sum(fresh) + self.y_sum[i] - self.n_ok[i] * (g * self.yhat[i] + o)) / n
        z = 0.0
        if self.usable and now - self.newest <= 250 * MS:
            self.low += (1 - np.exp(-0.005 / 0.2)) * (self.residual - self.low)
            sd = max(np.sqrt(self.square / self.count) if self.count else 0.0, 1e-4)
            ready = self.n_noise >= 2000
            z = self.low / sd if ready else 0.0
            term = min(abs(self.low), 3 * sd) if ready else abs(self.low)
            keep = np.exp(-0.005 / 60)
            self.square, self.count = keep * self.square + term**2, keep * self.count + 1
            self.n_noise += not ready
        a, b = self.fit_from, self.fit_from + 50 * MS
        if now >= b + SECOND:
            self.fit_from = b
            if any(t - SECOND < b and t + 5 * SECOND > a for t in known):
                data = self.mean(a, b)
                if data and data[2] == data[3] and not data[4]:
                    self.scores.trace.append((data[0], self.fit.theta[0] * data[1] + self.fit.theta[1]))
                    self.fit.step(data[1], data[0])
        rows = []
        for q in self.pending:
            if q[2] is None and q[0] < now:
                q[2] = self.fit.theta[0]
        for q in list(self.pending):
            end = q[0] + SECOND
            if q[2] is None or now < end or not (self.newest is not None and self.newest >= end or now >= end + 250 * MS):
                continue
            self.pending.remove(q)
            base, resp = self.mean(q[0] - SECOND // 2, q[0]), self.mean(q[0] + SECOND // 10, end)
            if base and resp and 2 * base[2] >= base[3] and 2 * resp[2] >= resp[3]:
                m, p = resp[0] - base[0], q[2] * (resp[1] - base[1])
                rows.append((q[0], q[1], m, p) + self.scores.add(q[1], m, p))
        return (self.residual, self.low, z, *self.fit.theta), rows


def draw_case(rng):
    p = dict(DEFAULTS)
    p.update(alpha=rng.uniform(0.02, 0.3), tau_discount_s=rng.choice([2.0, 9.9, np.inf]),
             tau_lambda_s=rng.choice([0.0, 0.5, 1.9]), tau_forget_s=rng.choice([np.inf, 500.0]),
             replacing=rng.integers(2), n_bins=rng.choice([16, 40, 64]), bin_s=rng.choice([0.05, 0.1, 0.25]),
             csc_reset_on_us=rng.integers(2), csc_single_line=int(rng.random() < 0.25), use_bias=rng.integers(2),
             csc_presence=int(rng.random() < 0.25), pos_bins=rng.choice([0, 0, 20]), opto_mode=rng.integers(4),
             opto_gain=rng.uniform(0, 2), opto_level=rng.uniform(-1, 0), us_gain_0=rng.uniform(0.2, 1.5))
    p["csc_us_line"] = 0 if p["csc_presence"] else rng.integers(2)
    return p, int(rng.choice([20, 100, 200])) * MS, int(rng.integers(0, 150))


def draw_events(rng, end_ns, pos_bins):
    """(arrival, t, kind, id, mag), by arrival: trials with cue, delay, perhaps reward, and everything else in between."""
    rows, t = [], int(0.5 * SECOND)

    def add(at, kind, ident=0, mag=0.0):
        late = int(rng.integers(0, 300)) * MS if rng.random() < 0.05 else 0
        rows.append((-(-at // TICK_NS) * TICK_NS + late, at, kind, ident, mag))

    add(0, SESSION, 0)
    while t < end_ns - 6 * SECOND:
        cue, delay = int(rng.choice([0, 0, 0, 1, 7])), int(rng.choice([1.0, 1.5])) * SECOND
        add(t, CS_ON, cue, float(rng.choice([1.0, 1.0, 0.5])))
        if rng.random() < 0.2:
            add(t, CS_ON, 2, 1.0)
            add(t + delay, CS_OFF, 2)
        if rng.random() < 0.8:
            add(t + delay, US, int(rng.choice([0, 0, 0, 2])), float(rng.choice([1.0, 1.0, 3.0])))
        add(t + delay + int(rng.integers(0, 100)) * MS, CS_OFF, cue)
        if rng.random() < 0.3:
            on = t + int(rng.integers(0, 3000)) * MS + int(rng.integers(1000))
            add(on, OPTO_ON, int(rng.integers(2)), float(rng.choice([1.0, -1.0])))
            add(on + int(rng.integers(50, 900)) * MS, OPTO_OFF, int(rng.integers(2)))
        if rng.random() < 0.1:
            add(t + int(3.1 * SECOND), AVERSIVE, 0, 0.5)
        if rng.random() < 0.05:
            add(t + int(3.2 * SECOND), SESSION, 2)
            add(t + int(4.4 * SECOND), SESSION, 3)
        for _ in range(rng.integers(0, 5)):
            add(t + int(rng.integers(0, 4 * 10**9)), LICK)
        if pos_bins and rng.random() < 0.5:
            for j in range(6):
                add(t + j * 200 * MS, POSITION, 0, j / 5)
        t += int(rng.uniform(3.5, 6.0) * SECOND)
    return sorted(rows, key=lambda row: row[0])  # stable: arrival order is the order of drawing


def number(x):
    return float(x).hex()


def run_case(seed):
    rng = np.random.default_rng(seed)
    p, step_ns, stagger = draw_case(rng)
    sensor = str(rng.choice(list(SENSORS) + list(CALCIUM)))
    region = str(rng.choice(list(REGIONS)))
    end_ns = 110 * SECOND
    events = draw_events(rng, end_ns, p["pos_bins"])
    for name, value in p.items():
        print("param", name, number(value))
    print("config", step_ns, stagger, sensor, region)

    model, chain, waiting = TdCsc(p, step_ns), Chain(sensor, region, OBS_NS * 1e-9), list(events)
    close_after = stagger % (step_ns // TICK_NS) * TICK_NS
    n_obs, k, last_impulse, yhat = end_ns // OBS_NS, 0, -(10**18), np.zeros(end_ns // OBS_NS)
    for i in range(n_obs):
        while (k + 1) * step_ns + close_after <= (i + 1) * OBS_NS:
            due = (k + 1) * step_ns + close_after
            mine = [e for e in waiting if e[0] <= due and e[1] < (k + 1) * step_ns]
            waiting = [e for e in waiting if not (e[0] <= due and e[1] < (k + 1) * step_ns)]
            mine.sort(key=lambda e: (e[1], e[2], e[3]))
            out = model.step(k, [e[1:] for e in mine])
            print("step", number(out["delta"]), number(out["drive"]), out["drive_t"], number(out["value"]),
                  number(out["lick"]), *[number(v) for v in out["value_cs"]])
            if out["drive"] != 0:
                last_impulse = max(last_impulse, out["drive_t"] + 80 * MS)
                chain.impulses.append((last_impulse, out["drive"]))
            k += 1
        yhat[i] = chain.observe(OBS_NS)

    noise = 0.5 * np.std(yhat)
    samples = []
    for t in range(3 * MS, end_ns, 10 * MS):  # 100 Hz
        y = 1.7 * yhat[t // OBS_NS] + 0.03 + rng.normal(0, noise)
        late = int(rng.integers(0, 40)) * MS if rng.random() < 0.05 else 0
        blanked = rng.random() < 0.002 or (t // SECOND) % 37 == 36
        samples.append((t + late, t, y, int(not blanked)))
    samples.sort(key=lambda row: row[0])
    for row in events:
        print("event", *row[:4], number(row[4]))
    for row in samples:
        print("sample", row[0], row[1], number(row[2]), row[3])

    study, i_event, i_sample, paused, known = Measurement(yhat, events), 0, 0, False, []
    for i in range(n_obs):
        now, fresh = (i + 1) * OBS_NS, []
        while i_event < len(events) and events[i_event][0] <= now:
            _, t, kind, ident, _ = events[i_event]
            i_event += 1
            study.on_event(t, kind, ident)
            if kind in (CS_ON, US):
                known.append(t)
            if kind == SESSION:
                paused = ident in (1, 2)
                if ident == 0:
                    study.fit.reset()
        while i_sample < len(samples) and samples[i_sample][0] <= now:
            study.sample(i, *samples[i_sample][1:], fresh)
            i_sample += 1
        study.paused[i] = paused
        row, scored = study.close(i, fresh, known)
        print("obs", number(yhat[i]), *[number(v) for v in row])
        for t, kind, *numbers in scored:
            print("scored", t, kind, *[number(v) for v in numbers])
    print("total", *[number(v) for v in study.scores.total()])
    print("end")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        run_case(int(argument))
