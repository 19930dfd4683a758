#include "session/percentiles.h"
#include <assert.h>

/* Steps 0 and 1 of 128 are single values; a value with its highest bit at 2^k, k > 7, is in step k - 6. */
static uint32_t bin_of(uint64_t value)
{
    if (value < 2 * PERCENTILES_STEPS)
        return (uint32_t)value;
    const uint32_t shift = (uint32_t)(63 - __builtin_clzll(value)) - 7;
    return shift * PERCENTILES_STEPS + (uint32_t)(value >> shift);
}

int64_t percentiles_value(uint32_t bin)
{
    if (bin < 2 * PERCENTILES_STEPS)
        return bin;
    const uint32_t shift = bin / PERCENTILES_STEPS - 1;
    const uint64_t low = (uint64_t)(bin % PERCENTILES_STEPS + PERCENTILES_STEPS) << shift;
    return (int64_t)(low + ((UINT64_C(1) << shift) >> 1));
}

void percentiles_add(struct percentiles *percentiles, int64_t value_ns)
{
    const int64_t value = value_ns < 0 ? 0 : value_ns;
    percentiles->bins[bin_of((uint64_t)value)]++;
    percentiles->n++;
    if (value > percentiles->max_ns)
        percentiles->max_ns = value;
}

int64_t percentiles_at(const struct percentiles *percentiles, uint32_t permille)
{
    assert(permille >= 1 && permille <= 1000);
    /* ceil(n * permille / 1000), without an overflow */
    const uint64_t n = percentiles->n;
    const uint64_t rank = n / 1000 * permille + (n % 1000 * permille + 999) / 1000;
    uint64_t below = 0;
    for (uint32_t i = 0; i < PERCENTILES_BINS && rank > 0; i++) {
        below += percentiles->bins[i];
        if (below >= rank)
            return percentiles_value(i) < percentiles->max_ns ? percentiles_value(i) : percentiles->max_ns;
    }
    return 0;
}
