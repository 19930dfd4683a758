/* rng: expected streams from the published formulas (splitmix64, xoshiro256**, FNV-1a) written anew in Python with
 * integers modulo 2^64; quantiles from Python's statistics.NormalDist().inv_cdf. */
#include "engine/base/rng.h"
#include "tests/test.h"
#include <math.h>

/* A generator whose next number is `next`: xoshiro256** backwards, 5 and 9 replaced by their inverses modulo 2^64. */
static struct rng rng_about_to_give(uint64_t next)
{
    const uint64_t rotated = next * 0x8e38e38e38e38e39;
    const uint64_t s1 = (rotated >> 7 | rotated << 57) * 0xcccccccccccccccd;
    return (struct rng){
        .s = {1, s1, 2, 3}
    };
}

/* A generator whose next uniform number is u, a multiple of 2^-53. */
static struct rng rng_about_to_give_uniform(double u)
{
    return rng_about_to_give((uint64_t)(u * 0x1p53) << 11);
}

static void assert_near(double got, double expected, double relative)
{
    if (!(fabs(got - expected) <= relative * fabs(expected)))
        fail_msg("%.17g is not %.17g", got, expected);
}

static void names_have_their_published_hashes(void **state)
{
    (void)state;
    assert_int_equal(rng_hash(""), 0xcbf29ce484222325);
    assert_int_equal(rng_hash("a"), 0xaf63dc4c8601ec8c);
    assert_int_equal(rng_hash("task"), 0xd9603bef07a9524c);
    assert_int_equal(rng_hash("trigger:dip"), 0xd30401fe6844a8d4);
}

static void a_stream_follows_from_seed_and_purpose(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed;
        const char *purpose;
        uint64_t state[4], first[6], number_1000;
    } rows[] = {
        {1,
         "task", {0xa474b7933505e82e, 0x295f09c062a553d3, 0x8238dd137f613084, 0xd2f3133689455c15},
         {0xda5b68ab87de0f1f, 0x3439239502c223cd, 0x261b83f3c6d733dc, 0x1320721defa60665, 0x63295d2167e48c,
          0x970fc106a8401a80},
         0xb3da800598da7c30},
        {UINT64_MAX,
         "sim",  {0xd119b66f6d7ef66e, 0xf255ae147ae16273, 0x6b5191696b3f319d, 0xa631dbb1b1cca602},
         {0x87cccccccf271ec5, 0x988c1ff41e8bc1d4, 0x8d5e7823691181c3, 0x66e8a647d9c23d2f, 0x95fff654d3282fe7,
          0x49edd5f8821b8917},
         0xad34c9d217b316f1},
    };
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        struct rng rng;
        rng_init(&rng, rows[row].seed, rows[row].purpose);
        assert_memory_equal(rng.s, rows[row].state, sizeof rng.s);
        for (int i = 0; i < 6; i++)
            assert_int_equal(rng_next(&rng), rows[row].first[i]);
        for (int i = 7; i < 1000; i++)
            (void)rng_next(&rng);
        assert_int_equal(rng_next(&rng), rows[row].number_1000);
    }
}

static void the_test_can_turn_the_generator_back(void **state)
{
    (void)state;
    struct rng rng = rng_about_to_give(0x0123456789abcdef);
    assert_int_equal(rng_next(&rng), 0x0123456789abcdef);
}

static void uniform_is_the_top_53_bits_and_never_one(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, 1, "task");
    assert_true(rng_uniform(&rng) == 0.8529572886253548);
    assert_true(rng_uniform(&rng) == 0.2039968718334042);
    rng = rng_about_to_give(UINT64_MAX);
    assert_true(rng_uniform(&rng) == 1 - 0x1p-53);
    rng = rng_about_to_give(0x7ff);
    assert_true(rng_uniform(&rng) == 0);
}

static void every_draw_takes_one_number(void **state)
{
    (void)state;
    struct rng drawn, counted;
    rng_init(&drawn, 5, "task");
    rng_init(&counted, 5, "task");
    (void)rng_uniform(&drawn);
    (void)rng_bernoulli(&drawn, 0);
    (void)rng_bernoulli(&drawn, 1);
    (void)rng_exponential(&drawn, 3);
    (void)rng_normal(&drawn, 0, 1);
    (void)rng_choice(&drawn, (const double[]){1}, 1);
    for (int i = 0; i < 6; i++)
        (void)rng_next(&counted);
    assert_memory_equal(&drawn, &counted, sizeof drawn);
}

static void bernoulli_zero_is_never_and_one_is_always(void **state)
{
    (void)state;
    struct rng rng = rng_about_to_give(0);
    assert_false(rng_bernoulli(&rng, 0));
    rng = rng_about_to_give(UINT64_MAX);
    assert_true(rng_bernoulli(&rng, 1));
    rng = rng_about_to_give_uniform(0.25);
    assert_false(rng_bernoulli(&rng, 0.25)); /* u < p, not u <= p */
    rng = rng_about_to_give_uniform(0.25);
    assert_true(rng_bernoulli(&rng, 0.2500001));
}

/* Expected: -2.5 * math.log(1 - u). */
static void exponential_inverts_the_distribution(void **state)
{
    (void)state;
    static const double expected[] = {4.792580452092249, 0.5703804082198587, 0.40293885200920065};
    struct rng rng;
    rng_init(&rng, 1, "task");
    for (int i = 0; i < 3; i++)
        assert_near(rng_exponential(&rng, 2.5), expected[i], 1e-15);
    rng = rng_about_to_give(0);
    assert_true(rng_exponential(&rng, 2.5) == 0);
    rng = rng_about_to_give(UINT64_MAX);
    assert_near(rng_exponential(&rng, 1), 36.7368005696771, 1e-14); /* 53 ln 2 */
}

static void normal_inverts_the_distribution_in_all_three_ranges(void **state)
{
    (void)state;
    static const struct {
        double u, z;
    } rows[] = {
        {0x1p-2,               -0.6744897501960817},
        {0x1.33p-4,
         -1.4398764965970947                      }, /* 0.07495, 0.0752, 0.925: the edges of the middle range are 0.075 and 0.925 */
        {0x1.34p-4,            -1.4381530790030161},
        {0x1.d99999999999ap-1, 1.439531470938456  },
        {0x1.f333333333333p-1, 1.9599639845400536 },
        {0x1p-10,              -3.097269078198784 },
        {0x1p-36,              -6.651035379893009 }, /* the far tail begins at exp(-25), about 2^-36.07 */
        {0x1p-37,              -6.752300431407015 },
        {0x1p-53,              -8.209536151601386 },
        {0x1.fffffffffffffp-1, 8.209536151601386  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rng rng = rng_about_to_give_uniform(rows[i].u);
        assert_near(rng_normal(&rng, 0, 1), rows[i].z, 2e-15);
    }
    struct rng rng = rng_about_to_give_uniform(0.5);
    assert_true(rng_normal(&rng, 3, 2) == 3);
    rng = rng_about_to_give_uniform(0.25);
    assert_near(rng_normal(&rng, 10, 2), 10 - 2 * 0.6744897501960817, 1e-15);
}

static void a_uniform_zero_still_gives_a_finite_normal(void **state)
{
    (void)state;
    struct rng rng = rng_about_to_give(0);
    assert_near(rng_normal(&rng, 0, 1), -8.292361075813595, 1e-15); /* the quantile of 2^-54 */
}

/* Expected: counting through the cumulative sums 1, 1, 3.5, 4 in Python with the uniforms of the stream. */
static void choice_goes_by_weight_in_index_order(void **state)
{
    (void)state;
    static const double weights[] = {1, 0, 2.5, 0.5};
    static const size_t expected[] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 2, 3, 2};
    struct rng rng;
    rng_init(&rng, 1, "task");
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_int_equal(rng_choice(&rng, weights, 4), expected[i]);
}

static void choice_never_takes_an_index_of_weight_zero(void **state)
{
    (void)state;
    struct rng rng = rng_about_to_give(0);
    assert_int_equal(rng_choice(&rng, (const double[]){0, 0, 1}, 3), 2);
    rng = rng_about_to_give(UINT64_MAX);
    assert_int_equal(rng_choice(&rng, (const double[]){1, 0}, 2), 0);
    rng = rng_about_to_give(UINT64_MAX); /* 0x1p-1074 * u rounds up to the sum: no cumulative sum is above it */
    assert_int_equal(rng_choice(&rng, (const double[]){0, 0x1p-1074, 0}, 3), 1);
}

/* With n = 200,000 the standard error of a mean is sd / 447, of a normal's variance sqrt(2 / n) = 0.0032: five of each.
 */
static void means_and_variances_are_those_asked_for(void **state)
{
    (void)state;
    enum { N = 200000 };
    struct rng rng;
    rng_init(&rng, 42, "moments");
    double sum = 0, squares = 0, waited = 0, hits = 0, uniform = 0;
    for (int i = 0; i < N; i++) {
        const double z = rng_normal(&rng, 0, 1);
        sum += z;
        squares += z * z;
        waited += rng_exponential(&rng, 12);
        hits += rng_bernoulli(&rng, 0.3);
        uniform += rng_uniform(&rng);
    }
    assert_true(fabs(sum / N) < 5 / 447.0);
    assert_true(fabs(squares / N - 1) < 5 * 0.0032);
    assert_true(fabs(waited / N - 12) < 5 * 12 / 447.0);
    assert_true(fabs(hits / N - 0.3) < 5 * 0.458 / 447);
    assert_true(fabs(uniform / N - 0.5) < 5 * 0.2887 / 447);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(names_have_their_published_hashes),
    cmocka_unit_test(a_stream_follows_from_seed_and_purpose),
    cmocka_unit_test(the_test_can_turn_the_generator_back),
    cmocka_unit_test(uniform_is_the_top_53_bits_and_never_one),
    cmocka_unit_test(every_draw_takes_one_number),
    cmocka_unit_test(bernoulli_zero_is_never_and_one_is_always),
    cmocka_unit_test(exponential_inverts_the_distribution),
    cmocka_unit_test(normal_inverts_the_distribution_in_all_three_ranges),
    cmocka_unit_test(a_uniform_zero_still_gives_a_finite_normal),
    cmocka_unit_test(choice_goes_by_weight_in_index_order),
    cmocka_unit_test(choice_never_takes_an_index_of_weight_zero),
    cmocka_unit_test(means_and_variances_are_those_asked_for),
};
TEST_MAIN(tests)
