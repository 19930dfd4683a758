/* driver: what a device family has to be able to do. (drivers/driver.h)
 *
 * One vtable for simulated, recorded and real boards: the loop can't tell them apart. A driver is opened by the
 * keeper's process before the core is forked, so that both hold the device; the core alone calls start, read, write,
 * request_safe and stop; the keeper alone calls force_safe, and only after it has killed the core. Rules: read, write
 * and request_safe never block. force_safe works while the core is dead. After open every output is at its safe level,
 * and stop, close and force_safe leave it there. stop and close accept a driver that is not started or open, any number
 * of times. The conformance test in tests/conformance runs on every row of the driver table. */
#pragma once
#include "engine/base/error.h"
#include "engine/base/kinds.h"
#include "engine/base/rt.h"
#include "engine/frame.h"
#include <stdbool.h>
#include <stdint.h>

enum { DRIVER_NAME = 32, DRIVER_OPTIONS_MAX = 16 };

/* One line of the rig that lies on this device. `index` is the engine's index, used in frames. */
struct driver_channel {
    double rate_hz, volts_per_count, volts_at_zero;
    uint32_t index, line;
};
struct driver_input {
    uint32_t index, line;
    uint32_t is_lick;
};
struct driver_output {
    double safe_level, on_level;
    uint32_t index, line;
    uint32_t kind;  /* enum config_output_kind */
    uint32_t guard; /* enum config_guard: device_timed lines get pulse_ns and end the pulse themselves */
};

/* A wave that the device plays by itself when a write names it: frame_write.wave is `index` + 1. Light and sounds rise
 * and fall by half a cosine within ramp_ns. Noise is drawn from the seed and the index, so that it is the same again.
 */
struct driver_wave {
    uint32_t index, output; /* the engine's */
    uint32_t shape;         /* enum config_shape, not pulses */
    int64_t duration_ns, ramp_ns;
    double hz, hz_end;
};

/* A driver's own option in the rig file: `device "daq" { driver = "sim", bleach = 0.1 }`. One row says all. */
struct driver_option {
    const char *name, *unit; /* unit "" a plain number, else a unit word of the rig language: "s", "ms", "hz" */
    double def, min, max;    /* in the base unit: s, Hz, V, 1 */
    const char *help;
};

/* Where a recorded session's frames come from; session/ gives one to the replay driver. */
struct driver_recording {
    void *context;
    /* Appends to `in` everything that the recording's device `device` delivered in ticks <= in->n and not handed out
     * before. False when the recording is over. May block: a recording is not a board. */
    bool (*read)(void *context, uint32_t device, struct frame_in *in);
};

/* All that open needs; filled by realtime/rig.c from the config. Pointers are valid during open only, `recording`
 * longer. */
struct driver_setup {
    const char *name; /* the device's name in the rig file */
    uint64_t seed;
    uint32_t device; /* the engine's index */
    uint32_t n_channels, n_inputs, n_outputs;
    const struct driver_channel *channels;
    const struct driver_input *inputs;
    const struct driver_output *outputs;
    const struct driver_wave *waves; /* n_waves of them, for its outputs */
    uint32_t n_waves;
    double rate_hz;
    double options[DRIVER_OPTIONS_MAX];       /* in the order of driver_ops.options, defaults filled in */
    const struct driver_recording *recording; /* replay only, else NULL */
};

/* What a driver promises about itself. */
struct driver_about {
    const char *help;
    uint32_t channels_max, inputs_max, outputs_max;
    double rate_hz_min, rate_hz_max;
    double volts_per_count, volts_at_zero; /* of its analog channels, unless the rig file says otherwise */
    int64_t worst_case_write_ns;           /* from write to the output's edge */
    int64_t late_max_ns;  /* the oldest an edge can be when it is read; 0 for lines sampled in the tick */
    uint32_t shapes;      /* a bit each enum config_shape that its outputs can play; pulses always */
    bool device_timed;    /* ends pulses by itself */
    bool device_watchdog; /* falls to safe by itself when the host is silent */
    bool simulated;       /* no actuator can be reached: ticks may be made faster than real time */
    bool lit_by_leds;     /* a photometry channel shows nothing without an LED of the rig: it must name one */
};

struct driver; /* the driver's own state, allocated by open */

struct driver_ops {
    const char *name;
    struct driver_about about;
    const struct driver_option *options; /* n_options rows */
    uint32_t n_options;

    /* Claims the device and puts every output to its safe level. False and *err: absent, busy, not what the rig says.
     */
    bool (*open)(struct driver **driver, const struct driver_setup *setup, struct error *err);
    /* Begins acquisition; session time 0 is now. Called in the core's process. */
    bool (*start)(struct driver *driver, struct error *err);
    /* Adds what arrived up to in->wake_ns: samples, edges, status, and late confirmations to applied[]. Never blocks.
     */
    void (*read)(struct driver *driver, struct frame_in *in) RT_SAFE;
    /* Applies writes[0..n) that belong to this device (others are ignored) at session time now_ns and confirms each in
     * `confirmed` (frame_applied_add), now or in a later read. Never blocks. */
    void (*write)(struct driver *driver, const struct frame_write *writes, uint32_t n, int64_t now_ns,
                  struct frame_in *confirmed) RT_SAFE;
    /* Every output to its safe level, from the core. Never blocks. */
    void (*request_safe)(struct driver *driver, int64_t now_ns) RT_SAFE;
    /* Every output to its safe level, from the keeper, while the core is dead. True if the device confirmed it. */
    bool (*force_safe)(struct driver *driver, int64_t now_ns);
    /* The level that output `index` really has at now_ns, read back from the device; NULL where it can't be. */
    double (*level)(struct driver *driver, uint32_t index, int64_t now_ns);
    /* What a scale under output `index` would show, in mg, since start; NULL where there is none. */
    double (*weigh)(struct driver *driver, uint32_t index);
    void (*stop)(struct driver *driver);
    void (*close)(struct driver *driver); /* frees it; NULL is allowed */
};
