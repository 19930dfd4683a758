/* kalman_td: TD with a Gaussian belief over the weights. (engine/model/kalman_td.c)
 *
 * Gershman 2015, 2017. The covariance learns which cues come together, so an error also moves the weights of cues that
 * are absent: recovery from overshadowing, backward blocking. Features: one a cue from its onset to the outcome or the
 * end of its window, or microstimuli of the cues. */
#include "engine/base/arena.h"
#include "engine/base/det.h"
#include "engine/base/units.h"
#include "engine/model/micro.h"
#include "engine/model/stepped.h"
#include "engine/model/td.h"
#include "engine/model/trials.h"
#include <assert.h>
#include <math.h>
#include <stdalign.h>
#include <string.h>

enum {
    VERSION = 1,
    PRIOR_VAR = STEPPED_N_PARAMS,
    NOISE_VAR,
    DRIFT_VAR,
    TAU_DISCOUNT,
    WINDOW,
    FEATURES,
    MICRO,
    N_PARAMS = MICRO + MICRO_N_PARAMS,
    N_MICRO_MAX = 8,
    N_MAX = MODEL_CS_MAX * N_MICRO_MAX,
};

#define DRIFT_PER_S  10.0 /* drift_var is per 0.1 s */
#define NO_FEATURE   1e-12
#define VARIANCE_MIN 1e-9

static const struct model_param params[] = {
    STEPPED_PARAMS,
    {"prior_var",      "RPE^2",           "Gershman 2017",                                      1,    1e-3, 100,      MODEL_PARAM_FIXED},
    {"noise_var",      "RPE^2",           "chosen; public code of the paper's kind: 1",         0.2,  1e-3, 100,      MODEL_PARAM_LIVE },
    {"drift_var",      "RPE^2 per 0.1 s", "chosen; more wipes out covariances between trials",  1e-5, 0,    1,        MODEL_PARAM_LIVE },
    {"tau_discount_s", "s",               "Gershman 2017: 0.98 per step",                       4.95, 0.5,  HUGE_VAL, MODEL_PARAM_LIVE },
    {"window_s",       "s",               "a cue without outcome is present this long; chosen", 5,    0.1,  60,       MODEL_PARAM_LIVE },
    {"kalman_feat",    "-",               "0 presence, 1 microstimuli of the cues",             0,    0,    1,        MODEL_PARAM_COUNT},
    MICRO_PARAMS(6, N_MICRO_MAX),
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

enum { AUX_VAR, N_AUX = AUX_VAR + MODEL_CS_MAX };
static const char *const aux_names[] = {"var_0", "var_1", "var_2", "var_3", "var_4", "var_5", "var_6", "var_7"};

struct kalman_td {
    double params[N_PARAMS];
    struct stepped stepped;
    struct micro micro; /* onsets, for presence too */
    uint32_t n;
    double w[N_MAX], x_prev[N_MAX], sigma[N_MAX * N_MAX];
    struct td td; /* only its list of features is used */
    alignas(ARENA_ALIGN) uint8_t memory[];
};

static bool by_presence(const double *p)
{
    return p[FEATURES] == 0;
}

static uint32_t n_features(const double *p)
{
    return MODEL_CS_MAX * (by_presence(p) ? 1U : (uint32_t)p[MICRO + MICRO_N]);
}

static size_t state_size(const double *p, double dt)
{
    (void)dt;
    return sizeof(struct kalman_td) + td_size(n_features(p));
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed, (void)err; /* draws no random numbers; every combination of parameters will do */
    assert(size >= state_size(p, dt));
    struct kalman_td *m = state;
    memset(m, 0, sizeof *m);
    memcpy(m->params, p, sizeof m->params);
    stepped_init(&m->stepped, dt);
    micro_init(&m->micro, false);
    m->n = n_features(p);
    for (uint32_t i = 0; i < m->n; i++)
        m->sigma[i * m->n + i] = p[PRIOR_VAR];
    td_init(&m->td, m->memory, m->n);
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    struct kalman_td *m = state;
    intake_event(&m->stepped.intake, ev);
    micro_event(&m->micro, ev);
    if (ev->kind == EV_US && by_presence(m->params))
        micro_rest(&m->micro);
    if (ev->kind == EV_SESSION && ev->id == EVENT_SESSION_BEGIN)
        memset(m->x_prev, 0, sizeof m->x_prev);
}

/* Features at close_ns into x[0..n). */
static void features(struct kalman_td *m, int64_t close_ns, double *x)
{
    memset(x, 0, m->n * sizeof *x);
    if (by_presence(m->params)) {
        for (uint32_t c = 0; c < MODEL_CS_MAX; c++) {
            const struct micro_stimulus *cue = &m->micro.stimuli[c];
            if (cue->seen && close_ns - cue->onset_ns <= units_ns(m->params[WINDOW]))
                x[c] = cue->salience;
        }
        return;
    }
    td_begin(&m->td);
    micro_light(&m->micro, m->params + MICRO, close_ns, &m->td);
    for (uint32_t i = 0; i < m->td.now.n; i++)
        x[m->td.now.index[i]] = m->td.now.x[i];
}

static double dot(const double *a, const double *b, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* The filter's step. Returns the sum of gains over the features that were active. */
static double learn(struct kalman_td *m, const double *h, double delta)
{
    const uint32_t n = m->n;
    double u[N_MAX], assoc = 0;
    for (uint32_t i = 0; i < n; i++)
        u[i] = dot(m->sigma + i * n, h, n);
    const double s = dot(h, u, n) + m->params[NOISE_VAR];
    for (uint32_t i = 0; i < n; i++) {
        m->w[i] += u[i] / s * delta;
        assoc += m->x_prev[i] != 0 ? u[i] / s : 0;
    }
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = i; j < n; j++) {
            m->sigma[i * n + j] -= u[i] * u[j] / s;
            m->sigma[j * n + i] = m->sigma[i * n + j];
        }
    for (uint32_t i = 0; i < n; i++)
        if (m->sigma[i * n + i] < VARIANCE_MIN)
            m->sigma[i * n + i] = VARIANCE_MIN;
    return assoc;
}

/* V of a cue at its onset with salience 1. */
static double onset_value(const struct kalman_td *m, uint32_t c)
{
    if (by_presence(m->params))
        return m->w[c];
    const uint32_t n = (uint32_t)m->params[MICRO + MICRO_N];
    double value = 0;
    for (uint32_t i = 0; i < n; i++)
        value += m->w[c * n + i] * micro_height(m->params + MICRO, 1, i + 1);
    return value;
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct kalman_td *m = state;
    struct intake_step in;
    const uint32_t n = m->n;
    const double *p = m->params, gamma = det_exp(-m->stepped.dt / p[TAU_DISCOUNT]);
    double x[N_MAX], h[N_MAX], u[N_MAX];
    bool any = false;
    stepped_begin(&m->stepped, p, k, &in, out);
    features(m, m->stepped.intake.start_ns, x);
    for (uint32_t i = 0; i < n; i++) {
        h[i] = m->x_prev[i] - gamma * x[i];
        any |= fabs(h[i]) >= NO_FEATURE;
        if (!in.paused)
            m->sigma[i * n + i] += p[DRIFT_VAR] * DRIFT_PER_S * m->stepped.dt;
    }
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++) {
        out->value_cs[c] = onset_value(m, c);
        out->aux[AUX_VAR + c] = m->sigma[c * (n / MODEL_CS_MAX) * (n + 1)];
    }
    out->value = dot(m->w, x, n);
    out->delta = in.reward - (any ? dot(m->w, h, n) : 0);
    out->drive_area = intake_opto(&m->stepped.intake, &in, p, &out->delta);
    out->assoc = any && !in.paused ? learn(m, h, out->delta) : 0;
    for (uint32_t i = 0; i < n; i++)
        u[i] = dot(m->sigma + i * n, x, n);
    out->uncertainty = dot(x, u, n);
    memcpy(m->x_prev, x, n * sizeof *x);
    stepped_end(&m->stepped, p, out);
}

static bool set_param(void *state, int index, double value)
{
    return stepped_set(&kalman_td_ops, ((struct kalman_td *)state)->params, index, value);
}

static void fields(void *state, struct state_io *io)
{
    struct kalman_td *m = state;
    state_learned(io);
    state_shape(io, m->n);
    state_f64(io, m->w, m->n);
    state_f64(io, m->sigma, (size_t)m->n * m->n);
    stepped_fields(&m->stepped, io);
    micro_fields(&m->micro, io);
    state_passing(io);
    state_f64(io, m->x_prev, m->n);
}

static void save(const void *state, struct blob *out)
{
    state_save(kalman_td_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(kalman_td_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops kalman_td_ops = {
    .name = "kalman_td",
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
