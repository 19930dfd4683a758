#include "engine/setting.h"
#include "engine/model/model.h"
#include <math.h>
#include <stddef.h>
#include <string.h>

enum setting_type { SETTING_F64, SETTING_I64, SETTING_U32 };

/* The fields of a trigger. The places are part of the journal: rows are added at the end. */
static const struct row {
    const char *name, *unit;
    enum setting_type type;
    size_t offset;
} trigger_rows[] = {
    {"threshold", "",   SETTING_F64, offsetof(struct config_trigger, threshold) },
    {"release",   "",   SETTING_F64, offsetof(struct config_trigger, release)   },
    {"drop",      "",   SETTING_F64, offsetof(struct config_trigger, drop)      },
    {"sham",      "",   SETTING_F64, offsetof(struct config_trigger, sham)      },
    {"hold",      "ns", SETTING_I64, offsetof(struct config_trigger, hold_ns)   },
    {"lockout",   "ns", SETTING_I64, offsetof(struct config_trigger, lockout_ns)},
    {"delay",     "ns", SETTING_I64, offsetof(struct config_trigger, delay_ns)  },
    {"max_n",     "",   SETTING_U32, offsetof(struct config_trigger, max_n)     },
    {"max_per",   "ns", SETTING_I64, offsetof(struct config_trigger, max_per_ns)},
    {"max_count", "",   SETTING_U32, offsetof(struct config_trigger, max_count) },
    {"enabled",   "",   SETTING_U32, offsetof(struct config_trigger, enabled)   },
};
enum { N_TRIGGER_ROWS = sizeof trigger_rows / sizeof *trigger_rows };

uint32_t setting_entry(uint32_t target)
{
    return target >> 8 & 0xffff;
}

uint32_t setting_field(uint32_t target)
{
    return target & 0xff;
}

bool setting_exists(const struct config *config, uint32_t target)
{
    const uint32_t entry = setting_entry(target), field = setting_field(target);
    if (target >> 24 == SETTING_TRIGGER)
        return entry < config->n_triggers && field < N_TRIGGER_ROWS;
    if (target >> 24 != SETTING_MODEL || entry >= config->n_models)
        return false;
    const struct model_ops *ops = model_find(config->models[entry].name);
    return ops != NULL && field < (uint32_t)ops->n_params;
}

/* Appends `word` and, unless it is the last, a dot. */
static void append(char path[SETTING_NAME], const char *word, bool last)
{
    size_t n = strlen(path);
    for (; *word != '\0' && n < SETTING_NAME - 2; word++)
        path[n++] = *word;
    if (!last)
        path[n++] = '.';
    path[n] = '\0';
}

const char *setting_path(const struct config *config, uint32_t target, char path[SETTING_NAME])
{
    const uint32_t entry = setting_entry(target), field = setting_field(target);
    path[0] = '\0';
    if (!setting_exists(config, target))
        return path;
    if (target >> 24 == SETTING_TRIGGER) {
        append(path, "trigger", false);
        append(path, config->triggers[entry].name, false);
        append(path, trigger_rows[field].name, true);
        return path;
    }
    const struct config_model *model = &config->models[entry];
    append(path, "model", false);
    append(path, config->signals[model->signal].name, false);
    append(path, model->name, false);
    append(path, model_find(model->name)->params[field].name, true);
    return path;
}

const char *setting_unit(const struct config *config, uint32_t target)
{
    const uint32_t field = setting_field(target);
    if (!setting_exists(config, target))
        return "";
    if (target >> 24 == SETTING_TRIGGER)
        return trigger_rows[field].unit;
    return model_find(config->models[setting_entry(target)].name)->params[field].unit;
}

/* Looks for `path` among the fields of one entry. */
static bool find_in(const struct config *config, const char *path, enum setting_group group, uint32_t entry,
                    uint32_t *target)
{
    char known[SETTING_NAME];
    for (uint32_t field = 0; setting_exists(config, SETTING_TARGET(group, entry, field)); field++)
        if (strcmp(setting_path(config, SETTING_TARGET(group, entry, field), known), path) == 0) {
            *target = SETTING_TARGET(group, entry, field);
            return true;
        }
    return false;
}

bool setting_find(const struct config *config, const char *path, uint32_t *target, struct error *err)
{
    for (uint32_t i = 0; i < config->n_triggers; i++)
        if (find_in(config, path, SETTING_TRIGGER, i, target))
            return true;
    for (uint32_t i = 0; i < config->n_models; i++)
        if (find_in(config, path, SETTING_MODEL, i, target))
            return true;
    return error_set(err, ERROR_USAGE, NULL, "set", path,
                     "trigger.NAME.FIELD of the task, or model.SIGNAL.MODEL.PARAMETER");
}

static bool put(const struct row *row, double value, void *entry)
{
    char *at = (char *)entry + row->offset;
    if (!isfinite(value) || fabs(value) > 1e15 || (row->type != SETTING_F64 && value - floor(value) > 0))
        return false;
    if (row->type == SETTING_U32 && (value < 0 || value > UINT32_MAX))
        return false;
    const int64_t whole = (int64_t)value;
    const uint32_t small = row->type == SETTING_U32 ? (uint32_t)value : 0;
    switch (row->type) {
    case SETTING_F64:
        memcpy(at, &value, sizeof value);
        break;
    case SETTING_I64:
        memcpy(at, &whole, sizeof whole);
        break;
    case SETTING_U32:
        memcpy(at, &small, sizeof small);
        break;
    }
    return true;
}

bool setting_apply(struct config *config, uint32_t target, double value)
{
    if (target >> 24 != SETTING_TRIGGER || !setting_exists(config, target))
        return false;
    const uint32_t entry = setting_entry(target);
    struct config_trigger *trigger = &config->triggers[entry];
    const struct config_trigger before = *trigger;
    if (put(&trigger_rows[setting_field(target)], value, trigger) && config_check_trigger(config, entry, NULL))
        return true;
    *trigger = before;
    return false;
}
