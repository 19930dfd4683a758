/* safety, against devices that keep their own truth: confirmations come late or never, ticks come late.
 * What must hold is told by the limits alone; nothing of safety's own record is believed. */
#include "engine/base/units.h"
#include "engine/safety/safety.h"
#include "tests/property/gen.h"
#include "tests/test.h"
#include <math.h>

enum { OUTPUTS = 4, TICKS_MAX = 300, CONFIRMS_MAX = 4096 };
static const int64_t WRITE_NS = 100 * US; /* at most, from the tick to the line's edge */

/* One line as it really is. */
struct truth {
    bool on;
    int64_t on_ns, off_ns; /* of the newest change each; INT64_MIN: never */
    int64_t end_ns;        /* when the device itself ends it; INT64_MAX: never */
};

struct confirm {
    int64_t arrives_ns;
    struct frame_applied applied;
};

struct world {
    struct gen *gen;
    struct config config;
    struct safety safety;
    struct truth truth[OUTPUTS];
    double ul[OUTPUTS];
    struct frame_out out;
    unsigned lost_percent;
    uint32_t n_confirms, first_confirm;
    struct confirm confirms[CONFIRMS_MAX];
    int64_t now_ns;
};

static void begin(struct world *world)
{
    struct gen *gen = world->gen;
    world->config.period_ns = MS;
    world->config.n_outputs = OUTPUTS;
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        world->config.outputs[i] = (struct config_output){
            .max_on_ns = gen_chance(gen, 10) ? INT64_MAX : gen_between(gen, 2 * MS, 60 * MS),
            .min_gap_ns = gen_chance(gen, 50) ? gen_between(gen, 0, 30 * MS) : 0,
            .max_session_ul = gen_chance(gen, 50) ? (double)gen_between(gen, 0, 20) : (double)INFINITY,
            .on_level = 1,
            .guard = gen_chance(gen, 50) ? CONFIG_GUARD_DEVICE_TIMED : CONFIG_GUARD_NONE,
        };
        world->truth[i] = (struct truth){.on_ns = INT64_MIN, .off_ns = INT64_MIN, .end_ns = INT64_MAX};
    }
    world->lost_percent = (unsigned)gen_below(gen, 80);
    safety_init(&world->safety, &world->config);
}

/* The device ends what it times. */
static void settle(struct truth *truth, int64_t now_ns)
{
    if (!truth->on || truth->end_ns > now_ns)
        return;
    truth->on = false;
    truth->off_ns = truth->end_ns;
}

static bool apply(struct world *world, const struct frame_write *write)
{
    struct truth *truth = &world->truth[write->output];
    const struct config_output *limits = &world->config.outputs[write->output];
    const int64_t t_ns = world->now_ns + gen_between(world->gen, 0, WRITE_NS);
    settle(truth, t_ns);
    if (write->level > 0 && !truth->on) {
        if (truth->off_ns != INT64_MIN && t_ns - truth->off_ns < limits->min_gap_ns - WRITE_NS)
            return gen_say(world->gen, "output %u was off for %lld ns only", write->output,
                           (long long)(t_ns - truth->off_ns));
        truth->on = true;
        truth->on_ns = t_ns;
        truth->end_ns = write->pulse_ns > 0 ? t_ns + write->pulse_ns : INT64_MAX;
        if ((limits->guard == CONFIG_GUARD_DEVICE_TIMED) != (write->pulse_ns > 0) && limits->max_on_ns != INT64_MAX)
            return gen_say(world->gen, "output %u: a pulse of %lld ns", write->output, (long long)write->pulse_ns);
        if (write->pulse_ns > limits->max_on_ns)
            return gen_say(world->gen, "output %u: its device was told %lld ns", write->output,
                           (long long)write->pulse_ns);
    } else if (!(write->level > 0) && truth->on) {
        truth->on = false;
        truth->off_ns = t_ns;
    }
    if (!gen_chance(world->gen, world->lost_percent) && world->n_confirms < CONFIRMS_MAX) {
        const int64_t before_ns = world->n_confirms > 0 ? world->confirms[world->n_confirms - 1].arrives_ns : 0;
        const int64_t arrives_ns = t_ns + gen_between(world->gen, 0, 3 * MS); /* in the order of the writes */
        world->confirms[world->n_confirms++] = (struct confirm){
            .arrives_ns = arrives_ns > before_ns ? arrives_ns : before_ns,
            .applied = {.t_ns = t_ns, .level = write->level, .output = write->output},
        };
    }
    return true;
}

static void ask(struct world *world)
{
    struct gen *gen = world->gen;
    const uint32_t output = (uint32_t)gen_below(gen, OUTPUTS);
    if (gen_chance(gen, 20)) {
        safety_off(&world->safety, output, world->now_ns, world->now_ns, &world->out);
        return;
    }
    const int64_t length_ns = gen_chance(gen, 40) ? INT64_MAX : gen_between(gen, -MS, 70 * MS);
    const double ul = gen_chance(gen, 30) ? (double)gen_between(gen, 1, 8) : 0.0;
    if (safety_on(&world->safety, output, length_ns, ul, world->now_ns, world->now_ns, &world->out) == SAFETY_GRANTED)
        world->ul[output] += ul;
}

/* What no sequence of requests may bring about. */
static bool all_well(struct world *world)
{
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        struct truth *truth = &world->truth[i];
        const struct config_output *limits = &world->config.outputs[i];
        settle(truth, world->now_ns);
        if (truth->on && limits->max_on_ns != INT64_MAX && world->now_ns - truth->on_ns > limits->max_on_ns)
            return gen_say(world->gen, "output %u is on for %lld ns at the tick's end", i,
                           (long long)(world->now_ns - truth->on_ns));
        if (world->ul[i] > limits->max_session_ul)
            return gen_say(world->gen, "output %u gave %g ul", i, world->ul[i]);
    }
    if (world->out.n_dropped > 0)
        return gen_say(world->gen, "%u writes did not fit", world->out.n_dropped);
    return true;
}

/* If safety says that all is safe, it is. */
static bool honest(struct world *world)
{
    if (!safety_all_safe(&world->safety))
        return true;
    for (uint32_t i = 0; i < OUTPUTS; i++)
        if (world->truth[i].on)
            return gen_say(world->gen, "output %u is on, and called safe", i);
    return true;
}

static bool tick(struct world *world, bool ends)
{
    world->now_ns += MS + (gen_chance(world->gen, 5) ? gen_between(world->gen, 0, 80 * MS) : 0);
    frame_out_clear(&world->out);
    for (;
         world->first_confirm < world->n_confirms && world->confirms[world->first_confirm].arrives_ns <= world->now_ns;
         world->first_confirm++)
        safety_applied(&world->safety, &world->confirms[world->first_confirm].applied);
    if (ends)
        safety_end(&world->safety, world->now_ns, &world->out);
    for (uint64_t n = gen_below(world->gen, 4); n > 0; n--)
        ask(world);
    safety_tick(&world->safety, world->now_ns, &world->out);
    for (uint32_t i = 0; i < world->out.n_writes; i++)
        if (!apply(world, &world->out.writes[i]))
            return false;
    return all_well(world) && honest(world);
}

static bool limits_hold(struct gen *gen)
{
    static struct world world;
    world = (struct world){.gen = gen};
    begin(&world);
    for (uint64_t n = gen_below(gen, TICKS_MAX); n > 0; n--)
        if (!tick(&world, false))
            return false;
    if (!tick(&world, true))
        return false;
    for (uint32_t i = 0; i < OUTPUTS; i++)
        if (world.truth[i].on)
            return gen_say(gen, "output %u is on after the end", i);
    world.lost_percent = 0;
    for (int i = 0; i < 10; i++)
        if (!tick(&world, false))
            return false;
    return safety_all_safe(&world.safety) || gen_say(gen, "not called safe, with every OFF confirmed");
}

static void limits_hold_whatever_is_asked_and_lost(void **state)
{
    (void)state;
    gen_check(limits_hold, test_seed, 4000);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(limits_hold_whatever_is_asked_and_lost),
};
TEST_MAIN(tests)
