/* score: how well one model predicts the measured responses, event by event. (engine/model/score.h)
 *
 * Each event has a measured response m and a predicted one p, both made before the event could teach the fit. Residuals
 * are standardised by a running noise per event type; the first ten events of a type only set that noise (0.25 times
 * the variance of m) and get neither z nor log score. Sums are kept forgotten (0.99 per event) and whole. Threads: one
 * at a time, real-time after init. Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include "engine/model/model.h"
#include <stdbool.h>
#include <stdint.h>

/* Event types: cue c is SCORE_CUE + c, outcome u is SCORE_US + u. */
enum {
    SCORE_CUE = 0,
    SCORE_US = SCORE_CUE + MODEL_CS_MAX,
    SCORE_OMISSION = SCORE_US + MODEL_US_MAX, /* the time at which a missing outcome was due */
    SCORE_TYPES,
    SCORE_POOLED = SCORE_TYPES, /* all types together */
};

/* Sums over pairs (m, p). */
struct score_sums {
    double n, m, p, mm, pp, mp, ee; /* ee: of the squared residual */
};

struct score_type {
    struct score_sums recent, all;
    double log_score;        /* total */
    uint64_t n_scored;       /* events with a log score */
    double variance;         /* sig_T squared, (dF/F) squared; 0 before the tenth event */
    double mean_sum, mean_n; /* of m, forgotten with 0.98: what null_mean predicts */
};

struct score {
    struct score_type type[SCORE_TYPES + 1]; /* the last one is SCORE_POOLED, without variance and mean */
    struct score_sums trace;                 /* over all fit steps: measurement against g * yhat + o */
};

/* One event as scored. */
struct score_event {
    double residual;  /* m - p */
    double z;         /* residual over the type's noise; 0 if not standardised */
    double log_score; /* natural log; 0 if not standardised */
    bool standardised;
};

/* Scores one event of `type` (0..SCORE_TYPES-1) and then updates the noise. */
struct score_event score_add(struct score *score, int type, double m, double p) RT_SAFE;

/* What null_mean predicts for the next event of `type`: the forgotten mean of m; 0 before the first. */
double score_mean(const struct score *score, int type) RT_SAFE;

/* Adds one fit step to the trace sums. */
void score_trace(struct score *score, double y, double predicted) RT_SAFE;

/* Figures of a sum; 0 where undefined (fewer than two pairs, no spread). */
double score_r(const struct score_sums *sums) RT_SAFE;     /* correlation, -1..1 */
double score_r2(const struct score_sums *sums) RT_SAFE;    /* 1 - residual / spread of m; may be negative */
double score_nrmse(const struct score_sums *sums) RT_SAFE; /* root mean square residual over SD of m */

/* -2 LL + k ln n over all standardised events; k: fitted parameters of the model + 3 (g, o, noise). 0 before the first.
 */
double score_bic(const struct score *score, double k) RT_SAFE;
