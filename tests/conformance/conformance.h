/* conformance: what every driver has to keep to, whatever its device. (tests/conformance/conformance.h)
 *
 * The rules of drivers/driver.h as tests. A driver's own test program gives a rig that its device can serve and calls
 * conformance_run. Session time is made up by the suite; a device with a clock of its own gives `wait`. Tests that need
 * something that the driver does not have (reading back a level, timed pulses) are not part of its suite. */
#pragma once
#include "drivers/driver.h"

struct conformance_rig {
    struct driver_setup setup;
    struct driver_channel channels[FRAME_CHANNELS_MAX + 1];
    struct driver_input inputs[FRAME_INPUTS_MAX + 1];
    struct driver_output outputs[FRAME_OUTPUTS_MAX + 1];
};

struct conformance_subject {
    const struct driver_ops *ops;
    /* Changes the usual rig (conformance_usual_rig) into one for this device. Called before every open. NULL: as it
     * is. */
    void (*make)(struct conformance_rig *rig);
    /* Sleeps until session time t_ns on devices with a clock of their own. NULL: simulated. */
    void (*wait)(int64_t t_ns);
    uint32_t unknown_line; /* a line that the device does not have; UINT32_MAX: it takes any */
    bool has_edges;        /* the lick sensor gives edges within 20 s, if water comes every second */
};

/* The rig that the suite uses: channels on lines 0 and 1 at 1 kHz, a lick sensor on line 0, a valve on line 4 and a
 * laser on line 5 (both device-timed), a sound, LEDs on lines 0 and 1; options at their defaults. Indices differ from
 * positions, as on a rig with several devices. */
void conformance_usual_rig(struct conformance_rig *rig, const struct driver_ops *ops);

/* Runs the suite under cmocka; the number of failed tests. */
int conformance_run(const struct conformance_subject *subject);
