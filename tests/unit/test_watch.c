/* watch: straight lines and two-valued series, whose slope, mean and SD are known by hand. */
#include "engine/base/units.h"
#include "engine/task/watch.h"
#include "tests/test.h"
#include <math.h>

#define EXPECT_NEAR(x, y, within) assert_true(fabs((x) - (y)) <= (within))

static struct watch watch;

static void without_slope_and_z_the_number_is_itself(void **state)
{
    (void)state;
    watch_init(&watch, 0, false);
    assert_true(isnan(watch.value));
    EXPECT_NEAR(watch_feed(&watch, 5 * MS, 0.25), 0.25, 0);
    assert_true(isnan(watch_feed(&watch, 6 * MS, (double)NAN)));
    assert_true(isnan(watch_feed(&watch, 7 * MS, (double)INFINITY)));
    EXPECT_NEAR(watch_feed(&watch, 8 * MS, -1), -1, 0);
}

static void the_slope_of_a_straight_line_is_its_slope(void **state)
{
    (void)state;
    watch_init(&watch, 100 * MS, false);
    assert_true(isnan(watch_feed(&watch, 0, 1)));
    double slope = 0;
    for (int64_t t_ns = 1 * MS; t_ns <= 2 * S; t_ns += t_ns < S ? MS : 5 * MS) /* the samples' distance may change */
        slope = watch_feed(&watch, t_ns, 1 - 3 * units_s(t_ns));
    EXPECT_NEAR(slope, -3, 1e-6); /* 20 time constants: exp(-20) = 2e-9 */
}

static void a_step_is_a_slope_that_dies_away(void **state)
{
    (void)state;
    watch_init(&watch, 100 * MS, false);
    watch_feed(&watch, 0, 0);
    /* 1 ms after 0: a part 1/101 of the step in 1 ms; then it falls by 100/101 a sample. */
    EXPECT_NEAR(watch_feed(&watch, 1 * MS, 1), 1 / 0.101, 1e-9);
    EXPECT_NEAR(watch_feed(&watch, 2 * MS, 1), 100 / 101.0 / 0.101, 1e-9);
}

/* 0 and 2 in turn, once a second: mean 1, SD 1 after every even number of them. */
static void feed_alternating(int n)
{
    watch_init(&watch, 0, true);
    for (int i = 0; i < n; i++)
        watch_feed(&watch, i * S, i % 2 == 0 ? 0 : 2);
}

static void the_z_score_is_over_the_mean_and_sd_so_far(void **state)
{
    (void)state;
    feed_alternating(12);
    EXPECT_NEAR(watch.mean, 1, 1e-12);
    EXPECT_NEAR(watch.variance, 1, 1e-12);
    EXPECT_NEAR(watch_feed(&watch, 12 * S, 3.5), 2.5, 1e-12);
}

static void there_is_none_in_the_first_ten_seconds(void **state)
{
    (void)state;
    watch_init(&watch, 0, true);
    for (int i = 0; i < 10; i++)
        assert_true(isnan(watch_feed(&watch, i * S, i % 2 == 0 ? 0 : 1)));
    assert_true(!isnan(watch_feed(&watch, 10 * S, 0)));
}

static void a_far_number_enters_as_three_sd(void **state)
{
    (void)state;
    feed_alternating(12);
    EXPECT_NEAR(watch_feed(&watch, 12 * S, 101), 100, 1e-9);
    EXPECT_NEAR(watch.mean, 1 + 3 / 13.0, 1e-12); /* the thirteenth of 13 */
}

static void what_is_not_a_number_leaves_all_as_it_is(void **state)
{
    (void)state;
    feed_alternating(12);
    assert_true(isnan(watch_feed(&watch, 12 * S, (double)NAN)));
    EXPECT_NEAR(watch.mean, 1, 1e-12);
}

static void a_constant_has_no_z_score(void **state)
{
    (void)state;
    watch_init(&watch, 0, true);
    for (int i = 0; i < 20; i++)
        assert_true(isnan(watch_feed(&watch, i * S, 0.5)));
}

static void old_numbers_are_forgotten(void **state)
{
    (void)state;
    feed_alternating(100);
    for (int i = 100; i < 1100; i++)
        watch_feed(&watch, i * S, i % 2 == 0 ? 5 : 7);
    EXPECT_NEAR(watch.mean, 6, 0.02); /* 1000 s are 16 time constants; half a step of 1/61 stays */
    EXPECT_NEAR(watch.variance, 1, 0.02);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(without_slope_and_z_the_number_is_itself),
    cmocka_unit_test(the_slope_of_a_straight_line_is_its_slope),
    cmocka_unit_test(a_step_is_a_slope_that_dies_away),
    cmocka_unit_test(the_z_score_is_over_the_mean_and_sd_so_far),
    cmocka_unit_test(there_is_none_in_the_first_ten_seconds),
    cmocka_unit_test(a_far_number_enters_as_three_sd),
    cmocka_unit_test(what_is_not_a_number_leaves_all_as_it_is),
    cmocka_unit_test(a_constant_has_no_z_score),
    cmocka_unit_test(old_numbers_are_forgotten),
};
TEST_MAIN(tests)
