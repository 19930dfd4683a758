#include "tests/test.h"
#include "cli/bench_cyclictest.h"
#include "engine/base/units.h"
#include "tests/unit/scratch.h"

static struct percentiles late;
static int64_t missed;

static bool from_text(const char *text, int64_t period_ns)
{
    struct error err = {0};
    memset(&late, 0, sizeof late);
    scratch_write(scratch_path("json"), text, strlen(text));
    return bench_cyclictest_read(scratch_path("json"), period_ns, &late, &missed, &err);
}

/* As rt-tests 2.4 writes it, with what is not read left out. */
static void each_latency_of_the_histogram_counts(void **state)
{
    (void)state;
    assert_true(from_text("{\"file_version\": 1, \"num_threads\": 1, \"thread\": {\"0\": {\"histogram\": {\"3\": 90, "
                          "\"50\": 9, \"1200\": 1}, \"cycles\": 100, \"min\": 3, \"max\": 1200}}}",
                          MS));
    assert_int_equal(late.n, 100);
    assert_int_equal(missed, 1);
    assert_int_equal(percentiles_at(&late, 500) / US, 3);
    assert_int_equal(percentiles_at(&late, 990) / US, 50);
    assert_int_equal(late.max_ns / US, 1200);
}

static void what_is_beyond_the_histogram_counts_as_the_largest(void **state)
{
    (void)state;
    assert_true(from_text("{\"thread\": {\"0\": {\"histogram\": {\"3\": 98}, \"cycles\": 100, \"max\": 250000}}}", MS));
    assert_int_equal(late.n, 100);
    assert_int_equal(missed, 2);
    assert_int_equal(late.max_ns / US, 250000);
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    assert_false(from_text("", MS));
    assert_false(from_text("{}", MS));
    assert_false(from_text("{\"thread\": {\"0\": {\"histogram\": {}, \"cycles\": 0, \"max\": 0}}}", MS));
    assert_false(from_text("{\"thread\": {\"0\": {\"histogram\": {\"3\": 5}, \"cycles\": 4, \"max\": 3}}}", MS));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_latency_of_the_histogram_counts),
    cmocka_unit_test(what_is_beyond_the_histogram_counts_as_the_largest),
    cmocka_unit_test(anything_else_is_refused),
};
TEST_MAIN(tests)
