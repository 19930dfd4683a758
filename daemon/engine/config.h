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
enum { ENGINE_VERSION = 7 };

enum {
    CONFIG_NAME = 32, /* bytes of a name with its terminator */
    CONFIG_DEVICES_MAX = 8,
    CONFIG_SIGNALS_MAX = 4,   /* fibres */
    CONFIG_MODELS_MAX = 16,   /* model instances */
    CONFIG_TRIGGERS_MAX = 16, /* bit per trigger in trial_state.arm */
    CONFIG_TRAINS_MAX = 8,
    CONFIG_CUES_MAX = 8, /* MODELS: MAX_CS */
    CONFIG_COUNTERS_MAX = 8,
    CONFIG_MESSAGES_MAX = 16,
    CONFIG_OBSERVES_MAX = 16,
    CONFIG_PARAMS_MAX = 16,    /* settings of one model instance or device */
    CONFIG_OPENING_MAX = 8,    /* points of a valve's calibration table */
    CONFIG_CONDITIONS_MAX = 4, /* of one trigger */
    CONFIG_DECISIONS_MAX = 64, /* that a trigger's maximum rate may count */
    CONFIG_LICKS_MAX = 64,     /* that a condition on a lick rate may count */
    CONFIG_YOKE_MAX = 2048,    /* times of an earlier session, for all triggers together: one every two seconds for
                               an hour */
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

enum config_input_kind {
    CONFIG_INPUT_DIGITAL,
    CONFIG_INPUT_LICK,
    CONFIG_INPUT_EVENT,
    CONFIG_INPUT_ESTOP,      /* a button whose contact closes: its rising edge is the emergency stop */
    CONFIG_INPUT_ESTOP_OPENS /* one whose contact opens: its falling edge; a broken wire stops too */
};

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
    uint32_t shapes;                                   /* bit i: its device can play enum config_shape i */
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

/* Where a number comes from. */
enum config_source_kind {
    CONFIG_SOURCE_RESIDUAL = 1, /* measured minus predicted dF/F; in SD: over its own noise, predict.h's residual_z */
    CONFIG_SOURCE_DFF,          /* a signal's dF/F */
    CONFIG_SOURCE_PREDICTED,    /* a model's predicted dF/F */
    CONFIG_SOURCE_VARIABLE,     /* a number of a model's newest step */
    CONFIG_SOURCE_PHASE,        /* an oscillation of a signal's dF/F; the number is its amplitude. Triggers only */
    CONFIG_SOURCE_YOKE,         /* no number: times of an earlier session. Triggers only */
};

/* The numbers of struct model_out, then the model's own: CONFIG_VARIABLES + k is aux[k]. */
enum config_variable {
    CONFIG_VARIABLE_VALUE,
    CONFIG_VARIABLE_DELTA,
    CONFIG_VARIABLE_ASSOC,
    CONFIG_VARIABLE_UNCERTAINTY,
    CONFIG_VARIABLE_AVG_REWARD,
    CONFIG_VARIABLE_LICK_RATE,
    CONFIG_VARIABLES,
};

struct config_source {
    uint32_t kind;     /* enum config_source_kind */
    uint32_t signal;   /* index into signals; of a model: its signal */
    uint32_t model;    /* index into models; 0 where there is none */
    uint32_t variable; /* enum config_variable; 0 where there is none */
};

enum config_condition_kind {
    CONFIG_CONDITION_LICKED = 1, /* a lick at `input` within the last window_ns */
    CONFIG_CONDITION_NOT_LICKED, /* none */
    CONFIG_CONDITION_LICK_RATE,  /* at least `level` licks a second, counted over window_ns */
    CONFIG_CONDITION_ABOVE,      /* the source's number is above `level` */
    CONFIG_CONDITION_BELOW,      /* below `level` */
};

/* What must hold besides when a trigger decides. */
struct config_condition {
    int64_t window_ns;
    double level;
    struct config_source source;
    uint32_t kind;  /* enum config_condition_kind */
    uint32_t input; /* index into inputs */
};

/* Fires when the number has stayed beyond `threshold` for hold_ns, at most once until it came back beyond `release`;
 * engine/task/trigger.h has all of it. Levels are in the source's own unit, or in SD if zscore is 1. */
struct config_trigger {
    char name[CONFIG_NAME];
    char yoke_train[CONFIG_NAME]; /* of the earlier session; else "" */
    struct config_source source;
    double threshold, release;
    double drop;            /* > 0: fires at a peak, once the number has come back by this from its extreme */
    double at_rad;          /* phase: fires when it passes this, -pi .. pi; 0 is the oscillation's maximum */
    double low_hz, high_hz; /* phase: the band */
    double sham;            /* probability that a firing is a sham */
    int64_t slope_ns;       /* > 0: the number is the source's slope a second, smoothed over this long */
    int64_t hold_ns, lockout_ns;
    int64_t delay_ns;   /* from the decision to the event that the task sees */
    int64_t max_per_ns; /* at most max_n decisions within this */
    uint32_t max_n;     /* 0: no maximum rate */
    uint32_t max_count; /* firings a session; UINT32_MAX: no limit */
    uint32_t below;     /* 1: fires below the threshold, 0: above */
    uint32_t zscore;
    uint32_t enabled;            /* 0: never armed */
    uint32_t yoke_first, n_yoke; /* its times in config.yoke */
    uint32_t n_conditions;
    struct config_condition conditions[CONFIG_CONDITIONS_MAX];
};

/* A stimulation of an earlier session. */
struct config_yoke {
    int64_t t_ns; /* session time */
};

/* A pulse train, a wave of light or a sound. Of a wave width, period and duration are the same. */
struct config_train {
    char name[CONFIG_NAME];
    int64_t width_ns, period_ns, duration_ns;
    int64_t jitter_ns;    /* pulses: each but the first is later by a draw from 0 .. jitter_ns */
    int64_t ramp_ns;      /* waves: rise at the start and fall at the end, half a cosine each */
    int64_t max_light_ns; /* longest time to be on in a session, all starts together; 0: no limit */
    double hz, hz_end;    /* waves */
    double level;         /* waves: share of the output's on level, above 0, at most 1 */
    uint32_t max_count;   /* starts a session; 0: no limit */
    uint32_t shape;       /* enum config_shape */
    uint32_t output;
    uint32_t reserved;
};

/* How the core's thread is to run: rig { cpu = 1, spin = us(50) }. It decides nothing, so no journal holds it. */
struct config_loop {
    int64_t
        spin_ns; /* of each wait the last so long is spent looking at the clock, not asleep; at most half a period */
    uint32_t pinned; /* 1: only on processor `cpu` */
    uint32_t cpu;
};

/* CONTINUE: the ring keeps what comes; PAUSE: until it can be written again; STOP: end in order. */
enum config_journal_on_fault { CONFIG_JOURNAL_CONTINUE, CONFIG_JOURNAL_PAUSE, CONFIG_JOURNAL_STOP };
/* What is nothing but a name: a counter of the task, a message that a client can send. */
struct config_label {
    char name[CONFIG_NAME];
};

/* What happens when the task gives no plan in time, or fails. */
enum config_no_plan { CONFIG_NO_PLAN_END, CONFIG_NO_PLAN_REPEAT };

struct config {
    char rig[CONFIG_NAME], task[CONFIG_NAME], animal[CONFIG_NAME];
    uint64_t seed;
    int64_t period_ns;   /* tick period: 100 us .. 5 ms */
    int64_t duration_ns; /* session length; INT64_MAX: until stopped */
    uint32_t has_task;   /* 1: trials are planned; 0: only listens (imported recordings) */
    uint32_t n_devices, n_channels, n_inputs, n_outputs, n_signals, n_models, n_cues, n_observes, n_triggers, n_trains,
        n_counters, n_messages;
    uint32_t n_yoke;
    uint32_t no_plan;          /* enum config_no_plan */
    uint32_t journal_on_fault; /* enum config_journal_on_fault: what to do while the journal can't be written */
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
    struct config_yoke yoke[CONFIG_YOKE_MAX]; /* each trigger's times together, rising */
    struct config_label counters[CONFIG_COUNTERS_MAX];
    struct config_label messages[CONFIG_MESSAGES_MAX];
};

/* Checks every count, index and range, whoever made it: a config read from a journal passes the same gate as a planned
 * one. False and *err at the first fault ("config.outputs[2].max_on_ns"). Not real-time. */
MUST_CHECK bool config_check(const struct config *config, struct error *err);

/* The same for one trigger alone, after a change. */
MUST_CHECK bool config_check_trigger(const struct config *config, uint32_t i, struct error *err) RT_SAFE;

/* A valve's opening time for `ul`, by linear interpolation in its table. False outside the table: never extrapolated.
 */
MUST_CHECK bool config_opening_ns(const struct config_output *output, double ul, int64_t *open_ns);
