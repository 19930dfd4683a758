/* trigger: peaks, phases, yokes, delays and limits; expected decisions by hand from the header. */
#include "engine/base/units.h"
#include "engine/task/trigger.h"
#include "tests/test.h"
#include <math.h>

static struct config_trigger config;
static struct trigger trigger;

/* Fires above 2, over when back at 1; no hold, no lockout, no limit. Armed. */
static int fresh(void **state)
{
    (void)state;
    config = (struct config_trigger){.name = "burst", .threshold = 2, .release = 1, .max_count = UINT32_MAX};
    trigger_init(&trigger, &config, test_seed);
    trigger_arm(&trigger, true);
    return 0;
}

static enum trigger_verdict feed(int64_t t_ms, double value)
{
    return trigger_feed(&trigger, t_ms * MS, value, true);
}

/* An excursion of its own at this time: its verdict, of which the task has heard. */
static enum trigger_verdict excursion(int64_t t_ms)
{
    int64_t due_ns;
    feed(t_ms, 0);
    const enum trigger_verdict verdict = feed(t_ms, 3);
    (void)trigger_due(&trigger, t_ms * MS, &due_ns);
    return verdict;
}

static void a_peak_is_seen_once_the_number_has_come_back(void **state)
{
    (void)state;
    config.drop = 0.5;
    assert_int_equal(feed(0, 1.9), TRIGGER_NOTHING);
    assert_int_equal(feed(1, 3), TRIGGER_NOTHING);
    assert_int_equal(feed(2, 4), TRIGGER_NOTHING);
    assert_int_equal(feed(3, 3.6), TRIGGER_NOTHING); /* back by 0.4 from 4 */
    assert_int_equal(feed(4, 3.5), TRIGGER_FIRED);
    assert_int_equal(feed(5, 6), TRIGGER_NOTHING); /* the same excursion */
    assert_int_equal(feed(6, 5), TRIGGER_NOTHING);
}

static void a_peak_that_falls_past_the_release_at_once_is_one(void **state)
{
    (void)state;
    config.drop = 0.5;
    feed(0, 3);
    assert_int_equal(feed(1, 0), TRIGGER_FIRED);
    int64_t due_ns;
    assert_true(trigger_due(&trigger, 1 * MS, &due_ns));
    assert_int_equal(feed(2, 0), TRIGGER_NOTHING);
    feed(3, 3);
    assert_int_equal(feed(4, 2.4), TRIGGER_FIRED); /* a new excursion, a new peak */
}

static void a_trough_is_a_peak_upside_down(void **state)
{
    (void)state;
    config = (struct config_trigger){
        .name = "burst", .threshold = -2, .release = -1, .below = 1, .drop = 1, .max_count = UINT32_MAX};
    feed(0, -3);
    feed(1, -5);
    assert_int_equal(feed(2, -4.1), TRIGGER_NOTHING);
    assert_int_equal(feed(3, -4), TRIGGER_FIRED);
}

static void a_peak_must_have_lasted_the_hold_time(void **state)
{
    (void)state;
    config.drop = 0.5;
    config.hold_ns = 10 * MS;
    feed(0, 3);
    assert_int_equal(feed(5, 2.2), TRIGGER_NOTHING);
    assert_int_equal(feed(9, 2.2), TRIGGER_NOTHING);
    assert_int_equal(feed(10, 2.2), TRIGGER_FIRED);
}

static void it_waits_until_its_conditions_hold(void **state)
{
    (void)state;
    assert_int_equal(trigger_feed(&trigger, 0, 3, false), TRIGGER_NOTHING);
    assert_int_equal(trigger_feed(&trigger, MS, 3, false), TRIGGER_NOTHING);
    assert_int_equal(trigger_feed(&trigger, 2 * MS, 1.5, true), TRIGGER_FIRED); /* the excursion still goes on */
    assert_int_equal(trigger_feed(&trigger, 3 * MS, 0, false), TRIGGER_NOTHING);
    assert_int_equal(trigger_feed(&trigger, 4 * MS, 3, false), TRIGGER_NOTHING);
    assert_int_equal(trigger_feed(&trigger, 5 * MS, 0, true), TRIGGER_NOTHING); /* too late */
}

static void no_more_than_its_number_within_its_time(void **state)
{
    (void)state;
    config.max_n = 3;
    config.max_per_ns = 10 * S;
    assert_int_equal(excursion(0), TRIGGER_FIRED);
    assert_int_equal(excursion(1000), TRIGGER_FIRED);
    assert_int_equal(excursion(2000), TRIGGER_FIRED);
    assert_int_equal(excursion(9999), TRIGGER_LIMITED);
    assert_int_equal(excursion(10000), TRIGGER_FIRED); /* the first is 10 s ago: out of the window */
    assert_int_equal(excursion(10500), TRIGGER_LIMITED);
    assert_int_equal(excursion(11000), TRIGGER_FIRED);
}

static void a_maximum_that_is_lowered_counts_what_has_been(void **state)
{
    (void)state;
    config.max_n = 3;
    config.max_per_ns = 10 * S;
    excursion(0);
    excursion(1000);
    config.max_n = 1;
    assert_int_equal(excursion(10999), TRIGGER_LIMITED);
    assert_int_equal(excursion(11000), TRIGGER_FIRED);
}

static void shams_count_for_the_rate_but_not_for_the_session(void **state)
{
    (void)state;
    config.max_n = 2;
    config.max_per_ns = 10 * S;
    config.max_count = 1;
    config.sham = 1;
    assert_int_equal(excursion(0), TRIGGER_SHAM);
    assert_int_equal(excursion(1), TRIGGER_SHAM);
    assert_int_equal(excursion(2), TRIGGER_LIMITED);
    config.sham = 0;
    assert_int_equal(excursion(20000), TRIGGER_FIRED);
    assert_int_equal(excursion(40000), TRIGGER_USED_UP);
    assert_int_equal(trigger.n_fired, 1);
}

static void the_task_hears_of_a_delayed_firing_later(void **state)
{
    (void)state;
    config.delay_ns = 200 * MS;
    int64_t due_ns;
    assert_int_equal(feed(5, 3), TRIGGER_FIRED);
    assert_false(trigger_due(&trigger, 205 * MS - 1, &due_ns));
    feed(100, 0);
    assert_int_equal(feed(101, 3), TRIGGER_LOCKED); /* one waits */
    assert_true(trigger_due(&trigger, 207 * MS, &due_ns));
    assert_int_equal(due_ns, 205 * MS);
    assert_false(trigger_due(&trigger, 208 * MS, &due_ns)); /* once */
    feed(300, 0);
    assert_int_equal(feed(301, 3), TRIGGER_FIRED);
}

static void a_phase_fires_at_its_angle_while_the_amplitude_lasts(void **state)
{
    (void)state;
    config.hold_ns = 10 * MS;
    int64_t due_ns;
    assert_int_equal(trigger_feed_phase(&trigger, 0, 3, true, true), TRIGGER_NOTHING); /* not held yet */
    assert_int_equal(trigger_feed_phase(&trigger, 10 * MS, 3, false, true), TRIGGER_NOTHING);
    assert_int_equal(trigger_feed_phase(&trigger, 11 * MS, 1.5, true, true), TRIGGER_FIRED);
    assert_true(trigger_due(&trigger, 11 * MS, &due_ns));
    assert_int_equal(trigger_feed_phase(&trigger, 12 * MS, 1.5, true, false), TRIGGER_NOTHING);
    assert_int_equal(trigger_feed_phase(&trigger, 13 * MS, 1.5, true, true), TRIGGER_FIRED); /* each cycle anew */
    assert_true(trigger_due(&trigger, 13 * MS, &due_ns));
    assert_int_equal(trigger_feed_phase(&trigger, 14 * MS, 1, true, true), TRIGGER_NOTHING); /* the amplitude is gone */
    assert_int_equal(trigger_feed_phase(&trigger, 99 * MS, 1.5, true, true), TRIGGER_NOTHING);
}

static void a_yoke_fires_at_its_times_and_misses_those_without_arms(void **state)
{
    (void)state;
    static const struct config_yoke yoke[] = {{7 * S}, {1 * S}, {2 * S}, {3 * S}};
    config.yoke_first = 1;
    config.n_yoke = 3;
    int64_t t_ns = -1, due_ns;
    assert_int_equal(trigger_feed_yoke(&trigger, yoke, 1 * S - 1, true, &t_ns), TRIGGER_NOTHING);
    assert_int_equal(trigger_feed_yoke(&trigger, yoke, 1 * S + MS, true, &t_ns), TRIGGER_FIRED);
    assert_int_equal(t_ns, 1 * S);
    assert_true(trigger_due(&trigger, 1 * S + MS, &due_ns));
    assert_int_equal(due_ns, 1 * S);
    trigger_arm(&trigger, false);
    assert_int_equal(trigger_feed_yoke(&trigger, yoke, 2 * S, true, &t_ns), TRIGGER_MISSED);
    trigger_arm(&trigger, true);
    assert_int_equal(trigger_feed_yoke(&trigger, yoke, 2 * S, true, &t_ns), TRIGGER_NOTHING); /* over */
    assert_int_equal(trigger_feed_yoke(&trigger, yoke, 3 * S, false, &t_ns), TRIGGER_MISSED); /* its conditions */
    assert_int_equal(trigger_feed_yoke(&trigger, yoke, 99 * S, true, &t_ns), TRIGGER_NOTHING);
}

static void the_share_of_shams_is_its_probability(void **state)
{
    (void)state;
    config.sham = 0.3;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        trigger_init(&trigger, &config, seed);
        trigger_arm(&trigger, true);
        int n_sham = 0;
        for (int64_t i = 0; i < 2000; i++)
            n_sham += excursion(i) == TRIGGER_SHAM;
        assert_in_range(n_sham, 600 - 103, 600 + 103); /* 5 sd of sqrt(2000 * 0.3 * 0.7) = 20.5 */
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(a_peak_is_seen_once_the_number_has_come_back, fresh),
    cmocka_unit_test_setup(a_peak_that_falls_past_the_release_at_once_is_one, fresh),
    cmocka_unit_test_setup(a_trough_is_a_peak_upside_down, fresh),
    cmocka_unit_test_setup(a_peak_must_have_lasted_the_hold_time, fresh),
    cmocka_unit_test_setup(it_waits_until_its_conditions_hold, fresh),
    cmocka_unit_test_setup(no_more_than_its_number_within_its_time, fresh),
    cmocka_unit_test_setup(a_maximum_that_is_lowered_counts_what_has_been, fresh),
    cmocka_unit_test_setup(shams_count_for_the_rate_but_not_for_the_session, fresh),
    cmocka_unit_test_setup(the_task_hears_of_a_delayed_firing_later, fresh),
    cmocka_unit_test_setup(a_phase_fires_at_its_angle_while_the_amplitude_lasts, fresh),
    cmocka_unit_test_setup(a_yoke_fires_at_its_times_and_misses_those_without_arms, fresh),
    cmocka_unit_test_setup(the_share_of_shams_is_its_probability, fresh),
};
TEST_MAIN(tests)
