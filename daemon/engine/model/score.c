#include "engine/model/score.h"
#include "engine/base/det.h"
#include <assert.h>
#include <math.h>

#define KEEP_SUMS     0.99 /* phi_s, per event */
#define KEEP_MEAN     0.98 /* null_mean's, per event */
#define KEEP_NOISE    0.95
#define NOISE_SHARE   0.25 /* of the variance of the first responses */
#define NOISE_MIN     4e-6 /* (0.002 dF/F) squared */
#define N_FIRST       10
#define Z_SQUARED_MAX 25.0 /* one event can't count for more */
#define LN_TWO_PI     1.8378770664093455

static void sums_add(struct score_sums *sums, double keep, double m, double p)
{
    const double e = m - p;
    sums->n = keep * sums->n + 1;
    sums->m = keep * sums->m + m;
    sums->p = keep * sums->p + p;
    sums->mm = keep * sums->mm + m * m;
    sums->pp = keep * sums->pp + p * p;
    sums->mp = keep * sums->mp + m * p;
    sums->ee = keep * sums->ee + e * e;
}

static void type_sums_add(struct score_type *type, double m, double p)
{
    sums_add(&type->recent, KEEP_SUMS, m, p);
    sums_add(&type->all, 1, m, p);
}

/* Spread of one variable around its mean: sum x^2 - (sum x)^2 / n, never below 0. */
static double spread(double n, double x, double xx)
{
    const double s = n > 0 ? xx - x * x / n : 0;
    return s > 0 ? s : 0;
}

static double at_least(double x, double lo)
{
    return x > lo ? x : lo;
}

struct score_event score_add(struct score *score, int type, double m, double p)
{
    assert(type >= 0 && type < SCORE_TYPES);
    struct score_type *own = &score->type[type], *pooled = &score->type[SCORE_POOLED];
    struct score_event event = {.residual = m - p};
    type_sums_add(own, m, p);
    type_sums_add(pooled, m, p);
    own->mean_sum = KEEP_MEAN * own->mean_sum + m;
    own->mean_n = KEEP_MEAN * own->mean_n + 1;
    if (own->all.n > N_FIRST) {
        event.standardised = true;
        event.z = event.residual / sqrt(own->variance);
        const double z2 = event.z * event.z < Z_SQUARED_MAX ? event.z * event.z : Z_SQUARED_MAX;
        event.log_score = -0.5 * (LN_TWO_PI + det_log(own->variance)) - 0.5 * z2;
        own->log_score += event.log_score;
        pooled->log_score += event.log_score;
        own->n_scored++;
        pooled->n_scored++;
        own->variance =
            at_least(KEEP_NOISE * own->variance + (1 - KEEP_NOISE) * event.residual * event.residual, NOISE_MIN);
    } else if (own->all.n == N_FIRST) {
        const double variance = spread(own->all.n, own->all.m, own->all.mm) / (N_FIRST - 1);
        own->variance = at_least(NOISE_SHARE * variance, NOISE_MIN);
    }
    return event;
}

double score_mean(const struct score *score, int type)
{
    const struct score_type *own = &score->type[type];
    return own->mean_n > 0 ? own->mean_sum / own->mean_n : 0;
}

void score_trace(struct score *score, double y, double predicted)
{
    sums_add(&score->trace, 1, y, predicted);
}

double score_r(const struct score_sums *sums)
{
    const double both = spread(sums->n, sums->m, sums->mm) * spread(sums->n, sums->p, sums->pp);
    if (!(both > 0))
        return 0;
    const double r = (sums->mp - sums->m * sums->p / sums->n) / sqrt(both);
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

double score_r2(const struct score_sums *sums)
{
    const double s = spread(sums->n, sums->m, sums->mm);
    return s > 0 ? 1 - sums->ee / s : 0;
}

double score_nrmse(const struct score_sums *sums)
{
    const double s = spread(sums->n, sums->m, sums->mm);
    return s > 0 ? sqrt(sums->ee / s) : 0;
}

double score_bic(const struct score *score, double k)
{
    const struct score_type *pooled = &score->type[SCORE_POOLED];
    return pooled->n_scored > 0 ? -2 * pooled->log_score + k * det_log((double)pooled->n_scored) : 0;
}
