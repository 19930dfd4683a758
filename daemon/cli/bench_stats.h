/* bench_stats: medians of paired ratios, with an interval that assumes nothing of their distribution.
 * (cli/bench_stats.h)
 *
 * The interval is the percentile bootstrap's (Efron 1979): medians of samples drawn with replacement. Threads: any. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { BENCH_STATS_MAX = 1024, BENCH_STATS_RESAMPLES = 10000 };

struct bench_stats_interval {
    double median, lo95, hi95; /* NaN without a value */
};

/* Of n values, at most BENCH_STATS_MAX; of an even number the mean of the middle two. NaN if n is 0. */
double bench_stats_median(const double *values, size_t n);

/* The median of n values and its 95 % interval. The same values and seed give the same interval. */
struct bench_stats_interval bench_stats_interval(const double *values, size_t n, uint64_t seed);
