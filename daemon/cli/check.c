/* check: `phasic check RIG [TASK]`: everything that can be known without touching the rig. (cli/check.c) */
#include "cli/check_plan.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "engine/base/arena.h"
#include "engine/base/units.h"
#include "engine/latency.h"
#include "planner/locate.h"
#include "planner/rig.h"
#include "session/folder.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 20, STEPS_MAX = 256 }; /* planned for a look; states visited in one before it is called endless */

static const uint64_t SEED = 1;

struct check_options {
    const char *rig, *task;
    bool json;
};

struct check {
    struct config config;
    struct task *task;
    struct engine *engine;
    void *memory; /* the engine's */
    struct check_plan plan;
};

/* The line on which `state "name"` stands in `source`; 1 if its name is computed. */
static int line_of_state(const char *source, const char *name)
{
    const size_t n = strlen(name);
    for (const char *at = strstr(source, "state"); at != NULL; at = strstr(at + 1, "state")) {
        const char *text = at + strlen("state");
        text += strspn(text, " \t(");
        if ((text[0] != '"' && text[0] != '\'') || strncmp(text + 1, name, n) != 0 || text[1 + n] != text[0])
            continue;
        int line = 1;
        for (const char *c = source; c < at; c++)
            line += *c == '\n';
        return line;
    }
    return 1;
}

static bool fail_window(const struct trial_state *state, const struct config_trigger *trigger, int64_t least_ns,
                        const char *path, struct error *err)
{
    char where[256], what[96], got[32];
    uint8_t *source;
    size_t n;
    if (!folder_read_file(path, FOLDER_FILE_MAX, &source, &n, err))
        return false;
    const char *text = (const char *)source;
    const int line = locate_key(text, n, line_of_state(text, state->name), "state", state->name, "after");
    free(source);
    snprintf(where, sizeof where, "%.240s:%d", path, line);
    snprintf(what, sizeof what, "state.%s.after", state->name);
    snprintf(got, sizeof got, "%.6g ms", (double)state->after_ns / (double)MS);
    return error_set(err, ERROR_INPUT, where, what, got, "at least %.6g ms, the latency of trigger %s, armed here",
                     (double)least_ns / (double)MS, trigger->name);
}

/* A trigger that is armed for less time than it takes to see anything sees what happened before. */
static bool check_windows(const struct config *config, const struct trial *trial, const char *path, struct error *err)
{
    for (uint32_t i = 0; i < trial->n_states; i++)
        for (uint32_t k = 0; k < config->n_triggers; k++) {
            const int64_t least_ns = latency_of(config, k).total_ns;
            if ((trial->states[i].arm >> k & 1) != 0 && trial->states[i].after_ns < least_ns)
                return fail_window(&trial->states[i], &config->triggers[k], least_ns, path, err);
        }
    return true;
}

static bool check_engine(struct check *check, const char *path, struct error *err)
{
    struct arena arena;
    const size_t size = engine_size(&check->config, err);
    const size_t whole = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    check->memory = size > 0 ? aligned_alloc(ARENA_ALIGN, whole) : NULL;
    if (size > 0 && check->memory == NULL)
        return error_system(err, path, "engine", ENOMEM);
    if (check->memory != NULL) {
        arena_init(&arena, check->memory, whole);
        if (engine_init(&check->engine, &check->config, &arena, err))
            return true;
    }
    if (err->where[0] == '\0')
        snprintf(err->where, sizeof err->where, "%s", path);
    return false;
}

static void count_action(const struct trial_action *action, struct task_outcome *outcome)
{
    if (action->kind != TRIAL_DELIVER)
        return;
    outcome->n_rewards++;
    outcome->reward_ul += action->ul;
}

/* Goes through the trial as it goes if nobody licks and no trigger fires; where only an event leads on, it comes at
 * once. Returns how long that takes. */
static int64_t walk(const struct trial *trial, struct task_outcome *outcome)
{
    int64_t total_ns = 0;
    uint32_t at = 0;
    *outcome = (struct task_outcome){.number = trial->number};
    for (int step = 0; step < STEPS_MAX && at < trial->n_states; step++) {
        const struct trial_state *state = &trial->states[at];
        outcome->last_state = at;
        for (uint32_t i = 0; i < state->n_enter; i++)
            count_action(&state->enter[i], outcome);
        if (state->after_ns != INT64_MAX) {
            total_ns += state->after_ns;
            at = state->after_to;
            continue;
        }
        at = TRIAL_DONE;
        for (uint32_t i = 0; i < state->n_on && at == TRIAL_DONE; i++)
            if (state->on[i].to != TRIAL_STAY) {
                count_action(&state->on[i].action, outcome);
                at = state->on[i].to;
            }
    }
    return total_ns;
}

static bool plan_trials(struct check *check, const char *path, struct error *err)
{
    struct check_plan_trials *trials = &check->plan.trials;
    struct task_outcome outcome = {0};
    struct trial trial;
    while (trials->n < TRIALS) {
        if (!task_plan(check->task, &outcome, &trial, err) || !check_windows(&check->config, &trial, path, err))
            return false;
        trials->over = trial.over != 0;
        if (trials->over)
            return true;
        const double s = units_s(walk(&trial, &outcome));
        trials->shortest_s = trials->n == 0 || s < trials->shortest_s ? s : trials->shortest_s;
        trials->longest_s = s > trials->longest_s ? s : trials->longest_s;
        trials->reward_ul += outcome.reward_ul;
        trials->n_rewards += outcome.n_rewards;
        trials->n++;
    }
    return true;
}

static bool load(const struct cli *cli, const struct check_options *options, struct check *check, struct error *err)
{
    if (!rig_load(options->rig, cli->drivers, cli->n_drivers, &check->config, err))
        return false;
    check->config.seed = SEED;
    check->config.duration_ns = INT64_MAX;
    if (options->task != NULL && (!task_load(&check->task, options->task, NULL, 0, SEED, &check->config, err) ||
                                  (check->config.has_task != 0 && !plan_trials(check, options->task, err))))
        return false;
    return check_engine(check, options->task != NULL ? options->task : options->rig, err);
}

/* {"file", "line", "what"} of one error. */
static json_t *error_json(const struct error *err)
{
    char line[sizeof *err], file[sizeof err->where];
    struct error rest = *err;
    rest.where[0] = '\0';
    snprintf(file, sizeof file, "%s", err->where);
    char *colon = strrchr(file, ':');
    const size_t digits = colon != NULL ? strspn(colon + 1, "0123456789") : 0;
    const bool has_line = digits > 0 && colon[1 + digits] == '\0';
    const long number = has_line ? strtol(colon + 1, NULL, 10) : 0;
    if (has_line)
        *colon = '\0';
    return json_pack("{s:s, s:o, s:s}", "file", file, "line", has_line ? json_integer(number) : json_null(), "what",
                     error_line(&rest, line, sizeof line));
}

static bool print(const struct check_options *options, const struct check *check, bool good, struct error *err)
{
    struct error why;
    json_t *plan = good ? check_plan_json(&check->plan) : json_object();
    if (options->json) {
        json_t *errors = json_array();
        if (!good)
            json_array_append_new(errors, error_json(err));
        return output_json(json_pack("{s:b, s:o, s:o}", "ok", (int)good, "errors", errors, "plan", plan),
                           good ? err : &why);
    }
    if (good) {
        check_plan_print(stdout, plan);
        printf("good: no hardware was touched\n");
    }
    json_decref(plan);
    return true;
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    const struct check_options *options = given;
    struct check *check = calloc(1, sizeof *check);
    if (check == NULL) {
        error_system(err, options->rig, "check", ENOMEM);
        return error_exit_status(err);
    }
    const bool good = load(cli, options, check, err);
    check->plan.config = &check->config;
    check->plan.engine = check->engine;
    check->plan.task = check->task;
    check->plan.drivers = cli->drivers;
    check->plan.n_drivers = cli->n_drivers;
    const bool printed = print(options, check, good, err);
    task_free(check->task);
    free(check->memory);
    free(check);
    return good && printed ? 0 : error_exit_status(err);
}

static const struct options_row rows[] = {
    {.name = "RIG",           .type = OPTIONS_ARGUMENT, .help = "the rig file", .offset = offsetof(struct check_options, rig)},
    {.name = "TASK",
     .type = OPTIONS_OPTIONAL,
     .help = "the task file; without it only the rig is checked",
     .offset = offsetof(struct check_options, task)},
    OPTIONS_JSON(check_options),
    {0                  },
};

const struct cli_command check_command = {
    .name = "check",
    .help = "check a rig and a task, and show what they come to",
    .more = "Nothing is opened but the two files. Twenty trials are planned with seed 1, as if nobody licked and no\n"
            "trigger fired. With --json a wrong file gives a JSON object, too, beside its line on stderr.\n",
    .example = "  phasic check rig-configs/sim.lua protocols/pavlovian.lua\n",
    .options = rows,
    .size = sizeof(struct check_options),
    .act = act,
};
