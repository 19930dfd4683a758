/* bench_cyclictest: the yardstick: rt-tests' cyclictest, run and read. (cli/bench_cyclictest.h)
 *
 * It does nothing but wait for the next period and look how late it is. Its histogram has steps of 1 us. Threads: one,
 * not real-time. */
#pragma once
#include "engine/base/error.h"
#include "session/percentiles.h"
#include <stdbool.h>

struct bench_cyclictest_options {
    double seconds;
    int64_t period_ns;
    int priority; /* SCHED_FIFO; 0: ordinary scheduling */
    bool pinned;
    uint32_t cpu;
};

/* Adds its latencies to `late`; *missed gets how many were a period or longer. False and *err: it is not installed, or
 * failed. */
MUST_CHECK bool bench_cyclictest_run(const struct bench_cyclictest_options *options, struct percentiles *late,
                                     int64_t *missed, struct error *err);

/* The same from the JSON file that it wrote. */
MUST_CHECK bool bench_cyclictest_read(const char *path, int64_t period_ns, struct percentiles *late, int64_t *missed,
                                      struct error *err);
