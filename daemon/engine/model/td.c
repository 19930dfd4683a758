#include "engine/model/td.h"
#include "engine/base/arena.h"
#include "engine/base/det.h"
#include "engine/model/model.h"
#include <assert.h>
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

/* The eligible features and those of the step before are merged in index order. */
void td_trace(struct td *td)
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
    td_trace(td);
    if (rate != 0) {
        const double step = rate * delta;
        for (uint32_t i = 0; i < td->n_eligible; i++)
            td->w[td->eligible[i]] += step * td->e[td->eligible[i]];
        if (td->keep != 1)
            for (uint32_t i = 0; i < td->n; i++)
                td->w[i] *= td->keep;
    }
    td_shift(td);
}

void td_shift(struct td *td)
{
    const struct td_features now = td->now;
    td->now = td->prev;
    td->prev = now;
}

/* A list of (index, number), indices ascending. `dense`: x is by feature, else by place in the list. */
static void list_fields(const struct td *td, struct state_io *io, uint32_t *n, uint16_t *index, double *x, bool dense)
{
    const uint32_t count = state_count(io, *n, td->n);
    int64_t before = -1;
    for (uint32_t i = 0; i < count && !io->bad; i++) {
        const bool saves = io->mode == STATE_SAVE;
        const uint32_t at = state_count(io, saves ? index[i] : 0, td->n - 1);
        const double value = state_number(io, saves ? x[dense ? at : i] : 0);
        io->bad |= (int64_t)at <= before;
        before = at;
        if (!state_stores(io))
            continue;
        index[i] = (uint16_t)at;
        x[dense ? at : i] = value;
    }
    if (state_stores(io))
        *n = count;
}

void td_fields(struct td *td, struct state_io *io)
{
    if (io->mode == STATE_LOAD)
        td_rest(td);
    state_learned(io);
    state_shape(io, td->n);
    state_f64(io, td->w, td->n);
    state_passing(io);
    list_fields(td, io, &td->n_eligible, td->eligible, td->e, true);
    list_fields(td, io, &td->prev.n, td->prev.index, td->prev.x, false);
}
