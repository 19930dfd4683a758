#include "engine/safety/ontime.h"
#include <assert.h>
#include <string.h>

void ontime_init(struct ontime *ontime, int64_t window_ns)
{
    assert(window_ns == 0 || window_ns >= ONTIME_CELLS);
    memset(ontime, 0, sizeof *ontime);
    ontime->window_ns = window_ns;
}

void ontime_add(struct ontime *ontime, int64_t start_ns, int64_t end_ns)
{
    if (ontime->window_ns == 0 || end_ns <= start_ns)
        return;
    uint32_t n_old = 0;
    while (n_old < ontime->n && ontime->parts[n_old].end_ns <= end_ns - ontime->window_ns)
        n_old++;
    ontime->n -= n_old;
    memmove(ontime->parts, ontime->parts + n_old, ontime->n * sizeof ontime->parts[0]);
    struct ontime_part *newest = ontime->n > 0 ? &ontime->parts[ontime->n - 1] : NULL;
    if (newest != NULL &&
        (start_ns - newest->start_ns < ontime->window_ns / ONTIME_CELLS || ontime->n == ONTIME_PARTS)) {
        newest->on_ns += end_ns - start_ns;
        newest->end_ns = end_ns > newest->end_ns ? end_ns : newest->end_ns;
        return;
    }
    ontime->parts[ontime->n++] = (struct ontime_part){start_ns, end_ns, end_ns - start_ns};
}

int64_t ontime_since(const struct ontime *ontime, int64_t from_ns)
{
    int64_t sum_ns = 0;
    for (uint32_t i = 0; i < ontime->n; i++) {
        const struct ontime_part *part = &ontime->parts[i];
        const int64_t inside_ns = part->end_ns - from_ns; /* negative: all of it was before */
        if (inside_ns > 0)
            sum_ns += part->on_ns < inside_ns ? part->on_ns : inside_ns;
    }
    return sum_ns;
}
