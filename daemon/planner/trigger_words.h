/* trigger_words: a task's triggers. (planner/trigger_words.h)
 *
 * A part of task.h, for the planner only. Threads: the sandbox's. */
#pragma once
#include <lua.h>

/* Adds the word. */
void trigger_words_install(lua_State *lua);
