/* config: the rig and the task's declarations as the engine knows them: the start-up blob. (engine/config.h)
 *
 * The planner makes it from the two Lua files, checked and complete; the journal holds it; the engine is started from
 * it and from nothing else. It is plain data: names, indices, SI-like units in the field names. Arrays are used up to
 * their count. wire/fields.c lists every field for the disk; a test compares that list with these structs. Threads:
 * written once before the session, then read by everyone. */
#pragma once
#include "engine/base/error.h"
#include "engine/base/kinds.h"
#include "engine/frame.h"
#include <stdint.h>

/* Raised by every commit that changes a decision; golden sessions in the tests enforce it. */
enum { ENGINE_VERSION = 3 };

enum {
    CONFIG_NAME = 32, /* bytes of a name with its terminator */
    CONFIG_DEVICES_MAX = 8,
    CONFIG_SIGNALS_MAX = 4,   /* fibres */
    CONFIG_MODELS_MAX = 16,   /* model instances */
    CONFIG_TRIGGERS_MAX = 16, /* bit per trigger in trial_state.arm */
    CONFIG_TRAINS_MAX = 8,
    CONFIG_CUES_MAX = 8, /* MODELS: MAX_CS */
    CONFIG_OBSERVES_MAX = 16,
    CONFIG_PARAMS_MAX = 16, /* settings of one model instance or device */
    CONFIG_OPENING_MAX = 8, /* points of a valve's calibration table */
};

struct config_setting {
    char name[CONFIG_NAME];
    double value; /* in the option's or parameter's own unit */
};

enum config_on_loss { CONFIG_ON_LOSS_STOP, CONFIG_ON_LOSS_PAUSE, CONFIG_ON_LOSS_CONTINUE };

struct config_device {
    char name[CONFIG_NAME], driver[CONFIG_NAME];
    double rate_hz;   /* analog samples a second and channel */
    uint32_t on_loss; /* enum config_on_loss */
    uint32_t n_settings;
    struct config_setting settings[CONFIG_PARAMS_MAX]; /* the driver's own options */
};

struct config_channel {
    char name[CONFIG_NAME];
    double volts_per_count, volts_at_zero;
    double rate_hz;
    uint32_t device, line; /* index into devices; the board's channel number */
};

enum config_input_kind { CONFIG_INPUT_DIGITAL, CONFIG_INPUT_LICK, CONFIG_INPUT_EVENT };

struct config_input {
    char name[CONFIG_NAME];
    int64_t refractory_ns; /* lick: shortest gap between two licks */
    int64_t bout_gap_ns;   /* lick: a longer gap ends a bout */
    int64_t late_ns;       /* how old an edge can be when it arrives; 0 for a line that is sampled in the tick */
    uint32_t device, line;
    uint32_t kind; /* enum config_input_kind */
    uint32_t reserved;
};

struct config_opening {
    double ul;
    int64_t open_ns;
};

struct config_output {
    char name[CONFIG_NAME];
    int64_t max_on_ns;                 /* longest on-time; INT64_MAX: no limit (LED) */
    int64_t min_gap_ns;                /* shortest time from off to on */
    double max_session_ul;             /* valve: volume a session; INFINITY: no limit */
    double max_day_ul;                 /* valve: volume an animal and day; 0: no limit */
    double day_ul;                     /* what the animal got of it on this day before the session */
    double duty;                       /* largest share of any window of duty_per_ns to be on, above 0, at most 1 */
    double power_mw;                   /* laser: light power while it is on; 0: not known */
    double max_energy_mj;              /* laser: largest energy in any window of energy_per_ns */
    int64_t duty_per_ns;               /* 0: no limit; else 10 ms .. 24 h */
    int64_t energy_per_ns;             /* the same */
    double on_level;                   /* level that means on: 1, or mA for an LED */
    double safe_level;                 /* level when in doubt; 0 for valves, lasers, LEDs, sounds */
    double max_level;                  /* no level is above it; 0: no limit */
    double hz;                         /* sound: tone frequency */
    uint32_t max_session_n, max_day_n; /* grants a session, and an animal and day; 0: no limit */
    uint32_t day_n;                    /* grants on this day before the session */
    uint32_t exclude;                  /* a bit an output: never on together with it; both say so */
    uint32_t device, line;
    uint32_t kind;  /* enum config_output_kind */
    uint32_t guard; /* enum config_guard */
    uint32_t n_opening;
    uint32_t reserved;
    struct config_opening opening[CONFIG_OPENING_MAX]; /* valve calibration, both columns strictly increasing */
};

struct config_signal {
    char name[CONFIG_NAME];
    char sensor[CONFIG_NAME]; /* preset of the observation chain: "dLight1.1" */
    char region[CONFIG_NAME]; /* preset of release and uptake: "ventral-striatum" */
    double lowpass_hz;
    double tau_baseline_s, tau_fit_s;
    double clip_low_v, clip_high_v; /* at or beyond: clipped */
    uint32_t channel_signal;
    uint32_t channel_control; /* index into channels; UINT32_MAX: none */
};

struct config_model {
    char name[CONFIG_NAME]; /* MODELS A13's */
    int64_t step_ns;
    double mag_ref;  /* amount that counts as one standard reward: ul */
    uint32_t signal; /* index into signals */
    uint32_t n_settings;
    struct config_setting settings[CONFIG_PARAMS_MAX];
};

struct config_cue {
    char name[CONFIG_NAME];
    uint32_t output; /* index into outputs; UINT32_MAX: none */
    uint32_t reserved;
};

/* An input edge that is itself an event for the models: what an imported recording has instead of a running task. */
struct config_observe {
    double mag;
    uint32_t input;
    uint32_t kind; /* enum model_event_kind: a cue, an outcome, a choice, a punishment, a context */
    uint32_t id;
    uint32_t reserved;
};

enum config_trigger_source { CONFIG_TRIGGER_RESIDUAL_Z = 1 };

/* Fires when the source has stayed beyond `threshold` for hold_ns, at most once until it came back beyond `release`. */
struct config_trigger {
    char name[CONFIG_NAME];
    double threshold, release;
    double sham; /* probability that a firing is a sham */
    int64_t hold_ns, lockout_ns;
    uint32_t source; /* enum config_trigger_source */
    uint32_t signal, model;
    uint32_t below; /* 1: fires below the threshold, 0: above */
};

struct config_train {
    char name[CONFIG_NAME];
    int64_t width_ns, period_ns, duration_ns;
    uint32_t output;
    uint32_t reserved;
};

struct config {
    char rig[CONFIG_NAME], task[CONFIG_NAME], animal[CONFIG_NAME];
    uint64_t seed;
    int64_t period_ns;   /* tick period: 100 us .. 5 ms */
    int64_t duration_ns; /* session length; INT64_MAX: until stopped */
    uint32_t has_task;   /* 1: trials are planned; 0: only listens (imported recordings) */
    uint32_t n_devices, n_channels, n_inputs, n_outputs, n_signals, n_models, n_cues, n_observes, n_triggers, n_trains;
    uint32_t reserved;
    struct config_device devices[CONFIG_DEVICES_MAX];
    struct config_channel channels[FRAME_CHANNELS_MAX];
    struct config_input inputs[FRAME_INPUTS_MAX];
    struct config_output outputs[FRAME_OUTPUTS_MAX];
    struct config_signal signals[CONFIG_SIGNALS_MAX];
    struct config_model models[CONFIG_MODELS_MAX];
    struct config_cue cues[CONFIG_CUES_MAX];
    struct config_observe observes[CONFIG_OBSERVES_MAX];
    struct config_trigger triggers[CONFIG_TRIGGERS_MAX];
    struct config_train trains[CONFIG_TRAINS_MAX];
};

/* Checks every count, index and range, whoever made it: a config read from a journal passes the same gate as a planned
 * one. False and *err at the first fault ("config.outputs[2].max_on_ns"). Not real-time. */
MUST_CHECK bool config_check(const struct config *config, struct error *err);

/* A valve's opening time for `ul`, by linear interpolation in its table. False outside the table: never extrapolated.
 */
MUST_CHECK bool config_opening_ns(const struct config_output *output, double ul, int64_t *open_ns);
