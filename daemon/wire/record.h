/* record: what travels through the ring, from the core (or, after its death, the keeper) to the host. (wire/record.h)
 *
 * Native structs, packed to what is used: both sides are the same build on the same machine, and RECORD_VERSION says
 * so. The host turns them into the journal's portable records (docs/journal.md). Threads: packing is real-time;
 * unpacking is the reader's. Memory: the caller's. */
#pragma once
#include "engine/frame.h"
#include "engine/task/trial.h"
#include <stddef.h>

enum { RECORD_VERSION = 1 };

enum record_type {
    RECORD_TICK = 1, /* one tick: frame_in and frame_out, packed */
    RECORD_PLAN,     /* a struct trial that the next tick takes in */
    RECORD_ANCHOR,   /* struct record_anchor */
    RECORD_CLOSE,    /* struct record_close: the last record of a session */
};

/* Session time beside the wall clock, every 10 s. */
struct record_anchor {
    int64_t session_ns;  /* session time */
    int64_t realtime_ns; /* CLOCK_REALTIME at that moment: ns since 1970 UTC */
    int64_t tai_offset_s;
};

/* How the session ended, and what the loop counted. By the core in order, by the keeper if the core died. */
struct record_close {
    int64_t session_ns;    /* when */
    int64_t safe_after_ns; /* from noticing until every output was safe; -1: could not be confirmed */
    int64_t ticks, skipped_ticks;
    uint64_t faults_minor, faults_major,
        switches;    /* the core thread's page faults and voluntary context switches after tick 1 */
    uint32_t reason; /* enum frame_end_reason */
    uint32_t signal; /* that killed the core, 0 otherwise */
};

/* The loop's own times around one tick, for the latency ledger. */
struct record_times {
    int64_t decided_ns; /* session time right after engine_tick */
    int64_t written_ns; /* when the last driver's write of the tick before had returned: a tick is recorded before its
                           own outputs move; decided_ns if that tick wrote nothing */
};

enum {
    RECORD_TICK_MAX = sizeof(struct frame_in) + sizeof(struct frame_out) + sizeof(struct record_times) + 64,
};

/* Packs a tick into `buffer` (at least RECORD_TICK_MAX bytes); returns the bytes used, a multiple of 8. */
size_t record_pack_tick(const struct frame_in *in, const struct frame_out *out, const struct record_times *times,
                        void *buffer) RT_SAFE;

/* Unpacks; in->plan is NULL: the plan travels as a record of its own, before its tick. False if the bytes are not a
 * tick. */
MUST_CHECK bool record_unpack_tick(const void *buffer, size_t size, struct frame_in *in, struct frame_out *out,
                                   struct record_times *times);
