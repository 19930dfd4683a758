/* feed: reads from the core's ticks which trial is to be planned next, and after what. (planner/feed.h)
 *
 * A pure fold over the decisions. The first trial is wanted from the beginning, so that it can be planned before the
 * session; each later one when the engine says so (FRAME_PLAN_WANTED, in the tick in which the trial before it ended).
 * One request is open at a time. Licks are those that the trial's machine counted, the value of FRAME_TRIAL_END: from
 * its logical start on, so licks while it was being planned are its own. Rewards are those granted between its
 * FRAME_TRIAL_START and FRAME_TRIAL_END; between trials nothing is granted. Visits of states are its FRAME_STATEs.
 *
 * Planning is a pure function of the outcomes so far. A planner that is started again therefore folds over the
 * journal's ticks and then the ring's, from the first one on, and calls task_plan for each request in order, which
 * brings the task's generator to where it was; of the plans it posts only those with numbers that were not posted
 * before. Threads: the planner's. Memory: the caller's. */
#pragma once
#include "engine/frame.h"
#include "planner/task.h"
#include <stdbool.h>

struct feed {
    struct task_outcome outcome; /* of the trial that ended last */
    struct task_outcome running; /* of the trial that runs, so far */
    int64_t started_ns;          /* its logical start */
    int64_t planned;             /* number of the last trial that was planned, 0 before the first */
};

/* Before the first tick: trial 1 is wanted. */
void feed_init(struct feed *feed);

/* Takes in the next tick. */
void feed_tick(struct feed *feed, const struct frame_out *out);

/* True if a trial is wanted: the one with the number outcome->number + 1; *outcome is what task_plan needs. Ask after
 * feed_init and after every tick. */
bool feed_wants(const struct feed *feed, struct task_outcome *outcome);

/* The trial that is wanted has been planned. */
void feed_planned(struct feed *feed);
