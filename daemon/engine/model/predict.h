/* predict: one model watching one signal: what it predicts, how far the measurement is off, how well it does.
 * (engine/model/predict.h)
 *
 * An instance is a model with its state, the observation chain that turns the model's drive into dF/F, the running fit
 * of gain and offset, and the scores. Per tick the engine hands over events and samples and then calls predict_advance,
 * which does what has become due, strictly in the order of due times, so that the result does not depend on which ticks
 * a late loop skipped. At the same time: the model step first, then the observation step, and with it, in this order,
 * the residual, the fit step (it runs 1.0 s behind the data), and the event windows.
 *
 * Late loops: at most two model steps per call; the rest follows in the next calls, and everything later waits for it.
 * Late events: one older than an already closed step is handed to the open one. Late samples enter the bin of their
 * time. Threads: real-time after init. Memory: state and trace from the arena, the rest in the struct. */
#pragma once
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/base/rt.h"
#include "engine/model/gain.h"
#include "engine/model/model.h"
#include "engine/model/observe.h"
#include "engine/model/score.h"
#include "engine/model/trace.h"
#include "engine/model/windows.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PREDICT_OBS_NS    INT64_C(5000000) /* the observation step, unless the config says otherwise */
#define PREDICT_LOW_TAU_S 0.2              /* of residual_low */

enum {
    PREDICT_EVENTS_MAX = 256,   /* waiting for their step to close: four full steps */
    PREDICT_SCORED_MAX = 8,     /* events scored in one call; more wait for the next */
    PREDICT_STEPS_PER_TICK = 2, /* model steps closed in one call */
};

struct predict_config {
    const char *model;      /* a name of model_names() */
    const double *params;   /* all of them in the table's order; NULL: the defaults */
    double mag_ref;         /* > 0: the standard reward in task units, us_gain_0 becomes 1 / mag_ref; 0: as in params */
    int64_t tick_ns;        /* the engine's tick */
    int64_t step_ns;        /* a multiple of tick_ns and obs_ns; 0: the model's default */
    int64_t obs_ns;         /* 1..10 ms, a multiple of tick_ns, a divisor of 50 ms; 0: 5 ms */
    uint32_t stagger_ticks; /* how many ticks after a step's end it is closed; taken modulo step_ns / tick_ns */
    const char *sensor;     /* a preset of observe.h; NULL: dLight1.1 */
    const char *region;     /* a preset of observe.h; NULL: dorsal-striatum */
    struct windows_config windows;   /* omission_max_ns 0: all defaults */
    double gain_start, offset_start; /* theta at the start, the animal's last; gain_start 0: (0.05, 0) */
    bool fit_always;                 /* fit outside the windows around events too */
    uint64_t seed;                   /* of models that draw */
};

/* One event as scored in this call. */
struct predict_scored {
    int64_t t_ns;
    int type; /* SCORE_CUE + c, SCORE_US + u, SCORE_OMISSION */
    double m, p;
    struct score_event score;
};

struct predict {
    /* what predict_advance brings up to date; read it after the call */
    double yhat;         /* the chain's dF/F, before gain and offset */
    double predicted;    /* g * yhat + o */
    double residual;     /* measured - predicted, mean of the samples that came since the observation step before */
    double residual_low; /* its low-pass, 0.2 s */
    double residual_z; /* residual_low over its noise: the square root of its forgotten mean square (60 s), each term at
                          most 3 of the current SD, so that responses hardly count; 0 for the first 10 s */
    bool
        residual_usable; /* the newest sample is usable and at most 250 ms old; else the three above stand still, z 0 */
    struct model_out out; /* of the last closed step */
    uint64_t digest;      /* chained over all outputs of all closed steps: det_digest */
    int64_t n_steps;      /* model steps closed */
    uint32_t n_closed;    /* of them in this call */
    uint32_t n_scored;    /* events scored in this call */
    struct predict_scored scored[PREDICT_SCORED_MAX];
    bool frozen; /* the model gave a number that is not finite: outputs repeat, nothing is driven any more */
    bool null;   /* a null model */
    uint64_t n_events_scored,
        n_events_unusable; /* unusable: more than half of a window's samples were blanked or none came */
    uint64_t late_events, dropped_events;
    uint64_t lag_steps; /* steps that were due but had to wait for the next call, summed over calls */
    struct gain gain;
    struct score score;

    /* its own */
    const struct model_ops *ops;
    void *state;
    struct observe observe;
    struct trace trace;
    struct windows windows;
    int64_t next_ns;                               /* nothing is due before */
    int64_t step_ns, close_after_ns;               /* a step is closed this long after its end */
    int64_t fit_next_ns;                           /* start of the next fit step */
    int64_t fit_from_ns, fit_to_ns, fit_before_ns; /* fit windows: [from, to), and all of what ended before `before` */
    bool fit_always, paused;
    int64_t sample_ns; /* newest sample, INT64_MIN before the first */
    bool sample_usable;
    double fresh_sum; /* residuals of late samples since the last observation step */
    uint32_t n_fresh;
    double low_rate, noise_keep, noise_sum, noise_n; /* of the low-pass and its noise */
    uint32_t n_noise, n_noise_first;
    struct model_event events[PREDICT_EVENTS_MAX]; /* in order, first at 0 */
    uint32_t n_events;
};

/* Makes a fresh instance at session time 0. On a measuring arena it only takes what it needs. False and *err: an
 * unknown name (with a suggestion of what exists), a parameter or time out of range. Not real-time. */
MUST_CHECK bool predict_init(struct predict *predict, const struct predict_config *config, struct arena *arena,
                             struct error *err);

/* One event, in any order of time. Not in the future of the next predict_advance by more than a step. */
void predict_event(struct predict *predict, const struct model_event *event) RT_SAFE;

/* One dF/F sample at session time `t_ns`. Not `usable`: blanked, saturated, artefact; it then only counts as missing.
 */
void predict_sample(struct predict *predict, int64_t t_ns, double y, bool usable) RT_SAFE;

/* Does what is due at `now_ns`, which never goes back. Returns at once if that is nothing. */
void predict_advance(struct predict *predict, int64_t now_ns) RT_SAFE;

/* Changes a model parameter from the next closed step on; false: fixed at start, or out of range. */
bool predict_set_param(struct predict *predict, int index, double value) RT_SAFE;
