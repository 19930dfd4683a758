/* machine: runs one compiled trial after another. (engine/task/machine.h)
 *
 * Events and timers are taken in the order of their times, not of their arrival; a state's window is [start, end): an
 * event at exactly the timer's time is too late, so the timer wins ties. The next state's timer runs from the
 * transition's own time (the edge's, or the timer's deadline), never from the tick's. At most 8 transitions a tick;
 * what is left waits for the next one. An event older than the running state's start changes nothing. Between two
 * trials the machine waits for a plan; the next trial is dated from the last one's end, so that an inter-trial interval
 * in its first state is as long as it was drawn; what happens during the wait waits too, and counts there. Threads:
 * real-time; touches only its own struct. Memory: the caller's. */
#pragma once
#include "engine/frame.h"
#include "engine/safety/safety.h"
#include "engine/task/train.h"
#include "engine/task/trial.h"

enum {
    MACHINE_TRANSITIONS_MAX = 8, /* a tick */
    MACHINE_EVENTS_MAX = 128,    /* waiting: two ticks of edges */
};

struct machine_event {
    int64_t t_ns;
    uint32_t kind; /* enum trial_event_kind */
    uint32_t id;
};

struct machine {
    const struct config *config;
    struct trial trial, next;
    bool running;        /* a trial is running */
    bool has_next;       /* `next` waits */
    bool over;           /* the task said that the session is over */
    uint32_t state;      /* index into trial.states */
    uint32_t last_state; /* of the last trial */
    int64_t number;      /* trials started */
    int64_t entered_ns;  /* logical start of the state */
    int64_t ended_ns;    /* logical end of the last trial; 0 before the first */
    int64_t wanted_ns;   /* when the plan was asked for; INT64_MIN: not waiting */
    uint32_t lit;        /* bit i: cue i was switched on by the running state */
    uint32_t n_licks;    /* in this trial */
    uint32_t n_events, n_dropped;
    uint32_t n_late_starts;                          /* trials whose first state has entry actions and began late */
    struct machine_event events[MACHINE_EVENTS_MAX]; /* sorted by time, ties in order of arrival */
};

/* What the machine acts with. */
struct machine_hands {
    struct safety *safety;
    struct train *trains;
    double *reward_ul; /* by output: what the next confirmed opening gives */
};

/* Waits for its first plan. `config` must outlive `machine`. */
void machine_init(struct machine *machine, const struct config *config);

/* Takes a checked trial as the next one. */
void machine_plan(struct machine *machine, const struct trial *trial) RT_SAFE;

/* Queues an event; beyond the maximum it is dropped and counted. */
void machine_event(struct machine *machine, enum trial_event_kind kind, uint32_t id, int64_t t_ns) RT_SAFE;

/* Runs everything that is due at now_ns. */
void machine_tick(struct machine *machine, int64_t now_ns, const struct machine_hands *hands,
                  struct frame_out *out) RT_SAFE;

/* The triggers that are armed now, a bit each. */
uint32_t machine_armed(const struct machine *machine) RT_SAFE;

/* The running state's name; "" between trials. */
const char *machine_state(const struct machine *machine) RT_SAFE;
