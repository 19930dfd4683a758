"""References of the models that think in trials: rw, ph, vkf, vkf_binary, bayes_vol, q_softmax."""
import numpy as np
from events import LICKS, N_ACT, N_CS, SHARED, TRIAL, Trials


def cues(row):
    """The cues among the windows that a happening closed, with their saliences."""
    return {c: s for c, s in row["closed"].items() if c != "choice"}


class TrialModel(Trials):
    """The loop that all of them have."""

    def step(self, k, events):
        rows = self.happenings(k, events)
        first = next(rows, None)  # runs `inputs`
        self.begin()
        while first is not None:
            self.happen(first)
            first = next(rows, None)
        self.finish()
        self.out["lick"] = self.licks(self.out["value"])
        return self.out


class Rw(TrialModel):
    DEFAULTS = {**SHARED, **LICKS, **TRIAL, "alpha_cs": 0.1, "beta_us": 1.0, "beta_no_us": 0.5, "s_ctx": 0.0}
    STEP_MS = 100

    def __init__(self, p, step_ns):
        super().__init__(p, step_ns)
        self.v, self.v_ctx = np.zeros(N_CS), 0.0

    @staticmethod
    def draw(rng):
        return {"alpha_cs": rng.uniform(0, 0.5), "beta_us": rng.uniform(0.5, 1), "beta_no_us": rng.uniform(0, 1),
                "s_ctx": rng.choice([0.0, 0.2])}

    def ctx(self):
        return self.v_ctx if self.p["s_ctx"] > 0 else 0.0

    def happen(self, row):
        p = self.p
        if row["kind"] == "onset":
            before = sum(w[2] * self.v[c] for c, w in self.open.items() if c not in ("choice", row["id"])) + self.ctx()
            after = before + row["mag"] * self.v[row["id"]]
            self.drive(row, after - before)
        elif row["kind"] == "outcome" or (row["kind"] == "omission" and cues(row)):
            r, beta = (row["mag"], p["beta_us"]) if row["kind"] == "outcome" else (0.0, p["beta_no_us"])
            total = sum(s * self.v[c] for c, s in cues(row).items()) + self.ctx()
            delta = self.drive(row, r - total)
            if not self.paused:
                for c, s in cues(row).items():
                    self.v[c] += p["alpha_cs"] * s * beta * delta
                self.v_ctx += p["s_ctx"] * beta * delta

    def finish(self):
        total = sum(w[2] * self.v[c] for c, w in self.open.items() if c != "choice")
        self.out.update(value=total + self.ctx(), value_cs=self.v.copy(), aux=[self.v_ctx],
                        assoc=0.0 if self.paused else self.p["alpha_cs"])


class Ph(TrialModel):
    DEFAULTS = {**SHARED, **LICKS, **TRIAL, "mode": 0, "kappa": 0.3, "eta": 0.3, "a_init": 1.0, "delta_scale": 1.0}
    STEP_MS = 100

    def __init__(self, p, step_ns):
        super().__init__(p, step_ns)
        self.v, self.ve, self.vi = np.zeros(N_CS), np.zeros(N_CS), np.zeros(N_CS)
        self.a, self.last = np.full(N_CS, float(p["a_init"])), float(p["a_init"])

    @staticmethod
    def draw(rng):
        return {"mode": int(rng.integers(2)), "kappa": rng.uniform(0.05, 0.6), "eta": rng.uniform(0, 1),
                "a_init": rng.uniform(0.2, 1), "delta_scale": rng.uniform(0.5, 2)}

    def values(self):
        return self.ve - self.vi if self.p["mode"] else self.v

    def happen(self, row):
        p = self.p
        if row["kind"] == "onset":
            self.drive(row, row["mag"] * self.values()[row["id"]])
        elif row["kind"] == "outcome" or (row["kind"] == "omission" and cues(row)):
            r = row["mag"] if row["kind"] == "outcome" else 0.0
            delta = self.drive(row, r - sum(s * self.values()[c] for c, s in cues(row).items()))
            if self.paused or not cues(row):
                return
            for c, s in cues(row).items():
                if not p["mode"]:
                    self.v[c] += p["kappa"] * self.a[c] * s * delta
                elif delta >= 0:
                    self.ve[c] += p["kappa"] * self.a[c] * max(r, 0)
                else:
                    self.vi[c] += p["kappa"] * self.a[c] * abs(delta)
                self.a[c] = p["eta"] * min(1, abs(delta) / p["delta_scale"]) + (1 - p["eta"]) * self.a[c]
            self.last = np.mean([self.a[c] for c in cues(row)])

    def finish(self):
        v = self.values()
        self.out.update(value=sum(w[2] * v[c] for c, w in self.open.items() if c != "choice"), value_cs=v.copy(),
                        aux=list(self.a), assoc=self.last)


class Vkf(TrialModel):
    DEFAULTS = {**SHARED, **LICKS, **TRIAL, "lambda_v": 0.1, "v0": 0.1, "omega": 0.1}
    STEP_MS, BINARY = 100, False

    def __init__(self, p, step_ns):
        super().__init__(p, step_ns)
        self.m, self.s, self.v = np.zeros(N_CS), np.full(N_CS, float(p["omega"])), np.full(N_CS, float(p["v0"]))
        self.k, self.rate, self.spread = 0, 0.0, float(p["omega"])

    @staticmethod
    def draw(rng):
        return {"lambda_v": rng.uniform(0, 0.5), "v0": rng.uniform(0.01, 0.5), "omega": rng.uniform(0.05, 1)}

    def expected(self, c):
        return 1 / (1 + np.exp(-self.m[c])) if self.BINARY else self.m[c]

    def learn(self, c, delta):
        p, m_old, s_old = self.p, self.m[c], self.s[c]
        k = (s_old + self.v[c]) / (s_old + self.v[c] + p["omega"])
        rate = np.sqrt(s_old + self.v[c]) if self.BINARY else k
        self.m[c] = m_old + rate * delta
        self.s[c] = (1 - k) * (s_old + self.v[c])
        cov = (1 - k) * s_old
        self.v[c] += p["lambda_v"] * ((self.m[c] - m_old) ** 2 + s_old + self.s[c] - 2 * cov - self.v[c])
        return rate

    def happen(self, row):
        if row["kind"] == "onset":
            self.drive(row, self.expected(row["id"]) - (0.5 if self.BINARY else 0))
        elif row["kind"] == "outcome" or (row["kind"] == "omission" and cues(row)):
            r = row["mag"] if row["kind"] == "outcome" else 0.0
            o = float(r > 0) if self.BINARY else r
            if not cues(row):
                self.drive(row, o)
                return
            pairs = {c: self.event_opto(row, o - self.expected(c)) for c in cues(row)}
            self.out["delta"] += np.mean([pair[0] for pair in pairs.values()])
            self.out["drive"] += np.mean([pair[1] for pair in pairs.values()])
            self.out["drive_t"] = row["t"]
            rates = [self.learn(c, pairs[c][0]) for c in cues(row)] if not self.paused else [0.0]
            self.rate = sum(rates) / len(cues(row))
            self.spread = np.mean([self.s[c] for c in cues(row)])

    def finish(self):
        shown = [c for c in self.open if c != "choice"]
        values = np.array([self.expected(c) for c in range(N_CS)])
        self.out.update(value=np.mean(values[shown]) if shown else 0.0, value_cs=values, assoc=self.rate,
                        uncertainty=self.spread, aux=[*self.v, *self.s])


class VkfBinary(Vkf):
    BINARY = True


class BayesVol(TrialModel):
    DEFAULTS = {**SHARED, **LICKS, **TRIAL}
    STEP_MS = 100

    def __init__(self, p, step_ns):
        super().__init__(p, step_ns)
        self.p_grid = (np.arange(25) + 0.5) / 25
        self.z_grid = np.linspace(np.log(1e-3), np.log(0.3), 12)
        far = self.p_grid[:, None] - self.p_grid[None, :]
        tables = [np.exp(-far**2 / (2 * np.exp(2 * z))) for z in self.z_grid]
        self.tables = [t / t.sum(axis=0, keepdims=True) for t in tables]  # [p', p]
        self.b = np.full((N_CS, 12, 25), 1 / 300)
        self.mean = np.full(N_CS, 0.5)
        self.jobs, self.rows = [], 0
        self.rate, self.var, self.e_z = 0.0, np.var(self.p_grid), np.mean(self.z_grid)

    @staticmethod
    def draw(rng):
        return {"window_s": rng.uniform(1.2, 5)}

    def row_done(self):
        if not self.jobs:
            return
        self.rows += 1
        if self.rows < 12:
            return
        c, o, delta = self.jobs.pop(0)
        self.rows = 0
        moved = np.array([self.tables[z] @ self.b[c, z] for z in range(12)])
        mixed = 0.98 * moved + 0.02 * moved.mean(axis=0, keepdims=True)
        post = mixed * (self.p_grid if o else 1 - self.p_grid)
        self.b[c] = post / post.sum()
        mean = float((self.b[c] * self.p_grid).sum())
        self.rate = abs(mean - self.mean[c]) / max(abs(delta), 0.05)
        self.var = float((self.b[c] * (self.p_grid - mean) ** 2).sum())
        self.e_z = float((self.b[c] * self.z_grid[:, None]).sum())
        self.mean[c] = mean

    def happen(self, row):
        if row["kind"] == "onset":
            self.drive(row, self.mean[row["id"]] - 0.5)
        elif row["kind"] == "outcome" or (row["kind"] == "omission" and cues(row)):
            o = row["kind"] == "outcome" and row["mag"] > 0
            errors = []
            for c in sorted(cues(row)):
                errors.append(o - self.mean[c])
                if not self.paused:
                    while len(self.jobs) == 16:
                        self.row_done()
                    self.jobs.append((c, o, errors[-1]))
            self.drive(row, float(np.mean(errors)) if errors else float(o))

    def finish(self):
        self.row_done()
        shown = [c for c in self.open if c != "choice"]
        self.out.update(value=np.mean(self.mean[shown]) if shown else 0.0, value_cs=self.mean.copy(), assoc=self.rate,
                        uncertainty=self.var, aux=[self.e_z, len(self.jobs)])


class QSoftmax(TrialModel):
    DEFAULTS = {**SHARED, **LICKS, **TRIAL, "alpha_pos": 0.3, "alpha_neg": 0.3, "beta": 3.0, "stick": 0.0, "forget": 0.0,
                "n_actions": 2, "state_from": 0}
    STEP_MS = 100

    def __init__(self, p, step_ns):
        super().__init__(p, step_ns)
        self.q, self.cue, self.context, self.pair, self.last = np.zeros((8, N_ACT)), 0, 0, None, None

    @staticmethod
    def draw(rng):
        return {"alpha_pos": rng.uniform(0.1, 0.6), "alpha_neg": rng.uniform(0.1, 0.6), "beta": rng.uniform(0, 8),
                "stick": rng.uniform(-1, 1), "forget": rng.choice([0.0, 0.1]), "n_actions": int(rng.integers(1, 5)),
                "state_from": int(rng.integers(2))}

    def rest(self):
        self.pair = self.last = None

    def state(self):
        return self.context if self.p["state_from"] else self.cue

    def policy(self, s):
        n = int(self.p["n_actions"])
        drive = self.p["beta"] * self.q[s, :n] + self.p["stick"] * (np.arange(n) == self.last)
        e = np.exp(drive - drive.max())
        return e / e.sum()

    def expected(self, s):
        return float(self.policy(s) @ self.q[s, : int(self.p["n_actions"])])

    def happen(self, row):
        p = self.p
        if row["kind"] == "onset":
            self.cue = row["id"]
            self.drive(row, self.expected(self.state()))
        elif row["kind"] == "context":
            self.context = row["id"]
        elif row["kind"] == "action" and row["id"] < p["n_actions"]:
            self.drive(row, self.q[self.state(), row["id"]] - self.expected(self.state()))
            self.pair, self.last = (self.state(), row["id"]), row["id"]
        elif row["kind"] in ("outcome", "omission"):
            r = row["mag"] if row["kind"] == "outcome" else 0.0
            if self.pair and "choice" in row["closed"]:
                s, a = self.pair
                self.pair = None
                delta = self.drive(row, r - self.q[s, a])
                if not self.paused:
                    self.q[s, np.arange(N_ACT) != a] *= 1 - p["forget"]
                    self.q[s, a] += (p["alpha_pos"] if delta >= 0 else p["alpha_neg"]) * delta
            elif row["kind"] == "outcome":
                self.drive(row, r)

    def finish(self):
        s, n = self.state(), int(self.p["n_actions"])
        self.out.update(value=self.q[self.pair] if self.pair else self.expected(s),
                        value_cs=np.array([self.expected(c) for c in range(N_CS)]),
                        action_p=[*self.policy(s), *np.zeros(N_ACT - n)],
                        assoc=0.0 if self.paused else self.p["alpha_pos"],
                        aux=[s, self.pair[1] if self.pair else -1, *self.q[s]])


MODELS = {"rw": Rw, "ph": Ph, "vkf": Vkf, "vkf_binary": VkfBinary, "bayes_vol": BayesVol, "q_softmax": QSoftmax}
