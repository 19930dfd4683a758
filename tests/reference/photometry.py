"""A slow, plain reference for daemon/engine/signal/photometry, written from the method in its header.

    /usr/bin/python3 tests/reference/photometry.py SEED...

For each seed: draws a recording with bleaching, movement, transients, clipped, lost and blanked samples, computes every dF/F
from the whole past (explicit weights for all earlier samples, no recursion but the one in the slope that Huber's rule
needs), and prints both as lines of words, numbers exact in hexadecimal. tests/unit/test_photometry.c runs this program,
feeds the same samples and compares.

Lines:  config SAMPLE_HZ LOWPASS_HZ TAU_BASELINE_S TAU_FIT_S CLIP_LOW_V CLIP_HIGH_V | blank UNTIL_NS |
        signal T_NS VOLTS | control T_NS VOLTS | dff T_NS DFF SLOPE EXPLAINED | end
"""
import sys

import numpy as np

N_FRAMES = 1200


def lowpass(x, sample_hz, cut_hz):
    """Butterworth, order 2, from its poles; before the first sample x[0] was there for ever."""
    warped = 2 * sample_hz * np.tan(np.pi * cut_hz / sample_hz)
    poles = warped * np.exp(1j * np.pi * np.array([3, 5]) / 4)
    a = np.poly((2 * sample_hz + poles) / (2 * sample_hz - poles)).real
    b = a.sum() / 4 * np.array([1, 2, 1])
    x = np.concatenate([[x[0], x[0]], x])
    y = x.copy()
    for i in range(2, len(x)):
        y[i] = b @ x[i - 2:i + 1][::-1] - a[1] * y[i - 1] - a[2] * y[i - 2]
    return y[2:]


def mean_weights(n, tau_samples):
    """Of n samples, oldest first: a plain mean at first, later exponential with tau."""
    gains = np.maximum(1 / np.arange(1, n + 1), 1 / tau_samples)
    later = np.concatenate([np.cumprod((1 - gains)[::-1])[::-1][1:], [1]])
    return gains * later


def recording(rng, sample_hz, clip_high_v):
    """Volts of N_FRAMES frames, signal and control; a clipped one is at the limit, a lost one is NaN."""
    t = np.arange(N_FRAMES) / sample_hz
    movement = np.convolve(rng.standard_normal(N_FRAMES), np.ones(9) / 9, "same") * 0.03
    transients = np.zeros(N_FRAMES)
    for start in rng.integers(0, N_FRAMES, 12):
        transients[start:] += 0.08 * np.exp(-(t[start:] - t[start]) / 0.4)
    signal = 1.5 * (1 - 0.2 * (1 - np.exp(-t / 20))) * (1 + 0.6 * movement + transients)
    control = 1.1 * (1 + movement)
    volts = np.array([signal, control]) * (1 + 0.002 * rng.standard_normal((2, N_FRAMES)))
    volts[rng.random((2, N_FRAMES)) < 0.01] = clip_high_v
    volts[rng.random((2, N_FRAMES)) < 0.01] = np.nan
    return volts


def slopes_and_deviations(pairs, config):
    """(dff, slope, explained) for each pair of low-passed volts."""
    sample_hz, _, tau_baseline_s, tau_fit_s = config[:4]
    ds, dc, huber, residuals, results, slope = [], [], [], [], [], 0.0
    for n in range(1, len(pairs) + 1):
        s0, c0 = mean_weights(n, tau_baseline_s * sample_hz) @ pairs[:n]
        ds.append(pairs[n - 1, 0] / s0 - 1)
        dc.append(pairs[n - 1, 1] / c0 - 1)
        y, x = np.array(ds), np.array(dc)
        keep = 1 - 1 / (tau_fit_s * sample_hz)

        def weighted_mean(z, m):
            w = np.array(huber[:m]) * keep ** np.arange(m - 1, -1, -1)
            return (w @ z[:m]) / w.sum()
        my, mx = (weighted_mean(y, n - 1), weighted_mean(x, n - 1)) if n > 1 else (0.0, 0.0)
        residual = abs(y[-1] - my - slope * (x[-1] - mx))
        limit = 1.345 * np.sqrt(np.pi / 2) * (mean_weights(n - 1, tau_fit_s * sample_hz) @ residuals if n > 1 else 0.0)
        huber.append(limit / residual if residual > limit > 0 else 1.0)
        residuals.append(residual)
        w = np.array(huber) * keep ** np.arange(n - 1, -1, -1)
        y, x = y - weighted_mean(y, n), x - weighted_mean(x, n)
        xx, xy, yy = w @ (x * x), w @ (x * y), w @ (y * y)
        wanted = xy / xx if xx > w.sum() * 1e-12 else 0.0
        slope = min(max(wanted, 0.0), 3.0)
        results.append((ds[-1] - slope * dc[-1], slope, xy * xy / (xx * yy) if xx > w.sum() * 1e-12 else 0.0))
    return results


def paired(entered, frame_ns, offsets_ns):
    """(signal's frame, control's frame, (channel, frame) of the later one): neighbours in time that are close enough."""
    waiting = None
    for i in range(N_FRAMES):
        for channel in range(2):
            if not entered[channel, i]:
                continue
            t_ns = i * frame_ns + offsets_ns[channel]
            if waiting and waiting[0] != channel and t_ns - waiting[2] < 0.75 * frame_ns:
                yield (i, waiting[1], (channel, i)) if channel == 0 else (waiting[1], i, (channel, i))
                waiting = None
            else:
                waiting = (channel, i, t_ns)


def run(seed):
    rng = np.random.default_rng(seed)
    sample_hz = float(rng.choice([50, 130]))
    config = (sample_hz, float(rng.uniform(4, 12)), float(rng.uniform(1, 4)), float(rng.uniform(10, 20)), 0.01, 3.29)
    print("config", *(x.hex() for x in config))
    volts = recording(rng, sample_hz, config[5])
    frame_ns = round(1e9 / sample_hz)
    offsets_ns = (0, 0 if seed % 2 else frame_ns // 2)  # together, or alternating
    blank = (N_FRAMES // 2, N_FRAMES // 2 + 5)  # frames, from and until

    entered = np.isfinite(volts) & (volts < config[5])
    entered[:, blank[0]:blank[1]] = False
    filtered = np.full(volts.shape, np.nan)
    for channel in range(2):
        filtered[channel, entered[channel]] = lowpass(volts[channel, entered[channel]], *config[:2])
    pairs = list(paired(entered, frame_ns, offsets_ns))
    results = dict(zip((last for _, _, last in pairs),
                       slopes_and_deviations(np.array([(filtered[0, i], filtered[1, j]) for i, j, _ in pairs]), config)))

    for i in range(N_FRAMES):
        if i == blank[0]:
            print("blank", blank[1] * frame_ns)
        for channel, name in enumerate(("signal", "control")):
            t_ns = i * frame_ns + offsets_ns[channel]
            if np.isfinite(volts[channel, i]):
                print(name, t_ns, float(volts[channel, i]).hex())
            if (channel, i) in results:
                print("dff", t_ns, *(float(x).hex() for x in results[channel, i]))
    print("end")


for argument in sys.argv[1:]:
    run(int(argument))
