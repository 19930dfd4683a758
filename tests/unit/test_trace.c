/* trace: means by hand. Bins are 5 ms; a bin belongs to a window if its middle does. */
#include "engine/base/units.h"
#include "engine/model/trace.h"
#include "tests/test.h"

static _Alignas(ARENA_ALIGN) uint8_t memory[1 << 16];

static struct trace fresh(void)
{
    struct trace trace;
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    assert_true(trace_init(&trace, &arena, 5 * MS, 2 * S));
    return trace;
}

static void a_window_holds_the_bins_whose_middle_it_holds(void **state)
{
    (void)state;
    struct trace trace = fresh();
    double yhat;
    for (int i = 0; i < 10; i++) {
        (void)trace_sample(&trace, i * 5 * MS + 1, i, true, &yhat);
        (void)trace_close(&trace, 100 + i, false);
    }
    const struct trace_window window = trace_between(&trace, 12 * MS, 28 * MS); /* middles 12.5, 17.5, 22.5, 27.5 */
    assert_int_equal(window.n_usable, 4);
    assert_true(window.y == 3.5 && window.yhat == 103.5);
    assert_int_equal(trace_between(&trace, 13 * MS, 27 * MS).n_usable, 2); /* 17.5, 22.5 */
}

static void a_late_sample_counts_in_the_bin_of_its_own_time(void **state)
{
    (void)state;
    struct trace trace = fresh();
    double yhat = 0;
    for (int i = 0; i < 10; i++)
        (void)trace_close(&trace, 100 + i, false);
    assert_true(trace_sample(&trace, 7 * MS, 3, true, &yhat)); /* its bin is closed */
    assert_true(yhat == 101);
    assert_false(trace_sample(&trace, 51 * MS, 3, true, &yhat)); /* the open one */
    assert_true(trace_between(&trace, 5 * MS, 10 * MS).y == 3);
}

static void blanked_samples_count_as_missing(void **state)
{
    (void)state;
    struct trace trace = fresh();
    double yhat;
    (void)trace_sample(&trace, 1 * MS, 1, true, &yhat);
    (void)trace_sample(&trace, 2 * MS, 99, false, &yhat);
    (void)trace_close(&trace, 5, true);
    const struct trace_window window = trace_between(&trace, 0, 5 * MS);
    assert_int_equal(window.n_samples, 2);
    assert_int_equal(window.n_usable, 1);
    assert_true(window.y == 1 && window.yhat == 5 && window.paused);
}

static void what_is_too_old_or_too_new_is_counted_and_left_out(void **state)
{
    (void)state;
    struct trace trace = fresh();
    double yhat;
    for (int i = 0; i < 4000; i++)
        (void)trace_close(&trace, i, false);
    assert_false(trace_sample(&trace, 1 * S, 1, true, &yhat));
    assert_false(trace_sample(&trace, 30 * S, 1, true, &yhat));
    assert_false(trace_sample(&trace, -1, 1, true, &yhat));
    assert_int_equal(trace.n_stray, 3);
    assert_true(trace_sample(&trace, 18 * S, 1, true, &yhat)); /* 2 s back is promised */
}

static void a_reused_bin_has_forgotten_its_samples(void **state)
{
    (void)state;
    struct trace trace = fresh();
    double yhat;
    for (uint32_t i = 0; i < 3 * trace.n_bins; i++) {
        (void)trace_sample(&trace, (int64_t)i * 5 * MS, 1, true, &yhat);
        (void)trace_close(&trace, 0, false);
    }
    assert_int_equal(trace_between(&trace, 0, trace_end_ns(&trace)).n_usable, trace.n_bins);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_window_holds_the_bins_whose_middle_it_holds),
    cmocka_unit_test(a_late_sample_counts_in_the_bin_of_its_own_time),
    cmocka_unit_test(blanked_samples_count_as_missing),
    cmocka_unit_test(what_is_too_old_or_too_new_is_counted_and_left_out),
    cmocka_unit_test(a_reused_bin_has_forgotten_its_samples),
};

TEST_MAIN(tests)
