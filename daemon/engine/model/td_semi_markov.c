/* td_semi_markov: TD over whole stretches of time instead of steps. (engine/model/td_semi_markov.c)
 *
 * One value for "between trials" and one for each cue's interval, an average reward, and dwell times: when nothing is
 * seen, the probability that the interval has just ended silently (no reward came) decides how much of the error counts
 * (Daw, Courville & Touretzky 2006). Dwell times are learned or known (delays.h). Between trials nothing ends silently:
 * only a cue ends it. */
#include "engine/base/units.h"
#include "engine/model/delays.h"
#include "engine/model/stepped.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum {
    VERSION = 1,
    ALPHA = STEPPED_N_PARAMS,
    ALPHA_RHO,
    DELAYS,
    N_PARAMS = DELAYS + DELAYS_N_PARAMS,
    ITI = 0, /* state 1 + c is the interval of cue c */
    N_STATES = 1 + MODEL_CS_MAX,
};

static const struct model_param params[] = {
    STEPPED_PARAMS,
    {"alpha",     "per transition", "chosen", 0.1,   1e-4, 1, MODEL_PARAM_LIVE},
    {"alpha_rho", "per transition", "chosen", 0.005, 0,    1, MODEL_PARAM_LIVE},
    DELAYS_PARAMS,
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

enum { AUX_BETA, AUX_STATE, AUX_DWELL, N_AUX };
static const char *const aux_names[] = {"beta", "state", "dwell_s"};

struct td_semi_markov {
    double params[N_PARAMS];
    struct stepped stepped;
    struct delays delays;
    double v[N_STATES], rho; /* rho: reward per second */
    uint32_t now;            /* the state */
    int64_t k_entered;
    uint32_t cues; /* that began in the open step, bits */
    bool outcome;
};

static size_t state_size(const double *p, double dt)
{
    (void)p, (void)dt;
    return sizeof(struct td_semi_markov);
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed; /* draws no random numbers */
    assert(size >= sizeof(struct td_semi_markov));
    struct td_semi_markov *m = state;
    memset(m, 0, sizeof *m);
    if (!delays_init(&m->delays, p + DELAYS, dt, err))
        return false;
    memcpy(m->params, p, sizeof m->params);
    stepped_init(&m->stepped, dt);
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    struct td_semi_markov *m = state;
    intake_event(&m->stepped.intake, ev);
    if (ev->kind == EV_CS_ON && ev->id < MODEL_CS_MAX)
        m->cues |= 1U << ev->id;
    else if (ev->kind == EV_US && ev->id < MODEL_US_MAX)
        m->outcome = true;
    else if (ev->kind == EV_SESSION && ev->id == EVENT_SESSION_BEGIN) {
        m->cues = 0;
        m->outcome = false;
        m->now = ITI;
        m->k_entered = m->stepped.k;
        delays_rest(&m->delays);
    }
}

/* The state that is seen to begin, N_STATES if none is. */
static uint32_t visible(const struct td_semi_markov *m)
{
    uint32_t best = N_STATES;
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        if ((m->cues >> c & 1) != 0 && (best == N_STATES || fabs(m->v[1 + c]) > fabs(m->v[best])))
            best = 1 + c;
    return best == N_STATES && m->outcome ? ITI : best;
}

/* Probability that the present state has just been left silently after `dwell` steps. */
static double silent(const struct td_semi_markov *m, int64_t dwell)
{
    if (m->now == ITI)
        return 0;
    const struct delays_cue *cue = &m->delays.cue[m->now - 1];
    const int64_t n = m->delays.n;
    const double p = cue->p_om;
    const bool within = dwell >= 1 && dwell <= n;
    const double left = p * (within ? cue->density[dwell - 1] : 0);
    const double from = dwell < 1 ? 1 : within ? cue->survivor[dwell - 1] : 0;
    const double after = dwell < 1 ? 1 : within ? cue->survivor[dwell] : 0;
    const double stays = (1 - p) * from + p * after;
    return left + stays > 0 ? left / (left + stays) : 1; /* it can't have lasted that long */
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct td_semi_markov *m = state;
    struct intake_step in;
    const double *p = m->params;
    stepped_begin(&m->stepped, p, k, &in, out);
    const uint32_t seen = visible(m), next = seen < N_STATES ? seen : ITI;
    const double dwell_s = (double)(k - m->k_entered) * m->stepped.dt;
    const double beta = seen < N_STATES ? 1 : silent(m, k - m->k_entered);
    const double surplus = in.reward - m->rho * dwell_s;
    out->delta = beta * (surplus + m->v[next] - m->v[m->now]);
    out->drive_area = intake_opto(&m->stepped.intake, &in, p, &out->delta);
    if (!in.paused) {
        m->v[m->now] += p[ALPHA] * out->delta;
        m->rho += p[ALPHA_RHO] * beta * surplus;
        const double reference = m->v[ITI];
        for (int s = 0; s < N_STATES; s++)
            m->v[s] -= reference;
    }
    if (beta > 0.5) {
        m->now = next;
        m->k_entered = k;
    }
    out->value = m->v[m->now];
    memcpy(out->value_cs, m->v + 1, sizeof out->value_cs);
    out->assoc = in.paused ? 0 : p[ALPHA] * beta;
    out->avg_reward = m->rho;
    out->aux[AUX_BETA] = beta;
    out->aux[AUX_STATE] = m->now;
    out->aux[AUX_DWELL] = dwell_s;
    delays_step(&m->delays, p + DELAYS, k, m->cues, m->outcome, in.paused);
    m->cues = 0;
    m->outcome = false;
    delays_work(&m->delays, p + DELAYS);
    stepped_end(&m->stepped, p, out);
}

static bool set_param(void *state, int index, double value)
{
    return stepped_set(&td_semi_markov_ops, ((struct td_semi_markov *)state)->params, index, value);
}

static void fields(void *state, struct state_io *io)
{
    struct td_semi_markov *m = state;
    state_f64(io, m->v, N_STATES);
    state_f64(io, &m->rho, 1);
    delays_fields(&m->delays, io);
    stepped_fields(&m->stepped, io);
    state_u32(io, &m->now, N_STATES - 1);
    state_i64(io, &m->k_entered);
    state_u32(io, &m->cues, (1U << MODEL_CS_MAX) - 1);
    state_flag(io, &m->outcome);
}

static void save(const void *state, struct blob *out)
{
    state_save(td_semi_markov_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(td_semi_markov_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops td_semi_markov_ops = {
    .name = "td_semi_markov",
    .version = VERSION,
    .params = params,
    .n_params = N_PARAMS,
    .aux_names = aux_names,
    .n_aux = N_AUX,
    .step_ns = 200 * MS,
    .step_ns_min = 50 * MS,
    .step_ns_max = 200 * MS,
    .state_size = state_size,
    .init = init,
    .event = event,
    .step = step,
    .set_param = set_param,
    .save = save,
    .load = load,
};
