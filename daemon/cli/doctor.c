/* doctor: `phasic doctor [RIG]`: what is wrong with this computer, and what mends it. (cli/doctor.c) */
#include "cli/bench_session.h"
#include "cli/cli.h"
#include "cli/doctor_checks.h"
#include "cli/output.h"
#include "engine/base/units.h"
#include "planner/rig.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BARS = 60, COLUMNS = 50 }; /* of the histogram: rows at most, letters of its longest bar */

struct doctor_options {
    const char *rig;
    double loop_s;
    bool json;
};

struct doctor {
    const struct doctor_options *options;
    struct doctor_machine machine;
    struct config config;
    struct bench_session_times *times; /* of --loop; NULL: not wanted */
    json_t *checks;
    bool failed; /* a required check */
};

static void report(struct doctor *doctor, const struct doctor_check *check, bool ok, const char *found)
{
    doctor->failed |= !ok && check->required;
    if (doctor->options->json) {
        json_array_append_new(doctor->checks, json_pack("{s:s, s:b, s:b, s:s, s:s, s:s?}", "name", check->name, "ok",
                                                        ok, "required", check->required, "found", found, "needed",
                                                        check->needed, "fix", ok ? NULL : check->fix));
        return;
    }
    printf("  %-7s %-18s %s\n", ok ? "ok" : check->required ? "WRONG" : "better", check->name, found);
    if (!ok)
        printf("  %-26s needed: %s\n  %-26s fix: %s\n", "", check->needed, "", check->fix);
}

static void look(struct doctor *doctor)
{
    const struct doctor_check *check;
    for (size_t i = 0; (check = doctor_checks_at(i)) != NULL; i++) {
        char found[DOCTOR_TEXT] = "";
        const bool ok = check->look(&doctor->machine, found);
        report(doctor, check, ok, found);
    }
}

/* The loop's own lateness, in steps that double: 1, 2, 4 us ... */
static void print_histogram(const struct percentiles *late)
{
    uint64_t bins[BARS] = {0}, most = 1;
    int last = 0;
    for (uint32_t i = 0; i < PERCENTILES_BINS; i++) {
        int bin = 0;
        while (bin < BARS - 1 && percentiles_value(i) >= (US << bin))
            bin++;
        bins[bin] += late->bins[i];
        last = late->bins[i] > 0 && bin > last ? bin : last;
        most = bins[bin] > most ? bins[bin] : most;
    }
    printf("\n  due to wake        ticks\n");
    for (int i = 0; i <= last; i++) {
        const int n = (int)(bins[i] * COLUMNS / most);
        printf("  below %7.0f us %8llu %.*s\n", (double)(1ull << i), (unsigned long long)bins[i], n,
               "##################################################");
    }
}

static bool measure(const struct cli *cli, struct doctor *doctor, struct error *err)
{
    static const struct doctor_check late = {"loop", "no tick later than a period, no page fault, under load",
                                             "mend what is above, first of all sched_fifo, preemption, processor", true,
                                             NULL};
    struct bench_session_times *times = doctor->times;
    const struct bench_session_options options = {
        .seconds = doctor->options->loop_s,
        .period_ns = doctor->config.period_ns,
        .loop = doctor->machine.loop,
        .load = true,
    };
    char found[DOCTOR_TEXT];
    if (!bench_session_run(cli, &options, times, err))
        return false;
    const struct percentiles *wake = &times->due_to_wake;
    const int64_t period_ns = doctor->config.period_ns;
    snprintf(found, sizeof found,
             "%lld ticks of %g us: late by p50 %.0f, p99 %.0f, p99.9 %.0f, at most %.0f us; %lld missed, %llu faults",
             (long long)times->ticks, (double)period_ns / 1e3, (double)percentiles_at(wake, 500) / 1e3,
             (double)percentiles_at(wake, 990) / 1e3, (double)percentiles_at(wake, 999) / 1e3,
             (double)wake->max_ns / 1e3, (long long)times->skipped, (unsigned long long)times->faults);
    report(doctor, &late, times->skipped == 0 && times->faults == 0, found);
    if (!doctor->options->json)
        print_histogram(wake);
    return true;
}

static json_t *loop_json(const struct bench_session_times *times)
{
    json_t *histogram = json_array();
    for (uint32_t i = 0; i < PERCENTILES_BINS; i++)
        if (times->due_to_wake.bins[i] > 0)
            json_array_append_new(histogram, json_pack("[f, I]", (double)percentiles_value(i) / 1e3,
                                                       (json_int_t)times->due_to_wake.bins[i]));
    return json_pack("{s:I, s:I, s:I, s:I, s:o}", "ticks", (json_int_t)times->ticks, "missed",
                     (json_int_t)times->skipped, "page_faults", (json_int_t)times->faults, "waits",
                     (json_int_t)times->switches, "due_to_wake_us", histogram);
}

static bool examine(const struct cli *cli, struct doctor *doctor, struct error *err)
{
    const struct doctor_options *options = doctor->options;
    doctor->machine.root = "";
    doctor->config = (struct config){.period_ns = MS};
    if (options->rig != NULL) {
        if (!rig_load_loop(options->rig, cli->drivers, cli->n_drivers, &doctor->config, &doctor->machine.loop, err))
            return false;
        doctor->machine.config = &doctor->config;
    }
    doctor->machine.ring_bytes = shared_ring_size(&doctor->config);
    doctor_machine_ask(&doctor->machine);
    look(doctor);
    return options->loop_s <= 0 || measure(cli, doctor, err);
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    const struct doctor_options *options = given;
    struct doctor *doctor = calloc(1, sizeof *doctor);
    struct bench_session_times *times = calloc(1, sizeof *times);
    int status;
    if (doctor == NULL || times == NULL) {
        error_system(err, NULL, "memory", ENOMEM);
        status = error_exit_status(err);
    } else {
        doctor->options = options;
        doctor->checks = json_array();
        doctor->times = times;
        bool ok = examine(cli, doctor, err);
        if (ok && options->json)
            ok = output_json(json_pack("{s:O, s:o}", "checks", doctor->checks, "loop",
                                       options->loop_s > 0 ? loop_json(times) : json_null()),
                             err);
        status = !ok ? error_exit_status(err) : doctor->failed ? 1 : 0;
        json_decref(doctor->checks);
    }
    free(times);
    free(doctor);
    return status;
}

#define AT(field) offsetof(struct doctor_options, field)
static const struct options_row rows[] = {
    {.name = "RIG",                                          .type = OPTIONS_OPTIONAL, .help = "the rig file; without it the computer alone", .offset = AT(rig)},
    {.name = "loop",
     .type = OPTIONS_NUMBER,
     .value = "S",
     .help = "run the loop for S seconds under load, on a simulated board, and show how late it was",
     .offset = AT(loop_s),
     .min = 0.1,
     .max = 86400},
    OPTIONS_JSON(doctor_options),
    {0                                                     },
};

const struct cli_command doctor_command = {
    .name = "doctor",
    .help = "what is wrong with this computer for real time, and what mends it",
    .more = "Opens no board. Exit status 1 if something is WRONG: a session would not be as it should.\n",
    .example = "  phasic doctor rig-configs/sim.lua --loop 60\n",
    .options = rows,
    .size = sizeof(struct doctor_options),
    .act = act,
};
