/* lickrate: how fast an animal with this value licks. (engine/model/lickrate.h)
 *
 * Anticipatory licking follows a leaky average of the positive value through a soft threshold; for `l5` seconds after
 * an outcome the animal licks it up on top of that: vbar := vbar + (dt/tau_lick) * (max(V, 0) - vbar) rate = l0 + l1 *
 * l3 * softplus((vbar - l2) / l3)  (+ l4 while t_close - t_us <= l5),  at least 1e-3 Hz Threads: the model's. Memory:
 * the caller's; state is one number. */
#pragma once
#include "engine/base/rt.h"
#include <stdint.h>

/* Rows of a model's parameter table, and their offsets from the first of them. */
#define LICKRATE_PARAMS                                                                                                \
    {"l0", "Hz", "resting rate; start value, fitted", 0.2, 0.0, 20.0, MODEL_PARAM_LIVE},                               \
        {"l1", "Hz", "slope per unit of value; start value, fitted", 8.0, 0.0, 50.0, MODEL_PARAM_LIVE},                \
        {"l2", "RPE", "threshold; start value, fitted", 0.2, 0.0, 10.0, MODEL_PARAM_LIVE},                             \
        {"l3", "RPE", "softness of the threshold; start value, fitted", 0.1, 1e-3, 10.0, MODEL_PARAM_LIVE},            \
        {"l4", "Hz", "consumption; start value, fitted", 5.0, 0.0, 20.0, MODEL_PARAM_LIVE},                            \
        {"l5", "s", "duration of consumption", 2.0, 0.0, 30.0, MODEL_PARAM_LIVE},                                      \
    {                                                                                                                  \
        "tau_lick_s", "s", "chosen", 0.3, 0.2, 10.0, MODEL_PARAM_LIVE                                                  \
    }
enum { LICKRATE_L0, LICKRATE_L1, LICKRATE_L2, LICKRATE_L3, LICKRATE_L4, LICKRATE_L5, LICKRATE_TAU, LICKRATE_N_PARAMS };

struct lickrate {
    double vbar; /* the leaky average */
};

/* Advances by one step of `dt` seconds with value `value`. `params`: the model's LICKRATE_PARAMS. `since_us_s`: from
 * the newest outcome to the end of the step, infinite before the first. Returns the rate in Hz. */
double lickrate_step(struct lickrate *lickrate, const double *params, double dt, double value,
                     double since_us_s) RT_SAFE;
