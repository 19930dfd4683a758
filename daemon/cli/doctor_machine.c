#include "cli/doctor_checks.h"
#include "realtime/clock.h"
#include "realtime/thread.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t limit(__rlimit_resource_t resource)
{
    struct rlimit found = {0};
    getrlimit(resource, &found);
    return found.rlim_cur == RLIM_INFINITY ? DOCTOR_UNLIMITED : (uint64_t)found.rlim_cur;
}

/* Asks for the core's priority in a child, which takes it along when it ends. */
static int ask_fifo(void)
{
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        const struct sched_param param = {.sched_priority = THREAD_CORE_PRIORITY};
        _exit(sched_setscheduler(0, SCHED_FIFO, &param) == 0 ? 0 : errno);
    }
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : EAGAIN;
}

static int ask_awake(void)
{
    const int fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    close(fd);
    return 0;
}

static uint64_t free_bytes(const char *path)
{
    struct statvfs found;
    return statvfs(path, &found) == 0 ? (uint64_t)found.f_bavail * found.f_frsize : 0;
}

/* The nearest folder that exists on the way to where sessions go. */
static void find_disk(struct doctor_machine *machine)
{
    const char *data = getenv("PHASIC_DATA"), *home = getenv("HOME");
    snprintf(machine->disk, sizeof machine->disk, "%s", data != NULL ? data : home != NULL ? home : "/");
    while (access(machine->disk, F_OK) != 0 && strrchr(machine->disk, '/') > machine->disk)
        *strrchr(machine->disk, '/') = '\0';
    machine->disk_free_bytes = free_bytes(machine->disk);
}

void doctor_machine_ask(struct doctor_machine *machine)
{
    machine->rtprio_max = limit(RLIMIT_RTPRIO);
    machine->memlock_max_bytes = limit(RLIMIT_MEMLOCK);
    machine->rttime_max_us = limit(RLIMIT_RTTIME);
    machine->fifo_errno = ask_fifo();
    machine->awake_errno = ask_awake();
    machine->clock_step_ns = clock_step();
    machine->shm_free_bytes = free_bytes("/dev/shm");
    find_disk(machine);
}
