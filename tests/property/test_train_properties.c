/* train, with random settings, start times and late ticks: no dose is ever passed, whatever safety and the loop do. */
#include "engine/base/units.h"
#include "engine/task/train.h"
#include "tests/property/gen.h"
#include "tests/test.h"
#include <math.h>

struct life {
    struct config config;
    struct safety safety;
    struct train train;
    struct frame_out out;
    int64_t on_ns, light_ns; /* since when it is on, INT64_MIN: it is off; how long it was on in all */
    uint32_t n_starts;
};

static void draw(struct gen *gen, struct life *life)
{
    struct config *config = &life->config;
    *config = (struct config){.period_ns = MS, .n_outputs = 1, .n_trains = 1};
    config->outputs[0] = (struct config_output){
        .kind = CONFIG_OUTPUT_LASER, .max_on_ns = 60 * MS, .max_session_ul = (double)INFINITY, .on_level = 1};
    struct config_train *train = &config->trains[0];
    train->width_ns = gen_between(gen, 1, 20) * MS;
    train->jitter_ns = gen_chance(gen, 50) ? gen_between(gen, 1, 10) * MS : 0;
    train->period_ns = train->width_ns + train->jitter_ns + gen_between(gen, 1, 30) * MS;
    train->duration_ns = train->width_ns + gen_between(gen, 0, 300) * MS;
    train->max_count = (uint32_t)gen_below(gen, 5);
    train->max_light_ns = gen_chance(gen, 70) ? gen_between(gen, 1, 400) * MS : 0;
    safety_init(&life->safety, config);
    train_init(&life->train, train, gen_below(gen, 100));
    life->on_ns = INT64_MIN;
}

/* What the tick wrote happens at once. */
static void settle(struct life *life, int64_t now_ns)
{
    for (uint32_t i = 0; i < life->out.n_writes; i++) {
        const double level = life->out.writes[i].level;
        if (level > 0)
            life->on_ns = now_ns;
        else if (life->on_ns != INT64_MIN) {
            life->light_ns += now_ns - life->on_ns;
            life->on_ns = INT64_MIN;
        }
        safety_applied(&life->safety, &(struct frame_applied){.t_ns = now_ns, .level = level});
    }
    for (uint32_t i = 0; i < life->out.n_decisions; i++)
        life->n_starts += life->out.decisions[i].kind == FRAME_TRAIN && life->out.decisions[i].value > 0;
}

static bool no_dose_is_passed(struct gen *gen)
{
    struct life life = {0};
    draw(gen, &life);
    const struct config_train *train = &life.config.trains[0];
    const uint64_t n = gen_below(gen, 600);
    int64_t now_ns = 0, end_ns;
    for (uint64_t i = 0; i < n; i++) {
        now_ns += MS;
        frame_out_clear(&life.out);
        (void)train_tick(&life.train, 0, now_ns, &life.safety, &life.out, &end_ns);
        if (gen_chance(gen, 5))
            train_start(&life.train, 0, now_ns, now_ns, &life.safety, &life.out);
        safety_tick(&life.safety, now_ns, &life.out);
        settle(&life, now_ns);
        if (train->max_count > 0 && life.n_starts > train->max_count)
            return gen_say(gen, "%u starts of %u", life.n_starts, train->max_count);
        if (train->max_light_ns > 0 && life.light_ns > train->max_light_ns)
            return gen_say(gen, "on for %lld ns of %lld", (long long)life.light_ns, (long long)train->max_light_ns);
    }
    return true;
}

static void trains_keep_their_dose(void **state)
{
    (void)state;
    gen_check(no_dose_is_passed, 1, 2000);
    gen_check(no_dose_is_passed, 50000, 1000);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(trains_keep_their_dose)};
TEST_MAIN(tests)
