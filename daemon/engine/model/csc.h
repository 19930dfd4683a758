/* csc: the complete serial compound: features that say how long ago a cue began. (engine/model/csc.h)
 *
 * Each cue starts a line of bins, one feature lit after the other (Sutton & Barto 1990; Schultz, Dayan & Montague
 * 1997). An outcome ends all lines (Starkweather 2017 needs that for its result; the plain line is csc_reset_on_us =
 * 0). Feature order: cue lines, outcome lines, position bins, bias. Threads: the model's. Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include "engine/model/intake.h"
#include "engine/model/model.h"
#include "engine/model/state.h"
#include "engine/model/td.h"

/* Rows of a model's parameter table, and their offsets from the first of them. `bias`: the default of use_bias. */
#define CSC_PARAMS(bias)                                                                                               \
    {"n_bins", "-", "chosen; the line must outlast the longest delay", 64, 8, 128, MODEL_PARAM_COUNT},                 \
        {"bin_s", "s", "width of a bin; chosen", 0.1, 0.02, 0.5, MODEL_PARAM_FIXED},                                   \
        {"csc_reset_on_us", "-", "1: an outcome ends all lines", 1, 0, 1, MODEL_PARAM_CHOICE},                         \
        {"csc_us_line", "-", "1: outcomes have lines of their own", 0, 0, 1, MODEL_PARAM_COUNT},                       \
        {"csc_single_line", "-", "Jeong 2022: 1: only the line of the latest event", 0, 0, 1, MODEL_PARAM_CHOICE},     \
        {"csc_presence", "-", "1: one feature a cue, while it is on", 0, 0, 1, MODEL_PARAM_COUNT},                     \
        {"use_bias", "-", "1: a constant feature", bias, 0, 1, MODEL_PARAM_COUNT},                                     \
    {                                                                                                                  \
        "pos_bins", "-", "positions on a track, 0: none", 0, 0, 256, MODEL_PARAM_COUNT                                 \
    }
enum {
    CSC_N_BINS,
    CSC_BIN,
    CSC_RESET_ON_US,
    CSC_US_LINE,
    CSC_SINGLE_LINE,
    CSC_PRESENCE,
    CSC_USE_BIAS,
    CSC_POS_BINS,
    CSC_N_PARAMS,
    CSC_LINES_MAX = MODEL_CS_MAX + MODEL_US_MAX,
};

struct csc_line {
    bool running;
    int64_t k_onset; /* the step it began in */
    double salience;
};

struct csc {
    int64_t bin_steps;      /* steps a bin lasts */
    double rate_scale;      /* 1 / bin_steps: a bin that lasts several steps collects several times the trace */
    uint32_t line_features; /* features of one line */
    uint32_t n;             /* features in all */
    struct csc_line lines[CSC_LINES_MAX]; /* cues, then outcomes */
    bool on_track;                        /* positions stand for the cue lines */
    double position;
};

/* Features of these parameters (the model's CSC_PARAMS). */
size_t csc_features(const double *params);

/* False and *err: parameters that are in range but don't go together. */
MUST_CHECK bool csc_check(const double *params, struct error *err);

/* No line runs. `dt` is the step in seconds. */
void csc_init(struct csc *csc, const double *params, double dt);

/* No line runs any more, no position stands. */
void csc_rest(struct csc *csc) RT_SAFE;

/* One event of step `k`, after intake_event; `us_ns` is the newest outcome's time by then (intake's). */
void csc_event(struct csc *csc, const double *params, int64_t k, int64_t us_ns,
               const struct model_event *event) RT_SAFE;

/* Adds the features of step `k` to the step that `td` is about to close (after td_begin). */
void csc_light(struct csc *csc, const double *params, int64_t k, const struct intake_step *in, struct td *td) RT_SAFE;

/* The cue whose line feature `i` is in, or -1: an outcome's, a position, the bias. */
int csc_cue(const struct csc *csc, uint32_t i) RT_SAFE;

/* All of it but the shape is passing. */
void csc_fields(struct csc *csc, struct state_io *io);
