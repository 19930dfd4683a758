/* config_trigger: what the rows of config.c can't say about a trigger. (engine/config_trigger.h)
 *
 * A part of config_check, for it only. Threads: any. */
#pragma once
#include "engine/config.h"
#include <math.h>

#define CONFIG_NO_VALUE ((double)NAN) /* an error without a number to show */

/* False, with the error of `field` of entry i of `group` (NULL: of the config itself). */
bool config_fail(struct error *err, const char *group, uint32_t i, const char *field, double got,
                 const char *expected) RT_SAFE;

/* Trigger i against the rest of the config: its source, its conditions, its yoke. */
MUST_CHECK bool config_trigger_check(const struct config *config, uint32_t i, struct error *err) RT_SAFE;
