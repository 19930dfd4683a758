/* devices: with drivers that only keep a record of what they were asked for. */
#include "realtime/devices.h"
#include "tests/test.h"

enum { DEVICES = 3, OUTPUTS = 4 };

/* What one device was given and asked. */
struct driver {
    bool open, refuses, unsafe;
    uint32_t device, seed, n_channels, n_inputs, n_outputs;
    struct driver_channel channels[FRAME_CHANNELS_MAX];
    struct driver_input inputs[FRAME_INPUTS_MAX];
    struct driver_output outputs[FRAME_OUTPUTS_MAX];
    double rate_hz, options[DRIVER_OPTIONS_MAX];
    const struct driver_recording *recording;
    double level[FRAME_OUTPUTS_MAX];
    int64_t now_ns;
};

static struct driver drivers[DEVICES];
static char asked[512]; /* "open0 open1 ..." */
static uint32_t fails_open = DEVICES, fails_start = DEVICES;
static struct config config;
static struct devices devices;

static void note(const char *what, uint32_t device)
{
    const size_t n = strlen(asked);
    snprintf(asked + n, sizeof asked - n, "%s%s%u", n > 0 ? " " : "", what, device);
}

static bool fake_open(struct driver **opened, const struct driver_setup *setup, struct error *err)
{
    note("open", setup->device);
    *opened = NULL;
    if (setup->device == fails_open)
        return error_set(err, ERROR_DEVICE, setup->name, "device", NULL, "a board");
    struct driver *driver = &drivers[setup->device];
    *driver = (struct driver){.open = true,
                              .device = setup->device,
                              .seed = (uint32_t)setup->seed,
                              .n_channels = setup->n_channels,
                              .n_inputs = setup->n_inputs,
                              .n_outputs = setup->n_outputs,
                              .rate_hz = setup->rate_hz,
                              .recording = setup->recording};
    memcpy(driver->channels, setup->channels, setup->n_channels * sizeof *setup->channels);
    memcpy(driver->inputs, setup->inputs, setup->n_inputs * sizeof *setup->inputs);
    memcpy(driver->outputs, setup->outputs, setup->n_outputs * sizeof *setup->outputs);
    memcpy(driver->options, setup->options, sizeof driver->options);
    *opened = driver;
    return true;
}

static bool fake_start(struct driver *driver, struct error *err)
{
    note("start", driver->device);
    return driver->device != fails_start || error_set(err, ERROR_DEVICE, "daq", "start", NULL, "a clock");
}

static void fake_read(struct driver *driver, struct frame_in *in)
{
    note("read", driver->device);
    frame_edge_add(in, &(struct frame_edge){.t_ns = in->wake_ns, .input = driver->device});
}

static void fake_write(struct driver *driver, const struct frame_write *writes, uint32_t n, int64_t now_ns,
                       struct frame_in *confirmed)
{
    note("write", driver->device);
    for (uint32_t k = 0; k < n; k++)
        for (uint32_t i = 0; i < driver->n_outputs; i++)
            if (driver->outputs[i].index == writes[k].output) {
                driver->level[writes[k].output] = writes[k].level;
                frame_applied_add(confirmed, writes[k].output, writes[k].level, now_ns);
            }
}

static void fake_request_safe(struct driver *driver, int64_t now_ns)
{
    note("request", driver->device);
    driver->now_ns = now_ns;
}

static bool fake_force_safe(struct driver *driver, int64_t now_ns)
{
    note("force", driver->device);
    driver->now_ns = now_ns;
    return !driver->unsafe;
}

static double fake_level(struct driver *driver, uint32_t index, int64_t now_ns)
{
    driver->now_ns = now_ns;
    return driver->level[index];
}

static void fake_stop(struct driver *driver)
{
    note("stop", driver->device);
}

static void fake_close(struct driver *driver)
{
    note("close", driver->device);
    assert_true(driver->open);
    driver->open = false;
}

static const struct driver_option options[] = {
    {"gain",  "",   2,   0, 10, "a number"   },
    {"delay", "ms", 0.5, 0, 1,  "another one"},
    {"depth", "",   7,   0, 9,  "one more"   },
};
#define FAKE(name_)                                                                                                    \
    {                                                                                                                  \
        .name = name_, .options = options, .n_options = 3, .open = fake_open, .start = fake_start, .read = fake_read,  \
        .write = fake_write, .request_safe = fake_request_safe, .force_safe = fake_force_safe, .level = fake_level,    \
        .stop = fake_stop, .close = fake_close                                                                         \
    }
static const struct driver_ops alpha = FAKE("alpha"), beta = FAKE("beta");
static struct driver_ops blind = FAKE("blind"); /* can't read its outputs back */
static const struct driver_ops *const table[] = {&alpha, &beta, &blind};

/* Three devices; two channels, three inputs and four outputs lie on them crosswise. */
static int fresh(void **state)
{
    (void)state;
    blind.level = NULL;
    fails_open = fails_start = DEVICES;
    asked[0] = '\0';
    memset(drivers, 0, sizeof drivers);
    config = (struct config){.seed = 99, .n_devices = 3, .n_channels = 2, .n_inputs = 3, .n_outputs = OUTPUTS};
    for (uint32_t i = 0; i < DEVICES; i++) {
        snprintf(config.devices[i].name, CONFIG_NAME, "daq%u", i);
        snprintf(config.devices[i].driver, CONFIG_NAME, "%s", i == 1 ? "beta" : "alpha");
        config.devices[i].rate_hz = 1000 * (i + 1);
    }
    config.channels[0] = (struct config_channel){.volts_per_count = 0.5, .rate_hz = 10, .device = 1, .line = 4};
    config.channels[1] = (struct config_channel){.volts_at_zero = -1, .rate_hz = 20, .device = 0, .line = 3};
    for (uint32_t i = 0; i < 3; i++)
        config.inputs[i] = (struct config_input){.device = i % 2, .line = 7 - i};
    config.inputs[2].kind = CONFIG_INPUT_LICK;
    for (uint32_t i = 0; i < OUTPUTS; i++)
        config.outputs[i] = (struct config_output){.device = i % 3,
                                                   .line = i,
                                                   .on_level = 10 + i,
                                                   .kind = i % 2 == 0 ? CONFIG_OUTPUT_VALVE : CONFIG_OUTPUT_LASER,
                                                   .guard = CONFIG_GUARD_DEVICE_TIMED};
    config.outputs[3].safe_level = 5;
    return 0;
}

static bool open_all(struct error *err)
{
    return devices_open(&devices, &config, table, sizeof table / sizeof *table, NULL, err);
}

static void open_well(void)
{
    struct error err = {0};
    assert_true(open_all(&err));
    asked[0] = '\0';
}

static void each_device_is_opened_with_its_own_lines(void **state)
{
    (void)state;
    struct error err = {0};
    assert_true(open_all(&err));
    assert_string_equal(asked, "open0 open1 open2");
    assert_int_equal(devices.n, 3);
    assert_ptr_equal(devices.device[1].ops, &beta);
    assert_int_equal(drivers[0].n_channels, 1);
    assert_int_equal(drivers[0].channels[0].index, 1);
    assert_int_equal(drivers[0].channels[0].line, 3);
    assert_true(drivers[0].channels[0].volts_at_zero == -1 && drivers[0].channels[0].rate_hz == 20);
    assert_int_equal(drivers[1].channels[0].index, 0);
    assert_true(drivers[1].channels[0].volts_per_count == 0.5);
    assert_int_equal(drivers[2].n_channels, 0);
    assert_int_equal(drivers[0].n_inputs, 2);
    assert_int_equal(drivers[0].inputs[1].index, 2);
    assert_int_equal(drivers[0].inputs[1].line, 5);
    assert_int_equal(drivers[0].inputs[1].is_lick, 1);
    assert_int_equal(drivers[0].inputs[0].is_lick, 0);
    assert_int_equal(drivers[0].n_outputs, 2);
    const struct driver_output *last = &drivers[0].outputs[1];
    assert_int_equal(last->index, 3);
    assert_int_equal(last->line, 3);
    assert_int_equal(last->kind, CONFIG_OUTPUT_LASER);
    assert_int_equal(last->guard, CONFIG_GUARD_DEVICE_TIMED);
    assert_true(last->on_level == 13 && last->safe_level == 5);
    assert_int_equal(drivers[2].outputs[0].index, 2);
    assert_true(drivers[2].rate_hz == 3000);
    assert_int_equal(drivers[2].seed, 99);
}

static void options_are_the_rigs_or_the_drivers_own(void **state)
{
    (void)state;
    config.devices[1].n_settings = 2;
    config.devices[1].settings[0] = (struct config_setting){"depth", 8};
    config.devices[1].settings[1] = (struct config_setting){"gain", 0};
    open_well();
    assert_true(drivers[1].options[0] == 0 && drivers[1].options[1] == 0.5 && drivers[1].options[2] == 8);
    assert_true(drivers[0].options[0] == 2 && drivers[0].options[1] == 0.5 && drivers[0].options[2] == 7);
}

static void a_recording_reaches_the_drivers(void **state)
{
    (void)state;
    struct error err = {0};
    const struct driver_recording recording = {0};
    assert_true(devices_open(&devices, &config, table, 2, &recording, &err));
    assert_ptr_equal(drivers[2].recording, &recording);
    devices_close(&devices);
}

static void an_open_that_fails_closes_those_before_in_reverse(void **state)
{
    (void)state;
    static const char *const expected[] = {"open0", "open0 open1 close0", "open0 open1 open2 close1 close0"};
    for (fails_open = 0; fails_open < DEVICES; fails_open++) {
        struct error err = {0};
        asked[0] = '\0';
        assert_false(open_all(&err));
        assert_string_equal(asked, expected[fails_open]);
        assert_int_equal(err.kind, ERROR_DEVICE);
        assert_string_equal(err.where, config.devices[fails_open].name); /* the driver's own words */
        assert_int_equal(devices.n, 0);
        for (uint32_t i = 0; i < DEVICES; i++)
            assert_false(drivers[i].open);
    }
}

static void an_unknown_driver_is_named_and_nothing_stays_open(void **state)
{
    (void)state;
    struct error err = {0};
    char line[512];
    snprintf(config.devices[2].driver, CONFIG_NAME, "gamma");
    assert_false(open_all(&err));
    assert_string_equal(error_line(&err, line, sizeof line),
                        "daq2: driver = gamma: expected a driver that this program has");
    assert_string_equal(asked, "open0 open1 close1 close0");
}

static void a_start_that_fails_stops_all(void **state)
{
    (void)state;
    struct error err = {0};
    open_well();
    fails_start = 1;
    assert_false(devices_start(&devices, &err));
    assert_int_equal(err.kind, ERROR_DEVICE);
    assert_string_equal(asked, "start0 start1 stop0 stop1 stop2");
    fails_start = DEVICES;
    asked[0] = '\0';
    assert_true(devices_start(&devices, &err));
    assert_string_equal(asked, "start0 start1 start2");
}

static void all_are_read_into_one_frame(void **state)
{
    (void)state;
    static struct frame_in in;
    open_well();
    frame_in_clear(&in);
    in.wake_ns = 17;
    devices_read(&devices, &in);
    assert_string_equal(asked, "read0 read1 read2");
    assert_int_equal(in.n_edges, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(in.edges[i].input, i);
        assert_int_equal(in.edges[i].t_ns, 17);
    }
}

static void a_write_reaches_its_own_device_and_is_confirmed_once(void **state)
{
    (void)state;
    static struct frame_in confirmed;
    static struct frame_out out;
    open_well();
    frame_in_clear(&confirmed);
    frame_out_clear(&out);
    devices_write(&devices, &out, 5, &confirmed);
    assert_string_equal(asked, ""); /* nobody is asked for nothing */
    for (uint32_t i = 0; i < OUTPUTS; i++)
        out.writes[out.n_writes++] = (struct frame_write){.output = i, .level = 10 + i};
    devices_write(&devices, &out, 6, &confirmed);
    assert_string_equal(asked, "write0 write1 write2");
    assert_int_equal(confirmed.n_applied, OUTPUTS);
    for (uint32_t d = 0; d < DEVICES; d++)
        for (uint32_t i = 0; i < OUTPUTS; i++)
            assert_true(drivers[d].level[i] == (i % 3 == d ? 10 + i : 0));
    for (uint32_t k = 0; k < OUTPUTS; k++) {
        assert_int_equal(confirmed.applied[k].t_ns, 6);
        assert_true(confirmed.applied[k].level == 10 + confirmed.applied[k].output);
    }
}

static void make_safe_reaches_every_device(void **state)
{
    (void)state;
    open_well();
    devices_request_safe(&devices, 8);
    assert_string_equal(asked, "request0 request1 request2");
    asked[0] = '\0';
    assert_true(devices_force_safe(&devices, 9));
    assert_string_equal(asked, "force0 force1 force2");
    for (uint32_t i = 0; i < DEVICES; i++)
        assert_int_equal(drivers[i].now_ns, 9);
}

static void one_that_is_not_safe_holds_up_no_other(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < DEVICES; i++) {
        open_well();
        drivers[i].unsafe = true;
        assert_false(devices_force_safe(&devices, 9));
        assert_string_equal(asked, "force0 force1 force2");
    }
}

static void all_is_safe_when_every_output_reads_back_safe(void **state)
{
    (void)state;
    open_well();
    drivers[0].level[3] = 5;
    assert_true(devices_all_safe(&devices, &config, 4));
    for (uint32_t i = 0; i < OUTPUTS; i++) {
        const double safe = drivers[i % 3].level[i];
        drivers[i % 3].level[i] = 1;
        assert_false(devices_all_safe(&devices, &config, 4));
        drivers[i % 3].level[i] = safe;
    }
    assert_true(devices_all_safe(&devices, &config, 4));
}

static void what_can_not_be_read_back_is_not_called_safe(void **state)
{
    (void)state;
    snprintf(config.devices[2].driver, CONFIG_NAME, "blind");
    open_well();
    drivers[0].level[3] = 5;
    assert_false(devices_all_safe(&devices, &config, 4));
}

static void closing_twice_closes_once(void **state)
{
    (void)state;
    open_well();
    devices_stop(&devices);
    devices_close(&devices);
    assert_string_equal(asked, "stop0 stop1 stop2 close2 close1 close0");
    devices_stop(&devices);
    devices_close(&devices);
    assert_string_equal(asked, "stop0 stop1 stop2 close2 close1 close0");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(each_device_is_opened_with_its_own_lines, fresh),
    cmocka_unit_test_setup(options_are_the_rigs_or_the_drivers_own, fresh),
    cmocka_unit_test_setup(a_recording_reaches_the_drivers, fresh),
    cmocka_unit_test_setup(an_open_that_fails_closes_those_before_in_reverse, fresh),
    cmocka_unit_test_setup(an_unknown_driver_is_named_and_nothing_stays_open, fresh),
    cmocka_unit_test_setup(a_start_that_fails_stops_all, fresh),
    cmocka_unit_test_setup(all_are_read_into_one_frame, fresh),
    cmocka_unit_test_setup(a_write_reaches_its_own_device_and_is_confirmed_once, fresh),
    cmocka_unit_test_setup(make_safe_reaches_every_device, fresh),
    cmocka_unit_test_setup(one_that_is_not_safe_holds_up_no_other, fresh),
    cmocka_unit_test_setup(all_is_safe_when_every_output_reads_back_safe, fresh),
    cmocka_unit_test_setup(what_can_not_be_read_back_is_not_called_safe, fresh),
    cmocka_unit_test_setup(closing_twice_closes_once, fresh),
};
TEST_MAIN(tests)
