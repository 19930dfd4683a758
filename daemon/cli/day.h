/* day: a session's part in what its animal may get on a day. (cli/day.h)
 *
 * session/given.h keeps the totals; here the sessions before are looked after first: one that runs or that was killed
 * and not recovered yet is not over. Threads: one, not real-time. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"

/* Before the session in `folder` starts: counts the animal's sessions that are not counted yet, puts the day's totals
 * into config's outputs, and enters this session. Does nothing for a session without an animal. False and *err: what
 * was given today can't be known, and an output of this rig has a limit a day. Without such a limit a warning. */
MUST_CHECK bool day_begin(struct config *config, const char *folder, struct error *err);

/* After it is over: counts it. If that fails, a warning: the animal's next session tries again. */
void day_end(const struct config *config, const char *folder);

/* The same of a session that was recovered, whose journal names the animal. */
void day_end_of(const char *folder);
