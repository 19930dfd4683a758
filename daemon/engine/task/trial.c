#include "engine/task/trial.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

static const int64_t hour_ns = INT64_C(3600000000000);
static const int64_t timer_on_min_ns = 100000; /* the shortest tick: what is shorter is between two of them */

bool trial_event_of_input(uint32_t event)
{
    return event == TRIAL_ON_LICK || event == TRIAL_ON_RISE || event == TRIAL_ON_FALL || event == TRIAL_ON_BOUT ||
           event == TRIAL_ON_BOUT_END;
}

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

static bool check_below(uint32_t id, uint32_t n, int i, const char *field, const char *expected, struct error *err)
{
    return id < n || fail(err, i, field, id, expected, n);
}

static bool check_action(const struct trial *trial, const struct trial_action *action, const struct config *config,
                         int i, struct error *err)
{
    switch ((enum trial_action_kind)action->kind) {
    case TRIAL_NOTHING:
        return true;
    case TRIAL_CS:
        return check_below(action->target, config->n_cues, i, "cs.target", "a cue, below ", err);
    case TRIAL_DELIVER:
        return check_deliver(action, config, i, err);
    case TRIAL_TRAIN:
        return check_below(action->target, config->n_trains, i, "train.target", "a train, below ", err);
    case TRIAL_TIMER:
    case TRIAL_STOP:
        return check_below(action->target, trial->n_timers, i, "timer.target", "a timer of the trial, below ", err);
    case TRIAL_COUNT:
    case TRIAL_RESET:
        return check_below(action->target, config->n_counters, i, "counter.target", "a counter, below ", err);
    }
    return fail(err, i, "action.kind", action->kind, "0..", TRIAL_ACTION_LAST);
}

/* An event that can happen at all: its input is of the right kind, its trigger exists. */
static bool check_event(const struct trial *trial, const struct trial_on *on, const struct config *config, int i,
                        struct error *err)
{
    const bool is_input = on->id < config->n_inputs;
    const bool is_lick = is_input && config->inputs[on->id].kind == CONFIG_INPUT_LICK;
    switch ((enum trial_event_kind)on->event) {
    case TRIAL_ON_LICK:
    case TRIAL_ON_BOUT:
    case TRIAL_ON_BOUT_END:
        return is_lick || fail(err, i, "on.id", on->id, "a lick input, below ", config->n_inputs);
    case TRIAL_ON_RISE:
        return (is_input && !is_lick) ||
               fail(err, i, "on.id", on->id, "an input that is no lick sensor, below ", config->n_inputs);
    case TRIAL_ON_FALL:
        return check_below(on->id, config->n_inputs, i, "on.id", "an input, below ", err);
    case TRIAL_ON_TRIGGER:
        return check_below(on->id, config->n_triggers, i, "on.id", "a trigger, below ", err);
    case TRIAL_ON_TRAIN_END:
        return check_below(on->id, config->n_trains, i, "on.id", "a train, below ", err);
    case TRIAL_ON_TIMER:
    case TRIAL_ON_TIMER_END:
        return check_below(on->id, trial->n_timers, i, "on.id", "a timer of the trial, below ", err);
    case TRIAL_ON_MESSAGE:
        return check_below(on->id, config->n_messages, i, "on.id", "a message, below ", err);
    case TRIAL_ON_COUNT:
        return check_below(on->id, config->n_counters, i, "on.id", "a counter, below ", err);
    }
    return fail(err, i, "on.event", on->event, "1..", TRIAL_EVENT_LAST);
}

static bool check_on(const struct trial *trial, const struct trial_on *on, const struct config *config, int i,
                     struct error *err)
{
    const bool counts = on->event == TRIAL_ON_COUNT;
    if (on->to >= trial->n_states && on->to != TRIAL_STAY && on->to != TRIAL_DONE)
        return fail(err, i, "on.to", on->to, "stay, done, or a state, below ", trial->n_states);
    if (on->from_ns < 0 || on->from_ns > hour_ns)
        return fail(err, i, "on.from_ns", (double)on->from_ns, "0..", (double)hour_ns);
    if (on->until_ns != 0 && on->until_ns <= on->from_ns)
        return fail(err, i, "on.until_ns", (double)on->until_ns, "more than ", (double)on->from_ns);
    if (counts != (on->count > 0))
        return fail(err, i, "on.count", on->count, "only with a counter, and then at least ", 1);
    if (counts && on->to == TRIAL_STAY)
        return fail(err, i, "on.to", on->to, "done, or a state, below ", trial->n_states);
    return check_event(trial, on, config, i, err) && check_action(trial, &on->action, config, i, err);
}

/* `field` of timer `i`. */
static bool fail_timer(struct error *err, uint32_t i, const char *field, double got, const char *expected)
{
    struct error what, value;
    error_set(&what, ERROR_INPUT, NULL, NULL, NULL, "trial.timers[%u].%s", (unsigned)i, field);
    error_set(&value, ERROR_INPUT, NULL, NULL, NULL, "%.10g", got);
    return error_set(err, ERROR_INPUT, NULL, what.expected, value.expected, "%s", expected);
}

/* CONFIG_NAME: it has no end. */
static size_t name_length(const char name[CONFIG_NAME])
{
    size_t n = 0;
    while (n < CONFIG_NAME && name[n] != '\0')
        n++;
    return n;
}

static bool named(const char name[CONFIG_NAME])
{
    const size_t n = name_length(name);
    return n > 0 && n < CONFIG_NAME;
}

static bool check_timer(const struct trial_timer *timer, const struct config *config, uint32_t i, struct error *err)
{
    if (!named(timer->name))
        return fail_timer(err, i, "name", 0, "a name");
    if (timer->delay_ns < 0 || timer->delay_ns > hour_ns)
        return fail_timer(err, i, "delay_ns", (double)timer->delay_ns, "0..1 h");
    if (timer->on_ns < timer_on_min_ns || timer->on_ns > hour_ns)
        return fail_timer(err, i, "on_ns", (double)timer->on_ns, "100 us..1 h");
    if (timer->off_ns < 0 || timer->off_ns > hour_ns)
        return fail_timer(err, i, "off_ns", (double)timer->off_ns, "0..1 h");
    if (timer->output == UINT32_MAX)
        return true;
    const struct config_output *output = timer->output < config->n_outputs ? &config->outputs[timer->output] : NULL;
    if (output == NULL || output->kind == CONFIG_OUTPUT_VALVE || output->kind == CONFIG_OUTPUT_LED)
        return fail_timer(err, i, "output", timer->output, "a sound, laser or digital output");
    if (timer->on_ns > output->max_on_ns)
        return fail_timer(err, i, "on_ns", (double)timer->on_ns, "no longer than the output's max_on_ns");
    return true;
}

static bool check_state(const struct trial *trial, int i, const struct config *config, struct error *err)
{
    const struct trial_state *state = &trial->states[i];
    const bool timed = state->after_ns != INT64_MAX;
    if (!named(state->name))
        return fail(err, i, "name", (double)name_length(state->name), "a length of 1..", CONFIG_NAME - 1);
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
    if (state->n_exit > TRIAL_EXIT_MAX)
        return fail(err, i, "n_exit", state->n_exit, "0..", TRIAL_EXIT_MAX);
    for (uint32_t j = 0; j < state->n_enter; j++)
        if (!check_action(trial, &state->enter[j], config, i, err))
            return false;
    for (uint32_t j = 0; j < state->n_exit; j++) {
        if (state->exit[j].kind == TRIAL_CS)
            return fail(err, i, "exit.kind", TRIAL_CS, "an action that needs no state: other than ", TRIAL_CS);
        if (!check_action(trial, &state->exit[j], config, i, err))
            return false;
    }
    bool leaves = timed;
    for (uint32_t j = 0; j < state->n_on; j++) {
        if (!check_on(trial, &state->on[j], config, i, err))
            return false;
        leaves |= state->on[j].to != TRIAL_STAY;
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
    if (trial->n_timers > TRIAL_TIMERS_MAX)
        return fail(err, -1, "n_timers", trial->n_timers, "0..", TRIAL_TIMERS_MAX);
    if (trial->fallback > 1)
        return fail(err, -1, "fallback", trial->fallback, "0..", 1);
    for (uint32_t i = 0; i < trial->n_timers; i++)
        if (!check_timer(&trial->timers[i], config, i, err))
            return false;
    for (uint32_t i = 0; i < trial->n_states; i++)
        if (!check_state(trial, (int)i, config, err))
            return false;
    return true;
}
