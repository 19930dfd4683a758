/* replay: `phasic replay SESSION`: the engine again, over what was recorded. (cli/replay.c) */
#include "cli/cli.h"
#include "cli/models.h"
#include "cli/output.h"
#include "engine/base/units.h"
#include "realtime/clock.h"
#include "session/rerun.h"
#include <inttypes.h>
#include <stdlib.h>

static const double SPEED_MAX = 1e6; /* beyond what any machine reaches: as fast as it can */

struct replay_options {
    const char *session;
    const char *models[CONFIG_MODELS_MAX];
    size_t n_models;
    double speed; /* 0: not given */
    bool verify, json;
};

struct replay {
    const struct replay_options *options;
    struct rerun *rerun;
    struct config config; /* with the added models */
    struct rerun_report report;
    struct output_progress progress;
    int64_t start_ns; /* CLOCK_MONOTONIC at session time 0, when paced */
    double wall_s;
};

static void watch(void *context, const struct rerun_tick *tick)
{
    struct replay *replay = context;
    const double session_s = units_s(tick->in->wake_ns), speed = replay->options->speed;
    if (speed > 0 && speed < SPEED_MAX)
        clock_sleep_until(replay->start_ns + units_ns(session_s / speed));
    output_progress_at(&replay->progress, session_s);
}

static bool run(struct replay *replay, struct error *err)
{
    const struct replay_options *options = replay->options;
    replay->config = *rerun_config(replay->rerun);
    if (!models_add_all(&replay->config, options->models, options->n_models, err))
        return false;
    const struct rerun_options rerun = {
        .config = &replay->config, .verify = options->verify, .watch = watch, .context = replay};
    replay->start_ns = clock_now();
    output_progress_start(&replay->progress, "replay");
    const bool ok = rerun_run(replay->rerun, &rerun, &replay->report, err);
    output_progress_end(&replay->progress);
    replay->wall_s = units_s(clock_now() - replay->start_ns);
    return ok;
}

static double speed(const struct replay *replay)
{
    return replay->wall_s > 0 ? units_s(replay->report.session_ns) / replay->wall_s : 0;
}

static json_t *difference_json(const struct replay *replay)
{
    const struct rerun_difference *first = &replay->report.first;
    if (replay->report.mismatches == 0)
        return json_null();
    return json_pack("{s:I, s:s, s:s, s:s, s:s}", "tick", (json_int_t)first->tick, "field", first->field, "recorded",
                     first->recorded, "now", first->now, "kind", first->kind);
}

static json_t *replay_json(const struct replay *replay)
{
    const struct engine *engine = rerun_engine(replay->rerun);
    const struct rerun_report *report = &replay->report;
    struct engine_view view;
    json_t *models = json_array(), *signals = json_array();
    engine_look(engine, &view);
    for (uint32_t i = 0; i < replay->config.n_models; i++)
        json_array_append_new(models, models_json(engine, &replay->config, i));
    for (uint32_t i = 0; i < replay->config.n_signals; i++)
        json_array_append_new(signals,
                              json_pack("{s:s, s:s, s:s, s:b, s:f}", "name", replay->config.signals[i].name, "sensor",
                                        replay->config.signals[i].sensor, "region", replay->config.signals[i].region,
                                        "trusted", (int)view.signals[i].trusted, "slope", view.signals[i].slope));
    return json_pack(
        "{s:s, s:I, s:I, s:o, s:o, s:I, s:I, s:f, s:f, s:f, s:b, s:o, s:o}", "session", replay->options->session,
        "ticks", (json_int_t)report->ticks, "decisions", (json_int_t)report->decisions, "mismatches",
        replay->options->verify ? json_integer((json_int_t)report->mismatches) : json_null(), "first_mismatch",
        difference_json(replay), "engine_recorded", (json_int_t)rerun_engine_version(replay->rerun), "engine_now",
        (json_int_t)ENGINE_VERSION, "session_s", units_s(report->session_ns), "wall_s", replay->wall_s, "speed_x",
        speed(replay), "cut", (int)report->cut, "signals", signals, "models", models);
}

static void print(const struct replay *replay)
{
    const struct rerun_report *report = &replay->report;
    const uint32_t recorded = rerun_engine_version(replay->rerun);
    if (!replay->options->verify)
        printf("replayed: %" PRId64 " ticks, %" PRId64 " recorded decisions\n", report->ticks, report->decisions);
    else if (report->mismatches == 0)
        printf("replay identical: %" PRId64 " ticks, %" PRId64 " decisions\n", report->ticks, report->decisions);
    else
        printf("replay differs: in %" PRId64 " of %" PRId64 " ticks\n", report->mismatches, report->ticks);
    if (recorded != ENGINE_VERSION)
        printf("  recorded by engine %" PRIu32 ", replayed by engine %d\n", recorded, ENGINE_VERSION);
    if (report->cut || !report->closed)
        printf("  the journal %s: phasic recover says what is missing\n",
               report->cut ? "is cut" : "has no close record");
    printf("  %.1f s of session in %.2f s: %.0f times real time\n", units_s(report->session_ns), replay->wall_s,
           speed(replay));
    models_print(stdout, rerun_engine(replay->rerun), &replay->config);
}

static bool judge(const struct replay *replay, struct error *err)
{
    const struct rerun_difference *first = &replay->report.first;
    char what[192];
    if (replay->report.mismatches == 0)
        return true;
    snprintf(what, sizeof what, "tick %" PRId64 ", %s, %s", first->tick, first->kind[0] != '\0' ? first->kind : "end",
             first->field);
    return error_set(err, ERROR_DIFFER, replay->options->session, what, first->now, "%s, as recorded", first->recorded);
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    const struct replay_options *options = given;
    struct replay *replay = calloc(1, sizeof *replay);
    (void)cli;
    bool ok = replay != NULL || error_set(err, ERROR_SYSTEM, NULL, "replay", NULL, "no memory");
    ok = ok && ((options->n_models == 0 || !options->verify) ||
                error_set(err, ERROR_USAGE, NULL, "--model", options->models[0],
                          "no --verify beside it: other models decide differently"));
    if (ok) {
        replay->options = options;
        ok = rerun_open(&replay->rerun, options->session, err) && run(replay, err);
    }
    if (ok && options->json)
        ok = output_json(replay_json(replay), err);
    else if (ok)
        print(replay);
    ok = ok && judge(replay, err);
    if (replay != NULL)
        rerun_close(replay->rerun);
    free(replay);
    return ok ? 0 : error_exit_status(err);
}

#define AT(field) offsetof(struct replay_options, field)
static const struct options_row rows[] = {
    {.name = "SESSION",
     .type = OPTIONS_ARGUMENT,
     .help = "a session folder, or a journal file in one",
     .offset = AT(session)},
    {.name = "verify",
     .type = OPTIONS_FLAG,
     .help = "compare every decision and write with what was recorded; exit status 3 if one differs",
     .offset = AT(verify)},
    {.name = "model",
     .type = OPTIONS_LIST,
     .value = "M",
     .help = "add this model to every signal; names: docs/models.md",
     .offset = AT(models),
     .given = AT(n_models),
     .n_max = CONFIG_MODELS_MAX},
    {.name = "speed",
     .type = OPTIONS_NUMBER_OR_WORD,
     .value = "X",
     .help = "so many times real time; without it, or with max, as fast as it goes",
     .offset = AT(speed),
     .min = 0.01,
     .max = SPEED_MAX,
     .word = "max"},
    OPTIONS_JSON(replay_options),
    {0                                },
};

const struct cli_command replay_command = {
    .name = "replay",
    .help = "run the engine again over a recorded session",
    .example = "  phasic replay sessions/m53 --verify\n"
               "  phasic replay sessions/m53 --model null_mean --json\n",
    .options = rows,
    .size = sizeof(struct replay_options),
    .act = act,
};
