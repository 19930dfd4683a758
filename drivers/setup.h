/* setup: what every driver checks about the rig before it opens its device. (drivers/setup.h)
 *
 * The planner has checked the rig file as such; here a driver's own limits are held against it.
 * Threads: start-up only. No state. */
#pragma once
#include "drivers/driver.h"

/* False and *err ("daq: channels = 9: expected at most 8") if `setup` has more channels, inputs or outputs than `about`
 * says, a sample rate out of its range, or a channel without a finite calibration. */
MUST_CHECK bool setup_check(const struct driver_setup *setup, const struct driver_about *about, struct error *err);

/* False and *err: `line` is not below `n_lines`; `what` ("channel", "valve") is the word for it. */
MUST_CHECK bool setup_check_line(const struct driver_setup *setup, const char *what, uint32_t line, uint32_t n_lines,
                                 struct error *err);
