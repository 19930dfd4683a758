/* units: expected values by hand. */
#include "engine/base/units.h"
#include "tests/test.h"

static void the_constants_are_powers_of_ten(void **state)
{
    (void)state;
    assert_int_equal(US, 1000);
    assert_int_equal(MS, 1000000);
    assert_int_equal(S, 1000000000);
}

static void seconds_become_the_nearest_nanosecond(void **state)
{
    (void)state;
    assert_int_equal(units_ns(0), 0);
    assert_int_equal(units_ns(1.5), 1500 * MS);
    assert_int_equal(units_ns(0.1), 100 * MS);
    assert_int_equal(units_ns(-2.25), -2250 * MS);
    assert_int_equal(units_ns(1e-9), 1);
    assert_int_equal(units_ns(0.4e-9), 0);
    assert_int_equal(units_ns(86400), 86400 * S);
    assert_int_equal(units_ns(9.1e9), 9100000000 * S);
}

/* 2^-10 s is 976562.5 ns exactly. */
static void halves_round_away_from_zero(void **state)
{
    (void)state;
    assert_int_equal(units_ns(0x1p-10), 976563);
    assert_int_equal(units_ns(-0x1p-10), -976563);
}

static void nanoseconds_become_seconds(void **state)
{
    (void)state;
    assert_true(units_s(1500 * MS) == 1.5);
    assert_true(units_s(-1) == -1e-9);
    assert_true(units_s(3 * 100 * MS) == 0.3); /* 3e8 * 1e-9 would be 0.30000000000000004 */
}

static void a_millisecond_count_survives_the_round_trip(void **state)
{
    (void)state;
    for (int64_t ms = 0; ms < 100000; ms += 7)
        assert_int_equal(units_ns(units_s(ms * MS)), ms * MS);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_constants_are_powers_of_ten),
    cmocka_unit_test(seconds_become_the_nearest_nanosecond),
    cmocka_unit_test(halves_round_away_from_zero),
    cmocka_unit_test(nanoseconds_become_seconds),
    cmocka_unit_test(a_millisecond_count_survives_the_round_trip),
};
TEST_MAIN(tests)
