/* trigger: decides on a signal: threshold, hysteresis, hold time, lockout, sham. (engine/task/trigger.h)
 *
 * An excursion begins when the value is beyond the threshold while the trigger is armed, and ends when it is back at or
 * within the release level (or the trigger is disarmed). Once in an excursion that has lasted hold_ns the trigger
 * decides: locked out if its last decision to fire (or sham) is less than lockout_ns ago, else sham with its
 * probability (one draw from its own stream), else fired. Threads: real-time; touches only its own struct. Memory: the
 * caller's. */
#pragma once
#include "engine/base/rng.h"
#include "engine/config.h"

enum trigger_verdict { TRIGGER_NOTHING, TRIGGER_FIRED, TRIGGER_SHAM, TRIGGER_LOCKED };

struct trigger {
    const struct config_trigger *config;
    struct rng rng;
    bool armed;
    bool decided;       /* in this excursion */
    int64_t beyond_ns;  /* when the excursion began; INT64_MIN: none */
    int64_t decided_ns; /* last firing or sham; INT64_MIN: never */
};

/* Disarmed. `config` must outlive `trigger`; the draws come from the stream "trigger:NAME" of `seed`. */
void trigger_init(struct trigger *trigger, const struct config_trigger *config, uint64_t seed);

/* Arms or disarms; an excursion that ran before doesn't count. */
void trigger_arm(struct trigger *trigger, bool armed) RT_SAFE;

/* Feeds the value of session time t_ns (increasing). A value that is not a number counts as within. */
enum trigger_verdict trigger_feed(struct trigger *trigger, int64_t t_ns, double value) RT_SAFE;
