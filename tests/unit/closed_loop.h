/* closed_loop: a whole session on the simulated rig in simulated time, without processes. (tests/unit/closed_loop.h)
 *
 * Rig and task files, planner, engine, simulated board; what the loop does, minus the clock. One at a time. */
#pragma once
#include "engine/engine.h"
#include "engine/frame.h"
#include "planner/feed.h"
#include "planner/task.h"
#include "realtime/devices.h"

enum { CLOSED_LOOP_KINDS = FRAME_DECISION_LAST + 1 };

struct closed_loop {
    struct config config;
    struct task *task;
    struct devices devices;
    struct engine *engine;
    void *memory;
    struct frame_in frames[2]; /* this tick's and what its writes were confirmed with */
    struct frame_out out;
    struct trial plan;
    int64_t n;                               /* the next tick */
    int64_t now_ns;                          /* of the last tick */
    uint64_t digest;                         /* of every decision and write so far */
    uint64_t n_decisions[CLOSED_LOOP_KINDS]; /* by kind */
    uint64_t n_writes;
    double rewarded_ul;
    uint32_t reason;      /* of the end */
    bool silent_planner;  /* no more plans from now on */
    bool may_fail;        /* a task that fails to plan is no failure of the test */
    int64_t plan_late_ns; /* a plan comes so much after the request */
    int64_t plan_ns;      /* when the newest one comes */
    int64_t handed;       /* number of the plan that the engine got last */
    struct feed feed;
};
extern struct closed_loop closed_loop;

/* Opens rig-configs/sim.lua with a task file; `set` as for task_load, a list that ends with NULL, or NULL. Fails the
 * test on an error. */
void closed_loop_open(const char *task, const char *const *set, uint64_t seed);
void closed_loop_open_rig(const char *rig, const char *task, const char *const *set, uint64_t seed,
                          int64_t duration_ns);
void closed_loop_open_for(const char *task, const char *const *set, uint64_t seed, int64_t duration_ns);

/* The same with all devices' on_loss (enum config_on_loss). */
void closed_loop_open_losing(const char *task, const char *const *set, uint64_t seed, uint32_t on_loss);

/* The frame of the next tick, still to be changed; then the tick itself. */
struct frame_in *closed_loop_frame(void);
void closed_loop_tick(int64_t late_ns);

/* Ticks, each exactly when it is due, until session time t_ns or the end. */
void closed_loop_run_until(int64_t t_ns);

/* Skips ticks: the next one is n ticks later. */
void closed_loop_skip(int64_t n);

/* The last tick's first decision of `kind`, or NULL. */
const struct frame_decision *closed_loop_decided(uint32_t kind);

/* The level that the device really has on the output of this name. */
double closed_loop_level(const char *output);

/* A cmocka teardown; nothing if nothing is open. */
int closed_loop_close(void **state);
