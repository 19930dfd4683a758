/* phase: cosines whose phase and amplitude are known, sampled a thousand times a second. */
#include "engine/signal/phase.h"
#include "tests/test.h"
#include <math.h>

#define PI   3.14159265358979323846
#define RATE 1000.0

#define EXPECT_NEAR(x, y, within) assert_true(fabs((x) - (y)) <= (within))

static struct phase phase;

static void open_band(double low_hz, double high_hz)
{
    struct error err = {0};
    assert_true(phase_init(&phase, RATE, low_hz, high_hz, &err));
}

/* Sample i of amplitude 0.02 around 0.3. */
static double wave(double hz, int i)
{
    return 0.3 + 0.02 * cos(2 * PI * hz * i / RATE + 0.5);
}

static double angle_between(double a, double b)
{
    return fabs(remainder(a - b, 2 * PI));
}

static void a_steady_oscillation_in_the_middle_has_its_true_phase_and_amplitude(void **state)
{
    (void)state;
    open_band(4, 8);
    for (int i = 0; i < 6000; i++) {
        phase_feed(&phase, wave(6, i));
        if (i < 3000)
            continue;
        assert_true(angle_between(atan2(phase.im, phase.re), 2 * PI * 6 * i / RATE + 0.5) <
                    0.07); /* (4 / (2.6 * 6))^2: 4 degrees */
        EXPECT_NEAR(phase_amplitude(&phase), 0.02, 0.0014);
    }
}

static void at_the_half_power_edges_it_is_off_by_66_degrees(void **state)
{
    (void)state;
    /* Two resonators, each 1 / (1 + i x) with x = sqrt(sqrt(2) - 1) there: 2 atan(0.6436) = 65.5 degrees. */
    open_band(19, 21);
    for (int i = 0; i < 8000; i++)
        phase_feed(&phase, wave(21, i));
    EXPECT_NEAR(phase_amplitude(&phase), 0.02 * sqrt(0.5), 0.0006);
    EXPECT_NEAR(angle_between(atan2(phase.im, phase.re), 2 * PI * 21 * 7999 / RATE + 0.5) * 180 / PI, 65.5, 3);
}

static void what_is_far_outside_the_band_is_left_out(void **state)
{
    (void)state;
    const double far_hz[] = {0.25, 60};
    for (int k = 0; k < 2; k++) {
        open_band(5, 7);
        for (int i = 0; i < 8000; i++)
            phase_feed(&phase, wave(far_hz[k], i));
        assert_true(phase_amplitude(&phase) < 0.02 * 0.05);
    }
}

static void it_passes_an_angle_once_a_cycle_at_its_time(void **state)
{
    (void)state;
    open_band(4, 8);
    const double at = PI / 2; /* 6 Hz * 2 pi t + 0.5 = pi / 2 at t = 28.4 ms, and every 166.7 ms */
    int n = 0;
    for (int i = 0; i < 13000; i++) {
        phase_feed(&phase, wave(6, i));
        if (i < 3000 || !phase_passed(&phase, sin(at), cos(at)))
            continue;
        const double cycles = (i / RATE - 0.0284) * 6;
        EXPECT_NEAR(cycles, rint(cycles), 0.02); /* 7 degrees: 3.4, a sample of 2.2, rounding */
        n++;
    }
    assert_int_equal(n, 60);
}

static void the_first_sample_makes_no_oscillation(void **state)
{
    (void)state;
    open_band(4, 8);
    for (int i = 0; i < 100; i++)
        phase_feed(&phase, 0.3);
    assert_true(phase_amplitude(&phase) <= 0);
}

static void the_settling_time_is_the_resonators_delay(void **state)
{
    (void)state;
    /* Two of 1 / (pi * width / 0.6436): 2 * 0.6436 / (pi * 4) s. */
    open_band(4, 8);
    EXPECT_NEAR(phase_settle_s(&phase), 0.1024, 0.002);
}

static void bands_that_cannot_be_made_are_refused(void **state)
{
    (void)state;
    const struct {
        double low_hz, high_hz;
    } bands[] = {
        {0.001,       1               },
        {8,           4               },
        {4,           4.1             },
        {2,           7               },
        {90,          110             },
        {(double)NAN, 8               },
        {4,           (double)INFINITY}
    };
    for (size_t i = 0; i < sizeof bands / sizeof *bands; i++) {
        struct error err = {0};
        assert_false(phase_init(&phase, RATE, bands[i].low_hz, bands[i].high_hz, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_steady_oscillation_in_the_middle_has_its_true_phase_and_amplitude),
    cmocka_unit_test(at_the_half_power_edges_it_is_off_by_66_degrees),
    cmocka_unit_test(what_is_far_outside_the_band_is_left_out),
    cmocka_unit_test(it_passes_an_angle_once_a_cycle_at_its_time),
    cmocka_unit_test(the_first_sample_makes_no_oscillation),
    cmocka_unit_test(the_settling_time_is_the_resonators_delay),
    cmocka_unit_test(bands_that_cannot_be_made_are_refused),
};
TEST_MAIN(tests)
