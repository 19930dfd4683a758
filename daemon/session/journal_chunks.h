/* journal_chunks: records in, chunks out; and back. (session/journal_chunks.h)
 *
 * docs/journal.md section 3: buffering, zstd blocks, checksums, the difference between a cut and a damaged file.
 * Knows nothing of what is in a record. Internal to the journal's reader and writer. Threads: one a struct. */
#pragma once
#include "session/journal_format.h"
#include "wire/bytes.h"
#include <stdbool.h>
#include <stdint.h>

enum { JOURNAL_CHUNKS_PATH = 4096 };

struct journal_chunks_writer {
    char path[JOURNAL_CHUNKS_PATH];
    int fd; /* -1: closed */
    bool open_block;
    bool unflushed; /* the last chunk lacks the flush flag */
    bool failed;    /* a write failed: what lies in the file after the last flush is for journal_resume to cut */
    uint32_t sequence;
    uint64_t ring_position;
    void *zstd;
    uint8_t *packed;      /* a chunk: its header and payload */
    struct bytes_out raw; /* the open chunk's records */
};

/* Takes over `fd` (closed by journal_chunks_writer_close, also after a failure here), positioned where the first chunk
 * goes. */
MUST_CHECK bool journal_chunks_writer_open(struct journal_chunks_writer *writer, int fd, const char *path,
                                           uint32_t sequence, uint64_t ring_position, struct error *err);

/* Ends the chunk. At a flush it takes the new ring position; otherwise it only makes room. Without records nothing is
 * written, except to end an open block or to mark a flush. */
MUST_CHECK bool journal_chunks_end(struct journal_chunks_writer *writer, bool flush, uint64_t ring_position,
                                   bool end_block, struct error *err);

/* Waits for the disk. */
MUST_CHECK bool journal_chunks_sync(struct journal_chunks_writer *writer, struct error *err);

/* journal_keep's work. */
MUST_CHECK bool journal_chunks_keep(struct journal_chunks_writer *writer, bool *restored, struct error *err);

/* Frees; writes nothing. */
void journal_chunks_writer_close(struct journal_chunks_writer *writer);

struct journal_chunks_reader {
    char path[JOURNAL_CHUNKS_PATH];
    int fd;
    bool open_block;
    uint32_t sequence; /* the next chunk's */
    uint64_t next;     /* where the next chunk starts */
    uint64_t whole;    /* where the last whole chunk ended */
    void *zstd;
    uint8_t *window; /* a part of the file */
    uint64_t window_at;
    size_t window_n;
    uint8_t *raw;
    struct bytes_in records; /* the unpacked chunk */
};

/* Opens `path` and hands out its first bytes: *n are in *front, at most JOURNAL_FORMAT_HEADER_MAX. */
MUST_CHECK bool journal_chunks_reader_open(struct journal_chunks_reader *reader, const char *path,
                                           const uint8_t **front, size_t *n, struct error *err);

/* Where the chunks begin. */
void journal_chunks_reader_start(struct journal_chunks_reader *reader, uint64_t at);

/* What comes next in the file. */
enum journal_chunks_found { JOURNAL_CHUNKS_WHOLE, JOURNAL_CHUNKS_END, JOURNAL_CHUNKS_CUT };

/* Reads and checks the next chunk without unpacking it. False and *err: damage, at reader->next. */
MUST_CHECK bool journal_chunks_find(struct journal_chunks_reader *reader, enum journal_chunks_found *found,
                                    struct journal_format_chunk *chunk, struct error *err);

/* Steps over the chunk just found; `unpack`: into reader->records. False and *err: its content is damaged. */
MUST_CHECK bool journal_chunks_take(struct journal_chunks_reader *reader, const struct journal_format_chunk *chunk,
                                    bool unpack, struct error *err);

/* Behind damage: looks for the next whole chunk that starts a block, after the file's byte `from`. False: there is
 * none. *lost is how many chunks are missing, by their numbers; at least 1. Errors of the disk count as the file's
 * end. */
bool journal_chunks_skip(struct journal_chunks_reader *reader, uint64_t from, uint64_t *lost);

/* The file's length now; 0 if it can't be told. */
uint64_t journal_chunks_file_bytes(const struct journal_chunks_reader *reader);

void journal_chunks_reader_close(struct journal_chunks_reader *reader);
