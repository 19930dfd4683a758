#include "cli/curves.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a measure is asked of. */
struct split {
    uint32_t cue, input, signal, model;
};

static double anticipation(const struct learning_trial *trial, const struct split *split)
{
    (void)split;
    return trial->anticipation_hz;
}

static double answered(const struct learning_trial *trial, const struct split *split)
{
    (void)split;
    return trial->response_ns != INT64_MIN;
}

static double latency(const struct learning_trial *trial, const struct split *split)
{
    (void)split;
    const int64_t from_ns = trial->cue != LEARNING_NONE ? trial->cue_ns : trial->start_ns;
    return trial->response_ns == INT64_MIN ? (double)NAN : (double)(trial->response_ns - from_ns) / 1e9;
}

static double chosen(const struct learning_trial *trial, const struct split *split)
{
    return trial->response_ns == INT64_MIN ? (double)NAN : trial->response_input == split->input;
}

static double rewards(const struct learning_trial *trial, const struct split *split)
{
    (void)split;
    return trial->n_rewards;
}

static double stimulated(const struct learning_trial *trial, const struct split *split)
{
    (void)split;
    return trial->n_trains;
}

static double cue_dff(const struct learning_trial *trial, const struct split *split)
{
    return trial->at_cue.measured[split->signal];
}

static double reward_dff(const struct learning_trial *trial, const struct split *split)
{
    return trial->n_rewards > 0 ? trial->at_outcome.measured[split->signal] : (double)NAN;
}

static double omission_dff(const struct learning_trial *trial, const struct split *split)
{
    return trial->n_rewards == 0 ? trial->at_outcome.measured[split->signal] : (double)NAN;
}

static double cue_predicted(const struct learning_trial *trial, const struct split *split)
{
    return trial->at_cue.predicted[split->model];
}

static double reward_predicted(const struct learning_trial *trial, const struct split *split)
{
    return trial->n_rewards > 0 ? trial->at_outcome.predicted[split->model] : (double)NAN;
}

static double omission_predicted(const struct learning_trial *trial, const struct split *split)
{
    return trial->n_rewards == 0 ? trial->at_outcome.predicted[split->model] : (double)NAN;
}

enum { BY_CUE = 1, BY_SPOUT = 2, BY_SIGNAL = 4, BY_MODEL = 8, IF_EVER = 16 }; /* IF_EVER: only if not always 0 */

static const struct measure {
    const char *name, *axis;
    unsigned by;
    double (*of)(const struct learning_trial *trial, const struct split *split);
} measures[] = {
    {"anticipatory_lick_hz", "anticipatory licks (1/s)",    BY_CUE,             anticipation      },
    {"choice",               "share of choices",            BY_SPOUT,           chosen            },
    {"response",             "share of trials answered",    BY_CUE | IF_EVER,   answered          },
    {"latency_s",            "time to the response (s)",    BY_CUE,             latency           },
    {"reward_rate",          "rewards a trial",             BY_CUE,             rewards           },
    {"stimulations",         "pulse trains a trial",        BY_CUE | IF_EVER,   stimulated        },
    {"cue_dff",              "dF/F after the cue (%)",      BY_CUE | BY_SIGNAL, cue_dff           },
    {"reward_dff",           "dF/F after the reward (%)",   BY_CUE | BY_SIGNAL, reward_dff        },
    {"omission_dff",         "dF/F after its omission (%)", BY_CUE | BY_SIGNAL, omission_dff      },
    {"cue_predicted",        "dF/F after the cue (%)",      BY_CUE | BY_MODEL,  cue_predicted     },
    {"reward_predicted",     "dF/F after the reward (%)",   BY_CUE | BY_MODEL,  reward_predicted  },
    {"omission_predicted",   "dF/F after its omission (%)", BY_CUE | BY_MODEL,  omission_predicted},
};

/* One point: mean over the trials of each animal, then over animals. */
static void average(const struct learning *animals, size_t n_animals, uint32_t from, uint32_t to,
                    const struct measure *measure, const struct split *split, struct curve *curve, uint32_t block)
{
    double sum = 0, square = 0, n_with = 0;
    for (size_t a = 0; a < n_animals; a++) {
        double total = 0, n = 0;
        for (uint32_t i = from; i < to && i < animals[a].n_trials; i++) {
            const struct learning_trial *trial = &animals[a].trials[i];
            if ((measure->by & BY_CUE) != 0 && trial->cue != split->cue)
                continue;
            const double value = measure->of(trial, split);
            total += isnan(value) ? 0 : value;
            n += isnan(value) ? 0 : 1;
        }
        if (n <= 0)
            continue;
        curve->n[block] += (uint32_t)n;
        n_with++;
        sum += total / n;
        square += total / n * (total / n);
    }
    const double mean = sum / n_with; /* 0 / 0: NaN, no value */
    const double spread = n_with > 1 ? (square - n_with * mean * mean) / (n_with - 1) : 0;
    curve->mean[block] = mean;
    curve->sem[block] = n_with > 0 ? sqrt(fmax(spread, 0) / n_with) : (double)NAN;
}

static bool worth_showing(const struct curves *curves, const struct curve *curve, unsigned by)
{
    bool some = false, ever = false;
    for (uint32_t b = 0; b < curves->n_blocks; b++) {
        some |= curve->n[b] > 0;
        ever |= curve->n[b] > 0 && fabs(curve->mean[b]) > 0;
    }
    return some && (ever || (by & IF_EVER) == 0);
}

static void add(const struct learning *animals, size_t n_animals, const struct measure *measure,
                const struct split *split, uint32_t n_trials, struct curves *curves)
{
    if (curves->n == CURVES_MAX)
        return;
    struct curve *curve = &curves->curve[curves->n];
    *curve = (struct curve){.measure = measure->name,
                            .axis = measure->axis,
                            .cue = split->cue,
                            .input = split->input,
                            .signal = split->signal,
                            .model = split->model};
    for (uint32_t b = 0; b < curves->n_blocks; b++) {
        const uint32_t from = b * curves->block, to = from + curves->block;
        average(animals, n_animals, from, to < n_trials ? to : n_trials, measure, split, curve, b);
    }
    curves->n += worth_showing(curves, curve, measure->by);
}

static uint32_t n_spouts(const struct config *config)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < config->n_inputs; i++)
        n += config->inputs[i].kind == CONFIG_INPUT_LICK;
    return n;
}

/* One measure for everything that it is split by. A cue that is not there is the one of trials without a cue. */
static void add_all(const struct learning *animals, size_t n_animals, const struct measure *measure, uint32_t n_trials,
                    struct curves *curves)
{
    const struct config *config = animals[0].config;
    const struct split none = {LEARNING_NONE, LEARNING_NONE, LEARNING_NONE, LEARNING_NONE};
    if ((measure->by & BY_SPOUT) != 0) {
        for (uint32_t i = 0; i < config->n_inputs && n_spouts(config) > 1; i++)
            if (config->inputs[i].kind == CONFIG_INPUT_LICK) {
                struct split split = none;
                split.input = i;
                add(animals, n_animals, measure, &split, n_trials, curves);
            }
        return;
    }
    const bool signals = (measure->by & BY_SIGNAL) != 0, models = (measure->by & BY_MODEL) != 0;
    const uint32_t n = signals ? config->n_signals : models ? config->n_models : 1;
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t c = 0; c <= config->n_cues; c++) {
            struct split split = none;
            split.cue = c < config->n_cues ? c : LEARNING_NONE;
            split.signal = signals ? k : models ? config->models[k].signal : LEARNING_NONE;
            split.model = models ? k : LEARNING_NONE;
            add(animals, n_animals, measure, &split, n_trials, curves);
        }
}

void curves_make(const struct learning *animals, size_t n_animals, uint32_t n_trials, struct curves *curves)
{
    *curves = (struct curves){.block = 1};
    static const uint32_t sizes[] = {1, 2, 5}; /* blocks of 1, 2, 5, 10, 20, 50 ... trials */
    uint32_t scale = 1;
    for (uint32_t i = 0; (n_trials + curves->block - 1) / curves->block > CURVES_BLOCKS_MAX; i++) {
        curves->block = sizes[i % 3] * scale;
        scale *= i % 3 == 2 ? 10 : 1;
    }
    curves->n_blocks = (n_trials + curves->block - 1) / curves->block;
    if (n_animals == 0)
        return;
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++)
        add_all(animals, n_animals, &measures[i], n_trials, curves);
}

const struct curve *curves_main(const struct curves *curves)
{
    static const char *const order[] = {"anticipatory_lick_hz", "reward_rate"};
    bool chooses = false;
    for (uint32_t i = 0; i < curves->n; i++)
        chooses |= strcmp(curves->curve[i].measure, "choice") == 0;
    for (size_t k = chooses; k < sizeof order / sizeof *order; k++)
        for (uint32_t i = 0; i < curves->n; i++)
            if (strcmp(curves->curve[i].measure, order[k]) == 0)
                return &curves->curve[i];
    return curves->n > 0 ? &curves->curve[0] : NULL;
}

void curves_name(const struct curve *curve, const struct config *config, char text[128])
{
    const struct {
        uint32_t i;
        const char *before, *name;
    } parts[] = {
        {curve->cue,    "cue ", curve->cue != LEARNING_NONE ? config->cues[curve->cue].name : ""         },
        {curve->input,  "",     curve->input != LEARNING_NONE ? config->inputs[curve->input].name : ""   },
        {curve->signal, "",     curve->signal != LEARNING_NONE ? config->signals[curve->signal].name : ""},
        {curve->model,  "",     curve->model != LEARNING_NONE ? config->models[curve->model].name : ""   },
    };
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i].i != LEARNING_NONE && n < 128)
            n += (size_t)snprintf(text + n, 128 - n, "%s%s%s", n > 0 ? ", " : "", parts[i].before, parts[i].name);
}
