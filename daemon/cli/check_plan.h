/* check_plan: what a rig and a task come to, for a scientist to read before an animal is put in. (cli/check_plan.h)
 *
 * Made as JSON; the text is printed from that, so that both say the same. Threads: any, not real-time. */
#pragma once
#include "cli/check_states.h"
#include "drivers/driver.h"
#include "engine/engine.h"
#include "planner/task.h"
#include <jansson.h>
#include <stdio.h>

/* Some trials, planned beforehand: nobody licks, no trigger fires. */
struct check_plan_trials {
    uint32_t n; /* planned; 0 without a task that plans */
    double shortest_s, longest_s;
    double reward_ul; /* given in all of them */
    uint32_t n_rewards;
    bool over; /* the task ended the session after the last one */
};

struct check_plan {
    const struct config *config;
    const struct engine *engine; /* fresh */
    const struct task *task;     /* NULL: only the rig */
    const struct check_states *states;
    struct check_plan_trials trials;
    const struct driver_ops *const *drivers;
    size_t n_drivers;
};

/* {"rig", "tick_ms", "devices": [...], ...}. The caller owns it; NULL without memory. */
json_t *check_plan_json(const struct check_plan *plan);

/* Prints such an object as text. */
void check_plan_print(FILE *out, json_t *plan);
