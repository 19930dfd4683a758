/* posterior: which of the models that watch one signal is right, event by event. (engine/model/posterior.h)
 *
 * Bayes over instances in log space with forgetting 0.99 and a floor of 1e-6, uniform at first; and the averaged
 * prediction under the weights as they were before the event. Instances report an event when they have scored it, which
 * may be in different ticks; it counts when all have.
 * Threads: one at a time, real-time. Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include "engine/model/score.h"
#include <stdbool.h>
#include <stdint.h>

enum { POSTERIOR_WAITING_MAX = 16 };

/* An event that some instances have reported. */
struct posterior_event {
    int64_t t_ns;
    int type;
    uint32_t reported; /* bit i: instance i */
    double p[MODEL_INSTANCES_MAX], z[MODEL_INSTANCES_MAX], log_score[MODEL_INSTANCES_MAX];
};

struct posterior {
    uint32_t n; /* instances */
    double log_weight[MODEL_INSTANCES_MAX], weight[MODEL_INSTANCES_MAX];
    struct posterior_event waiting[POSTERIOR_WAITING_MAX];
    uint32_t n_waiting;
    uint64_t n_events, n_dropped;       /* counted, and given up because some instance never reported */
    double p_average, residual_average; /* of the newest counted event */
    double z_average;                   /* the weighted mean of the instances' z */
};

/* Uniform over `n` instances, 1..MODEL_INSTANCES_MAX. */
void posterior_init(struct posterior *posterior, uint32_t n);

/* Instance `i` has scored the event of `type` at `t_ns`: measured m, predicted p. True if that was the last one
 * missing: weights and averages are new. Events without a log score (not standardised) average but do not weigh. */
bool posterior_add(struct posterior *posterior, uint32_t i, int type, int64_t t_ns, double m, double p,
                   const struct score_event *event) RT_SAFE;
