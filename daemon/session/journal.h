/* journal: the file that holds everything that went into and came out of the engine. (session/journal.h)
 *
 * docs/journal.md is the format's own page and comes first; this is its one implementation. Written in chunks with a
 * CRC32C each, grouped in zstd blocks of about a second that can be read on their own. A file that was cut anywhere
 * opens to its last whole chunk. Every chunk says up to which byte of the ring it goes, so a restarted writer goes on
 * exactly there. Threads: one writer or one reader a struct; not real-time. A zeroed struct is closed; close accepts
 * it. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"
#include "wire/record.h"
#include <stdbool.h>
#include <stdint.h>

enum { JOURNAL_VERSION = 1 };

struct journal_writer; /* allocated by create or resume */
struct journal_reader; /* allocated by open */

/* Where a journal comes from: a session that phasic ran, with decisions; or an import, input only. */
enum journal_origin { JOURNAL_RUN = 1, JOURNAL_IMPORT };

/* Creates the journal at `path` (must not exist) with its header and the config record, flushed to the kernel. */
MUST_CHECK bool journal_create(struct journal_writer **writer, const char *path, enum journal_origin origin,
                               const struct config *config, struct error *err);

/* Creates the journal at `path` as a copy without records: origin, engine version and config are those of `like`. */
MUST_CHECK bool journal_create_like(struct journal_writer **writer, const char *path, const struct journal_reader *like,
                                    struct error *err);

/* Opens an existing journal for appending after its last whole chunk that ends at a flush (what follows it is cut off);
 * *ring_position is where in the ring the next record starts. False and *err: also if the journal is damaged; then
 * nothing was cut. */
MUST_CHECK bool journal_resume(struct journal_writer **writer, const char *path, uint64_t *ring_position,
                               struct error *err);

/* Adds records. They reach the kernel with the next flush, or when 64 KiB have gathered. A plan is added before the
 * tick that takes it in; in->plan is not looked at. False and *err: ERROR_INPUT if the record is not legal
 * (docs/journal.md section 7; the writer is as before), or writing failed: then abandon, and resume when there is room
 * again. */
MUST_CHECK bool journal_add_tick(struct journal_writer *writer, const struct frame_in *in, const struct frame_out *out,
                                 const struct record_times *times, struct error *err);
MUST_CHECK bool journal_add_plan(struct journal_writer *writer, const struct trial *trial, struct error *err);
MUST_CHECK bool journal_add_anchor(struct journal_writer *writer, const struct record_anchor *anchor,
                                   struct error *err);
MUST_CHECK bool journal_add_close(struct journal_writer *writer, const struct record_close *close, struct error *err);

/* Ends the current chunk and writes it: after this the records added so far survive the death of every process.
 * `ring_position`: the ring's byte up to which they go. `end_block` also ends the zstd block (about once a second);
 * `sync` waits for the disk too. Nothing to write is fine: then the ring position stays, too. */
MUST_CHECK bool journal_flush(struct journal_writer *writer, uint64_t ring_position, bool end_block, bool sync,
                              struct error *err);

/* Somebody may have removed the file or put another in its place. While it is open it can still be read: then all of it
 * is written to its path again, and the writer goes on there; *restored. False and *err: that failed. */
MUST_CHECK bool journal_keep(struct journal_writer *writer, bool *restored, struct error *err);

/* Flushes, syncs, closes, frees. NULL is allowed. */
MUST_CHECK bool journal_finish(struct journal_writer *writer, uint64_t ring_position, struct error *err);
/* Closes and frees without flushing: for error paths. NULL is allowed. */
void journal_abandon(struct journal_writer *writer);

/* What a journal holds at its cursor. */
enum journal_event { JOURNAL_TICK, JOURNAL_PLAN, JOURNAL_ANCHOR, JOURNAL_CLOSE, JOURNAL_END };

/* Opens `path`: checks the header, decodes the config. False and *err: not a journal, newer than this program, damaged
 * header or first chunk (with the byte offset). */
MUST_CHECK bool journal_open(struct journal_reader **reader, const char *path, struct error *err);

/* How a reader meets a damaged chunk: stop with an error (replay, verify), or skip to the next block and count
 * (recover). */
void journal_set_salvage(struct journal_reader *reader, bool salvage);

const struct config *journal_config(const struct journal_reader *reader);
uint32_t journal_engine_version(const struct journal_reader *reader); /* ENGINE_VERSION when it was recorded */
enum journal_origin journal_origin(const struct journal_reader *reader);

/* Reads the next record; its content is in the pointers below until the next call (a plan until the call after its
 * tick's). JOURNAL_END at the end of the last whole chunk. False and *err: a damaged chunk, with its byte offset,
 * unless salvaging; or the disk failed. Every further call says the same. */
MUST_CHECK bool journal_next(struct journal_reader *reader, enum journal_event *event, struct error *err);
const struct frame_in *journal_frame_in(const struct journal_reader *reader); /* its plan is set on the plan's tick */
const struct frame_out *journal_frame_out(const struct journal_reader *reader);
const struct record_times *journal_times(const struct journal_reader *reader);
const struct trial *journal_trial(const struct journal_reader *reader);
const struct record_anchor *journal_anchor(const struct journal_reader *reader);
const struct record_close *journal_close_record(const struct journal_reader *reader);

/* What a reader has counted so far. */
struct journal_counts {
    uint64_t ticks;
    uint64_t skipped_ticks; /* gaps in the tick numbers that are no damage */
    uint64_t lost_ticks;    /* gaps in the tick numbers where chunks are missing: at most that many ticks were lost */
    uint64_t unknown_records;
    uint64_t damaged_chunks;  /* not read, while salvaging; at least: none is left to count at the file's end */
    uint64_t file_bytes;      /* now */
    uint64_t last_whole_byte; /* end of the last whole chunk read */
    bool cut;                 /* the end was reached, and part of a chunk came after the last whole one */
    bool closed;              /* a close record was seen: the session ended in order */
};
void journal_count(const struct journal_reader *reader, struct journal_counts *counts);

/* Closes and frees. NULL is allowed. */
void journal_close(struct journal_reader *reader);
