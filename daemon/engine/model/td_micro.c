/* td_micro: TD(lambda) with microstimuli (micro.h; Ludvig, Sutton & Kehoe 2008). (engine/model/td_micro.c)
 *
 * Traces run on through the outcome, and outcomes have microstimuli of their own: that gives predictions after the
 * reward and between trials. With accumulating traces a rate too large for the features diverges; such parameters are
 * refused at the start (`stability`). */
#include "engine/base/arena.h"
#include "engine/base/det.h"
#include "engine/base/units.h"
#include "engine/model/micro.h"
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
    MICRO,
    N_PARAMS = MICRO + MICRO_N_PARAMS,
    N_MICRO_MAX = 64,
};

#define STABILITY_SPAN_S 10.0 /* a trace has had its largest product of feature and eligibility by then */

static const struct model_param params[] = {
    STEPPED_PARAMS,
    {"alpha",          "per step", "Ludvig 2008",                             0.01,     1e-5, 0.5,      MODEL_PARAM_LIVE },
    {"tau_discount_s", "s",        "Ludvig 2008: 0.98 per 50 ms",             2.475,    0.5,  HUGE_VAL, MODEL_PARAM_FIXED},
    {"tau_lambda_s",   "s",        "Ludvig 2008: 0.95 per 50 ms; 0 is TD(0)", 0.975,    0,    30,       MODEL_PARAM_FIXED},
    {"tau_forget_s",   "s",        "Kato & Morita 2016",                      HUGE_VAL, 10,   HUGE_VAL, MODEL_PARAM_LIVE },
    MICRO_PARAMS(50, N_MICRO_MAX),
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");
static_assert(N_MICRO_MAX * MICRO_STIMULI_MAX <= MODEL_FEATURES_MAX, "features of all stimuli");

enum { AUX_ELIGIBLE, AUX_STABILITY, N_AUX };
static const char *const aux_names[] = {"n_eligible", "stability"};

struct td_micro {
    double params[N_PARAMS];
    double gain;                /* the stability number at rate 1 */
    double height[N_MICRO_MAX]; /* of the detectors at an onset */
    struct stepped stepped;
    struct micro micro;
    struct td td;
    alignas(ARENA_ALIGN) uint8_t memory[]; /* of td */
};

static size_t n_features(const double *p)
{
    return (size_t)p[MICRO + MICRO_N] * MICRO_STIMULI_MAX;
}

static size_t state_size(const double *p, double dt)
{
    (void)dt;
    return sizeof(struct td_micro) + td_size(n_features(p));
}

/* The largest sum over detectors of feature times eligibility while one stimulus' trace decays: times the rate it must
 * stay below 2, or the weights swing up; half of that is the limit here. */
static double stability(const double *p, double dt)
{
    const double decay = det_exp(-dt / p[TAU_DISCOUNT]) * (p[TAU_LAMBDA] > 0 ? det_exp(-dt / p[TAU_LAMBDA]) : 0);
    double e[N_MICRO_MAX + 1] = {0}, most = 0;
    for (int64_t k = 0; (double)k * dt <= STABILITY_SPAN_S; k++) {
        const double y = det_exp(-(double)k * dt / p[MICRO + MICRO_TAU_Y]);
        double sum = 0;
        for (uint32_t i = 1; i <= (uint32_t)p[MICRO + MICRO_N]; i++) {
            const double x = micro_height(p + MICRO, y, i);
            e[i] = decay * e[i] + x;
            sum += x * e[i];
        }
        most = sum > most ? sum : most;
    }
    return most;
}

static void derive(struct td_micro *m)
{
    const double *p = m->params;
    td_rates(&m->td, m->stepped.dt, p[TAU_DISCOUNT], p[TAU_LAMBDA], p[TAU_FORGET]);
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed; /* draws no random numbers */
    const double gain = stability(p, dt);
    if (!(p[ALPHA] * gain < 1))
        return error_set(err, ERROR_INPUT, NULL, "alpha", NULL,
                         "less than %g with these microstimuli, step and traces (stability), got %g", 1 / gain,
                         p[ALPHA]);
    assert(size >= state_size(p, dt));
    struct td_micro *m = state;
    memset(m, 0, sizeof *m);
    memcpy(m->params, p, sizeof m->params);
    m->gain = gain;
    for (uint32_t i = 1; i <= (uint32_t)p[MICRO + MICRO_N]; i++)
        m->height[i - 1] = micro_height(p + MICRO, 1, i);
    stepped_init(&m->stepped, dt);
    micro_init(&m->micro, true);
    td_init(&m->td, m->memory, n_features(p));
    derive(m);
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    struct td_micro *m = state;
    intake_event(&m->stepped.intake, ev);
    micro_event(&m->micro, ev);
    if (ev->kind == EV_SESSION && ev->id == EVENT_SESSION_BEGIN)
        td_rest(&m->td);
}

/* V of cue c just after an onset with salience 1. */
static double onset_value(const struct td_micro *m, uint32_t c)
{
    const uint32_t n = (uint32_t)m->params[MICRO + MICRO_N];
    double value = 0;
    for (uint32_t i = 0; i < n; i++)
        value += m->td.w[c * n + i] * m->height[i];
    return value;
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct td_micro *m = state;
    struct intake_step in;
    stepped_begin(&m->stepped, m->params, k, &in, out);
    td_begin(&m->td);
    micro_light(&m->micro, m->params + MICRO, m->stepped.intake.start_ns, &m->td);
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        out->value_cs[c] = onset_value(m, c);
    out->delta = td_error(&m->td, in.reward, &out->value);
    out->drive_area = intake_opto(&m->stepped.intake, &in, m->params, &out->delta);
    out->assoc = in.paused ? 0 : m->params[ALPHA];
    td_learn(&m->td, out->assoc, out->delta);
    out->aux[AUX_ELIGIBLE] = m->td.n_eligible;
    out->aux[AUX_STABILITY] = m->params[ALPHA] * m->gain;
    stepped_end(&m->stepped, m->params, out);
}

static bool set_param(void *state, int index, double value)
{
    struct td_micro *m = state;
    if (index == ALPHA && !(value * m->gain < 1))
        return false;
    const bool set = stepped_set(&td_micro_ops, m->params, index, value);
    derive(m);
    return set;
}

static void fields(void *state, struct state_io *io)
{
    struct td_micro *m = state;
    td_fields(&m->td, io);
    stepped_fields(&m->stepped, io);
    micro_fields(&m->micro, io);
}

static void save(const void *state, struct blob *out)
{
    state_save(td_micro_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(td_micro_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops td_micro_ops = {
    .name = "td_micro",
    .version = VERSION,
    .params = params,
    .n_params = N_PARAMS,
    .aux_names = aux_names,
    .n_aux = N_AUX,
    .step_ns = 50 * MS,
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
