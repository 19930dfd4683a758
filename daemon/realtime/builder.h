/* builder: brings what the drivers delivered into the order that the engine relies on. (realtime/builder.h)
 *
 * Per input, times are strictly increasing over the whole session: an edge older than that input's newest keeps its raw
 * time, gets newest + 1 ns as its mapped time and is flagged late. An edge of the future (a clock map that runs ahead)
 * is dated back to the wake time. Across inputs there is no order guarantee. Threads: the core's real-time thread.
 * Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include "engine/frame.h"

struct builder {
    int64_t newest_ns[FRAME_INPUTS_MAX]; /* mapped time of the input's newest edge */
    uint64_t n_late;
};

/* No edge seen yet. */
void builder_init(struct builder *builder);

/* Puts in->edges in order as above, in place. Bounded. */
void builder_order(struct builder *builder, struct frame_in *in) RT_SAFE;
