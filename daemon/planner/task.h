/* task: a task file, loaded: declares the config's second half, then plans one trial after another. (planner/task.h)
 *
 * Planning is a pure function of the file's text, the parameters, the seed and the outcomes so far: the generator is
 * ours, tables are walked in sorted order, nothing reads a clock. A restarted host therefore gets the same trials
 * again. Threads: one, not real-time. A runaway task is stopped by instruction and memory limits. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"
#include "engine/task/trial.h"

struct task;

/* How the last trial went, as trial(n, last) sees it. */
struct task_outcome {
    int64_t number;      /* of the trial that ended, 0 before the first: then `last` is nil in Lua */
    int64_t duration_ns; /* from its logical start to its logical end */
    uint32_t last_state; /* index of its last state */
    uint32_t n_licks, n_rewards;
    double reward_ul;
    uint32_t counts[CONFIG_COUNTERS_MAX]; /* by counter */
    uint32_t visits[TRIAL_STATES_MAX];    /* by state: how often it was entered */
    int64_t entered_ns[TRIAL_STATES_MAX]; /* and when for the first time, from the trial's start; 0 if never */
};

/* Loads the task at `path` and adds its cues, models, triggers, trains, observed events to `config`, which holds the
 * rig already. `set`: n_set texts "name=value" (a value may carry its unit: "volume=5ul") that override parameters.
 * `seed` seeds the task's draws. False and *err: one line with file and line. */
MUST_CHECK bool task_load(struct task **task, const char *path, const char *const *set, size_t n_set, uint64_t seed,
                          struct config *config, struct error *err);

/* Plans the trial after `last` into `trial`, checked by trial_check. trial->over if the task's trial() returned nil.
 * False and *err: the task failed; the line names file and line. */
MUST_CHECK bool task_plan(struct task *task, const struct task_outcome *last, struct trial *trial, struct error *err);

/* For when task_plan has failed: the last good plan as the next trial, marked as a fallback. False: there is none, or
 * the task's policy is to end. */
MUST_CHECK bool task_fallback(const struct task *task, const struct task_outcome *last, struct trial *trial);

/* Number of parameters, and one of them as text ("volume = 4 ul"), for session.json and `check`. */
size_t task_n_params(const struct task *task);
const char *task_param(const struct task *task, size_t i);

/* Its name, and whether it is a plain number that nothing says the range of: min or max is missing. */
const char *task_param_name(const struct task *task, size_t i);
bool task_param_is_bare(const struct task *task, size_t i);

/* The line on which state `i` of the newest trial stands. */
int task_state_line(const struct task *task, uint32_t i);

/* NULL is allowed. */
void task_free(struct task *task);
