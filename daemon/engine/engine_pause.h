/* engine_pause: stops the task for a while, with outputs safe, and lets it go on. (engine/engine_pause.h)
 *
 * A pause has one cause or several at a time: the operator, the journal, each lost device. It begins with the first:
 * the running trial is cut, every output but the LEDs goes to its safe level, the models are told and stop learning,
 * though their steps go on. It is over with the last: the models are told again and the task begins a new trial, dated
 * from then. LEDs stay on, so that bleaching and baseline go on as they were; those of a lost device go on again when
 * it is back. Threads: real-time, the engine's. */
#pragma once
#include "engine/engine.h"

/* Adds the cause, a bit's number below 32; others and known ones change nothing. */
void engine_pause_begin(struct engine *engine, uint32_t cause, struct frame_out *out) RT_SAFE;

/* Takes it back. */
void engine_pause_end(struct engine *engine, uint32_t cause, struct frame_out *out) RT_SAFE;

/* A device whose on_loss is not stop was lost, or is back. */
void engine_pause_device(struct engine *engine, uint32_t device, bool lost, struct frame_out *out) RT_SAFE;

/* Lights the LEDs again that went dark with their device, as soon as safety grants it. */
void engine_pause_light(struct engine *engine, struct frame_out *out) RT_SAFE;
