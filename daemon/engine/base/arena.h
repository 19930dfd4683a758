/* arena: all memory of one owner, taken once, handed out in order, never given back. (engine/base/arena.h)
 *
 * The engine allocates nothing: whoever starts it brings one block, sized beforehand by running the same initialisation
 * on a measuring arena (base NULL), and the arena hands out aligned pieces of it.
 * Threads: start-up only, one thread. Memory: the caller's block. */
#pragma once
#include "engine/base/rt.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARENA_ALIGN = 64 }; /* one cache line: no two owners share one */

struct arena {
    uint8_t *base; /* NULL: a measuring arena, which only counts */
    size_t size, used;
};

/* An arena over `size` bytes at `base` (aligned to ARENA_ALIGN). base NULL measures: every take counts and gives NULL.
 */
void arena_init(struct arena *arena, void *base, size_t size);

/* `size` zeroed bytes, aligned to ARENA_ALIGN. NULL if they don't fit or the arena measures; `used` grows either way,
 * so that after a run `used` tells the size needed. */
void *arena_take(struct arena *arena, size_t size);

/* True if everything taken so far fitted into a real block. */
bool arena_fits(const struct arena *arena);
