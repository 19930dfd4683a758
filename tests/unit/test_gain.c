/* gain: the running fit against data whose gain and offset are known because the test made them. */
#include "engine/base/rng.h"
#include "engine/model/gain.h"
#include "tests/test.h"
#include <math.h>

#define FIT_S 0.05
#define TAU_S 300.0

/* One event: 6 s of a response of 1 s, in fit steps, scaled by g and o, with noise of `sd`. */
static void event(struct gain *gain, struct rng *rng, double g, double o, double sd)
{
    const double size = 0.2 + 0.2 * rng_uniform(rng);
    for (int i = 0; i < 120; i++) {
        const double yhat = i >= 20 && i < 40 ? size : 0;
        gain_step(gain, yhat, g * yhat + o + rng_normal(rng, 0, sd));
    }
}

static void gain_and_offset_are_found_within_5_percent_after_100_events(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct gain gain;
        struct rng rng;
        rng_init(&rng, seed, "test");
        gain_init(&gain, FIT_S, TAU_S, 1, 0);
        for (int i = 0; i < 100; i++)
            event(&gain, &rng, 2.5, 0.12, 0.112 * 2.5); /* the SD of the predicted signal: noise at 1:1 */
        assert_true(fabs(gain.g - 2.5) < 0.05 * 2.5);
        assert_true(fabs(gain.o - 0.12) < 0.05 * 2.5 * 0.112 + 0.05 * 0.12);
    }
}

static void without_noise_the_fit_is_exact_at_once(void **state)
{
    (void)state;
    struct gain gain;
    struct rng rng;
    rng_init(&rng, 1, "test");
    gain_init(&gain, FIT_S, TAU_S, 1, 0);
    event(&gain, &rng, 0.7, -0.05, 0);
    assert_true(fabs(gain.g - 0.7) < 1e-2);
    assert_true(fabs(gain.o + 0.05) < 1e-3);
}

static void a_reversed_signal_never_makes_the_gain_negative(void **state)
{
    (void)state;
    struct gain gain;
    struct rng rng;
    rng_init(&rng, 1, "test");
    gain_init(&gain, FIT_S, TAU_S, 1, 0);
    for (int i = 0; i < 100; i++) {
        event(&gain, &rng, -2, 0.1, 0.1);
        assert_true(gain.g >= 0.01);
    }
    assert_true(gain.g == 0.01);
}

static void an_artefact_moves_little(void **state)
{
    (void)state;
    struct gain gain;
    struct rng rng;
    rng_init(&rng, 1, "test");
    gain_init(&gain, FIT_S, TAU_S, 1, 0);
    for (int i = 0; i < 50; i++)
        event(&gain, &rng, 1, 0, 0.02);
    const double g = gain.g, o = gain.o;
    gain_step(&gain, 0.3, 50);
    assert_int_equal(gain.n_clipped, 1);
    assert_true(fabs(gain.g - g) < 0.01 && fabs(gain.o - o) < 0.01);
}

static void nothing_to_fit_winds_nothing_up(void **state)
{
    (void)state;
    struct gain gain;
    gain_init(&gain, FIT_S, TAU_S, 3, 0.1);
    for (int i = 0; i < 200000; i++) /* almost three hours */
        gain_step(&gain, 0, 0.1);
    assert_true(gain.p11 + gain.p22 <= 1000 * (1 + 1e-12));
    assert_true(gain.g == 3);
    assert_true(fabs(gain.o - 0.1) < 1e-12);
}

static void a_changed_signal_is_noticed_and_learned_anew(void **state)
{
    (void)state;
    struct gain gain;
    struct rng rng;
    rng_init(&rng, 1, "test");
    gain_init(&gain, FIT_S, TAU_S, 1, 0);
    for (int i = 0; i < 60; i++)
        event(&gain, &rng, 1, 0, 0.01);
    assert_int_equal(gain.n_resets, 0);
    int n_events = 0;
    for (; n_events < 20 && gain.n_resets == 0; n_events++)
        event(&gain, &rng, 1, 0.8, 0.01);
    assert_int_equal(gain.n_resets, 1);
    for (int i = 0; i < 5; i++)
        event(&gain, &rng, 1, 0.8, 0.01);
    assert_true(fabs(gain.o - 0.8) < 0.05);
    assert_int_equal(gain.n_resets, 1); /* a reset a minute at most */
}

static void the_start_is_kept_in_range(void **state)
{
    (void)state;
    struct gain gain;
    gain_init(&gain, FIT_S, TAU_S, -4, 7);
    assert_true(gain.g == 0.01 && gain.o == 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(gain_and_offset_are_found_within_5_percent_after_100_events),
    cmocka_unit_test(without_noise_the_fit_is_exact_at_once),
    cmocka_unit_test(a_reversed_signal_never_makes_the_gain_negative),
    cmocka_unit_test(an_artefact_moves_little),
    cmocka_unit_test(nothing_to_fit_winds_nothing_up),
    cmocka_unit_test(a_changed_signal_is_noticed_and_learned_anew),
    cmocka_unit_test(the_start_is_kept_in_range),
};

TEST_MAIN(tests)
