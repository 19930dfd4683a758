"""References of the models that know or learn when an outcome is due: td_belief, td_semi_markov."""
import numpy as np
from events import CS_ON, LICKS, N_CS, POSITION, SESSION, SHARED, US, Stepped
from td_models import TdModel

DELAYS = {"n_sub": 32, "belief_source": 0, "weber": 0.15, "forget": 0.995, "n0": 1.0, "task_delay_s": 2.0,
          "task_delay_sd_s": 0.5, "task_delay_lo_s": 1.2, "task_delay_hi_s": 2.8, "task_p_om": 0.0}


def draw_delays(rng):
    return {"n_sub": int(rng.choice([8, 17, 32])), "belief_source": int(rng.random() < 0.3), "weber": rng.choice([0, 0.15, 0.4]),
            "forget": rng.choice([0.995, 0.9]), "task_delay_s": 1.4, "task_delay_lo_s": 0.4,
            "task_delay_sd_s": rng.uniform(0.2, 1), "task_p_om": rng.choice([0, 0.1])}


class Delays:
    """Counts of delays by cue, and the densities made of them four rows a step."""

    def __init__(self, p, dt):
        self.p, self.n = p, int(p["n_sub"])
        self.count, self.missed = np.zeros((N_CS, self.n)), np.zeros(N_CS)
        self.open, self.job, self.stale = {}, None, set()
        d = np.arange(1, self.n + 1) * dt
        first = np.ones(self.n)
        if p["belief_source"]:
            first = np.exp(-((d - p["task_delay_s"]) ** 2) / (2 * p["task_delay_sd_s"] ** 2))
            first[(d < p["task_delay_lo_s"] - 1e-9) | (d > p["task_delay_hi_s"] + 1e-9)] = 0
        self.pmf = np.tile(first / first.sum(), (N_CS, 1))
        self.p_om = np.full(N_CS, float(p["task_p_om"]) if p["belief_source"] else 0.1)

    def survivor(self, c, d):
        """P(delay >= d)."""
        return float(self.pmf[c, max(d, 1) - 1:].sum()) if d <= self.n else 0.0

    def hazard(self, c):
        tail = np.array([self.survivor(c, d) for d in range(1, self.n + 1)])
        return np.divide(self.pmf[c], tail, out=np.zeros(self.n), where=tail > 0)

    def close(self, c, delay, paused):
        del self.open[c]
        if paused or self.p["belief_source"]:
            return
        self.count[c] *= self.p["forget"]
        self.missed[c] *= self.p["forget"]
        if delay:
            self.count[c, delay - 1] += 1
        else:
            self.missed[c] += 1
        self.stale.add(c)
        if self.job and self.job[0] == c:
            self.job = None

    def step(self, k, started, outcome, paused):
        for c in sorted(self.open):
            if outcome:
                self.close(c, k - self.open[c], paused)
            elif c in started or k - self.open[c] >= self.n:
                self.close(c, 0, paused)
        for c in started:
            self.open[c] = k

    def work(self):
        if self.job is None:
            if not self.stale:
                return
            self.job = [min(self.stale), 0, np.full(self.n, self.p["n0"] / self.n)]
        c, row, total = self.job
        for i in range(row, min(row + 4, self.n)):
            sd, off = self.p["weber"] * (i + 1), np.arange(self.n) - i
            kernel = np.where(np.abs(off) <= 3 * sd, np.exp(-(off**2) / (2 * max(sd, 1e-30) ** 2)), 0.0)
            kernel[i] = 1
            total += self.count[c, i] * kernel / kernel.sum()
        self.job[1] = row + 4
        if row + 4 >= self.n:
            self.pmf[c] = total / total.sum()
            self.p_om[c] = (self.missed[c] + 0.1) / (self.missed[c] + self.count[c].sum() + 1)
            self.stale.discard(c)
            self.job = None


class TdBelief(TdModel):
    DEFAULTS = {**SHARED, **LICKS, **DELAYS, "alpha": 0.1, "tau_discount_s": 9.9, "tau_lambda_s": 0.0, "h_iti": 1 / 65,
                "belief_blur": 0.0, "iti_feature": 1, "pos_sd": 0.05, "j_goal": 32}
    STEP_MS = 200

    def __init__(self, p, step_ns):
        self.j = int(p["n_sub"])
        super().__init__(p, step_ns, 1 + N_CS * self.j)
        self.delays, self.doubles = Delays(p, self.dt), 0
        self.iti, self.b = 1.0, np.zeros((N_CS, self.j))

    @staticmethod
    def draw(rng):
        return {**draw_delays(rng), "alpha": rng.uniform(0.05, 0.4), "tau_lambda_s": rng.choice([0, 0.4]),
                "h_iti": rng.uniform(0.005, 0.1), "belief_blur": rng.choice([0, 0.3]), "iti_feature": int(rng.random() < 0.8),
                "pos_sd": rng.uniform(0.05, 0.3), "j_goal": int(rng.choice([8, 32]))}

    def step(self, k, events):
        p = self.p
        self.inputs(k, events)
        for i, e in enumerate(events):
            if e[1] == SESSION and e[2] == 0:
                events, self.iti, self.b[:], self.delays.open = events[i + 1:], 1.0, 0, {}
                self.rest()
                break
        started = sorted({e[2] for e in events if e[1] == CS_ON})
        outcome = any(e[1] == US for e in events)
        onset = self.w[1:].reshape(N_CS, self.j)[:, 0]
        if started:
            self.doubles += len(started) > 1
            c = max(started, key=lambda s: (abs(onset[s]), -s))
            self.b[:], self.iti = 0, self.delays.p_om[c]
            self.b[c, 0] = 1 - self.iti
        elif outcome:
            self.b[:], self.iti = 0, 1.0
        else:
            self.nothing_came()
        positions = [e[3] for e in events if e[1] == POSITION]
        if positions:
            off = (np.arange(self.j) + 0.5) / p["j_goal"] - positions[-1]
            self.b = self.b * np.exp(-(off**2) / (2 * p["pos_sd"] ** 2))
            self.normalise()
        self.delays.step(k, started, outcome, self.paused)
        x = np.concatenate([[self.iti * (p["iti_feature"] != 0)], self.b.ravel()])
        out = {"value_cs": onset.copy(), "assoc": 0.0 if self.paused else p["alpha"]}
        self.core(x, p["alpha"], out)
        full = np.concatenate([[self.iti], self.b.ravel()])
        out["uncertainty"] = -sum(v * np.log(v) for v in full if v > 0)
        out["aux"] = [out["uncertainty"], self.iti, self.doubles]
        out["lick"] = self.licks(out["value"])
        self.delays.work()
        return out

    def nothing_came(self):
        q, j = self.p["belief_blur"], self.j
        moved, iti = np.zeros((N_CS, j)), self.iti * (1 - self.p["h_iti"])
        for c in range(N_CS):
            stay = self.b[c] * (1 - self.delays.hazard(c))
            iti += stay[-1]
            for i in range(j - 1):
                moved[c, i] += q / 2 * stay[i]
                moved[c, i + 1] += (1 - q) * stay[i]
                moved[c, min(i + 2, j - 1)] += q / 2 * stay[i]
        self.b, self.iti = moved, iti
        self.normalise()

    def normalise(self):
        total = self.iti + self.b.sum()
        if total > 0:
            self.b, self.iti = self.b / total, self.iti / total
        else:
            self.b[:], self.iti = 0, 1.0


class TdSemiMarkov(Stepped):
    DEFAULTS = {**SHARED, **LICKS, **DELAYS, "alpha": 0.1, "alpha_rho": 0.005}
    STEP_MS = 200

    def __init__(self, p, step_ns):
        super().__init__(p, step_ns)
        self.delays, self.v, self.rho, self.s, self.since = Delays(p, self.dt), np.zeros(9), 0.0, 0, 0

    @staticmethod
    def draw(rng):
        return {**draw_delays(rng), "alpha": rng.uniform(0.05, 0.4), "alpha_rho": rng.uniform(0, 0.02)}

    def beta(self, d):
        if self.s == 0:
            return 0.0
        c = self.s - 1
        p, density = self.delays.p_om[c], self.delays.pmf[c, d - 1] if 1 <= d <= self.delays.n else 0.0
        stay = (1 - p) * self.delays.survivor(c, d) + p * self.delays.survivor(c, d + 1)
        return p * density / (p * density + stay) if p * density + stay > 0 else 1.0

    def step(self, k, events):
        p = self.p
        self.inputs(k, events)
        for i, e in enumerate(events):
            if e[1] == SESSION and e[2] == 0:
                events, self.s, self.since, self.delays.open = events[i + 1:], 0, k, {}
                break
        started = sorted({e[2] for e in events if e[1] == CS_ON})
        outcome = any(e[1] == US for e in events)
        d = k - self.since
        if started:
            beta, after = 1.0, 1 + max(started, key=lambda c: (abs(self.v[1 + c]), -c))
        elif outcome:
            beta, after = 1.0, 0
        else:
            beta, after = self.beta(d), 0
        surplus = self.reward - self.rho * d * self.dt
        delta, drive = self.opto(beta * (surplus + self.v[after] - self.v[self.s]))
        if not self.paused:
            self.v[self.s] += p["alpha"] * delta
            self.rho += p["alpha_rho"] * beta * surplus
            self.v = self.v - self.v[0]
        if beta > 0.5:
            self.s, self.since = after, k
        self.delays.step(k, started, outcome, self.paused)
        self.delays.work()
        value = self.v[self.s]
        return {"delta": delta, "drive": drive, "drive_t": self.point, "value": value, "value_cs": self.v[1:].copy(),
                "assoc": 0.0 if self.paused else p["alpha"] * beta, "avg_reward": self.rho, "lick": self.licks(value),
                "aux": [beta, self.s, d * self.dt]}


MODELS = {"td_belief": TdBelief, "td_semi_markov": TdSemiMarkov}
