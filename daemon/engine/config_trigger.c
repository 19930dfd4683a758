#include "engine/config_trigger.h"
#include "engine/base/units.h"
#include "engine/model/model.h"
#include "engine/signal/phase.h"
#include <math.h>

static const double ten_minutes_ns = 6e11;

/* The source at `field` ("source", "conditions") of trigger `i`. */
static bool check_source(const struct config *config, uint32_t i, const char *field, const struct config_source *source,
                         uint32_t last, struct error *err)
{
    if (source->kind < 1 || source->kind > last)
        return config_fail(err, "triggers", i, field, source->kind, "a kind of source that can stand here");
    if (source->kind == CONFIG_SOURCE_YOKE)
        return true;
    if (source->signal >= config->n_signals)
        return config_fail(err, "triggers", i, field, source->signal, "a signal that exists");
    if (source->kind == CONFIG_SOURCE_DFF || source->kind == CONFIG_SOURCE_PHASE)
        return true;
    if (source->model >= config->n_models || config->models[source->model].signal != source->signal)
        return config_fail(err, "triggers", i, field, source->model, "a model of the source's signal");
    const struct model_ops *ops = model_find(config->models[source->model].name);
    const uint32_t n = CONFIG_VARIABLES + (ops ? (uint32_t)ops->n_aux : 0);
    return source->kind != CONFIG_SOURCE_VARIABLE || source->variable < n ||
           config_fail(err, "triggers", i, field, source->variable, "a number that the model has");
}

static bool check_condition(const struct config *config, uint32_t i, const struct config_condition *condition,
                            struct error *err)
{
    switch ((enum config_condition_kind)condition->kind) {
    case CONFIG_CONDITION_LICKED:
    case CONFIG_CONDITION_NOT_LICKED:
    case CONFIG_CONDITION_LICK_RATE:
        if (condition->input >= config->n_inputs || config->inputs[condition->input].kind != CONFIG_INPUT_LICK)
            return config_fail(err, "triggers", i, "conditions", condition->input, "a lick sensor");
        if (condition->window_ns < config->period_ns || (double)condition->window_ns > ten_minutes_ns)
            return config_fail(err, "triggers", i, "conditions", (double)condition->window_ns,
                               "a window of a tick to ten minutes");
        return condition->kind != CONFIG_CONDITION_LICK_RATE ||
               (condition->level > 0 && condition->level * units_s(condition->window_ns) <= CONFIG_LICKS_MAX) ||
               config_fail(err, "triggers", i, "conditions", condition->level, "a rate that comes to 64 licks at most");
    case CONFIG_CONDITION_ABOVE:
    case CONFIG_CONDITION_BELOW:
        return (isfinite(condition->level) ||
                config_fail(err, "triggers", i, "conditions", CONFIG_NO_VALUE, "a number")) &&
               check_source(config, i, "conditions", &condition->source, CONFIG_SOURCE_VARIABLE, err);
    }
    return config_fail(err, "triggers", i, "conditions", condition->kind, "a kind that this version knows");
}

/* Times of an earlier session: a range of them that rises. */
static bool check_yoke(const struct config *config, uint32_t i, struct error *err)
{
    const struct config_trigger *trigger = &config->triggers[i];
    if (trigger->yoke_first > config->n_yoke || trigger->n_yoke > config->n_yoke - trigger->yoke_first)
        return config_fail(err, "triggers", i, "n_yoke", trigger->n_yoke, "times that are there");
    for (uint32_t k = 0; k < trigger->n_yoke; k++) {
        const struct config_yoke *yoke = &config->yoke[trigger->yoke_first + k];
        if (yoke->t_ns < 0 || (k > 0 && yoke->t_ns <= yoke[-1].t_ns))
            return config_fail(err, "triggers", i, "yoke", (double)yoke->t_ns,
                               "session times, each later than the last");
    }
    return true;
}

bool config_trigger_check(const struct config *config, uint32_t i, struct error *err)
{
    const struct config_trigger *trigger = &config->triggers[i];
    const bool is_phase = trigger->source.kind == CONFIG_SOURCE_PHASE;
    if (!check_source(config, i, "source", &trigger->source, CONFIG_SOURCE_YOKE, err) || !check_yoke(config, i, err))
        return false;
    if (trigger->below ? trigger->release < trigger->threshold : trigger->release > trigger->threshold)
        return config_fail(err, "triggers", i, "release", trigger->release,
                           "a level on the quiet side of the threshold");
    if (trigger->max_n > 0 && trigger->max_per_ns == 0)
        return config_fail(err, "triggers", i, "max_per_ns", (double)trigger->max_per_ns, "a time, with max_n");
    if (is_phase && (trigger->below != 0 || trigger->zscore != 0 || trigger->drop > 0 || trigger->slope_ns > 0))
        return config_fail(err, "triggers", i, "source", trigger->source.kind, "an amplitude to be above, for a phase");
    const double rate_hz =
        is_phase ? config->channels[config->signals[trigger->source.signal].channel_signal].rate_hz : 0;
    if (is_phase && !phase_band_good(rate_hz, trigger->low_hz, trigger->high_hz))
        return config_fail(err, "triggers", i, "high_hz", trigger->high_hz,
                           "a band that the signal's rate allows (phase.h)");
    for (uint32_t k = 0; k < trigger->n_conditions; k++)
        if (!check_condition(config, i, &trigger->conditions[k], err))
            return false;
    return true;
}
