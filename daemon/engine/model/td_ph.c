/* td_ph: TD whose learning rate is each cue's associability. (engine/model/td_ph.c)
 *
 * The error of a step moves a cue's weights by its associability, and that follows how large the errors within the
 * cue's trial were (Pearce & Hall 1980 in real time). A trial's errors add up from the step after the onset to the one
 * that ends the window: with the onset's own they would add up to the reward, however well it was predicted. */
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
    TAU_DISCOUNT,
    TAU_LAMBDA,
    ETA,
    A_INIT,
    DELTA_SCALE,
    WINDOW,
    BASIS,
    N_PARAMS = BASIS + BASIS_N_PARAMS,
};

static const struct model_param params[] = {
    STEPPED_PARAMS,
    {"alpha",          "per step", "as td_csc",                                             0.1, 1e-4, 1,        MODEL_PARAM_LIVE },
    {"tau_discount_s", "s",        "as td_csc",                                             9.9, 0.5,  HUGE_VAL, MODEL_PARAM_LIVE },
    {"tau_lambda_s",   "s",        "as td_csc",                                             1.9, 0,    30,       MODEL_PARAM_LIVE },
    {"eta",            "-",        "of the order of Li 2011's fit; chosen",                 0.3, 0,    1,        MODEL_PARAM_LIVE },
    {"a_init",         "-",        "a new cue has full associability; chosen",              1.0, 0,    1,        MODEL_PARAM_FIXED},
    {"delta_scale",    "RPE",      "error that counts as full surprise: a standard reward", 1.0, 1e-3, 1e3,      MODEL_PARAM_LIVE },
    {"window_s",       "s",        "chosen; at least the longest delay",                    5,   0.1,  60,       MODEL_PARAM_LIVE },
    BASIS_PARAMS,
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

enum { AUX_A, N_AUX = AUX_A + MODEL_CS_MAX };
static const char *const aux_names[] = {"assoc_0", "assoc_1", "assoc_2", "assoc_3",
                                        "assoc_4", "assoc_5", "assoc_6", "assoc_7"};

struct td_ph_cue {
    double a; /* associability */
    bool open;
    int64_t onset_ns; /* of the window */
    double errors;    /* their sum since */
    bool began;       /* in the open step, at began_ns */
    int64_t began_ns;
};

struct td_ph {
    double params[N_PARAMS];
    struct stepped stepped;
    struct basis basis;
    struct td_ph_cue cue[MODEL_CS_MAX];
    bool outcome;  /* in the open step */
    double a_last; /* mean associability of the cues whose windows ended last */
    struct td td;
    alignas(ARENA_ALIGN) uint8_t memory[]; /* of td */
};

static size_t state_size(const double *p, double dt)
{
    (void)dt;
    return sizeof(struct td_ph) + td_size(basis_features(p + BASIS));
}

static void derive(struct td_ph *m)
{
    const double *p = m->params;
    td_rates(&m->td, m->stepped.dt, p[TAU_DISCOUNT], p[TAU_LAMBDA], HUGE_VAL);
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed; /* draws no random numbers */
    if (!basis_check(p + BASIS, err))
        return false;
    assert(size >= state_size(p, dt));
    struct td_ph *m = state;
    memset(m, 0, sizeof *m);
    memcpy(m->params, p, sizeof m->params);
    stepped_init(&m->stepped, dt);
    basis_init(&m->basis, p + BASIS, dt);
    td_init(&m->td, m->memory, m->basis.n);
    for (int c = 0; c < MODEL_CS_MAX; c++)
        m->cue[c].a = p[A_INIT];
    m->a_last = p[A_INIT];
    derive(m);
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    struct td_ph *m = state;
    intake_event(&m->stepped.intake, ev);
    basis_event(&m->basis, m->params + BASIS, m->stepped.k, m->stepped.intake.us_ns, ev);
    if (ev->kind == EV_CS_ON && ev->id < MODEL_CS_MAX) {
        m->cue[ev->id].began = true;
        m->cue[ev->id].began_ns = ev->t_ns;
    }
    m->outcome |= ev->kind == EV_US || ev->kind == EV_AVERSIVE;
    if (ev->kind == EV_SESSION && ev->id == EVENT_SESSION_BEGIN) {
        m->outcome = false;
        for (int c = 0; c < MODEL_CS_MAX; c++)
            m->cue[c].open = m->cue[c].began = false;
        td_rest(&m->td);
    }
}

/* Weights, each by its cue's associability; what belongs to no cue has full. */
static void learn(struct td_ph *m, double delta)
{
    const double step = m->params[ALPHA] * m->basis.rate_scale * delta;
    for (uint32_t i = 0; i < m->td.n_eligible; i++) {
        const uint32_t feature = m->td.eligible[i];
        const int cue = basis_cue(&m->basis, m->params + BASIS, feature);
        m->td.w[feature] += step * (cue >= 0 ? m->cue[cue].a : 1) * m->td.e[feature];
    }
}

/* Windows: an outcome ends those open before this step, time or a new onset the rest; then new ones begin. */
static void windows_step(struct td_ph *m, double delta, int64_t close_ns, bool paused)
{
    const double *p = m->params;
    double a_sum = 0;
    int n = 0;
    for (int c = 0; c < MODEL_CS_MAX; c++) {
        struct td_ph_cue *cue = &m->cue[c];
        if (cue->open) {
            cue->errors += delta;
            if (m->outcome || cue->began || close_ns - cue->onset_ns >= units_ns(p[WINDOW])) {
                const double surprise = fabs(cue->errors) / p[DELTA_SCALE];
                cue->open = false;
                if (!paused) {
                    cue->a = p[ETA] * (surprise < 1 ? surprise : 1) + (1 - p[ETA]) * cue->a;
                    a_sum += cue->a;
                    n++;
                }
            }
        }
        if (cue->began) {
            cue->open = true;
            cue->onset_ns = cue->began_ns;
            cue->errors = 0;
            cue->began = false;
        }
    }
    if (n > 0)
        m->a_last = a_sum / n;
    m->outcome = false;
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct td_ph *m = state;
    struct intake_step in;
    stepped_begin(&m->stepped, m->params, k, &in, out);
    const int64_t close_ns = m->stepped.intake.start_ns;
    td_begin(&m->td);
    basis_light(&m->basis, m->params + BASIS, k, close_ns, &in, &m->td);
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        out->value_cs[c] = basis_onset(&m->basis, m->params + BASIS, m->td.w, c);
    out->delta = td_error(&m->td, in.reward, &out->value);
    out->drive_area = intake_opto(&m->stepped.intake, &in, m->params, &out->delta);
    td_trace(&m->td);
    if (!in.paused)
        learn(m, out->delta);
    td_shift(&m->td);
    windows_step(m, out->delta, close_ns, in.paused);
    for (int c = 0; c < MODEL_CS_MAX; c++)
        out->aux[AUX_A + c] = m->cue[c].a;
    out->assoc = m->a_last;
    stepped_end(&m->stepped, m->params, out);
}

static bool set_param(void *state, int index, double value)
{
    struct td_ph *m = state;
    const bool set = stepped_set(&td_ph_ops, m->params, index, value);
    derive(m);
    return set;
}

static void fields(void *state, struct state_io *io)
{
    struct td_ph *m = state;
    td_fields(&m->td, io);
    state_learned(io);
    for (int c = 0; c < MODEL_CS_MAX; c++)
        state_f64_in(io, &m->cue[c].a, 0, 1 + 1e-9);
    state_f64_in(io, &m->a_last, 0, 1 + 1e-9);
    stepped_fields(&m->stepped, io);
    basis_fields(&m->basis, io);
    state_passing(io);
    for (int c = 0; c < MODEL_CS_MAX; c++) {
        state_flag(io, &m->cue[c].open);
        state_i64(io, &m->cue[c].onset_ns);
        state_f64(io, &m->cue[c].errors, 1);
        state_flag(io, &m->cue[c].began);
        state_i64(io, &m->cue[c].began_ns);
    }
    state_flag(io, &m->outcome);
}

static void save(const void *state, struct blob *out)
{
    state_save(td_ph_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(td_ph_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops td_ph_ops = {
    .name = "td_ph",
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
