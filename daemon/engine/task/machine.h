/* machine: runs one compiled trial after another. (engine/task/machine.h)
 *
 * Events and timers are taken in the order of their times, not of their arrival. A state's window is [start, end):
 * an event counts from the state's start on; at exactly the timer's time it is too late. What is there acts when it
 * arrives. That nothing was there is decided at the first tick at or after end + settle, where settle is the largest
 * late_ns of the inputs that the state listens to: until then an event of the window may still be under way. The next
 * state begins at the transition's own time (the edge's, or the timer's deadline), never at the tick's, and so does
 * its timer. An event older than the running state's start changes nothing and is journaled as FRAME_LATE. Ties: the
 * timer first, then events in the order of kind (enum trial_event_kind), id, arrival. At most 8 transitions a tick;
 * what is left waits for the next one.
 *
 * Between two trials the machine waits for a plan. The next trial is dated from the last one's end, so that an
 * inter-trial interval in its first state is as long as it was drawn; what happens during the wait waits too, and
 * counts there. Nothing can act in the past, though: a first state with entry actions begins when its plan arrives, and
 * one whose time is over by then ends at that moment. Such late starts are counted and said in FRAME_TRIAL_START.
 *
 * The trial's timers (timer.h) run beside its states and end with it. A timer's edge comes in the order of its time
 * too, but never waits for a window to settle. Counters are 0 at the trial's start; a state that waits for a count is
 * left at the time of the action that reached it. Threads: real-time; touches only its own struct. Memory: the
 * caller's. */
#pragma once
#include "engine/frame.h"
#include "engine/safety/safety.h"
#include "engine/task/timer.h"
#include "engine/task/train.h"
#include "engine/task/trial.h"

enum {
    MACHINE_TRANSITIONS_MAX = 8, /* a tick */
    MACHINE_EVENTS_MAX = 256,    /* waiting: four ticks of edges, or ten seconds of licks on two spouts */
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
    int64_t settle_ns;   /* its end by time is decided so much later */
    int64_t ended_ns;    /* logical end of the last trial; 0 before the first */
    int64_t wanted_ns;   /* when the plan was asked for; INT64_MIN: not waiting */
    uint32_t lit;        /* bit i: cue i was switched on by the running state */
    uint32_t n_licks;    /* in this trial */
    uint32_t counts[CONFIG_COUNTERS_MAX];
    int64_t counted_ns; /* when one of them last went up; INT64_MIN: not in this trial */
    struct timer timers[TRIAL_TIMERS_MAX];
    uint32_t n_events;
    uint32_t n_dropped, n_dropped_said;              /* events without room; of those, how many the journal knows of */
    uint32_t n_late;                                 /* events that came when their state was over */
    uint32_t n_late_starts;                          /* trials that began after the last one's end */
    struct machine_event events[MACHINE_EVENTS_MAX]; /* sorted as ties are decided */
};

/* What the machine acts with. */
struct machine_hands {
    struct safety *safety;
    struct train *trains;
    double *reward_ul; /* by output: what the next confirmed opening gives */
};

/* Waits for its first plan. `config` must outlive `machine`. */
void machine_init(struct machine *machine, const struct config *config);

/* Takes a checked trial as the next one; nothing if its number's turn is over. */
void machine_plan(struct machine *machine, const struct trial *trial) RT_SAFE;

/* Takes the last trial once more, as a fallback. False: there was none. */
bool machine_repeat(struct machine *machine) RT_SAFE;

/* Queues an event; beyond the maximum it is dropped, counted and journaled. */
void machine_event(struct machine *machine, enum trial_event_kind kind, uint32_t id, int64_t t_ns) RT_SAFE;

/* Runs everything that is due at now_ns. */
void machine_tick(struct machine *machine, int64_t now_ns, const struct machine_hands *hands,
                  struct frame_out *out) RT_SAFE;

/* Ends the running trial without an outcome (FRAME_TRIAL_CUT): its cues go off, what happens until machine_resume is
 * nothing to it. */
void machine_interrupt(struct machine *machine, int64_t now_ns, const struct machine_hands *hands,
                       struct frame_out *out) RT_SAFE;

/* Goes on after an interruption: the next trial is dated from now_ns, and a plan that is waited for is from now on. */
void machine_resume(struct machine *machine, int64_t now_ns) RT_SAFE;

/* The triggers that are armed now, a bit each. */
uint32_t machine_armed(const struct machine *machine) RT_SAFE;

/* The running state's name; "" between trials. */
const char *machine_state(const struct machine *machine) RT_SAFE;
