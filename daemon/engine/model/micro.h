/* micro: microstimuli: a decaying trace of each stimulus, read by Gaussian detectors at different heights.
 * (engine/model/micro.h)
 *
 * Ludvig, Sutton & Kehoe 2008. With y = exp(-t/tau_y), t from the newest onset to the step's end, detector i of m is
 * y * salience * N(y; i/m, sigma) (the normal density's shape, height 1/sqrt(2 pi)); below y = 1e-3 all are 0. Stimuli
 * are the cues, then the outcomes if they have a set; feature order: stimulus by stimulus. Threads: the model's. */
#pragma once
#include "engine/base/rt.h"
#include "engine/model/model.h"
#include "engine/model/state.h"
#include "engine/model/td.h"

/* Rows of a model's parameter table. Shape and time constants are fixed at start: they decide whether it is stable. */
#define MICRO_PARAMS(n, n_max)                                                                                         \
    {"tau_y_s", "s", "Ludvig 2008: 0.985 per 50 ms", 3.308, 0.2, 60, MODEL_PARAM_FIXED},                               \
        {"n_micro", "-", "detectors of a stimulus; Ludvig 2008: 50, 2012: 6", n, 4, n_max, MODEL_PARAM_COUNT},         \
    {                                                                                                                  \
        "sigma", "trace height", "Ludvig 2008", 0.08, 0.02, 0.5, MODEL_PARAM_FIXED                                     \
    }
enum { MICRO_TAU_Y, MICRO_N, MICRO_SIGMA, MICRO_N_PARAMS, MICRO_STIMULI_MAX = MODEL_CS_MAX + MODEL_US_MAX };

struct micro {
    uint32_t n_stimuli; /* MODEL_CS_MAX without sets of the outcomes, else MICRO_STIMULI_MAX */
    struct micro_stimulus {
        bool seen;
        int64_t onset_ns; /* the newest */
        double salience;
    } stimuli[MICRO_STIMULI_MAX];
};

/* Nothing was seen yet. */
void micro_init(struct micro *micro, bool outcomes);

/* Forgets all onsets. */
void micro_rest(struct micro *micro) RT_SAFE;

/* Takes in cue onsets, outcomes and the begin of a session. */
void micro_event(struct micro *micro, const struct model_event *event) RT_SAFE;

/* Height of detector i = 1..m for a trace of height y and salience 1. */
double micro_height(const double *params, double y, uint32_t i) RT_SAFE;

/* Adds the features at close_ns, starting with index `first`, to the step that `td` is about to close. */
void micro_light(const struct micro *micro, const double *params, int64_t close_ns, struct td *td) RT_SAFE;

/* All of it but the shape is passing. */
void micro_fields(struct micro *micro, struct state_io *io);
