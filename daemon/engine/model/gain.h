/* gain: the running fit of gain and offset between prediction and measurement. (engine/model/gain.h)
 *
 * y = g * yhat + o by recursive least squares with exponential forgetting (Ljung 1999), one step per 50 ms of data
 * inside fit windows, with an artefact guard, a bound on the covariance (no wind-up while nothing happens) and a gain
 * that is never negative, so that a sign is never flipped silently. Running means start unbiased: they are weighted
 * sums over weighted counts, so the first steps need no initial guess of the noise. Threads: one at a time, real-time
 * after init. Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include <stdbool.h>
#include <stdint.h>

/* A forgetting mean: sum and count with the same factor. */
struct gain_mean {
    double sum, n;
};

struct gain {
    double g;                               /* 0.01 .. 100 */
    double o;                               /* -1 .. 1 dF/F */
    double p11, p12, p22;                   /* covariance of (g, o) in units of the noise */
    double keep, keep_10s;                  /* forgetting of one step at tau_fit and at 10 s */
    struct gain_mean square;                /* of the guarded error: sig_e squared */
    struct gain_mean y, yhat;               /* for the offset of a clipped gain */
    struct gain_mean error_10s, error_300s; /* of |e| */
    uint32_t steps_10s;                     /* fit steps in 10 s */
    uint32_t n_guard;                       /* steps the guard has learned from, up to steps_10s */
    uint32_t n_odd, since_reset; /* steps in a row with errors 3 times the usual; steps since the last reset */
    uint64_t n_steps, n_clipped; /* fit steps; those that met the artefact guard */
    uint32_t n_resets;           /* covariance resets, by whatever cause */
};

/* A fit that starts from (g, o), the animal's last or a guess. `fit_dt` is the step in seconds, `tau_fit_s` the memory.
 * Out-of-range g and o are clipped. */
void gain_init(struct gain *gain, double fit_dt, double tau_fit_s, double g, double o);

/* One step with the means of prediction and measurement over it. */
void gain_step(struct gain *gain, double yhat, double y) RT_SAFE;

/* Forgets how certain (g, o) are and how large errors usually are, for a changed sensor, fibre or light power, and at a
 * session's begin. */
void gain_reset(struct gain *gain) RT_SAFE;
