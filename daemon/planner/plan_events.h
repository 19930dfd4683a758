/* plan_events: compiles the reactions of a state, `on = { lick = "reward", ... }`. (planner/plan_events.h)
 *
 * A part of plan.h. The keys are names of what can happen: an input (a lick, a rising edge), with _off its end, with
 * _bout and _bout_end the bouts of a lick sensor; a trigger; a train's or timer's name with _end; a timer, a message, a
 * counter. The value is an action, a state, done, { action, state }, or one of those in within(from, until, ...), and
 * reach(n, state) for a counter. Threads: the sandbox's. */
#pragma once
#include "engine/task/trial.h"
#include "planner/declare.h"

/* The kind of the value `done`. */
extern const char plan_events_done[];

/* The state that the value on top names, or TRIAL_DONE. `key` is where it stands. */
uint32_t plan_events_target(const struct declare *declare, const char *key, const struct trial *trial);

/* Compiles the key `on` into the state, whose timer and triggers are there already. */
void plan_events_compile(const struct declare *declare, const struct trial *trial, struct trial_state *state);
