/* recorder: drains the ring into the journal, through restarts and full disks. (session/recorder.h)
 *
 * The ring is the memory of what is not safely on disk: a record is released only when the disk has confirmed it, so
 * whatever happens to the file or to this process, the recorder goes on from the last confirmed byte and writes again
 * what came after. The journal says how far it goes (docs/journal.md, 3.3); hence every record is in it exactly once.
 * The close record is never released: a recorder that is opened after the end still finds it.
 * Illegal records are bugs of the core: counted, logged, left out. They are released with the legal record that comes
 * after them; a ring of nothing else fills up, and the core ends the session.
 * Threads: one, not real-time; may block as long as the disk does. Memory: allocated by open. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"
#include "realtime/ring.h"
#include <stdbool.h>
#include <stdint.h>

struct recorder;

struct recorder_counts {
    uint64_t ticks, records; /* taken from the ring by this recorder, all kinds in `records`; after an outage what was
                                not confirmed is taken, and counted, once more */
    uint64_t illegal;        /* records that the journal refused, or that were none */
    uint64_t outages;        /* times that the journal could not be written */
    bool failing;            /* one of them lasts */
};

/* Begins the journal in `folder`, or goes on with the one that is there, exactly where it ends. `ring` must outlive the
 * recorder, and `config`. False and *err: the journal can't be made or read, is damaged, or is not the one of this
 * ring. */
MUST_CHECK bool recorder_open(struct recorder **recorder, const char *folder, const struct config *config,
                              struct ring *ring, struct error *err);

/* Takes what is in the ring (at most 20,000 records a call) and hands it to the kernel; about once a second, and when
 * much has gathered, it also ends the block, waits for the disk and releases. Call it every 20 ms or sooner. now_ns:
 * any clock that never goes back. False and *err: the journal can't be written now. That is no end: the ring keeps what
 * comes, the first failure and the recovery are logged, and the calls go on trying, about once a second: nothing has to
 * be done about it. */
bool recorder_step(struct recorder *recorder, int64_t now_ns, struct error *err);

/* True once the close record is in the journal (and has reached the kernel). */
bool recorder_closed(const struct recorder *recorder);

void recorder_count(const struct recorder *recorder, struct recorder_counts *counts);

/* Takes all that is left, waits for the disk, closes and frees. False and *err: it could not be written; it stays in
 * the ring. NULL is allowed. */
MUST_CHECK bool recorder_finish(struct recorder *recorder, int64_t now_ns, struct error *err);

/* Closes and frees without writing: for error paths. NULL is allowed. */
void recorder_abandon(struct recorder *recorder);
