/* trace: the last seconds of prediction and measurement side by side, one bin per observation step.
 * (engine/model/trace.h)
 *
 * Samples fall into the bin of their own time, also late ones, so that a window's mean does not depend on when they
 * came. A bin belongs to a window if its middle does. Threads: one at a time, real-time after init. Memory: the
 * arena's. */
#pragma once
#include "engine/base/arena.h"
#include "engine/base/rt.h"
#include <stdbool.h>
#include <stdint.h>

struct trace_bin {
    double yhat;                  /* at the bin's end */
    double y_sum;                 /* of the usable samples */
    uint16_t n_samples, n_usable; /* saturate at 65535 */
    bool paused;
};

struct trace {
    struct trace_bin *bins;   /* a ring */
    uint32_t n_bins, n_ahead; /* a power of two; bins that samples may run ahead of the closed ones */
    int64_t step_ns;
    int64_t n_closed, n_begun; /* bins 0..n_closed-1 have a prediction, those up to n_begun-1 are in use */
    uint64_t n_stray;          /* samples too old or too far ahead to be kept */
};

/* What a window holds: means over its usable samples. */
struct trace_window {
    double y, yhat;
    uint32_t n_samples, n_usable;
    bool paused; /* somewhere in it */
};

/* A trace that keeps `span_ns` behind the newest closed bin. False if the arena has no room (or only measures). */
bool trace_init(struct trace *trace, struct arena *arena, int64_t step_ns, int64_t span_ns);

/* One sample at session time t_ns. Returns its bin's prediction in *yhat and true if that bin is closed already. */
bool trace_sample(struct trace *trace, int64_t t_ns, double y, bool usable, double *yhat) RT_SAFE;

/* Closes the next bin with its prediction; the bin, which later samples may still enter. */
const struct trace_bin *trace_close(struct trace *trace, double yhat, bool paused) RT_SAFE;

/* Sums up the bins with middles in [from_ns, to_ns) that are kept; what is older than the trace is missing. */
struct trace_window trace_between(const struct trace *trace, int64_t from_ns, int64_t to_ns) RT_SAFE;

/* The end of the newest closed bin. */
int64_t trace_end_ns(const struct trace *trace) RT_SAFE;
