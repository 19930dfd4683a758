/* bayes_vol: a Bayesian observer of reward probability and of how fast it changes. (engine/model/bayes_vol.c)
 *
 * After Behrens 2007. For each cue a grid over the probability p that an outcome comes (25 points) and the log
 * volatility z (12 points). An outcome: p moves by a Gaussian of SD e^z, z moves seldom, then the likelihood. That is
 * 7 500 multiply-adds, so one z row is done a step, after the outcome; outcomes wait in a short queue, and the oldest
 * is finished at once if it is full. Cues are learned one by one, as in vkf. */
#include "engine/base/det.h"
#include "engine/base/units.h"
#include "engine/model/stepped.h"
#include "engine/model/trials.h"
#include <assert.h>
#include <math.h>
#include <string.h>

enum { VERSION = 1, N_P = 25, N_Z = 12, N_JOBS = 16, TRIALS = STEPPED_N_PARAMS, N_PARAMS = TRIALS + TRIALS_N_PARAMS };

#define VOLATILITY_MIN 1e-3
#define VOLATILITY_MAX 0.3
#define Z_MOVES        0.02 /* probability a trial that the volatility is drawn anew */
#define DELTA_MIN      0.05 /* a smaller error does not define a learning rate */

static const struct model_param params[] = {STEPPED_PARAMS, TRIALS_PARAMS};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

enum { AUX_Z, AUX_WAITING, N_AUX };
static const char *const aux_names[] = {"e_log_volatility", "n_waiting"};

/* An outcome that is still to be learned. */
struct bayes_vol_job {
    uint32_t cue;
    bool reward;
    double delta;
};

struct bayes_vol {
    double params[N_PARAMS];
    struct stepped stepped;
    struct trials trials;
    double z[N_Z];
    double move[N_Z][N_P][N_P]; /* [z][p'][p]: P(p'|p, z) */
    double belief[MODEL_CS_MAX][N_Z][N_P];
    double e_p[MODEL_CS_MAX]; /* mean of p */
    double moved[N_Z][N_P];   /* the grid of the first job, its rows done so far */
    uint32_t n_rows;
    struct bayes_vol_job jobs[N_JOBS]; /* the oldest first */
    uint32_t n_jobs;
    double rate, variance, e_z; /* after the last outcome learned */
};

static size_t state_size(const double *p, double dt)
{
    (void)p, (void)dt;
    return sizeof(struct bayes_vol);
}

static double p_at(int i)
{
    return (i + 0.5) / N_P;
}

static void tables_init(struct bayes_vol *m)
{
    const double z_lo = det_log(VOLATILITY_MIN), z_hi = det_log(VOLATILITY_MAX);
    for (int z = 0; z < N_Z; z++) {
        m->z[z] = z_lo + (z_hi - z_lo) * z / (N_Z - 1);
        const double variance = det_exp(2 * m->z[z]);
        for (int from = 0; from < N_P; from++) {
            double sum = 0;
            for (int to = 0; to < N_P; to++) {
                const double far = p_at(to) - p_at(from);
                m->move[z][to][from] = det_exp(-far * far / (2 * variance));
                sum += m->move[z][to][from];
            }
            for (int to = 0; to < N_P; to++)
                m->move[z][to][from] /= sum;
        }
    }
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed, (void)err; /* draws no random numbers; every combination of parameters will do */
    assert(size >= sizeof(struct bayes_vol));
    struct bayes_vol *m = state;
    memset(m, 0, sizeof *m);
    memcpy(m->params, p, sizeof m->params);
    stepped_init(&m->stepped, dt);
    tables_init(m);
    for (int z = 0; z < N_Z; z++)
        m->e_z += m->z[z] / N_Z;
    for (int c = 0; c < MODEL_CS_MAX; c++) {
        m->e_p[c] = 0.5;
        for (int z = 0; z < N_Z; z++)
            for (int i = 0; i < N_P; i++)
                m->belief[c][z][i] = 1.0 / (N_Z * N_P);
    }
    m->variance = (1 - 1.0 / (N_P * N_P)) / 12; /* of the uniform grid */
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    struct bayes_vol *m = state;
    intake_event(&m->stepped.intake, ev);
    trials_event(&m->trials, ev);
}

/* p moves: row z of the first job's grid. */
static void row_step(struct bayes_vol *m, uint32_t z)
{
    const double *from = m->belief[m->jobs[0].cue][z];
    for (int to = 0; to < N_P; to++) {
        double sum = 0;
        for (int i = 0; i < N_P; i++)
            sum += m->move[z][to][i] * from[i];
        m->moved[z][to] = sum;
    }
}

/* z moves, then the likelihood of what came; the first job is done. */
static void job_end(struct bayes_vol *m)
{
    const struct bayes_vol_job job = m->jobs[0];
    double(*belief)[N_P] = m->belief[job.cue];
    double sum = 0;
    for (int i = 0; i < N_P; i++) {
        double column = 0;
        for (int z = 0; z < N_Z; z++)
            column += m->moved[z][i];
        for (int z = 0; z < N_Z; z++) {
            const double mixed = (1 - Z_MOVES) * m->moved[z][i] + Z_MOVES * column / N_Z;
            belief[z][i] = mixed * (job.reward ? p_at(i) : 1 - p_at(i));
            sum += belief[z][i];
        }
    }
    double e_p = 0, e_pp = 0, e_z = 0;
    for (int z = 0; z < N_Z; z++)
        for (int i = 0; i < N_P; i++) {
            belief[z][i] /= sum;
            e_p += belief[z][i] * p_at(i);
            e_pp += belief[z][i] * p_at(i) * p_at(i);
            e_z += belief[z][i] * m->z[z];
        }
    const double size = fabs(job.delta);
    m->rate = fabs(e_p - m->e_p[job.cue]) / (size > DELTA_MIN ? size : DELTA_MIN);
    m->variance = e_pp - e_p * e_p;
    m->e_z = e_z;
    m->e_p[job.cue] = e_p;
    m->n_jobs--;
    memmove(m->jobs, m->jobs + 1, m->n_jobs * sizeof *m->jobs);
    m->n_rows = 0;
}

static void row_next(struct bayes_vol *m)
{
    if (m->n_jobs == 0)
        return;
    row_step(m, m->n_rows++);
    if (m->n_rows == N_Z)
        job_end(m);
}

static void job_add(struct bayes_vol *m, uint32_t cue, bool reward, double delta)
{
    for (uint32_t full = m->n_jobs; full == N_JOBS && m->n_jobs == full;)
        row_next(m);
    m->jobs[m->n_jobs++] = (struct bayes_vol_job){.cue = cue, .reward = reward, .delta = delta};
}

/* A window ends with this reward. */
static void end_window(struct bayes_vol *m, const struct trials_event *ev, double reward, bool paused,
                       struct model_out *out)
{
    double delta = 0;
    int n = 0;
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++) {
        if ((ev->closed >> c & 1) == 0)
            continue;
        const double own = (double)(reward > 0) - m->e_p[c];
        if (!paused)
            job_add(m, c, reward > 0, own);
        delta += own;
        n++;
    }
    delta = n > 0 ? delta / n : (double)(reward > 0);
    const double release = trials_opto(m->params, ev, &delta);
    trials_drive(ev, delta, release, out);
}

static void happens(struct bayes_vol *m, const struct trials_event *ev, bool paused, struct model_out *out)
{
    if (ev->kind == TRIALS_OUTCOME)
        end_window(m, ev, ev->mag, paused, out);
    else if (ev->kind == TRIALS_OMISSION && (ev->closed & TRIALS_CUES) != 0)
        end_window(m, ev, 0, paused, out);
    else if (ev->kind == TRIALS_ONSET) {
        double delta = m->e_p[ev->id] - 0.5; /* less what a new cue announces */
        const double release = trials_opto(m->params, ev, &delta);
        trials_drive(ev, delta, release, out);
    }
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct bayes_vol *m = state;
    struct intake_step in;
    struct trials_event ev;
    stepped_begin(&m->stepped, m->params, k, &in, out);
    while (trials_next(&m->trials, m->params, m->params + TRIALS, m->stepped.intake.start_ns, &ev))
        happens(m, &ev, in.paused, out);
    row_next(m);
    int n = 0;
    for (int c = 0; c < MODEL_CS_MAX; c++) {
        out->value_cs[c] = m->e_p[c];
        out->value += m->trials.window[c].open ? m->e_p[c] : 0;
        n += m->trials.window[c].open;
    }
    out->value /= n > 0 ? n : 1;
    out->assoc = m->rate;
    out->uncertainty = m->variance;
    out->aux[AUX_Z] = m->e_z;
    out->aux[AUX_WAITING] = m->n_jobs;
    stepped_end(&m->stepped, m->params, out);
}

static bool set_param(void *state, int index, double value)
{
    return stepped_set(&bayes_vol_ops, ((struct bayes_vol *)state)->params, index, value);
}

static void fields(void *state, struct state_io *io)
{
    struct bayes_vol *m = state;
    state_f64(io, &m->belief[0][0][0], sizeof m->belief / sizeof(double));
    state_f64(io, m->e_p, MODEL_CS_MAX);
    state_f64(io, &m->moved[0][0], sizeof m->moved / sizeof(double));
    state_u32(io, &m->n_rows, N_Z - 1);
    const uint32_t n = state_count(io, m->n_jobs, N_JOBS);
    for (uint32_t i = 0; i < n; i++) {
        state_u32(io, &m->jobs[i].cue, MODEL_CS_MAX - 1);
        state_flag(io, &m->jobs[i].reward);
        state_f64(io, &m->jobs[i].delta, 1);
    }
    if (state_stores(io))
        m->n_jobs = n;
    state_f64(io, &m->rate, 1);
    state_f64(io, &m->variance, 1);
    state_f64(io, &m->e_z, 1);
    stepped_fields(&m->stepped, io);
    trials_fields(&m->trials, io);
}

static void save(const void *state, struct blob *out)
{
    state_save(bayes_vol_ops.name, VERSION, fields, state, out);
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    return state_load(bayes_vol_ops.name, VERSION, fields, state, in, flags, err);
}

const struct model_ops bayes_vol_ops = {
    .name = "bayes_vol",
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
