/* kinds: what an output is, and who ends its pulses: the words that the engine and the drivers share.
 * (engine/base/kinds.h)
 *
 * Part of the config (engine/config.h); apart from it because drivers see outputs, but never the whole config. The
 * numbers are journaled: a new kind goes to the end. */
#pragma once

enum config_output_kind {
    CONFIG_OUTPUT_DIGITAL,
    CONFIG_OUTPUT_VALVE,
    CONFIG_OUTPUT_LASER,
    CONFIG_OUTPUT_SOUND,
    CONFIG_OUTPUT_LED
};

/* Who ends a pulse when this computer can't. */
enum config_guard {
    CONFIG_GUARD_NONE,
    CONFIG_GUARD_DEVICE_TIMED,
    CONFIG_GUARD_DEVICE_WATCHDOG,
    CONFIG_GUARD_INTERLOCK
};

/* What a train or sound is made of. All but pulses are waves: one order, which the device plays by itself. */
enum config_shape {
    CONFIG_SHAPE_PULSES,   /* on and off, each pulse an order of its own */
    CONFIG_SHAPE_CONSTANT, /* light at one level, with ramps */
    CONFIG_SHAPE_SINE,     /* light: (1 - cos(2 pi hz t)) / 2, from dark to the level and back */
    CONFIG_SHAPE_TONE,     /* sound: a sine of hz */
    CONFIG_SHAPE_NOISE,    /* sound: white between hz and hz_end */
    CONFIG_SHAPE_CHIRP,    /* sound: from hz to hz_end, in equal ratios in equal times */
    CONFIG_SHAPE_CLICKS,   /* sound: hz clicks a second */
    CONFIG_SHAPES
};
