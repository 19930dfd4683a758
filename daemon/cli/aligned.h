/* aligned: what a signal and its models' predictions do around each kind of event, on average. (cli/aligned.h)
 *
 * Fed with the engine after each tick, it takes the online series as they are: dF/F when a new one is there, and what
 * each model predicted then. A few seconds of them are kept; an event is averaged in when its window is complete.
 * Kinds: each cue's onset and each outcome as the models were told of it, and outcomes that were due and did not come,
 * as the signal's first model says. Threads: one, not real-time. Memory: one allocation a signal, whatever the
 * session's length. */
#pragma once
#include "engine/config.h"
#include "engine/model/score.h"
#include "session/rerun.h"
#include <stdint.h>

enum {
    ALIGNED_BINS = 250, /* 20 ms each, over -1 s .. +4 s */
    ALIGNED_TYPES = SCORE_TYPES,
};

#define ALIGNED_FROM_S (-1.0)
#define ALIGNED_TO_S   4.0

/* A mean over events, bin by bin. */
struct aligned_mean {
    double n[ALIGNED_BINS], sum[ALIGNED_BINS], square[ALIGNED_BINS];
};

/* One kind of event: SCORE_CUE + c, SCORE_US + u, SCORE_OMISSION. */
struct aligned_type {
    uint32_t n_events;
    struct aligned_mean measured;
    struct aligned_mean predicted[CONFIG_MODELS_MAX]; /* by index into config.models; those of the signal only */
};

struct aligned;

/* For signal `signal` of `config`, which stays the caller's. NULL: no memory. */
struct aligned *aligned_new(const struct config *config, uint32_t signal);

/* After each tick. */
void aligned_tick(struct aligned *aligned, const struct rerun_tick *tick);

/* The averages of events of `type`. */
const struct aligned_type *aligned_type(const struct aligned *aligned, uint32_t type);

/* Events that found no room: more than 64 within a window. */
uint64_t aligned_n_dropped(const struct aligned *aligned);

/* Middle of bin `i` in s from the event. */
double aligned_time_s(uint32_t i);

/* Mean of bin `i` and, if `sem` is not NULL, its standard error (0 with one event). NaN without a value. */
double aligned_value(const struct aligned_mean *mean, uint32_t i, double *sem);

/* NULL is allowed. */
void aligned_free(struct aligned *aligned);
