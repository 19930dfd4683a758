/* clock: the only place where a clock is read. (realtime/clock.h)
 *
 * Session time is CLOCK_MONOTONIC minus its value at the session's start, in ns.
 * Threads: any; clock_now and clock_sleep_until are what the loop itself calls. */
#pragma once
#include "engine/base/rt.h"
#include <stdint.h>

/* CLOCK_MONOTONIC now, ns. The system answers without being entered, on all but old machines. */
int64_t clock_now(void) RT_SAFE;

/* The clock's smallest step, ns: 1 where there are high-resolution timers. */
int64_t clock_step(void);

/* CLOCK_REALTIME now: ns since 1970 UTC; and the kernel's TAI offset in s (0 if nobody set it). */
int64_t clock_realtime(int64_t *tai_offset_s);

/* Sleeps until CLOCK_MONOTONIC reaches t_ns: an absolute deadline, so nothing accumulates. Returns at once if it is
 * past. */
void clock_sleep_until(int64_t t_ns);

/* Looks at the clock until it reaches t_ns, at most some ms away: for the last of a wait, which a sleep overshoots. */
void clock_spin_until(int64_t t_ns) RT_SAFE;

/* Sleeps for about ns: for helper threads that poll. */
void clock_pause(int64_t ns);
