"""References of the models that learn by temporal differences on features."""
import numpy as np
from events import (
    ACTION, AVERSIVE, CONTEXT, CS_ON, LICKS, N_ACT, N_CS, N_US, POSITION, SESSION, SHARED, US, Stepped,
)


class TdModel(Stepped):
    """The dense core: `features(k)` gives x of the step."""

    def __init__(self, p, step_ns, n):
        super().__init__(p, step_ns)
        self.n, self.w, self.e, self.x_prev = n, np.zeros(n), np.zeros(n), np.zeros(n)

    def rates(self):
        p = self.p
        gamma = np.exp(-self.dt / p["tau_discount_s"])
        return gamma, gamma * (np.exp(-self.dt / p["tau_lambda_s"]) if p["tau_lambda_s"] > 0 else 0.0)

    def rest(self):
        self.e[:], self.x_prev[:] = 0, 0

    def core(self, x, rate, out):
        """Steps 1 to 8 of the temporal-difference core; `rate` a number or one for each feature."""
        gamma, decay = self.rates()
        v_prev, v_now = self.w @ self.x_prev, self.w @ x
        out["delta"], out["drive"] = self.opto(self.reward + gamma * v_now - v_prev)
        self.e = decay * self.e + self.x_prev
        self.e[np.abs(self.e) < 1e-12] = 0
        if not self.paused:
            self.w = self.w + rate * out["delta"] * self.e
            self.w = self.w * (1 - self.dt / self.p.get("tau_forget_s", np.inf))
        self.x_prev, out["value"], out["drive_t"] = x, v_now, self.point


class Micro:
    """Microstimuli of the stimuli seen so far."""

    def __init__(self, p, n_stimuli):
        self.p, self.m, self.n_stimuli, self.onsets = p, int(p["n_micro"]), n_stimuli, {}

    def events(self, events):
        for t, kind, ident, mag in events:
            if kind == SESSION and ident == 0:
                self.onsets = {}
            elif kind == CS_ON:
                self.onsets[ident] = (t, mag)
            elif kind == US and self.n_stimuli > N_CS:
                self.onsets[N_CS + ident] = (t, 1.0)

    def heights(self, y):
        centre = np.arange(1, self.m + 1) / self.m
        return y / np.sqrt(2 * np.pi) * np.exp(-((y - centre) ** 2) / (2 * self.p["sigma"] ** 2))

    def x(self, close_ns):
        x = np.zeros((self.n_stimuli, self.m))
        for j, (t, salience) in self.onsets.items():
            y = np.exp(-(close_ns - t) * 1e-9 / self.p["tau_y_s"])
            x[j] = salience * self.heights(y) if y >= 1e-3 else 0
        return x.ravel()


class TdMicro(TdModel):
    DEFAULTS = {**SHARED, **LICKS, "alpha": 0.01, "tau_discount_s": 2.475, "tau_lambda_s": 0.975, "tau_forget_s": np.inf,
                "tau_y_s": 3.308, "n_micro": 50, "sigma": 0.08}
    STEP_MS = 50

    def __init__(self, p, step_ns):
        self.micro = Micro(p, N_CS + N_US)
        super().__init__(p, step_ns, self.micro.m * (N_CS + N_US))
        gamma, decay = self.rates()
        e, self.bound = np.zeros(self.micro.m), 0.0
        for k in range(int(10 / self.dt + 1e-9) + 1):
            x = self.micro.heights(np.exp(-k * self.dt / p["tau_y_s"]))
            e = decay * e + x
            self.bound = max(self.bound, p["alpha"] * float(x @ e))

    @staticmethod
    def draw(rng):
        return {"alpha": rng.uniform(0.002, 0.03), "tau_discount_s": rng.choice([2.475, 9.9]),
                "tau_lambda_s": rng.choice([0, 0.975, 3.0]), "tau_forget_s": rng.choice([np.inf, 500.0]),
                "tau_y_s": rng.choice([1.0, 3.308]), "n_micro": int(rng.choice([6, 20, 50])), "sigma": rng.choice([0.08, 0.15])}

    def step(self, k, events):
        self.inputs(k, events)
        self.micro.events(events)
        if any(e[1] == SESSION and e[2] == 0 for e in events):
            self.rest()
        onset = self.micro.heights(1.0)
        out = {"value_cs": self.w.reshape(-1, self.micro.m)[:N_CS] @ onset, "assoc": 0.0 if self.paused else self.p["alpha"]}
        self.core(self.micro.x(self.end), self.p["alpha"], out)
        out["aux"] = [np.count_nonzero(self.e), self.bound]
        out["lick"] = self.licks(out["value"])
        return out


class Csc:
    """The serial compound with its variants; cue lines, outcome lines, positions, bias."""

    DEFAULTS = {"n_bins": 64, "bin_s": 0.1, "csc_reset_on_us": 1, "csc_us_line": 0, "csc_single_line": 0, "csc_presence": 0,
                "use_bias": 0, "pos_bins": 0}

    def __init__(self, p, dt):
        self.p, self.lines = p, N_CS + (N_US if p["csc_us_line"] else 0)
        self.width = 1 if p["csc_presence"] else int(p["n_bins"])
        self.steps = max(1, int(np.floor(p["bin_s"] / dt + 0.5)))
        self.n = self.lines * self.width + int(p["pos_bins"]) + int(p["use_bias"])
        self.begun, self.position, self.us_ns = {}, None, -1

    @staticmethod
    def draw(rng):
        p = {"n_bins": int(rng.choice([16, 40])), "bin_s": rng.choice([0.05, 0.1, 0.25]), "csc_reset_on_us": int(rng.integers(2)),
             "csc_single_line": int(rng.random() < 0.25), "csc_presence": int(rng.random() < 0.25), "use_bias": int(rng.integers(2)),
             "pos_bins": int(rng.choice([0, 0, 20]))}
        return {**p, "csc_us_line": 0 if p["csc_presence"] else int(rng.integers(2))}

    def start(self, line, k, salience):
        self.begun = {} if self.p["csc_single_line"] else self.begun
        self.begun[line] = (k, salience)

    def events(self, k, events):
        p = self.p
        for t, kind, ident, mag in events:
            if kind == SESSION and ident == 0:
                self.begun, self.position = {}, None
            elif kind == CS_ON:
                self.start(ident, k, mag)
            elif kind == US:
                self.us_ns = max(self.us_ns, t)
                self.position = None
                if p["csc_reset_on_us"] or p["csc_single_line"]:
                    self.begun = {}
                if p["csc_us_line"]:
                    self.start(N_CS + ident, k, 1.0)
            elif kind == POSITION and p["pos_bins"] and t > self.us_ns:
                self.position = mag

    def x(self, k, coverage):
        p, x = self.p, np.zeros(self.n)
        for line, (k0, salience) in self.begun.items():
            if self.position is not None and line < N_CS:
                continue
            if p["csc_presence"]:
                x[line] = salience * coverage[line]
            elif (k - k0) // self.steps < self.width:
                x[line * self.width + (k - k0) // self.steps] = salience
        if self.position is not None:
            n = int(p["pos_bins"])
            x[self.lines * self.width + min(max(int(np.floor(self.position * n)), 0), n - 1)] = 1
        if p["use_bias"]:
            x[-1] = 1
        return x

    def cue_of(self):
        """The cue of each feature, -1 for none."""
        cue = np.full(self.n, -1)
        for c in range(N_CS):
            cue[c * self.width:(c + 1) * self.width] = c
        return cue

    def onset(self, w):
        return w[: N_CS * self.width : self.width] + (w[-1] if self.p["use_bias"] else 0)


class BasisModel(TdModel):
    """A model on a serial compound or microstimuli, as its parameter `features` says."""

    BASIS = {"features": 0, **Csc.DEFAULTS, "tau_y_s": 3.308, "n_micro": 20, "sigma": 0.08}

    def __init__(self, p, step_ns):
        self.micro = Micro(p, N_CS + N_US)
        self.csc = Csc(p, step_ns * 1e-9)
        self.by_micro = bool(p.get("features", 0))
        super().__init__(p, step_ns, self.micro.m * (N_CS + N_US) if self.by_micro else self.csc.n)
        self.scale = 1.0 if self.by_micro else 1.0 / self.csc.steps

    @staticmethod
    def draw_basis(rng):
        return {**Csc.draw(rng), "features": int(rng.random() < 0.4), "n_micro": int(rng.choice([6, 20])), "tau_y_s": 3.0}

    def features(self, k, events):
        """x of the step, after `inputs`."""
        if any(e[1] == SESSION and e[2] == 0 for e in events):
            self.rest()
        if self.by_micro:
            self.micro.events(events)
            return self.micro.x(self.end)
        self.csc.events(k, events)
        return self.csc.x(k, self.coverage)

    def onset(self, w):
        if self.by_micro:
            return w.reshape(-1, self.micro.m)[:N_CS] @ self.micro.heights(1.0)
        return self.csc.onset(w)

    def cue_of(self):
        if not self.by_micro:
            return self.csc.cue_of()
        cue = np.repeat(np.arange(N_CS + N_US), self.micro.m)
        return np.where(cue < N_CS, cue, -1)


class TdPh(BasisModel):
    DEFAULTS = {**SHARED, **LICKS, **BasisModel.BASIS, "alpha": 0.1, "tau_discount_s": 9.9, "tau_lambda_s": 1.9, "eta": 0.3,
                "a_init": 1.0, "delta_scale": 1.0, "window_s": 5.0}
    STEP_MS = 100

    def __init__(self, p, step_ns):
        super().__init__(p, step_ns)
        self.a, self.last, self.trials = np.full(N_CS, float(p["a_init"])), float(p["a_init"]), {}

    @staticmethod
    def draw(rng):
        return {**BasisModel.draw_basis(rng), "alpha": rng.uniform(0.01, 0.1), "eta": rng.uniform(0.1, 0.9),
                "a_init": rng.uniform(0.3, 1), "window_s": rng.uniform(1, 3), "tau_lambda_s": rng.choice([0, 1.9])}

    def step(self, k, events):
        p = self.p
        self.inputs(k, events)
        x, out = self.features(k, events), {}
        for i, e in enumerate(events):
            if e[1] == SESSION and e[2] == 0:
                events, self.trials = events[i + 1:], {}
                break
        out["value_cs"] = self.onset(self.w)
        cue = self.cue_of()
        self.core(x, p["alpha"] * self.scale * np.where(cue >= 0, self.a[cue], 1.0), out)
        began = {e[2]: e[0] for e in events if e[1] == CS_ON}
        outcome, ended = any(e[1] in (US, AVERSIVE) for e in events), []
        for c in sorted(self.trials):
            self.trials[c][1].append(out["delta"])
            if outcome or c in began or self.end - self.trials[c][0] >= round(p["window_s"] * 1e9):
                size = abs(np.sum(self.trials.pop(c)[1]))
                if not self.paused:
                    self.a[c] = p["eta"] * min(1, size / p["delta_scale"]) + (1 - p["eta"]) * self.a[c]
                    ended.append(self.a[c])
        for c, t in began.items():
            self.trials[c] = (t, [])
        self.last = np.mean(ended) if ended else self.last
        out.update(assoc=self.last, aux=list(self.a), lick=self.licks(out["value"]))
        return out


class TdDist(BasisModel):
    DEFAULTS = {**SHARED, **LICKS, **BasisModel.BASIS, "alpha": 0.05, "alpha_q": 0.02, "tau_discount_s": 9.9, "tau_lambda_s": 1.9,
                "n_channels": 20, "tau_lo": 0.025, "tau_hi": 0.975, "one_step": 0}
    STEP_MS = 100

    def __init__(self, p, step_ns):
        super().__init__(p, step_ns)
        self.one = bool(p["one_step"])
        self.n = N_CS if self.one else self.n
        self.big, self.e, self.x_prev = int(p["n_channels"]), np.zeros(self.n), np.zeros(self.n)
        self.W, self.WE = np.zeros((self.big, self.n)), np.zeros((self.big, self.n))
        self.tau = np.linspace(p["tau_lo"], p["tau_hi"], self.big)
        self.reversal = np.zeros(self.big)

    @staticmethod
    def draw(rng):
        one = int(rng.random() < 0.3)
        basis = BasisModel.draw_basis(rng)
        return {**basis, "features": 0 if one else basis["features"], "one_step": one, "alpha": rng.uniform(0.01, 0.1),
                "alpha_q": rng.uniform(0.01, 0.1), "n_channels": int(rng.choice([5, 13, 20])), "tau_lambda_s": rng.choice([0, 1.9])}

    def weigh(self, d):
        tau = self.tau.reshape(-1, *[1] * (d.ndim - 1))
        return 2 * np.where(d > 0, tau, 1 - tau) * d

    def step(self, k, events):
        p = self.p
        self.inputs(k, events)
        x = self.features(k, events)
        for i, e in enumerate(events):
            if e[1] == SESSION and e[2] == 0:
                events = events[i + 1:]
                break
        onset, outcome = any(e[1] == CS_ON for e in events), any(e[1] in (US, AVERSIVE) for e in events)
        if self.one:
            x = np.zeros(N_CS)
            for c, (k0, salience) in self.csc.begun.items():
                if c < N_CS and k - k0 < self.csc.steps * p["n_bins"]:
                    x[c] = salience
        cs = self.WE if self.one else np.array([self.onset(we) for we in self.WE])
        gamma, decay = self.rates()
        decay = 0.0 if self.one else decay
        v, ve, z = self.W @ self.x_prev, self.WE @ self.x_prev, np.sort(self.W @ x)
        u_e = self.WE @ x
        teach, release = self.opto(0.0)
        clamp = p["opto_mode"] == 1 and self.light > 0.5
        target = self.reward + (0 if clamp else teach) + gamma * z
        dq, de = target[None, :] - v[:, None], target[None, :] - ve[:, None]
        dd = self.reward + (0 if clamp else teach) + gamma * z.mean() - ve
        dr = self.reward + (0 if clamp else release) + gamma * z.mean() - ve
        if clamp:
            dq, de, dd, dr = (np.full_like(d, p["opto_level"]) for d in (dq, de, dd, dr))
        out = {"delta": dd.mean(), "drive": self.weigh(dr).mean(), "drive_t": self.point, "value": u_e.mean(),
               "value_cs": cs.mean(axis=0)[:N_CS], "assoc": 0.0 if self.paused else p["alpha"]}
        if self.one and not (onset or outcome):
            out["delta"] = out["drive"] = 0.0
        self.e = decay * self.e + self.x_prev
        self.e[np.abs(self.e) < 1e-12] = 0
        if outcome:
            self.reversal = ve
        if not self.paused and (outcome or not self.one):
            g = (2 * self.tau[:, None] * (dq > 0) - 2 * (1 - self.tau[:, None]) * (dq < 0)).mean(axis=1)
            q = self.weigh(de).mean(axis=1)
            self.W = self.W + p["alpha_q"] * self.scale * np.outer(g, self.e)
            self.WE = self.WE + p["alpha"] * self.scale * np.outer(q, self.e)
        self.x_prev = x
        shown = np.zeros(16)
        shown[: min(16, self.big)] = self.reversal[:16]
        out.update(aux=list(shown), lick=self.licks(out["value"]))
        return out


class ActorCritic(BasisModel):
    DEFAULTS = {**SHARED, **LICKS, **BasisModel.BASIS, "alpha": 0.1, "tau_discount_s": 9.9, "tau_lambda_s": 1.9,
                "alpha_actor": 0.1, "tau_choice_s": 3.0, "beta": 3.0, "n_actions": 2, "state_from": 0}
    STEP_MS = 100

    def __init__(self, p, step_ns):
        super().__init__(p, step_ns)
        self.m, self.cue, self.context, self.pair, self.c = np.zeros((8, N_ACT)), 0, 0, (0, 0), 0.0

    @staticmethod
    def draw(rng):
        return {**BasisModel.draw_basis(rng), "alpha": rng.uniform(0.01, 0.1), "alpha_actor": rng.uniform(0.05, 0.5),
                "tau_choice_s": rng.uniform(0.2, 5), "beta": rng.uniform(0, 5), "n_actions": int(rng.integers(1, 5)),
                "state_from": int(rng.integers(2))}

    def policy(self, s):
        e = np.exp(self.p["beta"] * (self.m[s, : int(self.p["n_actions"])] - self.m[s, : int(self.p["n_actions"])].max()))
        return e / e.sum()

    def step(self, k, events):
        p, n = self.p, int(self.p["n_actions"])
        self.inputs(k, events)
        x, out = self.features(k, events), {}
        for _, kind, ident, _ in events:
            if kind == SESSION and ident == 0:
                self.c = 0.0
            elif kind == CS_ON:
                self.cue = ident
            elif kind == CONTEXT:
                self.context = ident
            elif kind == ACTION and ident < n:
                self.pair, self.c = (self.context if p["state_from"] else self.cue, ident), 1.0
        out["value_cs"] = self.onset(self.w)
        self.core(x, p["alpha"] * self.scale, out)
        if self.c > 0:
            s, a = self.pair
            if not self.paused:
                self.m[s, :n] += p["alpha_actor"] * out["delta"] * self.c * ((np.arange(n) == a) - self.policy(s))
            self.c *= np.exp(-self.dt / p["tau_choice_s"])
            self.c = self.c if self.c >= 1e-4 else 0.0
        s = self.context if p["state_from"] else self.cue
        out.update(action_p=[*self.policy(s), *np.zeros(N_ACT - n)], aux=[s, self.c, *self.m[s]],
                   assoc=0.0 if self.paused else p["alpha"], lick=self.licks(out["value"]))
        return out


class RLearning(BasisModel):
    DEFAULTS = {**SHARED, **Csc.DEFAULTS, "use_bias": 1, "alpha": 0.05, "tau_lambda_s": 0.5, "tau_rho_s": 120.0, "rho_from": 0,
                "vigor_cost": 0.05}
    STEP_MS = 100

    def __init__(self, p, step_ns):
        super().__init__({**p, "tau_discount_s": np.inf, "n_micro": 4, "features": 0}, step_ns)
        self.rho, self.between = 0.0, []

    @staticmethod
    def draw(rng):
        return {**Csc.draw(rng), "use_bias": 1, "alpha": rng.uniform(0.01, 0.1), "tau_rho_s": rng.uniform(20, 200),
                "rho_from": int(rng.integers(2)), "vigor_cost": rng.uniform(0.01, 0.2)}

    def step(self, k, events):
        p = self.p
        self.inputs(k, events)
        x, out = self.features(k, events), {}
        if any(e[1] == SESSION and e[2] == 0 for e in events):
            self.between = []
        out["value_cs"] = self.onset(self.w)
        r = self.reward
        self.reward = r - self.rho * self.dt
        self.core(x, p["alpha"] * self.scale, out)
        if not self.paused:
            self.rho += out["delta"] / p["tau_rho_s"] if p["rho_from"] else self.dt / p["tau_rho_s"] * (r / self.dt - self.rho)
        if np.count_nonzero(x) == 1:
            self.between.append(out["value"])
        else:
            if self.between and not self.paused:
                self.w[-1] -= np.mean(self.between)
            self.between = []
        latency = min(max(np.sqrt(p["vigor_cost"] / self.rho), 0.1), 60) if self.rho > 0 else 60.0
        out.update(lick=1 / latency, avg_reward=self.rho, assoc=0.0 if self.paused else p["alpha"],
                   aux=[latency, np.count_nonzero(self.e)])
        return out


class KalmanTd(Stepped):
    DEFAULTS = {**SHARED, **LICKS, "prior_var": 1.0, "noise_var": 0.2, "drift_var": 1e-5, "tau_discount_s": 4.95, "window_s": 5.0,
                "kalman_feat": 0, "tau_y_s": 3.308, "n_micro": 6, "sigma": 0.08}
    STEP_MS = 100

    def __init__(self, p, step_ns):
        super().__init__(p, step_ns)
        self.micro, self.onsets = Micro(p, N_CS), {}
        self.n = N_CS * (self.micro.m if p["kalman_feat"] else 1)
        self.w, self.x_prev, self.S = np.zeros(self.n), np.zeros(self.n), p["prior_var"] * np.eye(self.n)

    @staticmethod
    def draw(rng):
        return {"noise_var": rng.uniform(0.1, 1), "drift_var": rng.choice([1e-5, 1e-3]), "window_s": rng.uniform(1, 4),
                "kalman_feat": int(rng.integers(2)), "n_micro": int(rng.choice([4, 6, 8]))}

    def step(self, k, events):
        p, gamma = self.p, np.exp(-self.dt / self.p["tau_discount_s"])
        self.inputs(k, events)
        self.micro.events(events)
        for t, kind, ident, mag in events:
            if kind == US or (kind == SESSION and ident == 0):
                self.onsets = {}
            if kind == SESSION and ident == 0:
                self.x_prev[:] = 0
            if kind == CS_ON:
                self.onsets[ident] = (t, mag)
        if p["kalman_feat"]:
            x, cs = self.micro.x(self.end), self.w.reshape(N_CS, -1) @ self.micro.heights(1.0)
        else:
            x, cs = np.zeros(N_CS), self.w.copy()
            for c, (t, mag) in self.onsets.items():
                x[c] = mag if self.end - t <= round(p["window_s"] * 1e9) else 0
        h, assoc = self.x_prev - gamma * x, 0.0
        if not self.paused:
            self.S = self.S + p["drift_var"] * self.dt / 0.1 * np.eye(self.n)
        out = {"value": self.w @ x, "value_cs": cs, "drive_t": self.point,
               "aux": list(np.diag(self.S)[:: self.n // N_CS])}
        some = (np.abs(h) >= 1e-12).any()
        out["delta"], out["drive"] = self.opto(self.reward - (self.w @ h if some else 0))
        if some and not self.paused:
            u = self.S @ h
            gain = u / (h @ u + p["noise_var"])
            self.w = self.w + gain * out["delta"]
            self.S = self.S - np.outer(gain, u)
            np.fill_diagonal(self.S, np.maximum(np.diag(self.S), 1e-9))
            assoc = gain[self.x_prev != 0].sum()
        out.update(assoc=assoc, uncertainty=x @ self.S @ x, lick=self.licks(out["value"]))
        self.x_prev = x
        return out


MODELS = {"td_micro": TdMicro, "td_ph": TdPh, "td_dist": TdDist, "actor_critic": ActorCritic, "r_learning": RLearning,
          "kalman_td": KalmanTd}
