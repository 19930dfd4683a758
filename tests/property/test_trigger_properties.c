/* trigger, on random walks with random settings that change on the way: what must hold is told by the settings alone.
 */
#include "engine/base/units.h"
#include "engine/task/trigger.h"
#include "tests/property/gen.h"
#include "tests/test.h"

enum { STEPS_MAX = 400 };

/* What has been decided so far. */
struct past {
    int64_t t_ns[STEPS_MAX];
    uint32_t n, n_fired;
    bool released; /* since the last decision there was a number within, or the trigger was disarmed */
};

static void draw_config(struct gen *gen, struct config_trigger *config)
{
    *config = (struct config_trigger){
        .name = "t",
        .below = gen_chance(gen, 50),
        .hold_ns = gen_between(gen, 0, 5) * MS,
        .lockout_ns = gen_between(gen, 0, 40) * MS,
        .max_n = (uint32_t)gen_below(gen, 5),
        .max_count = gen_chance(gen, 50) ? (uint32_t)gen_below(gen, 20) : UINT32_MAX,
        .delay_ns = gen_chance(gen, 30) ? gen_between(gen, 0, 20) * MS : 0,
        .drop = gen_chance(gen, 30) ? (double)gen_between(gen, 1, 3) : 0,
        .sham = (double)gen_below(gen, 3) / 2,
    };
    config->max_per_ns = config->max_n > 0 ? gen_between(gen, 1, 200) * MS : 0;
    const double threshold = (double)gen_between(gen, 0, 5), quiet = (double)gen_between(gen, 0, 3);
    config->threshold = config->below != 0 ? -threshold : threshold;
    config->release = config->below != 0 ? quiet - threshold : threshold - quiet;
}

static bool judge(struct gen *gen, const struct config_trigger *config, struct past *past, int64_t t_ns,
                  enum trigger_verdict verdict)
{
    if (verdict != TRIGGER_FIRED && verdict != TRIGGER_SHAM)
        return true;
    if (past->n > 0 && !past->released)
        return gen_say(gen, "it decided twice without a release");
    if (past->n > 0 && t_ns - past->t_ns[past->n - 1] < config->lockout_ns)
        return gen_say(gen, "it decided inside its lockout");
    uint32_t n_within = 1;
    for (uint32_t i = 0; i < past->n; i++)
        n_within += t_ns - past->t_ns[i] < config->max_per_ns;
    if (config->max_n > 0 && n_within > config->max_n)
        return gen_say(gen, "%u decisions in its time of %lld ns", n_within, (long long)config->max_per_ns);
    past->n_fired += verdict == TRIGGER_FIRED;
    if (past->n_fired > config->max_count)
        return gen_say(gen, "it fired more often than it may");
    if ((verdict == TRIGGER_SHAM && config->sham <= 0) || (verdict == TRIGGER_FIRED && config->sham >= 1))
        return gen_say(gen, "a sham without its probability");
    past->t_ns[past->n++] = t_ns;
    past->released = false;
    return true;
}

static bool a_trigger_keeps_its_limits(struct gen *gen)
{
    struct config_trigger config;
    struct trigger trigger;
    struct past past = {.released = true};
    draw_config(gen, &config);
    trigger_init(&trigger, &config, gen_below(gen, 1000));
    double value = 0;
    int64_t t_ns = 0, heard_ns = 0, due_ns;
    const uint64_t n_steps = gen_below(gen, STEPS_MAX);
    for (uint64_t i = 0; i < n_steps; i++) {
        t_ns += gen_between(gen, 1, 10) * MS;
        const bool armed = !gen_chance(gen, 5);
        trigger_arm(&trigger, armed);
        if (gen_chance(gen, 2))
            config.lockout_ns = gen_between(gen, 0, 40) * MS; /* a live change */
        value += (double)gen_between(gen, 0, 6) - 3;
        const bool within = config.below != 0 ? value >= config.release : value <= config.release;
        past.released |= !armed || (within && config.drop <= 0);
        const enum trigger_verdict verdict = trigger_feed(&trigger, t_ns, value, !gen_chance(gen, 20));
        if (!judge(gen, &config, &past, t_ns, verdict))
            return false;
        past.released |= within; /* of a peak the fall itself may decide */
        if (!trigger_due(&trigger, t_ns, &due_ns))
            continue;
        if (due_ns > t_ns || due_ns <= heard_ns)
            return gen_say(gen, "the task heard of a firing too early, or twice");
        heard_ns = due_ns;
    }
    return true;
}

static void triggers_keep_their_limits(void **state)
{
    (void)state;
    static const uint64_t seeds[] = {1, 2000, 77000};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++)
        gen_check(a_trigger_keeps_its_limits, seeds[i], 1500);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(triggers_keep_their_limits)};
TEST_MAIN(tests)
