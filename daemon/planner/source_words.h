/* source_words: what a trigger looks at, and what must hold besides, as a task writes it. (planner/source_words.h)
 *
 * residual, dff, predicted, variable give a number of the session; slope, peak, phase, yoke say what to do with it;
 * licked, not_licked, lick_rate, is_above, is_below are conditions. Each makes a small immutable value. Threads: the
 * sandbox's. */
#pragma once
#include "engine/config.h"
#include "planner/quantity.h"
#include <lua.h>

/* In Lua a userdata. */
struct source_words {
    struct config_source source;
    int64_t slope_ns;        /* 0: as it is */
    struct quantity drop;    /* of a peak; 0: none */
    double low_hz, high_hz;  /* of a phase */
    char train[CONFIG_NAME]; /* of a yoke */
};

/* Adds the words. */
void source_words_install(lua_State *lua);

/* The unit of its number: dF/F, or none; where a slope is taken, that a second. */
enum quantity_dimension source_words_unit(const struct source_words *source);

/* The source, or the condition, at `index`; NULL if the value there is none. */
const struct source_words *source_words_get(lua_State *lua, int index);
const struct config_condition *source_words_condition(lua_State *lua, int index);
