/* sheet: fills what session.json says of a run, at its beginning and at its end. (session/sheet.h)
 *
 * The task's parameters are the caller's to add, who also writes the file (folder_write_session_json).
 * Threads: any, not real-time. */
#pragma once
#include "engine/config.h"
#include "session/folder.h"
#include "session/summary.h"
#include <stdint.h>

/* Of a run that begins now; all else is cleared. `version`: the program's; realtime_ns: CLOCK_REALTIME at session time
 * 0, ns since 1970 UTC; `shm`: the name of its shared memory. */
void sheet_begin(struct folder_session *session, const struct config *config, const char *version, int64_t realtime_ns,
                 const char *shm, int64_t core_pid);

/* The same run, over: outcome "done" (duration, stop, task) or "failed" (all else, also without a close record), the
 * reason, the counts; no process, no shared memory. */
void sheet_end(struct folder_session *session, const struct summary *summary);

/* "2024-01-02T03:04:05Z" from ns since 1970 UTC, years beyond 9999 get longer. */
void sheet_time(int64_t realtime_ns, char text[CONFIG_NAME]);
