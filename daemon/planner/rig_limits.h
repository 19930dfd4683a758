/* rig_limits: what of an output's limits stands in tables of its own: duty, max_energy, exclude. (planner/rig_limits.h)
 *
 * A part of rig.h, for rig_lines.c only; the plain limits are rows there. Threads: the sandbox's. */
#pragma once
#include "engine/config.h"
#include "planner/declare.h"

#define RIG_LIMITS_OTHER(key)                                                                                          \
    {                                                                                                                  \
        key, DECLARE_OTHER, false, QUANTITY_NUMBER, 0, 0, 0, NULL                                                      \
    }
/* Rows of every output that can be on for a limited share of the time, and of lights of a known power. */
#define RIG_LIMITS_KEYS        RIG_LIMITS_OTHER("duty"), RIG_LIMITS_OTHER("exclude")
#define RIG_LIMITS_ENERGY_KEYS RIG_LIMITS_OTHER("max_energy")

/* Reads `duty = { 0.2, per = sec(1) }` and `max_energy = { mj(50), per = sec(60) }` into `output`, whose power is read
 * already. */
void rig_limits_read(const struct declare *declare, struct config_output *output);

/* Reads `exclude = { "laser" }`, outputs declared above, for config's newest output, and notes it in both. */
void rig_limits_exclude(const struct declare *declare, struct config *config);
