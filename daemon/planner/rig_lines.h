/* rig_lines: the words of a rig file that name a line of a device: channel, input, led, output. (planner/rig_lines.h)
 *
 * A part of rig.h, for rig.c only. Threads: the sandbox's. */
#pragma once
#include "drivers/driver.h"
#include "engine/config.h"
#include "planner/declare.h"

enum { RIG_LINES_NO_LED = -1 };

/* A rig while its file is read; the sandbox's owner. */
struct rig_lines {
    const struct driver_ops *const *drivers;
    size_t n_drivers;
    struct config config;
    struct config_loop loop;
    const struct driver_ops *driver_of[CONFIG_DEVICES_MAX];
    int led_of[FRAME_CHANNELS_MAX]; /* the channel's LED among the outputs, or RIG_LINES_NO_LED */
    bool has_rig;                   /* rig { ... } has come */
    bool has_journal;               /* journal { ... } has come */
};

struct rig_lines *rig_lines_owner(const struct declare *declare);
const struct driver_about *rig_lines_about(const struct rig_lines *rig, uint32_t device);

/* Read one declaration each and return 0; end the call on an error. */
int rig_lines_channel(struct declare *declare);
int rig_lines_input(struct declare *declare);
int rig_lines_led(struct declare *declare);
int rig_lines_output(struct declare *declare);
