/* timer: a trial's own clockwork that may own a channel, whatever state the trial is in. (engine/task/timer.h)
 *
 * From its start a timer waits `delay`, is on for `on`, off for `off`, and begins again, `loops` times (0: until it is
 * stopped). While it is on, so is its output, if it has one. Each on and the end of the last one are events for the
 * states. Edges have logical times; outputs move at the tick. A late loop never catches up: whole loops that have
 * passed are left out and counted, and an on that is over already doesn't move the output. Method: the global timers
 * of Bpod (Sanworks). Threads: real-time; touches only its own struct. Memory: the caller's. */
#pragma once
#include "engine/safety/safety.h"
#include "engine/task/trial.h"

struct timer {
    bool running;
    bool on;          /* between an on and its off */
    bool lit;         /* its output was switched on by it */
    int64_t next_ns;  /* its next edge */
    uint32_t n_loops; /* begun so far, those left out included */
    uint32_t n_skipped;
};

/* What happened at an edge. */
enum timer_edge { TIMER_OFF, TIMER_ON, TIMER_OVER };

/* Starts it at logical time t_ns; a running one begins again. */
void timer_start(struct timer *timer, const struct trial_timer *plan, int64_t t_ns, int64_t now_ns,
                 struct safety *safety, struct frame_out *out) RT_SAFE;

/* Stops it: its output goes off, no event comes any more. */
void timer_stop(struct timer *timer, const struct trial_timer *plan, int64_t t_ns, int64_t now_ns,
                struct safety *safety, struct frame_out *out) RT_SAFE;

/* The time of its next edge; INT64_MAX: it does not run. */
int64_t timer_next_ns(const struct timer *timer) RT_SAFE;

/* Takes that edge, which must be due; *t_ns is its time. */
enum timer_edge timer_step(struct timer *timer, const struct trial_timer *plan, int64_t now_ns, struct safety *safety,
                           struct frame_out *out, int64_t *t_ns) RT_SAFE;
