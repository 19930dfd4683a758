/* host: the process beside the core that records and plans. (host.h)
 *
 * One thread drains the ring into the journal, one runs the task's Lua. Both can be killed at any time: the keeper
 * starts the host again, the recorder goes on from the last confirmed byte, the planner folds over the journal and then
 * the ring and is where it was. When the close record is on disk the host makes summary.json and session.json from the
 * journal and exits. Threads: the host's process. */
#pragma once
#include "realtime/shared.h"
#include <stddef.h>

struct host_config {
    struct shared *shared;
    const char *folder;     /* the session's; rig and task are copied into it already */
    const char *const *set; /* n_set texts "name=value" for the task */
    size_t n_set;
    const char *version; /* the program's */
};

/* The whole life of the host's process. Returns its exit status: 0 when everything is on disk. Errors are one line on
 * stderr each. */
int host_main(const struct host_config *config);
