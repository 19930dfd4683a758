#include "planner/feed.h"
#include <assert.h>

void feed_init(struct feed *feed)
{
    *feed = (struct feed){0};
}

/* A count that came as a double, from a file perhaps. */
static uint32_t count(double value)
{
    return value >= 0.0 && value <= (double)UINT32_MAX ? (uint32_t)value : 0;
}

static void take(struct feed *feed, const struct frame_decision *decision)
{
    const bool is_reward = decision->kind == FRAME_REWARD;
    feed->n_rewards += is_reward;
    feed->reward_ul += is_reward ? decision->value : 0.0;
    if (decision->kind == FRAME_TRIAL_START) {
        feed->n_rewards = 0;
        feed->reward_ul = 0.0;
    }
    if (decision->kind == FRAME_TRIAL_END ||
        decision->kind == FRAME_TRIAL_CUT) /* its number comes with the request for the next one */
        feed->outcome = (struct task_outcome){.number = feed->outcome.number,
                                              .last_state = decision->id,
                                              .n_licks = count(decision->value),
                                              .n_rewards = feed->n_rewards,
                                              .reward_ul = feed->reward_ul};
    if (decision->kind == FRAME_PLAN_WANTED && decision->id > 0)
        feed->outcome.number = (int64_t)decision->id - 1;
}

void feed_tick(struct feed *feed, const struct frame_out *out)
{
    for (uint32_t i = 0; i < out->n_decisions; i++)
        take(feed, &out->decisions[i]);
}

bool feed_wants(const struct feed *feed, struct task_outcome *outcome)
{
    *outcome = feed->outcome;
    return feed->outcome.number >= feed->planned;
}

void feed_planned(struct feed *feed)
{
    assert(feed->outcome.number >= feed->planned);
    feed->planned = feed->outcome.number + 1;
}
