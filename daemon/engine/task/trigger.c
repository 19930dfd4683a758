#include "engine/task/trigger.h"
#include <string.h>

void trigger_init(struct trigger *trigger, const struct config_trigger *config, uint64_t seed)
{
    char purpose[sizeof "trigger:" + CONFIG_NAME] = "trigger:";
    const size_t front = strlen(purpose);
    memcpy(purpose + front, config->name, strlen(config->name));
    *trigger = (struct trigger){.config = config, .beyond_ns = INT64_MIN, .decided_ns = INT64_MIN, .due_ns = INT64_MAX};
    rng_init(&trigger->rng, seed, purpose);
}

void trigger_arm(struct trigger *trigger, bool armed)
{
    if (trigger->armed == armed)
        return;
    trigger->armed = armed;
    trigger->beyond_ns = INT64_MIN;
    trigger->decided = false;
}

static bool beyond(const struct trigger *trigger, double value, double level)
{
    return trigger->config->below != 0 ? value < level : value > level;
}

static bool too_many(const struct trigger *trigger, int64_t t_ns)
{
    const uint32_t max_n = trigger->config->max_n;
    if (max_n == 0 || trigger->n_decided < max_n)
        return false;
    return t_ns - trigger->recent_ns[(trigger->n_decided - max_n) % CONFIG_DECISIONS_MAX] < trigger->config->max_per_ns;
}

static enum trigger_verdict decide(struct trigger *trigger, int64_t t_ns)
{
    const struct config_trigger *config = trigger->config;
    if (trigger->due_ns != INT64_MAX ||
        (trigger->decided_ns != INT64_MIN && t_ns - trigger->decided_ns < config->lockout_ns))
        return TRIGGER_LOCKED;
    if (too_many(trigger, t_ns))
        return TRIGGER_LIMITED;
    if (trigger->n_fired >= config->max_count)
        return TRIGGER_USED_UP;
    trigger->decided_ns = t_ns;
    trigger->recent_ns[trigger->n_decided++ % CONFIG_DECISIONS_MAX] = t_ns;
    if (rng_bernoulli(&trigger->rng, config->sham))
        return TRIGGER_SHAM;
    trigger->n_fired++;
    trigger->due_ns = t_ns + config->delay_ns;
    return TRIGGER_FIRED;
}

/* Follows the excursion. True: it has lasted the hold time. */
static bool follow(struct trigger *trigger, int64_t t_ns, double value)
{
    const struct config_trigger *config = trigger->config;
    if (trigger->beyond_ns == INT64_MIN) {
        if (!trigger->armed || !beyond(trigger, value, config->threshold))
            return false;
        trigger->beyond_ns = t_ns;
        trigger->extreme = value;
    }
    if (beyond(trigger, value, trigger->extreme))
        trigger->extreme = value;
    return t_ns - trigger->beyond_ns >= config->hold_ns;
}

/* Ends the excursion if the number is back. */
static bool let_go(struct trigger *trigger, double value)
{
    if (trigger->beyond_ns == INT64_MIN || beyond(trigger, value, trigger->config->release))
        return false;
    trigger->beyond_ns = INT64_MIN;
    trigger->decided = false;
    return true;
}

enum trigger_verdict trigger_feed(struct trigger *trigger, int64_t t_ns, double value, bool allowed)
{
    const double drop = trigger->config->drop;
    const bool held = follow(trigger, t_ns, value);
    const double back = trigger->config->below != 0 ? value - trigger->extreme : trigger->extreme - value;
    bool ready = held && !trigger->decided && allowed && (drop <= 0 || back >= drop);
    const bool over = let_go(trigger, value);
    if (over && drop <= 0)
        ready = false;
    if (!ready)
        return TRIGGER_NOTHING;
    trigger->decided = !over;
    return decide(trigger, t_ns);
}

enum trigger_verdict trigger_feed_phase(struct trigger *trigger, int64_t t_ns, double amplitude, bool passed,
                                        bool allowed)
{
    const bool held = follow(trigger, t_ns, amplitude);
    if (let_go(trigger, amplitude) || !held || !passed || !allowed)
        return TRIGGER_NOTHING;
    return decide(trigger, t_ns);
}

enum trigger_verdict trigger_feed_yoke(struct trigger *trigger, const struct config_yoke *yoke, int64_t now_ns,
                                       bool allowed, int64_t *t_ns)
{
    const struct config_trigger *config = trigger->config;
    if (trigger->n_yoked >= config->n_yoke || yoke[config->yoke_first + trigger->n_yoked].t_ns > now_ns)
        return TRIGGER_NOTHING;
    *t_ns = yoke[config->yoke_first + trigger->n_yoked++].t_ns;
    return trigger->armed && allowed ? decide(trigger, *t_ns) : TRIGGER_MISSED;
}

bool trigger_due(struct trigger *trigger, int64_t now_ns, int64_t *t_ns)
{
    if (trigger->due_ns > now_ns)
        return false;
    *t_ns = trigger->due_ns;
    trigger->due_ns = INT64_MAX;
    return true;
}
