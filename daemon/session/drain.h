/* drain: the ring's records, one after the other, checked, and into a journal. (session/drain.h)
 *
 * For the journal's reader, to whom the ring can't get lost: what it has not released stays. The core that wrote the
 * ring may have been killed, by its own wild pointer for instance: no length is believed before it was looked at, no
 * record is read beyond the head or the ring's end. ring->size itself must lie in the mapping (shared_attach looks).
 * Threads: one a struct, not real-time. Memory: the caller's. */
#pragma once
#include "engine/base/error.h"
#include "realtime/ring.h"
#include "session/journal.h"
#include "wire/record.h"
#include <stdbool.h>
#include <stdint.h>

/* One record, in copies of its own. Only what belongs to its type is valid. */
struct drain {
    enum record_type type;
    struct frame_in in; /* its plan is NULL: a plan comes as a record before its tick */
    struct frame_out out;
    struct record_times times;
    struct trial trial;
    struct record_anchor anchor;
    struct record_close close;
};

enum drain_result {
    DRAIN_EMPTY,   /* *position is at the ring's head */
    DRAIN_RECORD,  /* *position moved behind it */
    DRAIN_ILLEGAL, /* the same, but its bytes are none of the records in wire/record.h */
    DRAIN_BROKEN,  /* lengths that don't fit together: from *position on nothing can be read */
};

/* Takes the record at *position, which is the ring's tail or a later record's beginning. */
enum drain_result drain_next(const struct ring *ring, uint64_t *position, struct drain *drain);

/* Adds the record to a journal. False and *err: as journal_add_tick and its sisters. */
MUST_CHECK bool drain_add(const struct drain *drain, struct journal_writer *writer, struct error *err);

/* True if a close record lies from the ring's tail to before `position`. `drain` is used up. */
bool drain_find_close(const struct ring *ring, uint64_t position, struct drain *drain, uint64_t *close_at);
