/* delays: what was learned, or is known, of how long after a cue its outcome comes. (engine/model/delays.h)
 *
 * For each cue: forgotten counts of its delays in steps and of its windows that ended without an outcome; from them the
 * density of the delay, smoothed in proportion to it (scalar timing; Gibbon 1977), its hazard, and the probability that
 * nothing comes. A window lasts `n` steps; a cue that begins again ends it. Recomputing a density is spread over the
 * steps after the trial, DELAYS_ROWS counts a step. Threads: the model's. Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include "engine/model/model.h"
#include "engine/model/state.h"
#include <stdbool.h>
#include <stdint.h>

enum { DELAYS_MAX = 64, DELAYS_ROWS = 4 };

/* Rows of a model's parameter table. task_*: what the task does, for source 1. */
#define DELAYS_PARAMS                                                                                                  \
    {"n_sub", "steps", "longest delay there is; chosen", 32, 8, DELAYS_MAX, MODEL_PARAM_COUNT},                        \
        {"belief_source", "-", "delays are 0 learned, 1 known: task_...", 0, 0, 1, MODEL_PARAM_COUNT},                 \
        {"weber", "-", "Gibbon 1977 scalar timing; value chosen", 0.15, 0, 0.5, MODEL_PARAM_LIVE},                     \
        {"forget", "per trial", "what is left of a count; chosen", 0.995, 0.5, 1, MODEL_PARAM_LIVE},                   \
        {"n0", "trials", "weight of an even density at the start; chosen", 1, 1e-3, 1e3, MODEL_PARAM_LIVE},            \
        {"task_delay_s", "s", "mean; Starkweather 2017", 2.0, 0, 30, MODEL_PARAM_FIXED},                               \
        {"task_delay_sd_s", "s", "SD of a normal density, 0: one delay; Starkweather 2017", 0.5, 0, 30,                \
         MODEL_PARAM_FIXED},                                                                                           \
        {"task_delay_lo_s", "s", "cut off below; Starkweather 2017", 1.2, 0, 30, MODEL_PARAM_FIXED},                   \
        {"task_delay_hi_s", "s", "cut off above; Starkweather 2017", 2.8, 0, 30, MODEL_PARAM_FIXED},                   \
    {                                                                                                                  \
        "task_p_om", "-", "cues that announce nothing; Starkweather 2017: 0 or 0.1", 0, 0, 0.99, MODEL_PARAM_FIXED     \
    }
enum {
    DELAYS_N_SUB,
    DELAYS_SOURCE,
    DELAYS_WEBER,
    DELAYS_FORGET,
    DELAYS_N0,
    DELAYS_TASK_MEAN,
    DELAYS_TASK_SD,
    DELAYS_TASK_LO,
    DELAYS_TASK_HI,
    DELAYS_TASK_P_OM,
    DELAYS_N_PARAMS,
};

struct delays_cue {
    double count[DELAYS_MAX]; /* count[d - 1]: outcomes d steps after the onset */
    double missed;
    double density[DELAYS_MAX], hazard[DELAYS_MAX]; /* [d - 1]; sums to 1; given that it did not come before */
    double survivor[DELAYS_MAX + 1];                /* [d - 1]: P(delay >= d); the last is 0 */
    double p_om;                                    /* this cue announces nothing */
    bool stale;                                     /* counts have changed since */
    bool open;                                      /* a window */
    int64_t k_onset;
};

struct delays {
    uint32_t n; /* longest delay, steps */
    struct delays_cue cue[MODEL_CS_MAX];
    bool working;
    uint32_t i_cue, row; /* whose density is being made, and how far that is */
    double sum[DELAYS_MAX];
};

/* Knows nothing, or what the task does. `params`: the model's DELAYS_PARAMS. False and *err: no delay is possible. */
MUST_CHECK bool delays_init(struct delays *delays, const double *params, double dt, struct error *err);

/* Closes all windows without counting. */
void delays_rest(struct delays *delays) RT_SAFE;

/* What step k brought: an outcome first (of the windows open before), then the cues of `cues` (bits) began, then the
 * windows that are over end. Nothing is counted in a pause or if the delays are known. */
void delays_step(struct delays *delays, const double *params, int64_t k, uint32_t cues, bool outcome,
                 bool paused) RT_SAFE;

/* Goes on with what has to be recomputed. */
void delays_work(struct delays *delays, const double *params) RT_SAFE;

/* Counts and densities are learned, windows passing. */
void delays_fields(struct delays *delays, struct state_io *io);
