/* trials: what happens to models that think in trials: cues, outcomes, and outcomes that did not come.
 * (engine/model/trials.h)
 *
 * A cue's onset opens a window for it, a choice one for itself. All windows close at the next outcome, each at the
 * latest `window_s` after its onset: that is an omission, at exactly that time (an outcome at that very time still
 * counts). Cues whose onsets differ by less than `compound_s` are one compound and share the first one's end. A cue
 * that begins again while its window is open closes its compound first, as an omission; a second choice does the same
 * to the first. Outcomes and punishments of one instant are one outcome. Events of a step are collected and handed out
 * in the order of their times when it is closed, omissions among them. Threads: the model's. Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include "engine/model/model.h"
#include "engine/model/state.h"
#include <stdbool.h>
#include <stdint.h>

#define TRIALS_PARAMS                                                                                                  \
    {"window_s", "s", "chosen; at least the longest delay from cue to outcome", 5, 0.1, 60, MODEL_PARAM_LIVE},         \
    {                                                                                                                  \
        "compound_s", "s", "chosen; cues closer than this are one compound", 0.15, 0, 5, MODEL_PARAM_LIVE              \
    }
enum { TRIALS_WINDOW, TRIALS_COMPOUND, TRIALS_N_PARAMS };

enum {
    TRIALS_CHOICE_SLOT = MODEL_CS_MAX, /* the window after the cues' */
    TRIALS_SLOTS,
    TRIALS_CUES = (1 << MODEL_CS_MAX) - 1, /* bits of the cues in `closed` */
    TRIALS_CHOICE = 1 << TRIALS_CHOICE_SLOT,
};

enum trials_kind {
    TRIALS_ONSET,    /* cue `id` began; mag: its salience */
    TRIALS_OUTCOME,  /* mag: the reward in RPE units; id: the outcome (of several at once, the first) */
    TRIALS_OMISSION, /* windows closed without an outcome */
    TRIALS_ACTION,   /* choice `id` */
    TRIALS_CONTEXT,  /* context `id` is visible from now on */
};

struct trials_event {
    int64_t t_ns;
    enum trials_kind kind;
    uint8_t id;
    double mag;
    bool punishment; /* an outcome that begins with an air puff or a shock */
    uint32_t closed; /* windows that this closed: bit c a cue's, TRIALS_CHOICE the choice's */
    bool lit;        /* within the light on dopamine neurons, or at most 0.5 s after it went on */
    double light;    /* its sign and strength */
};

struct trials_window {
    bool open;
    int64_t onset_ns, end_ns;
    double salience;
};

struct trials {
    struct trials_window window[TRIALS_SLOTS];
    bool light_on, light_seen;
    int64_t light_ns; /* when it last went on */
    double light_mag;
    bool apart;                                      /* outcomes of one instant are handed out one by one */
    struct model_event queue[MODEL_STEP_EVENTS_MAX]; /* of the open step */
    uint32_t n, i, i_light;                          /* handed out, and looked at for light, so far */
};

/* One event of the open step. Kinds that don't matter here are ignored. */
void trials_event(struct trials *trials, const struct model_event *event) RT_SAFE;

/* The next thing that happened before end_ns, the end of the step. `params`: the model's, which begin with
 * INTAKE_PARAMS; `own`: its TRIALS_PARAMS. False: nothing more, the step's events are used up. At most
 * 3 * MODEL_STEP_EVENTS_MAX + TRIALS_SLOTS times true. */
bool trials_next(struct trials *trials, const double *params, const double *own, int64_t end_ns,
                 struct trials_event *event) RT_SAFE;

/* The light's effect on what `event` drives: *delta is changed as opto_mode says; returns the area to be released. */
double trials_opto(const double *params, const struct trials_event *event, double *delta) RT_SAFE;

/* Adds an event's error and release to the step's output; the drive's time becomes the event's. */
void trials_drive(const struct trials_event *event, double delta, double release, struct model_out *out) RT_SAFE;

/* All of it is passing. */
void trials_fields(struct trials *trials, struct state_io *io);
