/* thread: gives the calling thread what a real-time loop needs, as far as the system allows. (realtime/thread.h)
 *
 * Everything that is refused is remembered and told in one warning; the session runs all the same.
 * Threads: called at the start of the thread concerned. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { THREAD_CORE_PRIORITY = 78, THREAD_KEEPER_PRIORITY = 85 };

/* Locks all memory, pre-faults the stack, asks for SCHED_FIFO at `priority` (reset on fork). True if all was granted;
 * else `missing` names what was not, e.g. "SCHED_FIFO (Operation not permitted), locked memory (...)". */
bool thread_realtime(int priority, char *missing, size_t size);

/* The thread's page faults and voluntary context switches since it began. */
struct thread_counts {
    unsigned long faults_minor, faults_major, switches;
};
struct thread_counts thread_count(void);
