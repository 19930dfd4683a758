/* vkf: the volatile Kalman filter, for amounts and for yes or no. (engine/model/vkf.c)
 *
 * Each cue has a mean m, its variance s and a volatility v that follows how far m and s move; the learning rate grows
 * with both (Piray & Daw 2020). Cues are learned one by one: they don't share an error. Where an event speaks of
 * several cues (a compound), its error is the mean of theirs. vkf_binary learns whether an outcome comes, in log odds.
 */
#include "engine/base/det.h"
#include "engine/base/units.h"
#include "engine/model/stepped.h"
#include "engine/model/trials.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    VERSION = 1,
    TRIALS = STEPPED_N_PARAMS,
    LAMBDA_V = TRIALS + TRIALS_N_PARAMS,
    V0,
    OMEGA,
    N_PARAMS,
};

static const struct model_param params[] = {
    STEPPED_PARAMS,
    TRIALS_PARAMS,
    {"lambda_v", "per trial", "rate of the volatility; Piray & Daw 2020, value chosen", 0.1, 0,    1,   MODEL_PARAM_LIVE },
    {"v0",       "RPE^2",     "volatility at the start; chosen",                        0.1, 1e-6, 100, MODEL_PARAM_FIXED},
    {"omega",    "RPE^2",     "noise variance, and s at the start; chosen",             0.1, 1e-6, 100, MODEL_PARAM_FIXED},
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

enum { AUX_V, AUX_S = AUX_V + MODEL_CS_MAX, N_AUX = AUX_S + MODEL_CS_MAX };
static const char *const aux_names[] = {"v_0", "v_1", "v_2", "v_3", "v_4", "v_5", "v_6", "v_7",
                                        "s_0", "s_1", "s_2", "s_3", "s_4", "s_5", "s_6", "s_7"};

struct vkf {
    double params[N_PARAMS];
    struct stepped stepped;
    struct trials trials;
    bool binary;
    double m[MODEL_CS_MAX], s[MODEL_CS_MAX], v[MODEL_CS_MAX];
    double rate, variance; /* of the last window: means over its cues */
};

static size_t state_size(const double *p, double dt)
{
    (void)p, (void)dt;
    return sizeof(struct vkf);
}

static bool init_as(bool binary, void *state, size_t size, const double *p, double dt)
{
    assert(size >= sizeof(struct vkf));
    struct vkf *m = state;
    memset(m, 0, sizeof *m);
    memcpy(m->params, p, sizeof m->params);
    stepped_init(&m->stepped, dt);
    m->binary = binary;
    for (int c = 0; c < MODEL_CS_MAX; c++) {
        m->s[c] = p[OMEGA];
        m->v[c] = p[V0];
    }
    m->variance = p[OMEGA];
    return true;
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed, (void)err; /* draws no random numbers; every combination of parameters will do */
    return init_as(false, state, size, p, dt);
}

static bool init_binary(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed, (void)err;
    return init_as(true, state, size, p, dt);
}

static void event(void *state, const struct model_event *ev)
{
    struct vkf *m = state;
    intake_event(&m->stepped.intake, ev);
    trials_event(&m->trials, ev);
}

static double sigmoid(double x)
{
    return 1 / (1 + det_exp(-x));
}

/* What cue c announces. */
static double expected(const struct vkf *m, int c)
{
    return m->binary ? sigmoid(m->m[c]) : m->m[c];
}

/* One cue whose window ended with error `delta`. Returns its learning rate. */
static double learn(struct vkf *m, int c, double delta)
{
    const double *p = m->params;
    const double spread = m->s[c] + m->v[c], k = spread / (spread + p[OMEGA]);
    const double rate = m->binary ? sqrt(spread) : k;
    const double m_old = m->m[c], s_old = m->s[c];
    m->m[c] = m_old + rate * delta;
    m->s[c] = (1 - k) * (s_old + m->v[c]);
    const double covariance = (1 - k) * s_old, moved = m->m[c] - m_old;
    m->v[c] += p[LAMBDA_V] * (moved * moved + s_old + m->s[c] - 2 * covariance - m->v[c]);
    return rate;
}

/* A window ends with this reward. */
static void end_window(struct vkf *m, const struct trials_event *ev, double reward, bool paused, struct model_out *out)
{
    const double outcome = m->binary ? (double)(reward > 0) : reward;
    double delta_sum = 0, release_sum = 0, rate_sum = 0, variance_sum = 0;
    int n = 0;
    for (int c = 0; c < MODEL_CS_MAX; c++) {
        if ((ev->closed >> c & 1) == 0)
            continue;
        double delta = outcome - expected(m, c);
        release_sum += trials_opto(m->params, ev, &delta);
        delta_sum += delta;
        if (!paused)
            rate_sum += learn(m, c, delta);
        variance_sum += m->s[c];
        n++;
    }
    if (n == 0) { /* unpredicted */
        double delta = outcome;
        const double release = trials_opto(m->params, ev, &delta);
        trials_drive(ev, delta, release, out);
        return;
    }
    trials_drive(ev, delta_sum / n, release_sum / n, out);
    m->variance = variance_sum / n;
    m->rate = rate_sum / n;
}

static void happens(struct vkf *m, const struct trials_event *ev, bool paused, struct model_out *out)
{
    if (ev->kind == TRIALS_OUTCOME)
        end_window(m, ev, ev->mag, paused, out);
    else if (ev->kind == TRIALS_OMISSION && (ev->closed & TRIALS_CUES) != 0)
        end_window(m, ev, 0, paused, out);
    else if (ev->kind == TRIALS_ONSET) {
        double delta = expected(m, ev->id) - (m->binary ? sigmoid(0) : 0); /* less what a new cue announces */
        const double release = trials_opto(m->params, ev, &delta);
        trials_drive(ev, delta, release, out);
    }
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct vkf *m = state;
    struct intake_step in;
    struct trials_event ev;
    stepped_begin(&m->stepped, m->params, k, &in, out);
    while (trials_next(&m->trials, m->params, m->params + TRIALS, m->stepped.intake.start_ns, &ev))
        happens(m, &ev, in.paused, out);
    int n = 0;
    for (int c = 0; c < MODEL_CS_MAX; c++) {
        out->value_cs[c] = expected(m, c);
        out->value += m->trials.window[c].open ? out->value_cs[c] : 0;
        n += m->trials.window[c].open;
        out->aux[AUX_V + c] = m->v[c];
        out->aux[AUX_S + c] = m->s[c];
    }
    out->value /= n > 0 ? n : 1;
    out->assoc = m->rate;
    out->uncertainty = m->variance;
    stepped_end(&m->stepped, m->params, out);
}

static bool set_param(void *state, int index, double value)
{
    return stepped_set(&vkf_ops, ((struct vkf *)state)->params, index, value);
}

static void fields(void *state, struct state_io *io)
{
    struct vkf *m = state;
    state_f64(io, m->m, MODEL_CS_MAX);
    for (int c = 0; c < MODEL_CS_MAX; c++) {
        state_f64_in(io, &m->s[c], 0, HUGE_VAL);
        state_f64_in(io, &m->v[c], 0, HUGE_VAL);
    }
    state_f64(io, &m->rate, 1);
    state_f64(io, &m->variance, 1);
    stepped_fields(&m->stepped, io);
    trials_fields(&m->trials, io);
}

static void save(const void *state, struct blob *out)
{
    state_save(vkf_ops.name, VERSION, fields, state, out);
}

static void save_binary(const void *state, struct blob *out)
{
    state_save(vkf_binary_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(vkf_ops.name, VERSION, fields, state, in, flags, err);
}

static bool load_binary(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(vkf_binary_ops.name, VERSION, fields, state, in, flags, err);
}

#define VKF_MODEL                                                                                                      \
    .version = VERSION, .params = params, .n_params = N_PARAMS, .aux_names = aux_names, .n_aux = N_AUX,                \
    .step_ns = 100 * MS, .step_ns_min = 5 * MS, .step_ns_max = 200 * MS, .state_size = state_size, .event = event,     \
    .step = step, .set_param = set_param

const struct model_ops vkf_ops = {VKF_MODEL, .name = "vkf", .init = init, .save = save, .load = load};
const struct model_ops vkf_binary_ops = {VKF_MODEL, .name = "vkf_binary", .init = init_binary, .save = save_binary,
                                         .load = load_binary};
