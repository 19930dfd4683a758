/* intake: what the events of one open step amount to. (engine/model/intake.h)
 *
 * Point events (cue onsets, outcomes, licks) enter the step they fall into with full weight; interval inputs (a cue
 * being on, light) by the fraction of the step they cover, from exact times. Rewards of one step add up. An event older
 * than the open step counts in the open one. Every step-based model begins its state with one of these and its
 * parameter table with INTAKE_PARAMS. Threads: the model's. Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include "engine/model/model.h"
#include "engine/model/state.h"
#include <stdbool.h>
#include <stdint.h>

enum opto_mode {
    OPTO_ADD,          /* light adds to the error and to the release */
    OPTO_CLAMP,        /* error := opto_level while light covers more than half the step */
    OPTO_RELEASE_ONLY, /* dopamine that is released but does not teach */
    OPTO_TEACH_ONLY,   /* an error that teaches but is not released */
};

/* The first rows of every model's parameter table, and their indices. */
#define INTAKE_PARAMS                                                                                                  \
    {"us_gain_0", "RPE/ul", "1 / the standard reward", 1.0, 0.0, 1e3, MODEL_PARAM_LIVE},                               \
        {"us_gain_1", "RPE/unit", "chosen", 1.0, 0.0, 1e3, MODEL_PARAM_LIVE},                                          \
        {"us_gain_2", "RPE/unit", "chosen", 1.0, 0.0, 1e3, MODEL_PARAM_LIVE},                                          \
        {"us_gain_3", "RPE/unit", "chosen", 1.0, 0.0, 1e3, MODEL_PARAM_LIVE},                                          \
        {"aversive_gain", "RPE/unit", "chosen", 1.0, 0.0, 1e3, MODEL_PARAM_LIVE},                                      \
        {"us_value", "-", "motivation; devaluation or satiety changes it", 1.0, 0.0, 10.0, MODEL_PARAM_LIVE},          \
        {"opto_mode", "-", "0 add, 1 clamp, 2 release only, 3 teach only", 0, 0, 3, MODEL_PARAM_CHOICE},               \
        {"opto_gain", "RPE per 0.2 s", "chosen; fit per animal", 1.0, 0.0, 10.0, MODEL_PARAM_LIVE},                    \
    {                                                                                                                  \
        "opto_level", "RPE", "chosen", 0.0, -10.0, 10.0, MODEL_PARAM_LIVE                                              \
    }
enum {
    INTAKE_US_GAIN, /* four of them */
    INTAKE_AVERSIVE_GAIN = INTAKE_US_GAIN + MODEL_US_MAX,
    INTAKE_US_VALUE,
    INTAKE_OPTO_MODE,
    INTAKE_OPTO_GAIN,
    INTAKE_OPTO_LEVEL,
    INTAKE_N_PARAMS,
};

/* Something that lasts: on from `since_ns` until switched off. */
struct intake_interval {
    bool on;
    int64_t since_ns;
    int64_t covered_ns; /* of the open step, by what has ended in it */
};

struct intake {
    int64_t step_ns, start_ns; /* the open step is [start_ns, start_ns + step_ns) */
    struct intake_interval cue[MODEL_CS_MAX], opto;
    double opto_mag;
    double us_sum[MODEL_US_MAX], aversive_sum; /* amounts of the open step */
    int64_t point_ns;                          /* the last point event of the open step, else start_ns */
    int64_t us_ns;                             /* the newest outcome ever, INT64_MIN before the first */
    bool paused;                               /* between pause and resume, or end and begin: nothing is learned */
};

/* The closed step in numbers. */
struct intake_step {
    double reward;                     /* r of the step */
    double cue_coverage[MODEL_CS_MAX]; /* 0..1 */
    double opto_coverage;              /* of the light on dopamine neurons, 0..1 */
    double opto_mag;                   /* its sign and strength, -1..1; the newest */
    int64_t drive_t_ns;
    bool paused;
};

/* An intake whose open step is step 0. `step_ns` > 0. */
void intake_init(struct intake *intake, int64_t step_ns);

/* One event, in the order of handling. Unknown kinds and ids are ignored. */
void intake_event(struct intake *intake, const struct model_event *event) RT_SAFE;

/* Closes the open step, with the INTAKE_ part of the model's parameters, and opens the next. */
void intake_close(struct intake *intake, const double *params, struct intake_step *step) RT_SAFE;

/* The light's effect on a step: *delta is changed as opto_mode says; returns the area to be released. */
double intake_opto(const struct intake *intake, const struct intake_step *step, const double *params,
                   double *delta) RT_SAFE;

/* All of it but step_ns is passing. */
void intake_fields(struct intake *intake, struct state_io *io);
