/* fibre: light, bleaching, movement and dopamine on both wavelengths, seen through the rig. Expected values follow from
 * the options by hand: 2 V at full light, 4 % for 4 ul, bleaching 15 % with 60 s and 10 % with 1800 s. */
#include "tests/test.h"

#include "engine/base/units.h"
#include "tests/unit/sim_rig.h"
#include <math.h>

static void laser_light_adds_dopamine(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_quiet();
    sim_rig_open();
    sim_rig_lights_on();
    sim_rig_run_until(S);
    for (int i = 0; i < 10; i++) { /* 5 ms at 20 Hz for 500 ms */
        sim_rig_put(SIM_RIG_LASER, 1, 5 * MS);
        sim_rig_run_until(sim_rig.now_ns + 50 * MS);
    }
    sim_rig_run_until(3 * S);
    assert_true(sim_rig_response(0, S) > 0.02);
}

static void the_control_wavelength_sees_no_dopamine(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_quiet();
    sim_rig_open();
    sim_rig_lights_on();
    sim_rig_run_until(S);
    sim_rig_put(SIM_RIG_VALVE, 1, 42 * MS);
    sim_rig_run_until(3 * S);
    assert_true(sim_rig_response(0, S) > 0.03);
    assert_true(fabs(sim_rig_response(1, S)) < 0.0005);
}

static void without_its_led_a_channel_is_dark(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_open();
    sim_rig_put(SIM_RIG_LED_CONTROL, 50, 0);
    sim_rig_run_until(S);
    sim_rig_put(SIM_RIG_VALVE, 1, 42 * MS);
    sim_rig_run_until(2 * S);
    assert_true(sim_rig_volts(0, 0, 2 * S) < 0.03); /* ambient 20 mV */
    assert_true(fabs(sim_rig_response(0, S)) < 0.001);
    assert_true(sim_rig_volts(1, 0, 2 * S) > 1); /* the control's own LED is on */
}

static void light_is_proportional_to_the_led_current(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_quiet();
    sim_rig_open();
    sim_rig_lights_on();
    sim_rig_run_until(S);
    sim_rig_put(SIM_RIG_LED_SIGNAL, 25, 0);
    sim_rig_run_until(2 * S);
    const double full = sim_rig_volts(0, 10 * MS, S) - 0.02, half = sim_rig_volts(0, S + 10 * MS, 2 * S) - 0.02;
    assert_true(fabs(full - 2) < 0.001);
    assert_true(fabs(half / full - 0.5) < 0.001);
}

static void light_bleaches_the_signal_more_than_the_control(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_quiet();
    sim_rig_option("bleach", 0.25);
    sim_rig_open();
    sim_rig_lights_on();
    sim_rig_run_until(61 * S);
    const double signal = sim_rig_volts(0, 60 * S, 61 * S) / sim_rig_volts(0, 0, S);
    const double control = sim_rig_volts(1, 60 * S, 61 * S) / sim_rig_volts(1, 0, S);
    /* 0.15 * (1 - e^-1) + 0.10 * (1 - e^(-60/1800)) = 0.098 of the light is gone; the control bleaches 0.4 as much */
    assert_true(fabs(signal - 0.902) < 0.005);
    assert_true(fabs(control - 0.961) < 0.005);
}

static void movement_is_shared_by_both_wavelengths(void **state)
{
    (void)state;
    double sxy = 0, sxx = 0, syy = 0;
    sim_rig_new();
    sim_rig_quiet();
    sim_rig_option("motion", 0.02);
    sim_rig_open();
    sim_rig_lights_on();
    sim_rig_run_until(60 * S);
    const double mean_x = sim_rig_volts(0, 0, 60 * S), mean_y = sim_rig_volts(1, 0, 60 * S);
    for (int64_t k = 0; k < sim_rig.n_trace[0] && k < sim_rig.n_trace[1]; k++) {
        const double x = sim_rig.trace[0][k] * 0.0001 - mean_x, y = sim_rig.trace[1][k] * 0.0001 - mean_y;
        sxy += x * y;
        sxx += x * x;
        syy += y * y;
    }
    assert_true(sxy / sqrt(sxx * syy) > 0.95);
    assert_true(sxx > 1.5 * syy);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown(laser_light_adds_dopamine, sim_rig_close),
    cmocka_unit_test_teardown(the_control_wavelength_sees_no_dopamine, sim_rig_close),
    cmocka_unit_test_teardown(without_its_led_a_channel_is_dark, sim_rig_close),
    cmocka_unit_test_teardown(light_is_proportional_to_the_led_current, sim_rig_close),
    cmocka_unit_test_teardown(light_bleaches_the_signal_more_than_the_control, sim_rig_close),
    cmocka_unit_test_teardown(movement_is_shared_by_both_wavelengths, sim_rig_close),
};

TEST_MAIN(tests)
