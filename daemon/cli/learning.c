#include "cli/learning.h"
#include "engine/base/units.h"
#include "engine/model/predict.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 1024 }; /* entries that a list grows by at first */

void learning_init(struct learning *learning, const struct config *config)
{
    *learning = (struct learning){.config = config};
}

/* Room for one more entry; doubles. */
static bool grow(struct learning *learning, void **list, size_t n, size_t *max, size_t size)
{
    if (n < *max)
        return true;
    const size_t wanted = *max == 0 ? ROOM : 2 * *max;
    void *grown = realloc(*list, wanted * size);
    learning->no_memory |= grown == NULL;
    if (grown == NULL)
        return false;
    *list = grown;
    *max = wanted;
    return true;
}

static void clear_response(struct learning_response *response)
{
    for (uint32_t i = 0; i < CONFIG_SIGNALS_MAX; i++)
        response->measured[i] = (double)NAN;
    for (uint32_t i = 0; i < CONFIG_MODELS_MAX; i++)
        response->predicted[i] = (double)NAN;
}

static void begin_trial(struct learning *learning, uint32_t number, int64_t start_ns)
{
    void *list = learning->trials;
    const bool room = grow(learning, &list, learning->n_trials, &learning->trials_max, sizeof *learning->trials);
    learning->trials = list;
    if (!room)
        return;
    struct learning_trial *trial = &learning->trials[learning->n_trials++];
    *trial = (struct learning_trial){
        .start_ns = start_ns,
        .end_ns = INT64_MIN,
        .cue_ns = INT64_MIN,
        .reward_ns = INT64_MIN,
        .response_ns = INT64_MIN,
        .number = number,
        .cue = LEARNING_NONE,
        .response_input = LEARNING_NONE,
        .anticipation_hz = (double)NAN,
        .first_lick = learning->n_licks,
    };
    clear_response(&trial->at_cue);
    clear_response(&trial->at_outcome);
    learning->plan = learning->next;
    learning->state = LEARNING_NONE;
    learning->running = true;
}

static void add_lick(struct learning *learning, int64_t t_ns)
{
    void *list = learning->lick_ns;
    const bool room = grow(learning, &list, learning->n_licks, &learning->licks_max, sizeof *learning->lick_ns);
    learning->lick_ns = list;
    if (room)
        learning->lick_ns[learning->n_licks++] = t_ns;
}

/* The input whose lick at t_ns led out of the running state; LEARNING_NONE: no lick did. `to` is where it led. */
static uint32_t answered(const struct learning *learning, const struct frame_out *out, int64_t t_ns, uint32_t to)
{
    if (learning->state >= learning->plan.n_states)
        return LEARNING_NONE; /* the trial's first state has no other before it */
    const struct trial_state *state = &learning->plan.states[learning->state];
    for (uint32_t i = 0; i < out->n_decisions; i++) {
        const struct frame_decision *lick = &out->decisions[i];
        if (lick->kind != FRAME_LICK || lick->t_ns != t_ns)
            continue;
        for (uint32_t k = 0; k < state->n_on; k++)
            if (state->on[k].event == TRIAL_ON_LICK && state->on[k].id == lick->id && state->on[k].to == to &&
                to != learning->state)
                return lick->id;
    }
    return LEARNING_NONE;
}

static bool has_cues(const struct trial *plan)
{
    for (uint32_t i = 0; i < plan->n_states; i++)
        for (uint32_t k = 0; k < plan->states[i].n_enter; k++)
            if (plan->states[i].enter[k].kind == TRIAL_CS)
                return true;
    return false;
}

static void take_move(struct learning *learning, struct learning_trial *trial, const struct frame_out *out,
                      int64_t t_ns, uint32_t to)
{
    const uint32_t input = answered(learning, out, t_ns, to);
    if (input != LEARNING_NONE && trial->response_ns == INT64_MIN &&
        (trial->cue != LEARNING_NONE || !has_cues(&learning->plan))) {
        trial->response_ns = t_ns;
        trial->response_input = input;
    }
}

static void take(struct learning *learning, const struct frame_out *out, const struct frame_decision *decision)
{
    if (decision->kind == FRAME_TRIAL_START)
        begin_trial(learning, decision->id, decision->t_ns);
    else if (decision->kind == FRAME_LICK)
        add_lick(learning, decision->t_ns);
    if (!learning->running || learning->n_trials == 0)
        return;
    struct learning_trial *trial = &learning->trials[learning->n_trials - 1];
    if (decision->kind == FRAME_STATE) {
        take_move(learning, trial, out, decision->t_ns, decision->id);
        learning->state = decision->id;
    } else if (decision->kind == FRAME_CUE && decision->value > 0 && trial->cue == LEARNING_NONE) {
        trial->cue = decision->id;
        trial->cue_ns = decision->t_ns;
    } else if (decision->kind == FRAME_REWARD) {
        trial->reward_ns = trial->n_rewards++ == 0 ? decision->t_ns : trial->reward_ns;
        trial->reward_ul += decision->value;
    } else if (decision->kind == FRAME_TRIAL_END) {
        take_move(learning, trial, out, decision->t_ns, TRIAL_DONE);
        trial->end_ns = decision->t_ns;
        trial->n_licks = (uint32_t)decision->value;
        memcpy(trial->last_state, learning->plan.states[decision->id].name, CONFIG_NAME);
        learning->running = false;
    }
    trial->n_trains += decision->kind == FRAME_TRAIN && decision->value > 0;
    trial->n_fired += decision->kind == FRAME_TRIGGER_FIRED;
    trial->n_sham += decision->kind == FRAME_TRIGGER_SHAM;
    trial->n_limited += decision->kind == FRAME_LIMITED;
}

/* The newest trial that had begun by t_ns; NULL: none. */
static struct learning_trial *trial_at(struct learning *learning, int64_t t_ns)
{
    for (size_t i = learning->n_trials; i > 0; i--)
        if (learning->trials[i - 1].start_ns <= t_ns)
            return &learning->trials[i - 1];
    return NULL;
}

/* Scores come a second or more after their event, perhaps in the next trial. */
static void take_scores(struct learning *learning, const struct engine *engine, uint32_t model)
{
    const struct predict *predict = engine_model(engine, model);
    for (uint32_t k = 0; predict != NULL && k < predict->n_scored; k++) {
        const struct predict_scored *scored = &predict->scored[k];
        struct learning_trial *trial = trial_at(learning, scored->t_ns);
        if (trial == NULL)
            continue;
        const bool cue = scored->type < SCORE_US;
        struct learning_response *response = cue ? &trial->at_cue : &trial->at_outcome;
        const uint32_t signal = learning->config->models[model].signal;
        if ((cue && (uint32_t)scored->type != SCORE_CUE + trial->cue) || !isnan(response->predicted[model]))
            continue;
        response->measured[signal] = scored->m;
        response->predicted[model] = scored->p;
    }
}

void learning_tick(struct learning *learning, const struct frame_in *in, const struct frame_out *out,
                   const struct engine *engine)
{
    if (in->plan != NULL)
        learning->next = *in->plan;
    for (uint32_t i = 0; i < out->n_decisions; i++)
        take(learning, out, &out->decisions[i]);
    for (uint32_t i = 0; i < learning->config->n_models; i++)
        take_scores(learning, engine, i);
}

size_t learning_n_ended(const struct learning *learning)
{
    return learning->n_trials - (learning->running && learning->n_trials > 0);
}

/* The shortest time from cue to reward among the trials with that cue; INT64_MAX: never rewarded. */
static int64_t shortest_wait(const struct learning *learning, uint32_t cue)
{
    int64_t wait_ns = INT64_MAX;
    for (size_t i = 0; i < learning->n_trials; i++) {
        const struct learning_trial *trial = &learning->trials[i];
        if (trial->cue == cue && trial->reward_ns > trial->cue_ns && trial->reward_ns - trial->cue_ns < wait_ns)
            wait_ns = trial->reward_ns - trial->cue_ns;
    }
    return wait_ns;
}

static void count_anticipation(const struct learning *learning, struct learning_trial *trial, int64_t wait_ns)
{
    const int64_t end_ns = trial->reward_ns > trial->cue_ns          ? trial->reward_ns
                           : wait_ns < trial->end_ns - trial->cue_ns ? trial->cue_ns + wait_ns
                                                                     : trial->end_ns;
    uint32_t n = 0;
    for (size_t i = trial->first_lick; i < learning->n_licks && learning->lick_ns[i] < end_ns; i++)
        n += learning->lick_ns[i] >= trial->cue_ns;
    if (end_ns > trial->cue_ns)
        trial->anticipation_hz = n / units_s(end_ns - trial->cue_ns);
}

bool learning_finish(struct learning *learning)
{
    int64_t wait_ns[CONFIG_CUES_MAX], shortest_ns = INT64_MAX;
    if (learning->running && learning->n_trials > 0)
        learning->n_trials--;
    learning->running = false;
    for (uint32_t c = 0; c < CONFIG_CUES_MAX; c++) {
        wait_ns[c] = shortest_wait(learning, c);
        shortest_ns = wait_ns[c] < shortest_ns ? wait_ns[c] : shortest_ns;
    }
    for (size_t i = 0; i < learning->n_trials; i++) {
        struct learning_trial *trial = &learning->trials[i];
        if (trial->cue != LEARNING_NONE) /* a cue that never paid is measured as those that did */
            count_anticipation(learning, trial, wait_ns[trial->cue] != INT64_MAX ? wait_ns[trial->cue] : shortest_ns);
    }
    return !learning->no_memory;
}

void learning_free(struct learning *learning)
{
    free(learning->trials);
    free(learning->lick_ns);
    *learning = (struct learning){0};
}
