/* recording: a journal as the source of a replayed device. (session/recording.h)
 *
 * Hands each device's samples, edges and status changes out in the ticks in which they were recorded, so that a session
 * that is run again from its recording gets the very frames it got. What a skipped or full tick could not take waits
 * for the next one. Threads: one. Memory: allocated by open, a fixed amount; reading allocates nothing. */
#pragma once
#include "drivers/driver.h"
#include "engine/base/error.h"
#include "session/journal.h"
#include <stdbool.h>

struct recording;

/* Opens the journal at `path`. */
MUST_CHECK bool recording_open(struct recording **recording, const char *path, struct error *err);

/* What a replay driver is given. Valid until recording_close. */
const struct driver_recording *recording_source(const struct recording *recording);

/* The config of the recorded session; its indices of channels, inputs and devices are those in the frames. */
const struct config *recording_config(const struct recording *recording);

/* Copies the error that ended the recording early into *err and returns true; false: there was none. */
bool recording_failed(const struct recording *recording, struct error *err);

/* NULL is allowed. */
void recording_close(struct recording *recording);
