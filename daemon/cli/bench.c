/* bench: `phasic bench`: how late the loop's ticks are, against cyclictest on the same machine. (cli/bench.c) */
#include "cli/bench.h"
#include "cli/bench_fixed.h"
#include "cli/bench_picture.h"
#include "cli/output.h"
#include "engine/base/units.h"
#include "realtime/thread.h"
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

static const double SECONDS = 150, BLOCK_S = 5, BLOCK_MIN_S = 0.5, PAIRS = 15;
static const int64_t rates_hz[] = {1000, 2000, 5000, 10000};
static_assert(sizeof rates_hz / sizeof *rates_hz == BENCH_RATES, "one row a rate");

static void say(const struct bench *bench, const char *what, size_t i, size_t n)
{
    if (bench->options->json == false || bench->shows)
        fprintf(stderr, bench->shows ? "\r%s %zu of %zu\033[K" : "%s %zu of %zu\n", what, i + 1, n);
}

static bool run_cyclictest(const struct bench *bench, double seconds, int64_t period_ns, struct percentiles *late,
                           int64_t *missed, struct error *err)
{
    const struct bench_cyclictest_options options = {
        .seconds = seconds,
        .period_ns = period_ns,
        .priority = bench->priority,
        .pinned = true,
        .cpu = bench->loop.cpu,
    };
    struct bench_load load = {0};
    *late = (struct percentiles){0};
    if (bench->options->stress)
        bench_load_start(&load);
    const bool ok = bench_cyclictest_run(&options, late, missed, err);
    bench_load_stop(&load);
    return ok;
}

static bool run_phasic(const struct cli *cli, struct bench *bench, double seconds, int64_t period_ns,
                       enum bench_rig_size size, struct error *err)
{
    const struct bench_session_options options = {
        .seconds = seconds,
        .period_ns = period_ns,
        .loop = bench->loop,
        .size = size,
        .load = bench->options->stress,
        .replay = size == BENCH_RIG_ONE && period_ns == MS,
        .quiet = bench->warned,
    };
    bench->warned = true;
    return bench_session_run(cli, &options, &bench->block, err);
}

/* cyclictest and phasic in turn, so that what else the machine does meets both alike. */
static bool run_pairs(const struct cli *cli, struct bench *bench, struct error *err)
{
    static struct percentiles late;
    for (size_t i = 0; i < bench->n_pairs; i++) {
        int64_t missed;
        say(bench, "pair", i, bench->n_pairs);
        if (!run_cyclictest(bench, bench->block_s, MS, &late, &missed, err) ||
            !run_phasic(cli, bench, bench->block_s, MS, BENCH_RIG_FULL, err))
            return false;
        bench_session_merge(&bench->cyclictest, &late);
        bench_session_merge(&bench->due_to_wake, &bench->block.due_to_wake);
        bench_session_merge(&bench->wake_to_write, &bench->block.wake_to_write);
        bench_session_merge(&bench->wake_to_decide, &bench->block.wake_to_decide);
        bench->faults += bench->block.faults;
        bench->yard_p999[i] = (double)percentiles_at(&late, 999);
        bench->ratio[i] = (double)percentiles_at(&bench->block.due_to_wake, 999) / bench->yard_p999[i];
        if (i > 0) /* cyclictest against itself: neighbours */
            bench->self[i - 1] = bench->yard_p999[i] / bench->yard_p999[i - 1];
    }
    return true;
}

static bool run_rates(const struct cli *cli, struct bench *bench, struct error *err)
{
    static struct percentiles late;
    for (size_t i = 0; i < BENCH_RATES; i++) {
        say(bench, "rate", i, BENCH_RATES);
        struct bench_rate *rate = &bench->rates[i];
        rate->hz = rates_hz[i];
        if (!run_cyclictest(bench, bench->block_s, S / rate->hz, &late, &rate->cyclictest_missed, err) ||
            !run_phasic(cli, bench, bench->block_s, S / rate->hz, BENCH_RIG_ONE, err))
            return false;
        rate->missed = bench->block.skipped;
        rate->ticks = bench->block.ticks;
        bench->replay_x = i == 0 ? bench->block.replay_x : bench->replay_x;
    }
    return true;
}

/* The last processor that this process may use: the first has most of the interrupts. */
static uint32_t last_cpu(void)
{
    cpu_set_t set;
    uint32_t last = 0;
    for (uint32_t cpu = 0; sched_getaffinity(0, sizeof set, &set) == 0 && cpu < CPU_SETSIZE; cpu++)
        last = CPU_ISSET(cpu, &set) ? cpu : last;
    return last;
}

static bool measure(const struct cli *cli, struct bench *bench, struct error *err)
{
    const struct bench_options *options = bench->options;
    const double seconds = options->seconds > 0 ? options->seconds : SECONDS;
    bench->block_s = fmin(fmax(seconds / (2 * PAIRS), BLOCK_MIN_S), BLOCK_S);
    bench->n_pairs = (size_t)fmin(fmax(floor(seconds / (2 * bench->block_s)), 1), BENCH_STATS_MAX);
    bench->loop = (struct config_loop){.pinned = 1, .cpu = last_cpu()};
    doctor_machine_ask(&bench->machine);
    bench->priority = bench->machine.fifo_errno == 0 ? THREAD_CORE_PRIORITY : 0;
    bench->load_before = bench_report_load();
    if (!run_pairs(cli, bench, err) || !run_rates(cli, bench, err))
        return false;
    say(bench, "instruction count", 0, 1);
    bench->counted = bench_fixed_count(&bench->instructions);
    if (bench->shows)
        fputs("\r\033[K", stderr);
    return options->picture == NULL ||
           bench_picture_write(
               options->picture, &bench->cyclictest, &bench->due_to_wake,
               options->stress ? "1 kHz, sixteen channels, beside other work" : "1 kHz, sixteen channels", err);
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    const struct bench_options *options = given;
    if (options->fixed)
        return bench_fixed_run(cli, err) ? 0 : error_exit_status(err);
    struct bench *bench = calloc(1, sizeof *bench);
    if (bench == NULL) {
        error_system(err, NULL, "memory", ENOMEM);
        return error_exit_status(err);
    }
    bench->options = options;
    bench->machine.root = "";
    bench->shows = isatty(STDERR_FILENO) != 0;
    bool ok = measure(cli, bench, err);
    if (ok && options->json)
        ok = output_json(bench_report_json(bench), err);
    else if (ok)
        bench_report_print(bench);
    free(bench);
    return ok ? 0 : error_exit_status(err);
}

#define AT(field) offsetof(struct bench_options, field)
static const struct options_row rows[] = {
    {.name = "seconds",
     .type = OPTIONS_NUMBER,
     .value = "S",
     .help = "for the pairs of blocks, 5 s each from 150 s on; as much again for the rest at most; without it 150",
     .offset = AT(seconds),
     .min = 1,
     .max = 10000},
    {.name = "stress",
     .type = OPTIONS_FLAG,
     .help = "beside stress-ng, or a load of its own without it",
     .offset = AT(stress)},
    {.name = "picture",
     .type = OPTIONS_TEXT,
     .value = "FILE",
     .help = "draw both distributions (SVG)",
     .offset = AT(picture)},
    {.name = "fixed",
     .type = OPTIONS_FLAG,
     .help = "only a fixed number of ticks without a clock: what the instruction counter runs",
     .offset = AT(fixed)},
    OPTIONS_JSON(bench_options),
    {0     },
};

const struct cli_command bench_command = {
    .name = "bench",
    .help = "measure the loop against cyclictest on this machine",
    .more =
        "Needs cyclictest (rt-tests), for the instruction count valgrind. Absolute times mean something on a quiet\n"
        "machine only; the ratios on any.\n",
    .example = "  phasic bench --seconds 150 --picture bench.svg\n",
    .options = rows,
    .size = sizeof(struct bench_options),
    .act = act,
};
