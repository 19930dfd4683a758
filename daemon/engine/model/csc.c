#include "engine/model/csc.h"
#include <math.h>

static size_t line_features(const double *p)
{
    return p[CSC_PRESENCE] != 0 ? 1 : (size_t)p[CSC_N_BINS];
}

size_t csc_features(const double *p)
{
    const size_t n_lines = p[CSC_US_LINE] != 0 ? CSC_LINES_MAX : MODEL_CS_MAX;
    return n_lines * line_features(p) + (size_t)p[CSC_POS_BINS] + (size_t)p[CSC_USE_BIAS];
}

bool csc_check(const double *p, struct error *err)
{
    if (csc_features(p) > MODEL_FEATURES_MAX)
        return error_set(err, ERROR_INPUT, NULL, "n_bins", NULL, "at most %d features in all, got %zu",
                         MODEL_FEATURES_MAX, csc_features(p));
    if (p[CSC_PRESENCE] != 0 && p[CSC_US_LINE] != 0)
        return error_set(err, ERROR_INPUT, NULL, "csc_us_line", "1",
                         "0 with csc_presence = 1: an outcome has no duration");
    return true;
}

void csc_init(struct csc *csc, const double *p, double dt)
{
    *csc = (struct csc){.line_features = (uint32_t)line_features(p), .n = (uint32_t)csc_features(p)};
    const double bin_steps = floor(p[CSC_BIN] / dt + 0.5);
    csc->bin_steps = bin_steps > 1 ? (int64_t)bin_steps : 1;
    csc->rate_scale = 1.0 / (double)csc->bin_steps;
}

static void end_lines(struct csc *csc)
{
    for (int i = 0; i < CSC_LINES_MAX; i++)
        csc->lines[i].running = false;
}

void csc_rest(struct csc *csc)
{
    end_lines(csc);
    csc->on_track = false;
}

static void start_line(struct csc *csc, const double *p, int i, int64_t k, double salience)
{
    if (p[CSC_SINGLE_LINE] != 0)
        end_lines(csc);
    csc->lines[i] = (struct csc_line){.running = true, .k_onset = k, .salience = salience};
}

static void on_us(struct csc *csc, const double *p, int64_t k, const struct model_event *event)
{
    if (p[CSC_RESET_ON_US] != 0 || p[CSC_SINGLE_LINE] != 0)
        end_lines(csc);
    if (p[CSC_US_LINE] != 0 && event->id < MODEL_US_MAX)
        start_line(csc, p, MODEL_CS_MAX + event->id, k, 1);
    csc->on_track = false;
}

void csc_event(struct csc *csc, const double *p, int64_t k, int64_t us_ns, const struct model_event *event)
{
    if (event->kind == EV_CS_ON && event->id < MODEL_CS_MAX)
        start_line(csc, p, event->id, k, event->mag);
    else if (event->kind == EV_US)
        on_us(csc, p, k, event);
    else if (event->kind == EV_POSITION && p[CSC_POS_BINS] > 0 && event->t_ns > us_ns) {
        csc->on_track = true; /* a position reported with the reward is the end of the track, not a new run */
        csc->position = event->mag;
    } else if (event->kind == EV_SESSION && event->id == EVENT_SESSION_BEGIN)
        csc_rest(csc);
}

/* Lights the feature of line `i`; an ended line is switched off for good. */
static void light_line(struct csc *csc, const double *p, int i, int64_t k, const struct intake_step *in, struct td *td)
{
    struct csc_line *line = &csc->lines[i];
    if (!line->running)
        return;
    const uint32_t first = (uint32_t)i * csc->line_features;
    if (p[CSC_PRESENCE] != 0) {
        td_feature(td, first, line->salience * in->cue_coverage[i]);
        return;
    }
    const int64_t bin = (k - line->k_onset) / csc->bin_steps;
    if (bin < (int64_t)csc->line_features)
        td_feature(td, first + (uint32_t)bin, line->salience);
    else
        line->running = false;
}

void csc_light(struct csc *csc, const double *p, int64_t k, const struct intake_step *in, struct td *td)
{
    for (int i = csc->on_track ? MODEL_CS_MAX : 0; i < CSC_LINES_MAX; i++)
        light_line(csc, p, i, k, in, td);
    const uint32_t n_bias = p[CSC_USE_BIAS] != 0, pos_bins = (uint32_t)p[CSC_POS_BINS];
    if (csc->on_track) {
        const double bin = floor(csc->position * pos_bins);
        const double last = pos_bins - 1.0;
        const uint32_t clipped = (uint32_t)(bin < 0 ? 0 : bin > last ? last : bin);
        td_feature(td, csc->n - n_bias - pos_bins + clipped, 1);
    }
    if (n_bias > 0)
        td_feature(td, csc->n - 1, 1);
}

int csc_cue(const struct csc *csc, uint32_t i)
{
    const uint32_t line = i / csc->line_features;
    return line < MODEL_CS_MAX ? (int)line : -1;
}

void csc_fields(struct csc *csc, struct state_io *io)
{
    state_passing(io);
    for (int i = 0; i < CSC_LINES_MAX; i++) {
        state_flag(io, &csc->lines[i].running);
        state_i64(io, &csc->lines[i].k_onset);
        state_f64(io, &csc->lines[i].salience, 1);
    }
    state_flag(io, &csc->on_track);
    state_f64(io, &csc->position, 1);
}
