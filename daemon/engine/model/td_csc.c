/* td_csc: TD(lambda) on a complete serial compound. (engine/model/td_csc.c)
 *
 * Each cue starts a line of bins, one feature lit after the other (Sutton & Barto 1990; Schultz, Dayan & Montague
 * 1997). An outcome ends all lines (Starkweather 2017 needs that for its result; the plain line is csc_reset_on_us =
 * 0). Feature order: cue lines, outcome lines, position bins, bias. */
#include "engine/base/arena.h"
#include "engine/base/units.h"
#include "engine/model/intake.h"
#include "engine/model/lickrate.h"
#include "engine/model/model.h"
#include "engine/model/td.h"
#include <assert.h>
#include <math.h>
#include <stdalign.h>
#include <string.h>

enum { VERSION = 1, N_LINES = MODEL_CS_MAX + MODEL_US_MAX };

enum {
    LICK = INTAKE_N_PARAMS,
    ALPHA = LICK + LICKRATE_N_PARAMS,
    TAU_DISCOUNT,
    TAU_LAMBDA,
    TAU_FORGET,
    REPLACING,
    N_BINS,
    BIN,
    RESET_ON_US,
    US_LINE,
    SINGLE_LINE,
    PRESENCE,
    USE_BIAS,
    POS_BINS,
    N_PARAMS,
};

static const struct model_param params[] = {
    INTAKE_PARAMS,
    LICKRATE_PARAMS,
    {"alpha",           "per step", "Schultz 1997 (any small); chosen",                    0.1,      1e-4, 1,        MODEL_PARAM_LIVE  },
    {"tau_discount_s",  "s",        "Starkweather 2017: 0.98 per 0.2 s",                   9.9,      0.5,  HUGE_VAL, MODEL_PARAM_LIVE  },
    {"tau_lambda_s",    "s",        "0.9 per 0.2 s, of the order of Pan 2005; 0 is TD(0)", 1.9,      0,    30,       MODEL_PARAM_LIVE  },
    {"tau_forget_s",    "s",        "Kato & Morita 2016",                                  HUGE_VAL, 10,   HUGE_VAL, MODEL_PARAM_LIVE  },
    {"replacing",       "-",        "1: replacing traces",                                 0,        0,    1,        MODEL_PARAM_CHOICE},
    {"n_bins",          "-",        "chosen; the line must outlast the longest delay",     64,       8,    128,      MODEL_PARAM_COUNT },
    {"bin_s",           "s",        "width of a bin; chosen",                              0.1,      0.02, 0.5,      MODEL_PARAM_FIXED },
    {"csc_reset_on_us", "-",        "1: an outcome ends all lines",                        1,        0,    1,        MODEL_PARAM_CHOICE},
    {"csc_us_line",     "-",        "1: outcomes have lines of their own",                 0,        0,    1,        MODEL_PARAM_COUNT },
    {"csc_single_line", "-",        "Jeong 2022: 1: only the line of the latest event",    0,        0,    1,        MODEL_PARAM_CHOICE},
    {"csc_presence",    "-",        "1: one feature a cue, while it is on",                0,        0,    1,        MODEL_PARAM_COUNT },
    {"use_bias",        "-",        "1: a constant feature",                               0,        0,    1,        MODEL_PARAM_COUNT },
    {"pos_bins",        "-",        "positions on a track, 0: none",                       0,        0,    256,      MODEL_PARAM_COUNT },
};
static_assert(sizeof params / sizeof *params == N_PARAMS, "the enum lists the table's rows");

enum { AUX_REWARD, AUX_OPTO, AUX_ELIGIBLE, N_AUX };
static const char *const aux_names[] = {"reward", "opto_coverage", "n_eligible"};

struct line {
    bool running;
    int64_t k_onset; /* the step it began in */
    double salience;
};

struct td_csc {
    double params[N_PARAMS];
    double dt, rate_scale; /* rate_scale: 1 / bin_steps */
    int64_t k;             /* the open step */
    int64_t bin_steps;
    uint32_t line_features; /* features of one line */
    struct intake intake;
    struct lickrate lick;
    struct line lines[N_LINES]; /* cues, then outcomes */
    bool on_track;              /* positions stand for the cue lines */
    double position;
    struct td td;
    alignas(ARENA_ALIGN) uint8_t memory[]; /* of td */
};

static size_t line_features(const double *p)
{
    return p[PRESENCE] != 0 ? 1 : (size_t)p[N_BINS];
}

static size_t n_features(const double *p)
{
    const size_t n_lines = p[US_LINE] != 0 ? N_LINES : MODEL_CS_MAX;
    return n_lines * line_features(p) + (size_t)p[POS_BINS] + (size_t)p[USE_BIAS];
}

static size_t state_size(const double *p, double dt)
{
    (void)dt;
    return sizeof(struct td_csc) + td_size(n_features(p));
}

static void derive(struct td_csc *m)
{
    const double *p = m->params;
    td_rates(&m->td, m->dt, p[TAU_DISCOUNT], p[TAU_LAMBDA], p[TAU_FORGET]);
    m->td.replacing = p[REPLACING] != 0;
    const double bin_steps = floor(p[BIN] / m->dt + 0.5);
    m->bin_steps = bin_steps > 1 ? (int64_t)bin_steps : 1;
    m->rate_scale = 1.0 / (double)m->bin_steps;
}

static bool init(void *state, size_t size, const double *p, double dt, uint64_t seed, struct error *err)
{
    (void)seed; /* draws no random numbers */
    if (n_features(p) > MODEL_FEATURES_MAX)
        return error_set(err, ERROR_INPUT, NULL, "n_bins", NULL, "at most %d features in all, got %zu",
                         MODEL_FEATURES_MAX, n_features(p));
    if (p[PRESENCE] != 0 && p[US_LINE] != 0)
        return error_set(err, ERROR_INPUT, NULL, "csc_us_line", "1",
                         "0 with csc_presence = 1: an outcome has no duration");
    assert(size >= state_size(p, dt));
    struct td_csc *m = state;
    memset(m, 0, sizeof *m);
    memcpy(m->params, p, sizeof m->params);
    m->dt = dt;
    m->line_features = (uint32_t)line_features(p);
    intake_init(&m->intake, units_ns(dt));
    td_init(&m->td, m->memory, n_features(p));
    derive(m);
    return true;
}

static void end_lines(struct td_csc *m)
{
    for (int i = 0; i < N_LINES; i++)
        m->lines[i].running = false;
}

static void start_line(struct td_csc *m, int i, double salience)
{
    if (m->params[SINGLE_LINE] != 0)
        end_lines(m);
    m->lines[i] = (struct line){.running = true, .k_onset = m->k, .salience = salience};
}

static void on_us(struct td_csc *m, const struct model_event *event)
{
    if (m->params[RESET_ON_US] != 0 || m->params[SINGLE_LINE] != 0)
        end_lines(m);
    if (m->params[US_LINE] != 0 && event->id < MODEL_US_MAX)
        start_line(m, MODEL_CS_MAX + event->id, 1);
    m->on_track = false;
}

static void on_event(void *state, const struct model_event *event)
{
    struct td_csc *m = state;
    intake_event(&m->intake, event);
    if (event->kind == EV_CS_ON && event->id < MODEL_CS_MAX)
        start_line(m, event->id, event->mag);
    else if (event->kind == EV_US)
        on_us(m, event);
    else if (event->kind == EV_POSITION && m->params[POS_BINS] > 0 && event->t_ns > m->intake.us_ns) {
        m->on_track = true; /* a position reported with the reward is the end of the track, not a new run */
        m->position = event->mag;
    } else if (event->kind == EV_SESSION && event->id == EVENT_SESSION_BEGIN) {
        end_lines(m);
        m->on_track = false;
        td_rest(&m->td);
    }
}

/* Lights the feature of line `i`; an ended line is switched off for good. */
static void line_feature(struct td_csc *m, int i, const struct intake_step *step)
{
    struct line *line = &m->lines[i];
    if (!line->running)
        return;
    const uint32_t first = (uint32_t)i * m->line_features;
    if (m->params[PRESENCE] != 0) {
        td_feature(&m->td, first, line->salience * step->cue_coverage[i]);
        return;
    }
    const int64_t bin = (m->k - line->k_onset) / m->bin_steps;
    if (bin < (int64_t)m->line_features)
        td_feature(&m->td, first + (uint32_t)bin, line->salience);
    else
        line->running = false;
}

static void features(struct td_csc *m, const struct intake_step *step)
{
    td_begin(&m->td);
    for (int i = m->on_track ? MODEL_CS_MAX : 0; i < N_LINES; i++)
        line_feature(m, i, step);
    const uint32_t n_bias = m->params[USE_BIAS] != 0, pos_bins = (uint32_t)m->params[POS_BINS];
    if (m->on_track) {
        const double bin = floor(m->position * pos_bins);
        const double last = pos_bins - 1.0;
        const uint32_t clipped = (uint32_t)(bin < 0 ? 0 : bin > last ? last : bin);
        td_feature(&m->td, m->td.n - n_bias - pos_bins + clipped, 1);
    }
    if (n_bias > 0)
        td_feature(&m->td, m->td.n - 1, 1);
}

static void step(void *state, int64_t k, struct model_out *out)
{
    struct td_csc *m = state;
    assert(k == m->k);
    struct intake_step in;
    intake_close(&m->intake, m->params, &in);
    features(m, &in);
    *out = (struct model_out){.drive_t_ns = in.drive_t_ns};
    const double bias = m->params[USE_BIAS] != 0 ? m->td.w[m->td.n - 1] : 0;
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        out->value_cs[c] = m->td.w[c * m->line_features] + bias;
    double delta = td_error(&m->td, in.reward, &out->value);
    out->drive_area = intake_opto(&m->intake, &in, m->params, &delta);
    out->delta = delta;
    out->assoc = in.paused ? 0 : m->params[ALPHA];
    td_learn(&m->td, out->assoc * m->rate_scale, delta);
    const double since_us_s =
        m->intake.us_ns == INT64_MIN ? HUGE_VAL : units_s(m->intake.start_ns - m->intake.us_ns); /* t_close - t_us */
    out->lick_rate = lickrate_step(&m->lick, m->params + LICK, m->dt, out->value, since_us_s);
    out->aux[AUX_REWARD] = in.reward;
    out->aux[AUX_OPTO] = in.opto_coverage;
    out->aux[AUX_ELIGIBLE] = m->td.n_eligible;
    m->k++;
}

static bool set_param(void *state, int index, double value)
{
    struct td_csc *m = state;
    if (!model_param_live(&td_csc_ops, index, value))
        return false;
    m->params[index] = value;
    derive(m);
    return true;
}

static void save(const void *state, struct blob *out)
{
    const struct td_csc *m = state;
    blob_begin(out, td_csc_ops.name, VERSION);
    td_save(&m->td, out);
    blob_put_i64(out, m->k);
    intake_save(&m->intake, out);
    blob_put_f64(out, m->lick.vbar);
    for (int i = 0; i < N_LINES; i++) {
        blob_put_u8(out, m->lines[i].running);
        blob_put_i64(out, m->lines[i].k_onset);
        blob_put_f64(out, m->lines[i].salience);
    }
    blob_put_u8(out, m->on_track);
    blob_put_f64(out, m->position);
    (void)blob_end(out); /* used > size tells the caller */
}

static bool load(void *state, const struct blob *in, int flags, struct error *err)
{
    struct td_csc *m = state;
    const bool exact = (flags & MODEL_LOAD_EXACT) != 0;
    struct blob_reader reader;
    if (!blob_open(&reader, in, td_csc_ops.name, VERSION, err))
        return false;
    if (!td_load(&m->td, &reader, exact))
        return error_set(err, ERROR_INPUT, NULL, "saved model state", NULL,
                         "%u finite weights: the same n_bins, pos_bins and lines", (unsigned)m->td.n);
    struct td_csc saved = *m;
    saved.k = blob_get_i64(&reader);
    intake_load(&saved.intake, &reader);
    saved.lick.vbar = blob_get_f64(&reader);
    for (int i = 0; i < N_LINES; i++) {
        saved.lines[i].running = blob_get_u8(&reader) != 0;
        saved.lines[i].k_onset = blob_get_i64(&reader);
        saved.lines[i].salience = blob_get_f64(&reader);
    }
    saved.on_track = blob_get_u8(&reader) != 0;
    saved.position = blob_get_f64(&reader);
    if (!blob_done(&reader))
        return error_set(err, ERROR_INPUT, NULL, "saved model state", NULL, "a whole td_csc state");
    if (exact)
        *m = saved;
    return true;
}

const struct model_ops td_csc_ops = {
    .name = "td_csc",
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
    .event = on_event,
    .step = step,
    .set_param = set_param,
    .save = save,
    .load = load,
};
