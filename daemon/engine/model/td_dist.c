/* td_dist: distributional TD. (engine/model/td_dist.c)
 *
 * Many channels that weigh gains and losses differently learn not the mean but the distribution of what comes (Dabney
 * 2020). A set of quantiles supplies the distribution of the next state's value; a set of expectiles, which is what
 * neurons' responses look like, learns from it: expectiles of successors are no samples of them (Rowland 2019). With
 * one_step, nothing is bootstrapped and channels hold one number a cue: Dabney's minimal case. */
#include "engine/base/arena.h"
#include "engine/base/units.h"
#include "engine/model/basis.h"
#include "engine/model/stepped.h"
#include <assert.h>
#include <math.h>
#include <stdalign.h>
#include <string.h>

enum {
    VERSION = 1,
    ALPHA = STEPPED_N_PARAMS,
    ALPHA_Q,
    TAU_DISCOUNT,
    TAU_LAMBDA,
    N_CHANNELS,
    TAU_LO,
    TAU_HI,
    ONE_STEP,
    BASIS,
    N_PARAMS = BASIS + BASIS_N_PARAMS,
    CHANNELS_MAX = 32,
    REVERSALS = 16,
};

static const struct model_param params[] = {
    STEPPED_PARAMS,
    {"alpha",          "per step",              "chosen",                                           0.05,  1e-4, 0.5,          MODEL_PARAM_LIVE },
    {"alpha_q",        "reward units per step", "of the quantiles; chosen",                         0.02,  1e-4, 0.5,          MODEL_PARAM_LIVE },
    {"tau_discount_s", "s",                     "as td_csc",                                        9.9,   0.5,  HUGE_VAL,     MODEL_PARAM_LIVE },
    {"tau_lambda_s",   "s",                     "as td_csc",                                        1.9,   0,    30,           MODEL_PARAM_LIVE },
    {"n_channels",     "-",                     "chosen; Dabney 2020 uses larger sets",             20,    5,    CHANNELS_MAX, MODEL_PARAM_COUNT},
    {"tau_lo",         "-",                     "optimism of the first channel; chosen",            0.025, 1e-3, 0.999,        MODEL_PARAM_LIVE },
    {"tau_hi",         "-",                     "of the last, the others between; chosen",          0.975, 1e-3, 0.999,        MODEL_PARAM_LIVE },
    {"one_step",       "-",                     "1: no bootstrapping, a number a cue; Dabney 2020", 0,     0,    1,            MODEL_PARAM_COUNT},
    BASIS_PARAMS,
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

static const char *const aux_names[] = {"reversal_0",  "reversal_1",  "reversal_2",  "reversal_3",
                                        "reversal_4",  "reversal_5",  "reversal_6",  "reversal_7",
                                        "reversal_8",  "reversal_9",  "reversal_10", "reversal_11",
                                        "reversal_12", "reversal_13", "reversal_14", "reversal_15"};

struct td_dist {
    double params[N_PARAMS];
    struct stepped stepped;
    struct basis basis;
    uint32_t n_channels, n;     /* n: features */
    bool onset, outcome;        /* in the open step */
    double reversal[REVERSALS]; /* of the first channels: Ve before the last outcome */
    struct td td;               /* features and traces; its own weights are not used */
    double *w, *we;             /* quantiles, expectiles: [channel * n + feature] */
    alignas(ARENA_ALIGN) uint8_t memory[];
};

/* What the channels see of a step. */
struct sight {
    double v[CHANNELS_MAX], v_e[CHANNELS_MAX], u[CHANNELS_MAX], u_e[CHANNELS_MAX];
    double z[CHANNELS_MAX], z_mean; /* u, sorted */
    double reward;                  /* with what light adds to teaching */
    double release;                 /* with what light adds to release */
    bool clamped;
};

static size_t n_features(const double *p)
{
    return p[ONE_STEP] != 0 ? MODEL_CS_MAX : basis_features(p + BASIS);
}

static size_t n_weights(const double *p)
{
    return n_features(p) * (size_t)p[N_CHANNELS];
}

static size_t state_size(const double *p, double dt)
{
    (void)dt;
    return sizeof(struct td_dist) + td_size(n_features(p)) + 2 * n_weights(p) * sizeof(double);
}

static void derive(struct td_dist *m)
{
    const double *p = m->params;
    td_rates(&m->td, m->stepped.dt, p[TAU_DISCOUNT], p[ONE_STEP] != 0 ? 0 : p[TAU_LAMBDA], HUGE_VAL);
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed; /* draws no random numbers */
    if (!basis_check(p + BASIS, err))
        return false;
    if (p[ONE_STEP] != 0 && p[BASIS + BASIS_KIND] != 0)
        return error_set(err, ERROR_INPUT, NULL, "features", "1", "0 with one_step = 1: there is one feature a cue");
    assert(size >= state_size(p, dt));
    struct td_dist *m = state;
    memset(m, 0, state_size(p, dt));
    memcpy(m->params, p, sizeof m->params);
    stepped_init(&m->stepped, dt);
    basis_init(&m->basis, p + BASIS, dt);
    m->n = (uint32_t)n_features(p);
    m->n_channels = (uint32_t)p[N_CHANNELS];
    td_init(&m->td, m->memory, m->n);
    m->w = (double *)(void *)(m->memory + td_size(m->n)); /* td_size is a multiple of ARENA_ALIGN */
    m->we = m->w + n_weights(p);
    derive(m);
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    struct td_dist *m = state;
    intake_event(&m->stepped.intake, ev);
    basis_event(&m->basis, m->params + BASIS, m->stepped.k, m->stepped.intake.us_ns, ev);
    m->onset |= ev->kind == EV_CS_ON;
    m->outcome |= ev->kind == EV_US || ev->kind == EV_AVERSIVE;
    if (ev->kind == EV_SESSION && ev->id == EVENT_SESSION_BEGIN) {
        m->onset = m->outcome = false;
        td_rest(&m->td);
    }
}

/* Features of one_step: a cue's own, from its onset to the outcome, as long as its line would run. */
static void light_cues(struct td_dist *m)
{
    const int64_t longest = m->basis.csc.bin_steps * (int64_t)m->params[BASIS + BASIS_CSC + CSC_N_BINS];
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++) {
        const struct csc_line *line = &m->basis.csc.lines[c];
        if (line->running && m->stepped.k - line->k_onset < longest)
            td_feature(&m->td, c, line->salience);
    }
}

static double value_of(const double *w, const struct td_features *features)
{
    double value = 0;
    for (uint32_t i = 0; i < features->n; i++)
        value += w[features->index[i]] * features->x[i];
    return value;
}

static void sort(double *z, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        const double x = z[i];
        uint32_t j = i;
        for (; j > 0 && z[j - 1] > x; j--)
            z[j] = z[j - 1];
        z[j] = x;
    }
}

static void look(const struct td_dist *m, const struct intake_step *in, struct sight *sight)
{
    const double *p = m->params;
    const uint32_t n = m->n_channels;
    double teach = 0;
    const double release = intake_opto(&m->stepped.intake, in, p, &teach);
    sight->clamped = p[INTAKE_OPTO_MODE] == OPTO_CLAMP && in->opto_coverage > 0.5;
    sight->reward = in->reward + teach;
    sight->release = in->reward + release;
    sight->z_mean = 0;
    for (uint32_t i = 0; i < n; i++) {
        sight->v[i] = value_of(m->w + i * m->n, &m->td.prev);
        sight->u[i] = value_of(m->w + i * m->n, &m->td.now);
        sight->v_e[i] = value_of(m->we + i * m->n, &m->td.prev);
        sight->u_e[i] = value_of(m->we + i * m->n, &m->td.now);
        sight->z[i] = sight->u[i];
    }
    sort(sight->z, n);
    for (uint32_t j = 0; j < n; j++)
        sight->z_mean += sight->z[j];
    sight->z_mean /= n;
}

/* Optimism of channel i: from tau_lo to tau_hi in equal steps. */
static double optimism(const struct td_dist *m, uint32_t i)
{
    return m->params[TAU_LO] + (m->params[TAU_HI] - m->params[TAU_LO]) * i / (m->n_channels - 1);
}

static double weighed(double tau, double delta)
{
    return 2 * (delta > 0 ? tau : 1 - tau) * delta;
}

/* Moves one weight set of channel i by rate * step along the traces. */
static void move(const struct td_dist *m, double *w, uint32_t i, double by)
{
    double *own = w + i * m->n;
    for (uint32_t k = 0; k < m->td.n_eligible; k++)
        own[m->td.eligible[k]] += by * m->td.e[m->td.eligible[k]];
}

static void learn(struct td_dist *m, const struct sight *sight)
{
    const double *p = m->params, gamma = m->td.gamma, scale = m->basis.rate_scale;
    const uint32_t n = m->n_channels;
    for (uint32_t i = 0; i < n; i++) {
        const double tau = optimism(m, i);
        double quantile = 0, expectile = 0;
        for (uint32_t j = 0; j < n; j++) {
            const double target = sight->reward + gamma * sight->z[j];
            const double dq = sight->clamped ? p[INTAKE_OPTO_LEVEL] : target - sight->v[i];
            const double de = sight->clamped ? p[INTAKE_OPTO_LEVEL] : target - sight->v_e[i];
            quantile += 2 * tau * (dq > 0) - 2 * (1 - tau) * (dq < 0);
            expectile += weighed(tau, de);
        }
        move(m, m->w, i, p[ALPHA_Q] * scale * (quantile / n));
        move(m, m->we, i, p[ALPHA] * scale * (expectile / n));
    }
}

/* Errors and responses of the step, means over the channels. */
static void respond(struct td_dist *m, const struct sight *sight, struct model_out *out)
{
    const double level = m->params[INTAKE_OPTO_LEVEL];
    const uint32_t n = m->n_channels;
    const bool silent = m->params[ONE_STEP] != 0 && !m->outcome && !m->onset;
    for (uint32_t i = 0; i < n; i++) {
        const double next = m->td.gamma * sight->z_mean - sight->v_e[i];
        const double delta = sight->clamped ? level : sight->reward + next;
        const double released = sight->clamped ? level : sight->release + next;
        out->delta += silent ? 0 : delta / n;
        out->drive_area += silent ? 0 : weighed(optimism(m, i), released) / n;
        out->value += sight->u_e[i] / n;
        if (m->outcome && i < REVERSALS)
            m->reversal[i] = sight->v_e[i];
    }
}

static double onset_value(const struct td_dist *m, uint32_t c)
{
    double value = 0;
    for (uint32_t i = 0; i < m->n_channels; i++) {
        const double *we = m->we + i * m->n;
        value += m->params[ONE_STEP] != 0 ? we[c] : basis_onset(&m->basis, m->params + BASIS, we, c);
    }
    return value / m->n_channels;
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct td_dist *m = state;
    struct intake_step in;
    struct sight sight;
    stepped_begin(&m->stepped, m->params, k, &in, out);
    td_begin(&m->td);
    if (m->params[ONE_STEP] != 0)
        light_cues(m);
    else
        basis_light(&m->basis, m->params + BASIS, k, m->stepped.intake.start_ns, &in, &m->td);
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        out->value_cs[c] = onset_value(m, c);
    look(m, &in, &sight);
    respond(m, &sight, out);
    td_trace(&m->td);
    if (!in.paused && (m->params[ONE_STEP] == 0 || m->outcome))
        learn(m, &sight);
    td_shift(&m->td);
    out->assoc = in.paused ? 0 : m->params[ALPHA];
    memcpy(out->aux, m->reversal, sizeof m->reversal);
    m->onset = m->outcome = false;
    stepped_end(&m->stepped, m->params, out);
}

static bool set_param(void *state, int index, double value)
{
    struct td_dist *m = state;
    const bool set = stepped_set(&td_dist_ops, m->params, index, value);
    derive(m);
    return set;
}

static void fields(void *state, struct state_io *io)
{
    struct td_dist *m = state;
    const size_t n = (size_t)m->n * m->n_channels;
    state_learned(io);
    state_shape(io, m->n_channels);
    state_f64(io, m->w, n);
    state_f64(io, m->we, n);
    state_f64(io, m->reversal, REVERSALS);
    td_fields(&m->td, io);
    stepped_fields(&m->stepped, io);
    basis_fields(&m->basis, io);
    state_passing(io);
    state_flag(io, &m->onset);
    state_flag(io, &m->outcome);
}

static void save(const void *state, struct blob *out)
{
    state_save(td_dist_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(td_dist_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops td_dist_ops = {
    .name = "td_dist",
    .version = VERSION,
    .params = params,
    .n_params = N_PARAMS,
    .aux_names = aux_names,
    .n_aux = REVERSALS,
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
