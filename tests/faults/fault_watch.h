/* fault_watch: follows the board's latches while a session runs. (tests/faults/fault_watch.h)
 *
 * A thread of the test's process, above everything else where that is allowed, looks every millisecond. What it missed
 * by being late itself says how late this machine was, which no limit on time can be stricter than. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct fault_watch {
    int64_t beyond_ns;    /* the longest that a valve or laser was on for longer than its max_on */
    int64_t off_after_ns; /* from the strike until the last of them went off; 0 if all were off already */
    bool last_on;         /* one of them is still on */
    int64_t late_ns;      /* the latest of the watch's own looks since the strike */
};

/* Begins to watch fault_session's devices. */
void fault_watch_start(void);

/* Session time; 0 before the start. */
int64_t fault_watch_now_ns(void);

/* True if the output is not at its safe level now. */
bool fault_watch_is_on(uint32_t output);

/* Ends the watching and tells; any number of times. */
struct fault_watch fault_watch_stop(void);
