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

static void enter(struct feed *feed, const struct frame_decision *decision)
{
    if (decision->id >= TRIAL_STATES_MAX)
        return;
    if (feed->running.visits[decision->id]++ == 0)
        feed->running.entered_ns[decision->id] = decision->t_ns - feed->started_ns;
}

static void take(struct feed *feed, const struct frame_decision *decision)
{
    struct task_outcome *running = &feed->running;
    if (decision->kind == FRAME_TRIAL_START) {
        *running = (struct task_outcome){0};
        feed->started_ns = decision->t_ns;
    } else if (decision->kind == FRAME_STATE) {
        enter(feed, decision);
    } else if (decision->kind == FRAME_REWARD) {
        running->n_rewards++;
        running->reward_ul += decision->value;
    } else if (decision->kind == FRAME_COUNT && decision->id < CONFIG_COUNTERS_MAX) {
        running->counts[decision->id] = count(decision->value);
    } else if (decision->kind == FRAME_TRIAL_END || decision->kind == FRAME_TRIAL_CUT) {
        const int64_t number = feed->outcome.number; /* its own comes with the request for the next one */
        feed->outcome = *running;
        feed->outcome.number = number;
        feed->outcome.last_state = decision->id;
        feed->outcome.n_licks = count(decision->value);
        feed->outcome.duration_ns = decision->t_ns - feed->started_ns;
    } else if (decision->kind == FRAME_PLAN_WANTED && decision->id > 0) {
        feed->outcome.number = (int64_t)decision->id - 1;
    }
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
