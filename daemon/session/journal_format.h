/* journal_format: the constants, the file header and the chunk headers of docs/journal.md. (session/journal_format.h)
 *
 * Internal to the journal's reader and writer. Threads: any. Memory: the caller's. */
#pragma once
#include "engine/base/error.h"
#include "session/journal.h"
#include "wire/fields.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    JOURNAL_FORMAT_HEADER_MAX = 65536, /* bytes of the file header; ours has about 8,000 */
    JOURNAL_FORMAT_FIXED = 24,         /* bytes before its field lists */
    JOURNAL_FORMAT_HEADER_MIN = 28,    /* those and the checksum */
    JOURNAL_FORMAT_CHUNK = 32,         /* bytes of a chunk's header */
    JOURNAL_FORMAT_PAYLOAD_MAX = 196608,
    JOURNAL_FORMAT_RAW_MAX = 131072, /* bytes of a chunk's records: a full chunk and one record */
    JOURNAL_FORMAT_RAW_FULL = 65536, /* from here on a chunk is full */
    JOURNAL_FORMAT_RECORD_MAX = JOURNAL_FORMAT_RAW_MAX - JOURNAL_FORMAT_RAW_FULL,
    JOURNAL_FORMAT_WINDOW_LOG = 20, /* zstd's window: 1 MiB holds about a second of 64 channels */
};

enum journal_format_type {
    JOURNAL_FORMAT_CONFIG = 1,
    JOURNAL_FORMAT_TICK,
    JOURNAL_FORMAT_IDLE,
    JOURNAL_FORMAT_PLAN,
    JOURNAL_FORMAT_ANCHOR,
    JOURNAL_FORMAT_CLOSE,
};

enum { JOURNAL_FORMAT_RECORD_VERSION = 1 };

enum journal_format_flag {
    JOURNAL_FORMAT_STARTS = 1,
    JOURNAL_FORMAT_ENDS = 2,
    JOURNAL_FORMAT_FLUSH = 4,
    JOURNAL_FORMAT_FLAGS = 7, /* all of them */
};

struct journal_format_chunk {
    uint32_t size, sequence, flags; /* payload bytes; number in the file; enum journal_format_flag */
    uint64_t ring_position;
    uint32_t payload_crc;
};

extern const struct fields journal_format_anchor; /* struct record_anchor */
extern const struct fields journal_format_close;  /* struct record_close */

/* CRC32C. The bytes "123456789" give e3069283. */
uint32_t journal_format_crc(const void *data, size_t n);

/* The whole header; returns its length. `header` has JOURNAL_FORMAT_HEADER_MAX bytes. */
size_t journal_format_put_header(uint8_t *header, enum journal_origin origin, uint32_t engine_version);

/* Reads a header of which `n` bytes are there (as many as the file has, at most JOURNAL_FORMAT_HEADER_MAX).
 * False and *err: `path` with byte offset. */
MUST_CHECK bool journal_format_get_header(const uint8_t *header, size_t n, const char *path, size_t *length,
                                          enum journal_origin *origin, uint32_t *engine_version, struct error *err);

/* A chunk's header, JOURNAL_FORMAT_CHUNK bytes. */
void journal_format_put_chunk(uint8_t *header, const struct journal_format_chunk *chunk);

/* False: not a chunk's header; *what, *got, *expected then hold the words for an error. */
MUST_CHECK bool journal_format_get_chunk(const uint8_t *header, struct journal_format_chunk *chunk, const char **what,
                                         char got[32], const char **expected);

/* Fills *err with ERROR_INPUT at "`path`: byte `offset`" and returns false. NULL for `got`: none. */
bool journal_format_error(struct error *err, const char *path, uint64_t offset, const char *what, const char *got,
                          const char *expected);
