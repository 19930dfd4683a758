#include "engine/model/posterior.h"
#include "engine/base/det.h"
#include <assert.h>
#include <string.h>

#define KEEP           0.99                /* phi_s, per event */
#define LOG_WEIGHT_MIN -13.815510557964274 /* ln 1e-6 */

void posterior_init(struct posterior *posterior, uint32_t n)
{
    assert(n >= 1 && n <= MODEL_INSTANCES_MAX);
    *posterior = (struct posterior){.n = n};
    for (uint32_t i = 0; i < n; i++) {
        posterior->weight[i] = 1.0 / n;
        posterior->log_weight[i] = det_log(posterior->weight[i]);
    }
}

/* lw -= ln sum e^lw, and the weights themselves. */
static void normalise(struct posterior *posterior)
{
    double *lw = posterior->log_weight;
    double top = lw[0], sum = 0;
    for (uint32_t i = 1; i < posterior->n; i++)
        top = lw[i] > top ? lw[i] : top;
    for (uint32_t i = 0; i < posterior->n; i++)
        sum += det_exp(lw[i] - top);
    const double log_sum = top + det_log(sum);
    for (uint32_t i = 0; i < posterior->n; i++) {
        lw[i] -= log_sum;
        posterior->weight[i] = det_exp(lw[i]);
    }
}

static void weigh(struct posterior *posterior, const double *log_score)
{
    for (uint32_t i = 0; i < posterior->n; i++)
        posterior->log_weight[i] = KEEP * posterior->log_weight[i] + log_score[i];
    normalise(posterior);
    for (uint32_t i = 0; i < posterior->n; i++)
        if (posterior->log_weight[i] < LOG_WEIGHT_MIN)
            posterior->log_weight[i] = LOG_WEIGHT_MIN;
    normalise(posterior);
}

/* The waiting entry of this event; a new one if it is not there, in place of the oldest if there is no room. */
static struct posterior_event *entry_of(struct posterior *posterior, int type, int64_t t_ns)
{
    for (uint32_t i = 0; i < posterior->n_waiting; i++)
        if (posterior->waiting[i].t_ns == t_ns && posterior->waiting[i].type == type)
            return &posterior->waiting[i];
    if (posterior->n_waiting == POSTERIOR_WAITING_MAX) {
        posterior->n_waiting--;
        memmove(&posterior->waiting[0], &posterior->waiting[1], posterior->n_waiting * sizeof *posterior->waiting);
        posterior->n_dropped++;
    }
    struct posterior_event *entry = &posterior->waiting[posterior->n_waiting++];
    *entry = (struct posterior_event){.t_ns = t_ns, .type = type};
    return entry;
}

bool posterior_add(struct posterior *posterior, uint32_t i, int type, int64_t t_ns, double m, double p,
                   const struct score_event *event)
{
    assert(i < posterior->n);
    struct posterior_event *entry = entry_of(posterior, type, t_ns);
    entry->reported |= 1u << i;
    entry->p[i] = p;
    entry->z[i] = event->z;
    entry->log_score[i] = event->log_score;
    if (entry->reported != (1u << posterior->n) - 1)
        return false;
    posterior->p_average = posterior->z_average = 0;
    for (uint32_t j = 0; j < posterior->n; j++) {
        posterior->p_average += posterior->weight[j] * entry->p[j];
        posterior->z_average += posterior->weight[j] * entry->z[j];
    }
    posterior->residual_average = m - posterior->p_average;
    if (event->standardised)
        weigh(posterior, entry->log_score);
    posterior->n_events++;
    const uint32_t at = (uint32_t)(entry - posterior->waiting);
    posterior->n_waiting--;
    memmove(entry, entry + 1, (posterior->n_waiting - at) * sizeof *entry);
    return true;
}
