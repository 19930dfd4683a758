#include "wire/fields.h"
#include "engine/config.h"
#include "engine/frame.h"
#include "engine/task/trial.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ROW(st, field, kind)                                                                                           \
    {                                                                                                                  \
#field, kind, offsetof(struct st, field), sizeof(((struct st *)0)->field), 1, -1, NULL                         \
    }
#define SUBROW(st, field, table)                                                                                       \
    {                                                                                                                  \
#field, FIELDS_STRUCT, offsetof(struct st, field), sizeof(((struct st *)0)->field), 1, -1, &(table)            \
    }
#define ARRAY(st, field, counter, table)                                                                               \
    {                                                                                                                  \
#field, FIELDS_STRUCT, offsetof(struct st, field), sizeof(((struct st *)0)->field[0]),                         \
            sizeof(((struct st *)0)->field) / sizeof(((struct st *)0)->field[0]),                                      \
            (ptrdiff_t)offsetof(struct st, counter), &(table)                                                          \
    }
#define TABLE(st, v, rows)                                                                                             \
    {                                                                                                                  \
#st, v, sizeof(struct st), sizeof(rows) / sizeof *(rows), rows                                                 \
    }
#define U8(st, f)   ROW(st, f, FIELDS_U8)
#define U32(st, f)  ROW(st, f, FIELDS_U32)
#define U64(st, f)  ROW(st, f, FIELDS_U64)
#define I64(st, f)  ROW(st, f, FIELDS_I64)
#define F64(st, f)  ROW(st, f, FIELDS_F64)
#define TEXT(st, f) ROW(st, f, FIELDS_TEXT)

static const struct fields_row setting_rows[] = {TEXT(config_setting, name), F64(config_setting, value)};
static const struct fields setting = TABLE(config_setting, 1, setting_rows);

static const struct fields_row device_rows[] = {
    TEXT(config_device, name),   TEXT(config_device, driver),    F64(config_device, rate_hz),
    U32(config_device, on_loss), U32(config_device, n_settings), ARRAY(config_device, settings, n_settings, setting)};
static const struct fields device = TABLE(config_device, 1, device_rows);

static const struct fields_row channel_rows[] = {
    TEXT(config_channel, name),   F64(config_channel, volts_per_count), F64(config_channel, volts_at_zero),
    F64(config_channel, rate_hz), U32(config_channel, device),          U32(config_channel, line)};
static const struct fields channel = TABLE(config_channel, 1, channel_rows);

static const struct fields_row input_rows[] = {TEXT(config_input, name),       I64(config_input, refractory_ns),
                                               I64(config_input, bout_gap_ns), I64(config_input, late_ns),
                                               U32(config_input, device),      U32(config_input, line),
                                               U32(config_input, kind),        U32(config_input, reserved)};
static const struct fields input = TABLE(config_input, 1, input_rows);

static const struct fields_row opening_rows[] = {F64(config_opening, ul), I64(config_opening, open_ns)};
static const struct fields opening = TABLE(config_opening, 1, opening_rows);

static const struct fields_row output_rows[] = {TEXT(config_output, name),
                                                I64(config_output, max_on_ns),
                                                I64(config_output, min_gap_ns),
                                                F64(config_output, max_session_ul),
                                                F64(config_output, max_day_ul),
                                                F64(config_output, day_ul),
                                                F64(config_output, duty),
                                                F64(config_output, power_mw),
                                                F64(config_output, max_energy_mj),
                                                I64(config_output, duty_per_ns),
                                                I64(config_output, energy_per_ns),
                                                F64(config_output, on_level),
                                                F64(config_output, safe_level),
                                                F64(config_output, max_level),
                                                F64(config_output, hz),
                                                U32(config_output, max_session_n),
                                                U32(config_output, max_day_n),
                                                U32(config_output, day_n),
                                                U32(config_output, exclude),
                                                U32(config_output, device),
                                                U32(config_output, line),
                                                U32(config_output, kind),
                                                U32(config_output, guard),
                                                U32(config_output, n_opening),
                                                U32(config_output, shapes),
                                                ARRAY(config_output, opening, n_opening, opening)};
static const struct fields output = TABLE(config_output, 1, output_rows);

static const struct fields_row signal_rows[] = {
    TEXT(config_signal, name),          TEXT(config_signal, sensor),        TEXT(config_signal, region),
    F64(config_signal, lowpass_hz),     F64(config_signal, tau_baseline_s), F64(config_signal, tau_fit_s),
    F64(config_signal, clip_low_v),     F64(config_signal, clip_high_v),    U32(config_signal, channel_signal),
    U32(config_signal, channel_control)};
static const struct fields signal = TABLE(config_signal, 1, signal_rows);

static const struct fields_row model_rows[] = {
    TEXT(config_model, name),  I64(config_model, step_ns),    F64(config_model, mag_ref),
    U32(config_model, signal), U32(config_model, n_settings), ARRAY(config_model, settings, n_settings, setting)};
static const struct fields model = TABLE(config_model, 1, model_rows);

static const struct fields_row cue_rows[] = {TEXT(config_cue, name), U32(config_cue, output),
                                             U32(config_cue, reserved)};
static const struct fields cue = TABLE(config_cue, 1, cue_rows);

static const struct fields_row observe_rows[] = {F64(config_observe, mag), U32(config_observe, input),
                                                 U32(config_observe, kind), U32(config_observe, id),
                                                 U32(config_observe, reserved)};
static const struct fields observe = TABLE(config_observe, 1, observe_rows);

static const struct fields_row source_rows[] = {U32(config_source, kind), U32(config_source, signal),
                                                U32(config_source, model), U32(config_source, variable)};
static const struct fields source = TABLE(config_source, 1, source_rows);

static const struct fields_row condition_rows[] = {I64(config_condition, window_ns), F64(config_condition, level),
                                                   SUBROW(config_condition, source, source),
                                                   U32(config_condition, kind), U32(config_condition, input)};
static const struct fields condition = TABLE(config_condition, 1, condition_rows);

static const struct fields_row trigger_rows[] = {TEXT(config_trigger, name),
                                                 TEXT(config_trigger, yoke_train),
                                                 SUBROW(config_trigger, source, source),
                                                 F64(config_trigger, threshold),
                                                 F64(config_trigger, release),
                                                 F64(config_trigger, drop),
                                                 F64(config_trigger, at_rad),
                                                 F64(config_trigger, low_hz),
                                                 F64(config_trigger, high_hz),
                                                 F64(config_trigger, sham),
                                                 I64(config_trigger, slope_ns),
                                                 I64(config_trigger, hold_ns),
                                                 I64(config_trigger, lockout_ns),
                                                 I64(config_trigger, delay_ns),
                                                 I64(config_trigger, max_per_ns),
                                                 U32(config_trigger, max_n),
                                                 U32(config_trigger, max_count),
                                                 U32(config_trigger, below),
                                                 U32(config_trigger, zscore),
                                                 U32(config_trigger, enabled),
                                                 U32(config_trigger, yoke_first),
                                                 U32(config_trigger, n_yoke),
                                                 U32(config_trigger, n_conditions),
                                                 ARRAY(config_trigger, conditions, n_conditions, condition)};
static const struct fields trigger = TABLE(config_trigger, 1, trigger_rows);

static const struct fields_row yoke_rows[] = {I64(config_yoke, t_ns)};
static const struct fields yoke = TABLE(config_yoke, 1, yoke_rows);

static const struct fields_row train_rows[] = {
    TEXT(config_train, name),        I64(config_train, width_ns),  I64(config_train, period_ns),
    I64(config_train, duration_ns),  I64(config_train, jitter_ns), I64(config_train, ramp_ns),
    I64(config_train, max_light_ns), F64(config_train, hz),        F64(config_train, hz_end),
    F64(config_train, level),        U32(config_train, max_count), U32(config_train, shape),
    U32(config_train, output),       U32(config_train, reserved)};
static const struct fields train = TABLE(config_train, 1, train_rows);

static const struct fields_row label_rows[] = {TEXT(config_label, name)};
static const struct fields label = TABLE(config_label, 1, label_rows);

static const struct fields_row config_rows[] = {TEXT(config, rig),
                                                TEXT(config, task),
                                                TEXT(config, animal),
                                                U64(config, seed),
                                                I64(config, period_ns),
                                                I64(config, duration_ns),
                                                U32(config, has_task),
                                                U32(config, n_devices),
                                                U32(config, n_channels),
                                                U32(config, n_inputs),
                                                U32(config, n_outputs),
                                                U32(config, n_signals),
                                                U32(config, n_models),
                                                U32(config, n_cues),
                                                U32(config, n_observes),
                                                U32(config, n_triggers),
                                                U32(config, n_trains),
                                                U32(config, n_counters),
                                                U32(config, n_messages),
                                                U32(config, n_yoke),
                                                U32(config, no_plan),
                                                U32(config, journal_on_fault),
                                                ARRAY(config, devices, n_devices, device),
                                                ARRAY(config, channels, n_channels, channel),
                                                ARRAY(config, inputs, n_inputs, input),
                                                ARRAY(config, outputs, n_outputs, output),
                                                ARRAY(config, signals, n_signals, signal),
                                                ARRAY(config, models, n_models, model),
                                                ARRAY(config, cues, n_cues, cue),
                                                ARRAY(config, observes, n_observes, observe),
                                                ARRAY(config, triggers, n_triggers, trigger),
                                                ARRAY(config, trains, n_trains, train),
                                                ARRAY(config, yoke, n_yoke, yoke),
                                                ARRAY(config, counters, n_counters, label),
                                                ARRAY(config, messages, n_messages, label)};
const struct fields fields_config = TABLE(config, 1, config_rows);

static const struct fields_row action_rows[] = {I64(trial_action, duration_ns), F64(trial_action, ul),
                                                U32(trial_action, kind), U32(trial_action, target)};
static const struct fields action = TABLE(trial_action, 1, action_rows);

static const struct fields_row on_rows[] = {SUBROW(trial_on, action, action),
                                            I64(trial_on, from_ns),
                                            I64(trial_on, until_ns),
                                            U32(trial_on, event),
                                            U32(trial_on, id),
                                            U32(trial_on, to),
                                            U32(trial_on, count)};
static const struct fields on = TABLE(trial_on, 1, on_rows);

static const struct fields_row state_rows[] = {TEXT(trial_state, name),
                                               I64(trial_state, after_ns),
                                               U32(trial_state, after_to),
                                               U32(trial_state, arm),
                                               U32(trial_state, n_enter),
                                               U32(trial_state, n_exit),
                                               U32(trial_state, n_on),
                                               U32(trial_state, reserved),
                                               ARRAY(trial_state, enter, n_enter, action),
                                               ARRAY(trial_state, exit, n_exit, action),
                                               ARRAY(trial_state, on, n_on, on)};
static const struct fields state = TABLE(trial_state, 1, state_rows);

static const struct fields_row timer_rows[] = {TEXT(trial_timer, name),  I64(trial_timer, delay_ns),
                                               I64(trial_timer, on_ns),  I64(trial_timer, off_ns),
                                               U32(trial_timer, output), U32(trial_timer, loops)};
static const struct fields timer = TABLE(trial_timer, 1, timer_rows);

static const struct fields_row trial_rows[] = {I64(trial, number),
                                               U32(trial, n_states),
                                               U32(trial, n_timers),
                                               U32(trial, over),
                                               U32(trial, fallback),
                                               ARRAY(trial, timers, n_timers, timer),
                                               ARRAY(trial, states, n_states, state)};
const struct fields fields_trial = TABLE(trial, 1, trial_rows);

#define RESERVED_BYTES(st)                                                                                             \
    {                                                                                                                  \
        "reserved", FIELDS_U8, offsetof(struct st, reserved), 1, sizeof(((struct st *)0)->reserved), -1, NULL          \
    }
static const struct fields_row edge_rows[] = {I64(frame_edge, t_ns),  I64(frame_edge, raw_ns),
                                              U32(frame_edge, input), U8(frame_edge, rising),
                                              U8(frame_edge, late),   RESERVED_BYTES(frame_edge)};
const struct fields fields_edge = TABLE(frame_edge, 1, edge_rows);

static const struct fields_row status_rows[] = {I64(frame_status, t_ns), I64(frame_status, value),
                                                U32(frame_status, device), U32(frame_status, kind)};
const struct fields fields_status = TABLE(frame_status, 1, status_rows);

static const struct fields_row command_rows[] = {U64(frame_command, id), F64(frame_command, value),
                                                 U32(frame_command, kind), U32(frame_command, target)};
const struct fields fields_command = TABLE(frame_command, 1, command_rows);

static const struct fields_row applied_rows[] = {I64(frame_applied, t_ns), F64(frame_applied, level),
                                                 U32(frame_applied, output), U32(frame_applied, reserved)};
const struct fields fields_applied = TABLE(frame_applied, 1, applied_rows);

static const struct fields_row write_rows[] = {I64(frame_write, cause_ns), I64(frame_write, pulse_ns),
                                               F64(frame_write, level), U32(frame_write, output),
                                               U32(frame_write, wave)};
const struct fields fields_write = TABLE(frame_write, 1, write_rows);

static const struct fields_row decision_rows[] = {I64(frame_decision, t_ns), F64(frame_decision, value),
                                                  U64(frame_decision, digest), U32(frame_decision, kind),
                                                  U32(frame_decision, id)};
const struct fields fields_decision = TABLE(frame_decision, 1, decision_rows);

static uint32_t load_u32(const void *at)
{
    uint32_t x;
    memcpy(&x, at, sizeof x);
    return x;
}

static uint64_t load_u64(const void *at)
{
    uint64_t x;
    memcpy(&x, at, sizeof x);
    return x;
}

/* How many elements of the row are in use; more than its array holds is cut, which fields_get refuses beforehand. */
static size_t used(const struct fields_row *row, const void *record)
{
    if (row->count_offset < 0)
        return row->n;
    const size_t n = load_u32((const uint8_t *)record + row->count_offset);
    return n < row->n ? n : row->n;
}

static void put_one(const struct fields_row *row, const void *at, struct bytes_out *out)
{
    switch (row->type) {
    case FIELDS_U8:
        bytes_put(out, at, 1);
        break;
    case FIELDS_U32:
        bytes_put_u32(out, load_u32(at));
        break;
    case FIELDS_U64:
    case FIELDS_I64:
    case FIELDS_F64:
        bytes_put_u64(out, load_u64(at));
        break;
    case FIELDS_TEXT: {
        const size_t length = strnlen(at, row->size - 1);
        bytes_put_u8(out, (uint8_t)length);
        bytes_put(out, at, length);
        break;
    }
    case FIELDS_STRUCT:
        fields_put(row->sub, at, out);
        break;
    }
}

void fields_put(const struct fields *table, const void *record, struct bytes_out *out)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fields_row *row = &table->rows[i];
        const uint8_t *at = (const uint8_t *)record + row->offset;
        const size_t n = used(row, record);
        for (size_t k = 0; k < n; k++)
            put_one(row, at + k * row->size, out);
    }
}

static void get_one(const struct fields_row *row, struct bytes_in *in, void *at)
{
    switch (row->type) {
    case FIELDS_U8:
        *(uint8_t *)at = bytes_get_u8(in);
        break;
    case FIELDS_U32: {
        const uint32_t x = bytes_get_u32(in);
        memcpy(at, &x, sizeof x);
        break;
    }
    case FIELDS_U64:
    case FIELDS_I64:
    case FIELDS_F64: {
        const uint64_t x = bytes_get_u64(in);
        memcpy(at, &x, sizeof x);
        break;
    }
    case FIELDS_TEXT: {
        const size_t length = bytes_get_u8(in);
        const uint8_t *text = bytes_get(in, length);
        if (text == NULL || length >= row->size || memchr(text, 0, length) != NULL)
            in->ok = false;
        else
            memcpy(at, text, length);
        break;
    }
    case FIELDS_STRUCT:
        fields_get(row->sub, in, at);
        break;
    }
}

void fields_get(const struct fields *table, struct bytes_in *in, void *record)
{
    memset(record, 0, table->size);
    for (size_t i = 0; i < table->n_rows && in->ok; i++) {
        const struct fields_row *row = &table->rows[i];
        uint8_t *at = (uint8_t *)record + row->offset;
        if (row->count_offset >= 0 && load_u32((const uint8_t *)record + row->count_offset) > row->n) {
            in->ok = false;
            return;
        }
        const size_t n = used(row, record);
        for (size_t k = 0; k < n && in->ok; k++)
            get_one(row, in, at + k * row->size);
    }
}

static void value_text(const struct fields_row *row, const void *at, char *text, size_t size)
{
    double x;
    switch (row->type) {
    case FIELDS_U8:
        snprintf(text, size, "%u", *(const uint8_t *)at);
        break;
    case FIELDS_U32:
        snprintf(text, size, "%" PRIu32, load_u32(at));
        break;
    case FIELDS_U64:
        snprintf(text, size, "%" PRIu64, load_u64(at));
        break;
    case FIELDS_I64:
        snprintf(text, size, "%" PRId64, (int64_t)load_u64(at));
        break;
    case FIELDS_F64:
        memcpy(&x, at, sizeof x);
        snprintf(text, size, "%.17g", x);
        break;
    case FIELDS_TEXT:
        snprintf(text, size, "%.*s", (int)strnlen(at, row->size), (const char *)at);
        break;
    case FIELDS_STRUCT:
        snprintf(text, size, "%s", row->sub->name);
        break;
    }
}

static bool same(const struct fields_row *row, const void *a, const void *b)
{
    if (row->type == FIELDS_TEXT)
        return strncmp(a, b, row->size) == 0;
    return memcmp(a, b, row->size) == 0;
}

const char *fields_differ(const struct fields *table, const void *a, const void *b, char *path, size_t path_size,
                          char *value_a, char *value_b, size_t value_size)
{
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fields_row *row = &table->rows[i];
        const uint8_t *at_a = (const uint8_t *)a + row->offset;
        const uint8_t *at_b = (const uint8_t *)b + row->offset;
        const size_t n = used(row, a); /* counts are rows of their own and stand before their arrays */
        for (size_t k = 0; k < n; k++, at_a += row->size, at_b += row->size) {
            char index[24] = "";
            if (row->n > 1)
                snprintf(index, sizeof index, "[%zu]", k);
            if (row->type == FIELDS_STRUCT) {
                char below[128];
                if (fields_differ(row->sub, at_a, at_b, below, sizeof below, value_a, value_b, value_size) == NULL)
                    continue;
                snprintf(path, path_size, "%s%s.%s", row->name, index, below);
                return path;
            }
            if (same(row, at_a, at_b))
                continue;
            snprintf(path, path_size, "%s%s", row->name, index);
            value_text(row, at_a, value_a, value_size);
            value_text(row, at_b, value_b, value_size);
            return path;
        }
    }
    return NULL;
}

size_t fields_describe(const struct fields *table, char *text, size_t size)
{
    static const char *const words[] = {"u8", "u32", "u64", "i64", "f64", "text", NULL};
    size_t length = 0;
    for (size_t i = 0; i < table->n_rows; i++) {
        const struct fields_row *row = &table->rows[i];
        const char *type = row->type == FIELDS_STRUCT ? row->sub->name : words[row->type];
        char line[160];
        if (row->count_offset >= 0) {
            const char *counter = "?";
            for (size_t k = 0; k < table->n_rows; k++)
                if ((ptrdiff_t)table->rows[k].offset == row->count_offset)
                    counter = table->rows[k].name;
            snprintf(line, sizeof line, "%s.%s %s[%s]\n", table->name, row->name, type, counter);
        } else if (row->n > 1)
            snprintf(line, sizeof line, "%s.%s %s[%zu]\n", table->name, row->name, type, row->n);
        else
            snprintf(line, sizeof line, "%s.%s %s\n", table->name, row->name, type);
        const size_t n = strlen(line);
        if (length < size)
            snprintf(text + length, size - length, "%s", line);
        length += n;
    }
    for (size_t i = 0; i < table->n_rows; i++)
        if (table->rows[i].sub != NULL)
            length += fields_describe(table->rows[i].sub, length < size ? text + length : text + size,
                                      length < size ? size - length : 0);
    return length;
}
