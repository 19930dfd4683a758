#include "cli/aligned.h"
#include "engine/base/units.h"
#include "engine/model/predict.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEPT = 8192,      /* samples: 16 s at the least spacing, more than a late omission's window reaches back */
    PENDING_MAX = 64, /* events whose window is not complete */
    SERIES = CONFIG_MODELS_MAX + 1,
};

static const int64_t SPACING_NS = 2 * MS; /* denser samples are left out: a bin holds ten then */
static const int64_t BIN_NS = 20 * MS, FROM_NS = -1 * S, TO_NS = 4 * S;
static const int64_t WAIT_NS = 200 * MS; /* for samples that come late */

struct sample {
    int64_t t_ns;
    float value[SERIES]; /* measured, then each of the signal's models: enough for an average */
};

struct pending {
    int64_t t_ns;
    uint32_t type;
};

struct aligned {
    const struct config *config;
    uint32_t signal;
    uint32_t n_models, models[CONFIG_MODELS_MAX]; /* of the signal */
    uint64_t n_samples;
    struct sample samples[KEPT];
    uint32_t n_pending;
    struct pending pending[PENDING_MAX];
    uint64_t n_dropped;
    struct aligned_type types[ALIGNED_TYPES];
};

struct aligned *aligned_new(const struct config *config, uint32_t signal)
{
    struct aligned *aligned = calloc(1, sizeof *aligned);
    if (aligned == NULL)
        return NULL;
    aligned->config = config;
    aligned->signal = signal;
    for (uint32_t i = 0; i < config->n_models; i++)
        if (config->models[i].signal == signal)
            aligned->models[aligned->n_models++] = i;
    return aligned;
}

static void keep_sample(struct aligned *aligned, const struct engine_view *view)
{
    const int64_t t_ns = view->signals[aligned->signal].dff_ns;
    if (view->signals[aligned->signal].trusted == 0 || t_ns < 0)
        return;
    if (aligned->n_samples > 0 && t_ns - aligned->samples[(aligned->n_samples - 1) % KEPT].t_ns < SPACING_NS)
        return;
    struct sample *sample = &aligned->samples[aligned->n_samples++ % KEPT];
    sample->t_ns = t_ns;
    sample->value[0] = (float)view->signals[aligned->signal].dff;
    for (uint32_t k = 0; k < aligned->n_models; k++)
        sample->value[k + 1] = (float)view->models[aligned->models[k]].predicted;
}

static void add_event(struct aligned *aligned, uint32_t type, int64_t t_ns)
{
    if (aligned->n_pending == PENDING_MAX) {
        aligned->n_dropped++;
        return;
    }
    aligned->pending[aligned->n_pending++] = (struct pending){t_ns, type};
}

static void find_events(struct aligned *aligned, const struct rerun_tick *tick)
{
    for (uint32_t i = 0; i < tick->now->n_decisions; i++) {
        const struct frame_decision *decision = &tick->now->decisions[i];
        const uint32_t kind = decision->id >> 8, id = decision->id & 0xff;
        if (decision->kind != FRAME_MODEL_EVENT)
            continue;
        if (kind == EV_CS_ON && id < MODEL_CS_MAX)
            add_event(aligned, SCORE_CUE + id, decision->t_ns);
        else if (kind == EV_US && id < MODEL_US_MAX)
            add_event(aligned, SCORE_US + id, decision->t_ns);
    }
    const struct predict *first = aligned->n_models > 0 ? engine_model(tick->engine, aligned->models[0]) : NULL;
    for (uint32_t i = 0; first != NULL && i < first->n_scored; i++)
        if (first->scored[i].type == SCORE_OMISSION)
            add_event(aligned, SCORE_OMISSION, first->scored[i].t_ns);
}

/* Every event counts once in a bin, however many samples it has there. */
static void average(struct aligned_mean *mean, const double *sums, const uint32_t *n)
{
    for (uint32_t b = 0; b < ALIGNED_BINS; b++) {
        if (n[b] == 0)
            continue;
        const double value = sums[b] / n[b];
        mean->n[b]++;
        mean->sum[b] += value;
        mean->square[b] += value * value;
    }
}

static void take_event(struct aligned *aligned, const struct pending *event)
{
    double sums[SERIES][ALIGNED_BINS] = {{0}};
    uint32_t n[ALIGNED_BINS] = {0};
    struct aligned_type *type = &aligned->types[event->type];
    for (uint64_t back = 1; back <= KEPT && back <= aligned->n_samples; back++) {
        const struct sample *sample = &aligned->samples[(aligned->n_samples - back) % KEPT];
        const int64_t from_ns = sample->t_ns - event->t_ns;
        if (from_ns < FROM_NS)
            break;
        if (from_ns >= TO_NS)
            continue;
        const int64_t bin = (from_ns - FROM_NS) / BIN_NS;
        n[bin]++;
        for (uint32_t k = 0; k <= aligned->n_models; k++)
            sums[k][bin] += (double)sample->value[k];
    }
    type->n_events++;
    average(&type->measured, sums[0], n);
    for (uint32_t k = 0; k < aligned->n_models; k++)
        average(&type->predicted[aligned->models[k]], sums[k + 1], n);
}

void aligned_tick(struct aligned *aligned, const struct rerun_tick *tick)
{
    const uint32_t channel = aligned->config->signals[aligned->signal].channel_signal;
    struct engine_view view;
    uint32_t n_left = 0;
    if (tick->in->samples[channel].n > 0) {
        engine_look(tick->engine, &view);
        keep_sample(aligned, &view);
    }
    find_events(aligned, tick);
    for (uint32_t i = 0; i < aligned->n_pending; i++)
        if (tick->in->wake_ns - aligned->pending[i].t_ns < TO_NS + WAIT_NS)
            aligned->pending[n_left++] = aligned->pending[i];
        else
            take_event(aligned, &aligned->pending[i]);
    aligned->n_pending = n_left;
}

const struct aligned_type *aligned_type(const struct aligned *aligned, uint32_t type)
{
    return &aligned->types[type];
}

uint64_t aligned_n_dropped(const struct aligned *aligned)
{
    return aligned->n_dropped;
}

double aligned_time_s(uint32_t i)
{
    return units_s(FROM_NS + i * BIN_NS + BIN_NS / 2);
}

double aligned_value(const struct aligned_mean *mean, uint32_t i, double *sem)
{
    const double n = mean->n[i];
    const double value = n > 0 ? mean->sum[i] / n : (double)NAN;
    const double spread = n > 1 ? (mean->square[i] - n * value * value) / (n - 1) : 0;
    if (sem != NULL)
        *sem = n > 1 && spread > 0 ? sqrt(spread / n) : 0;
    return value;
}

void aligned_free(struct aligned *aligned)
{
    free(aligned);
}
