/* actor_critic: a TD critic teaches preferences for choices. (engine/model/actor_critic.c)
 *
 * Sutton & Barto 2018, chapter 13. The critic is TD(lambda) on a serial compound or microstimuli; its error at every
 * step moves the preference of the choice made, as long as the choice's trace lasts. The trial's state is the newest
 * cue, or the context. */
#include "engine/base/arena.h"
#include "engine/base/det.h"
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
    ALPHA_ACTOR,
    TAU_CHOICE,
    BETA,
    N_ACTIONS,
    STATE_FROM,
    BASIS,
    N_PARAMS = BASIS + BASIS_N_PARAMS,
    N_STATES = 8,
};

#define TRACE_MIN 1e-4 /* a choice's trace below this is over */

static const struct model_param params[] = {
    STEPPED_PARAMS,
    {"alpha",          "per step", "of the critic; as td_csc",                     0.1, 1e-4, 1,        MODEL_PARAM_LIVE  },
    {"tau_discount_s", "s",        "as td_csc",                                    9.9, 0.5,  HUGE_VAL, MODEL_PARAM_LIVE  },
    {"tau_lambda_s",   "s",        "as td_csc",                                    1.9, 0,    30,       MODEL_PARAM_LIVE  },
    {"alpha_actor",    "per step", "Sutton & Barto 2018, ch. 13; chosen",          0.1, 0,    1,        MODEL_PARAM_LIVE  },
    {"tau_choice_s",   "s",        "trace of a choice; chosen",                    3,   0.1,  30,       MODEL_PARAM_LIVE  },
    {"beta",           "-",        "inverse temperature; chosen",                  3,   0,    50,       MODEL_PARAM_LIVE  },
    {"n_actions",      "-",        "choices there are",                            2,   1,    4,        MODEL_PARAM_COUNT },
    {"state_from",     "-",        "the state is 0 the newest cue, 1 the context", 0,   0,    1,        MODEL_PARAM_CHOICE},
    BASIS_PARAMS,
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

enum { AUX_STATE, AUX_TRACE, AUX_M, N_AUX = AUX_M + MODEL_ACTION_MAX };
static const char *const aux_names[] = {"state", "choice_trace", "m_0", "m_1", "m_2", "m_3"};

struct actor_critic {
    double params[N_PARAMS];
    struct stepped stepped;
    struct basis basis;
    double m[N_STATES][MODEL_ACTION_MAX]; /* preferences */
    uint32_t cue, context;                /* the newest */
    uint32_t chosen_state, chosen_action;
    double trace; /* of that choice; 0: none */
    struct td td;
    alignas(ARENA_ALIGN) uint8_t memory[]; /* of td */
};

static size_t state_size(const double *p, double dt)
{
    (void)dt;
    return sizeof(struct actor_critic) + td_size(basis_features(p + BASIS));
}

static void derive(struct actor_critic *m)
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
    struct actor_critic *m = state;
    memset(m, 0, sizeof *m);
    memcpy(m->params, p, sizeof m->params);
    stepped_init(&m->stepped, dt);
    basis_init(&m->basis, p + BASIS, dt);
    td_init(&m->td, m->memory, m->basis.n);
    derive(m);
    return true;
}

static uint32_t current_state(const struct actor_critic *m)
{
    return m->params[STATE_FROM] != 0 ? m->context : m->cue;
}

static void event(void *state, const struct model_event *ev)
{
    struct actor_critic *m = state;
    intake_event(&m->stepped.intake, ev);
    basis_event(&m->basis, m->params + BASIS, m->stepped.k, m->stepped.intake.us_ns, ev);
    if (ev->kind == EV_CS_ON && ev->id < MODEL_CS_MAX)
        m->cue = ev->id;
    else if (ev->kind == EV_CONTEXT && ev->id < N_STATES)
        m->context = ev->id;
    else if (ev->kind == EV_ACTION && ev->id < m->params[N_ACTIONS]) {
        m->chosen_state = current_state(m);
        m->chosen_action = ev->id;
        m->trace = 1;
    } else if (ev->kind == EV_SESSION && ev->id == EVENT_SESSION_BEGIN) {
        m->trace = 0;
        td_rest(&m->td);
    }
}

/* Choice probabilities in state s. */
static void choose(const struct actor_critic *m, uint32_t s, double p[MODEL_ACTION_MAX])
{
    const int n = (int)m->params[N_ACTIONS];
    double most = m->m[s][0], sum = 0;
    for (int a = 1; a < n; a++)
        most = m->m[s][a] > most ? m->m[s][a] : most;
    for (int a = 0; a < n; a++) {
        p[a] = det_exp(m->params[BETA] * (m->m[s][a] - most));
        sum += p[a];
    }
    for (int a = 0; a < n; a++)
        p[a] /= sum;
}

static void actor_step(struct actor_critic *m, double delta, bool paused)
{
    double p[MODEL_ACTION_MAX] = {0};
    const uint32_t n = (uint32_t)m->params[N_ACTIONS];
    if (m->trace == 0)
        return;
    choose(m, m->chosen_state, p);
    for (uint32_t a = 0; a < n && !paused; a++)
        m->m[m->chosen_state][a] +=
            m->params[ALPHA_ACTOR] * delta * m->trace * ((a == m->chosen_action ? 1 : 0) - p[a]);
    m->trace *= det_exp(-m->stepped.dt / m->params[TAU_CHOICE]);
    if (m->trace < TRACE_MIN)
        m->trace = 0;
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct actor_critic *m = state;
    struct intake_step in;
    stepped_begin(&m->stepped, m->params, k, &in, out);
    td_begin(&m->td);
    basis_light(&m->basis, m->params + BASIS, k, m->stepped.intake.start_ns, &in, &m->td);
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        out->value_cs[c] = basis_onset(&m->basis, m->params + BASIS, m->td.w, c);
    out->delta = td_error(&m->td, in.reward, &out->value);
    out->drive_area = intake_opto(&m->stepped.intake, &in, m->params, &out->delta);
    out->assoc = in.paused ? 0 : m->params[ALPHA];
    td_learn(&m->td, out->assoc * m->basis.rate_scale, out->delta);
    actor_step(m, out->delta, in.paused);
    const uint32_t s = current_state(m);
    choose(m, s, out->action_p);
    out->aux[AUX_STATE] = s;
    out->aux[AUX_TRACE] = m->trace;
    for (int a = 0; a < MODEL_ACTION_MAX; a++)
        out->aux[AUX_M + a] = m->m[s][a];
    stepped_end(&m->stepped, m->params, out);
}

static bool set_param(void *state, int index, double value)
{
    struct actor_critic *m = state;
    const bool set = stepped_set(&actor_critic_ops, m->params, index, value);
    derive(m);
    return set;
}

static void fields(void *state, struct state_io *io)
{
    struct actor_critic *m = state;
    td_fields(&m->td, io);
    state_learned(io);
    state_f64(io, &m->m[0][0], sizeof m->m / sizeof(double));
    stepped_fields(&m->stepped, io);
    basis_fields(&m->basis, io);
    state_passing(io);
    state_u32(io, &m->cue, MODEL_CS_MAX - 1);
    state_u32(io, &m->context, N_STATES - 1);
    state_u32(io, &m->chosen_state, N_STATES - 1);
    state_u32(io, &m->chosen_action, MODEL_ACTION_MAX - 1);
    state_f64_in(io, &m->trace, 0, 1);
}

static void save(const void *state, struct blob *out)
{
    state_save(actor_critic_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(actor_critic_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops actor_critic_ops = {
    .name = "actor_critic",
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
