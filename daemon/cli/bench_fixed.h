/* bench_fixed: a fixed number of ticks without a clock: the same instructions every time. (cli/bench_fixed.h)
 *
 * Engine, planner and simulated board in one thread, in simulated time, each tick punctual. Threads: one. */
#pragma once
#include "cli/cli.h"

enum { BENCH_FIXED_TICKS = 2000 };

/* Runs them on BENCH_RIG_FULL. False and *err. */
MUST_CHECK bool bench_fixed_run(const struct cli *cli, struct error *err);

/* Runs this program as `bench --fixed` under callgrind, and gives the instructions of an engine_tick, the mean of all.
 * False: valgrind is not installed, or it failed. */
bool bench_fixed_count(double *instructions);
