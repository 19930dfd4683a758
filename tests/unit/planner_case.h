/* planner_case: rig and task files from texts, for the planner's tests. (tests/unit/planner_case.h)
 *
 * Each call writes its text to x.lua in a folder of its own, loads it, and returns the error's line without that folder
 * ("x.lua:3: ..."), or "" if all went well. Files under tests are loaded by path. Two drivers that open nothing stand
 * in: `fake` (simulated, device-timed, options) and `plain` (none of that, a watchdog). One at a time. */
#pragma once
#include "planner/rig.h"
#include "planner/task.h"

/* A rig with everything: fake daq, leds, channels, signal vta, lick, button, marks, water, laser, tone, light. */
extern const char planner_case_rig_text[];

/* `uses` for all of it and a cue "A", on one line. */
extern const char planner_case_uses[];

struct planner_case {
    struct config config;
    struct config_loop loop;
    struct task *task;  /* NULL if it did not load */
    struct trial trial; /* the first trial, if there is one */
    struct error err;
};
extern struct planner_case planner_case;

const char *planner_case_rig(const char *text);

/* On planner_case_rig_text; plans the first trial too. */
const char *planner_case_task(const char *text);

/* The same with --set and a seed. */
const char *planner_case_task_set(const char *text, const char *const *set, size_t n_set, uint64_t seed);

/* planner_case_uses, then a trial of one state with these keys, which begins on line 3. */
const char *planner_case_state(const char *keys);

const char *planner_case_rig_file(const char *path);
const char *planner_case_task_file(const char *path);

/* Plans the trial after `last`. */
const char *planner_case_plan(const struct task_outcome *last);
