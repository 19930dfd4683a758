/* td: the temporal-difference core that the TD models share. (engine/model/td.h)
 *
 * Linear value V = w . x, error delta = r + gamma V(x_k) - V(x_k-1) with today's weights, eligibility traces, and
 * w += rate * delta * e (Sutton 1988; Sutton & Barto 2018). The reward of a step is credited to the features active up
 * to the step before. Only features that are active or still eligible are visited, in index order; the numbers are
 * those of the plain sums over all features, because the others contribute exact zeros. Threads: the model's. Memory:
 * the caller's, td_size bytes. */
#pragma once
#include "engine/base/rt.h"
#include "engine/model/state.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Features with x != 0, indices ascending. */
struct td_features {
    uint32_t n;
    uint16_t *index;
    double *x;
};

struct td {
    uint32_t n;                   /* features */
    double gamma;                 /* discount of one step */
    double decay;                 /* gamma * lambda: what is left of a trace after one step */
    double keep;                  /* what is left of a weight after one step; exactly 1 without forgetting */
    bool replacing;               /* e := max(decayed e, x) instead of their sum */
    double *w, *e;                /* weights and traces, by feature */
    uint16_t *eligible, *scratch; /* indices with e != 0, ascending, and room to merge them */
    uint32_t n_eligible;
    struct td_features prev, now; /* x of the last closed step, and of the one being closed */
};

/* Bytes that td_init needs for `n` features. */
size_t td_size(size_t n);

/* A core with all weights 0 in `memory`, td_size(n) bytes aligned for double. n is 1..MODEL_FEATURES_MAX. */
void td_init(struct td *td, void *memory, size_t n);

/* Sets the rates from time constants in seconds: gamma = exp(-dt/tau_discount), lambda = exp(-dt/tau_lambda), 0 if that
 * is 0; infinite tau_discount means gamma 1, infinite tau_forget no forgetting. */
void td_rates(struct td *td, double dt, double tau_discount_s, double tau_lambda_s, double tau_forget_s) RT_SAFE;

/* Forgets traces and features; weights stay. */
void td_rest(struct td *td) RT_SAFE;

/* Begins the features of the step to close. */
void td_begin(struct td *td) RT_SAFE;

/* Adds feature `i` with value `x` to them; i ascends from call to call. x = 0 is left out. */
void td_feature(struct td *td, uint32_t i, double x) RT_SAFE;

/* The error of the step to close with reward `r`; *value becomes V of its features. Changes nothing. */
double td_error(const struct td *td, double r, double *value) RT_SAFE;

/* Closes the step: traces, weights (rate * delta * e), and now becomes prev. With rate 0 no weight changes at all, not
 * even by forgetting. */
void td_learn(struct td *td, double rate, double delta) RT_SAFE;

/* The two ends of td_learn, for models that learn in between by a rule of their own: the traces of the step to close,
 * and now becoming prev. */
void td_trace(struct td *td) RT_SAFE;
void td_shift(struct td *td) RT_SAFE;

/* Everything but the rates: the weights are learned, traces and features passing. */
void td_fields(struct td *td, struct state_io *io);
