/* filter: expected coefficients, step responses and delays from NumPy: the poles on the Butterworth circle, prewarped
 * and mapped by z = (2 fs + p) / (2 fs - p), multiplied out; steps by that difference equation. */
#include "engine/signal/filter.h"
#include "tests/test.h"
#include <math.h>

static struct filter filter_of(double sample_hz, double cut_hz, int order)
{
    struct filter filter;
    struct error err = {0};
    assert_true(filter_init(&filter, sample_hz, cut_hz, order, &err));
    return filter;
}

static void assert_near(double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%.17g is not %.17g", got, expected);
}

static void the_coefficients_are_butterworths(void **state)
{
    (void)state;
    static const struct {
        int order;
        double cut_hz, sample_hz;
        double b0[2], a1[2], a2[2];
    } rows[] = {
        {2, 10, 130,  {0.04310673133430984},            {-1.332906954690395},  {0.5053338800276345}},
        {2, 10, 1000, {0.0009446918438401619},          {-1.9111970674260734}, {0.9149758348014341}},
        {4,
         10,    130,
         {0.040068603363511326, 0.04862451334729523},
         {-1.2389647378679003, -1.5035227678573757},
         {0.3992391513219456, 0.6980208212465566}                                                  },
        {4,
         20,    1000,
         {0.003533495923377983, 0.0037622029816987423},
         {-1.7783134881394351, -1.8934156010225007},
         {0.7924474718329471, 0.9084644129492957}                                                  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct filter filter = filter_of(rows[i].sample_hz, rows[i].cut_hz, rows[i].order);
        assert_int_equal(filter.n_sections, rows[i].order / 2);
        for (int k = 0; k < filter.n_sections; k++) {
            assert_near(filter.sections[k].b0, rows[i].b0[k], 1e-14);
            assert_near(filter.sections[k].b1, 2 * rows[i].b0[k], 1e-14);
            assert_near(filter.sections[k].b2, rows[i].b0[k], 1e-14);
            assert_near(filter.sections[k].a1, rows[i].a1[k], 1e-14);
            assert_near(filter.sections[k].a2, rows[i].a2[k], 1e-14);
        }
    }
}

static void a_step_rises_as_computed(void **state)
{
    (void)state;
    static const double order_2[] = {0.04310673133430984, 0.18677745599240148, 0.3996006036084149, 0.6106723724470443,
                                     0.7844646541263629,  0.9094518791367183,  0.9882250925806085, 1.0300621772549108};
    static const double order_4[] = {0.001948316339056535, 0.015084814912345635, 0.05703424016413513,
                                     0.14384275849429357,  0.27839222615017095,  0.44823179528824497,
                                     0.6312304226961629,   0.8032998733857168};
    struct filter two = filter_of(130, 10, 2), four = filter_of(130, 10, 4);
    assert_true(filter_step(&two, 0) == 0);
    assert_true(filter_step(&four, 0) == 0);
    for (int i = 0; i < 8; i++) {
        assert_near(filter_step(&two, 1), order_2[i], 1e-14);
        assert_near(filter_step(&four, 1), order_4[i], 1e-14);
    }
}

static void a_constant_passes_unchanged_from_the_first_sample(void **state)
{
    (void)state;
    for (int order = 2; order <= 4; order += 2) {
        struct filter filter = filter_of(1000, 10, order);
        for (int i = 0; i < 5000; i++)
            assert_near(filter_step(&filter, 1.4781), 1.4781, 1e-12);
    }
}

/* Amplitude of the output to a sine of amplitude 1, from its correlation with sine and cosine over whole periods. */
static double gain_at(struct filter filter, double sample_hz, double hz)
{
    const int n = (int)sample_hz; /* one second holds whole periods */
    double sines = 0, cosines = 0;
    for (int i = 0; i < 20 * n; i++) {
        const double phase = 2 * 3.14159265358979323846 * hz * i / sample_hz, y = filter_step(&filter, sin(phase));
        if (i >= 19 * n) {
            sines += y * sin(phase);
            cosines += y * cos(phase);
        }
    }
    return 2 * hypot(sines, cosines) / n;
}

static void the_cut_is_at_minus_three_decibels(void **state)
{
    (void)state;
    for (int order = 2; order <= 4; order += 2) {
        assert_near(gain_at(filter_of(130, 10, order), 130, 10), sqrt(0.5), 1e-10);
        assert_near(gain_at(filter_of(1000, 40, order), 1000, 40), sqrt(0.5), 1e-10);
    }
}

/* |H|^2 = 1 / (1 + (tan(pi f / fs) / tan(pi fc / fs))^(2 order)). */
static void it_falls_as_steeply_as_its_order(void **state)
{
    (void)state;
    const double ratio = tan(3.14159265358979323846 * 100 / 1000) / tan(3.14159265358979323846 * 10 / 1000);
    assert_near(gain_at(filter_of(1000, 10, 2), 1000, 100), 1 / sqrt(1 + pow(ratio, 4)), 1e-8);
    assert_near(gain_at(filter_of(1000, 10, 4), 1000, 100), 1 / sqrt(1 + pow(ratio, 8)), 1e-8);
}

/* Expected: sum k b_k / sum b_k - sum k a_k / sum a_k of the multiplied-out polynomials, over the rate. */
static void the_delay_is_the_group_delay_at_zero(void **state)
{
    (void)state;
    const struct filter two = filter_of(130, 10, 2), four = filter_of(130, 10, 4), fast = filter_of(1000, 10, 2);
    assert_near(filter_delay_s(&two), 0.022068038343461827, 1e-14);
    assert_near(filter_delay_s(&four), 0.04077641789639714, 1e-13);
    assert_near(filter_delay_s(&fast), 0.022500502611767993, 1e-13);
}

static void a_slow_ramp_comes_out_that_much_later(void **state)
{
    (void)state;
    struct filter filter = filter_of(1000, 10, 4);
    double y = 0;
    for (int i = 0; i <= 3000; i++)
        y = filter_step(&filter, i * 1e-3);
    assert_near(3 - y, filter_delay_s(&filter), 1e-9);
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    static const struct {
        double sample_hz, cut_hz;
        int order;
        const char *what;
    } rows[] = {
        {0,                10,          2, "sample_hz" },
        {2e6,              10,          2, "sample_hz" },
        {-130,             10,          2, "sample_hz" },
        {130,              65,          2, "lowpass_hz"},
        {130,              0,           2, "lowpass_hz"},
        {130,              -1,          2, "lowpass_hz"},
        {130,              10,          3, "order"     },
        {130,              10,          0, "order"     },
        {130,              (double)NAN, 2, "lowpass_hz"},
        {(double)NAN,      10,          2, "sample_hz" },
        {(double)INFINITY, 10,          2, "sample_hz" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct filter filter;
        struct error err = {0};
        assert_false(filter_init(&filter, rows[i].sample_hz, rows[i].cut_hz, rows[i].order, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_string_equal(err.what, rows[i].what);
    }
    (void)filter_of(130, 63.6, 4);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_coefficients_are_butterworths),
    cmocka_unit_test(a_step_rises_as_computed),
    cmocka_unit_test(a_constant_passes_unchanged_from_the_first_sample),
    cmocka_unit_test(the_cut_is_at_minus_three_decibels),
    cmocka_unit_test(it_falls_as_steeply_as_its_order),
    cmocka_unit_test(the_delay_is_the_group_delay_at_zero),
    cmocka_unit_test(a_slow_ramp_comes_out_that_much_later),
    cmocka_unit_test(values_out_of_range_are_refused),
};
TEST_MAIN(tests)
