/* lickrate: the header's formula with the C library's exp and log, defaults of the table. */
#include "engine/model/lickrate.h"
#include "engine/model/model.h"
#include "tests/test.h"
#include <math.h>

static const struct model_param rows[] = {LICKRATE_PARAMS};
static double params[LICKRATE_N_PARAMS];

static int defaults(void **state)
{
    (void)state;
    for (int i = 0; i < LICKRATE_N_PARAMS; i++)
        params[i] = rows[i].def;
    return 0;
}

static void value_raises_the_rate_through_a_soft_threshold(void **state)
{
    (void)state;
    struct lickrate lickrate = {0};
    const double expected = 0.2 + 8 * 0.1 * log(1 + exp((1.0 / 3 - 0.2) / 0.1)); /* vbar is 0.1 / 0.3 of the way to 1 */
    assert_true(fabs(lickrate_step(&lickrate, params, 0.1, 1, HUGE_VAL) - expected) < 1e-13);
}

static void a_negative_value_is_no_value(void **state)
{
    (void)state;
    struct lickrate lickrate = {0};
    const double rest = 0.2 + 8 * 0.1 * log(1 + exp(-2.0));
    assert_true(fabs(lickrate_step(&lickrate, params, 0.1, -5, HUGE_VAL) - rest) < 1e-13);
}

static void the_reward_is_licked_up_for_two_seconds(void **state)
{
    (void)state;
    struct lickrate lickrate = {0};
    const double rest = lickrate_step(&lickrate, params, 0.1, 0, HUGE_VAL);
    assert_true(fabs(lickrate_step(&lickrate, params, 0.1, 0, 2.0) - rest - 5) < 1e-13);
    assert_true(fabs(lickrate_step(&lickrate, params, 0.1, 0, 2.1) - rest) < 1e-13);
}

static void the_rate_has_a_floor(void **state)
{
    (void)state;
    struct lickrate lickrate = {0};
    params[LICKRATE_L0] = params[LICKRATE_L1] = 0;
    assert_true(lickrate_step(&lickrate, params, 0.1, 0, HUGE_VAL) == 1e-3);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(value_raises_the_rate_through_a_soft_threshold, defaults),
    cmocka_unit_test_setup(a_negative_value_is_no_value, defaults),
    cmocka_unit_test_setup(the_reward_is_licked_up_for_two_seconds, defaults),
    cmocka_unit_test_setup(the_rate_has_a_floor, defaults),
};

TEST_MAIN(tests)
