/* trigger: expected decisions by hand from the header; the sham draws from rng's own stream. */
#include "engine/base/units.h"
#include "engine/task/trigger.h"
#include "tests/test.h"
#include <math.h>

static struct config_trigger config;
static struct trigger trigger;

/* A dip below -2 that lasts 40 ms, over when back at -1; a second of lockout; never a sham. Armed. */
static int fresh(void **state)
{
    (void)state;
    config = (struct config_trigger){.name = "dip",
                                     .threshold = -2,
                                     .release = -1,
                                     .hold_ns = 40 * MS,
                                     .lockout_ns = 1 * S,
                                     .below = 1,
                                     .max_count = UINT32_MAX};
    trigger_init(&trigger, &config, test_seed);
    trigger_arm(&trigger, true);
    return 0;
}

/* What it decides, and the task hears of at once unless it is delayed. */
static enum trigger_verdict feed_ns(int64_t t_ns, double value)
{
    const enum trigger_verdict verdict = trigger_feed(&trigger, t_ns, value, true);
    int64_t due_ns = -1;
    if (trigger_due(&trigger, t_ns, &due_ns))
        assert_int_equal(due_ns, t_ns);
    return verdict;
}

static enum trigger_verdict feed(int64_t t_ms, double value)
{
    return feed_ns(t_ms * MS, value);
}

static void it_fires_when_the_excursion_has_lasted_the_hold_time(void **state)
{
    (void)state;
    assert_int_equal(feed(0, 0), TRIGGER_NOTHING);
    assert_int_equal(feed(10, -3), TRIGGER_NOTHING);
    assert_int_equal(feed_ns(50 * MS - 1, -3), TRIGGER_NOTHING);
    assert_int_equal(feed(50, -3), TRIGGER_FIRED); /* exactly the hold time */
}

static void at_the_threshold_is_not_beyond_it(void **state)
{
    (void)state;
    assert_int_equal(feed(0, -2), TRIGGER_NOTHING);
    assert_int_equal(feed(100, -2), TRIGGER_NOTHING);
    assert_int_equal(feed(200, nextafter(-2, -3)), TRIGGER_NOTHING); /* the excursion begins here */
    assert_int_equal(feed(240, nextafter(-2, -3)), TRIGGER_FIRED);
}

static void an_excursion_goes_on_until_the_release_level(void **state)
{
    (void)state;
    feed(0, -3);
    assert_int_equal(feed(20, -1.5), TRIGGER_NOTHING); /* between the levels: still the same excursion */
    assert_int_equal(feed(40, -1.5), TRIGGER_FIRED);
}

static void back_at_the_release_level_it_is_over(void **state)
{
    (void)state;
    feed(0, -3);
    feed(20, -1); /* exactly at it */
    assert_int_equal(feed(21, -1.5), TRIGGER_NOTHING);
    assert_int_equal(feed(100, -1.5), TRIGGER_NOTHING); /* not beyond the threshold: no new one */
    feed(110, -3);
    assert_int_equal(feed(149, -3), TRIGGER_NOTHING);
    assert_int_equal(feed(150, -3), TRIGGER_FIRED);
}

static void it_decides_once_an_excursion(void **state)
{
    (void)state;
    feed(0, -3);
    assert_int_equal(feed(40, -3), TRIGGER_FIRED);
    for (int64_t t_ms = 41; t_ms < 5000; t_ms += 10)
        assert_int_equal(feed(t_ms, -9), TRIGGER_NOTHING); /* also after the lockout */
}

static void without_a_hold_time_it_fires_at_once(void **state)
{
    (void)state;
    config.hold_ns = 0;
    assert_int_equal(feed(0, -3), TRIGGER_FIRED);
}

static void above_is_the_mirror_image(void **state)
{
    (void)state;
    config.below = 0;
    config.threshold = 2;
    config.release = 1;
    assert_int_equal(feed(0, -9), TRIGGER_NOTHING);
    assert_int_equal(feed(50, 2), TRIGGER_NOTHING);
    assert_int_equal(feed(60, 3), TRIGGER_NOTHING);
    assert_int_equal(feed(80, 1.5), TRIGGER_NOTHING);
    assert_int_equal(feed(100, 1.5), TRIGGER_FIRED);
    feed(110, 1);
    feed(2000, 3);
    assert_int_equal(feed(2040, 3), TRIGGER_FIRED);
}

static void inside_the_lockout_an_excursion_is_locked_out(void **state)
{
    (void)state;
    feed(0, -3);
    assert_int_equal(feed(40, -3), TRIGGER_FIRED);
    feed(50, 0);
    feed(900, -3);
    assert_int_equal(feed(940, -3), TRIGGER_LOCKED);
    assert_int_equal(feed(2000, -3), TRIGGER_NOTHING); /* it has decided: locked out, for good */
    feed(2010, 0);
    feed(2100, -3);
    assert_int_equal(feed(2140, -3), TRIGGER_FIRED);
}

static void the_lockout_ends_exactly_after_its_time(void **state)
{
    (void)state;
    config.hold_ns = 0;
    assert_int_equal(feed(0, -3), TRIGGER_FIRED);
    feed(1, 0);
    assert_int_equal(feed_ns(1 * S - 1, -3), TRIGGER_LOCKED);
    feed_ns(1 * S - 1, 0);
    assert_int_equal(feed_ns(1 * S, -3), TRIGGER_FIRED);
    feed_ns(1 * S + 1, 0);
    assert_int_equal(feed_ns(2 * S - 1, -3), TRIGGER_LOCKED); /* counted from the second one */
}

static void a_sham_locks_out_like_a_firing(void **state)
{
    (void)state;
    config.hold_ns = 0;
    config.sham = 1;
    assert_int_equal(feed(0, -3), TRIGGER_SHAM);
    feed(10, 0);
    assert_int_equal(feed(999, -3), TRIGGER_LOCKED);
}

static void one_draw_is_taken_a_decision_and_none_otherwise(void **state)
{
    (void)state;
    config.hold_ns = 0;
    config.sham = 0.5;
    struct rng stream;
    rng_init(&stream, test_seed, "trigger:dip");
    int n_sham = 0;
    for (int64_t i = 0; i < 200; i++) {
        const bool sham = rng_bernoulli(&stream, 0.5);
        n_sham += sham;
        assert_int_equal(feed(i * 2000, -3), sham ? TRIGGER_SHAM : TRIGGER_FIRED);
        feed(i * 2000 + 1, -3);
        feed(i * 2000 + 2, 0);
        assert_int_equal(feed(i * 2000 + 3, -3), TRIGGER_LOCKED); /* takes no draw */
        feed(i * 2000 + 4, 0);
        trigger_arm(&trigger, false);
        feed(i * 2000 + 5, -3);
        trigger_arm(&trigger, true);
    }
    assert_in_range(n_sham, 60, 140); /* both kinds: 100 expected, sd 7 */
}

static void a_disarmed_trigger_sees_nothing(void **state)
{
    (void)state;
    trigger_arm(&trigger, false);
    feed(0, -3);
    assert_int_equal(feed(500, -3), TRIGGER_NOTHING);
    trigger_arm(&trigger, true);
    assert_int_equal(feed(510, -3), TRIGGER_NOTHING); /* the excursion begins now, not at 0 */
    assert_int_equal(feed(549, -3), TRIGGER_NOTHING);
    assert_int_equal(feed(550, -3), TRIGGER_FIRED);
}

static void disarming_ends_the_excursion_but_not_the_lockout(void **state)
{
    (void)state;
    feed(0, -3);
    assert_int_equal(feed(40, -3), TRIGGER_FIRED);
    trigger_arm(&trigger, false);
    trigger_arm(&trigger, true);
    feed(50, -3);
    assert_int_equal(feed(90, -3), TRIGGER_LOCKED);
}

static void arming_an_armed_trigger_changes_nothing(void **state)
{
    (void)state;
    feed(0, -3);
    trigger_arm(&trigger, true);
    assert_int_equal(feed(40, -3), TRIGGER_FIRED);
    trigger_arm(&trigger, true);
    assert_int_equal(feed(2000, -3), TRIGGER_NOTHING);
}

static void a_value_that_is_not_a_number_counts_as_within(void **state)
{
    (void)state;
    assert_int_equal(feed(0, (double)NAN), TRIGGER_NOTHING);
    feed(10, -3);
    feed(49, (double)NAN);
    assert_int_equal(feed(50, -3), TRIGGER_NOTHING);
    assert_int_equal(feed(90, -(double)INFINITY), TRIGGER_FIRED);
}

static void the_longest_name_has_a_stream_of_its_own(void **state)
{
    (void)state;
    memset(config.name, 'x', CONFIG_NAME - 1);
    trigger_init(&trigger, &config, test_seed);
    struct rng stream;
    rng_init(&stream, test_seed, "trigger:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"); /* 31 */
    assert_memory_equal(&trigger.rng, &stream, sizeof stream);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(it_fires_when_the_excursion_has_lasted_the_hold_time, fresh),
    cmocka_unit_test_setup(at_the_threshold_is_not_beyond_it, fresh),
    cmocka_unit_test_setup(an_excursion_goes_on_until_the_release_level, fresh),
    cmocka_unit_test_setup(back_at_the_release_level_it_is_over, fresh),
    cmocka_unit_test_setup(it_decides_once_an_excursion, fresh),
    cmocka_unit_test_setup(without_a_hold_time_it_fires_at_once, fresh),
    cmocka_unit_test_setup(above_is_the_mirror_image, fresh),
    cmocka_unit_test_setup(inside_the_lockout_an_excursion_is_locked_out, fresh),
    cmocka_unit_test_setup(the_lockout_ends_exactly_after_its_time, fresh),
    cmocka_unit_test_setup(a_sham_locks_out_like_a_firing, fresh),
    cmocka_unit_test_setup(one_draw_is_taken_a_decision_and_none_otherwise, fresh),
    cmocka_unit_test_setup(a_disarmed_trigger_sees_nothing, fresh),
    cmocka_unit_test_setup(disarming_ends_the_excursion_but_not_the_lockout, fresh),
    cmocka_unit_test_setup(arming_an_armed_trigger_changes_nothing, fresh),
    cmocka_unit_test_setup(a_value_that_is_not_a_number_counts_as_within, fresh),
    cmocka_unit_test_setup(the_longest_name_has_a_stream_of_its_own, fresh),
};
TEST_MAIN(tests)
