/* watch: what a trigger compares: a source's number as it is, its slope, or either in SD. (engine/task/watch.h)
 *
 * Slope: the number goes through a one-pole low-pass of time constant slope_ns; the slope is that one's change per
 * second, exact for a straight line after a few time constants. In SD: the distance from the running mean, over the
 * running SD. Both forget with WATCH_TAU_S, and are the plain mean and SD of what there was before that; the number of
 * now does not enter its own; a distance of more than WATCH_CLIP SD enters as that much, so that responses hardly widen
 * the measure. Threads: real-time; touches only its own struct. Memory: the caller's. Can't fail. */
#pragma once
#include "engine/base/rt.h"
#include <stdbool.h>
#include <stdint.h>

#define WATCH_TAU_S    60.0 /* as the residual's noise: predict.h */
#define WATCH_WARMUP_S 10.0 /* no z-score before */
#define WATCH_CLIP     3.0

struct watch {
    int64_t slope_ns; /* 0: no slope */
    bool zscore;
    int64_t t_ns, measured_ns; /* of the newest number; of the newest in mean and SD; INT64_MIN: none */
    double low;                /* the low-passed number */
    double mean, variance, seen_s;
    double value; /* the result, NaN while there is none */
};

/* Starts anew. */
void watch_init(struct watch *watch, int64_t slope_ns, bool zscore);

/* The number of session time t_ns (later than the last); returns watch->value. What is no finite number leaves
 * everything as it is and gives NaN. */
double watch_feed(struct watch *watch, int64_t t_ns, double x) RT_SAFE;
