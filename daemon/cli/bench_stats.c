#include "cli/bench_stats.h"
#include "engine/base/rng.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_stats_median(const double *values, size_t n)
{
    double sorted[BENCH_STATS_MAX];
    assert(n <= BENCH_STATS_MAX);
    if (n == 0)
        return (double)NAN;
    memcpy(sorted, values, n * sizeof *values);
    qsort(sorted, n, sizeof *sorted, by_value);
    return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

struct bench_stats_interval bench_stats_interval(const double *values, size_t n, uint64_t seed)
{
    static const double low = 0.025, high = 0.975;
    struct bench_stats_interval interval = {bench_stats_median(values, n), (double)NAN, (double)NAN};
    double *medians = n == 0 ? NULL : malloc(BENCH_STATS_RESAMPLES * sizeof *medians);
    if (medians == NULL)
        return interval;
    struct rng rng;
    rng_init(&rng, seed, "bootstrap");
    for (size_t i = 0; i < BENCH_STATS_RESAMPLES; i++) {
        double drawn[BENCH_STATS_MAX];
        for (size_t k = 0; k < n; k++)
            drawn[k] = values[(size_t)(rng_uniform(&rng) * (double)n)];
        medians[i] = bench_stats_median(drawn, n);
    }
    qsort(medians, BENCH_STATS_RESAMPLES, sizeof *medians, by_value);
    interval.lo95 = medians[(size_t)(low * BENCH_STATS_RESAMPLES)];
    interval.hi95 = medians[(size_t)(high * BENCH_STATS_RESAMPLES)];
    free(medians);
    return interval;
}
