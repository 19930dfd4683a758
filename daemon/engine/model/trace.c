#include "engine/model/trace.h"
#include "engine/base/units.h"
#include <assert.h>

#define AHEAD_NS                                                                                                       \
    (500 * MS) /* samples may be this much newer than the newest prediction, while a late loop catches up */

bool trace_init(struct trace *trace, struct arena *arena, int64_t step_ns, int64_t span_ns)
{
    assert(step_ns > 0 && span_ns > 0);
    *trace = (struct trace){.step_ns = step_ns, .n_ahead = (uint32_t)(AHEAD_NS / step_ns), .n_bins = 1};
    const uint32_t needed = (uint32_t)(span_ns / step_ns) + 2 + trace->n_ahead;
    while (trace->n_bins < needed)
        trace->n_bins *= 2;
    trace->bins = arena_take(arena, trace->n_bins * sizeof *trace->bins);
    return trace->bins != NULL;
}

static struct trace_bin *bin_at(const struct trace *trace, int64_t i)
{
    return &trace->bins[(uint32_t)i & (trace->n_bins - 1)];
}

static void begin_until(struct trace *trace, int64_t n)
{
    for (; trace->n_begun < n; trace->n_begun++)
        *bin_at(trace, trace->n_begun) = (struct trace_bin){0};
}

bool trace_sample(struct trace *trace, int64_t t_ns, double y, bool usable, double *yhat)
{
    const int64_t open_ns = trace->n_closed * trace->step_ns;
    const bool open = t_ns >= open_ns && t_ns < open_ns + trace->step_ns; /* nearly always; saves the division */
    const int64_t i = open ? trace->n_closed : t_ns / trace->step_ns;
    if (t_ns < 0 || i < trace->n_begun - trace->n_bins || i > trace->n_closed + trace->n_ahead) {
        trace->n_stray++;
        return false;
    }
    begin_until(trace, i + 1);
    struct trace_bin *bin = bin_at(trace, i);
    if (bin->n_samples < UINT16_MAX) {
        bin->n_samples++;
        bin->n_usable = (uint16_t)(bin->n_usable + usable);
        bin->y_sum += usable ? y : 0;
    }
    *yhat = bin->yhat;
    return i < trace->n_closed;
}

const struct trace_bin *trace_close(struct trace *trace, double yhat, bool paused)
{
    begin_until(trace, trace->n_closed + 1);
    struct trace_bin *bin = bin_at(trace, trace->n_closed++);
    bin->yhat = yhat;
    bin->paused = paused;
    return bin;
}

/* The first bin with its middle at or after t_ns. */
static int64_t first_bin(const struct trace *trace, int64_t t_ns)
{
    const int64_t before_ns = t_ns - trace->step_ns / 2;
    return before_ns <= 0 ? 0 : (before_ns + trace->step_ns - 1) / trace->step_ns;
}

struct trace_window trace_between(const struct trace *trace, int64_t from_ns, int64_t to_ns)
{
    struct trace_window window = {0};
    const int64_t oldest = trace->n_begun - trace->n_bins;
    int64_t i = first_bin(trace, from_ns), end = first_bin(trace, to_ns);
    i = i > oldest ? i : oldest;
    end = end < trace->n_closed ? end : trace->n_closed;
    for (; i < end; i++) {
        const struct trace_bin *bin = bin_at(trace, i);
        window.y += bin->y_sum;
        window.yhat += bin->n_usable * bin->yhat;
        window.n_samples += bin->n_samples;
        window.n_usable += bin->n_usable;
        window.paused |= bin->paused;
    }
    if (window.n_usable > 0) {
        window.y /= window.n_usable;
        window.yhat /= window.n_usable;
    }
    return window;
}

int64_t trace_end_ns(const struct trace *trace)
{
    return trace->n_closed * trace->step_ns;
}
