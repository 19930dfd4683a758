/* td: two features by hand, gamma 1/2 and lambda 1/2 (time constants dt / ln 2), rate 1/2. */
#include "engine/model/td.h"
#include "tests/test.h"
#include <math.h>

#define TAU (1 / 0.6931471805599453) /* of a factor 1/2 per step of 1 s */

static _Alignas(64) uint8_t memory[8192];

static struct td fresh(double tau_forget_s)
{
    struct td td;
    assert_true(td_size(3) <= sizeof memory);
    td_init(&td, memory, 3);
    td_rates(&td, 1, TAU, TAU, tau_forget_s);
    return td;
}

static double close_step(struct td *td, int feature, double r)
{
    double value;
    td_begin(td);
    if (feature >= 0)
        td_feature(td, (uint32_t)feature, 1);
    const double delta = td_error(td, r, &value);
    td_learn(td, 0.5, delta);
    return delta;
}

static bool near(double a, double b)
{
    return fabs(a - b) < 1e-14;
}

static void a_reward_is_credited_to_what_came_before(void **state)
{
    (void)state;
    struct td td = fresh(HUGE_VAL);
    assert_true(close_step(&td, 0, 0) == 0);
    assert_true(close_step(&td, 1, 0) == 0);
    assert_true(close_step(&td, -1, 1) == 1); /* e = {1/4, 1}: one step of decay is gamma * lambda */
    assert_true(near(td.w[0], 0.125) && near(td.w[1], 0.5) && td.w[2] == 0);
    assert_true(close_step(&td, -1, 0) == 0);
    assert_true(near(close_step(&td, 0, 0), 0.5 * 0.125)); /* gamma V(0) - 0 */
}

static void replacing_traces_do_not_add_up(void **state)
{
    (void)state;
    struct td td = fresh(HUGE_VAL);
    for (int pass = 0; pass < 2; pass++) {
        td_init(&td, memory, 3);
        td_rates(&td, 1, TAU, TAU, HUGE_VAL);
        td.replacing = pass == 1;
        for (int i = 0; i < 3; i++)
            (void)close_step(&td, 0, 0); /* x_prev: none, 0, 0 */
        assert_true(near(td.e[0], pass == 1 ? 1 : 1.25));
    }
}

static void weights_fade_only_while_learning(void **state)
{
    (void)state;
    struct td td = fresh(10);
    td.w[2] = 1;
    (void)close_step(&td, -1, 0);
    assert_true(near(td.w[2], 0.9));
    td_begin(&td);
    td_learn(&td, 0, 0); /* paused */
    assert_true(near(td.w[2], 0.9));
}

static void an_old_trace_leaves_the_list(void **state)
{
    (void)state;
    struct td td = fresh(HUGE_VAL);
    (void)close_step(&td, 1, 0);
    for (int i = 0; i < 20; i++)
        (void)close_step(&td, -1, 0); /* 1, 1/4 ... (1/4)^19 = 3.6e-12 */
    assert_int_equal(td.n_eligible, 1);
    (void)close_step(&td, -1, 0); /* 9e-13 is less than 1e-12 */
    assert_int_equal(td.n_eligible, 0);
    assert_true(td.e[1] == 0);
}

static void without_time_constants_there_is_no_discount_and_no_trace(void **state)
{
    (void)state;
    struct td td = fresh(HUGE_VAL);
    td_rates(&td, 0.1, HUGE_VAL, 0, HUGE_VAL);
    assert_true(td.gamma == 1 && td.decay == 0 && td.keep == 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_reward_is_credited_to_what_came_before),
    cmocka_unit_test(replacing_traces_do_not_add_up),
    cmocka_unit_test(weights_fade_only_while_learning),
    cmocka_unit_test(an_old_trace_leaves_the_list),
    cmocka_unit_test(without_time_constants_there_is_no_discount_and_no_trace),
};

TEST_MAIN(tests)
