/* retro: looking back only: a control for anccr. (engine/model/retro.c)
 *
 * Predecessor contingencies times the last magnitude: no forward contingency, no explaining away. Shows which of
 * anccr's results need no more than that. */
#include "engine/base/units.h"
#include "engine/model/contingency.h"
#include <assert.h>
#include <string.h>

enum { VERSION = 1, N_PARAMS = CONTINGENCY_N_PARAMS };

static const struct model_param params[] = {
    CONTINGENCY_PARAMS,
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

struct retro {
    double params[N_PARAMS];
    struct contingency core;
};

static size_t state_size(const double *p, double dt)
{
    (void)p, (void)dt;
    return sizeof(struct retro);
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed, (void)err; /* draws no random numbers; every combination of parameters will do */
    assert(size >= sizeof(struct retro));
    struct retro *m = state;
    memcpy(m->params, p, sizeof m->params);
    contingency_init(&m->core, m->params, true, dt);
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    contingency_event(&((struct retro *)state)->core, ev);
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct retro *m = state;
    m->core.w = 0;
    m->core.alpha_r = 0;
    contingency_step(&m->core, k, out);
}

static bool set_param(void *state, int index, double value)
{
    return stepped_set(&retro_ops, ((struct retro *)state)->params, index, value);
}

static void fields(void *state, struct state_io *io)
{
    contingency_fields(&((struct retro *)state)->core, io);
}

static void save(const void *state, struct blob *out)
{
    state_save(retro_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(retro_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops retro_ops = {
    .name = "retro",
    .version = VERSION,
    .params = params,
    .n_params = N_PARAMS,
    .aux_names = contingency_aux_names,
    .n_aux = CONTINGENCY_N_AUX,
    .step_ns = 100 * MS,
    .step_ns_min = 20 * MS,
    .step_ns_max = 200 * MS,
    .state_size = state_size,
    .init = init,
    .event = event,
    .step = step,
    .set_param = set_param,
    .save = save,
    .load = load,
};
