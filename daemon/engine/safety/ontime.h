/* ontime: how long a line was on within a window that slides. (engine/safety/ontime.h)
 *
 * Duty and light energy are limits on the time on in any window of a fixed length. The line's on-times are kept one by
 * one, those that begin within a 64th of the window joined into one part, so that memory is bounded. A joined part is
 * counted as if all of it had been as late as its end allows: what comes out is exact for single pulses, and never too
 * little. Threads: real-time; touches only its own struct. Memory: the caller's. Can't fail. */
#pragma once
#include "engine/base/rt.h"
#include <stdint.h>

enum {
    ONTIME_CELLS = 64,               /* parts a window: a joined part is counted for at most a 64th too long */
    ONTIME_PARTS = ONTIME_CELLS + 4, /* and the one that reaches in from before, the newest, and both ends' halves */
};

struct ontime_part {
    int64_t start_ns, end_ns; /* of the first and of the last on-time in it */
    int64_t on_ns;            /* their sum */
};

struct ontime {
    int64_t window_ns; /* 0: nothing is kept */
    uint32_t n;
    struct ontime_part parts[ONTIME_PARTS]; /* oldest first */
};

/* Nothing was on. window_ns: 0, or at least ONTIME_CELLS ns. */
void ontime_init(struct ontime *ontime, int64_t window_ns);

/* It was on in [start_ns, end_ns), or is billed as if it were; which begins no earlier than those before it. */
void ontime_add(struct ontime *ontime, int64_t start_ns, int64_t end_ns) RT_SAFE;

/* How long it was on from from_ns on: that or, where on-times were joined, somewhat more. Complete only for a from_ns
 * at most a window before the end of the newest on-time. */
int64_t ontime_since(const struct ontime *ontime, int64_t from_ns) RT_SAFE;
