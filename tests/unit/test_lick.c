/* lick: expected values by hand from the header's definitions. */
#include "engine/base/units.h"
#include "engine/signal/lick.h"
#include "tests/test.h"

static struct lick lick_with(int64_t refractory_ns, int64_t bout_gap_ns)
{
    struct lick lick;
    struct error err = {0};
    const struct lick_config config = {.refractory_ns = refractory_ns, .bout_gap_ns = bout_gap_ns};
    assert_true(lick_init(&lick, &config, &err));
    return lick;
}

static void the_first_edge_is_a_lick_and_a_bout(void **state)
{
    (void)state;
    struct lick lick = lick_with(20 * MS, 500 * MS);
    assert_int_equal(lick.last_ns, INT64_MIN);
    assert_true(lick_edge(&lick, 0));
    assert_int_equal(lick.last_ns, 0);
    assert_int_equal(lick.n_licks, 1);
    assert_int_equal(lick.n_bouts, 1);
}

static void an_edge_inside_the_refractory_time_is_no_lick(void **state)
{
    (void)state;
    struct lick lick = lick_with(20 * MS, 500 * MS);
    assert_true(lick_edge(&lick, 100 * MS));
    assert_false(lick_edge(&lick, 120 * MS - 1));
    assert_true(lick_edge(&lick, 120 * MS)); /* the window is half-open: exactly 20 ms later counts */
    assert_int_equal(lick.n_licks, 2);
}

static void a_chattering_sensor_does_not_hold_off_licks(void **state)
{
    (void)state;
    struct lick lick = lick_with(20 * MS, 500 * MS);
    for (int64_t t_ns = 0; t_ns < 1 * S; t_ns += 3 * MS)
        (void)lick_edge(&lick, t_ns);
    assert_int_equal(lick.n_licks, 48); /* every seventh edge, 21 ms apart: 0, 21, .. 987 ms */
}

static void a_gap_longer_than_the_limit_starts_a_bout(void **state)
{
    (void)state;
    struct lick lick = lick_with(20 * MS, 500 * MS);
    (void)lick_edge(&lick, 1 * S);
    (void)lick_edge(&lick, 1 * S + 150 * MS);
    (void)lick_edge(&lick, 1 * S + 650 * MS); /* exactly the limit: the same bout */
    assert_int_equal(lick.n_bouts, 1);
    (void)lick_edge(&lick, 1 * S + 1150 * MS + 1);
    assert_int_equal(lick.n_bouts, 2);
    assert_int_equal(lick.n_licks, 4);
}

static void a_rejected_edge_does_not_keep_a_bout_alive(void **state)
{
    (void)state;
    struct lick lick = lick_with(20 * MS, 30 * MS);
    (void)lick_edge(&lick, 0);
    assert_false(lick_edge(&lick, 15 * MS));
    assert_true(lick_edge(&lick, 31 * MS)); /* 16 ms after the edge, 31 ms after the lick */
    assert_int_equal(lick.n_bouts, 2);
}

static void times_before_the_session_start_are_times_too(void **state)
{
    (void)state;
    struct lick lick = lick_with(20 * MS, 500 * MS);
    assert_true(lick_edge(&lick, -30 * MS));
    assert_false(lick_edge(&lick, -11 * MS));
    assert_true(lick_edge(&lick, -10 * MS));
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct lick_config config;
        const char *what;
    } rows[] = {
        {{1 * MS - 1, 500 * MS}, "refractory"},
        {{500 * MS + 1, 1 * S},  "refractory"},
        {{-20 * MS, 1 * S},      "refractory"},
        {{20 * MS, 20 * MS},     "bout gap"  },
        {{20 * MS, 10 * S + 1},  "bout gap"  },
        {{20 * MS, -1},          "bout gap"  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lick lick;
        struct error err = {0};
        assert_false(lick_init(&lick, &rows[i].config, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_string_equal(err.what, rows[i].what);
    }
    (void)lick_with(1 * MS, 1 * MS + 1);
    (void)lick_with(500 * MS, 10 * S);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_first_edge_is_a_lick_and_a_bout),
    cmocka_unit_test(an_edge_inside_the_refractory_time_is_no_lick),
    cmocka_unit_test(a_chattering_sensor_does_not_hold_off_licks),
    cmocka_unit_test(a_gap_longer_than_the_limit_starts_a_bout),
    cmocka_unit_test(a_rejected_edge_does_not_keep_a_bout_alive),
    cmocka_unit_test(times_before_the_session_start_are_times_too),
    cmocka_unit_test(values_out_of_range_are_refused),
};
TEST_MAIN(tests)
