/* lately: the newest licks at a spout, for conditions on them. (engine/task/lately.h)
 *
 * Threads: real-time; touches only its own struct. Memory: the caller's. A zeroed struct has none. */
#pragma once
#include "engine/base/rt.h"
#include "engine/config.h"
#include <stdint.h>

struct lately {
    int64_t t_ns[CONFIG_LICKS_MAX]; /* a ring */
    uint64_t n;                     /* ever */
};

/* A lick at session time t_ns, later than the last. */
void lately_add(struct lately *lately, int64_t t_ns) RT_SAFE;

/* How many licks there were in [from_ns, to_ns), of the newest CONFIG_LICKS_MAX. */
uint32_t lately_count(const struct lately *lately, int64_t from_ns, int64_t to_ns) RT_SAFE;
