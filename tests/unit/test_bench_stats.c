#include "cli/bench_stats.h"
#include "tests/test.h"
#include <math.h>

static void a_median_is_the_middle_value_or_the_mean_of_two(void **state)
{
    (void)state;
    const double odd[] = {9, 1, 5}, even[] = {4, 1, 3, 100};
    assert_float_equal(bench_stats_median(odd, 3), 5, 0);
    assert_float_equal(bench_stats_median(even, 4), 3.5, 0);
    assert_true(isnan(bench_stats_median(odd, 0)));
}

/* The bootstrap's median of 1..n is at most k with P(Bin(n, k / n) >= (n + 1) / 2): for 13 values that is 0.016 at 3,
 * 0.071 at 4, 0.929 at 9, 0.984 at 10; for 7 values 0.010, 0.108 at 1, 2 and 0.892, 0.990 at 5, 6. */
static void an_interval_is_that_of_the_exact_distribution(void **state)
{
    (void)state;
    double values[13];
    for (int i = 0; i < 13; i++)
        values[i] = (double)((i * 5) % 13 + 1);
    const struct bench_stats_interval thirteen = bench_stats_interval(values, 13, test_seed);
    assert_float_equal(thirteen.median, 7, 0);
    assert_float_equal(thirteen.lo95, 4, 0);
    assert_float_equal(thirteen.hi95, 10, 0);
    for (int i = 0; i < 7; i++)
        values[i] = (double)((i * 5) % 7 + 1);
    const struct bench_stats_interval seven = bench_stats_interval(values, 7, test_seed);
    assert_float_equal(seven.median, 4, 0);
    assert_float_equal(seven.lo95, 2, 0);
    assert_float_equal(seven.hi95, 6, 0);
}

static void one_value_is_its_own_interval_and_none_has_none(void **state)
{
    (void)state;
    const double one[] = {1.25};
    const struct bench_stats_interval found = bench_stats_interval(one, 1, 1);
    assert_float_equal(found.lo95, 1.25, 0);
    assert_float_equal(found.hi95, 1.25, 0);
    const struct bench_stats_interval none = bench_stats_interval(one, 0, 1);
    assert_true(isnan(none.median) && isnan(none.lo95) && isnan(none.hi95));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_median_is_the_middle_value_or_the_mean_of_two),
    cmocka_unit_test(an_interval_is_that_of_the_exact_distribution),
    cmocka_unit_test(one_value_is_its_own_interval_and_none_has_none),
};
TEST_MAIN(tests)
