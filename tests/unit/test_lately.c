/* lately: counts by hand. */
#include "engine/base/units.h"
#include "engine/task/lately.h"
#include "tests/test.h"

static void licks_are_counted_in_half_open_windows(void **state)
{
    (void)state;
    struct lately lately = {0};
    assert_int_equal(lately_count(&lately, 0, 10 * S), 0);
    lately_add(&lately, 100 * MS);
    lately_add(&lately, 200 * MS);
    lately_add(&lately, 300 * MS);
    assert_int_equal(lately_count(&lately, 100 * MS, 300 * MS), 2);
    assert_int_equal(lately_count(&lately, 100 * MS + 1, 300 * MS + 1), 2);
    assert_int_equal(lately_count(&lately, 301 * MS, 10 * S), 0);
}

static void only_the_newest_64_are_known(void **state)
{
    (void)state;
    struct lately lately = {0};
    for (int64_t i = 0; i < 1000; i++)
        lately_add(&lately, i * MS);
    assert_int_equal(lately_count(&lately, 0, 10 * S), 64);
    assert_int_equal(lately_count(&lately, 990 * MS, 10 * S), 10);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(licks_are_counted_in_half_open_windows),
    cmocka_unit_test(only_the_newest_64_are_known),
};
TEST_MAIN(tests)
