/* import_ppd: a pyPhotometry recording becomes a session. (session/import_ppd.h)
 *
 * The session's journal has the recording's samples in the ticks (1 ms) in which they fall due, the digital inputs'
 * changes as edges, and the times of a NumPy file as edges of an input "cue"; its rig.lua and task.lua say the same as
 * the config in the journal, for people and for replaying with another task. Channel 1 is called "signal", channel 2
 * "control". Threads: any, not real-time. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"
#include <stdbool.h>
#include <stdint.h>

struct ppd;

struct import_ppd_options {
    const char *file;   /* the .ppd */
    const char *events; /* times of cues in s on the recording's clock, .npy; NULL: none */
    const char *folder; /* the session folder to be made */
    const char *phasic; /* this program's version, for session.json */
};

struct import_ppd_report {
    int64_t ticks, samples; /* samples a channel */
    int64_t edges, events;  /* changes of digital inputs; cues */
    char notice[256];       /* one line for stderr: what was dropped; "" if nothing */
};

/* Imports. False and *err: ERROR_INPUT with byte offset (or event index) if a file is wrong, ERROR_USAGE if the folder
 * is not empty. What was written so far is left. */
MUST_CHECK bool import_ppd(const struct import_ppd_options *options, struct import_ppd_report *report,
                           struct error *err);

/* The config of a recording, as it is in the journal. */
void import_ppd_config(const struct ppd *ppd, bool has_events, struct config *config);

/* rig.lua and task.lua of a recording. malloc'ed; NULL: no memory. `name` is the recording's file. */
char *import_ppd_rig(const struct ppd *ppd, const struct config *config, const char *name);
char *import_ppd_task(const struct config *config, const char *name);

/* The assumption that the import makes about what the inputs mean, as session.json and task.lua say it; NULL: none. */
const char *import_ppd_assumption(const struct config *config);
