#include "engine/model/td.h"
#include "engine/base/arena.h"
#include "engine/base/det.h"
#include "engine/model/model.h"
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define TRACE_MIN 1e-12 /* a smaller trace is 0, so that the list of eligible features ends */

static size_t padded(size_t size)
{
    return (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

size_t td_size(size_t n)
{
    return 4 * padded(n * sizeof(double)) + 4 * padded(n * sizeof(uint16_t));
}

static void *piece(uint8_t **at, size_t size)
{
    void *start = *at;
    *at += padded(size);
    return start;
}

void td_init(struct td *td, void *memory, size_t n)
{
    assert(n >= 1 && n <= MODEL_FEATURES_MAX);
    memset(memory, 0, td_size(n));
    uint8_t *at = memory;
    *td = (struct td){.n = (uint32_t)n, .keep = 1};
    td->w = piece(&at, n * sizeof(double));
    td->e = piece(&at, n * sizeof(double));
    td->prev.x = piece(&at, n * sizeof(double));
    td->now.x = piece(&at, n * sizeof(double));
    td->eligible = piece(&at, n * sizeof(uint16_t));
    td->scratch = piece(&at, n * sizeof(uint16_t));
    td->prev.index = piece(&at, n * sizeof(uint16_t));
    td->now.index = piece(&at, n * sizeof(uint16_t));
}

void td_rates(struct td *td, double dt, double tau_discount_s, double tau_lambda_s, double tau_forget_s)
{
    const double lambda = tau_lambda_s > 0 ? det_exp(-dt / tau_lambda_s) : 0;
    td->gamma = det_exp(-dt / tau_discount_s);
    td->decay = td->gamma * lambda;
    td->keep = 1 - dt / tau_forget_s;
}

void td_rest(struct td *td)
{
    for (uint32_t i = 0; i < td->n_eligible; i++)
        td->e[td->eligible[i]] = 0;
    td->n_eligible = 0;
    td->prev.n = 0;
    td->now.n = 0;
}

void td_begin(struct td *td)
{
    td->now.n = 0;
}

void td_feature(struct td *td, uint32_t i, double x)
{
    assert(i < td->n && (td->now.n == 0 || i > td->now.index[td->now.n - 1]));
    if (x == 0)
        return;
    td->now.index[td->now.n] = (uint16_t)i;
    td->now.x[td->now.n] = x;
    td->now.n++;
}

static double value_of(const struct td *td, const struct td_features *features)
{
    double value = 0;
    for (uint32_t i = 0; i < features->n; i++)
        value += td->w[features->index[i]] * features->x[i];
    return value;
}

double td_error(const struct td *td, double r, double *value)
{
    const double value_prev = value_of(td, &td->prev);
    *value = value_of(td, &td->now);
    return r + td->gamma * *value - value_prev;
}

/* Traces of the step: the eligible features and those of the step before, merged in index order. */
static void traces_step(struct td *td)
{
    uint32_t n = 0, i_old = 0, i_prev = 0;
    while (i_old < td->n_eligible || i_prev < td->prev.n) {
        const uint32_t old = i_old < td->n_eligible ? td->eligible[i_old] : UINT32_MAX;
        const uint32_t prev = i_prev < td->prev.n ? td->prev.index[i_prev] : UINT32_MAX;
        const uint32_t i = old < prev ? old : prev;
        const double x = prev == i ? td->prev.x[i_prev] : 0;
        const double decayed = td->decay * td->e[i];
        double e = decayed + x;
        if (td->replacing)
            e = decayed > x ? decayed : x;
        i_old += old == i;
        i_prev += prev == i;
        td->e[i] = fabs(e) < TRACE_MIN ? 0 : e;
        if (td->e[i] != 0)
            td->scratch[n++] = (uint16_t)i;
    }
    uint16_t *const merged = td->scratch;
    td->scratch = td->eligible;
    td->eligible = merged;
    td->n_eligible = n;
}

void td_learn(struct td *td, double rate, double delta)
{
    traces_step(td);
    if (rate != 0) {
        const double step = rate * delta;
        for (uint32_t i = 0; i < td->n_eligible; i++)
            td->w[td->eligible[i]] += step * td->e[td->eligible[i]];
        if (td->keep != 1)
            for (uint32_t i = 0; i < td->n; i++)
                td->w[i] *= td->keep;
    }
    const struct td_features now = td->now;
    td->now = td->prev;
    td->prev = now;
}

static bool plausible(double x)
{
    return fabs(x) <= DBL_MAX;
}

void td_save(const struct td *td, struct blob *blob)
{
    blob_put_u32(blob, td->n);
    for (uint32_t i = 0; i < td->n; i++)
        blob_put_f64(blob, td->w[i]);
    blob_put_u32(blob, td->n_eligible);
    for (uint32_t i = 0; i < td->n_eligible; i++) {
        blob_put_u32(blob, td->eligible[i]);
        blob_put_f64(blob, td->e[td->eligible[i]]);
    }
    blob_put_u32(blob, td->prev.n);
    for (uint32_t i = 0; i < td->prev.n; i++) {
        blob_put_u32(blob, td->prev.index[i]);
        blob_put_f64(blob, td->prev.x[i]);
    }
}

/* Reads one list of (index, number) into index[] and x[]; indices ascend and stay below td->n. */
static bool list_load(const struct td *td, struct blob_reader *reader, uint32_t *n, uint16_t *index, double *x)
{
    const uint32_t count = blob_get_u32(reader);
    if (count > td->n)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t at = blob_get_u32(reader);
        const double value = blob_get_f64(reader);
        if (reader->ran_out || at >= td->n || (i > 0 && at <= index[i - 1]) || !plausible(value))
            return false;
        index[i] = (uint16_t)at;
        x[i] = value;
    }
    *n = count;
    return true;
}

bool td_load(struct td *td, struct blob_reader *reader, bool exact)
{
    if (blob_get_u32(reader) != td->n)
        return false;
    td_rest(td);
    struct blob_reader weights = *reader; /* taken over only when all of the rest was read */
    for (uint32_t i = 0; i < td->n; i++)
        if (!plausible(blob_get_f64(reader)))
            return false;
    uint32_t n_eligible = 0, n_prev = 0;
    if (!list_load(td, reader, &n_eligible, td->eligible, td->now.x) ||
        !list_load(td, reader, &n_prev, td->prev.index, td->prev.x) || reader->ran_out)
        return false;
    for (uint32_t i = 0; i < td->n; i++)
        td->w[i] = blob_get_f64(&weights);
    if (!exact)
        return true;
    td->n_eligible = n_eligible;
    for (uint32_t i = 0; i < n_eligible; i++)
        td->e[td->eligible[i]] = td->now.x[i];
    td->prev.n = n_prev;
    return true;
}
