#include "engine/base/arena.h"
#include <assert.h>
#include <string.h>

void arena_init(struct arena *arena, void *base, size_t size)
{
    assert((uintptr_t)base % ARENA_ALIGN == 0);
    *arena = (struct arena){.base = base, .size = base ? size : 0};
}

void *arena_take(struct arena *arena, size_t size)
{
    const size_t start = arena->used;
    const size_t room = SIZE_MAX - start;
    if (room < ARENA_ALIGN - 1 || size > room - (ARENA_ALIGN - 1)) {
        arena->used = SIZE_MAX;
        return NULL;
    }
    arena->used += (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (!arena_fits(arena))
        return NULL;
    return memset(arena->base + start, 0, size);
}

bool arena_fits(const struct arena *arena)
{
    return arena->base && arena->used <= arena->size;
}
