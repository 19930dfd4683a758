/* trigger: decides when to act: threshold, peak, phase or given times; hold, lockout, limits, sham.
 * (engine/task/trigger.h)
 *
 * Level: an excursion begins when the number is beyond the threshold while the trigger is armed, and ends when it is
 * back at or within the release level (or the trigger is disarmed). Once in an excursion that has lasted hold_ns it
 * decides, at the first number with which its conditions hold.
 * Peak (drop > 0): the same, but not before the number has come back by `drop` from the excursion's extreme; if that
 * takes it past the release level, it still decides.
 * Phase: the number is the oscillation's amplitude; in an excursion that has lasted hold_ns it decides each time the
 * phase passes its angle.
 * Yoke: it decides at each time of its list.
 * To decide is: locked out if its last firing or sham is less than lockout_ns ago or a delayed firing still waits;
 * else limited if max_n firings and shams lie within the last max_per_ns; else used up if it has fired max_count times;
 * else sham with its probability (one draw from its own stream), else fired. With delay_ns the task hears of a firing
 * that much later. All settings are read when they are used, so that they can be changed in between.
 * Threads: real-time; touches only its own struct. Memory: the caller's. */
#pragma once
#include "engine/base/rng.h"
#include "engine/config.h"

enum trigger_verdict {
    TRIGGER_NOTHING,
    TRIGGER_FIRED,
    TRIGGER_SHAM,
    TRIGGER_LOCKED,
    TRIGGER_LIMITED, /* the maximum rate */
    TRIGGER_USED_UP, /* the maximum count of the session */
    TRIGGER_MISSED,  /* a time of the yoke while the trigger was not armed */
};

struct trigger {
    const struct config_trigger *config;
    struct rng rng;
    bool armed;
    bool decided;                            /* in this excursion */
    int64_t beyond_ns;                       /* when the excursion began; INT64_MIN: none */
    double extreme;                          /* of the excursion */
    int64_t decided_ns;                      /* last firing or sham; INT64_MIN: never */
    int64_t due_ns;                          /* when the task hears of a delayed firing; INT64_MAX: none waits */
    uint32_t n_fired, n_yoked;               /* in this session; times of the yoke that are over */
    uint64_t n_decided;                      /* firings and shams */
    int64_t recent_ns[CONFIG_DECISIONS_MAX]; /* a ring of their times */
};

/* Disarmed. `config` must outlive `trigger`; the draws come from the stream "trigger:NAME" of `seed`. */
void trigger_init(struct trigger *trigger, const struct config_trigger *config, uint64_t seed);

/* Arms or disarms; an excursion that ran before doesn't count. */
void trigger_arm(struct trigger *trigger, bool armed) RT_SAFE;

/* Feeds the number of session time t_ns (increasing); `allowed`: the conditions hold. What is not a number counts as
 * within. */
enum trigger_verdict trigger_feed(struct trigger *trigger, int64_t t_ns, double value, bool allowed) RT_SAFE;

/* The same for a phase; `passed`: it has just passed its angle. */
enum trigger_verdict trigger_feed_phase(struct trigger *trigger, int64_t t_ns, double amplitude, bool passed,
                                        bool allowed) RT_SAFE;

/* The next time of the yoke, `yoke` being the whole list of the config, if it has come at now_ns: into *t_ns.
 * TRIGGER_NOTHING: it has not. */
enum trigger_verdict trigger_feed_yoke(struct trigger *trigger, const struct config_yoke *yoke, int64_t now_ns,
                                       bool allowed, int64_t *t_ns) RT_SAFE;

/* True once a firing's time has come: *t_ns is when the task hears of it. */
bool trigger_due(struct trigger *trigger, int64_t now_ns, int64_t *t_ns) RT_SAFE;
