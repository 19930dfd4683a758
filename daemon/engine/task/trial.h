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
    TRIAL_ON_MAX = 8,    /* reactions a state */
    TRIAL_DONE = 255,    /* as a target: the trial is over */
    TRIAL_STAY = 254,    /* as a target: only the action, no transition */
};

enum trial_action_kind {
    TRIAL_NOTHING,
    TRIAL_CS,      /* target cue: on now, off when the state is left */
    TRIAL_DELIVER, /* target output: one pulse of duration_ns that gives `ul` */
    TRIAL_TRAIN,   /* target train: start it */
};

struct trial_action {
    int64_t duration_ns;
    double ul;
    uint32_t kind; /* enum trial_action_kind */
    uint32_t target;
};

enum trial_event_kind {
    TRIAL_ON_LICK = 1, /* id input: a lick's onset */
    TRIAL_ON_RISE,     /* id input: a rising edge */
    TRIAL_ON_TRIGGER,  /* id trigger: fired, not sham */
    TRIAL_ON_TRAIN_END /* id train (or sound): its duration is over */
};

/* When the event happens in this state: do the action, then go to `to`. The first matching row wins. */
struct trial_on {
    struct trial_action action;
    uint32_t event; /* enum trial_event_kind */
    uint32_t id;
    uint32_t to; /* state index, TRIAL_STAY or TRIAL_DONE */
    uint32_t reserved;
};

struct trial_state {
    char name[CONFIG_NAME];
    int64_t after_ns; /* the state's timer, from its logical start; INT64_MAX: none */
    uint32_t after_to;
    uint32_t arm; /* bit i: trigger i is armed while in this state */
    uint32_t n_enter, n_on;
    struct trial_action enter[TRIAL_ENTER_MAX];
    struct trial_on on[TRIAL_ON_MAX];
};

struct trial {
    int64_t number; /* from 1 */
    uint32_t n_states;
    uint32_t over; /* 1: no trial; the task says that the session is over */
    struct trial_state states[TRIAL_STATES_MAX];
};

/* Checks counts, indices (against `config`), times (0 .. 1 h), that every state can be left and every delivery fits the
 * output's limits. False and *err. Bounded time, formats text only when it fails. */
MUST_CHECK bool trial_check(const struct trial *trial, const struct config *config, struct error *err) RT_SAFE;
