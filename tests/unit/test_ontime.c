/* ontime: expected times by hand; the window is 1 s unless said otherwise, so that a cell is 15.625 ms. */
#include "engine/base/units.h"
#include "engine/safety/ontime.h"
#include "tests/test.h"

static struct ontime ontime;

static int fresh(void **state)
{
    (void)state;
    ontime_init(&ontime, S);
    return 0;
}

static void nothing_was_on_at_first(void **state)
{
    (void)state;
    assert_int_equal(ontime_since(&ontime, INT64_MIN / 2), 0);
}

static void a_single_on_time_is_counted_by_its_overlap(void **state)
{
    (void)state;
    ontime_add(&ontime, 100 * MS, 300 * MS);
    assert_int_equal(ontime_since(&ontime, 0), 200 * MS);
    assert_int_equal(ontime_since(&ontime, 100 * MS), 200 * MS);
    assert_int_equal(ontime_since(&ontime, 250 * MS), 50 * MS);
    assert_int_equal(ontime_since(&ontime, 300 * MS - 1), 1);
    assert_int_equal(ontime_since(&ontime, 300 * MS), 0);
}

static void pulses_a_cell_apart_are_exact(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) /* 5 ms at 20 Hz: a tenth of the time */
        ontime_add(&ontime, i * 50 * MS, i * 50 * MS + 5 * MS);
    assert_int_equal(ontime_since(&ontime, 0), 100 * MS);
    assert_int_equal(ontime_since(&ontime, 2 * MS), 98 * MS);
    assert_int_equal(ontime_since(&ontime, 950 * MS), 5 * MS);
}

static void pulses_within_a_cell_are_joined_and_counted_late(void **state)
{
    (void)state;
    ontime_add(&ontime, 0, 1 * MS);
    ontime_add(&ontime, 10 * MS, 12 * MS); /* begins within 15.625 ms of the first: one part of 3 ms until 12 ms */
    assert_int_equal(ontime_since(&ontime, 0), 3 * MS);
    assert_int_equal(ontime_since(&ontime, 9 * MS), 3 * MS);
    assert_int_equal(ontime_since(&ontime, 11 * MS), 1 * MS);
    assert_int_equal(ontime_since(&ontime, 12 * MS), 0);
}

static void a_window_of_the_shortest_pulses_fits_and_is_never_too_little(void **state)
{
    (void)state;
    int64_t on_ns = 0;
    for (int64_t t_ns = 0; t_ns < 10 * S; t_ns += 200 * US) { /* half of the time, far below a cell */
        ontime_add(&ontime, t_ns, t_ns + 100 * US);
        on_ns = t_ns + 100 * US;
        assert_in_range(ontime.n, 1, ONTIME_PARTS - 1); /* never so full that it has to join more than a cell */
    }
    const int64_t used_ns = ontime_since(&ontime, on_ns - S);
    assert_in_range(used_ns, 500 * MS, 500 * MS + S / 64); /* at most a cell too much */
}

static void what_is_older_than_a_window_is_forgotten(void **state)
{
    (void)state;
    ontime_add(&ontime, 0, 400 * MS);
    ontime_add(&ontime, 1 * S, 1400 * MS); /* the first one ends exactly a window before this one does */
    assert_int_equal(ontime.n, 1);
    ontime_add(&ontime, 2 * S, 2400 * MS - 1);
    assert_int_equal(ontime.n, 2);
}

static void without_a_window_nothing_is_kept(void **state)
{
    (void)state;
    ontime_init(&ontime, 0);
    ontime_add(&ontime, 0, S);
    assert_int_equal(ontime.n, 0);
}

static void nothing_is_no_on_time(void **state)
{
    (void)state;
    ontime_add(&ontime, 5 * MS, 5 * MS);
    ontime_add(&ontime, 5 * MS, 4 * MS);
    assert_int_equal(ontime.n, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(nothing_was_on_at_first, fresh),
    cmocka_unit_test_setup(a_single_on_time_is_counted_by_its_overlap, fresh),
    cmocka_unit_test_setup(pulses_a_cell_apart_are_exact, fresh),
    cmocka_unit_test_setup(pulses_within_a_cell_are_joined_and_counted_late, fresh),
    cmocka_unit_test_setup(a_window_of_the_shortest_pulses_fits_and_is_never_too_little, fresh),
    cmocka_unit_test_setup(what_is_older_than_a_window_is_forgotten, fresh),
    cmocka_unit_test_setup(without_a_window_nothing_is_kept, fresh),
    cmocka_unit_test_setup(nothing_is_no_on_time, fresh),
};
TEST_MAIN(tests)
