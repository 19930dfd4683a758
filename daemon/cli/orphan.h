/* orphan: what a killed session left in shared memory. (cli/orphan.h)
 *
 * Threads: one, not real-time. */
#pragma once
#include "engine/base/error.h"
#include "realtime/shared.h"

/* The shared memory of the session in `folder`, if it is still there and nobody lives in it; else *shared is NULL. It
 * outlives every process but not a restart of the computer, so that without it a number in session.json names somebody
 * else. False and *err: the session is running. */
MUST_CHECK bool orphan_attach(const char *folder, struct shared **shared, struct error *err);
