/* stepped: what every learning model begins with: the open step, its events in numbers, and predicted licks.
 * (engine/model/stepped.h)
 *
 * A model's state starts with `params` and a struct stepped, its parameter table with STEPPED_PARAMS. Threads: the
 * model's. Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include "engine/model/intake.h"
#include "engine/model/lickrate.h"
#include "engine/model/model.h"
#include "engine/model/state.h"

#define STEPPED_PARAMS INTAKE_PARAMS, LICKRATE_PARAMS
enum { STEPPED_LICK = INTAKE_N_PARAMS, STEPPED_N_PARAMS = INTAKE_N_PARAMS + LICKRATE_N_PARAMS };

struct stepped {
    double dt; /* of a step, s */
    int64_t k; /* the open step */
    struct intake intake;
    struct lickrate lick;
};

void stepped_init(struct stepped *stepped, double dt);

/* Closes the step's inputs into *in, and starts *out with the time that the drive belongs to. `k` must be the open
 * step.
 */
void stepped_begin(struct stepped *stepped, const double *params, int64_t k, struct intake_step *in,
                   struct model_out *out) RT_SAFE;

/* Predicts licks from out->value and opens the next step. */
void stepped_end(struct stepped *stepped, const double *params, struct model_out *out) RT_SAFE;

/* The same without licks, for models that predict them in their own way. */
void stepped_next(struct stepped *stepped) RT_SAFE;

/* Stores a live parameter; false: fixed at start, or out of range. */
bool stepped_set(const struct model_ops *ops, double *params, int index, double value) RT_SAFE;

/* All of it is passing. */
void stepped_fields(struct stepped *stepped, struct state_io *io);
