/* bench_load: something else that the computer has to do while it is measured. (cli/bench_load.h)
 *
 * stress-ng where it is installed (processors, caches, memory, input and output), else a process a processor that
 * copies memory and calls the system. Ordinary priority. Threads: one, not real-time. */
#pragma once
#include <stdint.h>
#include <sys/types.h>

enum { BENCH_LOAD_MAX = 64 };

struct bench_load {
    pid_t pids[BENCH_LOAD_MAX];
    uint32_t n;
    const char *what; /* "stress-ng", "built in"; NULL before the start */
};

/* Starts it. It ends at the latest with this process. */
void bench_load_start(struct bench_load *load);

/* Ends it. A zeroed struct is allowed. */
void bench_load_stop(struct bench_load *load);
