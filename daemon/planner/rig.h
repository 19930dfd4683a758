/* rig: reads a rig file into the config's first half. (planner/rig.h)
 *
 * A rig file is Lua, declarations only (device, input, output, led, channel, signal), run once in the sandbox
 * (sandbox.h); every wrong key, type, range or reference is one line `file:line: key = value: expected X`. Threads: not
 * real-time. */
#pragma once
#include "drivers/driver.h"
#include "engine/base/error.h"
#include "engine/config.h"

/* Clears `config` and fills period, devices, channels, inputs, outputs and signals from the file at `path`. The
 * drivers' own options are checked against their tables. False and *err at the first fault; nothing else was touched.
 */
MUST_CHECK bool rig_load(const char *path, const struct driver_ops *const *drivers, size_t n_drivers,
                         struct config *config, struct error *err);

/* The same for who runs the rig: `loop` gets how the core's thread is to run. Untouched if it returns false. */
MUST_CHECK bool rig_load_loop(const char *path, const struct driver_ops *const *drivers, size_t n_drivers,
                              struct config *config, struct config_loop *loop, struct error *err);
