/* gen: the properties below are false on purpose; their smallest counter-examples follow by hand. */
#include "tests/property/gen.h"
#include "tests/test.h"

/* False for a list with a number above 1000: the shortest has one, 1001. */
static bool all_are_small(struct gen *gen)
{
    const uint64_t n = gen_below(gen, 100);
    for (uint64_t i = 0; i < n; i++)
        if (gen_below(gen, 1000000) > 1000)
            return gen_say(gen, "above 1000 among %d", (int)n);
    return true;
}

static bool numbers_are_in_range(struct gen *gen)
{
    for (int i = 0; i < 100; i++) {
        const int64_t x = gen_between(gen, -3, 3);
        if (gen_below(gen, 7) >= 7 || x < -3 || x > 3 || gen_chance(gen, 0) || !gen_chance(gen, 100))
            return gen_say(gen, "out of range");
    }
    return gen_between(gen, INT64_MIN + 1, INT64_MAX) != INT64_MIN;
}

static uint64_t drawn[2];
static int n_runs;

static bool remember(struct gen *gen)
{
    drawn[n_runs % 2] = gen_below(gen, UINT64_MAX);
    n_runs++;
    return true;
}

static void a_counterexample_is_found_and_made_small(void **state)
{
    (void)state;
    struct gen_found found;
    assert_true(gen_find(all_are_small, test_seed, 100, &found));
    assert_int_equal(found.n_draws, 2);
    assert_int_equal(found.sum, 1 + 1001);
    assert_string_equal(found.last, "above 1000 among 1");
}

static void the_seed_that_is_printed_fails_at_once(void **state)
{
    (void)state;
    struct gen_found found, again;
    assert_true(gen_find(all_are_small, test_seed, 100, &found));
    assert_true(gen_find(all_are_small, found.seed, 1, &again));
    assert_string_equal(again.first, found.first);
    assert_int_equal(again.seed, found.seed);
}

static void a_property_that_holds_is_left_alone(void **state)
{
    (void)state;
    struct gen_found found;
    assert_false(gen_find(numbers_are_in_range, test_seed, 100, &found));
}

static void cases_differ_and_come_again_with_their_seed(void **state)
{
    (void)state;
    struct gen_found found;
    n_runs = 0;
    assert_false(gen_find(remember, 5, 2, &found));
    assert_int_equal(n_runs, 2);
    const uint64_t second = drawn[1];
    assert_true(drawn[0] != second);
    assert_false(gen_find(remember, 6, 1, &found));
    assert_true(drawn[0] == second);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_counterexample_is_found_and_made_small),
    cmocka_unit_test(the_seed_that_is_printed_fails_at_once),
    cmocka_unit_test(a_property_that_holds_is_left_alone),
    cmocka_unit_test(cases_differ_and_come_again_with_their_seed),
};
TEST_MAIN(tests)
