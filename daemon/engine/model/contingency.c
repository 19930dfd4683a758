#include "engine/model/contingency.h"
#include "engine/base/det.h"
#include "engine/base/units.h"
#include <math.h>
#include <string.h>

#define G_MAX     100.0 /* bounds whatever the explaining away feeds back */
#define IRI_KEEPS 0.05  /* of a new interval */

enum { N = CONTINGENCY_TYPES };

const char *const contingency_aux_names[CONTINGENCY_N_AUX] = {"iri_s",    "t_s",      "n_events", "prc_0_us",
                                                              "prc_1_us", "prc_2_us", "prc_3_us", "prc_4_us",
                                                              "prc_5_us", "prc_6_us", "prc_7_us"};

static double innate(const struct contingency *c, int j)
{
    if (j < CONTINGENCY_US)
        return c->params[CONTINGENCY_BETA_CS];
    return j < CONTINGENCY_OMISSION ? c->params[CONTINGENCY_BETA_US] : 0;
}

void contingency_init(struct contingency *c, const double *params, bool retro, double dt)
{
    memset(c, 0, sizeof *c);
    c->params = params;
    c->retro = retro;
    stepped_init(&c->stepped, dt);
    c->trials.apart = true;
    for (int j = 0; j < N; j++)
        c->target[j] = innate(c, j) > params[CONTINGENCY_THETA];
    c->iri_s = params[CONTINGENCY_IRI];
    c->tie_ns = INT64_MIN;
}

void contingency_event(struct contingency *c, const struct model_event *event)
{
    intake_event(&c->stepped.intake, event);
    trials_event(&c->trials, event);
    if (event->kind != EV_SESSION || event->id != EVENT_SESSION_BEGIN)
        return;
    memset(c->e, 0, sizeof c->e);
    memset(c->d, 0, sizeof c->d);
    c->us_seen = false;
    c->tie_ns = INT64_MIN;
}

/* Time constant of the traces. */
static double trace_s(const struct contingency *c)
{
    return c->params[CONTINGENCY_T_RATIO] * c->iri_s;
}

static double rate(const struct contingency *c)
{
    const double *p = c->params, decay = p[CONTINGENCY_ALPHA_DECAY];
    double a = p[CONTINGENCY_ALPHA];
    if (decay > 0)
        a += (p[CONTINGENCY_ALPHA_INIT] - a) * det_exp(-decay * c->n_events);
    if (p[CONTINGENCY_IRI_SCALING] != 0)
        a *= c->iri_s / p[CONTINGENCY_IRI_REF];
    return a < 1 ? a : 1;
}

static void decay_to(struct contingency *c, int64_t t_ns)
{
    if (t_ns <= c->t_ns)
        return;
    const double left = det_exp(-units_s(t_ns - c->t_ns) / trace_s(c));
    for (int i = 0; i < N; i++) {
        c->e[i] *= left;
        c->d[i] *= left;
    }
    c->t_ns = t_ns;
}

/* The sampling clock up to, but not including, t_ns: events of the same time come first. */
static void sample_until(struct contingency *c, int64_t t_ns, bool paused)
{
    const int64_t sample_ns = units_ns(c->params[CONTINGENCY_SAMPLE]);
    for (; c->k_sample * sample_ns < t_ns; c->k_sample++) {
        decay_to(c, c->k_sample * sample_ns);
        const double a = paused ? 0 : c->params[CONTINGENCY_K] * rate(c);
        for (int i = 0; i < N; i++)
            c->b[i] += a * (c->e[i] - c->b[i]);
    }
}

static double prc(const struct contingency *c, int i, int l)
{
    return c->count[i] > 0 && c->count[l] > 0 ? c->m[i][l] - c->b[i] : 0;
}

static double src(const struct contingency *c, int i, int l)
{
    return c->b[i] / trace_s(c) < c->params[CONTINGENCY_MIN_RATE] ? 0 : prc(c, i, l) * c->b[l] / c->b[i];
}

/* What event type i foretells: the largest product of contingency and magnitude over the outcomes. */
static double foretold(const struct contingency *c, int i)
{
    double most = src(c, i, CONTINGENCY_US) * c->r[i][CONTINGENCY_US];
    for (int l = CONTINGENCY_US + 1; l < CONTINGENCY_OMISSION; l++) {
        const double value = src(c, i, l) * c->r[i][l];
        most = value > most ? value : most;
    }
    return most;
}

static void contingencies(struct contingency *c)
{
    for (int i = 0; i < N; i++)
        for (int l = 0; l < N; l++) {
            c->nc[i][l] = c->w * src(c, i, l) + (1 - c->w) * prc(c, i, l);
            if (c->count[i] == 0 || c->count[l] == 0)
                c->r[i][l] = 0;
        }
}

static double bounded(double g)
{
    return g > G_MAX ? G_MAX : g < -G_MAX ? -G_MAX : g;
}

/* Adjusted contingencies after an event of type j, row by row; rows below one are new already. */
static void adjust(struct contingency *c, int j)
{
    for (int l = 0; l < N; l++)
        c->g[j][l] = 0;
    for (int q = 0; q < N; q++)
        for (int l = 0; l < N; l++) {
            if (c->retro) {
                c->g[q][l] = bounded((c->nc[q][l] > 0 ? c->nc[q][l] : 0) * c->r[q][l]);
                continue;
            }
            double explained = 0;
            for (int i = 0; i < N; i++)
                if (i != q && c->nc[i][q] > c->params[CONTINGENCY_THETA])
                    explained += c->d[i] * c->g[i][l];
            c->g[q][l] = bounded(c->nc[q][l] * c->r[q][l] - explained);
        }
}

/* Magnitudes after event j of magnitude `mag`; a worse one than foretold is blamed on the causes by their recency. */
static void magnitudes(struct contingency *c, int j, double mag, double da)
{
    double blame = 0;
    bool edge[N];
    if (da >= 0) {
        for (int i = 0; i < N; i++)
            c->r[i][j] += c->alpha_r * (mag - c->r[i][j]);
        return;
    }
    for (int i = 0; i < N; i++) {
        edge[i] = i != j && c->nc[i][j] > c->params[CONTINGENCY_THETA] && c->count[i] > 0;
        blame += edge[i] ? c->d[i] / c->count[i] : 0;
    }
    for (int i = 0; i < N; i++)
        if (edge[i] && blame > 0)
            c->r[i][j] -= c->alpha_r * c->r[i][j] * (c->d[i] / c->count[i]) / blame;
}

static void outcome_seen(struct contingency *c, int64_t t_ns)
{
    if (c->us_seen && c->params[CONTINGENCY_T_MODE] != 0)
        c->iri_s += IRI_KEEPS * (units_s(t_ns - c->us_ns) - c->iri_s);
    c->us_seen = true;
    c->us_ns = t_ns;
}

static void learn_before(struct contingency *c, int j, double mag)
{
    const double a = rate(c);
    c->count[j] += 1;
    if (c->target[j])
        for (int i = 0; i < N; i++)
            c->m[i][j] += a * (c->e[i] - c->m[i][j]);
    contingencies(c);
    for (int i = 0; i < N; i++)
        if (i == j || (c->retro && c->count[i] > 0))
            c->r[i][j] = mag;
    if (j == CONTINGENCY_OMISSION) {
        c->target[j] = true;
        for (int l = CONTINGENCY_US; l < CONTINGENCY_OMISSION; l++)
            c->r[j][l] = c->r[l][l];
    }
}

/* An event of type j. */
static void happens(struct contingency *c, const struct trials_event *ev, int j, double mag, bool paused,
                    struct model_out *out)
{
    c->n_tie = ev->t_ns == c->tie_ns ? c->n_tie + 1 : 0;
    c->tie_ns = ev->t_ns;
    decay_to(c, ev->t_ns + c->n_tie * units_ns(c->params[CONTINGENCY_TIE_SEP]));
    c->d[j] = 1;
    c->e[j] += 1;
    if (paused)
        contingencies(c);
    else
        learn_before(c, j, mag);
    adjust(c, j);
    double da = 0;
    for (int l = 0; l < N; l++)
        da += c->target[l] ? c->g[j][l] : 0;
    da += c->params[CONTINGENCY_DA_BETA] != 0 ? innate(c, j) : 0;
    const double release = trials_opto(c->params, ev, &da);
    trials_drive(ev, da, release, out);
    if (!paused) {
        c->target[j] |= da + innate(c, j) > c->params[CONTINGENCY_THETA];
        if (!c->retro)
            magnitudes(c, j, mag, da);
        c->n_events += 1;
    }
    c->value = foretold(c, j);
    if (j >= CONTINGENCY_US && j < CONTINGENCY_OMISSION && !paused)
        outcome_seen(c, ev->t_ns);
}

/* True if some cue has been found to foretell some outcome. */
static bool outcome_has_cause(const struct contingency *c)
{
    for (int i = 0; i < CONTINGENCY_US; i++)
        for (int l = CONTINGENCY_US; l < CONTINGENCY_OMISSION; l++)
            if (c->nc[i][l] > c->params[CONTINGENCY_THETA])
                return true;
    return false;
}

static void take(struct contingency *c, const struct trials_event *ev, bool paused, struct model_out *out)
{
    sample_until(c, ev->t_ns, paused);
    if (ev->kind == TRIALS_ONSET)
        happens(c, ev, ev->id, 0, paused, out);
    else if (ev->kind == TRIALS_OUTCOME && !ev->punishment)
        happens(c, ev, CONTINGENCY_US + ev->id, ev->mag, paused, out);
    else if (ev->kind == TRIALS_OMISSION && (ev->closed & TRIALS_CUES) != 0 &&
             c->params[CONTINGENCY_USE_OMISSION] != 0 && outcome_has_cause(c))
        happens(c, ev, CONTINGENCY_OMISSION, 0, paused, out);
}

void contingency_step(struct contingency *c, int64_t k, struct model_out *out)
{
    struct intake_step in;
    struct trials_event ev;
    const double *p = c->params;
    bool open = false, outcome = false;
    stepped_begin(&c->stepped, p, k, &in, out);
    const int64_t end_ns = c->stepped.intake.start_ns;
    while (trials_next(&c->trials, p, p + CONTINGENCY_TRIALS, end_ns, &ev)) {
        take(c, &ev, in.paused, out);
        outcome = ev.kind == TRIALS_OUTCOME;
    }
    sample_until(c, end_ns, in.paused);
    for (int i = 0; i < MODEL_CS_MAX; i++) {
        open |= c->trials.window[i].open;
        out->value_cs[i] = foretold(c, i);
        out->aux[CONTINGENCY_AUX_PRC + i] = prc(c, i, CONTINGENCY_US);
    }
    out->value = open || outcome ? c->value : 0;
    out->assoc = in.paused ? 0 : rate(c);
    out->aux[CONTINGENCY_AUX_IRI] = c->iri_s;
    out->aux[CONTINGENCY_AUX_T] = trace_s(c);
    out->aux[CONTINGENCY_AUX_EVENTS] = c->n_events;
    stepped_end(&c->stepped, p, out);
}

void contingency_fields(struct contingency *c, struct state_io *io)
{
    state_learned(io);
    for (int i = 0; i < N; i++) {
        state_f64_in(io, &c->b[i], 0, HUGE_VAL);
        state_f64_in(io, &c->count[i], 0, 1e15);
        state_f64(io, c->m[i], N);
        state_f64(io, c->r[i], N);
        state_f64(io, c->g[i], N);
        state_f64(io, c->nc[i], N);
        state_flag(io, &c->target[i]);
    }
    state_f64_in(io, &c->n_events, 0, 1e15);
    state_f64_in(io, &c->iri_s, 1e-9, 1e9);
    stepped_fields(&c->stepped, io);
    trials_fields(&c->trials, io);
    state_f64(io, c->e, N);
    state_f64(io, c->d, N);
    state_flag(io, &c->us_seen);
    state_i64(io, &c->us_ns);
    state_i64(io, &c->t_ns);
    state_i64(io, &c->k_sample);
    state_i64(io, &c->tie_ns);
    state_i64(io, &c->n_tie);
    state_f64(io, &c->value, 1);
}
