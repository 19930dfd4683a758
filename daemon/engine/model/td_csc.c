/* td_csc: TD(lambda) on a complete serial compound (csc.h). (engine/model/td_csc.c)
 *
 * tau_lambda_s = 0 is TD(0). Sources: Sutton & Barto 1990; Schultz, Dayan & Montague 1997. */
#include "engine/base/arena.h"
#include "engine/base/units.h"
#include "engine/model/csc.h"
#include "engine/model/stepped.h"
#include <assert.h>
#include <math.h>
#include <stdalign.h>
#include <string.h>

enum {
    VERSION = 1,
    ALPHA = STEPPED_N_PARAMS,
    TAU_DISCOUNT,
    TAU_LAMBDA,
    TAU_FORGET,
    REPLACING,
    CSC,
    N_PARAMS = CSC + CSC_N_PARAMS,
};

static const struct model_param params[] = {
    STEPPED_PARAMS,
    {"alpha",          "per step", "Schultz 1997 (any small); chosen",                    0.1,      1e-4, 1,        MODEL_PARAM_LIVE  },
    {"tau_discount_s", "s",        "Starkweather 2017: 0.98 per 0.2 s",                   9.9,      0.5,  HUGE_VAL, MODEL_PARAM_LIVE  },
    {"tau_lambda_s",   "s",        "0.9 per 0.2 s, of the order of Pan 2005; 0 is TD(0)", 1.9,      0,    30,       MODEL_PARAM_LIVE  },
    {"tau_forget_s",   "s",        "Kato & Morita 2016",                                  HUGE_VAL, 10,   HUGE_VAL, MODEL_PARAM_LIVE  },
    {"replacing",      "-",        "1: replacing traces",                                 0,        0,    1,        MODEL_PARAM_CHOICE},
    CSC_PARAMS(0),
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

enum { AUX_REWARD, AUX_OPTO, AUX_ELIGIBLE, N_AUX };
static const char *const aux_names[] = {"reward", "opto_coverage", "n_eligible"};

struct td_csc {
    double params[N_PARAMS];
    struct stepped stepped;
    struct csc csc;
    struct td td;
    alignas(ARENA_ALIGN) uint8_t memory[]; /* of td */
};

static size_t state_size(const double *p, double dt)
{
    (void)dt;
    return sizeof(struct td_csc) + td_size(csc_features(p + CSC));
}

static void derive(struct td_csc *m)
{
    const double *p = m->params;
    td_rates(&m->td, m->stepped.dt, p[TAU_DISCOUNT], p[TAU_LAMBDA], p[TAU_FORGET]);
    m->td.replacing = p[REPLACING] != 0;
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed; /* draws no random numbers */
    if (!csc_check(p + CSC, err))
        return false;
    assert(size >= state_size(p, dt));
    struct td_csc *m = state;
    memset(m, 0, sizeof *m);
    memcpy(m->params, p, sizeof m->params);
    stepped_init(&m->stepped, dt);
    csc_init(&m->csc, p + CSC, dt);
    td_init(&m->td, m->memory, m->csc.n);
    derive(m);
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    struct td_csc *m = state;
    intake_event(&m->stepped.intake, ev);
    csc_event(&m->csc, m->params + CSC, m->stepped.k, m->stepped.intake.us_ns, ev);
    if (ev->kind == EV_SESSION && ev->id == EVENT_SESSION_BEGIN)
        td_rest(&m->td);
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct td_csc *m = state;
    struct intake_step in;
    stepped_begin(&m->stepped, m->params, k, &in, out);
    td_begin(&m->td);
    csc_light(&m->csc, m->params + CSC, k, &in, &m->td);
    const double bias = m->params[CSC + CSC_USE_BIAS] != 0 ? m->td.w[m->td.n - 1] : 0;
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        out->value_cs[c] = m->td.w[c * m->csc.line_features] + bias;
    out->delta = td_error(&m->td, in.reward, &out->value);
    out->drive_area = intake_opto(&m->stepped.intake, &in, m->params, &out->delta);
    out->assoc = in.paused ? 0 : m->params[ALPHA];
    td_learn(&m->td, out->assoc * m->csc.rate_scale, out->delta);
    out->aux[AUX_REWARD] = in.reward;
    out->aux[AUX_OPTO] = in.opto_coverage;
    out->aux[AUX_ELIGIBLE] = m->td.n_eligible;
    stepped_end(&m->stepped, m->params, out);
}

static bool set_param(void *state, int index, double value)
{
    struct td_csc *m = state;
    const bool set = stepped_set(&td_csc_ops, m->params, index, value);
    derive(m);
    return set;
}

static void fields(void *state, struct state_io *io)
{
    struct td_csc *m = state;
    td_fields(&m->td, io);
    stepped_fields(&m->stepped, io);
    csc_fields(&m->csc, io);
}

static void save(const void *state, struct blob *out)
{
    state_save(td_csc_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(td_csc_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops td_csc_ops = {
    .name = "td_csc",
    .version = VERSION,
    .params = params,
    .n_params = N_PARAMS,
    .aux_names = aux_names,
    .n_aux = N_AUX,
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
