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
