/* plan_words: what a state's actions and reactions are made of, beyond cs, deliver and trains; and a task's counters,
 * messages and policy. (planner/plan_words.h)
 *
 * A part of plan.h, for the planner only: stop, count, reset, within, reach make small immutable values; timer makes
 * one that stands in the trial's list beside its states; counter, message and policy are declarations. Actions are
 * userdata of the kind plan_words_action; a name that only the trial knows (its timers) is their user value until
 * plan_words_resolve. Threads: the sandbox's. */
#pragma once
#include "engine/task/trial.h"
#include "planner/declare.h"

extern const char plan_words_action[], plan_words_timer[], plan_words_within[], plan_words_reach[];

/* A timer of the trial, as it stands in the list. */
struct plan_words_clock {
    struct trial_timer timer;
    int line;
};

/* within(from, until, reaction): the reaction is the user value. */
struct plan_words_window {
    int64_t from_ns, until_ns;
};

/* Adds the words and the kinds of values. */
void plan_words_install(lua_State *lua);

/* Pushes an action. */
void plan_words_push(lua_State *lua, const struct trial_action *action);

/* Pushes an action on the trial's timer of this name. */
void plan_words_push_timer(lua_State *lua, enum trial_action_kind kind, const char *name);

/* The action on top of the stack with its names resolved. False: it is none. Ends the call with an error at `key` if
 * the trial has no such timer. */
bool plan_words_resolve(const struct declare *declare, const char *key, const struct trial *trial,
                        struct trial_action *action);

/* Adds the timer on top of the stack to the trial. False: it is none. */
bool plan_words_add_timer(lua_State *lua, struct trial *trial);
