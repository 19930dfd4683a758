/* learning: what an animal did in each trial, from the ticks of a session. (cli/learning.h)
 *
 * A trial's cue is the first one that it showed, its outcome the first reward. A lick is its response if it was the
 * first after the cue (in a trial without a cue: the first) to lead the task into another state. Licks are anticipatory
 * between cue and outcome; in a trial without a reward until the shortest wait of any reward after its cue is over, so
 * that both kinds of trials are measured over the same time. Responses of the fibre are those that the models are
 * scored on: the mean dF/F of 0.1..1 s after the event minus that of the half second before. Threads: one, not
 * real-time. Memory: the heap. */
#pragma once
#include "engine/engine.h"
#include "engine/task/trial.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEARNING_NONE UINT32_MAX /* no cue, no input */

/* A measured response and what each model predicted of it before; NaN: none. */
struct learning_response {
    double measured[CONFIG_SIGNALS_MAX];
    double predicted[CONFIG_MODELS_MAX]; /* by index into config.models */
};

/* One trial. Times are session time, INT64_MIN: it did not happen. */
struct learning_trial {
    int64_t start_ns, end_ns, cue_ns, reward_ns, response_ns;
    uint32_t number, cue, response_input;
    uint32_t n_licks, n_rewards, n_trains, n_fired, n_sham, n_limited;
    double reward_ul;
    double anticipation_hz; /* anticipatory licks a second; NaN without a cue or a time to lick in */
    size_t first_lick;      /* of the trial, among all licks */
    char last_state[CONFIG_NAME];
    struct learning_response at_cue, at_outcome; /* an omitted outcome counts at the time it was due */
};

struct learning {
    const struct config *config;
    size_t n_trials, trials_max, n_licks, licks_max;
    struct learning_trial *trials;
    int64_t *lick_ns;        /* every lick at any spout, in the order of their detection */
    struct trial plan, next; /* the running trial's states, and those of the one that waits */
    uint32_t state;          /* of the running trial; LEARNING_NONE before its first */
    bool running, no_memory;
};

/* Of a session on `config`, which stays the caller's. */
void learning_init(struct learning *learning, const struct config *config);

/* Takes in the next tick. */
void learning_tick(struct learning *learning, const struct frame_in *in, const struct frame_out *out,
                   const struct engine *engine);

/* Trials that have ended. */
size_t learning_n_ended(const struct learning *learning);

/* After the last tick: drops a trial that was cut, computes what needs the whole session. False: there was no memory.
 */
bool learning_finish(struct learning *learning);

/* A zeroed one is allowed. */
void learning_free(struct learning *learning);
