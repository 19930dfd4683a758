/* posterior: weights of two and three instances; the numbers come from the recursion of the specification, done once in
 * NumPy by hand. */
#include "engine/model/posterior.h"
#include "tests/test.h"
#include <math.h>

static struct score_event scored(double log_score, double z)
{
    return (struct score_event){.log_score = log_score, .z = z, .standardised = true};
}

static bool add(struct posterior *posterior, uint32_t i, int64_t t_ns, double p, double log_score)
{
    const struct score_event event = scored(log_score, 0);
    return posterior_add(posterior, i, SCORE_US, t_ns, 1, p, &event);
}

static void weights_start_equal_and_follow_the_log_scores(void **state)
{
    (void)state;
    struct posterior posterior;
    posterior_init(&posterior, 2);
    assert_true(fabs(posterior.weight[0] - 0.5) < 1e-15);
    assert_false(add(&posterior, 0, 10, 0, -1));
    assert_true(add(&posterior, 1, 10, 0, -2));
    assert_true(fabs(posterior.weight[0] - 0.7310585786300049) < 1e-12);
    assert_false(add(&posterior, 1, 20, 0, -3));
    assert_true(add(&posterior, 0, 20, 0, 0));
    assert_true(fabs(posterior.weight[0] - 0.9818363089715675) < 1e-12);
    assert_int_equal(posterior.n_events, 2);
}

static void no_model_is_ever_ruled_out(void **state)
{
    (void)state;
    struct posterior posterior;
    posterior_init(&posterior, 3);
    for (int64_t t_ns = 0; t_ns < 100; t_ns++)
        for (uint32_t i = 0; i < 3; i++)
            (void)add(&posterior, i, t_ns, 0, i == 0 ? 0 : -20);
    assert_true(fabs(posterior.weight[1] - 1e-6) < 1e-11);
    assert_true(fabs(posterior.weight[0] + posterior.weight[1] + posterior.weight[2] - 1) < 1e-12);
}

static void the_average_is_made_with_the_weights_before_the_event(void **state)
{
    (void)state;
    struct posterior posterior;
    posterior_init(&posterior, 2);
    (void)add(&posterior, 0, 10, 0.4, -1);
    assert_true(add(&posterior, 1, 10, 0.8, -9));
    assert_true(fabs(posterior.p_average - 0.6) < 1e-15);
    assert_true(fabs(posterior.residual_average - 0.4) < 1e-15);
}

static void an_event_counts_when_all_have_reported_it(void **state)
{
    (void)state;
    struct posterior posterior;
    posterior_init(&posterior, 2);
    assert_false(add(&posterior, 0, 10, 0, -1));
    assert_false(add(&posterior, 0, 20, 0, -1));
    assert_true(add(&posterior, 1, 20, 0, -2)); /* the later one first */
    assert_true(add(&posterior, 1, 10, 0, -2));
    assert_int_equal(posterior.n_waiting, 0);
    for (int64_t t_ns = 0; t_ns < POSTERIOR_WAITING_MAX + 2; t_ns++)
        assert_false(add(&posterior, 0, 100 + t_ns, 0, -1)); /* instance 1 is silent */
    assert_int_equal(posterior.n_dropped, 2);
}

static void an_event_without_log_score_weighs_nothing(void **state)
{
    (void)state;
    struct posterior posterior;
    posterior_init(&posterior, 2);
    const struct score_event plain = {.residual = 1};
    (void)posterior_add(&posterior, 0, SCORE_CUE, 10, 1, 0, &plain);
    assert_true(posterior_add(&posterior, 1, SCORE_CUE, 10, 1, 1, &plain));
    assert_true(posterior.weight[0] == posterior.weight[1]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(weights_start_equal_and_follow_the_log_scores),
    cmocka_unit_test(no_model_is_ever_ruled_out),
    cmocka_unit_test(the_average_is_made_with_the_weights_before_the_event),
    cmocka_unit_test(an_event_counts_when_all_have_reported_it),
    cmocka_unit_test(an_event_without_log_score_weighs_nothing),
};

TEST_MAIN(tests)
