/* bench_rig: the rig and the task of every measurement, so that figures of two machines compare. (cli/bench_rig.h)
 *
 * Written as files, so that they take the way of every rig and task. Threads: one, not real-time. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"

/* BENCH_RIG_ONE: one fibre, td_csc. BENCH_RIG_FULL: sixteen analog channels at 1 kHz, four of them fibres with their
 * controls, every model there is on each. */
enum bench_rig_size { BENCH_RIG_ONE, BENCH_RIG_FULL };

/* Writes rig.lua and task.lua into `folder`. */
MUST_CHECK bool bench_rig_write(const char *folder, enum bench_rig_size size, int64_t period_ns,
                                const struct config_loop *loop, struct error *err);
