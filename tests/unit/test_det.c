/* det: against MPFR with 64 bits, on random arguments (--seed) over the ranges in use and on the hard ones, then
 * special values, then pinned bits. */
#include "engine/base/det.h"
#include "engine/base/rng.h"
#include "tests/test.h"
#include <math.h>
#include <mpfr.h>

static const double infinity = (double)INFINITY, not_a_number = (double)NAN;

static double double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double sine(double x)
{
    double s, c;
    det_sincos(x, &s, &c);
    return s;
}

static double cosine(double x)
{
    double s, c;
    det_sincos(x, &s, &c);
    return c;
}

typedef double det_fn(double x);
typedef int mpfr_fn(mpfr_t y, const mpfr_t x, mpfr_rnd_t rounding);

/* One function and its true one. */
struct pair {
    const char *name;
    det_fn *det;
    mpfr_fn *truth;
};

static const struct pair exp_pair = {"exp", det_exp, mpfr_exp}, log_pair = {"log", det_log, mpfr_log},
                         log1p_pair = {"log1p", det_log1p, mpfr_log1p}, sine_pair = {"sin", sine, mpfr_sin},
                         cosine_pair = {"cos", cosine, mpfr_cos}, tanh_pair = {"tanh", det_tanh, mpfr_tanh};

/* How far det(x) is from the truth, in units of the last place of the truth (of a double, subnormal ones included). */
static double error_ulp(const struct pair *pair, double x)
{
    mpfr_t truth;
    mpfr_init2(truth, 64);
    mpfr_t argument;
    mpfr_init2(argument, 53);
    mpfr_set_d(argument, x, MPFR_RNDN);
    pair->truth(truth, argument, MPFR_RNDN);
    const mpfr_exp_t exponent = mpfr_zero_p(truth) ? -1074 : mpfr_get_exp(truth) - 53;
    mpfr_sub_d(truth, truth, pair->det(x), MPFR_RNDN);
    mpfr_mul_2si(truth, truth, exponent < -1074 ? 1074 : -exponent, MPFR_RNDN);
    const double error = fabs(mpfr_get_d(truth, MPFR_RNDN));
    mpfr_clear(argument);
    mpfr_clear(truth);
    return error;
}

static void assert_within(const struct pair *pair, double x, double ulp)
{
    const double error = error_ulp(pair, x);
    if (!(error <= ulp))
        fail_msg("%s(%a) = %a is %.3f ulp off", pair->name, x, pair->det(x), error);
}

/* n arguments spread evenly over [low, high]. */
static void assert_even(const struct pair *pair, double low, double high, int n, double ulp)
{
    struct rng rng;
    rng_init(&rng, test_seed, pair->name);
    for (int i = 0; i < n; i++)
        assert_within(pair, low + (high - low) * rng_uniform(&rng), ulp);
}

/* n arguments of both signs (or only positive) whose binary exponents are spread evenly over [low, high). */
static void assert_scales(const struct pair *pair, int low, int high, bool both_signs, int n, double ulp)
{
    struct rng rng;
    rng_init(&rng, test_seed, pair->name);
    for (int i = 0; i < n; i++) {
        const int exponent = low + (int)(rng_uniform(&rng) * (high - low));
        const double x = ldexp(1 + rng_uniform(&rng), exponent);
        assert_within(pair, both_signs && rng_bernoulli(&rng, 0.5) ? -x : x, ulp);
    }
}

static void exp_is_within_one_ulp(void **state)
{
    (void)state;
    assert_even(&exp_pair, -1, 1, 60000, 1);
    assert_even(&exp_pair, -40, 40, 60000, 1);
    assert_even(&exp_pair, -708.39, 709.78, 50000, 1);
    assert_scales(&exp_pair, -60, 3, true, 30000, 1);
}

static void exp_underflows_gradually_within_two_ulp(void **state)
{
    (void)state;
    assert_even(&exp_pair, -745.13, -708.39, 20000, 2);
}

static void log_is_within_one_ulp(void **state)
{
    (void)state;
    assert_even(&log_pair, 0.5, 2, 80000, 1);
    assert_even(&log_pair, 0.99, 1.01, 40000, 1);
    assert_scales(&log_pair, -1022, 1024, false, 60000, 1);
    assert_even(&log_pair, 0, 0x1p-1022, 20000, 1);
}

static void log1p_is_within_one_ulp(void **state)
{
    (void)state;
    assert_even(&log1p_pair, -1, 1, 90000, 1);
    assert_scales(&log1p_pair, -70, 0, true, 60000, 1);
    assert_scales(&log1p_pair, 0, 1024, false, 50000, 1);
}

static void sine_and_cosine_are_within_one_ulp(void **state)
{
    (void)state;
    assert_even(&sine_pair, -3.2, 3.2, 50000, 1);
    assert_even(&cosine_pair, -3.2, 3.2, 50000, 1);
    assert_even(&sine_pair, -1e6, 1e6, 40000, 1);
    assert_even(&cosine_pair, -1e6, 1e6, 40000, 1);
    assert_scales(&sine_pair, -60, 0, true, 20000, 1);
    assert_scales(&cosine_pair, -60, 0, true, 10000, 1);
}

static void sine_and_cosine_stay_good_next_to_their_zeros(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, test_seed, "zeros");
    for (int i = 0; i < 40000; i++) {
        const double x = floor(rng_uniform(&rng) * 636619) * 1.57079632679489661923; /* nearest double, or next to it */
        assert_within(&sine_pair, x, 1);
        assert_within(&cosine_pair, x, 1);
    }
}

static void tanh_is_within_two_ulp(void **state)
{
    (void)state;
    assert_even(&tanh_pair, -1, 1, 100000, 2);
    assert_even(&tanh_pair, -20, 20, 60000, 2);
    assert_scales(&tanh_pair, -60, 5, true, 40000, 2);
}

/* pow(a, b) = exp(b log a): one ulp of log a becomes |b log a| ulp. Truth: MPFR's pow. */
static void pow_is_as_good_as_its_header_says(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, test_seed, "pow");
    mpfr_t truth, b;
    mpfr_inits2(64, truth, b, (mpfr_ptr)0);
    for (int i = 0; i < 20000; i++) {
        const double a = 100 * (1 - rng_uniform(&rng)), exponent = 20 * rng_uniform(&rng) - 10,
                     got = det_pow(a, exponent);
        mpfr_set_d(truth, a, MPFR_RNDN);
        mpfr_set_d(b, exponent, MPFR_RNDN);
        mpfr_pow(truth, truth, b, MPFR_RNDN);
        mpfr_d_div(b, got, truth, MPFR_RNDN);
        mpfr_sub_ui(b, b, 1, MPFR_RNDN);
        const double error = fabs(mpfr_get_d(b, MPFR_RNDN)) * 0x1p53;
        if (error > 2 + 2 * fabs(exponent * det_log(a)))
            fail_msg("pow(%a, %a) = %a is %.1f half ulp off", a, exponent, got, error);
    }
    mpfr_clears(truth, b, (mpfr_ptr)0);
}

/* From here on the expected values are those of IEEE 754-2019 section 9.2.1 and of the header. */
static void assert_bits(double got, double expected)
{
    if (isnan(expected))
        assert_true(isnan(got));
    else
        assert_int_equal(bits_of(got), bits_of(expected));
}

static void special_arguments_have_exact_results(void **state)
{
    (void)state;
    assert_bits(det_exp(0), 1);
    assert_bits(det_exp(-0.0), 1);
    assert_bits(det_exp(0x1p-1074), 1);
    assert_bits(det_exp(infinity), infinity);
    assert_bits(det_exp(709.79), infinity);
    assert_bits(det_exp(1e300), infinity);
    assert_bits(det_exp(-745.14), 0);
    assert_bits(det_exp(-746), 0);
    assert_bits(det_exp(-infinity), 0);
    assert_bits(det_log(1), 0);
    assert_bits(det_log(0), -infinity);
    assert_bits(det_log(-0.0), -infinity);
    assert_bits(det_log(infinity), infinity);
    assert_bits(det_log(-0x1p-1074), not_a_number);
    assert_bits(det_log(-infinity), not_a_number);
    assert_bits(det_log1p(0), 0);
    assert_bits(det_log1p(-0.0), -0.0);
    assert_bits(det_log1p(0x1p-1074), 0x1p-1074);
    assert_bits(det_log1p(-1), -infinity);
    assert_bits(det_log1p(-1.5), not_a_number);
    assert_bits(det_log1p(infinity), infinity);
    assert_bits(sine(0), 0);
    assert_bits(sine(-0.0), -0.0);
    assert_bits(cosine(-0.0), 1);
    assert_bits(sine(0x1p-1074), 0x1p-1074);
    assert_bits(sine(1000001), not_a_number);
    assert_bits(cosine(-1000001), not_a_number);
    assert_bits(sine(infinity), not_a_number);
    assert_bits(det_tanh(0), 0);
    assert_bits(det_tanh(-0.0), -0.0);
    assert_bits(det_tanh(0x1p-1074), 0x1p-1074);
    assert_bits(det_tanh(20), 1);
    assert_bits(det_tanh(infinity), 1);
    assert_bits(det_tanh(-infinity), -1);
    assert_bits(det_pow(7, 0), 1);
    assert_bits(det_pow(1, 1e9), 1);
}

static void nan_in_is_nan_out(void **state)
{
    (void)state;
    det_fn *const all[] = {det_exp, det_log, det_log1p, sine, cosine, det_tanh};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        assert_true(isnan(all[i](not_a_number)));
    assert_true(isnan(det_pow(not_a_number, 2)) && isnan(det_pow(2, not_a_number)));
}

/* A row per argument: the bits of x, exp(x), log(|x|), log1p(|x|), sin(x), cos(x), tanh(x) as det.c first gave them, on
 * x86-64 with gcc at -O2. They may never change: recorded decisions rest on them. */
static void results_are_the_pinned_bits_whatever_the_compiler(void **state)
{
    (void)state;
    static const uint64_t rows[][7] = {
        {0x0000000000004000, 0x3ff0000000000000, 0xc086f5e359f105f9, 0x0000000000004000, 0x0000000000004000,
         0x3ff0000000000000, 0x0000000000004000},
        {0x3e112e0be826d695, 0x3ff000000044b830, 0xc034b927f32bffb8, 0x3e112e0be801f1d9, 0x3e112e0be826d695,
         0x3ff0000000000000, 0x3e112e0be826d695},
        {0x3f8948b0f8fab5e6, 0x3ff032e19f4a8621, 0xc01193ea7b495944, 0x3f89210fef648d6f, 0x3f894886e168ffba,
         0x3fefff602eb7de5e, 0x3f89485ccafd94c3},
        {0xbfb999999999999a, 0x3fecf46d99d52b3a, 0xc0026bb1bbb55515, 0x3fb8663f793c46c7, 0xbfb98eaecb8bcb2c,
         0x3fefd712f9a817c1, 0xbfb983d7795f413a},
        {0x3fd269621134db92, 0x3ff5555555555555, 0xbff3ef342116e5cf, 0x3fd02e979708a1a9, 0x3fd228a33649643a,
         0x3feeaf57aff16afe, 0x3fd1eb851eb851eb},
        {0x3fd5555555555555, 0x3ff6546db1ba2d13, 0xbff193ea7aad030b, 0x3fd269621134db92, 0x3fd4f0c2068a80c6,
         0x3fee3d165991982d, 0x3fd493aa293c8802},
        {0xbfd62e42fefa39ef, 0x3fe6a09e667f3bcc, 0xbff0f45e267477df, 0x3fd30b46e029cb07, 0xbfd5bd451fe0fa0d,
         0x3fee18ebc184046e, 0xbfd5555555555555},
        {0x3fe0000000000000, 0x3ffa61298e1e069c, 0xbfe62e42fefa39ef, 0x3fd9f323ecbf984c, 0x3fdeaee8744b05f0,
         0x3fec1528065b7d50, 0x3fdd9353d7568af3},
        {0x3fe193ea7aad030b, 0x3ffbb67ae8584cab, 0xbfe32bd267fe45aa, 0x3fdc05086a0ae97c, 0x3fe0b501c710c2e9,
         0x3feb4ad9a62c0a55, 0x3fe0000000000000},
        {0xbfe921fb54442d18, 0x3fdd2e171cf04879, 0xbfceeb95b094c193, 0x3fe28c6c3a79fe29, 0xbfe6a09e667f3bcc,
         0x3fe6a09e667f3bcd, 0xbfe4fc441fa6d6d6},
        {0x3fefffffffffffff, 0x4005bf0a8b145769, 0xbca0000000000000, 0x3fe62e42fefa39ef, 0x3feaed548f090ced,
         0x3fe14a280fb5068c, 0x3fe85efab514f394},
        {0x3ff199999999999a, 0x400808883244d593, 0x3fb8663f793c46cc, 0x3fe7bdf362e9666e, 0x3fec84c54c2d6338,
         0x3fdd07b806c76111, 0x3fe99db01fde2405},
        {0xbff6a09e667f3bcd, 0x3fcf1e72fbc0ac97, 0x3fd62e42fefa39f0, 0x3fec34366179d427, 0xbfef9bc75444858b,
         0x3fc3f5f6868470b3, 0xbfec6da78ea7f7dc},
        {0x3ff921fb54442d18, 0x40133dedc855935f, 0x3fdce6bb25aa1315, 0x3fee3703db0ab11a, 0x3ff0000000000000,
         0x3c91a62633145c07, 0x3fed594fdae482ba},
        {0x4005bf0a8b145769, 0x402e4efb75e4527a, 0x3ff0000000000000, 0x3ff5031eafefb049, 0x3fda4a3d9c2131df,
         0xbfed2cec9a554007, 0x3fefb8f76b1e2ab6},
        {0xc00921fb54442d18, 0x3fa620227b598efa, 0x3ff250d048e7a1bd, 0x3ff6bcbed09f00af, 0xbca1a62633145c07,
         0xbff0000000000000, 0xbfefe175fa292810},
        {0x4016000000000000, 0x406e96244f21bbf6, 0x3ffb46a5ef8151a0, 0x3ffdf2e6d6e5fbaa, 0xbfe693c94e0ab057,
         0x3fe6ad6c3c07d448, 0x3fefffb9f2fc1e91},
        {0xc031400000000000, 0x3e614f49dbc5078c, 0x4006c851bbab187e, 0x40073bbae6c742d5, 0x3feffc9cc480614f,
         0xbf9d721daf5be0c3, 0xbfefffffffffffed},
        {0x4036000000000000, 0x41eab5adb9c43600, 0x4008ba74773dc5c8, 0x4009157dfdd1b3f0, 0xbf8220a29f6eb9f4,
         0xbfefffadd8d4acda, 0x3ff0000000000000},
        {0x4059080000000000, 0x48f5daaf24221d5e, 0x40126cf9356736c2, 0x4012772663479951, 0xbfd946216f45105b,
         0x3fed662b351b6a32, 0x3ff0000000000000},
        {0xc076300000000000, 0x1fecb4a26f3c63f6, 0x40177d0c72203a16, 0x40177fedd76d1972, 0x3eff9bd0307d1de3,
         0xbfefffffffc18e4c, 0xbff0000000000000},
        {0x40862d999999999a, 0x7fed75ae7a50ee14, 0x401a42660825ce24, 0x401a43d72512841c, 0xbfd2e8dc01eac743,
         0x3fee9243306dcd79, 0x3ff0000000000000},
        {0xc087473333333333, 0x0000000000000001, 0x401a73f7cd95cd1a, 0x401a75577c45aa2b, 0x3fd57f15bb3d1a05,
         0xbfee241446453408, 0xbff0000000000000},
        {0x412858613e1609c5, 0x7ff0000000000000, 0x402b2dd8af67ff8f, 0x402b2dd8d977c43b, 0xbf54b64e14fd85c3,
         0x3feffffe5301ee5f, 0x3ff0000000000000},
        {0x412e847fe0000000, 0x7ff0000000000000, 0x402ba18a977720ab, 0x402ba18ab9050ef6, 0xbfda19b50a87d0c8,
         0x3fed37cf6bfe4e1d, 0x3ff0000000000000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const double x = double_of(rows[i][0]);
        assert_int_equal(bits_of(det_exp(x)), rows[i][1]);
        assert_int_equal(bits_of(det_log(fabs(x))), rows[i][2]);
        assert_int_equal(bits_of(det_log1p(fabs(x))), rows[i][3]);
        assert_int_equal(bits_of(sine(x)), rows[i][4]);
        assert_int_equal(bits_of(cosine(x)), rows[i][5]);
        assert_int_equal(bits_of(det_tanh(x)), rows[i][6]);
    }
}

/* Expected: the formula in Python, integers modulo 2^64. */
static void a_digest_depends_on_values_and_their_order(void **state)
{
    (void)state;
    assert_int_equal(det_digest(0, 0.0), 0xe220a8397b1dcdaf);
    assert_int_equal(det_digest(det_digest(0, 1.0), 2.0), 0x3bff51d09d2b1759);
    assert_int_not_equal(det_digest(det_digest(0, 1.0), 2.0), det_digest(det_digest(0, 2.0), 1.0));
    assert_int_not_equal(det_digest(7, 0.0), det_digest(7, -0.0));
    assert_int_equal(det_digest(7, not_a_number), det_digest(7, -not_a_number));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(exp_is_within_one_ulp),
    cmocka_unit_test(exp_underflows_gradually_within_two_ulp),
    cmocka_unit_test(log_is_within_one_ulp),
    cmocka_unit_test(log1p_is_within_one_ulp),
    cmocka_unit_test(sine_and_cosine_are_within_one_ulp),
    cmocka_unit_test(sine_and_cosine_stay_good_next_to_their_zeros),
    cmocka_unit_test(tanh_is_within_two_ulp),
    cmocka_unit_test(pow_is_as_good_as_its_header_says),
    cmocka_unit_test(special_arguments_have_exact_results),
    cmocka_unit_test(nan_in_is_nan_out),
    cmocka_unit_test(results_are_the_pinned_bits_whatever_the_compiler),
    cmocka_unit_test(a_digest_depends_on_values_and_their_order),
};
TEST_MAIN(tests)
