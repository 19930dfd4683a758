#include "engine/model/windows.h"
#include "engine/base/units.h"
#include <assert.h>
#include <string.h>

enum { DELAY_MEMORY = 10 };         /* outcomes that a cue's mean delay remembers; chosen */
#define SAME_TIME_NS     (250 * MS) /* cues of one compound expect one outcome */
#define REACH_BACK_NS    (-2 * S)
#define REACH_FORWARD_NS (3 * S)

const struct windows_span windows_span_default = {-500 * MS, 0, 100 * MS, 1 * S};

struct windows_config windows_config_default(void)
{
    return (struct windows_config){
        .cue = windows_span_default, .us = windows_span_default, .omission_max_ns = 5 * S, .settle_ns = 250 * MS};
}

static bool span_ok(const struct windows_span *span)
{
    return span->base_from_ns >= REACH_BACK_NS && span->base_from_ns < span->base_to_ns &&
           span->base_to_ns <= REACH_FORWARD_NS && span->resp_from_ns >= REACH_BACK_NS &&
           span->resp_from_ns < span->resp_to_ns && span->resp_to_ns <= REACH_FORWARD_NS;
}

bool windows_init(struct windows *windows, const struct windows_config *config, struct error *err)
{
    if (!span_ok(&config->cue) || !span_ok(&config->us))
        return error_set(err, ERROR_INPUT, NULL, "event window", NULL, "-2..3 s around the event, from < to");
    if (config->omission_max_ns < 100 * MS || config->omission_max_ns > 60 * S)
        return error_set(err, ERROR_INPUT, NULL, "longest delay of an outcome", NULL, "0.1..60 s");
    if (config->settle_ns < 0 || config->settle_ns > 1 * S)
        return error_set(err, ERROR_INPUT, NULL, "settling of a window", NULL, "0..1 s");
    *windows = (struct windows){.config = *config};
    return true;
}

const struct windows_span *windows_span_of(const struct windows *windows, int type)
{
    return type < SCORE_US ? &windows->config.cue : &windows->config.us;
}

static int64_t span_end_ns(const struct windows_span *span)
{
    return span->base_to_ns > span->resp_to_ns ? span->base_to_ns : span->resp_to_ns;
}

static int64_t span_length_ns(const struct windows_span *span)
{
    const int64_t from_ns = span->base_from_ns < span->resp_from_ns ? span->base_from_ns : span->resp_from_ns;
    return span_end_ns(span) - from_ns;
}

int64_t windows_reach_ns(const struct windows_config *config)
{
    const int64_t cue_ns = span_length_ns(&config->cue), us_ns = span_length_ns(&config->us);
    return (cue_ns > us_ns ? cue_ns : us_ns) + config->settle_ns;
}

static void open_window(struct windows *windows, int64_t t_ns, int type, int cue)
{
    if (windows->n_pending == WINDOWS_PENDING_MAX) {
        windows->n_dropped++;
        return;
    }
    windows->pending[windows->n_pending++] = (struct windows_pending){.t_ns = t_ns, .type = type, .cue = cue};
}

static void remove_at(struct windows *windows, uint32_t i)
{
    windows->n_pending--;
    memmove(&windows->pending[i], &windows->pending[i + 1], (windows->n_pending - i) * sizeof *windows->pending);
}

/* Withdraws what `cue` made due, or with -1 everything that is due. */
static void withdraw_omissions(struct windows *windows, int cue)
{
    for (uint32_t i = windows->n_pending; i-- > 0;)
        if (windows->pending[i].type == SCORE_OMISSION && (cue < 0 || windows->pending[i].cue == cue))
            remove_at(windows, i);
}

static void expect_outcome(struct windows *windows, int cue)
{
    const int64_t due_ns = windows->cue[cue].onset_ns + windows->cue[cue].delay_ns;
    for (uint32_t i = 0; i < windows->n_pending; i++) {
        const int64_t apart_ns = windows->pending[i].t_ns - due_ns;
        if (windows->pending[i].type == SCORE_OMISSION && apart_ns < SAME_TIME_NS && apart_ns > -SAME_TIME_NS)
            return;
    }
    open_window(windows, due_ns, SCORE_OMISSION, cue);
}

static void on_cue(struct windows *windows, int64_t t_ns, int c)
{
    struct windows_cue *cue = &windows->cue[c];
    open_window(windows, t_ns, SCORE_CUE + c, -1);
    withdraw_omissions(windows, c);
    cue->open = true;
    cue->onset_ns = t_ns;
    if (cue->delay_ns > 0)
        expect_outcome(windows, c);
}

static void on_us(struct windows *windows, int64_t t_ns, int us)
{
    open_window(windows, t_ns, SCORE_US + us, -1);
    withdraw_omissions(windows, -1);
    for (int c = 0; c < MODEL_CS_MAX; c++) {
        struct windows_cue *cue = &windows->cue[c];
        const int64_t delay_ns = t_ns - cue->onset_ns;
        if (cue->open && delay_ns > 0 && delay_ns <= windows->config.omission_max_ns)
            cue->delay_ns = cue->delay_ns == 0 ? delay_ns : cue->delay_ns + (delay_ns - cue->delay_ns) / DELAY_MEMORY;
        cue->open = false;
    }
}

void windows_event(struct windows *windows, const struct model_event *event)
{
    if (event->kind == EV_CS_ON && event->id < MODEL_CS_MAX)
        on_cue(windows, event->t_ns, event->id);
    else if (event->kind == EV_US && event->id < MODEL_US_MAX)
        on_us(windows, event->t_ns, event->id);
}

void windows_pass(struct windows *windows, int64_t now_ns, double g)
{
    for (uint32_t i = 0; i < windows->n_pending; i++) {
        struct windows_pending *pending = &windows->pending[i];
        if (pending->passed || pending->t_ns >= now_ns)
            continue;
        pending->passed = true;
        pending->g = g;
    }
}

bool windows_take(struct windows *windows, int64_t now_ns, int64_t sample_ns, struct windows_pending *done)
{
    for (uint32_t i = 0; i < windows->n_pending; i++) {
        const struct windows_pending *pending = &windows->pending[i];
        const int64_t end_ns = pending->t_ns + span_end_ns(windows_span_of(windows, pending->type));
        const bool sampled = sample_ns >= end_ns || now_ns >= end_ns + windows->config.settle_ns;
        if (!pending->passed || now_ns < end_ns || !sampled)
            continue;
        *done = *pending;
        remove_at(windows, i);
        return true;
    }
    return false;
}
