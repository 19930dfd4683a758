/* rig_limits: the limits of an output in a rig file; expected values by hand from the texts. */
#include "tests/test.h"
#include "tests/unit/planner_case.h"

/* What is said about `text`, which begins on line 2, behind a device. */
static const char *behind_daq(const char *text)
{
    char whole[2048];
    snprintf(whole, sizeof whole, "device \"daq\" { driver = \"fake\" }\n%s", text);
    return planner_case_rig(whole);
}

#define LASER(keys)                                                                                                    \
    "output \"laser\" { device = \"daq\", line = 1, kind = \"laser\", guard = \"device_timed\", max_on = ms(20), "     \
    "min_gap = ms(10),\n" keys " }\n"
#define WATER(keys)                                                                                                    \
    "output \"water\" { device = \"daq\", line = 0, kind = \"valve\", guard = \"device_timed\", max_on = ms(200), "    \
    "min_gap = ms(50), max_session = ul(10), opening = { { ul(1), ms(12) }, { ul(4), ms(42) } },\n" keys " }\n"

static void all_limits_reach_the_config(void **state)
{
    (void)state;
    assert_string_equal(behind_daq(WATER("max_day = ml(1), max_count = 300, max_day_count = 1000") LASER(
                            "duty = { 0.2, per = sec(1) }, power = mw(10), max_energy = { mj(50), per = sec(60) }, "
                            "exclude = { \"water\" }")),
                        "");
    const struct config_output *water = &planner_case.config.outputs[0], *laser = &planner_case.config.outputs[1];
    assert_float_equal(water->max_day_ul, 1000, 0);
    assert_int_equal(water->max_session_n, 300);
    assert_int_equal(water->max_day_n, 1000);
    assert_int_equal(water->exclude, 1u << 1); /* told by the other */
    assert_int_equal(laser->exclude, 1u << 0);
    assert_float_equal(laser->duty, 0.2, 0);
    assert_int_equal(laser->duty_per_ns, 1000000000);
    assert_float_equal(laser->power_mw, 10, 0);
    assert_float_equal(laser->max_energy_mj, 50, 0);
    assert_int_equal(laser->energy_per_ns, 60000000000);
}

static void without_the_keys_there_is_no_limit(void **state)
{
    (void)state;
    assert_string_equal(behind_daq(WATER("")), "");
    const struct config_output *water = &planner_case.config.outputs[0];
    assert_float_equal(water->max_day_ul, 0, 0);
    assert_int_equal(water->max_session_n + water->max_day_n + water->exclude, 0);
    assert_int_equal(water->duty_per_ns + water->energy_per_ns, 0);
}

static void an_led_has_a_largest_current_and_may_have_limits(void **state)
{
    (void)state;
    assert_string_equal(behind_daq("led \"470\" { device = \"daq\", line = 0, current = ma(40), max = ma(100),\n"
                                   "max_on = sec(2), duty = { 0.5, per = sec(10) } }"),
                        "");
    const struct config_output *led = &planner_case.config.outputs[0];
    assert_float_equal(led->max_level, 100, 0);
    assert_int_equal(led->max_on_ns, 2000000000);
    assert_float_equal(led->duty, 0.5, 0);
    assert_int_equal(led->duty_per_ns, 10000000000);
}

static void each_mistake_has_its_line(void **state)
{
    (void)state;
    assert_string_equal(behind_daq(LASER("duty = 0.2")), "x.lua:3: output.laser.duty = 0.2: expected a table: { ... }");
    assert_string_equal(behind_daq(LASER("duty = { 1.5, per = sec(1) }")),
                        "x.lua:3: output.laser.duty.1 = 1.5: expected a number 1e-06..1");
    assert_string_equal(behind_daq(LASER("duty = { 0.2 }")),
                        "x.lua:3: output.laser.duty: expected the key per: a time: us(x), ms(x) or sec(x)");
    assert_string_equal(behind_daq(LASER("duty = { 0.2, per = ms(1) }")),
                        "x.lua:3: output.laser.duty.per = ms(1): expected ms(10)..sec(86400)");
    assert_string_equal(behind_daq(LASER("duty = { 0.2, per = sec(1), pre = 1 }")),
                        "x.lua:3: output.laser.duty.pre = 1: expected a key of duty: did you mean per?");
    assert_string_equal(behind_daq(LASER("power = mw(10), max_energy = { 50, per = sec(60) }")),
                        "x.lua:3: output.laser.max_energy.1 = 50: expected an energy: mj(x)");
    assert_string_equal(behind_daq(LASER("max_energy = { mj(50), per = sec(60) }")),
                        "x.lua:3: output.laser.max_energy = a table: expected power = mw(x) beside it: the light's "
                        "power while it is on");
    assert_string_equal(behind_daq(LASER("exclude = { \"watr\" }")),
                        "x.lua:3: output.laser.exclude = \"watr\": expected another output, declared above: there is "
                        "none");
    assert_string_equal(behind_daq(WATER("") LASER("exclude = { \"watr\" }")),
                        "x.lua:5: output.laser.exclude = \"watr\": expected another output, declared above: did you "
                        "mean water?");
    assert_string_equal(behind_daq(LASER("exclude = { \"laser\" }")),
                        "x.lua:3: output.laser.exclude = \"laser\": expected another output, declared above: there is "
                        "none");
    assert_string_equal(behind_daq(WATER("max_count = 0")),
                        "x.lua:3: output.water.max_count = 0: expected a whole number 1..1000000");
    assert_string_equal(behind_daq(WATER("max_day = 500")),
                        "x.lua:3: output.water.max_day = 500: expected a volume: ul(x) or ml(x)");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(all_limits_reach_the_config),
    cmocka_unit_test(without_the_keys_there_is_no_limit),
    cmocka_unit_test(an_led_has_a_largest_current_and_may_have_limits),
    cmocka_unit_test(each_mistake_has_its_line),
};
TEST_MAIN(tests)
