#include "engine/config.h"
#include "engine/base/units.h"
#include "engine/config_trigger.h"
#include "engine/model/model.h"
#include "engine/model/observe.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

enum row_type {
    ROW_NAME,   /* not empty, and no other entry of its array has it */
    ROW_LABEL,  /* not empty */
    ROW_TEXT,   /* may be empty */
    ROW_U32,    /* min..max */
    ROW_I64,    /* min..max */
    ROW_F64,    /* min..max; infinities only where the range ends there */
    ROW_INDEX,  /* below the uint32_t at `count` in the config */
    ROW_OPTION, /* the same, or UINT32_MAX */
};

struct row {
    const char *field;
    enum row_type type;
    size_t offset;
    double min, max;
    size_t count; /* ROW_INDEX, ROW_OPTION: offset in struct config */
};

/* An array of the config. */
struct group {
    const char *name;
    size_t offset, stride, count;
    uint32_t n_max;
    const struct row *rows;
    size_t n_rows;
    bool (*check)(const struct config *config, uint32_t i, struct error *err); /* what rows can't say; or NULL */
};

static const double any_min = -1.7e308, any_max = 1.7e308; /* every finite number */
static const double forever_ns = 9.3e18;                   /* above INT64_MAX */
static const double hour_ns = 3.6e12, ten_minutes_ns = 6e11, day_ns = 8.64e13, window_min_ns = 1e7;
#define INF      ((double)INFINITY)
#define NO_VALUE CONFIG_NO_VALUE

#define ROW(type, st, field, min, max, count)                                                                          \
    {                                                                                                                  \
#field, type, offsetof(struct st, field), min, max, count                                                      \
    }
#define NAME(st, field)          ROW(ROW_NAME, st, field, 0, 0, 0)
#define LABEL(st, field)         ROW(ROW_LABEL, st, field, 0, 0, 0)
#define TEXT(st, field)          ROW(ROW_TEXT, st, field, 0, 0, 0)
#define U32(st, field, min, max) ROW(ROW_U32, st, field, min, max, 0)
#define I64(st, field, min, max) ROW(ROW_I64, st, field, min, max, 0)
#define F64(st, field, min, max) ROW(ROW_F64, st, field, min, max, 0)
#define INDEX(st, field, n)      ROW(ROW_INDEX, st, field, 0, 0, offsetof(struct config, n))
#define OPTION(st, field, n)     ROW(ROW_OPTION, st, field, 0, 0, offsetof(struct config, n))

static const struct row config_rows[] = {
    TEXT(config, rig),
    TEXT(config, task),
    TEXT(config, animal),
    I64(config, period_ns, 1e5, 5e6),
    I64(config, duration_ns, 1, forever_ns),
    U32(config, has_task, 0, 1),
    U32(config, journal_on_fault, 0, CONFIG_JOURNAL_STOP),
    U32(config, n_yoke, 0, CONFIG_YOKE_MAX),
    U32(config, no_plan, 0, CONFIG_NO_PLAN_REPEAT),
};
static const struct row device_rows[] = {
    NAME(config_device, name),
    LABEL(config_device, driver),
    F64(config_device, rate_hz, 1e-3, 1e6),
    U32(config_device, on_loss, 0, CONFIG_ON_LOSS_CONTINUE),
    U32(config_device, n_settings, 0, CONFIG_PARAMS_MAX),
};
static const struct row channel_rows[] = {
    NAME(config_channel, name),
    F64(config_channel, volts_per_count, any_min, any_max),
    F64(config_channel, volts_at_zero, any_min, any_max),
    F64(config_channel, rate_hz, 1e-3, 1e6),
    INDEX(config_channel, device, n_devices),
};
static const struct row input_rows[] = {
    NAME(config_input, name),
    I64(config_input, refractory_ns, 0, 500e6),
    I64(config_input, bout_gap_ns, 0, 1e10),
    I64(config_input, late_ns, 0, 1e9),
    INDEX(config_input, device, n_devices),
    U32(config_input, kind, 0, CONFIG_INPUT_ESTOP_OPENS),
};
static const struct row output_rows[] = {
    NAME(config_output, name),
    I64(config_output, max_on_ns, 1e5, forever_ns),
    I64(config_output, min_gap_ns, 0, ten_minutes_ns),
    F64(config_output, max_session_ul, 0, INF),
    F64(config_output, max_day_ul, 0, 1e9),
    F64(config_output, day_ul, 0, 1e9),
    F64(config_output, duty, 0, 1),
    F64(config_output, power_mw, 0, 1e6),
    F64(config_output, max_energy_mj, 0, 1e12),
    I64(config_output, duty_per_ns, 0, day_ns),
    I64(config_output, energy_per_ns, 0, day_ns),
    F64(config_output, on_level, 0, 5000),
    F64(config_output, safe_level, 0, 5000),
    F64(config_output, max_level, 0, 5000),
    F64(config_output, hz, 0, 1e6),
    INDEX(config_output, device, n_devices),
    U32(config_output, kind, 0, CONFIG_OUTPUT_LED),
    U32(config_output, guard, 0, CONFIG_GUARD_INTERLOCK),
    U32(config_output, n_opening, 0, CONFIG_OPENING_MAX),
};
static const struct row signal_rows[] = {
    NAME(config_signal, name),
    LABEL(config_signal, sensor),
    LABEL(config_signal, region),
    F64(config_signal, lowpass_hz, 0.1, 1e4),
    F64(config_signal, tau_baseline_s, 1, 3600),
    F64(config_signal, tau_fit_s, 1, 3600),
    F64(config_signal, clip_low_v, -INF, INF),
    F64(config_signal, clip_high_v, -INF, INF),
    INDEX(config_signal, channel_signal, n_channels),
    OPTION(config_signal, channel_control, n_channels),
};
static const struct row model_rows[] = {
    LABEL(config_model, name),
    I64(config_model, step_ns, 1, 1e10),
    F64(config_model, mag_ref, 1e-9, 1e9),
    INDEX(config_model, signal, n_signals),
    U32(config_model, n_settings, 0, CONFIG_PARAMS_MAX),
};
static const struct row cue_rows[] = {
    NAME(config_cue, name),
    OPTION(config_cue, output, n_outputs),
};
static const struct row observe_rows[] = {
    F64(config_observe, mag, 0, 1e9),
    INDEX(config_observe, input, n_inputs),
    U32(config_observe, kind, 0, EV_KINDS - 1),
};
static const struct row trigger_rows[] = {
    NAME(config_trigger, name),
    TEXT(config_trigger, yoke_train),
    F64(config_trigger, threshold, -1e6, 1e6),
    F64(config_trigger, release, -1e6, 1e6),
    F64(config_trigger, drop, 0, 1e6),
    F64(config_trigger, at_rad, -3.1415926535897936, 3.1415926535897936), /* -pi .. pi and a rounding */
    F64(config_trigger, low_hz, 0, 1e4),
    F64(config_trigger, high_hz, 0, 1e4),
    F64(config_trigger, sham, 0, 1),
    I64(config_trigger, slope_ns, 0, 1e10),
    I64(config_trigger, hold_ns, 0, 1e10),
    I64(config_trigger, lockout_ns, 0, hour_ns),
    I64(config_trigger, delay_ns, 0, 6e10),
    I64(config_trigger, max_per_ns, 0, hour_ns),
    U32(config_trigger, max_n, 0, CONFIG_DECISIONS_MAX),
    U32(config_trigger, below, 0, 1),
    U32(config_trigger, zscore, 0, 1),
    U32(config_trigger, enabled, 0, 1),
    U32(config_trigger, n_conditions, 0, CONFIG_CONDITIONS_MAX),
};
static const struct row train_rows[] = {
    NAME(config_train, name),
    I64(config_train, width_ns, 1, 1e10),
    I64(config_train, period_ns, 1, 1e12),
    I64(config_train, duration_ns, 1, hour_ns),
    I64(config_train, jitter_ns, 0, 1e10),
    I64(config_train, ramp_ns, 0, 1e10),
    I64(config_train, max_light_ns, 0, hour_ns),
    F64(config_train, hz, 0, 1e5),
    F64(config_train, hz_end, 0, 1e5),
    F64(config_train, level, 0, 1),
    U32(config_train, shape, 0, CONFIG_SHAPES - 1),
    INDEX(config_train, output, n_outputs),
};

static const struct row label_rows[] = {
    NAME(config_label, name),
};

bool config_fail(struct error *err, const char *group, uint32_t i, const char *field, double got, const char *expected)
{
    if (err == NULL)
        return false; /* a live change in the real-time thread: nobody reads the words */
    /* error_set formats only its last part: the others are made there first */
    struct error what, value = {0};
    if (group)
        error_set(&what, ERROR_INPUT, NULL, NULL, NULL, "config.%s[%u].%s", group, (unsigned)i, field);
    else
        error_set(&what, ERROR_INPUT, NULL, NULL, NULL, "config.%s", field);
    if (!isnan(got))
        error_set(&value, ERROR_INPUT, NULL, NULL, NULL, "%.10g", got);
    return error_set(err, ERROR_INPUT, NULL, what.expected, value.expected, "%s", expected);
}

static bool fail_range(struct error *err, const char *group, uint32_t i, const char *field, double got, double min,
                       double max)
{
    struct error range;
    if (err == NULL)
        return false;
    error_set(&range, ERROR_INPUT, NULL, NULL, NULL, "%.10g..%.10g", min, max);
    return config_fail(err, group, i, field, got, range.expected);
}

static bool text_good(const char *text, bool may_be_empty)
{
    size_t n = 0;
    for (; n < CONFIG_NAME && text[n] != '\0'; n++)
        if ((unsigned char)text[n] < 0x20 || text[n] == 0x7f)
            return false;
    return n < CONFIG_NAME && (may_be_empty || n > 0);
}

static uint32_t count_at(const struct config *config, size_t offset)
{
    uint32_t n;
    memcpy(&n, (const char *)config + offset, sizeof n);
    return n;
}

/* One field of `entry`, entry `i` of `group` (NULL: the config itself). */
static bool check_row(const struct config *config, const struct group *group, uint32_t i, const char *entry,
                      const struct row *row, struct error *err)
{
    const char *name = group ? group->name : NULL, *at = entry + row->offset;
    double value = 0, max = row->max;
    uint32_t whole;
    int64_t ns;
    switch (row->type) {
    case ROW_NAME:
    case ROW_LABEL:
    case ROW_TEXT:
        if (!text_good(at, row->type == ROW_TEXT))
            return config_fail(err, name, i, row->field, NO_VALUE, "a text of 1..31 characters");
        for (uint32_t j = 0; row->type == ROW_NAME && j < i; j++)
            if (strcmp(at - (i - j) * group->stride, at) == 0)
                return config_fail(err, name, i, row->field, NO_VALUE, "a name that no other entry has");
        return true;
    case ROW_U32:
        memcpy(&whole, at, sizeof whole);
        value = whole;
        break;
    case ROW_I64:
        memcpy(&ns, at, sizeof ns);
        value = (double)ns;
        break;
    case ROW_F64:
        memcpy(&value, at, sizeof value);
        break;
    case ROW_INDEX:
    case ROW_OPTION:
        memcpy(&whole, at, sizeof whole);
        if (row->type == ROW_OPTION && whole == UINT32_MAX)
            return true;
        value = whole;
        max = (double)count_at(config, row->count) - 1;
        break;
    }
    return (value >= row->min && value <= max) || fail_range(err, name, i, row->field, value, row->min, max);
}

static bool check_settings(const char *group, uint32_t i, const struct config_setting *settings, uint32_t n,
                           struct error *err)
{
    for (uint32_t j = 0; j < n; j++)
        if (!text_good(settings[j].name, false) || !isfinite(settings[j].value))
            return config_fail(err, group, i, "settings", NO_VALUE, "named, finite numbers");
    return true;
}

/* Windows, and lines that exclude each other. */
static bool check_limits(const struct config *config, uint32_t i, struct error *err)
{
    const struct config_output *output = &config->outputs[i];
    const struct {
        const char *field;
        int64_t per_ns;
        double most;
    } windows[] = {
        {"duty_per_ns",   output->duty_per_ns,   output->duty                                    },
        {"energy_per_ns", output->energy_per_ns, output->power_mw > 0 ? output->max_energy_mj : 0},
    };
    for (size_t k = 0; k < sizeof windows / sizeof *windows; k++) {
        if (windows[k].per_ns == 0)
            continue;
        if ((double)windows[k].per_ns < window_min_ns)
            return fail_range(err, "outputs", i, windows[k].field, (double)windows[k].per_ns, window_min_ns, day_ns);
        if (!(windows[k].most > 0))
            return config_fail(err, "outputs", i, windows[k].field, (double)windows[k].per_ns,
                               "a limit above 0 with it, and with one on energy the power");
    }
    if (output->max_level > 0 && (output->on_level > output->max_level || output->safe_level > output->max_level))
        return config_fail(err, "outputs", i, "on_level", output->on_level, "at most max_level");
    for (uint32_t j = 0; j < FRAME_OUTPUTS_MAX; j++)
        if ((output->exclude >> j & 1) != 0 &&
            (j == i || j >= config->n_outputs || (config->outputs[j].exclude >> i & 1) == 0))
            return config_fail(err, "outputs", i, "exclude", output->exclude,
                               "other outputs, each excluding this one too");
    return true;
}

static bool check_output(const struct config *config, uint32_t i, struct error *err)
{
    const struct config_output *output = &config->outputs[i];
    const bool valve = output->kind == CONFIG_OUTPUT_VALVE, laser = output->kind == CONFIG_OUTPUT_LASER;
    if ((valve || laser) && (double)output->max_on_ns > ten_minutes_ns)
        return fail_range(err, "outputs", i, "max_on_ns", (double)output->max_on_ns, 1e5, ten_minutes_ns);
    if (valve && output->n_opening < 2)
        return fail_range(err, "outputs", i, "n_opening", output->n_opening, 2, CONFIG_OPENING_MAX);
    for (uint32_t j = 0; j < output->n_opening; j++) {
        const struct config_opening *point = &output->opening[j];
        const bool rising = j == 0 ? point->ul > 0 && point->open_ns > 0
                                   : point->ul > point[-1].ul && point->open_ns > point[-1].open_ns;
        if (!rising || !isfinite(point->ul) || (double)point->open_ns > ten_minutes_ns)
            return config_fail(err, "outputs", i, "opening", NO_VALUE, "both columns above 0 and rising");
    }
    return check_limits(config, i, err);
}

static bool check_signal(const struct config *config, uint32_t i, struct error *err)
{
    const struct config_signal *signal = &config->signals[i];
    const struct config_channel *channel = &config->channels[signal->channel_signal];
    if (!observe_sensor_find(signal->sensor))
        return config_fail(err, "signals", i, "sensor", NO_VALUE, "a sensor that this version knows");
    if (!observe_region_find(signal->region))
        return config_fail(err, "signals", i, "region", NO_VALUE, "a region that this version knows");
    if (signal->clip_low_v >= signal->clip_high_v)
        return config_fail(err, "signals", i, "clip_low_v", signal->clip_low_v, "less than clip_high_v");
    if (signal->lowpass_hz >= channel->rate_hz / 2)
        return config_fail(err, "signals", i, "lowpass_hz", signal->lowpass_hz, "less than half the channel's rate");
    if (signal->channel_control == UINT32_MAX)
        return true;
    const struct config_channel *control = &config->channels[signal->channel_control];
    if (signal->channel_control == signal->channel_signal || control->device != channel->device)
        return config_fail(err, "signals", i, "channel_control", signal->channel_control,
                           "another channel of the signal's device");
    return true;
}

static bool check_model(const struct config *config, uint32_t i, struct error *err)
{
    const struct config_model *model = &config->models[i];
    const struct model_ops *ops = model_find(model->name);
    if (!ops)
        return config_fail(err, "models", i, "name", NO_VALUE, "a model that this version knows");
    if (model->step_ns < ops->step_ns_min || model->step_ns > ops->step_ns_max)
        return fail_range(err, "models", i, "step_ns", (double)model->step_ns, (double)ops->step_ns_min,
                          (double)ops->step_ns_max);
    for (uint32_t j = 0; j < i; j++)
        if (config->models[j].signal == model->signal && strcmp(config->models[j].name, model->name) == 0)
            return config_fail(err, "models", i, "name", NO_VALUE, "each model once a signal");
    if (!check_settings("models", i, model->settings, model->n_settings, err))
        return false;
    for (uint32_t j = 0; j < model->n_settings; j++) {
        const int param = model_param_index(ops, model->settings[j].name);
        if (param < 0 || !model_param_allows(&ops->params[param], model->settings[j].value))
            return config_fail(err, "models", i, "settings", model->settings[j].value,
                               "parameters of the model, in range");
    }
    return true;
}

static bool check_observe(const struct config *config, uint32_t i, struct error *err)
{
    const struct config_observe *observe = &config->observes[i];
    const uint32_t n_ids[EV_KINDS] = {[EV_CS_ON] = config->n_cues,
                                      [EV_US] = MODEL_US_MAX,
                                      [EV_ACTION] = MODEL_ACTION_MAX,
                                      [EV_AVERSIVE] = MODEL_AVERSIVE_MAX,
                                      [EV_CONTEXT] = MODEL_CONTEXT_MAX};
    const uint32_t n = n_ids[observe->kind]; /* the table above has checked the kind's range */
    const bool observable = observe->kind == EV_CS_ON || n > 0;
    if (!observable)
        return config_fail(err, "observes", i, "kind", observe->kind,
                           "a cue, an outcome, a choice, a punishment or a context");
    return observe->id < n || fail_range(err, "observes", i, "id", observe->id, 0, (double)n - 1);
}

static bool check_wave(const struct config *config, uint32_t i, struct error *err)
{
    const struct config_train *train = &config->trains[i];
    const struct config_output *output = &config->outputs[train->output];
    const bool sounds = train->shape >= CONFIG_SHAPE_TONE;
    if (output->kind != (sounds ? CONFIG_OUTPUT_SOUND : CONFIG_OUTPUT_LASER) ||
        (output->shapes >> train->shape & 1) == 0)
        return config_fail(err, "trains", i, "output", train->output, "an output that can play this shape");
    if (train->width_ns != train->duration_ns || train->period_ns != train->duration_ns || train->jitter_ns != 0)
        return config_fail(err, "trains", i, "width_ns", (double)train->width_ns, "of a wave, its duration");
    if (train->ramp_ns > train->duration_ns / 2)
        return config_fail(err, "trains", i, "ramp_ns", (double)train->ramp_ns, "at most half of the duration");
    return train->level > 0 || config_fail(err, "trains", i, "level", train->level, "above 0");
}

static bool check_train(const struct config *config, uint32_t i, struct error *err)
{
    const struct config_train *train = &config->trains[i];
    const struct config_output *output = &config->outputs[train->output];
    if (train->width_ns > output->max_on_ns)
        return config_fail(err, "trains", i, "width_ns", (double)train->width_ns, "at most the output's max_on_ns");
    if (train->shape != CONFIG_SHAPE_PULSES)
        return check_wave(config, i, err);
    if (output->kind != CONFIG_OUTPUT_LASER && output->kind != CONFIG_OUTPUT_DIGITAL)
        return config_fail(err, "trains", i, "output", train->output, "a laser or digital output");
    const int64_t gap_ns = train->period_ns - train->width_ns - train->jitter_ns;
    if (gap_ns <= 0 || gap_ns < output->min_gap_ns)
        return config_fail(err, "trains", i, "period_ns", (double)train->period_ns,
                           "a gap of at least the output's min_gap_ns");
    return train->duration_ns >= train->width_ns ||
           config_fail(err, "trains", i, "duration_ns", (double)train->duration_ns, "at least one width");
}

static bool check_device(const struct config *config, uint32_t i, struct error *err)
{
    return check_settings("devices", i, config->devices[i].settings, config->devices[i].n_settings, err);
}

static bool check_channel(const struct config *config, uint32_t i, struct error *err)
{
    const double rate_hz = config->channels[i].rate_hz;
    return rate_hz * units_s(config->period_ns) <= FRAME_SAMPLES_MAX ||
           config_fail(err, "channels", i, "rate_hz", rate_hz, "at most 64 samples a tick");
}

static bool check_cue(const struct config *config, uint32_t i, struct error *err)
{
    const uint32_t output = config->cues[i].output;
    const uint32_t kind = output == UINT32_MAX ? CONFIG_OUTPUT_SOUND : config->outputs[output].kind;
    return kind == CONFIG_OUTPUT_SOUND || kind == CONFIG_OUTPUT_DIGITAL ||
           config_fail(err, "cues", i, "output", output, "a sound or digital output");
}

#define GROUP(array, n_array, n, rows, check)                                                                          \
    {                                                                                                                  \
#array, offsetof(struct config, array), sizeof(((struct config *)0)->array[0]),                                \
            offsetof(struct config, n_array), n, rows, sizeof(rows) / sizeof *(rows), check                            \
    }
/* In the order in which they refer to each other. */
static const struct group groups[] = {
    GROUP(devices, n_devices, CONFIG_DEVICES_MAX, device_rows, check_device),
    GROUP(channels, n_channels, FRAME_CHANNELS_MAX, channel_rows, check_channel),
    GROUP(inputs, n_inputs, FRAME_INPUTS_MAX, input_rows, NULL),
    GROUP(outputs, n_outputs, FRAME_OUTPUTS_MAX, output_rows, check_output),
    GROUP(signals, n_signals, CONFIG_SIGNALS_MAX, signal_rows, check_signal),
    GROUP(models, n_models, CONFIG_MODELS_MAX, model_rows, check_model),
    GROUP(cues, n_cues, CONFIG_CUES_MAX, cue_rows, check_cue),
    GROUP(observes, n_observes, CONFIG_OBSERVES_MAX, observe_rows, check_observe),
    GROUP(triggers, n_triggers, CONFIG_TRIGGERS_MAX, trigger_rows, config_trigger_check),
    GROUP(trains, n_trains, CONFIG_TRAINS_MAX, train_rows, check_train),
    GROUP(counters, n_counters, CONFIG_COUNTERS_MAX, label_rows, NULL),
    GROUP(messages, n_messages, CONFIG_MESSAGES_MAX, label_rows, NULL),
};
enum { N_GROUPS = sizeof groups / sizeof *groups };

static bool check_rows(const struct config *config, struct error *err)
{
    for (size_t g = 0; g < N_GROUPS; g++)
        if (count_at(config, groups[g].count) > groups[g].n_max) {
            struct error field;
            error_set(&field, ERROR_INPUT, NULL, NULL, NULL, "n_%s", groups[g].name);
            return fail_range(err, NULL, 0, field.expected, count_at(config, groups[g].count), 0, groups[g].n_max);
        }
    for (size_t r = 0; r < sizeof config_rows / sizeof *config_rows; r++)
        if (!check_row(config, NULL, 0, (const char *)config, &config_rows[r], err))
            return false;
    for (size_t g = 0; g < N_GROUPS; g++) {
        const struct group *group = &groups[g];
        for (uint32_t i = 0; i < count_at(config, group->count); i++)
            for (size_t r = 0; r < group->n_rows; r++) {
                const char *entry = (const char *)config + group->offset + i * group->stride;
                if (!check_row(config, group, i, entry, &group->rows[r], err))
                    return false;
            }
    }
    return true;
}

bool config_check(const struct config *config, struct error *err)
{
    if (!check_rows(config, err))
        return false;
    for (size_t g = 0; g < N_GROUPS; g++)
        for (uint32_t i = 0; groups[g].check && i < count_at(config, groups[g].count); i++)
            if (!groups[g].check(config, i, err))
                return false;
    return true;
}

bool config_check_trigger(const struct config *config, uint32_t i, struct error *err)
{
    const struct group *group = groups;
    while (strcmp(group->name, "triggers") != 0)
        group++;
    for (size_t r = 0; r < group->n_rows; r++)
        if (!check_row(config, group, i, (const char *)&config->triggers[i], &group->rows[r], err))
            return false;
    return config_trigger_check(config, i, err);
}
