/* train_words: a task's pulse trains, waves of light, and sounds. (planner/train_words.h)
 *
 * A part of task.h, for the planner only. Threads: the sandbox's. */
#pragma once
#include <lua.h>

/* Adds the words train and sound. */
void train_words_install(lua_State *lua);
