/* percentiles: of any number of durations in a fixed amount of memory. (session/percentiles.h)
 *
 * A histogram whose bins grow with the value: up to 255 ns each value has its own, above that every power of two is cut
 * into 128 bins of equal width. A percentile is the middle of its bin: at most 0.4 % off. The largest value is exact.
 * Threads: one a struct. Memory: the caller's, 57 KiB. */
#pragma once
#include <stdint.h>

enum {
    PERCENTILES_STEPS = 128,                   /* bins to a power of two */
    PERCENTILES_BINS = PERCENTILES_STEPS * 57, /* values below 2^63 */
};

struct percentiles {
    uint64_t n;
    int64_t max_ns; /* exact; 0 without a value */
    uint64_t bins[PERCENTILES_BINS];
};

/* Adds one value; what is below 0 counts as 0. A zeroed struct is empty. */
void percentiles_add(struct percentiles *percentiles, int64_t value_ns);

/* The value that a bin stands for: its middle. `bin` below PERCENTILES_BINS. */
int64_t percentiles_value(uint32_t bin);

/* The smallest value that at least permille / 1000 of all values do not exceed (nearest rank), 1..1000. 0 without a
 * value. */
int64_t percentiles_at(const struct percentiles *percentiles, uint32_t permille);
