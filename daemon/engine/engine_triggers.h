/* engine_triggers: what the triggers see, and what becomes of their decisions. (engine/engine_triggers.h)
 *
 * Sources are followed in every tick, armed or not, so that running means, slopes and phases are warm when a state arms
 * a trigger. A number is judged once, and only if it is not older than the running state. A part of engine.c. Threads:
 * real-time, but for init. */
#pragma once
#include "engine/base/error.h"
#include "engine/frame.h"

struct engine;

/* All triggers of the engine's config, fresh. False and *err: a phase's band that can't be made. Not real-time. */
MUST_CHECK bool engine_triggers_init(struct engine *engine, struct error *err);

/* Signal s has a new dF/F. */
void engine_triggers_dff(struct engine *engine, uint32_t s) RT_SAFE;

/* All of them, once a tick. */
void engine_triggers_run(struct engine *engine, struct frame_out *out) RT_SAFE;
