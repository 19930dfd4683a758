/* journaled: a session on the simulated rig in a journal, and copies of it in which one thing is different.
 *
 * Pavlovian task, 20 s, with a loop that is late now and then and skips, and a live change of its trigger. One a
 * program. */
#pragma once
#include "engine/frame.h"
#include <stdint.h>

/* What was recorded, as counted while it was. */
extern struct journaled {
    int64_t ticks, entries; /* entries: decisions and writes */
    int64_t reward_tick;    /* of the first reward */
    uint32_t reward_place;  /* among its tick's decisions */
    int64_t write_tick;     /* of the first tick with writes after that */
    int settings, refusals; /* live changes, and those that were refused */
} journaled;

/* The session's folder; recorded at the first call. It holds the journal only. */
const char *journaled_folder(void);

/* A copy of the journal as the scratch file `name`, made by the journal's reader and writer, so that all checksums are
 * right: before tick *tick is written, `change` may change what came out of it. Without `change` the copy ends before
 * that tick, without a close record. */
const char *journaled_copy(const char *name, const int64_t *tick, void (*change)(struct frame_out *out));

/* Changes for journaled_copy: the value of the first reward becomes 3.5. */
void journaled_change_reward(struct frame_out *out);
