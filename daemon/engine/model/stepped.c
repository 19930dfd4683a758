#include "engine/model/stepped.h"
#include "engine/base/units.h"
#include <assert.h>
#include <math.h>

void stepped_init(struct stepped *stepped, double dt)
{
    *stepped = (struct stepped){.dt = dt};
    intake_init(&stepped->intake, units_ns(dt));
}

void stepped_begin(struct stepped *stepped, const double *params, int64_t k, struct intake_step *in,
                   struct model_out *out)
{
    assert(k == stepped->k);
    intake_close(&stepped->intake, params, in);
    *out = (struct model_out){.drive_t_ns = in->drive_t_ns};
}

void stepped_end(struct stepped *stepped, const double *params, struct model_out *out)
{
    const struct intake *intake = &stepped->intake; /* its start is the closed step's end */
    const double since_us_s = intake->us_ns == INT64_MIN ? HUGE_VAL : units_s(intake->start_ns - intake->us_ns);
    out->lick_rate = lickrate_step(&stepped->lick, params + STEPPED_LICK, stepped->dt, out->value, since_us_s);
    stepped->k++;
}

void stepped_next(struct stepped *stepped)
{
    stepped->k++;
}

bool stepped_set(const struct model_ops *ops, double *params, int index, double value)
{
    if (!model_param_live(ops, index, value))
        return false;
    params[index] = value;
    return true;
}

void stepped_fields(struct stepped *stepped, struct state_io *io)
{
    state_passing(io);
    state_i64(io, &stepped->k);
    intake_fields(&stepped->intake, io);
    state_f64(io, &stepped->lick.vbar, 1);
}
