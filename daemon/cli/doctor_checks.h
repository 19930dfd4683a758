/* doctor_checks: what a rig's computer should be like, a row a check. (cli/doctor_checks.h)
 *
 * A check looks at what the machine says of itself and tells what it found; its row has what is needed and the command
 * that mends it. Files are read below `root`, so that tests can bring a /proc and a /sys of their own; what only the
 * system can tell is asked once, by doctor_machine_ask. Sources: the kernel's Documentation/admin-guide
 * (kernel-per-CPU-kthreads, cpuidle), scheduler/sched-rt-group, power/pm_qos_interface. Threads: one, not real-time. */
#pragma once
#include "engine/config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DOCTOR_TEXT = 256 };
#define DOCTOR_UNLIMITED UINT64_MAX

/* What the checks look at. */
struct doctor_machine {
    const char *root;                                      /* "": the machine itself */
    const struct config *config;                           /* of the rig; NULL: none was given */
    struct config_loop loop;                               /* of the rig; zero without one */
    uint64_t rtprio_max, memlock_max_bytes, rttime_max_us; /* limits of this process, or DOCTOR_UNLIMITED */
    int fifo_errno;                                        /* of asking for the core's priority; 0: it was granted */
    int awake_errno;                                       /* of opening /dev/cpu_dma_latency; 0: it was granted */
    int64_t clock_step_ns;                                 /* resolution of CLOCK_MONOTONIC */
    uint64_t shm_free_bytes, disk_free_bytes;              /* of /dev/shm, and where sessions go */
    uint64_t ring_bytes;                                   /* that a session of this rig needs */
    char disk[DOCTOR_TEXT];                                /* where sessions go */
};

/* Fills everything below `loop` from the system, as this process has it. */
void doctor_machine_ask(struct doctor_machine *machine);

struct doctor_check {
    const char *name;   /* "rtprio" */
    const char *needed; /* half a sentence */
    const char *fix;    /* a command, or what to do */
    bool required;      /* without it no session as it should be: exit status 1 */
    /* True if all is well. `found`: what is there, in a few words. */
    bool (*look)(const struct doctor_machine *machine, char found[DOCTOR_TEXT]);
};

/* The i-th check; NULL beyond the last. */
const struct doctor_check *doctor_checks_at(size_t i);
