#include "cli/bench_cyclictest.h"
#include "cli/bench_scratch.h"
#include "engine/base/units.h"
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { HISTOGRAM_US = 100000 }; /* what is later counts as its largest latency */

/* A latency that it calls u us was in u .. u + 1. */
static int64_t middle_ns(int64_t us)
{
    return us * US + US / 2;
}

bool bench_cyclictest_read(const char *path, int64_t period_ns, struct percentiles *late, int64_t *missed,
                           struct error *err)
{
    json_error_t why;
    const char *key;
    json_t *value;
    json_t *json = json_load_file(path, 0, &why);
    json_t *thread = json_object_get(json_object_get(json, "thread"), "0");
    json_t *histogram = json_object_get(thread, "histogram");
    const int64_t cycles = json_integer_value(json_object_get(thread, "cycles"));
    const int64_t max_ns = middle_ns(json_integer_value(json_object_get(thread, "max")));
    int64_t n = 0;
    *missed = 0;
    json_object_foreach(histogram, key, value)
    {
        const int64_t at_ns = middle_ns(strtoll(key, NULL, 10));
        for (int64_t i = 0; i < json_integer_value(value); i++, n++) {
            percentiles_add(late, at_ns);
            *missed += at_ns >= period_ns;
        }
    }
    const bool whole = histogram != NULL && cycles > 0 && n <= cycles;
    for (; whole && n < cycles; n++) { /* those beyond the histogram */
        percentiles_add(late, max_ns);
        *missed += max_ns >= period_ns;
    }
    json_decref(json);
    return whole || error_set(err, ERROR_SYSTEM, "cyclictest", "output", NULL, "no histogram of all its latencies");
}

bool bench_cyclictest_run(const struct bench_cyclictest_options *options, struct percentiles *late, int64_t *missed,
                          struct error *err)
{
    char scratch[BENCH_SCRATCH_PATH], json[BENCH_SCRATCH_PATH + 32], said[BENCH_SCRATCH_PATH + 16];
    char interval[32], loops[32], histogram[16], priority[32], affinity[32];
    if (!bench_scratch_open(scratch, err))
        return false;
    snprintf(json, sizeof json, "--json=%s/json", scratch);
    snprintf(said, sizeof said, "%s/said", scratch);
    snprintf(interval, sizeof interval, "--interval=%" PRId64, options->period_ns / US);
    snprintf(loops, sizeof loops, "--loops=%" PRId64, units_ns(options->seconds) / options->period_ns);
    snprintf(histogram, sizeof histogram, "-h%d", HISTOGRAM_US);
    snprintf(priority, sizeof priority, "--priority=%d", options->priority);
    snprintf(affinity, sizeof affinity, "--affinity=%" PRIu32, options->cpu);
    const char *argv[16] = {"cyclictest", "--quiet", "--mlockall", "--threads=1", interval, loops, histogram, json};
    size_t n = 8;
    if (options->priority > 0)
        argv[n++] = priority;
    else
        argv[n++] = "--policy=other";
    if (options->pinned)
        argv[n++] = affinity;
    const int status = bench_scratch_run(argv, said);
    bool ok = status == 0;
    if (status < 0)
        error_set(err, ERROR_SYSTEM, "cyclictest", "program", NULL, "not installed: sudo apt-get install rt-tests");
    else if (!ok)
        error_set(err, ERROR_SYSTEM, "cyclictest", "exit status", NULL, "%d", status);
    else
        ok = bench_cyclictest_read(json + sizeof "--json=" - 1, options->period_ns, late, missed, err);
    bench_scratch_close(scratch);
    return ok;
}
