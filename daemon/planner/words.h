/* words: the harmless part of Lua that every file may use. (planner/words.h)
 *
 * type tostring tonumber select error ipairs pairs; math floor ceil abs sqrt min max tointeger huge pi; string format
 * rep sub upper lower len; table insert remove concat unpack. What is missing is missing on purpose: sandbox.h says
 * why. pairs goes in order (numbers, then texts), tostring and format show no addresses, and everything that can cost
 * more than a few instructions counts its work. Threads: the sandbox's. */
#pragma once
#include <lua.h>

/* Adds them all to the sandbox's words. Called by sandbox_open. */
void words_install(lua_State *lua);
