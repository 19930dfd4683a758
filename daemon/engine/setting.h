/* setting: what can be changed while a session runs, by name: "trigger.dip.threshold". (engine/setting.h)
 *
 * One row a setting. A change enters as a command in a frame (FRAME_SET: target and value), so that it is in the
 * journal and a replay makes it in the same tick. A change that would leave its trigger or train outside what
 * config_check allows is refused as a whole. Values are in the config's own unit: ns, a fraction, SD. Threads: apply is
 * real-time, the rest any. */
#pragma once
#include "engine/base/error.h"
#include "engine/base/rt.h"
#include "engine/config.h"

enum { SETTING_NAME = 4 * CONFIG_NAME };

enum setting_group { SETTING_TRIGGER = 1, SETTING_MODEL };

/* The target of a frame_command: which setting of which entry. */
#define SETTING_TARGET(group, entry, field) ((uint32_t)(group) << 24 | (uint32_t)(entry) << 8 | (uint32_t)(field))

/* Finds "trigger.NAME.FIELD" or "model.SIGNAL.MODEL.PARAMETER". False and *err: there is none. */
MUST_CHECK bool setting_find(const struct config *config, const char *path, uint32_t *target, struct error *err);

/* Its path, as setting_find takes it; "" if the target is none. */
const char *setting_path(const struct config *config, uint32_t target, char path[SETTING_NAME]);

/* The unit of its value: "ns", "" for plain numbers, fractions and SD, or the model's own word. */
const char *setting_unit(const struct config *config, uint32_t target);

/* True if the config has such a setting. */
bool setting_exists(const struct config *config, uint32_t target) RT_SAFE;

/* Changes a trigger's setting in `config`. False: no such setting, or out of range; nothing is changed. */
bool setting_apply(struct config *config, uint32_t target, double value) RT_SAFE;

/* Of a target of SETTING_MODEL: the model instance and its parameter. */
uint32_t setting_entry(uint32_t target) RT_SAFE;
uint32_t setting_field(uint32_t target) RT_SAFE;
