/* devices: the rig's boards, as one thing to the loop. (realtime/devices.h)
 *
 * Opens each device of the config with its driver, reads all of them into one frame, hands each its writes.
 * Threads: open and close in the keeper's process before and after the core; read, write, request_safe the core's
 * real-time thread; force_safe the keeper's. */
#pragma once
#include "drivers/driver.h"
#include "engine/config.h"

struct devices {
    uint32_t n;
    struct {
        const struct driver_ops *ops;
        struct driver *driver;
    } device[CONFIG_DEVICES_MAX];
};

/* Opens all; `recording` is handed to drivers that replay one. False and *err: those already open are closed again. */
MUST_CHECK bool devices_open(struct devices *devices, const struct config *config,
                             const struct driver_ops *const *drivers, size_t n_drivers,
                             const struct driver_recording *recording, struct error *err);

/* Begins acquisition on all: session time 0 is now. */
MUST_CHECK bool devices_start(struct devices *devices, struct error *err);

void devices_read(struct devices *devices, struct frame_in *in) RT_SAFE;
void devices_write(struct devices *devices, const struct frame_out *out, int64_t now_ns,
                   struct frame_in *confirmed) RT_SAFE;
void devices_request_safe(struct devices *devices, int64_t now_ns) RT_SAFE;

/* Every output of every device safe, without the core. True if all devices confirmed it. */
bool devices_force_safe(struct devices *devices, int64_t now_ns);

/* True if every output of `config` reads back as safe; false also if a driver can't read back. */
bool devices_all_safe(struct devices *devices, const struct config *config, int64_t now_ns);

void devices_stop(struct devices *devices);
void devices_close(struct devices *devices);
