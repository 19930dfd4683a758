/* sim: a simulated rig with a mouse that learns in front of it. (drivers/sim/sim.h)
 *
 * Lines: inputs 0..7, of which 0 is the lick sensor, 1 that of a second spout if the rig file says that it is one, and
 * the others are quiet; of two valves the one on the lower line gives its water at the first spout; outputs 0..15;
 * channels 0..7: even line 2f is the signal wavelength of fibre f, odd line 2f + 1 its control, sampled half a period
 * later. An LED on line n lights channel n, in proportion to its level, with its on_level as full light; a channel
 * without an LED in the rig file is lit from outside. A sound that goes on is a cue, named by its place among the
 * outputs. A valve gives water by the time that it was really open, and the mouse notices when it closes. Laser light
 * adds dopamine, and teaches. Everything follows from setup->seed, the option "seed" and the writes: the world advances
 * on a 1 ms grid of session time, however often it is read; a late read finds up to 1 s of samples waiting, beyond that
 * the oldest are lost and reported. Start begins the world anew; starting twice without a stop is refused. The end of a
 * pulse that the device times is not confirmed: the engine writes it too. Read and write cost as much as session time
 * has passed since the last call: measured 0.4 us a ms with two channels at 1 kHz, 3.4 us with eight at 10 kHz. Threads
 * and processes: drivers/driver.h; the outputs live in shared memory (drivers/latch.h). */
#pragma once
#include "drivers/driver.h"
#include "drivers/latch.h"

extern const struct driver_ops sim_driver;

/* The device's outputs and who changed them, for tests. Valid while the driver is open. */
const struct latch *sim_latch(const struct driver *driver);
