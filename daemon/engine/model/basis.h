/* basis: the choice between a serial compound and microstimuli, for models that can do with either.
 * (engine/model/basis.h)
 *
 * Threads: the model's. Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include "engine/model/csc.h"
#include "engine/model/micro.h"

/* Rows of a model's parameter table, and their offsets from the first of them. */
#define BASIS_PARAMS                                                                                                   \
    {"features", "-", "0 serial compound, 1 microstimuli", 0, 0, 1, MODEL_PARAM_COUNT}, CSC_PARAMS(0),                 \
        MICRO_PARAMS(20, BASIS_MICRO_MAX)
enum {
    BASIS_MICRO_MAX = 64,
    BASIS_KIND = 0,
    BASIS_CSC,
    BASIS_MICRO = BASIS_CSC + CSC_N_PARAMS,
    BASIS_N_PARAMS = BASIS_MICRO + MICRO_N_PARAMS,
};

struct basis {
    bool is_micro;
    double rate_scale; /* of learning rates: csc.h */
    uint32_t n;        /* features in all */
    struct csc csc;
    struct micro micro;
    double height[BASIS_MICRO_MAX]; /* of the detectors at an onset */
};

/* Features of these parameters (the model's BASIS_PARAMS). */
size_t basis_features(const double *params);

/* False and *err: parameters that are in range but don't go together. */
MUST_CHECK bool basis_check(const double *params, struct error *err);

void basis_init(struct basis *basis, const double *params, double dt);
void basis_rest(struct basis *basis) RT_SAFE;
void basis_event(struct basis *basis, const double *params, int64_t k, int64_t us_ns,
                 const struct model_event *event) RT_SAFE;

/* Adds the features of step k, which ends at close_ns, to the step that `td` is about to close. */
void basis_light(struct basis *basis, const double *params, int64_t k, int64_t close_ns, const struct intake_step *in,
                 struct td *td) RT_SAFE;

/* The cue that feature i belongs to, or -1. */
int basis_cue(const struct basis *basis, const double *params, uint32_t i) RT_SAFE;

/* The value of cue c at its onset, with salience 1, by the weights w[0..n). */
double basis_onset(const struct basis *basis, const double *params, const double *w, uint32_t c) RT_SAFE;

void basis_fields(struct basis *basis, struct state_io *io);
