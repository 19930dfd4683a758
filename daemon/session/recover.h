/* recover: reads what can be read of a session and counts the rest. (session/recover.h)
 *
 * The original journal is never touched. If it is damaged, cut or was not closed, what was rescued goes into
 * journal.recovered.phj beside it, a whole journal with the same config. What the processes of a killed session had not
 * written yet is still in their ring, from its tail on: every tick there with a higher number than the journal's last
 * one follows it. Threads: any, not real-time. */
#pragma once
#include "engine/base/error.h"
#include "realtime/ring.h"
#include <stdbool.h>
#include <stdint.h>

#define RECOVER_JOURNAL "journal.recovered.phj"

struct recover_report {
    int64_t ticks;      /* read, those from the ring among them */
    int64_t from_ring;  /* ticks that only the ring had */
    int64_t lost_ticks; /* of which only their place is known: the close record's count, else gaps where chunks are
                           missing. What came after the last whole byte of a cut journal can't be counted, unless the
                           ring has it */
    uint64_t illegal_records; /* of the ring: not readable, or refused by the journal; left out */
    uint64_t last_whole_byte;
    uint64_t file_bytes;
    uint64_t damaged_chunks;
    bool closed;            /* the session ended in order, or the keeper ended it */
    bool cut;               /* the journal ends inside a chunk */
    bool written;           /* journal.recovered.phj was made */
    bool outputs_safe;      /* confirmed by the close record */
    double time_to_safe_ms; /* from noticing to safe; negative: not known */
    char reason[32];        /* of the end: frame_end_words, "unknown" without a close record */
};

/* Recovers the session in `folder`. `ring`: what a killed session left in shared memory (session.json names it), mapped
 * by the caller, ring->size within the mapping and checked; NULL: none. Nothing in it is believed and nothing changed.
 * False and *err: not even the header and config can be read, or writing failed. */
MUST_CHECK bool recover_session(const char *folder, const struct ring *ring, struct recover_report *report,
                                struct error *err);
