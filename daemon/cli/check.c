/* check: `phasic check RIG [TASK]`: everything that can be known without touching the rig. (cli/check.c) */
#include "cli/check_plan.h"
#include "cli/check_states.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "engine/base/arena.h"
#include "engine/base/units.h"
#include "engine/latency.h"
#include "planner/locate.h"
#include "planner/rig.h"
#include "realtime/clock.h"
#include "session/calibration.h"
#include "session/folder.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 20, STEPS_MAX = 256 }; /* planned for a look; states visited in one before it is called endless */

static const uint64_t SEED = 1;

struct check_options {
    const char *rig, *task;
    bool json, dot;
};

struct check {
    struct config config;
    struct task *task;
    struct engine *engine;
    void *memory; /* the engine's */
    struct check_plan plan;
    struct check_states states;
};

/* The line on which `word "name"` stands in `source`; 1 if its name is computed. */
static int line_of(const char *source, const char *word, const char *name)
{
    const size_t n = strlen(name);
    for (const char *at = strstr(source, word); at != NULL; at = strstr(at + 1, word)) {
        const char *text = at + strlen(word);
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
    const int line = locate_key(text, n, line_of(text, "state", state->name), "state", state->name, "after");
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

/* What the file declares and no trial uses, or says too little about. */
static bool find_idle(struct check *check, const char *path, struct error *err)
{
    const struct config *config = &check->config;
    struct check_states *states = &check->states;
    uint8_t *source;
    size_t n;
    if (!folder_read_file(path, FOLDER_FILE_MAX, &source, &n, err))
        return false;
    const char *text = (const char *)source;
    for (size_t i = 0; i < task_n_params(check->task); i++)
        if (task_param_is_bare(check->task, i))
            check_states_find(states, false, line_of(text, "param", task_param_name(check->task, i)),
                              "param.%s: expected a unit, or min and max for a plain number",
                              task_param_name(check->task, i));
    for (uint32_t i = 0; i < config->n_cues; i++)
        if ((states->cues >> i & 1) == 0)
            check_states_find(states, false, line_of(text, "cue", config->cues[i].name),
                              "cue.%s: expected a state that shows it: none did", config->cues[i].name);
    for (uint32_t i = 0; i < config->n_trains; i++)
        if ((states->trains >> i & 1) == 0)
            check_states_find(states, false, line_of(text, "train", config->trains[i].name),
                              "train.%s: expected a state that starts it: none did", config->trains[i].name);
    for (uint32_t i = 0; i < config->n_triggers; i++)
        if ((states->triggers >> i & 1) == 0)
            check_states_find(states, false, line_of(text, "trigger", config->triggers[i].name),
                              "trigger.%s: expected a state that arms it: none did", config->triggers[i].name);
    free(source);
    return true;
}

/* A laser of which only each pulse has a limit. */
static bool find_unlimited(struct check *check, const char *path, struct error *err)
{
    uint8_t *source;
    size_t n;
    if (!folder_read_file(path, FOLDER_FILE_MAX, &source, &n, err))
        return false;
    for (uint32_t i = 0; i < check->config.n_outputs; i++) {
        const struct config_output *output = &check->config.outputs[i];
        if (output->kind != CONFIG_OUTPUT_LASER || output->duty_per_ns > 0 || output->energy_per_ns > 0)
            continue;
        const uint32_t first = check->states.n_findings;
        check_states_find(&check->states, false, line_of((const char *)source, "output", output->name),
                          "output.%s: expected duty or max_energy: only each pulse has a limit", output->name);
        if (check->states.n_findings > first)
            check->states.findings[first].of_rig = true;
    }
    free(source);
    return true;
}

/* A second copy of the task is asked for a thousand trials: the first one's draws stay as they are. */
static bool survey(struct check *check, const char *path, const struct config *rig, struct error *err)
{
    struct config config = *rig;
    struct task *task;
    if (!task_load(&task, path, NULL, 0, SEED, &config, err))
        return false;
    const bool ok = check_states_survey(&check->states, task, &config, err);
    task_free(task);
    return ok && find_idle(check, path, err);
}

static bool load(const struct cli *cli, const struct check_options *options, struct check *check, struct error *err)
{
    uint32_t n_calibrated;
    int64_t tai_s;
    if (!rig_load(options->rig, cli->drivers, cli->n_drivers, &check->config, err) ||
        !calibration_apply(&check->config, clock_realtime(&tai_s), &n_calibrated, err))
        return false;
    check->config.seed = SEED;
    check->config.duration_ns = INT64_MAX;
    const struct config rig = check->config;
    if (options->task != NULL && (!task_load(&check->task, options->task, NULL, 0, SEED, &check->config, err) ||
                                  (check->config.has_task != 0 && (!plan_trials(check, options->task, err) ||
                                                                   !survey(check, options->task, &rig, err)))))
        return false;
    return find_unlimited(check, options->rig, err) &&
           check_engine(check, options->task != NULL ? options->task : options->rig, err);
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

/* The findings that are errors, or those that are warnings. */
static json_t *findings_json(const struct check *check, const struct check_options *options, bool errors)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < check->states.n_findings; i++) {
        const struct check_finding *finding = &check->states.findings[i];
        if (finding->is_error == errors)
            json_array_append_new(
                list, json_pack("{s:s, s:o, s:s}", "file", finding->of_rig ? options->rig : options->task, "line",
                                finding->line > 0 ? json_integer(finding->line) : json_null(), "what", finding->what));
    }
    return list;
}

/* A line each, errors as all errors are, warnings with that word before them. */
static void report_findings(const struct check *check, const struct check_options *options, bool only_errors)
{
    for (uint32_t i = 0; i < check->states.n_findings; i++) {
        const struct check_finding *finding = &check->states.findings[i];
        if (only_errors && !finding->is_error)
            continue;
        fprintf(stderr, "%s%s:%d: %s\n",
                finding->is_error ? "" : "warning: ", finding->of_rig ? options->rig : options->task, finding->line,
                finding->what);
    }
    if (check->states.n_more > 0 && !only_errors)
        fprintf(stderr, "warning: %s: and %u more\n", options->task, (unsigned)check->states.n_more);
}

static bool print_json(const struct check_options *options, const struct check *check, bool good, json_t *plan,
                       struct error *err)
{
    struct error why;
    const bool loaded = err->kind == ERROR_NONE;
    json_t *errors = findings_json(check, options, true);
    json_t *warnings = findings_json(check, options, false);
    if (!loaded)
        json_array_append_new(errors, error_json(err));
    return output_json(
        json_pack("{s:b, s:o, s:o, s:o}", "ok", (int)good, "errors", errors, "warnings", warnings, "plan", plan),
        loaded ? err : &why);
}

static bool print(const struct check_options *options, const struct check *check, bool good, struct error *err)
{
    const bool loaded = err->kind == ERROR_NONE;
    if (loaded)
        report_findings(check, options, options->json);
    if (options->dot) {
        if (loaded)
            check_states_dot(&check->states, check->config.task, stdout);
        return true;
    }
    json_t *plan = loaded ? check_plan_json(&check->plan) : json_object();
    if (options->json)
        return print_json(options, check, good, plan, err);
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
    if (options->dot && (options->json || options->task == NULL)) {
        error_set(err, ERROR_USAGE, "phasic check", "--dot", NULL, "a TASK, and no --json");
        return error_exit_status(err);
    }
    struct check *check = calloc(1, sizeof *check);
    if (check == NULL) {
        error_system(err, options->rig, "check", ENOMEM);
        return error_exit_status(err);
    }
    const bool good = load(cli, options, check, err) && !check_states_bad(&check->states);
    check->plan.config = &check->config;
    check->plan.engine = check->engine;
    check->plan.task = check->task;
    check->plan.states = &check->states;
    check->plan.drivers = cli->drivers;
    check->plan.n_drivers = cli->n_drivers;
    const bool printed = print(options, check, good, err);
    task_free(check->task);
    free(check->memory);
    free(check);
    return good && printed ? 0 : err->kind != ERROR_NONE ? error_exit_status(err) : 2;
}

static const struct options_row rows[] = {
    {.name = "RIG",           .type = OPTIONS_ARGUMENT, .help = "the rig file", .offset = offsetof(struct check_options, rig)},
    {.name = "TASK",
     .type = OPTIONS_OPTIONAL,
     .help = "the task file; without it only the rig is checked",
     .offset = offsetof(struct check_options, task)},
    {.name = "dot",
     .type = OPTIONS_FLAG,
     .help = "print the task's states as a picture for Graphviz instead",
     .offset = offsetof(struct check_options, dot)},
    OPTIONS_JSON(check_options),
    {0         },
};

const struct cli_command check_command = {
    .name = "check",
    .help = "check a rig and a task, and show what they come to",
    .more = "Nothing is opened but the two files. Twenty trials are planned with seed 1, as if nobody licked and no\n"
            "trigger fired, and a thousand with outcomes at random, whose states are checked. With --json a wrong\n"
            "file gives a JSON object, too.\n",
    .example = "  phasic check rig-configs/sim.lua protocols/pavlovian.lua\n"
               "  phasic check rig-configs/sim.lua protocols/pavlovian.lua --dot | dot -Tsvg >pavlovian.svg\n",
    .options = rows,
    .size = sizeof(struct check_options),
    .act = act,
};
