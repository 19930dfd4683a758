/* adaptive: words of a task that remember from trial to trial: shuffled, blocks, staircase, anti_bias.
 * (planner/adaptive.h)
 *
 * Each is made once, at the top of the file, and gives a function that trial() calls once a trial. What it remembers is
 * its own; planning stays a pure function of seed and outcomes, because a planner that starts again calls it again in
 * the same order. Sources: transformed up-down staircases: Levitt 1971, JASA 49:467. Threads: the sandbox's. */
#pragma once
#include <lua.h>

/* Adds the words, which draw from the generator of the task, the owner of the sandbox. */
void adaptive_install(lua_State *lua);
