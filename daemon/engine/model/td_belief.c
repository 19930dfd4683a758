/* td_belief: TD on what the animal believes about hidden states. (engine/model/td_belief.c)
 *
 * The animal cannot see whether a trial will be rewarded or how far it has come. It keeps a probability over "between
 * trials" and, for each cue, "j steps after the onset of a trial that will be rewarded"; those probabilities are the
 * features (Daw, Courville & Touretzky 2006; Starkweather 2017). How likely the outcome is in each of them is known
 * from the task or learned (delays.h). */
#include "engine/base/arena.h"
#include "engine/base/det.h"
#include "engine/base/units.h"
#include "engine/model/delays.h"
#include "engine/model/stepped.h"
#include "engine/model/td.h"
#include <assert.h>
#include <math.h>
#include <stdalign.h>
#include <string.h>

enum {
    VERSION = 1,
    ALPHA = STEPPED_N_PARAMS,
    TAU_DISCOUNT,
    TAU_LAMBDA,
    H_ITI,
    BLUR,
    ITI_FEATURE,
    POS_SD,
    J_GOAL,
    DELAYS,
    N_PARAMS = DELAYS + DELAYS_N_PARAMS,
    N_STATES_MAX = 1 + MODEL_CS_MAX * DELAYS_MAX,
};

#define TAU_LAMBDA_MAX_S 1.0 /* longer traces make the feature "between trials" overshoot */

static const struct model_param params[] = {
    STEPPED_PARAMS,
    {"alpha",          "per step", "Starkweather 2017",                              0.1,      1e-4, 1,          MODEL_PARAM_LIVE  },
    {"tau_discount_s", "s",        "Starkweather 2017: 0.98 per 0.2 s",              9.9,      0.5,  HUGE_VAL,   MODEL_PARAM_LIVE  },
    {"tau_lambda_s",   "s",        "Starkweather 2017: TD(0); at most 1 s",          0,        0,    30,         MODEL_PARAM_FIXED },
    {"h_iti",          "per step", "a cue comes; of the order of Starkweather 2017", 1.0 / 65, 1e-4, 0.5,        MODEL_PARAM_LIVE  },
    {"belief_blur",    "-",        "timing noise: 0 none",                           0,        0,    1,          MODEL_PARAM_LIVE  },
    {"iti_feature",    "-",        "0: between trials is no feature",                1,        0,    1,          MODEL_PARAM_COUNT },
    {"pos_sd",         "of track", "uncertainty of a position; chosen",              0.05,     0.01, 0.5,        MODEL_PARAM_LIVE  },
    {"j_goal",         "steps",    "steps from cue to the end of the track; chosen", 32,       1,    DELAYS_MAX, MODEL_PARAM_CHOICE},
    DELAYS_PARAMS,
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

enum { AUX_ENTROPY, AUX_ITI, AUX_DOUBLE, N_AUX };
static const char *const aux_names[] = {"entropy", "b_iti", "n_double_cues"};

struct td_belief {
    double params[N_PARAMS];
    struct stepped stepped;
    struct delays delays;
    uint32_t n;             /* states */
    double b[N_STATES_MAX]; /* state 0 is between trials, 1 + c * n_sub + j is (c, j) */
    uint32_t cues;          /* that began in the open step, bits */
    bool outcome, on_track; /* in the open step */
    double position;        /* the newest of the open step */
    uint32_t n_double;      /* steps in which several cues began */
    struct td td;
    alignas(ARENA_ALIGN) uint8_t memory[]; /* of td */
};

static size_t n_states(const double *p)
{
    return 1 + MODEL_CS_MAX * (size_t)p[DELAYS + DELAYS_N_SUB];
}

static size_t state_size(const double *p, double dt)
{
    (void)dt;
    return sizeof(struct td_belief) + td_size(n_states(p));
}

static void derive(struct td_belief *m)
{
    const double *p = m->params;
    td_rates(&m->td, m->stepped.dt, p[TAU_DISCOUNT], p[TAU_LAMBDA], HUGE_VAL);
}

/* All of the belief is that no trial runs. */
static void believe_iti(struct td_belief *m)
{
    memset(m->b, 0, sizeof m->b);
    m->b[0] = 1;
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed; /* draws no random numbers */
    struct td_belief *m = state;
    if (p[TAU_LAMBDA] > TAU_LAMBDA_MAX_S && p[ITI_FEATURE] != 0)
        return error_set(err, ERROR_INPUT, NULL, "tau_lambda_s", NULL,
                         "at most 1 s with iti_feature = 1 (longer traces overshoot between trials), got %g",
                         p[TAU_LAMBDA]);
    assert(size >= state_size(p, dt));
    memset(m, 0, sizeof *m);
    if (!delays_init(&m->delays, p + DELAYS, dt, err))
        return false;
    memcpy(m->params, p, sizeof m->params);
    stepped_init(&m->stepped, dt);
    m->n = (uint32_t)n_states(p);
    td_init(&m->td, m->memory, m->n);
    believe_iti(m);
    derive(m);
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    struct td_belief *m = state;
    intake_event(&m->stepped.intake, ev);
    if (ev->kind == EV_CS_ON && ev->id < MODEL_CS_MAX)
        m->cues |= 1U << ev->id;
    else if (ev->kind == EV_US && ev->id < MODEL_US_MAX)
        m->outcome = true;
    else if (ev->kind == EV_POSITION) {
        m->on_track = true;
        m->position = ev->mag;
    } else if (ev->kind == EV_SESSION && ev->id == EVENT_SESSION_BEGIN) {
        m->cues = 0;
        m->outcome = m->on_track = false;
        delays_rest(&m->delays);
        believe_iti(m);
        td_rest(&m->td);
    }
}

static uint32_t onset_state(const struct td_belief *m, uint32_t c)
{
    return 1 + c * m->delays.n;
}

/* Of several cues that begin together the one that is worth most, either way, is believed. */
static uint32_t winner(const struct td_belief *m)
{
    uint32_t best = MODEL_CS_MAX;
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        if ((m->cues >> c & 1) != 0 &&
            (best == MODEL_CS_MAX || fabs(m->td.w[onset_state(m, c)]) > fabs(m->td.w[onset_state(m, best)])))
            best = c;
    return best;
}

/* One cue's chain moves on by a step without an outcome. Returns what leaves it for "between trials". */
static double chain_step(const struct td_belief *m, uint32_t c, double *b)
{
    const uint32_t n = m->delays.n;
    const double *hazard = m->delays.cue[c].hazard, q = m->params[BLUR];
    double moved[DELAYS_MAX] = {0};
    for (uint32_t j = 0; j + 1 < n; j++) {
        const double mass = b[j] * (1 - hazard[j]);
        if (mass == 0)
            continue;
        moved[j] += q / 2 * mass;
        moved[j + 1] += (1 - q) * mass;
        moved[j + 2 < n ? j + 2 : n - 1] += q / 2 * mass;
    }
    const double left = b[n - 1] * (1 - hazard[n - 1]);
    memcpy(b, moved, n * sizeof *b);
    return left;
}

/* The belief divided by its sum; if that is 0, what was sure to come has not: no trial runs. */
static void normalise(struct td_belief *m)
{
    double sum = 0;
    for (uint32_t i = 0; i < m->n; i++)
        sum += m->b[i];
    if (!(sum > 0)) {
        believe_iti(m);
        return;
    }
    for (uint32_t i = 0; i < m->n; i++)
        m->b[i] /= sum;
}

static void nothing_came(struct td_belief *m)
{
    double iti = m->b[0] * (1 - m->params[H_ITI]);
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        iti += chain_step(m, c, m->b + onset_state(m, c));
    m->b[0] = iti;
    normalise(m);
}

static void see_position(struct td_belief *m)
{
    const double sd = m->params[POS_SD];
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        for (uint32_t j = 0; j < m->delays.n; j++) {
            double *b = &m->b[onset_state(m, c) + j];
            const double off = (j + 0.5) / m->params[J_GOAL] - m->position;
            if (*b != 0)
                *b *= det_exp(-off * off / (2 * sd * sd));
        }
    normalise(m);
}

static void believe(struct td_belief *m)
{
    const uint32_t cue = winner(m);
    if (cue < MODEL_CS_MAX) {
        m->n_double += (m->cues & (m->cues - 1)) != 0;
        memset(m->b, 0, sizeof m->b);
        m->b[0] = m->delays.cue[cue].p_om;
        m->b[onset_state(m, cue)] = 1 - m->b[0];
    } else if (m->outcome)
        believe_iti(m);
    else
        nothing_came(m);
    if (m->on_track)
        see_position(m);
}

static double entropy(const struct td_belief *m)
{
    double sum = 0;
    for (uint32_t i = 0; i < m->n; i++)
        if (m->b[i] > 0)
            sum -= m->b[i] * det_log(m->b[i]);
    return sum;
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct td_belief *m = state;
    struct intake_step in;
    stepped_begin(&m->stepped, m->params, k, &in, out);
    believe(m);
    delays_step(&m->delays, m->params + DELAYS, k, m->cues, m->outcome, in.paused);
    td_begin(&m->td);
    for (uint32_t i = m->params[ITI_FEATURE] != 0 ? 0 : 1; i < m->n; i++)
        td_feature(&m->td, i, m->b[i]);
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        out->value_cs[c] = m->td.w[onset_state(m, c)];
    out->delta = td_error(&m->td, in.reward, &out->value);
    out->drive_area = intake_opto(&m->stepped.intake, &in, m->params, &out->delta);
    out->assoc = in.paused ? 0 : m->params[ALPHA];
    td_learn(&m->td, out->assoc, out->delta);
    out->uncertainty = entropy(m);
    out->aux[AUX_ENTROPY] = out->uncertainty;
    out->aux[AUX_ITI] = m->b[0];
    out->aux[AUX_DOUBLE] = m->n_double;
    m->cues = 0;
    m->outcome = m->on_track = false;
    delays_work(&m->delays, m->params + DELAYS);
    stepped_end(&m->stepped, m->params, out);
}

static bool set_param(void *state, int index, double value)
{
    struct td_belief *m = state;
    const bool set = stepped_set(&td_belief_ops, m->params, index, value);
    derive(m);
    return set;
}

static void fields(void *state, struct state_io *io)
{
    struct td_belief *m = state;
    td_fields(&m->td, io);
    delays_fields(&m->delays, io);
    stepped_fields(&m->stepped, io);
    for (uint32_t i = 0; i < m->n; i++)
        state_f64_in(io, &m->b[i], 0, 1 + 1e-9);
    state_u32(io, &m->cues, (1U << MODEL_CS_MAX) - 1);
    state_flag(io, &m->outcome);
    state_flag(io, &m->on_track);
    state_f64(io, &m->position, 1);
    state_u32(io, &m->n_double, UINT32_MAX);
}

static void save(const void *state, struct blob *out)
{
    state_save(td_belief_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(td_belief_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops td_belief_ops = {
    .name = "td_belief",
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
