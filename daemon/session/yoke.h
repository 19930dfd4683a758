/* yoke: the stimulation times of an earlier session, for triggers that are yoked to it. (session/yoke.h)
 *
 * A time is the start of a train, as the earlier session's journal has it: shams and refused firings are none. They
 * become part of the config, so that a replay needs that session no more, and yoke.json in the session folder says
 * where they come from. Threads: any, not real-time. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"
#include <stdbool.h>

#define YOKE_FILE "yoke.json"

/* Fills config->yoke for every yoked trigger from `session`, a session's folder or a journal file; NULL: there is none,
 * which only a task without a yoke accepts. False and *err: the session can't be read, has no such train, or started it
 * never, or more often than CONFIG_YOKE_MAX; or no trigger is yoked. */
MUST_CHECK bool yoke_fill(struct config *config, const char *session, struct error *err);

/* Writes yoke.json: the session that was named, and each yoked trigger's train and times. Nothing if no trigger is
 * yoked. */
MUST_CHECK bool yoke_write(const char *folder, const struct config *config, const char *session, struct error *err);
