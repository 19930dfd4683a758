/* trial: one trial, compiled: flat, bounded, checked. (engine/task/trial.h)
 *
 * The planner makes it from the table that the task's trial() returned; the machine (machine.h) runs it. No pointer, no
 * text that is interpreted: indices and times only. trial_check is the border: the core checks every trial that
 * arrives, also its own planner's. Threads: any. Memory: the caller's. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"

enum {
    TRIAL_STATES_MAX = 32,
    TRIAL_ENTER_MAX = 8, /* entry actions a state */
    TRIAL_EXIT_MAX = 4,  /* exit actions a state */
    TRIAL_ON_MAX = 12,   /* reactions a state */
    TRIAL_TIMERS_MAX = 8,
    TRIAL_DONE = 255, /* as a target: the trial is over */
    TRIAL_STAY = 254, /* as a target: only the action, no transition */
};

enum trial_action_kind {
    TRIAL_NOTHING,
    TRIAL_CS,      /* target cue: on now, off when the state is left */
    TRIAL_DELIVER, /* target output: one pulse of duration_ns that gives `ul` */
    TRIAL_TRAIN,   /* target train: start it */
    TRIAL_TIMER,   /* target timer of the trial: start it */
    TRIAL_STOP,    /* target timer of the trial: stop it */
    TRIAL_COUNT,   /* target counter: one more */
    TRIAL_RESET,   /* target counter: back to 0 */
};
enum { TRIAL_ACTION_LAST = TRIAL_RESET };

struct trial_action {
    int64_t duration_ns;
    double ul;
    uint32_t kind; /* enum trial_action_kind */
    uint32_t target;
};

enum trial_event_kind {
    TRIAL_ON_LICK = 1,  /* id input: a lick's onset */
    TRIAL_ON_RISE,      /* id input: a rising edge */
    TRIAL_ON_TRIGGER,   /* id trigger: fired, not sham */
    TRIAL_ON_TRAIN_END, /* id train: its duration is over */
    TRIAL_ON_FALL,      /* id input: a falling edge; of a lick sensor: the end of a lick */
    TRIAL_ON_BOUT,      /* id input: the first lick of a bout */
    TRIAL_ON_BOUT_END,  /* id input: bout_gap has passed since the last lick's onset */
    TRIAL_ON_TIMER,     /* id timer of the trial: it goes on, in each of its loops */
    TRIAL_ON_TIMER_END, /* id timer of the trial: its last loop's on is over */
    TRIAL_ON_MESSAGE,   /* id message: a client has sent it */
    TRIAL_ON_COUNT,     /* id counter: it is at `count` or above; no event that waits, looked at after every count */
};
enum { TRIAL_EVENT_LAST = TRIAL_ON_COUNT };

/* True if the kind's id is an input. */
bool trial_event_of_input(uint32_t event) RT_SAFE;

/* When the event happens in this state, from from_ns until before until_ns after its start: do the action, then go to
 * `to`. The first matching row wins. */
struct trial_on {
    struct trial_action action;
    int64_t from_ns, until_ns; /* both 0: as long as the state lasts */
    uint32_t event;            /* enum trial_event_kind */
    uint32_t id;
    uint32_t to;    /* state index, TRIAL_STAY or TRIAL_DONE */
    uint32_t count; /* TRIAL_ON_COUNT only, else 0 */
};

/* timer.h runs it. */
struct trial_timer {
    char name[CONFIG_NAME];
    int64_t delay_ns, on_ns, off_ns;
    uint32_t output; /* index into outputs: a sound, laser or digital one; UINT32_MAX: none */
    uint32_t loops;  /* 0: until it is stopped */
};

struct trial_state {
    char name[CONFIG_NAME];
    int64_t after_ns; /* the state's timer, from its logical start; INT64_MAX: none */
    uint32_t after_to;
    uint32_t arm; /* bit i: trigger i is armed while in this state */
    uint32_t n_enter, n_exit, n_on;
    uint32_t reserved;
    struct trial_action enter[TRIAL_ENTER_MAX];
    struct trial_action exit[TRIAL_EXIT_MAX]; /* when the state is left, before its cues go off */
    struct trial_on on[TRIAL_ON_MAX];
};

struct trial {
    int64_t number; /* from 1 */
    uint32_t n_states, n_timers;
    uint32_t over;     /* 1: no trial; the task says that the session is over */
    uint32_t fallback; /* 1: the task failed to plan this trial; it is the last good plan again */
    struct trial_timer timers[TRIAL_TIMERS_MAX];
    struct trial_state states[TRIAL_STATES_MAX];
};

/* Checks counts, indices (against `config`), times (0 .. 1 h), that every state can be left, and that deliveries and
 * timers fit their outputs' limits. False and *err. Bounded time, formats text only when it fails. */
MUST_CHECK bool trial_check(const struct trial *trial, const struct config *config, struct error *err) RT_SAFE;
