/* score: figures computed once with NumPy from the definitions (variance with n - 1, SD with n). */
#include "engine/model/score.h"
#include "tests/test.h"
#include <math.h>

static const double first_m[10] = {0.1, 0.2, 0.15, 0.3, 0.05, 0.12, 0.22, 0.18, 0.25, 0.11};

static struct score with_ten(int type)
{
    struct score score = {0};
    for (int i = 0; i < 10; i++)
        assert_false(score_add(&score, type, first_m[i], 0.1).standardised);
    return score;
}

static void the_first_ten_set_the_noise_and_the_eleventh_is_scored_by_it(void **state)
{
    (void)state;
    struct score score = with_ten(SCORE_US);
    assert_true(fabs(score.type[SCORE_US].variance - 0.00146) < 1e-15);
    assert_true(score.type[SCORE_POOLED].log_score == 0);
    const struct score_event event = score_add(&score, SCORE_US, 0.3, 0.2);
    assert_true(event.standardised);
    assert_true(fabs(event.residual - 0.1) < 1e-15);
    assert_true(fabs(event.z - 2.617119612951068) < 1e-12);
    assert_true(fabs(event.log_score + 1.0789366458203) < 1e-12);
    assert_true(fabs(score.type[SCORE_US].variance - 0.001887) < 1e-15); /* after scoring */
    assert_true(fabs(score.type[SCORE_POOLED].log_score + 1.0789366458203) < 1e-12);
    assert_true(fabs(score_bic(&score, 5) - 2 * 1.0789366458203) < 1e-12); /* ln 1 = 0 */
}

static void types_have_noise_of_their_own(void **state)
{
    (void)state;
    struct score score = with_ten(SCORE_US);
    assert_false(score_add(&score, SCORE_CUE + 2, 0.3, 0.2).standardised);
    assert_true(score_add(&score, SCORE_US, 0.3, 0.2).standardised);
}

static void one_wild_event_counts_as_five_deviations(void **state)
{
    (void)state;
    struct score score = with_ten(SCORE_OMISSION);
    const double worst = -0.5 * log(2 * 3.141592653589793 * 0.00146) - 12.5;
    assert_true(fabs(score_add(&score, SCORE_OMISSION, 100, 0).log_score - worst) < 1e-12);
}

static void the_noise_has_a_floor(void **state)
{
    (void)state;
    struct score score = {0};
    for (int i = 0; i < 200; i++)
        (void)score_add(&score, SCORE_CUE, 0.1, 0.1);
    assert_true(score.type[SCORE_CUE].variance == 4e-6);
}

static void figures_are_those_of_the_definitions(void **state)
{
    (void)state;
    static const double m[4] = {0.1, 0.3, 0.2, 0.5}, p[4] = {0.2, 0.2, 0.1, 0.6};
    struct score score = {0};
    for (int i = 0; i < 4; i++)
        (void)score_add(&score, i % 2 == 0 ? SCORE_CUE : SCORE_US, m[i], p[i]);
    const struct score_sums *pooled = &score.type[SCORE_POOLED].all;
    assert_true(fabs(score_r(pooled) - 0.85823175386454) < 1e-12);
    assert_true(fabs(score_r2(pooled) - 0.5428571428571429) < 1e-12);
    assert_true(fabs(score_nrmse(pooled) - 0.6761234037828132) < 1e-12);
    assert_true(score.type[SCORE_CUE].all.n == 2);
    assert_true(fabs(score.type[SCORE_CUE].recent.n - 1.99) < 1e-15); /* forgotten with 0.99 */
}

static void figures_without_spread_are_0(void **state)
{
    (void)state;
    struct score score = {0};
    const struct score_sums *sums = &score.type[SCORE_POOLED].all;
    assert_true(score_r(sums) == 0 && score_r2(sums) == 0 && score_nrmse(sums) == 0 && score_bic(&score, 3) == 0);
    (void)score_add(&score, SCORE_US, 0.3, 0.1);
    assert_true(score_r(sums) == 0 && score_r2(sums) == 0);
}

static void the_mean_of_earlier_events_forgets_slowly(void **state)
{
    (void)state;
    struct score score = {0};
    assert_true(score_mean(&score, SCORE_US) == 0);
    (void)score_add(&score, SCORE_US, 1, 0);
    (void)score_add(&score, SCORE_US, 0, 0);
    assert_true(fabs(score_mean(&score, SCORE_US) - 0.98 / 1.98) < 1e-15);
    assert_true(score_mean(&score, SCORE_CUE) == 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_first_ten_set_the_noise_and_the_eleventh_is_scored_by_it),
    cmocka_unit_test(types_have_noise_of_their_own),
    cmocka_unit_test(one_wild_event_counts_as_five_deviations),
    cmocka_unit_test(the_noise_has_a_floor),
    cmocka_unit_test(figures_are_those_of_the_definitions),
    cmocka_unit_test(figures_without_spread_are_0),
    cmocka_unit_test(the_mean_of_earlier_events_forgets_slowly),
};

TEST_MAIN(tests)
