#include "realtime/clock.h"
#include "engine/base/units.h"
#include <errno.h>
#include <sys/timex.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * S + t.tv_nsec;
}

int64_t clock_now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_step(void)
{
    struct timespec t = {0};
    clock_getres(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * S + t.tv_nsec;
}

int64_t clock_realtime(int64_t *tai_offset_s)
{
    struct timex state = {0};
    *tai_offset_s = adjtimex(&state) >= 0 ? state.tai : 0;
    return read_clock(CLOCK_REALTIME);
}

void clock_sleep_until(int64_t t_ns)
{
    const struct timespec t = {.tv_sec = t_ns / S, .tv_nsec = t_ns % S};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

void clock_spin_until(int64_t t_ns)
{
    while (clock_now() < t_ns)
        ;
}

void clock_pause(int64_t ns)
{
    const struct timespec t = {.tv_sec = ns / S, .tv_nsec = ns % S};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL);
}
