/* q_softmax: values of choices, and which one is likely. (engine/model/q_softmax.c)
 *
 * Q-learning in one step a trial with a softmax choice (Frank 2007; stickiness: Lau & Glimcher 2005; forgetting: Ito &
 * Doya 2009). The trial's state is the newest cue, or the context. A choice is settled by the next outcome, or by none
 * within window_s. */
#include "engine/base/det.h"
#include "engine/base/units.h"
#include "engine/model/stepped.h"
#include "engine/model/trials.h"
#include <assert.h>
#include <string.h>

enum { N_STATES = 8 };
enum {
    VERSION = 1,
    TRIALS = STEPPED_N_PARAMS,
    ALPHA_POS = TRIALS + TRIALS_N_PARAMS,
    ALPHA_NEG,
    BETA,
    STICK,
    FORGET,
    N_ACTIONS,
    STATE_FROM,
    N_PARAMS,
};

static const struct model_param params[] = {
    STEPPED_PARAMS,
    TRIALS_PARAMS,
    {"alpha_pos",  "per trial", "Frank 2007; chosen",                           0.3, 0,  1,  MODEL_PARAM_LIVE  },
    {"alpha_neg",  "per trial", "Frank 2007; chosen",                           0.3, 0,  1,  MODEL_PARAM_LIVE  },
    {"beta",       "1/RPE",     "inverse temperature; chosen",                  3,   0,  50, MODEL_PARAM_LIVE  },
    {"stick",      "-",         "Lau & Glimcher 2005; chosen",                  0,   -5, 5,  MODEL_PARAM_LIVE  },
    {"forget",     "per trial", "Ito & Doya 2009; chosen",                      0,   0,  1,  MODEL_PARAM_LIVE  },
    {"n_actions",  "-",         "choices there are",                            2,   1,  4,  MODEL_PARAM_COUNT },
    {"state_from", "-",         "the state is 0 the newest cue, 1 the context", 0,   0,  1,  MODEL_PARAM_CHOICE},
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");
static_assert((int)N_STATES >= (int)MODEL_CS_MAX, "a state for each cue");

enum { AUX_STATE, AUX_CHOSEN, AUX_Q, N_AUX = AUX_Q + MODEL_ACTION_MAX };
static const char *const aux_names[] = {"state", "chosen", "q_0", "q_1", "q_2", "q_3"};

struct q_softmax {
    double params[N_PARAMS];
    struct stepped stepped;
    struct trials trials;
    double q[N_STATES][MODEL_ACTION_MAX];
    uint32_t cue, context;                /* the newest */
    bool chosen;                          /* a choice waits for its outcome */
    uint32_t chosen_state, chosen_action; /* its pair */
    bool chosen_before;                   /* chosen_action holds the last choice */
};

static size_t state_size(const double *p, double dt)
{
    (void)p, (void)dt;
    return sizeof(struct q_softmax);
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed, (void)err; /* draws no random numbers; every combination of parameters will do */
    assert(size >= sizeof(struct q_softmax));
    struct q_softmax *m = state;
    memset(m, 0, sizeof *m);
    memcpy(m->params, p, sizeof m->params);
    stepped_init(&m->stepped, dt);
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    struct q_softmax *m = state;
    intake_event(&m->stepped.intake, ev);
    trials_event(&m->trials, ev);
    if (ev->kind == EV_SESSION && ev->id == EVENT_SESSION_BEGIN)
        m->chosen = m->chosen_before = false;
}

static uint32_t current_state(const struct q_softmax *m)
{
    return m->params[STATE_FROM] != 0 ? m->context : m->cue;
}

/* Choice probabilities in state s into p; returns the value expected of choosing by them. */
static double choose(const struct q_softmax *m, uint32_t s, double p[MODEL_ACTION_MAX])
{
    const int n = (int)m->params[N_ACTIONS];
    double drive[MODEL_ACTION_MAX], most = 0, sum = 0, expected = 0;
    for (int a = 0; a < n; a++) {
        const bool last = m->chosen_before && m->chosen_action == (uint32_t)a;
        drive[a] = m->params[BETA] * m->q[s][a] + (last ? m->params[STICK] : 0);
        most = a == 0 || drive[a] > most ? drive[a] : most;
    }
    for (int a = 0; a < n; a++) {
        p[a] = det_exp(drive[a] - most);
        sum += p[a];
    }
    for (int a = 0; a < n; a++) {
        p[a] /= sum;
        expected += p[a] * m->q[s][a];
    }
    return expected;
}

static void drive(struct q_softmax *m, const struct trials_event *ev, double delta, struct model_out *out)
{
    const double release = trials_opto(m->params, ev, &delta);
    trials_drive(ev, delta, release, out);
}

/* The choice that waits is settled with this reward. */
static void settle(struct q_softmax *m, const struct trials_event *ev, double reward, bool paused,
                   struct model_out *out)
{
    const double *p = m->params;
    double *q = m->q[m->chosen_state];
    double delta = reward - q[m->chosen_action];
    const double release = trials_opto(p, ev, &delta);
    trials_drive(ev, delta, release, out);
    m->chosen = false;
    if (paused)
        return;
    for (uint32_t a = 0; a < MODEL_ACTION_MAX; a++)
        q[a] *= a == m->chosen_action ? 1 : 1 - p[FORGET];
    q[m->chosen_action] += p[delta >= 0 ? ALPHA_POS : ALPHA_NEG] * delta;
}

static void happens(struct q_softmax *m, const struct trials_event *ev, bool paused, struct model_out *out)
{
    double p[MODEL_ACTION_MAX];
    switch (ev->kind) {
    case TRIALS_ONSET:
        m->cue = ev->id;
        drive(m, ev, choose(m, current_state(m), p), out);
        return;
    case TRIALS_CONTEXT:
        m->context = ev->id;
        return;
    case TRIALS_ACTION:
        if (ev->id >= m->params[N_ACTIONS])
            return;
        m->chosen_state = current_state(m);
        drive(m, ev, m->q[m->chosen_state][ev->id] - choose(m, m->chosen_state, p), out);
        m->chosen = m->chosen_before = true;
        m->chosen_action = ev->id;
        return;
    case TRIALS_OUTCOME:
        if (m->chosen && (ev->closed & TRIALS_CHOICE) != 0)
            settle(m, ev, ev->mag, paused, out);
        else
            drive(m, ev, ev->mag, out); /* unpredicted */
        return;
    case TRIALS_OMISSION:
        if (m->chosen && (ev->closed & TRIALS_CHOICE) != 0)
            settle(m, ev, 0, paused, out);
        return;
    }
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct q_softmax *m = state;
    struct intake_step in;
    struct trials_event ev;
    double p[MODEL_ACTION_MAX];
    stepped_begin(&m->stepped, m->params, k, &in, out);
    while (trials_next(&m->trials, m->params, m->params + TRIALS, m->stepped.intake.start_ns, &ev))
        happens(m, &ev, in.paused, out);
    const uint32_t s = current_state(m);
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        out->value_cs[c] = choose(m, c, p);
    out->value = choose(m, s, out->action_p);
    if (m->chosen)
        out->value = m->q[m->chosen_state][m->chosen_action];
    out->assoc = in.paused ? 0 : m->params[ALPHA_POS];
    out->aux[AUX_STATE] = s;
    out->aux[AUX_CHOSEN] = m->chosen ? m->chosen_action : -1.0;
    for (int a = 0; a < MODEL_ACTION_MAX; a++)
        out->aux[AUX_Q + a] = m->q[s][a];
    stepped_end(&m->stepped, m->params, out);
}

static bool set_param(void *state, int index, double value)
{
    return stepped_set(&q_softmax_ops, ((struct q_softmax *)state)->params, index, value);
}

static void fields(void *state, struct state_io *io)
{
    struct q_softmax *m = state;
    state_f64(io, &m->q[0][0], sizeof m->q / sizeof(double));
    stepped_fields(&m->stepped, io);
    trials_fields(&m->trials, io);
    state_u32(io, &m->cue, MODEL_CS_MAX - 1);
    state_u32(io, &m->context, N_STATES - 1);
    state_flag(io, &m->chosen);
    state_u32(io, &m->chosen_state, N_STATES - 1);
    state_u32(io, &m->chosen_action, MODEL_ACTION_MAX - 1);
    state_flag(io, &m->chosen_before);
}

static void save(const void *state, struct blob *out)
{
    state_save(q_softmax_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(q_softmax_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops q_softmax_ops = {
    .name = "q_softmax",
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
