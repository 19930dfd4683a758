/* rw: Rescorla-Wagner. (engine/model/rw.c)
 *
 * What is predicted is the sum over all cues whose window is open, and the context; all of them share the error of the
 * outcome (Rescorla & Wagner 1972). An onset drives dopamine by what it adds to the prediction. */
#include "engine/base/units.h"
#include "engine/model/stepped.h"
#include "engine/model/trials.h"
#include <assert.h>
#include <string.h>

enum {
    VERSION = 1,
    TRIALS = STEPPED_N_PARAMS,
    ALPHA = TRIALS + TRIALS_N_PARAMS,
    BETA_US,
    BETA_NO_US,
    S_CTX,
    N_PARAMS,
};

static const struct model_param params[] = {
    STEPPED_PARAMS,
    TRIALS_PARAMS,
    {"alpha_cs",   "per trial", "Rescorla & Wagner 1972; value chosen",       0.1, 0, 1, MODEL_PARAM_LIVE},
    {"beta_us",    "-",         "Rescorla & Wagner 1972: may differ; chosen", 1.0, 0, 1, MODEL_PARAM_LIVE},
    {"beta_no_us", "-",         "chosen",                                     0.5, 0, 1, MODEL_PARAM_LIVE},
    {"s_ctx",      "-",         "salience of the context, 0: none; chosen",   0,   0, 1, MODEL_PARAM_LIVE},
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

enum { AUX_V_CTX, N_AUX };
static const char *const aux_names[] = {"v_context"};

struct rw {
    double params[N_PARAMS];
    struct stepped stepped;
    struct trials trials;
    double v[MODEL_CS_MAX], v_ctx;
};

static size_t state_size(const double *p, double dt)
{
    (void)p, (void)dt;
    return sizeof(struct rw);
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed, (void)err; /* draws no random numbers; every combination of parameters will do */
    assert(size >= sizeof(struct rw));
    struct rw *m = state;
    memset(m, 0, sizeof *m);
    memcpy(m->params, p, sizeof m->params);
    stepped_init(&m->stepped, dt);
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    struct rw *m = state;
    intake_event(&m->stepped.intake, ev);
    trials_event(&m->trials, ev);
}

static double context(const struct rw *m)
{
    return m->params[S_CTX] > 0 ? m->v_ctx : 0;
}

/* What the cues of `slots` predict, and the context. */
static double predicted(const struct rw *m, uint32_t slots)
{
    double sum = 0;
    for (int c = 0; c < MODEL_CS_MAX; c++)
        if ((slots >> c & 1) != 0)
            sum += m->trials.window[c].salience * m->v[c];
    return sum + context(m);
}

static void learn(struct rw *m, const struct trials_event *ev, double beta, double delta)
{
    const double *p = m->params;
    for (int c = 0; c < MODEL_CS_MAX; c++)
        if ((ev->closed >> c & 1) != 0)
            m->v[c] += p[ALPHA] * m->trials.window[c].salience * beta * delta;
    m->v_ctx += p[S_CTX] * beta * delta;
}

static void happens(struct rw *m, const struct trials_event *ev, bool paused, struct model_out *out)
{
    const bool outcome = ev->kind == TRIALS_OUTCOME;
    double delta;
    if (ev->kind == TRIALS_ONSET)
        delta = ev->mag * m->v[ev->id];
    else if (outcome || (ev->kind == TRIALS_OMISSION && (ev->closed & TRIALS_CUES) != 0))
        delta = (outcome ? ev->mag : 0) - predicted(m, ev->closed);
    else
        return;
    const double release = trials_opto(m->params, ev, &delta);
    trials_drive(ev, delta, release, out);
    if (ev->kind != TRIALS_ONSET && !paused)
        learn(m, ev, m->params[outcome ? BETA_US : BETA_NO_US], delta);
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct rw *m = state;
    struct intake_step in;
    struct trials_event ev;
    stepped_begin(&m->stepped, m->params, k, &in, out);
    while (trials_next(&m->trials, m->params, m->params + TRIALS, m->stepped.intake.start_ns, &ev))
        happens(m, &ev, in.paused, out);
    uint32_t open = 0;
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        open |= (uint32_t)m->trials.window[c].open << c;
    out->value = predicted(m, open);
    memcpy(out->value_cs, m->v, sizeof m->v);
    out->assoc = in.paused ? 0 : m->params[ALPHA];
    out->aux[AUX_V_CTX] = m->v_ctx;
    stepped_end(&m->stepped, m->params, out);
}

static bool set_param(void *state, int index, double value)
{
    return stepped_set(&rw_ops, ((struct rw *)state)->params, index, value);
}

static void fields(void *state, struct state_io *io)
{
    struct rw *m = state;
    state_f64(io, m->v, MODEL_CS_MAX);
    state_f64(io, &m->v_ctx, 1);
    stepped_fields(&m->stepped, io);
    trials_fields(&m->trials, io);
}

static void save(const void *state, struct blob *out)
{
    state_save(rw_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(rw_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops rw_ops = {
    .name = "rw",
    .version = VERSION,
    .params = params,
    .n_params = N_PARAMS,
    .aux_names = aux_names,
    .n_aux = N_AUX,
    .step_ns = 100 * MS,
    .step_ns_min = 5 * MS,
    .step_ns_max = 200 * MS,
    .state_size = state_size,
    .init = init,
    .event = event,
    .step = step,
    .set_param = set_param,
    .save = save,
    .load = load,
};
