/* chance: the words of a task that draw: draw, exponential, uniform, normal, choice. (planner/chance.h)
 *
 * One number of the stream a call, so that the draws of a trial are known. Threads: the sandbox's. */
#pragma once
#include "engine/base/rng.h"
#include <lua.h>

/* Adds the words; they draw from `rng`, which must outlive the interpreter. */
void chance_install(lua_State *lua, struct rng *rng);
