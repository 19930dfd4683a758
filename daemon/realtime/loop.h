/* loop: the core: wait, read, engine_tick, write, publish. (realtime/loop.h)
 *
 * Tick n is due at n * period after the session's start. The loop sleeps to that absolute time; if it wakes a period or
 * more too late, the ticks it missed are skipped and counted, never run after one another: a valve must not get two
 * ticks' worth of orders at once. What the drivers confirm of a tick's writes enters the next tick's frame. Every tick
 * is in the ring before its outputs move, so that nothing ever moved that the journal does not know. Threads: one
 * real-time thread, the core's process's only one. It ends the session by itself when the ring has no room or the
 * keeper no pulse. */
#pragma once
#include "engine/base/error.h"
#include "engine/base/rt.h"
#include "engine/engine.h"
#include "realtime/builder.h"
#include "realtime/devices.h"
#include "realtime/shared.h"
#include "realtime/thread.h"
#include "wire/record.h"

struct loop;

/* All memory that a session's core needs, taken now and locked. False and *err. Not real-time. */
MUST_CHECK bool loop_open(struct loop **loop, struct shared *shared, struct devices *devices, struct error *err);

/* Starts the devices: session time 0 is now. False and *err: a device refused. Not real-time. */
MUST_CHECK bool loop_start(struct loop *loop, struct error *err);

/* One tick: waits for it, reads, decides, records, writes. False: the session is over. Real-time: what tests/pure lists
 * of system calls is all it makes. */
bool loop_tick(struct loop *loop) RT_SAFE;

/* Runs the session from tick 0 to its close record, in real time, and stops the devices. False: the record could not be
 * written because nobody drains the ring; outputs are safe all the same. */
bool loop_run(struct loop *loop);

/* NULL is allowed. */
void loop_close(struct loop *loop);

/* The whole life of the core's process: real-time set-up, loop_open, loop_run. Returns its exit status: 0 after a close
 * record, 1 with one line on stderr. */
int loop_main(struct shared *shared, struct devices *devices);
