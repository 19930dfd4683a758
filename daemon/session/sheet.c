#include "session/sheet.h"
#include "engine/base/units.h"
#include <stdio.h>
#include <time.h>

void sheet_time(int64_t realtime_ns, char text[CONFIG_NAME])
{
    const time_t seconds = (time_t)(realtime_ns / S - (realtime_ns % S < 0));
    struct tm utc;
    if (gmtime_r(&seconds, &utc) == NULL || strftime(text, CONFIG_NAME, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        text[0] = 0;
}

void sheet_begin(struct folder_session *session, const struct config *config, const char *version, int64_t realtime_ns,
                 const char *shm, int64_t core_pid)
{
    *session = (struct folder_session){.engine = ENGINE_VERSION, .seed = config->seed, .core_pid = core_pid};
    snprintf(session->phasic, sizeof session->phasic, "%s", version);
    snprintf(session->origin, sizeof session->origin, "run");
    snprintf(session->rig, sizeof session->rig, "%s", config->rig);
    snprintf(session->task, sizeof session->task, "%s", config->task);
    snprintf(session->animal, sizeof session->animal, "%s", config->animal);
    snprintf(session->shm, sizeof session->shm, "%s", shm);
    sheet_time(realtime_ns, session->started);
}

static bool is_in_order(uint32_t reason)
{
    return reason == FRAME_END_DURATION || reason == FRAME_END_STOP || reason == FRAME_END_TASK;
}

void sheet_end(struct folder_session *session, const struct summary *summary)
{
    snprintf(session->outcome, sizeof session->outcome, "%s", is_in_order(summary->reason) ? "done" : "failed");
    snprintf(session->reason, sizeof session->reason, "%s", summary->outcome);
    snprintf(session->why, sizeof session->why, "%s", summary->why);
    session->ticks = summary->ticks;
    session->skipped_ticks = summary->skipped_ticks;
    session->core_pid = 0;
    session->shm[0] = 0;
}
