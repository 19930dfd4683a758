/* simulate: `phasic simulate TASK`: the task with simulated animals, faster than real time. (cli/simulate.c)
 *
 * Each animal is a simulation of its own, in one of a few threads that take the next animal until none is left; what
 * comes out does not depend on who took which. */
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/simulate_files.h"
#include "cli/simulation.h"
#include "cli/task_rig.h"
#include "engine/base/units.h"
#include "realtime/clock.h"
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SET_MAX = 64, ANIMALS_MAX = 1000, TRIALS_MAX = 1000000, THREADS_MAX = 16 };

static const int64_t LOOK_NS = 100 * MS; /* between two looks at the threads */

struct simulate_options {
    const char *task, *rig, *out;
    const char *models[CONFIG_MODELS_MAX], *set[SET_MAX];
    size_t n_models, n_set, n_trials_given, n_animals_given, n_seed;
    double trials, animals;
    uint64_t seed;
    bool json;
};

/* One animal's session. */
struct animal_run {
    struct learning learning;
    struct error err; /* of kind 0: all went well */
    double session_s;
    uint32_t limit_trial[FRAME_OUTPUTS_MAX]; /* in which the rig's max_session was used up; 0: never */
    double given_ul[FRAME_OUTPUTS_MAX];
};

struct simulate {
    const struct simulate_options *options;
    struct simulation_setup setup;
    char rig[FOLDER_PATH_MAX];
    uint32_t n_animals, n_trials;
    struct config config; /* the first animal's */
    double limit_ul[FRAME_OUTPUTS_MAX];
    struct animal_run *runs;
    _Atomic uint32_t next;    /* animal that nobody has taken yet */
    _Atomic uint32_t n_ended; /* threads */
    _Atomic uint64_t n_trials_done;
    _Atomic bool failed;
    struct curves curves;
    char title[256], seed[24];
    double wall_s;
};

static void note_water(struct simulate *simulate, struct animal_run *run, const struct simulation_tick *tick)
{
    for (uint32_t i = 0; i < tick->out->n_decisions; i++) {
        const struct frame_decision *decision = &tick->out->decisions[i];
        if (decision->kind != FRAME_REWARD)
            continue;
        run->given_ul[decision->id] += decision->value;
        if (run->limit_trial[decision->id] == 0 && run->given_ul[decision->id] > simulate->limit_ul[decision->id])
            run->limit_trial[decision->id] = (uint32_t)run->learning.n_trials;
    }
}

/* Until the last trial has ended, and a little longer: the responses of its outcome are measured then. */
static bool run_animal(struct simulate *simulate, struct simulation *simulation, struct animal_run *run)
{
    static const int64_t TAIL_NS = 3 * S;
    struct simulation_tick tick;
    size_t n_before = 0;
    int64_t end_ns = INT64_MAX, now_ns = 0;
    while (now_ns < end_ns && !atomic_load_explicit(&simulate->failed, memory_order_relaxed)) {
        if (!simulation_step(simulation, &tick, &run->err))
            break;
        now_ns = tick.in->wake_ns;
        learning_tick(&run->learning, tick.in, tick.out, tick.engine);
        if (tick.out->n_decisions == 0)
            continue;
        note_water(simulate, run, &tick);
        const size_t n = learning_n_ended(&run->learning);
        if (n > n_before)
            atomic_fetch_add_explicit(&simulate->n_trials_done, 1, memory_order_relaxed);
        n_before = n;
        if (n >= simulate->n_trials && end_ns == INT64_MAX)
            end_ns = now_ns + TAIL_NS;
    }
    run->session_s = units_s(now_ns);
    if (run->err.kind == ERROR_NONE && !learning_finish(&run->learning))
        error_system(&run->err, simulate->setup.task, "trials", ENOMEM);
    return run->err.kind == ERROR_NONE;
}

/* The first animal has the seed that was given, so that it is the one that `run` would have had; then seed + 1 ... */
static void simulate_animal(struct simulate *simulate, uint32_t i)
{
    struct animal_run *run = &simulate->runs[i];
    struct simulation_setup setup = simulate->setup;
    struct simulation *simulation;
    setup.seed += i;
    bool ok = simulation_open(&simulation, &setup, &run->err);
    if (ok) {
        /* the list of cues and signals outlives the simulation in `simulate`; the seed is of no concern there */
        learning_init(&run->learning, &simulate->config);
        ok = run_animal(simulate, simulation, run);
        simulation_close(simulation);
    }
    if (!ok)
        atomic_store(&simulate->failed, true);
}

static void *work(void *context)
{
    struct simulate *simulate = context;
    while (!atomic_load(&simulate->failed)) {
        const uint32_t i = atomic_fetch_add(&simulate->next, 1);
        if (i >= simulate->n_animals)
            break;
        simulate_animal(simulate, i);
    }
    atomic_fetch_add(&simulate->n_ended, 1);
    return NULL;
}

/* Watches while the threads work: a line on a terminal. */
static void watch(const struct simulate *simulate, uint32_t n_threads)
{
    const int64_t start_ns = clock_now();
    const bool shows = isatty(STDERR_FILENO) != 0;
    bool shown = false;
    while (atomic_load(&simulate->n_ended) < n_threads) {
        clock_pause(LOOK_NS);
        if (!shows || clock_now() - start_ns < 2 * S)
            continue;
        shown = true;
        fprintf(stderr, "\rsimulate: %llu of %llu trials\033[K",
                (unsigned long long)atomic_load_explicit(&simulate->n_trials_done, memory_order_relaxed),
                (unsigned long long)simulate->n_animals * simulate->n_trials);
    }
    if (shown)
        fputs("\r\033[K", stderr);
}

static bool run_all(struct simulate *simulate, struct error *err)
{
    pthread_t threads[THREADS_MAX];
    uint32_t n = 0;
    const long n_cpus = sysconf(_SC_NPROCESSORS_ONLN);
    const int64_t start_ns = clock_now();
    while (n < simulate->n_animals && n < THREADS_MAX && (n == 0 || n < n_cpus) &&
           pthread_create(&threads[n], NULL, work, simulate) == 0)
        n++;
    if (n == 0)
        return error_system(err, NULL, "a thread", EAGAIN);
    watch(simulate, n);
    for (uint32_t i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    simulate->wall_s = units_s(clock_now() - start_ns);
    for (uint32_t i = 0; i < simulate->n_animals; i++)
        if (simulate->runs[i].err.kind != ERROR_NONE) {
            *err = simulate->runs[i].err;
            return false;
        }
    return true;
}

/* Everything that needs no time: a wrong file ends here. */
static bool prepare(const struct cli *cli, struct simulate *simulate, struct error *err)
{
    const struct simulate_options *options = simulate->options;
    struct simulation *simulation;
    simulate->n_trials = options->n_trials_given > 0 ? (uint32_t)options->trials : 1000;
    simulate->n_animals = options->n_animals_given > 0 ? (uint32_t)options->animals : 1;
    if (options->rig != NULL)
        snprintf(simulate->rig, sizeof simulate->rig, "%s", options->rig);
    else if (!task_rig_find(options->task, simulate->rig, err))
        return false;
    simulate->setup = (struct simulation_setup){.rig = simulate->rig,
                                                .task = options->task,
                                                .set = options->set,
                                                .n_set = options->n_set,
                                                .models = options->models,
                                                .n_models = options->n_models,
                                                .seed = options->n_seed > 0 ? options->seed : 1,
                                                .drivers = cli->drivers,
                                                .n_drivers = cli->n_drivers};
    if (!simulation_open(&simulation, &simulate->setup, err))
        return false;
    simulate->config = *simulation_config(simulation);
    for (uint32_t i = 0; i < FRAME_OUTPUTS_MAX; i++)
        simulate->limit_ul[i] = simulation_limit_ul(simulation, i);
    simulation_close(simulation);
    simulate->runs = calloc(simulate->n_animals, sizeof *simulate->runs);
    if (simulate->runs == NULL)
        return error_system(err, options->task, "animals", ENOMEM);
    snprintf(simulate->seed, sizeof simulate->seed, "%llu", (unsigned long long)simulate->setup.seed);
    return options->out == NULL || folder_create(options->out, err);
}

static bool make_curves(struct simulate *simulate, struct error *err)
{
    bool ok = true;
    struct learning *animals = calloc(simulate->n_animals, sizeof *animals);
    if (animals == NULL)
        return error_system(err, simulate->setup.task, "curves", ENOMEM);
    for (uint32_t i = 0; i < simulate->n_animals; i++) /* shallow: the lists stay the runs' */
        animals[i] = simulate->runs[i].learning;
    curves_make(animals, simulate->n_animals, simulate->n_trials, &simulate->curves);
    snprintf(simulate->title, sizeof simulate->title, "%s on %s, %u trials, %u %s, seed %llu", simulate->config.task,
             simulate->config.rig, (unsigned)simulate->n_trials, (unsigned)simulate->n_animals,
             simulate->n_animals == 1 ? "animal" : "animals", (unsigned long long)simulate->setup.seed);
    if (simulate->options->out != NULL)
        ok = simulate_files_write(&(struct simulate_files){.title = simulate->title,
                                                           .animals = animals,
                                                           .n_animals = simulate->n_animals,
                                                           .n_trials = simulate->n_trials,
                                                           .curves = &simulate->curves},
                                  simulate->options->out, err);
    free(animals);
    return ok;
}

static json_t *number_json(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *numbers_json(const double *values, uint32_t n)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < n; i++)
        json_array_append_new(list, number_json(values[i]));
    return list;
}

static json_t *curve_json(const struct simulate *simulate, const struct curve *curve)
{
    const struct config *config = &simulate->config;
    const uint32_t n_blocks = simulate->curves.n_blocks;
    json_t *json = json_pack("{s:s}", "measure", curve->measure);
    json_t *counts = json_array();
    if (curve->cue != LEARNING_NONE)
        json_object_set_new(json, "cue", json_string(config->cues[curve->cue].name));
    if (curve->input != LEARNING_NONE)
        json_object_set_new(json, "input", json_string(config->inputs[curve->input].name));
    if (curve->signal != LEARNING_NONE)
        json_object_set_new(json, "signal", json_string(config->signals[curve->signal].name));
    if (curve->model != LEARNING_NONE)
        json_object_set_new(json, "model", json_string(config->models[curve->model].name));
    for (uint32_t b = 0; b < n_blocks; b++)
        json_array_append_new(counts, json_integer(curve->n[b]));
    json_object_set_new(json, "values", numbers_json(curve->mean, n_blocks));
    json_object_set_new(json, "sem", numbers_json(curve->sem, n_blocks));
    json_object_set_new(json, "n", counts);
    return json;
}

/* Sums over all trials of all animals, and in which states trials ended. */
static json_t *totals_json(const struct simulate *simulate)
{
    uint64_t trials = 0, rewards = 0, licks = 0, fired = 0, sham = 0, limited = 0;
    double reward_ul = 0, session_s = 0;
    json_t *ends = json_object();
    for (uint32_t a = 0; a < simulate->n_animals; a++) {
        const struct animal_run *run = &simulate->runs[a];
        session_s += run->session_s;
        for (size_t i = 0; i < run->learning.n_trials && i < simulate->n_trials; i++) {
            const struct learning_trial *trial = &run->learning.trials[i];
            const json_int_t n = json_integer_value(json_object_get(ends, trial->last_state));
            trials++;
            rewards += trial->n_rewards;
            licks += trial->n_licks;
            fired += trial->n_fired;
            sham += trial->n_sham;
            limited += trial->n_limited;
            reward_ul += trial->reward_ul;
            json_object_set_new(ends, trial->last_state, json_integer(n + 1));
        }
    }
    return json_pack("{s:I, s:I, s:f, s:I, s:I, s:I, s:I, s:f, s:o}", "trials", (json_int_t)trials, "rewards",
                     (json_int_t)rewards, "reward_ul", reward_ul, "licks", (json_int_t)licks, "fired",
                     (json_int_t)fired, "sham", (json_int_t)sham, "limited", (json_int_t)limited, "session_s",
                     session_s, "last_states", ends);
}

static json_t *group_json(const struct simulate *simulate)
{
    const struct curve *best = curves_main(&simulate->curves);
    const uint32_t n_blocks = simulate->curves.n_blocks;
    json_t *curves = json_array();
    for (uint32_t i = 0; i < simulate->curves.n; i++)
        json_array_append_new(curves, curve_json(simulate, &simulate->curves.curve[i]));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "name", "control", "measure", best != NULL ? best->measure : "",
                     "curve", best != NULL ? numbers_json(best->mean, n_blocks) : json_array(), "sem",
                     best != NULL ? numbers_json(best->sem, n_blocks) : json_array(), "curves", curves, "totals",
                     totals_json(simulate));
}

/* The first trial, of any animal, in which an output would have reached its max_session. */
static uint32_t limit_trial(const struct simulate *simulate, uint32_t output)
{
    uint32_t first = 0;
    for (uint32_t a = 0; a < simulate->n_animals; a++) {
        const uint32_t n = simulate->runs[a].limit_trial[output];
        first = n > 0 && (first == 0 || n < first) ? n : first;
    }
    return first;
}

static json_t *simulate_json(const struct simulate *simulate)
{
    const struct config *config = &simulate->config;
    json_t *models = json_array(), *limits = json_array();
    for (uint32_t i = 0; i < config->n_models; i++)
        json_array_append_new(models, json_string(config->models[i].name));
    for (uint32_t i = 0; i < config->n_outputs; i++)
        if (limit_trial(simulate, i) > 0)
            json_array_append_new(limits,
                                  json_pack("{s:s, s:f, s:I}", "output", config->outputs[i].name, "max_session_ul",
                                            simulate->limit_ul[i], "trial", (json_int_t)limit_trial(simulate, i)));
    return json_pack("{s:s, s:s, s:o, s:I, s:I, s:s, s:I, s:[o], s:o, s:f}", "task", config->task, "rig", config->rig,
                     "models", models, "trials", (json_int_t)simulate->n_trials, "animals",
                     (json_int_t)simulate->n_animals, "seed", simulate->seed, "block",
                     (json_int_t)simulate->curves.block, "groups", group_json(simulate), "limits", limits, "wall_s",
                     simulate->wall_s);
}

/* First and last value of each curve. */
static void print(const struct simulate *simulate)
{
    const struct curves *curves = &simulate->curves;
    const struct simulate_options *options = simulate->options;
    printf("%s\n", simulate->title);
    printf("  %-22s %-28s %10s %10s\n", "mean of a block", "", "first", "last");
    for (uint32_t i = 0; i < curves->n; i++) {
        const struct curve *curve = &curves->curve[i];
        char name[128];
        uint32_t from = 0, to = curves->n_blocks - 1;
        while (isnan(curve->mean[from]))
            from++;
        while (isnan(curve->mean[to]))
            to--;
        curves_name(curve, &simulate->config, name);
        printf("  %-22s %-28s %10.4g %10.4g\n", curve->measure, name, curve->mean[from], curve->mean[to]);
    }
    for (uint32_t i = 0; i < simulate->config.n_outputs; i++)
        if (limit_trial(simulate, i) > 0)
            printf("  in a session %s gives no more than %g ul: used up in trial %u\n",
                   simulate->config.outputs[i].name, simulate->limit_ul[i], (unsigned)limit_trial(simulate, i));
    if (options->out != NULL)
        printf("  files                  %s\n", options->out);
}

static void release(struct simulate *simulate)
{
    for (uint32_t i = 0; simulate->runs != NULL && i < simulate->n_animals; i++)
        learning_free(&simulate->runs[i].learning);
    free(simulate->runs);
    free(simulate);
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    const struct simulate_options *options = given;
    struct simulate *simulate = calloc(1, sizeof *simulate);
    if (simulate == NULL) {
        error_system(err, options->task, "simulate", ENOMEM);
        return error_exit_status(err);
    }
    simulate->options = options;
    bool ok = prepare(cli, simulate, err) && run_all(simulate, err) && make_curves(simulate, err);
    if (ok && options->json)
        ok = output_json(simulate_json(simulate), err);
    else if (ok)
        print(simulate);
    release(simulate);
    return ok ? 0 : error_exit_status(err);
}

#define AT(field) offsetof(struct simulate_options, field)
static const struct options_row rows[] = {
    {.name = "TASK",                                                                       .type = OPTIONS_ARGUMENT, .help = "the task file", .offset = AT(task)},
    {.name = "rig",
     .type = OPTIONS_TEXT,
     .value = "FILE",
     .help = "the rig file; without it the one that the task's first line names",
     .offset = AT(rig)},
    {.name = "model",
     .type = OPTIONS_LIST,
     .value = "M",
     .help = "let this model predict, too, on every signal: td_csc, null_mean, null_zero",
     .offset = AT(models),
     .given = AT(n_models),
     .n_max = CONFIG_MODELS_MAX},
    {.name = "trials",
     .type = OPTIONS_NUMBER,
     .value = "N",
     .help = "of each animal; without it 1000",
     .offset = AT(trials),
     .given = AT(n_trials_given),
     .min = 1,
     .max = TRIALS_MAX},
    {.name = "animals",
     .type = OPTIONS_NUMBER,
     .value = "N",
     .help = "how many, each with a seed of its own; without it 1",
     .offset = AT(animals),
     .given = AT(n_animals_given),
     .min = 1,
     .max = ANIMALS_MAX},
    {.name = "set",
     .type = OPTIONS_LIST,
     .value = "NAME=VALUE",
     .help = "change a parameter of the task: volume=5ul",
     .offset = AT(set),
     .given = AT(n_set),
     .n_max = SET_MAX},
    {.name = "seed",
     .type = OPTIONS_WHOLE,
     .value = "N",
     .help = "of the first animal, the others count on from it; without it 1",
     .offset = AT(seed),
     .given = AT(n_seed)},
    {.name = "out",
     .letter = 'o',
     .type = OPTIONS_TEXT,
     .value = "DIR",
     .help = "a folder, absent or empty, for trials.csv, curves.csv and curves.svg",
     .offset = AT(out)},
    OPTIONS_JSON(simulate_options),
    {0                                                               },
};

const struct cli_command simulate_command = {
    .name = "simulate",
    .help = "run a task with simulated animals, faster than real time",
    .more =
        "Planner, engine and simulated devices are those of `run`, only the clock is missing: what comes out follows\n"
        "from the files and the seed. Limits a session and a day are lifted, for N trials may be many sessions.\n",
    .example = "  phasic simulate protocols/pavlovian.lua --trials 200 --animals 4 --seed 3\n",
    .options = rows,
    .size = sizeof(struct simulate_options),
    .act = act,
};
