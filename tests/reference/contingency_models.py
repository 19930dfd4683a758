"""References of the models that look back from outcomes: anccr, retro. In matrices, in the order of the specification."""
import numpy as np
from events import LICKS, N_CS, SHARED, TRIAL
from trial_models import TrialModel, cues

N, OMISSION = 13, 12
SHARED_ROWS = {**SHARED, **LICKS, **TRIAL, "alpha": 0.02, "alpha_init": 0.25, "alpha_decay": 0.0, "k": 1.0, "theta": 0.6,
               "t_ratio": 1.2, "t_mode": 1, "iri_s": 20.0, "min_rate": 1e-3, "sample_s": 0.2, "beta_us": 1.0, "beta_cs": 0.0,
               "da_beta": 0, "tie_sep_s": 0.1, "alpha_iri_scaling": 0, "iri_ref": 60.0, "use_omission": 0}


class Anccr(TrialModel):
    DEFAULTS = {**SHARED_ROWS, "w": 0.5, "alpha_r": 0.2}
    STEP_MS, RETRO, apart = 100, False, True

    def __init__(self, p, step_ns):
        super().__init__(p, step_ns)
        self.E, self.D, self.B, self.cnt = np.zeros(N), np.zeros(N), np.zeros(N), np.zeros(N)
        self.M, self.R, self.G, self.NC = (np.zeros((N, N)) for _ in range(4))
        self.beta = np.array([p["beta_cs"]] * N_CS + [p["beta_us"]] * 4 + [0.0])
        self.mct = self.beta > p["theta"]
        self.iri, self.last_us, self.n_events = float(p["iri_s"]), None, 0
        self.now, self.n_sample, self.before, self.ties, self.last_value = 0, 0, None, 0, 0.0

    @staticmethod
    def draw(rng):
        return {"alpha": rng.uniform(0.02, 0.2), "alpha_decay": rng.choice([0.0, 0.1]), "k": rng.choice([1.0, 0.1]),
                "theta": rng.uniform(0.1, 0.6), "t_mode": int(rng.integers(2)), "iri_s": rng.uniform(3, 20),
                "sample_s": rng.choice([0.2, 0.05]), "da_beta": int(rng.integers(2)), "beta_cs": rng.choice([0.0, 0.3]),
                "alpha_iri_scaling": int(rng.integers(2)), "iri_ref": 10.0, "use_omission": int(rng.integers(2)),
                "window_s": rng.uniform(1.1, 4)}

    def rest(self):
        self.E[:], self.D[:] = 0, 0
        self.last_us = self.before = None

    def T(self):
        return self.p["t_ratio"] * self.iri

    def a(self):
        p = self.p
        a = p["alpha"]
        if p["alpha_decay"] > 0:
            a = p["alpha"] + (p["alpha_init"] - p["alpha"]) * np.exp(-p["alpha_decay"] * self.n_events)
        return min(1.0, a * self.iri / p["iri_ref"] if p["alpha_iri_scaling"] else a)

    def decay(self, t):
        if t > self.now:
            self.E, self.D = (v * np.exp(-(t - self.now) * 1e-9 / self.T()) for v in (self.E, self.D))
            self.now = t

    def sample(self, until):
        every = round(self.p["sample_s"] * 1e9)
        while self.n_sample * every < until:
            self.decay(self.n_sample * every)
            self.B += (0 if self.paused else self.p["k"] * self.a()) * (self.E - self.B)
            self.n_sample += 1

    def matrices(self):
        known = np.outer(self.cnt > 0, self.cnt > 0)
        prc = np.where(known, self.M - self.B[:, None], 0)
        ok = self.B / self.T() >= self.p["min_rate"]
        src = np.zeros((N, N))
        src[ok] = prc[ok] * self.B[None, :] / self.B[ok, None]
        return known, prc, src

    def foretold(self):
        _, _, src = self.matrices()
        return (src * self.R)[:, N_CS:OMISSION].max(axis=1)

    def happen(self, row):
        self.sample(row["t"])
        if row["kind"] == "onset":
            self.event(row, row["id"], 0.0)
        elif row["kind"] == "outcome" and not row["aversive"]:
            self.event(row, N_CS + row["id"], row["mag"])
        elif row["kind"] == "omission" and cues(row) and self.p["use_omission"]:
            if (self.NC[:N_CS, N_CS:OMISSION] > self.p["theta"]).any():
                self.event(row, OMISSION, 0.0)

    def event(self, row, j, m):
        p = self.p
        self.ties = self.ties + 1 if self.before == row["t"] else 0
        self.before = row["t"]
        self.decay(row["t"] + self.ties * round(p["tie_sep_s"] * 1e9))
        self.D[j] = 1
        self.E[j] += 1
        if not self.paused:
            self.cnt[j] += 1
            if self.mct[j]:
                self.M[:, j] += self.a() * (self.E - self.M[:, j])
        known, prc, src = self.matrices()
        w = 0.0 if self.RETRO else p["w"]
        self.NC = w * src + (1 - w) * prc
        self.R[~known] = 0
        if not self.paused:
            if self.RETRO:
                self.R[self.cnt > 0, j] = m
            self.R[j, j] = m
            if j == OMISSION:
                self.mct[j] = True
                self.R[j, N_CS:OMISSION] = np.diag(self.R)[N_CS:OMISSION]
        self.G[j] = 0
        if self.RETRO:
            self.G = np.clip(np.maximum(0, self.NC) * self.R, -100, 100)
        else:
            for q in range(N):
                causes = (self.NC[:, q] > p["theta"]) & (np.arange(N) != q)
                self.G[q] = np.clip(self.NC[q] * self.R[q] - (self.D[causes, None] * self.G[causes]).sum(axis=0), -100, 100)
        da = float(self.G[j] @ self.mct) + (self.beta[j] if p["da_beta"] else 0)
        da = self.drive(row, da)
        if not self.paused:
            self.mct[j] |= da + self.beta[j] > p["theta"]
            if not self.RETRO:
                self.magnitudes(j, m, da)
            self.n_events += 1
        self.last_value = self.foretold()[j]
        if N_CS <= j < OMISSION and not self.paused:
            if self.last_us is not None and p["t_mode"]:
                self.iri += 0.05 * ((row["t"] - self.last_us) * 1e-9 - self.iri)
            self.last_us = row["t"]

    def magnitudes(self, j, m, da):
        p = self.p
        if da >= 0:
            self.R[:, j] += p["alpha_r"] * (m - self.R[:, j])
            return
        edge = (self.NC[:, j] > p["theta"]) & (np.arange(N) != j)
        share = np.where(edge, self.D / np.maximum(self.cnt, 1), 0)
        if share.sum() > 0:
            self.R[:, j] -= p["alpha_r"] * self.R[:, j] * share / share.sum()

    def step(self, k, events):
        rows, last = self.happenings(k, events), None
        row = next(rows, None)
        self.begin()
        while row is not None:
            self.happen(row)
            last, row = row["kind"], next(rows, None)
        self.sample(self.end)
        _, prc, _ = self.matrices()
        shown = last == "outcome" or any(c != "choice" for c in self.open)
        value = self.last_value if shown else 0.0
        self.out.update(value=value, value_cs=self.foretold()[:N_CS], assoc=0.0 if self.paused else self.a(),
                        aux=[self.iri, self.T(), self.n_events, *prc[:N_CS, N_CS]], lick=self.licks(value))
        return self.out


class Retro(Anccr):
    DEFAULTS = SHARED_ROWS
    RETRO = True


MODELS = {"anccr": Anccr, "retro": Retro}
