#include "cli/bench.h"
#include "cli/doctor_files.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const double QUIET_LOAD = 0.1; /* of each processor */

double bench_report_load(void)
{
    double load;
    return getloadavg(&load, 1) == 1 ? load / (double)sysconf(_SC_NPROCESSORS_ONLN) : (double)NAN;
}

/* Where absolute times mean something: nothing else runs, no host below, the processors keep their speed. */
static bool is_quiet(const struct bench *bench)
{
    return !bench->options->stress && bench->priority > 0 && bench->load_before < QUIET_LOAD &&
           !doctor_files_word("", "/proc/cpuinfo", "hypervisor");
}

static json_t *us(const struct percentiles *times)
{
    if (times->n == 0)
        return json_null();
    return json_pack("{s:f, s:f, s:f, s:f, s:I}", "p50", (double)percentiles_at(times, 500) / 1e3, "p99",
                     (double)percentiles_at(times, 990) / 1e3, "p999", (double)percentiles_at(times, 999) / 1e3, "max",
                     (double)times->max_ns / 1e3, "n", (json_int_t)times->n);
}

/* jansson has no NaN. */
static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *interval(const double *ratios, size_t n)
{
    const struct bench_stats_interval found = bench_stats_interval(ratios, n, 1);
    return json_pack("{s:o, s:o, s:o}", "median", number(found.median), "lo95", number(found.lo95), "hi95",
                     number(found.hi95));
}

static json_t *machine(const struct bench *bench)
{
    char kernel[128] = "", model[128] = "";
    (void)doctor_files_line("", "/proc/sys/kernel/osrelease", kernel, sizeof kernel);
    if (doctor_files_key("", "/proc/cpuinfo", "model name", model, sizeof model))
        memmove(model, model + strspn(model, ": \t"), strlen(model + strspn(model, ": \t")) + 1);
    return json_pack("{s:s, s:s, s:i, s:i, s:i, s:o, s:b, s:s?}", "kernel", kernel, "processor", model, "processors",
                     (int)sysconf(_SC_NPROCESSORS_ONLN), "cpu", (int)bench->loop.cpu, "priority", bench->priority,
                     "load_before", number(bench->load_before), "quiet", is_quiet(bench), "stress",
                     bench->options->stress ? "beside other work" : NULL);
}

json_t *bench_report_json(const struct bench *bench)
{
    json_t *rates = json_array();
    for (size_t i = 0; i < BENCH_RATES; i++) {
        const struct bench_rate *rate = &bench->rates[i];
        json_array_append_new(rates, json_pack("{s:I, s:I, s:I, s:I}", "hz", (json_int_t)rate->hz, "missed",
                                               (json_int_t)rate->missed, "cyclictest_missed",
                                               (json_int_t)rate->cyclictest_missed, "ticks", (json_int_t)rate->ticks));
    }
    json_t *replay = json_pack("{s:o, s:o}", "td_csc", bench->replay_x > 0 ? json_real(bench->replay_x) : json_null(),
                               "full", json_null());
    return json_pack("{s:o, s:I, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I}", "machine", machine(bench),
                     "blocks", (json_int_t)bench->n_pairs, "block_s", bench->block_s, "cyclictest_us",
                     us(&bench->cyclictest), "due_to_wake_us", us(&bench->due_to_wake), "wake_to_write_us",
                     us(&bench->wake_to_write), "ratio_p999", interval(bench->ratio, bench->n_pairs), "ratio_self",
                     interval(bench->self, bench->n_pairs - 1), "tick_compute_us", us(&bench->wake_to_decide),
                     "tick_instructions", bench->counted ? json_real(bench->instructions) : json_null(), "rates", rates,
                     "replay_speed_x", replay, "page_faults", (json_int_t)bench->faults);
}

static void print_times(const char *name, const struct percentiles *times)
{
    printf("  %-16s %9.1f %9.1f %9.1f %10.1f %9llu\n", name, (double)percentiles_at(times, 500) / 1e3,
           (double)percentiles_at(times, 990) / 1e3, (double)percentiles_at(times, 999) / 1e3,
           (double)times->max_ns / 1e3, (unsigned long long)times->n);
}

static void print_interval(const char *name, const double *ratios, size_t n)
{
    const struct bench_stats_interval found = bench_stats_interval(ratios, n, 1);
    printf("  %-24s %6.3f   95 %% %.3f .. %.3f   (%zu ratios)\n", name, found.median, found.lo95, found.hi95, n);
}

void bench_report_print(const struct bench *bench)
{
    printf("%zu pairs of %g s, processor %u, %s%s\n\n  %-16s %9s %9s %9s %10s %9s\n", bench->n_pairs, bench->block_s,
           bench->loop.cpu, bench->priority > 0 ? "SCHED_FIFO 78" : "ordinary scheduling: no right to another",
           is_quiet(bench) ? "" : "\n  not a quiet machine: only the ratios mean something", "us", "p50", "p99",
           "p99.9", "max", "n");
    print_times("cyclictest", &bench->cyclictest);
    print_times("due to wake", &bench->due_to_wake);
    print_times("wake to write", &bench->wake_to_write);
    print_times("tick compute", &bench->wake_to_decide);
    printf("\n  p99.9 of due to wake over cyclictest's, a pair\n");
    print_interval("phasic / cyclictest", bench->ratio, bench->n_pairs);
    if (bench->n_pairs > 1)
        print_interval("cyclictest / itself", bench->self, bench->n_pairs - 1);
    printf("\n  %8s %10s %10s %20s\n", "rate", "ticks", "missed", "cyclictest missed");
    for (size_t i = 0; i < BENCH_RATES; i++)
        printf("  %5lld Hz %10lld %10lld %20lld\n", (long long)bench->rates[i].hz, (long long)bench->rates[i].ticks,
               (long long)bench->rates[i].missed, (long long)bench->rates[i].cyclictest_missed);
    if (bench->counted)
        printf("\n  %.0f instructions a tick\n", bench->instructions);
    else
        printf("\n  instructions a tick: not counted: valgrind is needed (sudo apt-get install valgrind)\n");
    printf("  replay of one fibre with td_csc: %.0f times real time\n", bench->replay_x);
    printf("  %llu page faults in all of phasic's blocks\n", (unsigned long long)bench->faults);
}
