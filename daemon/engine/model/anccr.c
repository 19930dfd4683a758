/* anccr: adjusted net contingency for causal relations. (engine/model/anccr.c)
 *
 * Jeong 2022; trial spacing: Burke 2024. The whole of contingency.h. */
#include "engine/base/units.h"
#include "engine/model/contingency.h"
#include <assert.h>
#include <string.h>

enum { VERSION = 1, W = CONTINGENCY_N_PARAMS, ALPHA_R, N_PARAMS };

static const struct model_param params[] = {
    CONTINGENCY_PARAMS,
    {"w",       "-",         "weight of the forward contingency; Jeong 2022",  0.5, 0, 1, MODEL_PARAM_LIVE},
    {"alpha_r", "per event", "of magnitudes; Jeong 2022: 10 alpha, at most 1", 0.2, 0, 1, MODEL_PARAM_LIVE},
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

struct anccr {
    double params[N_PARAMS];
    struct contingency core;
};

static size_t state_size(const double *p, double dt)
{
    (void)p, (void)dt;
    return sizeof(struct anccr);
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed, (void)err; /* draws no random numbers; every combination of parameters will do */
    assert(size >= sizeof(struct anccr));
    struct anccr *m = state;
    memcpy(m->params, p, sizeof m->params);
    contingency_init(&m->core, m->params, false, dt);
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    contingency_event(&((struct anccr *)state)->core, ev);
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct anccr *m = state;
    m->core.w = m->params[W];
    m->core.alpha_r = m->params[ALPHA_R];
    contingency_step(&m->core, k, out);
}

static bool set_param(void *state, int index, double value)
{
    return stepped_set(&anccr_ops, ((struct anccr *)state)->params, index, value);
}

static void fields(void *state, struct state_io *io)
{
    contingency_fields(&((struct anccr *)state)->core, io);
}

static void save(const void *state, struct blob *out)
{
    state_save(anccr_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(anccr_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops anccr_ops = {
    .name = "anccr",
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
