#include "engine/config.h"
#include "engine/model/model.h"
#include "tests/test.h"
#include "tests/unit/planner_case.h"
#include <math.h>

static struct config config;

/* The planner's rig and a task that uses everything; output 0 and 1 LEDs, 2 water, 3 laser, 4 tone, 5 light. */
static int fresh(void **state)
{
    (void)state;
    static bool loaded;
    static struct config whole;
    if (!loaded) {
        char text[2048];
        snprintf(text, sizeof text,
                 "%strigger \"dip\" { on = residual(\"vta\", \"td_csc\"), below = z(-2), release = z(-1) }\n"
                 "train \"stim\" { output = \"laser\", width = ms(5), rate = hz(20), duration = ms(500) }\n"
                 "observe \"marks\" { us = ul(4) }\nobserve \"button\" { cs = \"A\" }\n",
                 planner_case_uses);
        assert_string_equal(planner_case_task(text), "");
        whole = planner_case.config;
        task_free(planner_case.task);
        planner_case.task = NULL;
        loaded = true;
    }
    config = whole;
    return 0;
}

static const char *check(void)
{
    static char line[512];
    struct error err = {0};
    const bool ok = config_check(&config, &err);
    assert_int_equal(ok, err.kind == ERROR_NONE);
    return error_line(&err, line, sizeof line);
}

/* Sets one field, expects the line, and puts everything back. */
#define EXPECT(assignment, line)                                                                                       \
    do {                                                                                                               \
        assignment;                                                                                                    \
        assert_string_equal(check(), line);                                                                            \
        fresh(NULL);                                                                                                   \
    } while (0)

static void a_planned_config_passes(void **state)
{
    (void)state;
    assert_string_equal(check(), "");
}

static void counts_are_checked_before_anything_is_read(void **state)
{
    (void)state;
    EXPECT(config.n_devices = 9, "config.n_devices = 9: expected 0..8");
    EXPECT(config.n_channels = 17, "config.n_channels = 17: expected 0..16");
    EXPECT(config.n_inputs = 33, "config.n_inputs = 33: expected 0..32");
    EXPECT(config.n_outputs = UINT32_MAX, "config.n_outputs = 4294967295: expected 0..32");
    EXPECT(config.n_signals = 5, "config.n_signals = 5: expected 0..4");
    EXPECT(config.n_models = 17, "config.n_models = 17: expected 0..16");
    EXPECT(config.n_cues = 9, "config.n_cues = 9: expected 0..8");
    EXPECT(config.n_observes = 17, "config.n_observes = 17: expected 0..16");
    EXPECT(config.n_triggers = 17, "config.n_triggers = 17: expected 0..16");
    EXPECT(config.n_trains = 9, "config.n_trains = 9: expected 0..8");
    EXPECT(config.devices[0].n_settings = 17, "config.devices[0].n_settings = 17: expected 0..16");
    EXPECT(config.models[1].n_settings = 17, "config.models[1].n_settings = 17: expected 0..16");
    EXPECT(config.outputs[2].n_opening = 9, "config.outputs[2].n_opening = 9: expected 0..8");
}

static void indices_are_below_their_counts(void **state)
{
    (void)state;
    EXPECT(config.channels[1].device = 1, "config.channels[1].device = 1: expected 0..0");
    EXPECT(config.inputs[0].device = 1, "config.inputs[0].device = 1: expected 0..0");
    EXPECT(config.outputs[0].device = 1, "config.outputs[0].device = 1: expected 0..0");
    EXPECT(config.signals[0].channel_signal = 2, "config.signals[0].channel_signal = 2: expected 0..1");
    EXPECT(config.signals[0].channel_control = 2, "config.signals[0].channel_control = 2: expected 0..1");
    EXPECT(config.signals[0].channel_control = UINT32_MAX, "");
    EXPECT(config.models[0].signal = 1, "config.models[0].signal = 1: expected 0..0");
    EXPECT(config.cues[0].output = 6, "config.cues[0].output = 6: expected 0..5");
    EXPECT(config.cues[0].output = UINT32_MAX, "");
    EXPECT(config.observes[0].input = 3, "config.observes[0].input = 3: expected 0..2");
    EXPECT(config.triggers[0].source.model = 2,
           "config.triggers[0].source = 2: expected a model of the source's signal");
    EXPECT(config.triggers[0].source.signal = 1, "config.triggers[0].source = 1: expected a signal that exists");
    EXPECT(config.trains[0].output = 6, "config.trains[0].output = 6: expected 0..5");
}

static void ranges_are_checked_and_nan_is_in_none(void **state)
{
    (void)state;
    EXPECT(config.period_ns = 99999, "config.period_ns = 99999: expected 100000..5000000");
    EXPECT(config.duration_ns = 0, "config.duration_ns = 0: expected 1..9.3e+18");
    EXPECT(config.has_task = 2, "config.has_task = 2: expected 0..1");
    EXPECT(config.devices[0].on_loss = 3, "config.devices[0].on_loss = 3: expected 0..2");
    EXPECT(config.outputs[2].guard = 4, "config.outputs[2].guard = 4: expected 0..3");
    EXPECT(config.outputs[2].max_on_ns = -5, "config.outputs[2].max_on_ns = -5: expected 100000..9.3e+18");
    EXPECT(config.triggers[0].sham = 1.5, "config.triggers[0].sham = 1.5: expected 0..1");
    EXPECT(config.channels[0].volts_per_count = (double)NAN,
           "config.channels[0].volts_per_count: expected -1.7e+308..1.7e+308");
    EXPECT(config.channels[0].volts_at_zero = (double)INFINITY,
           "config.channels[0].volts_at_zero = inf: expected -1.7e+308..1.7e+308");
    EXPECT(config.outputs[2].max_session_ul = (double)INFINITY, "");
    EXPECT(config.channels[0].rate_hz = 64001,
           "config.channels[0].rate_hz = 64001: expected at most 64 samples a tick");
}

static void names_are_texts_and_different(void **state)
{
    (void)state;
    EXPECT(config.inputs[1].name[0] = '\0', "config.inputs[1].name: expected a text of 1..31 characters");
    EXPECT(memset(config.inputs[1].name, 'x', CONFIG_NAME),
           "config.inputs[1].name: expected a text of 1..31 characters");
    EXPECT(config.inputs[1].name[0] = '\n', "config.inputs[1].name: expected a text of 1..31 characters");
    EXPECT(memcpy(config.inputs[2].name, "lick", 5), "config.inputs[2].name: expected a name that no other entry has");
    EXPECT(config.animal[0] = '\x7f', "config.animal: expected a text of 1..31 characters");
}

static void windows_and_exclusions_of_outputs_are_consistent(void **state)
{
    (void)state;
    EXPECT(config.outputs[3].duty_per_ns = 1000000,
           "config.outputs[3].duty_per_ns = 1000000: expected 10000000..8.64e+13");
    EXPECT(config.outputs[3].duty_per_ns = 1000000000,
           "config.outputs[3].duty_per_ns = 1000000000: expected a limit above 0 with it, and with one on energy the "
           "power");
    EXPECT(config.outputs[3].duty_per_ns = 1000000000; config.outputs[3].duty = 0.2, "");
    EXPECT(config.outputs[3].duty = 1.5, "config.outputs[3].duty = 1.5: expected 0..1");
    EXPECT(config.outputs[3].duty = (double)NAN, "config.outputs[3].duty: expected 0..1");
    EXPECT(config.outputs[3].energy_per_ns = 1000000000;
           config.outputs[3].max_energy_mj = 5,
           "config.outputs[3].energy_per_ns = 1000000000: expected a limit above 0 with it, and with one on energy the "
           "power");
    EXPECT(config.outputs[3].energy_per_ns = 1000000000; config.outputs[3].max_energy_mj = 5;
           config.outputs[3].power_mw = 10, "");
    EXPECT(config.outputs[0].max_level = 39, "config.outputs[0].on_level = 40: expected at most max_level");
    EXPECT(config.outputs[3].exclude = 1u << 2,
           "config.outputs[3].exclude = 4: expected other outputs, each excluding this one too");
    EXPECT(config.outputs[3].exclude = 1u << 3,
           "config.outputs[3].exclude = 8: expected other outputs, each excluding this one too");
    EXPECT(config.outputs[3].exclude = 1u << 6,
           "config.outputs[3].exclude = 64: expected other outputs, each excluding this one too");
    EXPECT(config.outputs[3].exclude = 1u << 2; config.outputs[2].exclude = 1u << 3, "");
}

static void outputs_are_consistent(void **state)
{
    (void)state;
    EXPECT(config.outputs[3].max_on_ns = INT64_MAX,
           "config.outputs[3].max_on_ns = 9.223372037e+18: expected 100000..6e+11");
    EXPECT(config.outputs[2].n_opening = 1, "config.outputs[2].n_opening = 1: expected 2..8");
    EXPECT(config.outputs[2].opening[1].ul = 1, "config.outputs[2].opening: expected both columns above 0 and rising");
    EXPECT(config.outputs[2].opening[0].open_ns = 0,
           "config.outputs[2].opening: expected both columns above 0 and rising");
    EXPECT(config.outputs[2].opening[2].ul = (double)NAN,
           "config.outputs[2].opening: expected both columns above 0 and rising");
}

static void signals_and_models_are_known(void **state)
{
    (void)state;
    EXPECT(config.signals[0].sensor[0] = 'x', "config.signals[0].sensor: expected a sensor that this version knows");
    EXPECT(config.signals[0].region[0] = 'x', "config.signals[0].region: expected a region that this version knows");
    EXPECT(config.signals[0].lowpass_hz = 500,
           "config.signals[0].lowpass_hz = 500: expected less than half the channel's rate");
    EXPECT(config.signals[0].clip_low_v = (double)INFINITY,
           "config.signals[0].clip_low_v = inf: expected less than clip_high_v");
    EXPECT(config.signals[0].channel_control = 0,
           "config.signals[0].channel_control = 0: expected another channel of the signal's device");
    EXPECT(config.models[0].name[0] = 'x', "config.models[0].name: expected a model that this version knows");
    EXPECT(memcpy(config.models[1].name, "null_zero", 10), "config.models[1].name: expected each model once a signal");
    EXPECT(config.models[1].step_ns = 1, "config.models[1].step_ns = 1: expected 20000000..200000000");
    EXPECT((config.models[1].n_settings = 1, config.models[1].settings[0] = (struct config_setting){"alpha", 2}),
           "config.models[1].settings = 2: expected parameters of the model, in range");
}

static void the_tasks_half_is_consistent(void **state)
{
    (void)state;
    EXPECT(config.cues[0].output = 2, "config.cues[0].output = 2: expected a sound or digital output");
    EXPECT(config.observes[0].kind = EV_LICK,
           "config.observes[0].kind = 8: expected a cue, an outcome, a choice, a punishment or a context");
    EXPECT(config.observes[0].id = MODEL_US_MAX, "config.observes[0].id = 4: expected 0..3");
    EXPECT(config.observes[1].id = 1, "config.observes[1].id = 1: expected 0..0");
    EXPECT(config.triggers[0].release = -3,
           "config.triggers[0].release = -3: expected a level on the quiet side of the threshold");
    EXPECT(config.triggers[0].source.kind = 0,
           "config.triggers[0].source = 0: expected a kind of source that can stand here");
    EXPECT((config.triggers[0].source.kind = CONFIG_SOURCE_VARIABLE, config.triggers[0].source.variable = 99),
           "config.triggers[0].source = 99: expected a number that the model has");
    EXPECT(config.triggers[0].max_n = 3, "config.triggers[0].max_per_ns = 0: expected a time, with max_n");
    EXPECT(config.triggers[0].source.kind = CONFIG_SOURCE_PHASE,
           "config.triggers[0].source = 5: expected an amplitude to be above, for a phase");
    EXPECT((config.triggers[0].n_conditions = 1, config.triggers[0].conditions[0].kind = 9),
           "config.triggers[0].conditions = 9: expected a kind that this version knows");
    EXPECT((config.triggers[0].n_conditions = 1, config.triggers[0].conditions[0].kind = CONFIG_CONDITION_LICKED,
            config.triggers[0].conditions[0].input = 1),
           "config.triggers[0].conditions = 1: expected a lick sensor");
    EXPECT((config.triggers[0].n_conditions = 1, config.triggers[0].conditions[0].kind = CONFIG_CONDITION_NOT_LICKED),
           "config.triggers[0].conditions = 0: expected a window of a tick to ten minutes");
    EXPECT(config.triggers[0].n_yoke = 1, "config.triggers[0].n_yoke = 1: expected times that are there");
    EXPECT((config.n_yoke = 2, config.triggers[0].n_yoke = 2),
           "config.triggers[0].yoke = 0: expected session times, each later than the last");
    EXPECT(config.trains[0].output = 2, "config.trains[0].output = 2: expected a laser or digital output");
    EXPECT(config.trains[0].width_ns = 20000001,
           "config.trains[0].width_ns = 20000001: expected at most the output's max_on_ns");
    EXPECT(config.trains[0].period_ns = 14999999,
           "config.trains[0].period_ns = 14999999: expected a gap of at least the output's min_gap_ns");
    EXPECT(config.trains[0].duration_ns = 1, "config.trains[0].duration_ns = 1: expected at least one width");
}

static void an_opening_time_is_interpolated_and_never_beyond_the_table(void **state)
{
    (void)state;
    /* 1 ul 12 ms, 4 ul 42 ms, 10 ul 100 ms; between them by hand: 12 + 1.5 / 3 * 30, 42 + 3 / 6 * 58 */
    const struct config_output *water = &config.outputs[2];
    int64_t open_ns = -1;
    assert_true(config_opening_ns(water, 1, &open_ns));
    assert_int_equal(open_ns, 12000000);
    assert_true(config_opening_ns(water, 2.5, &open_ns));
    assert_int_equal(open_ns, 27000000);
    assert_true(config_opening_ns(water, 4, &open_ns));
    assert_int_equal(open_ns, 42000000);
    assert_true(config_opening_ns(water, 7, &open_ns));
    assert_int_equal(open_ns, 71000000);
    assert_true(config_opening_ns(water, 10, &open_ns));
    assert_int_equal(open_ns, 100000000);
    assert_false(config_opening_ns(water, 0.999, &open_ns));
    assert_false(config_opening_ns(water, 10.001, &open_ns));
    assert_false(config_opening_ns(water, (double)NAN, &open_ns));
    assert_false(config_opening_ns(&config.outputs[3], 4, &open_ns)); /* a laser has no table */
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(a_planned_config_passes, fresh),
    cmocka_unit_test_setup(counts_are_checked_before_anything_is_read, fresh),
    cmocka_unit_test_setup(indices_are_below_their_counts, fresh),
    cmocka_unit_test_setup(ranges_are_checked_and_nan_is_in_none, fresh),
    cmocka_unit_test_setup(names_are_texts_and_different, fresh),
    cmocka_unit_test_setup(windows_and_exclusions_of_outputs_are_consistent, fresh),
    cmocka_unit_test_setup(outputs_are_consistent, fresh),
    cmocka_unit_test_setup(signals_and_models_are_known, fresh),
    cmocka_unit_test_setup(the_tasks_half_is_consistent, fresh),
    cmocka_unit_test_setup(an_opening_time_is_interpolated_and_never_beyond_the_table, fresh),
};

TEST_MAIN(tests)
