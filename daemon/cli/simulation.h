/* simulation: a session on simulated devices in virtual time. (cli/simulation.h)
 *
 * What a session is, without its processes and without a clock: the same planner, the same engine, the same drivers;
 * each tick comes exactly when it is due, and the next trial arrives in the tick after the one that asked for it. So
 * what it does follows from the files and the seed alone. One instance touches nothing that another one has: several
 * may run in threads of their own. Memory: the heap, freed by simulation_close. */
#pragma once
#include "drivers/driver.h"
#include "engine/base/error.h"
#include "engine/engine.h"
#include "planner/task.h"

/* What to simulate; everything is read during open only, but the texts of `set` and the drivers stay. */
struct simulation_setup {
    const char *rig, *task; /* paths */
    const char *const *set; /* as task_load's */
    size_t n_set;
    const char *const *models; /* added to every signal, with their defaults */
    size_t n_models;
    uint64_t seed;
    const struct driver_ops *const *drivers;
    size_t n_drivers;
};

/* One tick as an observer sees it; valid until the next. */
struct simulation_tick {
    const struct frame_in *in; /* in->plan: the trial that arrived in this tick */
    const struct frame_out *out;
    const struct engine *engine; /* after the tick */
};

struct simulation;

/* Loads both files and opens the devices. A signal that no model watches gets null_zero, so that its responses are
 * measured. The rig's limits of volume and count a session and a day are lifted: a simulation may be many days long.
 * False and *err: a file is wrong, it is not a task that plans trials, or a device is not simulated. */
MUST_CHECK bool simulation_open(struct simulation **simulation, const struct simulation_setup *setup,
                                struct error *err);

/* As the engine got it; and what max_session of output i was before it was lifted, INFINITY: there was none. */
const struct config *simulation_config(const struct simulation *simulation);
double simulation_limit_ul(const struct simulation *simulation, uint32_t i);

/* The task's parameters as used: task_n_params, task_param. */
const struct task *simulation_task(const struct simulation *simulation);

/* Runs one tick and describes it. False: the session is over, and *err says why if that was no good end: the task
 * failed, or a state lasted for an hour, which no task waits. */
MUST_CHECK bool simulation_step(struct simulation *simulation, struct simulation_tick *tick, struct error *err);

/* What a scale under output i shows, in mg; NaN: its device has none. */
double simulation_weigh(const struct simulation *simulation, uint32_t i);

/* NULL is allowed. */
void simulation_close(struct simulation *simulation);
