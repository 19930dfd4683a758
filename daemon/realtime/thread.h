/* thread: gives the calling thread what a real-time loop needs, as far as the system allows. (realtime/thread.h)
 *
 * Everything that is refused is remembered and told in one warning; the session runs all the same. `phasic doctor`
 * names the remedies. Denormal numbers are left as IEEE 754 has them: flushing them to zero would be quicker, and would
 * give other bits than a replay. Threads: called at the start of the thread concerned. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { THREAD_CORE_PRIORITY = 78, THREAD_KEEPER_PRIORITY = 85 };

/* Locks all memory, pre-faults the stack, keeps what the heap has, asks for SCHED_FIFO at `priority` (reset on fork).
 * True if all was granted; else `missing` names what was not, e.g. "SCHED_FIFO (Operation not permitted), locked memory
 * (...)". */
bool thread_realtime(int priority, char *missing, size_t size);

/* Binds the thread to processor `cpu`. False: refused, and added to `missing`. */
bool thread_pin(uint32_t cpu, char *missing, size_t size);

/* Keeps the processors out of sleep states that take long to leave (/dev/cpu_dma_latency, 0 us), for as long as the
 * returned descriptor is open. -1: refused, and added to `missing`. */
int thread_stay_awake(char *missing, size_t size);

/* Takes in every page that the process may write to, so that none is missing later even if memory could not be locked;
 * quick if it could. Needs no right. Call it when all memory is there. */
void thread_prefault(void);

/* The thread's page faults and voluntary context switches since it began. */
struct thread_counts {
    unsigned long faults_minor, faults_major, switches;
};
struct thread_counts thread_count(void);
