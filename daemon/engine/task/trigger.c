#include "engine/task/trigger.h"
#include <string.h>

void trigger_init(struct trigger *trigger, const struct config_trigger *config, uint64_t seed)
{
    char purpose[sizeof "trigger:" + CONFIG_NAME] = "trigger:";
    const size_t front = strlen(purpose);
    memcpy(purpose + front, config->name, strlen(config->name));
    *trigger = (struct trigger){.config = config, .beyond_ns = INT64_MIN, .decided_ns = INT64_MIN};
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

enum trigger_verdict trigger_feed(struct trigger *trigger, int64_t t_ns, double value)
{
    const struct config_trigger *config = trigger->config;
    if (!trigger->armed)
        return TRIGGER_NOTHING;
    if (trigger->beyond_ns == INT64_MIN) {
        if (!beyond(trigger, value, config->threshold))
            return TRIGGER_NOTHING;
        trigger->beyond_ns = t_ns;
    } else if (!beyond(trigger, value, config->release)) {
        trigger->beyond_ns = INT64_MIN;
        trigger->decided = false;
        return TRIGGER_NOTHING;
    }
    if (trigger->decided || t_ns - trigger->beyond_ns < config->hold_ns)
        return TRIGGER_NOTHING;
    trigger->decided = true;
    if (trigger->decided_ns != INT64_MIN && t_ns - trigger->decided_ns < config->lockout_ns)
        return TRIGGER_LOCKED;
    trigger->decided_ns = t_ns;
    return rng_bernoulli(&trigger->rng, config->sham) ? TRIGGER_SHAM : TRIGGER_FIRED;
}
