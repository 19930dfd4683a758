#include "realtime/thread.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STACK_BYTES = 256 * 1024, PAGE = 4096 };          /* more than the deepest path takes: tests/pure prints it */
static const uintptr_t MAPPING_MAX = (uintptr_t)2 << 30; /* a larger one is a sanitizer's, never touched as a whole */

static void touch_stack(void)
{
    uint8_t stack[STACK_BYTES];
    for (size_t i = 0; i < sizeof stack; i += PAGE)
        stack[i] = 1;
    __asm__ volatile("" : : "r"(stack) : "memory"); /* keeps the writes */
}

static void refuse(char *missing, size_t size, const char *what, const char *why)
{
    const size_t n = strlen(missing);
    snprintf(missing + n, size - n, "%s%s (%s)", n > 0 ? ", " : "", what, why);
}

/* With the limit granted it is the control group: root's own has no share of real time in most others. */
static const char *why_not_fifo(int priority, int errnum)
{
    struct rlimit limit = {0};
    getrlimit(RLIMIT_RTPRIO, &limit);
    const bool granted = limit.rlim_cur >= (rlim_t)priority || geteuid() == 0;
    return errnum == EPERM && granted
               ? "refused although the limit allows it: this control group has no real-time share"
               : strerror(errnum);
}

bool thread_realtime(int priority, char *missing, size_t size)
{
    missing[0] = '\0';
    mallopt(M_TRIM_THRESHOLD, -1); /* memory that was freed stays, touched and locked */
    mallopt(M_MMAP_MAX, 0);
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        refuse(missing, size, "locked memory", strerror(errno));
    touch_stack();
    prctl(PR_SET_TIMERSLACK, 1UL); /* counts for SCHED_OTHER only: there it is 50 us by default */
    const struct sched_param param = {.sched_priority = priority};
    if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) != 0)
        refuse(missing, size, "SCHED_FIFO", why_not_fifo(priority, errno));
    return missing[0] == '\0';
}

bool thread_pin(uint32_t cpu, char *missing, size_t size)
{
    char what[32];
    cpu_set_t set;
    CPU_ZERO(&set);
    if (cpu < CPU_SETSIZE)
        CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) == 0)
        return true;
    snprintf(what, sizeof what, "processor %" PRIu32, cpu);
    refuse(missing, size, what, errno == EINVAL ? "there is none, or this process may not use it" : strerror(errno));
    return false;
}

int thread_stay_awake(char *missing, size_t size)
{
    const int32_t latency_us = 0;
    const int fd = open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, &latency_us, sizeof latency_us) == (ssize_t)sizeof latency_us)
        return fd;
    refuse(missing, size, "cpu_dma_latency", strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

void thread_prefault(void)
{
    uintptr_t from, to;
    char write_right, line[512];
    FILE *maps = fopen("/proc/self/maps", "re");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %*c%c", &from, &to, &write_right) == 3 && write_right == 'w' &&
            to - from <= MAPPING_MAX)
            (void)madvise((void *)from, to - from,
                          MADV_POPULATE_WRITE); /* a device's registers refuse: they need none */
    if (maps != NULL)
        fclose(maps);
}

struct thread_counts thread_count(void)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_THREAD, &usage);
    return (struct thread_counts){(unsigned long)usage.ru_minflt, (unsigned long)usage.ru_majflt,
                                  (unsigned long)usage.ru_nvcsw};
}
