/* bench: `phasic bench`: what it measures, and how that is told. (cli/bench.h)
 *
 * Blocks of cyclictest and of phasic alternate, with the same priority on the same processor. Per pair the ratio of the
 * two 99.9th percentiles of lateness; their median has a bootstrap interval, and beside it stands the same of
 * cyclictest against its own neighbouring block: what a ratio of 1 looks like on this machine. Threads: one. */
#pragma once
#include "cli/bench_cyclictest.h"
#include "cli/bench_load.h"
#include "cli/bench_session.h"
#include "cli/bench_stats.h"
#include "cli/doctor_checks.h"
#include <jansson.h>

enum { BENCH_RATES = 4 };

struct bench_options {
    double seconds; /* 0: the default */
    const char *picture;
    bool stress, fixed, json;
};

struct bench_rate {
    int64_t hz, ticks, missed, cyclictest_missed;
};

struct bench {
    const struct bench_options *options;
    struct doctor_machine machine;
    struct config_loop loop;
    int priority;       /* of both; 0: ordinary scheduling */
    double load_before; /* load average over the processors, before the first block */
    double block_s;
    size_t n_pairs;
    struct percentiles cyclictest, due_to_wake, wake_to_write, wake_to_decide;
    uint64_t faults;
    double yard_p999[BENCH_STATS_MAX]; /* ns */
    double ratio[BENCH_STATS_MAX], self[BENCH_STATS_MAX];
    struct bench_rate rates[BENCH_RATES];
    double replay_x, instructions;
    bool counted; /* instructions */
    bool shows;   /* progress, on a terminal */
    bool warned;  /* the processes' warnings were shown */
    struct bench_session_times block;
};

/* The load average of the last minute over the number of processors; NaN if it is not known. */
double bench_report_load(void);

/* DESIGN's object. The caller owns it; NULL without memory. */
json_t *bench_report_json(const struct bench *bench);

/* The same as text. */
void bench_report_print(const struct bench *bench);
