#include "engine/model/gain.h"
#include "engine/base/det.h"
#include <math.h>

#define G_MIN           0.01
#define G_MAX           100.0
#define O_MAX           1.0   /* dF/F */
#define P_GAIN          100.0 /* covariance at the start: the gain may well be 10 */
#define P_OFFSET        1.0
#define P_TRACE_MAX     1e3
#define GUARD_SD        5.0 /* larger errors are artefacts and count as this many */
#define ODD_RATIO       3.0 /* recent errors against the usual ones: the signal has changed */
#define TAU_RECENT_S    10.0
#define MIN_RESET_STEPS 6 /* times the steps in 10 s: a reset a minute at most */

static double mean_of(const struct gain_mean *mean)
{
    return mean->n > 0 ? mean->sum / mean->n : 0;
}

static void mean_add(struct gain_mean *mean, double keep, double x)
{
    mean->sum = keep * mean->sum + x;
    mean->n = keep * mean->n + 1;
}

static double clip(double x, double lo, double hi)
{
    return x < lo ? lo : x > hi ? hi : x;
}

void gain_init(struct gain *gain, double fit_dt, double tau_fit_s, double g, double o)
{
    *gain = (struct gain){.g = clip(g, G_MIN, G_MAX), .o = clip(o, -O_MAX, O_MAX), .p11 = P_GAIN, .p22 = P_OFFSET};
    gain->keep = det_exp(-fit_dt / tau_fit_s);
    gain->keep_10s = det_exp(-fit_dt / TAU_RECENT_S);
    gain->steps_10s = (uint32_t)ceil(TAU_RECENT_S / fit_dt);
    gain->since_reset = MIN_RESET_STEPS * gain->steps_10s;
}

void gain_reset(struct gain *gain)
{
    gain->p11 = P_GAIN;
    gain->p12 = 0;
    gain->p22 = P_OFFSET;
    gain->square = (struct gain_mean){0}; /* else the guard would hold back the very change that caused the reset */
    gain->n_guard = 0;
    gain->n_odd = 0;
    gain->since_reset = 0;
    gain->n_resets++;
}

/* The artefact guard, and the running size of the error it goes by. */
static double guarded(struct gain *gain, double e)
{
    const double limit = GUARD_SD * sqrt(mean_of(&gain->square));
    if (gain->n_guard < gain->steps_10s)
        gain->n_guard++; /* ten seconds to learn what is usual */
    else if (fabs(e) > limit) {
        e = copysign(limit, e);
        gain->n_clipped++;
    }
    mean_add(&gain->square, gain->keep, e * e);
    return e;
}

/* Resets the covariance when the errors of the last 10 s have been 3 times the usual ones for 10 s. */
static void watch(struct gain *gain, double size)
{
    mean_add(&gain->error_10s, gain->keep_10s, size);
    mean_add(&gain->error_300s, gain->keep, size);
    const bool odd = mean_of(&gain->error_10s) > ODD_RATIO * mean_of(&gain->error_300s);
    gain->n_odd = odd ? gain->n_odd + 1 : 0;
    gain->since_reset++;
    if (gain->n_odd >= gain->steps_10s && gain->since_reset >= MIN_RESET_STEPS * gain->steps_10s)
        gain_reset(gain);
}

void gain_step(struct gain *gain, double yhat, double y)
{
    const double error = y - (gain->g * yhat + gain->o);
    watch(gain, fabs(error));
    const double e = guarded(gain, error);
    const double u1 = gain->p11 * yhat + gain->p12, u2 = gain->p12 * yhat + gain->p22;
    const double d = gain->keep + (yhat * u1 + u2);
    const double k1 = u1 / d, k2 = u2 / d;
    gain->g += k1 * e;
    gain->o += k2 * e;
    gain->p11 = (gain->p11 - k1 * u1) / gain->keep;
    gain->p12 = ((gain->p12 - k1 * u2) / gain->keep + (gain->p12 - k2 * u1) / gain->keep) / 2;
    gain->p22 = (gain->p22 - k2 * u2) / gain->keep;
    const double trace = gain->p11 + gain->p22;
    if (trace > P_TRACE_MAX) {
        const double shrink = P_TRACE_MAX / trace;
        gain->p11 *= shrink;
        gain->p12 *= shrink;
        gain->p22 *= shrink;
    }
    mean_add(&gain->y, gain->keep, y);
    mean_add(&gain->yhat, gain->keep, yhat);
    if (gain->g < G_MIN || gain->g > G_MAX) {
        gain->g = clip(gain->g, G_MIN, G_MAX);
        gain->o = mean_of(&gain->y) - gain->g * mean_of(&gain->yhat);
    }
    gain->o = clip(gain->o, -O_MAX, O_MAX);
    gain->n_steps++;
}
