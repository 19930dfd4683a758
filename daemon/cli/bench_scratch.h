/* bench_scratch: a folder for what a measurement makes, gone when it is over. (cli/bench_scratch.h)
 *
 * Threads: one, not real-time. */
#pragma once
#include "engine/base/error.h"

enum { BENCH_SCRATCH_PATH = 512 };

/* Makes the folder in $TMPDIR or /tmp. False and *err. */
MUST_CHECK bool bench_scratch_open(char path[BENCH_SCRATCH_PATH], struct error *err);

/* Removes the folder `path` and all in it. "" is allowed. */
void bench_scratch_close(const char *path);

/* Runs a program and waits for it: argv ends with NULL; its output goes to the file `output`. Returns its exit status;
 * -1 if it could not be started (there is none of that name) or a signal ended it. */
int bench_scratch_run(const char *const *argv, const char *output);
