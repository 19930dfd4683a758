/* train_words: a task's pulse trains. (planner/train_words.h)
 *
 * A part of task.h, for the planner only. Threads: the sandbox's. */
#pragma once
#include <lua.h>

/* Adds the word. */
void train_words_install(lua_State *lua);
