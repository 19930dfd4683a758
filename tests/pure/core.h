/* core: the core's process on the simulated rig, for tests that watch its thread. (tests/pure/core.h)
 *
 * The test is keeper, recorder and planner in one; the core is a child with the real loop_main, the task
 * tests/pure/busy.lua and the simulated board. From the second tick's read to the board's stop the core is "armed":
 * that is the stretch in which nothing but the loop may happen. One at a time. */
#pragma once
#include "engine/config.h"
#include "realtime/shared.h"
#include "wire/record.h"

struct core_options {
    int64_t period_ns;
    int64_t n_ticks;           /* stopped after so many */
    int64_t spin_ns;           /* of the loop's waits */
    void (*prepare)(void);     /* in the child, before anything; NULL: nothing */
    void (*arm)(bool armed);   /* in the child, when it begins and ends to be armed; NULL: nobody wants to know */
    void (*meddle)(int64_t n); /* in the child, in every read of an armed tick; NULL: nothing */
    void (*look)(long call);   /* in the test, at every system call of the armed child; NULL: it is not traced */
};

struct core_report {
    int status;             /* of the child, as waitpid gives it */
    int64_t ticks, skipped; /* of the close record; 0 if there is none */
    int64_t n_rewards, n_writes;
    struct record_close close; /* zero if there is none */
};

void core_run(const struct core_options *options, struct core_report *report);
