#include "drivers/sim/sim.h"
#include "planner/rig.h"
#include "tests/test.h"
#include "tests/unit/planner_case.h"
#include <math.h>

#define EXPECT(text, line) assert_string_equal(planner_case_rig(text), line)

static const char daq[] = "device \"daq\" { driver = \"fake\" }\n";

/* What is said about `text`, which begins on line 2, behind a device. */
static const char *behind_daq(const char *text)
{
    char whole[2048];
    snprintf(whole, sizeof whole, "%s%s", daq, text);
    return planner_case_rig(whole);
}

static void a_whole_rig_becomes_a_config(void **state)
{
    (void)state;
    EXPECT(planner_case_rig_text, "");
    const struct config *config = &planner_case.config;
    assert_string_equal(config->rig, "x");
    assert_int_equal(config->period_ns, 1000000);
    assert_int_equal(config->n_devices, 1);
    assert_string_equal(config->devices[0].name, "daq");
    assert_string_equal(config->devices[0].driver, "fake");
    assert_float_equal(config->devices[0].rate_hz, 1000, 0);
    assert_int_equal(config->devices[0].on_loss, CONFIG_ON_LOSS_STOP);
    assert_int_equal(config->n_channels, 2);
    assert_string_equal(config->channels[1].name, "vta_415");
    assert_int_equal(config->channels[1].line, 1);
    assert_float_equal(config->channels[1].volts_per_count, 0.001, 0); /* the driver's */
    assert_float_equal(config->channels[1].volts_at_zero, -0.5, 0);
    assert_int_equal(config->n_inputs, 3);
    assert_int_equal(config->inputs[0].kind, CONFIG_INPUT_LICK);
    assert_int_equal(config->inputs[0].refractory_ns, 60000000);
    assert_int_equal(config->inputs[0].bout_gap_ns, 1000000000);
    assert_int_equal(config->inputs[0].late_ns, 2000000); /* the driver's */
    assert_int_equal(config->inputs[1].bout_gap_ns, 0);
    assert_int_equal(config->inputs[1].kind, CONFIG_INPUT_DIGITAL);
    assert_int_equal(config->inputs[1].refractory_ns, 0);
    assert_int_equal(config->inputs[2].kind, CONFIG_INPUT_EVENT);
    assert_int_equal(config->n_signals, 1);
    assert_string_equal(config->signals[0].sensor, "dLight1.1");
    assert_int_equal(config->signals[0].channel_signal, 0);
    assert_int_equal(config->signals[0].channel_control, 1);
    assert_float_equal(config->signals[0].lowpass_hz, 20, 0);
    assert_float_equal(config->signals[0].tau_baseline_s, 60, 0);
    assert_true(isinf(config->signals[0].clip_high_v));
}

static void outputs_carry_their_limits(void **state)
{
    (void)state;
    EXPECT(planner_case_rig_text, "");
    const struct config_output *outputs = planner_case.config.outputs;
    assert_int_equal(planner_case.config.n_outputs, 6);
    assert_int_equal(outputs[0].kind, CONFIG_OUTPUT_LED);
    assert_float_equal(outputs[0].on_level, 40, 0);
    assert_int_equal(outputs[0].max_on_ns, INT64_MAX);
    const struct config_output *water = &outputs[2];
    assert_string_equal(water->name, "water");
    assert_int_equal(water->kind, CONFIG_OUTPUT_VALVE);
    assert_int_equal(water->guard, CONFIG_GUARD_DEVICE_TIMED);
    assert_int_equal(water->max_on_ns, 90000000);
    assert_int_equal(water->min_gap_ns, 50000000);
    assert_float_equal(water->max_session_ul, 1500, 0);
    assert_int_equal(water->n_opening, 3);
    assert_float_equal(water->opening[2].ul, 10, 0);
    assert_int_equal(water->opening[2].open_ns, 100000000);
    assert_int_equal(outputs[4].kind, CONFIG_OUTPUT_SOUND);
    assert_float_equal(outputs[4].hz, 6000, 0);
    assert_float_equal(outputs[4].on_level, 1, 0);
    assert_float_equal(outputs[4].safe_level, 0, 0);
}

static void a_drivers_own_options_are_in_base_units(void **state)
{
    (void)state;
    EXPECT("rig { period = us(500) }\n"
           "device \"daq\" { driver = \"fake\", seed = 9, delay = ms(20), swing = v(1.5), on_loss = \"continue\", rate "
           "= hz(130) }",
           "");
    const struct config_device *device = &planner_case.config.devices[0];
    assert_int_equal(planner_case.config.period_ns, 500000);
    assert_int_equal(device->n_settings, 3);
    assert_string_equal(device->settings[0].name, "seed");
    assert_float_equal(device->settings[0].value, 9, 0);
    assert_string_equal(device->settings[1].name, "delay");
    assert_float_equal(device->settings[1].value, 0.02, 0); /* seconds */
    assert_float_equal(device->settings[2].value, 1.5, 0);
    assert_float_equal(device->rate_hz, 130, 0);
    assert_int_equal(device->on_loss, CONFIG_ON_LOSS_CONTINUE);
}

static void the_loop_may_be_pinned_and_spin(void **state)
{
    (void)state;
    EXPECT("rig { period = us(100), cpu = 0, spin = us(50) }\ndevice \"daq\" { driver = \"fake\" }", "");
    assert_int_equal(planner_case.config.period_ns, 100000);
    assert_int_equal(planner_case.loop.spin_ns, 50000);
    assert_int_equal(planner_case.loop.pinned, 1);
    assert_int_equal(planner_case.loop.cpu, 0);
    EXPECT("device \"daq\" { driver = \"fake\" }", "");
    assert_int_equal(planner_case.loop.spin_ns, 0);
    assert_int_equal(planner_case.loop.pinned, 0);
    EXPECT("rig { period = us(100), spin = us(51) }",
           "x.lua:1: rig.spin = us(51): expected at most half the period, us(50)");
    EXPECT("rig { cpu = 1024 }", "x.lua:1: rig.cpu = 1024: expected a whole number 0..1023");
    EXPECT("rig { cpus = 1 }", "x.lua:1: rig.cpus = 1: expected a key of rig: did you mean cpu?");
}

static void a_failed_load_touches_nothing(void **state)
{
    (void)state;
    memset(&planner_case.config, 0x5a, sizeof planner_case.config);
    assert_string_not_equal(planner_case_rig("device \"daq\" { driver = \"fake\" }\noutput \"x\" {}"), "");
    for (size_t i = 0; i < sizeof planner_case.config; i++)
        assert_int_equal(((const uint8_t *)&planner_case.config)[i], 0x5a);
}

static void the_shipped_rig_loads_with_the_simulated_driver(void **state)
{
    (void)state;
    static const struct driver_ops *const drivers[] = {&sim_driver};
    struct error err = {0};
    char line[1024];
    const bool ok = rig_load("rig-configs/sim.lua", drivers, 1, &planner_case.config, &err);
    assert_string_equal(error_line(&err, line, sizeof line), "");
    assert_true(ok);
    assert_string_equal(planner_case.config.rig, "sim");
    assert_int_equal(planner_case.config.n_outputs, 5);
}

/* Each file under tests/cli/bad-input/ has one mistake, and this is what is said about it. */
static void bad_files_are_refused_with_one_line(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"rig-unknown-key.lua",  ":6: output.water.max_onn = ms(200): expected a key of output: did you mean max_on?"             },
        {"rig-bare-number.lua",  ":7: output.water.max_on = 200: expected a time: us(x), ms(x) or sec(x)"                         },
        {"rig-out-of-range.lua", ":5: input.lick.debounce = us(500): expected ms(1)..ms(500)"                                     },
        {"rig-wrong-type.lua",   ":4: input.lick.line = \"0\": expected a whole number 0..65535"                                  },
        {"rig-unguarded.lua",    ":4: output.water: expected a guard that ends a pulse when this computer can't "
                              "(\"device_timed\" or \"device_watchdog\"), or accept_unguarded = true"},
        {"rig-syntax.lua",       ":4: syntax: expected '}' (to close '{' at line 2) near 'debounce'"                              },
        {"rig-endless.lua",      ":3: too much work: expected at most 10000000 instructions while the file loads"                 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[128], line[512];
        snprintf(path, sizeof path, "tests/cli/bad-input/%s", rows[i][0]);
        snprintf(line, sizeof line, "%s%s", path, rows[i][1]);
        assert_string_equal(planner_case_rig_file(path), line);
        assert_int_equal(error_exit_status(&planner_case.err), 2);
    }
}

static void devices_are_checked(void **state)
{
    (void)state;
    EXPECT("", "x.lua: rig: expected a device: device \"daq\" { driver = ... }");
    EXPECT("device \"daq\" { driver = \"fak\" }",
           "x.lua:1: device.daq.driver = \"fak\": expected a driver: did you mean fake?");
    EXPECT("device \"daq\" {}", "x.lua:1: device.daq: expected the key driver: a text of 1..31 characters");
    EXPECT("device \"daq\" { driver = \"fake\", rate = khz(20) }",
           "x.lua:1: device.daq.rate = khz(20): expected hz(10)..khz(10)");
    EXPECT("device \"daq\" { driver = \"fake\", rate = 1000 }",
           "x.lua:1: device.daq.rate = 1000: expected a frequency: hz(x) or khz(x)");
    EXPECT("device \"daq\" { driver = \"fake\", on_loss = \"pauze\" }",
           "x.lua:1: device.daq.on_loss = \"pauze\": expected one of these words: did you mean pause?");
    EXPECT("device \"daq\" { driver = \"fake\",\n  delay = 0.01 }",
           "x.lua:2: device.daq.delay = 0.01: expected a time: us(x), ms(x) or sec(x)");
    EXPECT("device \"daq\" { driver = \"fake\",\n  delay = sec(1) }",
           "x.lua:2: device.daq.delay = sec(1): expected ms(1)..ms(100)");
    EXPECT("device \"daq\" { driver = \"plain\", seed = 7 }",
           "x.lua:1: device.daq.seed = 7: expected a key of device: driver, rate, on_loss");
    assert_string_equal(behind_daq(daq), "x.lua:2: device.daq: expected another name: there is device \"daq\" already");
    EXPECT("rig { period = ms(6) }", "x.lua:1: rig.period = ms(6): expected us(100)..ms(5)");
    EXPECT("rig {}\nrig {}", "x.lua:2: rig: expected one rig { ... } in a file");
}

static void declarations_have_a_name_and_a_table(void **state)
{
    (void)state;
    EXPECT("device { driver = \"fake\" }", "x.lua:1: device = a table: expected a name: device \"name\" { ... }");
    EXPECT("\ndevice \"daq\"", "x.lua:2: device.daq: expected a table after the name: device \"daq\" { ... }");
    EXPECT("device \"daq\"\nrig {}", "x.lua:1: device.daq: expected a table after the name: device \"daq\" { ... }");
    EXPECT("device \"daq\" \"fake\"", "x.lua:1: device = \"fake\": expected a table: device \"name\" { ... }");
    EXPECT("device \"a b\" {}", "x.lua:1: device = \"a b\": expected a name of 1..31 letters, digits, _ - and dots");
    EXPECT("device \"daq\" { \"fake\" }", "x.lua:1: device.daq: expected the key driver: a text of 1..31 characters");
    EXPECT("device \"daq\" { driver = \"fake\", \"x\" }", "x.lua:1: device.daq.1 = \"x\": expected key = value");
}

static void what_a_rig_does_without_a_disk_is_its_own_word(void **state)
{
    (void)state;
    assert_string_equal(behind_daq("journal { on_fault = \"stop\" }"), "");
    assert_int_equal(planner_case.config.journal_on_fault, CONFIG_JOURNAL_STOP);
    assert_string_equal(behind_daq("journal { on_fault = \"pause\" }"), "");
    assert_int_equal(planner_case.config.journal_on_fault, CONFIG_JOURNAL_PAUSE);
    assert_string_equal(behind_daq(""), "");
    assert_int_equal(planner_case.config.journal_on_fault, CONFIG_JOURNAL_CONTINUE);
    assert_string_equal(behind_daq("journal { on_fault = \"stops\" }"),
                        "x.lua:2: journal.on_fault = \"stops\": expected one of these words: did "
                        "you mean stop?");
    assert_string_equal(behind_daq("journal { on_fault = \"stop\" }\njournal { on_fault = \"stop\" }"),
                        "x.lua:3: journal: expected one journal { ... } in a file");
}

static void an_emergency_button_closes_or_opens(void **state)
{
    (void)state;
    assert_string_equal(behind_daq("input \"a\" { device = \"daq\", line = 0, sensor = \"estop\" }\n"
                                   "input \"b\" { device = \"daq\", line = 1, sensor = \"estop_opens\" }"),
                        "");
    assert_int_equal(planner_case.config.inputs[0].kind, CONFIG_INPUT_ESTOP);
    assert_int_equal(planner_case.config.inputs[1].kind, CONFIG_INPUT_ESTOP_OPENS);
}

static void lines_and_references_are_checked(void **state)
{
    (void)state;
    assert_string_equal(behind_daq("input \"a\" { device = \"dak\", line = 0, sensor = \"beam\" }"),
                        "x.lua:2: input.a.device = \"dak\": expected a device declared above: did you mean daq?");
    assert_string_equal(behind_daq("input \"a\" { device = \"daq\", line = 8, sensor = \"beam\" }"),
                        "x.lua:2: input.a.line = 8: expected 0..7, the input lines of the fake driver");
    assert_string_equal(behind_daq("input \"a\" { device = \"daq\", line = 1.5, sensor = \"beam\" }"),
                        "x.lua:2: input.a.line = 1.5: expected a whole number 0..65535");
    assert_string_equal(behind_daq("input \"a\" { device = \"daq\", line = 0, sensor = \"beam\" }\n"
                                   "input \"b\" { device = \"daq\",\nline = 0, sensor = \"digital\" }"),
                        "x.lua:4: input.b.line = 0: expected a free input line: a has this one");
    assert_string_equal(
        behind_daq("input \"a\" { device = \"daq\", line = 0, sensor = \"digital\",\ndebounce = ms(5) }"),
        "x.lua:3: input.a.debounce = ms(5): expected no such key: only lick sensors are debounced");
    assert_string_equal(
        behind_daq("input \"a\" { device = \"daq\", line = 0, sensor = \"digital\",\nbout_gap = sec(1) }"),
        "x.lua:3: input.a.bout_gap = sec(1): expected no such key: only lick sensors have bouts");
    assert_string_equal(behind_daq("input \"a\" { device = \"daq\", line = 0, sensor = \"beam\",\nbout_gap = ms(60) }"),
                        "x.lua:3: input.a.bout_gap = ms(60): expected more than debounce");
    assert_string_equal(behind_daq("input \"a\" { device = \"daq\", line = 0, sensor = \"beam\",\nlate = sec(2) }"),
                        "x.lua:3: input.a.late = sec(2): expected us(0)..sec(1)");
    assert_string_equal(behind_daq("input \"a\" { device = \"daq\", line = 0, sensor = \"beam\", late = ms(5) }"), "");
    assert_int_equal(planner_case.config.inputs[0].late_ns, 5000000);
    assert_string_equal(
        planner_case_rig(
            "device \"p\" { driver = \"plain\" }\ninput \"a\" { device = \"p\", line = 0, sensor = \"beam\" }"),
        "x.lua:2: input.a.device = \"p\": expected a device with input lines: the plain driver has none");
}

static void led_and_channels_are_checked(void **state)
{
    (void)state;
    assert_string_equal(behind_daq("led \"470\" { device = \"daq\", line = 0,\ncurrent = ma(200), max = ma(100) }"),
                        "x.lua:3: led.470.current = ma(200): expected at most ma(100), its max");
    assert_string_equal(
        behind_daq("channel \"c\" { device = \"daq\", line = 0, led = \"470\" }"),
        "x.lua:2: channel.c.led = \"470\": expected an LED of the same device, declared above: there is none");
    assert_string_equal(
        behind_daq("led \"a\" { device = \"daq\", line = 1, current = ma(1), max = ma(2) }\n"
                   "channel \"c\" { device = \"daq\", line = 0, led = \"a\" }"),
        "x.lua:3: channel.c.led = \"a\": expected the LED on line 0: a simulated LED lights the channel of "
        "its own line");
    assert_string_equal(behind_daq("channel \"c\" { device = \"daq\", line = 0, rate = khz(2) }"),
                        "x.lua:2: channel.c.rate = khz(2): expected at most hz(1000), the rate of its device");
    assert_string_equal(behind_daq("channel \"c\" { device = \"daq\", line = 4 }"),
                        "x.lua:2: channel.c.line = 4: expected 0..3, the channel lines of the fake driver");
}

static void signals_are_checked(void **state)
{
    (void)state;
#define LIT                                                                                                            \
    "led \"x\" { device = \"daq\", line = 0, current = ma(1), max = ma(2) }\n"                                         \
    "channel \"a\" { device = \"daq\", line = 0, led = \"x\" }\n"                                                      \
    "channel \"b\" { device = \"daq\", line = 1 }\n"
#define SIGNAL(keys) LIT "signal \"s\" { region = \"ventral-striatum\", " keys " }"
    assert_string_equal(behind_daq(SIGNAL("signal = \"a\", sensor = \"dLight1.1\", mode = \"lock-in\"")),
                        "x.lua:5: signal.s.mode = \"lock-in\": expected one of these words: time-division");
    assert_string_equal(behind_daq(SIGNAL("signal = \"a\", sensor = \"dLigt1.1\", mode = \"time-division\"")),
                        "x.lua:5: signal.s.sensor = \"dLigt1.1\": expected a sensor: did you mean dLight1.1?");
    assert_string_equal(behind_daq(SIGNAL("signal = \"b\", sensor = \"dLight1.1\", mode = \"time-division\"")),
                        "x.lua:5: signal.s.signal = \"b\": expected a channel with led = ...: it has no light");
    assert_string_equal(
        behind_daq(SIGNAL("signal = \"a\", control = \"a\", sensor = \"dLight1.1\", mode = \"time-division\"")),
        "x.lua:5: signal.s.control = \"a\": expected another channel than the signal's");
    assert_string_equal(
        behind_daq(SIGNAL("signal = \"a\", sensor = \"dLight1.1\", mode = \"time-division\", lowpass = hz(500)")),
        "x.lua:5: signal.s.lowpass = hz(500): expected less than half the rate of a, hz(1000)");
    assert_string_equal(
        behind_daq(SIGNAL(
            "signal = \"a\", sensor = \"dLight1.1\", mode = \"time-division\", clip_low = v(2), clip_high = v(1)")),
        "x.lua:5: signal.s.clip_low = v(2): expected less than clip_high");
    assert_string_equal(behind_daq(SIGNAL("signal = \"a\", sensor = \"dLight1.1\", mode = \"time-division\"")), "");
    assert_int_equal(planner_case.config.signals[0].channel_control, UINT32_MAX);
}

static void outputs_are_checked(void **state)
{
    (void)state;
#define VALVE(keys) "output \"w\" { device = \"daq\", line = 0, kind = \"valve\", min_gap = ms(50), " keys " }"
#define SESSION     "max_on = ms(200), max_session = ul(10), "
#define OPENING     "opening = { { ul(1), ms(12) }, { ul(4), ms(42) } }"
    assert_string_equal(
        behind_daq(VALVE(SESSION OPENING ", guard = \"none\"")),
        "x.lua:2: output.w.guard = \"none\": expected a guard that ends a pulse when this computer can't "
        "(\"device_timed\" or \"device_watchdog\"), or accept_unguarded = true");
    assert_string_equal(behind_daq(VALVE(SESSION OPENING ", accept_unguarded = true")), "");
    assert_string_equal(
        behind_daq(VALVE(SESSION OPENING ", guard = \"device_watchdog\"")),
        "x.lua:2: output.w.guard = \"device_watchdog\": expected another guard: the fake driver's device has "
        "no watchdog");
    EXPECT("device \"daq\" { driver = \"plain\" }\n" VALVE(SESSION OPENING ", guard = \"device_timed\""),
           "x.lua:2: output.w.guard = \"device_timed\": expected another guard: the plain driver's device times no "
           "pulses");
    EXPECT("device \"daq\" { driver = \"plain\" }\n" VALVE(SESSION OPENING ", guard = \"device_watchdog\""), "");
    assert_string_equal(
        behind_daq(VALVE(SESSION "opening = { { ul(1), ms(12) } }, guard = \"device_timed\"")),
        "x.lua:2: output.w.opening = a table: expected two points or more: { { ul(1), ms(12) }, { ul(10), "
        "ms(100) } }");
    assert_string_equal(
        behind_daq(VALVE(SESSION "opening = {\n{ ul(4), ms(42) },\n{ ul(1), ms(12) } }, guard = \"device_timed\"")),
        "x.lua:4: output.w.opening.2 = a table: expected a larger volume and a longer time than the point "
        "before");
    assert_string_equal(
        behind_daq(VALVE(SESSION "opening = {\n{ ul(1), 12 },\n{ ul(4), ms(42) } }, guard = \"device_timed\"")),
        "x.lua:3: output.w.opening.1.2 = 12: expected a time: us(x), ms(x) or sec(x)");
    assert_string_equal(behind_daq(VALVE("max_on = ms(200), guard = \"device_timed\", " OPENING)),
                        "x.lua:2: output.w: expected the key max_session: a volume: ul(x) or ml(x)");
    assert_string_equal(behind_daq("output \"t\" { device = \"daq\", kind = \"sound\", hz = 6000, max_on = sec(2) }"),
                        "x.lua:2: output.t.hz = 6000: expected a frequency: hz(x) or khz(x)");
    assert_string_equal(behind_daq("output \"t\" { device = \"daq\", kind = \"horn\" }"),
                        "x.lua:2: output.t.kind = \"horn\": expected one of these words: digital, valve, laser, sound");
    assert_string_equal(
        behind_daq("output \"t\" { device = \"daq\", line = 0, kind = \"laser\", max_on = ms(5), min_gap = ms(5), "
                   "guard = \"device_timed\",\nopening = {} }"),
        "x.lua:3: output.t.opening = a table: expected a key of output: device, line, kind, guard, "
        "accept_unguarded, max_on, min_gap, max_count, max_day_count, duty, exclude, max_energy, power");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_whole_rig_becomes_a_config),
    cmocka_unit_test(outputs_carry_their_limits),
    cmocka_unit_test(a_drivers_own_options_are_in_base_units),
    cmocka_unit_test(a_failed_load_touches_nothing),
    cmocka_unit_test(the_loop_may_be_pinned_and_spin),
    cmocka_unit_test(the_shipped_rig_loads_with_the_simulated_driver),
    cmocka_unit_test(bad_files_are_refused_with_one_line),
    cmocka_unit_test(devices_are_checked),
    cmocka_unit_test(declarations_have_a_name_and_a_table),
    cmocka_unit_test(what_a_rig_does_without_a_disk_is_its_own_word),
    cmocka_unit_test(an_emergency_button_closes_or_opens),
    cmocka_unit_test(lines_and_references_are_checked),
    cmocka_unit_test(led_and_channels_are_checked),
    cmocka_unit_test(signals_are_checked),
    cmocka_unit_test(outputs_are_checked),
};

TEST_MAIN(tests)
