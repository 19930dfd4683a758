/* r_learning: values relative to the average reward, and vigor. (engine/model/r_learning.c)
 *
 * No discount: what the reward rate would have brought in the step is what a reward has to beat (Schwartz 1993; Daw &
 * Touretzky 2002). The rate sets how fast it pays to act: the latency that balances the cost of haste against lost
 * reward is sqrt(vigor_cost / rate) (Niv 2007), and licks come at its inverse. A value is only defined up to a
 * constant: the mean between trials is taken out of the bias weight when a trial begins. */
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
    ALPHA = INTAKE_N_PARAMS,
    TAU_LAMBDA,
    TAU_RHO,
    RHO_FROM,
    VIGOR_COST,
    CSC,
    N_PARAMS = CSC + CSC_N_PARAMS,
};

#define LATENCY_MIN_S 0.1
#define LATENCY_MAX_S 60.0

static const struct model_param params[] = {
    INTAKE_PARAMS,
    {"alpha",        "per step", "chosen",                                                  0.05, 1e-4, 0.5,  MODEL_PARAM_LIVE  },
    {"tau_lambda_s", "s",        "chosen: the bias gathers 1/(1 - lambda) of trace",        0.5,  0,    2,    MODEL_PARAM_LIVE  },
    {"tau_rho_s",    "s",        "of the average reward; chosen",                           120,  5,    3600, MODEL_PARAM_LIVE  },
    {"rho_from",     "-",        "the average follows 0 rewards, 1 errors (Schwartz 1993)", 0,    0,    1,    MODEL_PARAM_CHOICE},
    {"vigor_cost",   "reward s", "Niv 2007; value chosen",                                  0.05, 1e-4, 10,   MODEL_PARAM_LIVE  },
    CSC_PARAMS(1),
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

enum { AUX_LATENCY, AUX_ELIGIBLE, N_AUX };
static const char *const aux_names[] = {"latency_s", "n_eligible"};

struct r_learning {
    double params[N_PARAMS];
    struct stepped stepped;
    struct csc csc;
    double rho;         /* reward per second */
    double between_sum; /* of V over the steps between trials since the last one */
    uint32_t n_between;
    struct td td;
    alignas(ARENA_ALIGN) uint8_t memory[]; /* of td */
};

static size_t state_size(const double *p, double dt)
{
    (void)dt;
    return sizeof(struct r_learning) + td_size(csc_features(p + CSC));
}

static void derive(struct r_learning *m)
{
    td_rates(&m->td, m->stepped.dt, HUGE_VAL, m->params[TAU_LAMBDA], HUGE_VAL);
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed; /* draws no random numbers */
    if (!csc_check(p + CSC, err))
        return false;
    if (p[CSC + CSC_USE_BIAS] == 0)
        return error_set(err, ERROR_INPUT, NULL, "use_bias", "0",
                         "1: without discount there must be a feature between trials");
    assert(size >= state_size(p, dt));
    struct r_learning *m = state;
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
    struct r_learning *m = state;
    intake_event(&m->stepped.intake, ev);
    csc_event(&m->csc, m->params + CSC, m->stepped.k, m->stepped.intake.us_ns, ev);
    if (ev->kind == EV_SESSION && ev->id == EVENT_SESSION_BEGIN) {
        m->n_between = 0;
        m->between_sum = 0;
        td_rest(&m->td);
    }
}

/* Between trials only the bias is lit; when that ends, its mean value becomes the new zero. */
static void centre(struct r_learning *m, double value, bool only_bias, bool paused)
{
    if (only_bias) {
        m->between_sum += value;
        m->n_between += m->n_between < UINT32_MAX;
        return;
    }
    if (m->n_between > 0 && !paused)
        m->td.w[m->td.n - 1] -= m->between_sum / m->n_between;
    m->between_sum = 0;
    m->n_between = 0;
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct r_learning *m = state;
    struct intake_step in;
    const double *p = m->params, dt = m->stepped.dt;
    stepped_begin(&m->stepped, p, k, &in, out);
    td_begin(&m->td);
    csc_light(&m->csc, p + CSC, k, &in, &m->td);
    const bool only_bias = m->td.now.n == 1;
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        out->value_cs[c] = m->td.w[c * m->csc.line_features] + m->td.w[m->td.n - 1];
    out->delta = td_error(&m->td, in.reward - m->rho * dt, &out->value);
    out->drive_area = intake_opto(&m->stepped.intake, &in, p, &out->delta);
    out->assoc = in.paused ? 0 : p[ALPHA];
    td_learn(&m->td, out->assoc * m->csc.rate_scale, out->delta);
    if (!in.paused)
        m->rho += p[RHO_FROM] != 0 ? out->delta / p[TAU_RHO] : dt / p[TAU_RHO] * (in.reward / dt - m->rho);
    centre(m, out->value, only_bias, in.paused);
    const double latency_s = m->rho > 0 ? sqrt(p[VIGOR_COST] / m->rho) : LATENCY_MAX_S;
    out->aux[AUX_LATENCY] = latency_s < LATENCY_MIN_S   ? LATENCY_MIN_S
                            : latency_s > LATENCY_MAX_S ? LATENCY_MAX_S
                                                        : latency_s;
    out->aux[AUX_ELIGIBLE] = m->td.n_eligible;
    out->lick_rate = 1 / out->aux[AUX_LATENCY];
    out->avg_reward = m->rho;
    stepped_next(&m->stepped);
}

static bool set_param(void *state, int index, double value)
{
    struct r_learning *m = state;
    const bool set = stepped_set(&r_learning_ops, m->params, index, value);
    derive(m);
    return set;
}

static void fields(void *state, struct state_io *io)
{
    struct r_learning *m = state;
    td_fields(&m->td, io);
    state_learned(io);
    state_f64(io, &m->rho, 1);
    stepped_fields(&m->stepped, io);
    csc_fields(&m->csc, io);
    state_f64(io, &m->between_sum, 1);
    state_u32(io, &m->n_between, UINT32_MAX);
}

static void save(const void *state, struct blob *out)
{
    state_save(r_learning_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(r_learning_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops r_learning_ops = {
    .name = "r_learning",
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
