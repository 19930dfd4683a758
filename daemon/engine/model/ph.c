/* ph: Pearce-Hall, and its hybrid with Rescorla-Wagner. (engine/model/ph.c)
 *
 * Each cue has an associability, a running mean of how surprising its outcomes were; the error moves the cue's strength
 * by it. Pure form: excitation grows with the reward, inhibition with its absence (Pearce & Hall 1980; Pearce, Kaye &
 * Hall 1982). Hybrid: a Rescorla-Wagner error (Le Pelley 2004; Li 2011). */
#include "engine/base/units.h"
#include "engine/model/stepped.h"
#include "engine/model/trials.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    VERSION = 1,
    TRIALS = STEPPED_N_PARAMS,
    MODE = TRIALS + TRIALS_N_PARAMS,
    KAPPA,
    ETA,
    A_INIT,
    DELTA_SCALE,
    N_PARAMS,
};

static const struct model_param params[] = {
    STEPPED_PARAMS,
    TRIALS_PARAMS,
    {"mode",        "-",         "0 hybrid (Li 2011), 1 pure (Pearce & Hall 1980)",       0,   0,    1,   MODEL_PARAM_COUNT},
    {"kappa",       "per trial", "chosen",                                                0.3, 0,    1,   MODEL_PARAM_LIVE },
    {"eta",         "-",         "of the order of Li 2011's fit; chosen",                 0.3, 0,    1,   MODEL_PARAM_LIVE },
    {"a_init",      "-",         "a new cue has full associability; chosen",              1.0, 0,    1,   MODEL_PARAM_FIXED},
    {"delta_scale", "RPE",       "error that counts as full surprise: a standard reward", 1.0, 1e-3, 1e3, MODEL_PARAM_LIVE },
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

enum { AUX_A, N_AUX = AUX_A + MODEL_CS_MAX };
static const char *const aux_names[] = {"assoc_0", "assoc_1", "assoc_2", "assoc_3",
                                        "assoc_4", "assoc_5", "assoc_6", "assoc_7"};

struct ph {
    double params[N_PARAMS];
    struct stepped stepped;
    struct trials trials;
    double v[MODEL_CS_MAX];                               /* hybrid */
    double excites[MODEL_CS_MAX], inhibits[MODEL_CS_MAX]; /* pure: V is their difference */
    double a[MODEL_CS_MAX];
    double a_last; /* mean associability of the cues of the last window */
};

static size_t state_size(const double *p, double dt)
{
    (void)p, (void)dt;
    return sizeof(struct ph);
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed, (void)err; /* draws no random numbers; every combination of parameters will do */
    assert(size >= sizeof(struct ph));
    struct ph *m = state;
    memset(m, 0, sizeof *m);
    memcpy(m->params, p, sizeof m->params);
    stepped_init(&m->stepped, dt);
    for (int c = 0; c < MODEL_CS_MAX; c++)
        m->a[c] = p[A_INIT];
    m->a_last = p[A_INIT];
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    struct ph *m = state;
    intake_event(&m->stepped.intake, ev);
    trials_event(&m->trials, ev);
}

static double strength(const struct ph *m, int c)
{
    return m->params[MODE] != 0 ? m->excites[c] - m->inhibits[c] : m->v[c];
}

/* One cue at the end of its window, with its old associability. */
static void learn(struct ph *m, int c, double delta, double reward)
{
    const double *p = m->params;
    const double rate = p[KAPPA] * m->a[c];
    if (p[MODE] == 0)
        m->v[c] += rate * m->trials.window[c].salience * delta;
    else if (delta >= 0)
        m->excites[c] += rate * (reward > 0 ? reward : 0);
    else
        m->inhibits[c] += rate * fabs(delta);
    const double surprise = fabs(delta) / p[DELTA_SCALE];
    m->a[c] = p[ETA] * (surprise < 1 ? surprise : 1) + (1 - p[ETA]) * m->a[c];
}

/* A window ends with this reward. */
static void end_window(struct ph *m, const struct trials_event *ev, double reward, bool paused, struct model_out *out)
{
    double delta = reward, a_sum = 0;
    int n = 0;
    for (int c = 0; c < MODEL_CS_MAX; c++)
        if ((ev->closed >> c & 1) != 0)
            delta -= m->trials.window[c].salience * strength(m, c);
    const double release = trials_opto(m->params, ev, &delta);
    trials_drive(ev, delta, release, out);
    for (int c = 0; c < MODEL_CS_MAX && !paused; c++) {
        if ((ev->closed >> c & 1) == 0)
            continue;
        learn(m, c, delta, reward);
        a_sum += m->a[c];
        n++;
    }
    if (n > 0)
        m->a_last = a_sum / n;
}

static void happens(struct ph *m, const struct trials_event *ev, bool paused, struct model_out *out)
{
    if (ev->kind == TRIALS_OUTCOME)
        end_window(m, ev, ev->mag, paused, out);
    else if (ev->kind == TRIALS_OMISSION && (ev->closed & TRIALS_CUES) != 0)
        end_window(m, ev, 0, paused, out);
    else if (ev->kind == TRIALS_ONSET) {
        double delta = ev->mag * strength(m, ev->id);
        const double release = trials_opto(m->params, ev, &delta);
        trials_drive(ev, delta, release, out);
    }
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct ph *m = state;
    struct intake_step in;
    struct trials_event ev;
    stepped_begin(&m->stepped, m->params, k, &in, out);
    while (trials_next(&m->trials, m->params, m->params + TRIALS, m->stepped.intake.start_ns, &ev))
        happens(m, &ev, in.paused, out);
    for (int c = 0; c < MODEL_CS_MAX; c++) {
        out->value_cs[c] = strength(m, c);
        out->value += m->trials.window[c].open ? m->trials.window[c].salience * out->value_cs[c] : 0;
        out->aux[AUX_A + c] = m->a[c];
    }
    out->assoc = m->a_last;
    stepped_end(&m->stepped, m->params, out);
}

static bool set_param(void *state, int index, double value)
{
    return stepped_set(&ph_ops, ((struct ph *)state)->params, index, value);
}

static void fields(void *state, struct state_io *io)
{
    struct ph *m = state;
    state_f64(io, m->v, MODEL_CS_MAX);
    state_f64(io, m->excites, MODEL_CS_MAX);
    state_f64(io, m->inhibits, MODEL_CS_MAX);
    state_f64(io, m->a, MODEL_CS_MAX);
    state_f64(io, &m->a_last, 1);
    stepped_fields(&m->stepped, io);
    trials_fields(&m->trials, io);
}

static void save(const void *state, struct blob *out)
{
    state_save(ph_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(ph_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops ph_ops = {
    .name = "ph",
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
