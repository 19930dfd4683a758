"""References of the models that learn by temporal differences on features."""
import numpy as np
from events import CS_ON, LICKS, N_CS, N_US, SESSION, SHARED, US, Stepped


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


MODELS = {"td_micro": TdMicro}
