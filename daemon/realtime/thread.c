#include "realtime/thread.h"
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { STACK_BYTES = 256 * 1024, PAGE = 4096 }; /* more than the deepest path takes */

static void touch_stack(void)
{
    uint8_t stack[STACK_BYTES];
    for (size_t i = 0; i < sizeof stack; i += PAGE)
        stack[i] = 1;
    __asm__ volatile("" : : "r"(stack) : "memory"); /* keeps the writes */
}

static void refuse(char *missing, size_t size, const char *what, int errnum)
{
    const size_t n = strlen(missing);
    snprintf(missing + n, size - n, "%s%s (%s)", n > 0 ? ", " : "", what, strerror(errnum));
}

bool thread_realtime(int priority, char *missing, size_t size)
{
    missing[0] = '\0';
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
        refuse(missing, size, "locked memory", errno);
    touch_stack();
    prctl(PR_SET_TIMERSLACK, 1UL); /* counts for SCHED_OTHER only: there it is 50 us by default */
    const struct sched_param param = {.sched_priority = priority};
    if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &param) != 0)
        refuse(missing, size, "SCHED_FIFO", errno);
    return missing[0] == '\0';
}

struct thread_counts thread_count(void)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_THREAD, &usage);
    return (struct thread_counts){(unsigned long)usage.ru_minflt, (unsigned long)usage.ru_majflt,
                                  (unsigned long)usage.ru_nvcsw};
}
