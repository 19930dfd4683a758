#include "planner/rig_lines.h"
#include "planner/rig_limits.h"
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_EVER = 65535, COUNT_MAX = 1000000 };
static const double refractory_min_ns = 1e6, refractory_max_ns = 500e6; /* of a lick sensor */

/* What every line has; the forms below begin with it. */
struct place {
    char device[CONFIG_NAME];
    uint32_t line;
};

#define ANY QUANTITY_NUMBER, 0, 0
#define PLACE_KEYS(line_required)                                                                                      \
    {"device", DECLARE_TEXT, true, ANY, offsetof(struct place, device), NULL},                                         \
    {                                                                                                                  \
        "line", DECLARE_WHOLE, line_required, QUANTITY_NUMBER, 0, LINE_MAX_EVER, offsetof(struct place, line), NULL    \
    }

struct rig_lines *rig_lines_owner(const struct declare *declare)
{
    return sandbox_of(declare->lua)->owner;
}

const struct driver_about *rig_lines_about(const struct rig_lines *rig, uint32_t device)
{
    return &rig->driver_of[device]->about;
}

static uint32_t resolve_device(const struct declare *declare, const struct place *place)
{
    const struct config *config = &rig_lines_owner(declare)->config;
    return declare_refer(declare, "device", place->device, "a device declared above", config->devices,
                         config->n_devices, sizeof *config->devices, NULL);
}

/* Holds the line against what the driver has. `class` names the lines that are numbered together. */
static void check_line(const struct declare *declare, uint32_t device, uint32_t line, const char *class,
                       uint32_t n_lines)
{
    const char *driver = rig_lines_owner(declare)->driver_of[device]->name;
    if (n_lines == 0)
        declare_fail(declare, "device", NULL, "a device with %s lines: the %s driver has none", class, driver);
    if (line >= n_lines)
        declare_fail(declare, "line", NULL, "0..%u, the %s lines of the %s driver", (unsigned)n_lines - 1, class,
                     driver);
}

static void fail_taken(const struct declare *declare, const char *class, const char *other)
{
    declare_fail(declare, "line", NULL, "a free %s line: %s has this one", class, other);
}

struct channel_form {
    struct place place;
    char led[CONFIG_NAME];
    struct config_channel channel;
};

int rig_lines_channel(struct declare *declare)
{
    static const struct declare_key keys[] = {
        PLACE_KEYS(true),
        {"led",                         DECLARE_TEXT, false, ANY, offsetof(struct channel_form, led), NULL},
        {"rate",                        DECLARE_NUMBER, false, QUANTITY_FREQUENCY, 1e-3, 1e6, offsetof(struct channel_form, channel.rate_hz),
                NULL},
        {"volts_per_count", DECLARE_NUMBER, false, ANY, offsetof(struct channel_form, channel.volts_per_count), NULL},
        {"volts_at_zero",                         DECLARE_NUMBER, false, ANY, offsetof(struct channel_form, channel.volts_at_zero), NULL},
        {0                       },
    };
    struct rig_lines *rig = rig_lines_owner(declare);
    struct config *config = &rig->config;
    declare_unique(declare, config->channels, config->n_channels, sizeof *config->channels);
    declare_room(declare, config->n_channels, FRAME_CHANNELS_MAX, "channels");
    struct channel_form form = {0};
    declare_key(declare, &keys[0], &form);
    const uint32_t device = resolve_device(declare, &form.place);
    form.channel = (struct config_channel){
        .rate_hz = config->devices[device].rate_hz,
        .volts_per_count = rig_lines_about(rig, device)->volts_per_count,
        .volts_at_zero = rig_lines_about(rig, device)->volts_at_zero,
        .device = device,
    };
    declare_keys(declare, keys, &form);
    check_line(declare, device, form.place.line, "channel", rig_lines_about(rig, device)->channels_max);
    form.channel.line = form.place.line;
    if (form.channel.rate_hz > config->devices[device].rate_hz)
        declare_fail(declare, "rate", NULL, "at most hz(%g), the rate of its device", config->devices[device].rate_hz);
    for (uint32_t i = 0; i < config->n_channels; i++)
        if (config->channels[i].device == device && config->channels[i].line == form.place.line)
            fail_taken(declare, "channel", config->channels[i].name);
    rig->led_of[config->n_channels] = RIG_LINES_NO_LED;
    if (form.led[0] != '\0') {
        bool is_led[FRAME_OUTPUTS_MAX];
        for (uint32_t i = 0; i < config->n_outputs; i++)
            is_led[i] = config->outputs[i].kind == CONFIG_OUTPUT_LED && config->outputs[i].device == device;
        const uint32_t led = declare_refer(declare, "led", form.led, "an LED of the same device, declared above",
                                           config->outputs, config->n_outputs, sizeof *config->outputs, is_led);
        if (rig_lines_about(rig, device)->lit_by_leds && config->outputs[led].line != form.place.line)
            declare_fail(declare, "led", NULL, "the LED on line %u: a simulated LED lights the channel of its own line",
                         (unsigned)form.place.line);
        rig->led_of[config->n_channels] = (int)led;
    }
    memcpy(form.channel.name, declare->name, strlen(declare->name) + 1);
    config->channels[config->n_channels++] = form.channel;
    return 0;
}

struct input_form {
    struct place place;
    uint32_t sensor;
    int64_t debounce_ns, bout_gap_ns, late_ns;
};

int rig_lines_input(struct declare *declare)
{
    static const char *const sensors[] = {"beam",  "capacitive", "electrical",  "digital",
                                          "event", "estop",      "estop_opens", NULL};
    static const uint32_t kinds[] = {CONFIG_INPUT_LICK,       CONFIG_INPUT_LICK,  CONFIG_INPUT_LICK,
                                     CONFIG_INPUT_DIGITAL,    CONFIG_INPUT_EVENT, CONFIG_INPUT_ESTOP,
                                     CONFIG_INPUT_ESTOP_OPENS};
    const struct declare_key keys[] = {
        PLACE_KEYS(true),
        {"sensor",                    DECLARE_WORD, true, ANY, offsetof(struct input_form, sensor), sensors},
        {"debounce",                       DECLARE_NS, false, QUANTITY_TIME, refractory_min_ns, refractory_max_ns,
                offsetof(struct input_form, debounce_ns), NULL},
        {"bout_gap", DECLARE_NS, false, QUANTITY_TIME, refractory_min_ns, 1e10,
                offsetof(struct input_form, bout_gap_ns), NULL},
        {"late",                    DECLARE_NS, false, QUANTITY_TIME, 0, 1e9, offsetof(struct input_form, late_ns), NULL},
        {0                 },
    };
    struct rig_lines *rig = rig_lines_owner(declare);
    struct config *config = &rig->config;
    declare_unique(declare, config->inputs, config->n_inputs, sizeof *config->inputs);
    declare_room(declare, config->n_inputs, FRAME_INPUTS_MAX, "inputs");
    struct input_form form = {.debounce_ns = 60000000,    /* mice lick at 5..10 Hz */
                              .bout_gap_ns = 1000000000}; /* wider than any debounce */
    declare_keys(declare, keys, &form);
    const uint32_t device = resolve_device(declare, &form.place);
    check_line(declare, device, form.place.line, "input", rig_lines_about(rig, device)->inputs_max);
    for (uint32_t i = 0; i < config->n_inputs; i++)
        if (config->inputs[i].device == device && config->inputs[i].line == form.place.line)
            fail_taken(declare, "input", config->inputs[i].name);
    const bool lick = kinds[form.sensor] == CONFIG_INPUT_LICK;
    const int64_t late_ns = rig_lines_about(rig, device)->late_max_ns;
    if (!lick && declare_has(declare, "debounce"))
        declare_fail(declare, "debounce", NULL, "no such key: only lick sensors are debounced");
    if (!lick && declare_has(declare, "bout_gap"))
        declare_fail(declare, "bout_gap", NULL, "no such key: only lick sensors have bouts");
    if (lick && form.bout_gap_ns <= form.debounce_ns)
        declare_fail(declare, "bout_gap", NULL, "more than debounce");
    struct config_input *input = &config->inputs[config->n_inputs++];
    *input = (struct config_input){
        .refractory_ns = lick ? form.debounce_ns : 0,
        .bout_gap_ns = lick ? form.bout_gap_ns : 0,
        .late_ns = form.late_ns > late_ns ? form.late_ns : late_ns,
        .device = device,
        .line = form.place.line,
        .kind = kinds[form.sensor],
    };
    memcpy(input->name, declare->name, strlen(declare->name) + 1);
    return 0;
}

struct output_form {
    struct place place;
    uint32_t kind;
    bool accept_unguarded;
    double current_ma, max_ma;
    struct config_output output;
};

/* Sounds, LEDs and the other outputs have lines that are numbered apart. */
static const char *class_of(uint32_t kind)
{
    return kind == CONFIG_OUTPUT_SOUND ? "sound" : kind == CONFIG_OUTPUT_LED ? "LED" : "output";
}

/* The end of every output: resolves the device, checks the line, takes the output in. */
static void take_output(struct declare *declare, struct output_form *form)
{
    struct rig_lines *rig = rig_lines_owner(declare);
    struct config *config = &rig->config;
    const char *class = class_of(form->output.kind);
    const uint32_t device = resolve_device(declare, &form->place);
    check_line(declare, device, form->place.line, class, rig_lines_about(rig, device)->outputs_max);
    for (uint32_t i = 0; i < config->n_outputs; i++) {
        const struct config_output *other = &config->outputs[i];
        if (other->device == device && other->line == form->place.line && strcmp(class_of(other->kind), class) == 0)
            fail_taken(declare, class, other->name);
    }
    const uint32_t guard = form->output.guard;
    form->output.shapes = rig_lines_about(rig, device)->shapes | 1u << CONFIG_SHAPE_PULSES;
    const bool dangerous = form->output.kind == CONFIG_OUTPUT_VALVE || form->output.kind == CONFIG_OUTPUT_LASER;
    const char *driver = rig->driver_of[device]->name;
    if (dangerous && guard == CONFIG_GUARD_NONE && !form->accept_unguarded)
        declare_fail(declare, declare_has(declare, "guard") ? "guard" : NULL, declare_has(declare, "guard") ? NULL : "",
                     "a guard that ends a pulse when this computer can't (\"device_timed\" or \"device_watchdog\"), "
                     "or accept_unguarded = true");
    if (guard == CONFIG_GUARD_DEVICE_TIMED && !rig_lines_about(rig, device)->device_timed)
        declare_fail(declare, "guard", NULL, "another guard: the %s driver's device times no pulses", driver);
    if (guard == CONFIG_GUARD_DEVICE_WATCHDOG && !rig_lines_about(rig, device)->device_watchdog)
        declare_fail(declare, "guard", NULL, "another guard: the %s driver's device has no watchdog", driver);
    form->output.device = device;
    form->output.line = form->place.line;
    memcpy(form->output.name, declare->name, strlen(declare->name) + 1);
    rig_limits_read(declare, &form->output);
    config->outputs[config->n_outputs++] = form->output;
    rig_limits_exclude(declare, config);
}

static void begin_output(const struct declare *declare)
{
    const struct config *config = &rig_lines_owner(declare)->config;
    declare_unique(declare, config->outputs, config->n_outputs, sizeof *config->outputs);
    declare_room(declare, config->n_outputs, FRAME_OUTPUTS_MAX, "outputs");
}

int rig_lines_led(struct declare *declare)
{
    static const struct declare_key keys[] = {
        PLACE_KEYS(true),
        {"current",                    DECLARE_NUMBER, true, QUANTITY_CURRENT, 1e-3, 5000, offsetof(struct output_form, current_ma), NULL},
        {"max",                        DECLARE_NUMBER, true, QUANTITY_CURRENT, 1e-3, 5000, offsetof(struct output_form, max_ma), NULL},
        {"max_on",                        DECLARE_NS, false, QUANTITY_TIME, 1e5, 6e11, offsetof(struct output_form, output.max_on_ns), NULL},
        RIG_LIMITS_KEYS,
        {0},
    };
    begin_output(declare);
    struct output_form form = {
        .output = {.kind = CONFIG_OUTPUT_LED, .max_on_ns = INT64_MAX, .max_session_ul = (double)INFINITY}
    };
    declare_keys(declare, keys, &form);
    if (form.current_ma > form.max_ma)
        declare_fail(declare, "current", NULL, "at most ma(%g), its max", form.max_ma);
    form.output.on_level = form.current_ma;
    form.output.max_level = form.max_ma;
    take_output(declare, &form);
    return 0;
}

/* A valve's table of volumes and opening times. */
static void read_opening(struct declare *declare, struct config_output *output)
{
    static const struct declare_key volume = {
        "1", DECLARE_NUMBER, true, QUANTITY_VOLUME, 1e-3, 1e5, offsetof(struct config_opening, ul), NULL};
    static const struct declare_key open = {
        "2", DECLARE_NS, true, QUANTITY_TIME, 1e5, 1e10, offsetof(struct config_opening, open_ns), NULL};
    struct declare list, item;
    char list_path[SANDBOX_TEXT], item_path[SANDBOX_TEXT], position[12];
    output->n_opening = declare_list(declare, "opening", CONFIG_OPENING_MAX);
    if (output->n_opening < 2)
        declare_fail(declare, "opening", NULL, "two points or more: { { ul(1), ms(12) }, { ul(10), ms(100) } }");
    declare_inner(declare, "opening", &list, list_path);
    for (uint32_t i = 0; i < output->n_opening; i++) {
        struct config_opening *point = &output->opening[i];
        snprintf(position, sizeof position, "%u", (unsigned)i + 1);
        declare_inner(&list, position, &item, item_path);
        declare_key(&item, &volume, point);
        declare_key(&item, &open, point);
        if (i > 0 && (point->ul <= point[-1].ul || point->open_ns <= point[-1].open_ns))
            declare_fail(&list, position, NULL, "a larger volume and a longer time than the point before");
        lua_pop(declare->lua, 1);
    }
    lua_pop(declare->lua, 1);
}

/* The keys of each kind of output. */
static const char *const guards[] = {"none", "device_timed", "device_watchdog", NULL}; /* enum config_guard */
#define AT(field) offsetof(struct output_form, field)
#define TIMES_KEYS(gap_required)                                                                                       \
    {"max_on", DECLARE_NS, true, QUANTITY_TIME, 1e5, 6e11, AT(output.max_on_ns), NULL},                                \
    {                                                                                                                  \
        "min_gap", DECLARE_NS, gap_required, QUANTITY_TIME, 0, 6e11, AT(output.min_gap_ns), NULL                       \
    }
#define COUNT_KEYS                                                                                                     \
    {"max_count", DECLARE_WHOLE, false, QUANTITY_NUMBER, 1, COUNT_MAX, AT(output.max_session_n), NULL},                \
    {                                                                                                                  \
        "max_day_count", DECLARE_WHOLE, false, QUANTITY_NUMBER, 1, COUNT_MAX, AT(output.max_day_n), NULL               \
    }
#define GUARD_KEYS                                                                                                     \
    {"guard", DECLARE_WORD, false, ANY, AT(output.guard), guards},                                                     \
    {                                                                                                                  \
        "accept_unguarded", DECLARE_FLAG, false, ANY, AT(accept_unguarded), NULL                                       \
    }
static const struct declare_key digital[] = {
    PLACE_KEYS(true),
    {"kind", DECLARE_OTHER, true, ANY, 0, NULL},
    TIMES_KEYS(false),
    GUARD_KEYS,
    COUNT_KEYS,
    RIG_LIMITS_KEYS,
    {0 }
};
static const struct declare_key valve[] = {
    PLACE_KEYS(true),
    {"kind",          DECLARE_OTHER, true, ANY, 0, NULL},
    GUARD_KEYS,
    TIMES_KEYS(true),
    {"max_session",           DECLARE_NUMBER, true, QUANTITY_VOLUME, 1e-3, 1e6, AT(output.max_session_ul), NULL},
    {"max_day",              DECLARE_NUMBER, false, QUANTITY_VOLUME, 1e-3, 1e6, AT(output.max_day_ul), NULL},
    {"opening",               DECLARE_OTHER, true, ANY, 0, NULL},
    COUNT_KEYS,
    RIG_LIMITS_KEYS,
    {0},
};
static const struct declare_key laser[] = {
    PLACE_KEYS(true),
    {"kind", DECLARE_OTHER, true, ANY, 0, NULL},
    GUARD_KEYS,
    TIMES_KEYS(true),
    COUNT_KEYS,
    RIG_LIMITS_KEYS,
    RIG_LIMITS_ENERGY_KEYS,
    {"power",  DECLARE_NUMBER, false, QUANTITY_POWER, 1e-6, 1e6, AT(output.power_mw), NULL},
    {0    }
};
static const struct declare_key sound[] = {
    PLACE_KEYS(false),
    {"kind", DECLARE_OTHER, true, ANY, 0, NULL},
    {"hz",  DECLARE_NUMBER, true, QUANTITY_FREQUENCY, 20, 96000, AT(output.hz), NULL},
    TIMES_KEYS(false),
    COUNT_KEYS,
    RIG_LIMITS_KEYS,
    {0    },
};
static const struct declare_key *const output_keys[] = {
    [CONFIG_OUTPUT_DIGITAL] = digital,
    [CONFIG_OUTPUT_VALVE] = valve,
    [CONFIG_OUTPUT_LASER] = laser,
    [CONFIG_OUTPUT_SOUND] = sound,
};
#undef AT
#undef TIMES_KEYS
#undef COUNT_KEYS
#undef GUARD_KEYS

int rig_lines_output(struct declare *declare)
{
    static const char *const kinds[] = {"digital", "valve", "laser", "sound", NULL}; /* enum config_output_kind */
    static const struct declare_key kind_key = {"kind", DECLARE_WORD, true, ANY, offsetof(struct output_form, kind),
                                                kinds};
    begin_output(declare);
    struct output_form form = {
        .output = {.on_level = 1, .max_session_ul = (double)INFINITY}
    };
    declare_key(declare, &kind_key, &form);
    declare_keys(declare, output_keys[form.kind], &form);
    form.output.kind = form.kind;
    if (form.kind == CONFIG_OUTPUT_VALVE)
        read_opening(declare, &form.output);
    take_output(declare, &form);
    return 0;
}
