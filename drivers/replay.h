/* replay: a recorded session's frames in place of a board. (drivers/replay.h)
 *
 * Samples, edges and status come from setup->recording, as it hands them out, whatever the rig's lines are. Outputs are
 * accepted and confirmed as written, and keep their levels like a board's (drivers/latch.h), but nothing moves; what
 * the recorded session had applied is history and is left out. When the recording is over the device is reported as
 * lost once (FRAME_DEVICE_LOST, value 0), so that the session ends. Starting twice without a stop is refused; a stop
 * does not rewind. Threads and processes: drivers/driver.h; read may block where the recording does. */
#pragma once
#include "drivers/driver.h"

extern const struct driver_ops replay_driver;
