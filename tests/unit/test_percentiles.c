#include "engine/base/rng.h"
#include "session/percentiles.h"
#include "tests/test.h"

enum { N = 20000 };

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The reference: sort, take the value of rank ceil(n * p). */
static void expect_like_sorted(int64_t *values, size_t n)
{
    static struct percentiles percentiles;
    static const uint32_t permilles[] = {1, 10, 250, 500, 900, 990, 999, 1000};
    memset(&percentiles, 0, sizeof percentiles);
    for (size_t i = 0; i < n; i++)
        percentiles_add(&percentiles, values[i]);
    qsort(values, n, sizeof *values, compare);
    assert_int_equal(percentiles.n, n);
    assert_int_equal(percentiles.max_ns, values[n - 1]);
    for (size_t i = 0; i < sizeof permilles / sizeof *permilles; i++) {
        const int64_t exact = values[(n * permilles[i] + 999) / 1000 - 1];
        const int64_t got = percentiles_at(&percentiles, permilles[i]);
        const int64_t error = got > exact ? got - exact : exact - got;
        if (error > exact / 250) /* 0.4 %; 0 below 250 */
            fail_msg("%u of 1000: %lld, exactly %lld", permilles[i], (long long)got, (long long)exact);
    }
}

static void percentiles_are_those_of_the_sorted_values(void **state)
{
    (void)state;
    static int64_t values[N];
    struct rng rng;
    rng_init(&rng, test_seed, "percentiles");
    for (int bits = 1; bits <= 63; bits++) {
        const size_t n = 1 + rng_next(&rng) % N;
        for (size_t i = 0; i < n; i++) /* each number of bits is as likely as the others */
            values[i] = (int64_t)(rng_next(&rng) >> (64 - bits) >> rng_next(&rng) % (uint64_t)bits);
        expect_like_sorted(values, n);
    }
}

static void few_values_have_the_nearest_ranks(void **state)
{
    (void)state;
    static struct percentiles percentiles;
    assert_int_equal(percentiles_at(&percentiles, 500), 0); /* none yet */
    for (int64_t i = 10; i >= 1; i--)
        percentiles_add(&percentiles, 10 * i);
    /* by hand, of 10, 20 ... 100: ranks ceil(5), ceil(5.01), ceil(9.9), ceil(0.01) */
    assert_int_equal(percentiles_at(&percentiles, 500), 50);
    assert_int_equal(percentiles_at(&percentiles, 501), 60);
    assert_int_equal(percentiles_at(&percentiles, 990), 100);
    assert_int_equal(percentiles_at(&percentiles, 1), 10);
}

static void the_ends_of_the_range_are_counted(void **state)
{
    (void)state;
    static struct percentiles percentiles;
    percentiles_add(&percentiles, -5);
    percentiles_add(&percentiles, INT64_MIN);
    assert_int_equal(percentiles_at(&percentiles, 1000), 0);
    percentiles_add(&percentiles, INT64_MAX);
    assert_int_equal(percentiles.max_ns, INT64_MAX);
    assert_int_equal(percentiles.n, 3);
    assert_true(percentiles_at(&percentiles, 1000) > INT64_MAX - INT64_MAX / 250);
    assert_int_equal(percentiles_at(&percentiles, 600), 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(percentiles_are_those_of_the_sorted_values),
    cmocka_unit_test(few_values_have_the_nearest_ranks),
    cmocka_unit_test(the_ends_of_the_range_are_counted),
};
TEST_MAIN(tests)
