/* plan: the words inside a task's trial function, and the compiler of what it returns. (planner/plan.h)
 *
 * state, cs, deliver and start make small immutable values; plan_compile turns the list of states into a
 * struct trial: names become indices, quantities times, volumes opening times. Threads: the sandbox's. */
#pragma once
#include "engine/task/trial.h"
#include <lua.h>

/* Adds the words. The sandbox's owner is a struct task. */
void plan_install(lua_State *lua);

/* Compiles the value on top of the stack, which trial() returned, into *trial and pops it; nil is the end of the
 * session. `line` is where trial is defined. Ends the call on an error. trial->number is left alone. */
void plan_compile(lua_State *lua, int line, struct trial *trial);
