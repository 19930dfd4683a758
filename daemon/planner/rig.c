#include "planner/rig.h"
#include "engine/model/observe.h"
#include "planner/declare.h"
#include "planner/rig_lines.h"
#include "planner/suggest.h"
#include <assert.h>
#include <errno.h>
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    N_COMMON = 3, /* keys that every device has */
    NAMES_MAX = 32,
    CPU_MAX = 1023, /* of cpu_set_t */
};

#define ANY QUANTITY_NUMBER, 0, 0

struct rig_form {
    int64_t period_ns, spin_ns;
    uint32_t cpu;
};

static int read_rig(struct declare *declare)
{
    static const struct declare_key keys[] = {
        {"period",                  DECLARE_NS, false, QUANTITY_TIME, 1e5, 5e6, offsetof(struct rig_form, period_ns), NULL},
        {"spin",                    DECLARE_NS, false, QUANTITY_TIME, 0, 2.5e6, offsetof(struct rig_form, spin_ns), NULL},
        {"cpu",                      DECLARE_WHOLE, false, QUANTITY_NUMBER, 0, CPU_MAX, offsetof(struct rig_form, cpu), NULL},
        {0},
    };
    struct rig_lines *rig = rig_lines_owner(declare);
    struct rig_form form = {.period_ns = rig->config.period_ns};
    if (rig->has_rig)
        declare_fail(declare, NULL, "", "one rig { ... } in a file");
    rig->has_rig = true;
    declare_keys(declare, keys, &form);
    if (form.spin_ns > form.period_ns / 2) /* the system stops a real-time thread that hardly ever sleeps */
        declare_fail(declare, "spin", NULL, "at most half the period, us(%g)", (double)form.period_ns / 2e3);
    rig->config.period_ns = form.period_ns;
    rig->loop = (struct config_loop){form.spin_ns, declare_has(declare, "cpu"), form.cpu};
    return 0;
}

static int read_journal(struct declare *declare)
{
    static const char *const on_fault[] = {"continue", "pause", "stop", NULL}; /* enum config_journal_on_fault */
    static const struct declare_key keys[] = {
        {"on_fault", DECLARE_WORD, true, ANY, offsetof(struct config, journal_on_fault), on_fault},
        {0     },
    };
    struct rig_lines *rig = rig_lines_owner(declare);
    if (rig->has_journal)
        declare_fail(declare, NULL, "", "one journal { ... } in a file");
    rig->has_journal = true;
    declare_keys(declare, keys, &rig->config);
    return 0;
}

/* The unit that a driver's option has in a rig file. */
static struct declare_key option_key(const struct driver_option *option)
{
    const enum quantity_dimension dimension = quantity_dimension_of(option->unit);
    const double scale = dimension == QUANTITY_TIME ? 1e9 : 1; /* tables are in seconds */
    return (struct declare_key){
        .key = option->name,
        .type = DECLARE_NUMBER,
        .dimension = dimension,
        .min = option->min * scale,
        .max = option->max * scale,
    };
}

static int read_device(struct declare *declare)
{
    static const char *const on_loss[] = {"stop", "pause", "continue", NULL}; /* enum config_on_loss */
    static const struct declare_key common[N_COMMON] = {
        {"driver", DECLARE_TEXT,   true,  ANY,                offsetof(struct config_device, driver), NULL                            },
        {"rate",   DECLARE_NUMBER, false, QUANTITY_FREQUENCY, 0,                             0,       offsetof(struct config_device,    rate_hz), NULL},
        {"on_loss",    DECLARE_WORD,                  false,               ANY,                  offsetof(struct config_device,                         on_loss),               on_loss},
    };
    struct rig_lines *rig = rig_lines_owner(declare);
    struct config *config = &rig->config;
    declare_unique(declare, config->devices, config->n_devices, sizeof *config->devices);
    declare_room(declare, config->n_devices, CONFIG_DEVICES_MAX, "devices");
    struct config_device *device = &config->devices[config->n_devices];
    *device = (struct config_device){.rate_hz = 1000};
    declare_key(declare, &common[0], device);

    const char *names[NAMES_MAX];
    size_t n = 0;
    const struct driver_ops *driver = NULL;
    for (size_t i = 0; i < rig->n_drivers && n < NAMES_MAX; i++) {
        names[n++] = rig->drivers[i]->name;
        if (strcmp(rig->drivers[i]->name, device->driver) == 0)
            driver = rig->drivers[i];
    }
    char text[SUGGEST_TEXT];
    if (!driver)
        declare_fail(declare, "driver", NULL, "%s", suggest_text(text, "a driver", device->driver, names, n));

    struct declare_key keys[N_COMMON + DRIVER_OPTIONS_MAX + 1] = {{0}};
    memcpy(keys, common, sizeof common);
    assert(driver->n_options <= DRIVER_OPTIONS_MAX);
    keys[1].min = driver->about.rate_hz_min;
    keys[1].max = driver->about.rate_hz_max;
    for (uint32_t i = 0; i < driver->n_options; i++) {
        keys[N_COMMON + i] = option_key(&driver->options[i]);
        keys[N_COMMON + i].type = DECLARE_OTHER; /* read below: each has a place of its own */
    }
    declare_keys(declare, keys, device);
    for (uint32_t i = 0; i < driver->n_options; i++) {
        const struct declare_key key = option_key(&driver->options[i]);
        double value = 0;
        if (!declare_key(declare, &key, &value))
            continue;
        struct config_setting *setting = &device->settings[device->n_settings++];
        snprintf(setting->name, sizeof setting->name, "%s", key.key);
        setting->value = quantity_si((struct quantity){.value = value, .dimension = key.dimension});
    }
    memcpy(device->name, declare->name, strlen(declare->name) + 1);
    rig->driver_of[config->n_devices++] = driver;
    return 0;
}

struct signal_form {
    char signal[CONFIG_NAME], control[CONFIG_NAME];
    uint32_t mode;
    struct config_signal made;
};

/* Sensor and region must be presets of the observation chain. */
static void check_preset(const struct declare *declare, const char *key, const char *noun, bool known, const char *name,
                         const char *(*preset)(size_t))
{
    const char *names[NAMES_MAX];
    char text[SUGGEST_TEXT];
    size_t n = 0;
    while (n < NAMES_MAX && preset(n) != NULL) {
        names[n] = preset(n);
        n++;
    }
    if (!known)
        declare_fail(declare, key, NULL, "%s", suggest_text(text, noun, name, names, n));
}

/* The channel at `key`; where only LEDs give light it must have one. */
static uint32_t check_channel(const struct declare *declare, const char *key, const char *name)
{
    const struct rig_lines *rig = rig_lines_owner(declare);
    const uint32_t channel = declare_refer(declare, key, name, "a channel declared above", rig->config.channels,
                                           rig->config.n_channels, sizeof *rig->config.channels, NULL);
    if (rig_lines_about(rig, rig->config.channels[channel].device)->lit_by_leds &&
        rig->led_of[channel] == RIG_LINES_NO_LED)
        declare_fail(declare, key, NULL, "a channel with led = ...: it has no light");
    return channel;
}

static int read_signal(struct declare *declare)
{
#define MADE(field) offsetof(struct signal_form, made.field)
    static const char *const modes[] = {"time-division", NULL};
    static const struct declare_key keys[] = {
        {"signal",                     DECLARE_TEXT, true, ANY, offsetof(struct signal_form, signal), NULL},
        {"control",                        DECLARE_TEXT, false, ANY, offsetof(struct signal_form, control), NULL},
        {"sensor", DECLARE_TEXT, true, ANY, MADE(sensor), NULL},
        {"region",                        DECLARE_TEXT, true, ANY, MADE(region), NULL},
        {"mode",                    DECLARE_WORD, true, ANY, offsetof(struct signal_form, mode), modes},
        {"lowpass",                       DECLARE_NUMBER, false, QUANTITY_FREQUENCY, 0.1, 1e4, MADE(lowpass_hz), NULL},
        {"tau_baseline", DECLARE_SECONDS, false, QUANTITY_TIME, 1e9, 3.6e12, MADE(tau_baseline_s), NULL},
        {"tau_fit",                        DECLARE_SECONDS, false, QUANTITY_TIME, 1e9, 3.6e12, MADE(tau_fit_s), NULL},
        {"clip_low",                     DECLARE_NUMBER, false, QUANTITY_VOLTAGE, 0, 0, MADE(clip_low_v), NULL},
        {"clip_high",                        DECLARE_NUMBER, false, QUANTITY_VOLTAGE, 0, 0, MADE(clip_high_v), NULL},
        {0               },
    };
#undef MADE
    struct config *config = &rig_lines_owner(declare)->config;
    declare_unique(declare, config->signals, config->n_signals, sizeof *config->signals);
    declare_room(declare, config->n_signals, CONFIG_SIGNALS_MAX, "signals");
    struct signal_form form = {
        .made = {.lowpass_hz = 20,
                 .tau_baseline_s = 60,
                 .tau_fit_s = 300,
                 .clip_low_v = -(double)INFINITY,
                 .clip_high_v = (double)INFINITY,
                 .channel_control = UINT32_MAX}
    };
    declare_keys(declare, keys, &form);
    struct config_signal *made = &form.made;
    check_preset(declare, "sensor", "a sensor", observe_sensor_find(made->sensor) != NULL, made->sensor,
                 observe_sensor_name);
    check_preset(declare, "region", "a region", observe_region_find(made->region) != NULL, made->region,
                 observe_region_name);
    made->channel_signal = check_channel(declare, "signal", form.signal);
    const struct config_channel *signal = &config->channels[made->channel_signal];
    if (form.control[0] != '\0') {
        made->channel_control = check_channel(declare, "control", form.control);
        const struct config_channel *control = &config->channels[made->channel_control];
        if (made->channel_control == made->channel_signal)
            declare_fail(declare, "control", NULL, "another channel than the signal's");
        if (control->device != signal->device || control->rate_hz > signal->rate_hz ||
            control->rate_hz < signal->rate_hz)
            declare_fail(declare, "control", NULL, "a channel of the same device and rate as %s", form.signal);
    }
    if (made->lowpass_hz >= signal->rate_hz / 2)
        declare_fail(declare, "lowpass", NULL, "less than half the rate of %s, hz(%g)", form.signal, signal->rate_hz);
    if (made->clip_low_v >= made->clip_high_v)
        declare_fail(declare, "clip_low", NULL, "less than clip_high");
    memcpy(made->name, declare->name, strlen(declare->name) + 1);
    config->signals[config->n_signals++] = *made;
    return 0;
}

static int install(lua_State *lua)
{
    static const struct declare_word words[] = {
        {"rig",     false, read_rig         },
        {"journal", false, read_journal     },
        {"device",  true,  read_device      },
        {"channel", true,  rig_lines_channel},
        {"input",   true,  rig_lines_input  },
        {"led",     true,  rig_lines_led    },
        {"output",  true,  rig_lines_output },
        {"signal",  true,  read_signal      },
        {NULL,      false, NULL             },
    };
    quantity_install(lua);
    declare_install(lua, words);
    return 0;
}

static int finish(lua_State *lua)
{
    declare_finish(lua);
    const struct rig_lines *rig = sandbox_of(lua)->owner;
    if (rig->config.n_devices == 0)
        return sandbox_fail(lua, 0, "rig", NULL, "a device: device \"daq\" { driver = ... }");
    return 0;
}

bool rig_load_loop(const char *path, const struct driver_ops *const *drivers, size_t n_drivers, struct config *config,
                   struct config_loop *loop, struct error *err)
{
    struct sandbox sandbox = {0};
    struct rig_lines *rig = calloc(1, sizeof *rig);
    if (!rig)
        return error_system(err, path, NULL, ENOMEM);
    rig->drivers = drivers;
    rig->n_drivers = n_drivers;
    rig->config.period_ns = 1000000;
    rig->config.duration_ns = INT64_MAX;
    sandbox_stem(path, rig->config.rig, sizeof rig->config.rig);
    const bool ok = sandbox_open(&sandbox, path, rig, err) && sandbox_setup(&sandbox, install, err) &&
                    sandbox_load(&sandbox, err) && sandbox_setup(&sandbox, finish, err) &&
                    config_check(&rig->config, err);
    if (ok) {
        *config = rig->config;
        *loop = rig->loop;
    }
    sandbox_close(&sandbox);
    free(rig);
    return ok;
}

bool rig_load(const char *path, const struct driver_ops *const *drivers, size_t n_drivers, struct config *config,
              struct error *err)
{
    struct config_loop loop;
    return rig_load_loop(path, drivers, n_drivers, config, &loop, err);
}
