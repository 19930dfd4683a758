#include "engine/task/trial.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

static const int64_t hour_ns = INT64_C(3600000000000);

/* `field` of state `i` ("states[3].after_ns"); i < 0: of the trial. error_set formats only its last part. */
static bool fail(struct error *err, int i, const char *field, double got, const char *expected, double max)
{
    struct error what, value, words;
    if (i < 0)
        error_set(&what, ERROR_INPUT, NULL, NULL, NULL, "trial.%s", field);
    else
        error_set(&what, ERROR_INPUT, NULL, NULL, NULL, "trial.states[%d].%s", i, field);
    error_set(&value, ERROR_INPUT, NULL, NULL, NULL, "%.10g", got);
    error_set(&words, ERROR_INPUT, NULL, NULL, NULL, "%s%.10g", expected, max);
    return error_set(err, ERROR_INPUT, NULL, what.expected, value.expected, "%s", words.expected);
}

static bool check_deliver(const struct trial_action *action, const struct config *config, int i, struct error *err)
{
    if (action->target >= config->n_outputs || config->outputs[action->target].kind != CONFIG_OUTPUT_VALVE)
        return fail(err, i, "deliver.target", action->target, "a valve, below ", config->n_outputs);
    const struct config_output *output = &config->outputs[action->target];
    if (action->duration_ns <= 0 || action->duration_ns > output->max_on_ns)
        return fail(err, i, "deliver.duration_ns", (double)action->duration_ns, "1..", (double)output->max_on_ns);
    if (!(action->ul > 0 && action->ul <= output->max_session_ul) || isinf(action->ul))
        return fail(err, i, "deliver.ul", action->ul, "above 0, at most ", output->max_session_ul);
    return true;
}

static bool check_action(const struct trial_action *action, const struct config *config, int i, struct error *err)
{
    switch ((enum trial_action_kind)action->kind) {
    case TRIAL_NOTHING:
        return true;
    case TRIAL_CS:
        return action->target < config->n_cues ||
               fail(err, i, "cs.target", action->target, "a cue, below ", config->n_cues);
    case TRIAL_DELIVER:
        return check_deliver(action, config, i, err);
    case TRIAL_TRAIN:
        return action->target < config->n_trains ||
               fail(err, i, "train.target", action->target, "a train, below ", config->n_trains);
    }
    return fail(err, i, "action.kind", action->kind, "0..", TRIAL_TRAIN);
}

/* An event that can happen at all: its input is of the right kind, its trigger exists. */
static bool check_event(const struct trial_on *on, const struct config *config, int i, struct error *err)
{
    const bool is_input = on->id < config->n_inputs;
    switch ((enum trial_event_kind)on->event) {
    case TRIAL_ON_LICK:
        return (is_input && config->inputs[on->id].kind == CONFIG_INPUT_LICK) ||
               fail(err, i, "on.id", on->id, "a lick input, below ", config->n_inputs);
    case TRIAL_ON_RISE:
        return (is_input && config->inputs[on->id].kind != CONFIG_INPUT_LICK) ||
               fail(err, i, "on.id", on->id, "an input that is no lick sensor, below ", config->n_inputs);
    case TRIAL_ON_TRIGGER:
        return on->id < config->n_triggers || fail(err, i, "on.id", on->id, "a trigger, below ", config->n_triggers);
    case TRIAL_ON_TRAIN_END:
        return on->id < config->n_trains || fail(err, i, "on.id", on->id, "a train, below ", config->n_trains);
    }
    return fail(err, i, "on.event", on->event, "1..", TRIAL_ON_TRAIN_END);
}

static bool check_state(const struct trial *trial, int i, const struct config *config, struct error *err)
{
    const struct trial_state *state = &trial->states[i];
    size_t n_name = 0;
    while (n_name < CONFIG_NAME && state->name[n_name] != '\0')
        n_name++;
    const bool timed = state->after_ns != INT64_MAX;
    if (n_name == 0 || n_name == CONFIG_NAME)
        return fail(err, i, "name", (double)n_name, "a length of 1..", CONFIG_NAME - 1);
    if (timed && (state->after_ns < 0 || state->after_ns > hour_ns))
        return fail(err, i, "after_ns", (double)state->after_ns, "no timer, or 0..", (double)hour_ns);
    if (timed && state->after_to >= trial->n_states && state->after_to != TRIAL_DONE)
        return fail(err, i, "after_to", state->after_to, "done, or a state, below ", trial->n_states);
    if (state->arm >> config->n_triggers != 0)
        return fail(err, i, "arm", state->arm, "bits of the triggers, of which there are ", config->n_triggers);
    if (state->n_enter > TRIAL_ENTER_MAX)
        return fail(err, i, "n_enter", state->n_enter, "0..", TRIAL_ENTER_MAX);
    if (state->n_on > TRIAL_ON_MAX)
        return fail(err, i, "n_on", state->n_on, "0..", TRIAL_ON_MAX);
    for (uint32_t j = 0; j < state->n_enter; j++)
        if (!check_action(&state->enter[j], config, i, err))
            return false;
    bool leaves = timed;
    for (uint32_t j = 0; j < state->n_on; j++) {
        const struct trial_on *on = &state->on[j];
        if (on->to >= trial->n_states && on->to != TRIAL_STAY && on->to != TRIAL_DONE)
            return fail(err, i, "on.to", on->to, "stay, done, or a state, below ", trial->n_states);
        if (!check_event(on, config, i, err) || !check_action(&on->action, config, i, err))
            return false;
        leaves |= on->to != TRIAL_STAY;
    }
    return leaves || fail(err, i, "n_on", state->n_on, "a timer, or reactions that leave the state: at least ", 1);
}

bool trial_check(const struct trial *trial, const struct config *config, struct error *err)
{
    if (trial->number < 1)
        return fail(err, -1, "number", (double)trial->number, "at least ", 1);
    if (trial->over > 1)
        return fail(err, -1, "over", trial->over, "0..", 1);
    if (trial->over == 1)
        return trial->n_states == 0 || fail(err, -1, "n_states", trial->n_states, "of a trial that is over ", 0);
    if (trial->n_states < 1 || trial->n_states > TRIAL_STATES_MAX)
        return fail(err, -1, "n_states", trial->n_states, "1..", TRIAL_STATES_MAX);
    for (uint32_t i = 0; i < trial->n_states; i++)
        if (!check_state(trial, (int)i, config, err))
            return false;
    return true;
}
