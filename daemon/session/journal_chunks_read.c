#include "session/journal_chunks.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum {
    WINDOW = 1 << 18, /* bytes of the file in memory: many chunks a system call */
    CHUNK_MAX = JOURNAL_FORMAT_CHUNK + JOURNAL_FORMAT_PAYLOAD_MAX,
};

static_assert(WINDOW >= CHUNK_MAX, "a chunk is looked at as a whole");

/* The file's bytes from `at` on: at least `want` (at most CHUNK_MAX) of them unless the file ends; *n says how many.
 * False and *err: the disk failed. */
static bool look(struct journal_chunks_reader *reader, uint64_t at, size_t want, const uint8_t **bytes, size_t *n,
                 struct error *err)
{
    const bool inside = at >= reader->window_at && at - reader->window_at <= reader->window_n;
    if (!inside || reader->window_n - (at - reader->window_at) < want) {
        const size_t keep = inside ? reader->window_n - (size_t)(at - reader->window_at) : 0;
        if (keep > 0)
            memmove(reader->window, reader->window + (at - reader->window_at), keep);
        reader->window_at = at;
        reader->window_n = keep;
        while (reader->window_n < WINDOW) {
            const ssize_t got = pread(reader->fd, reader->window + reader->window_n, WINDOW - reader->window_n,
                                      (off_t)(at + reader->window_n));
            if (got < 0 && errno == EINTR)
                continue;
            if (got < 0)
                return error_system(err, reader->path, "reading the journal", errno);
            if (got == 0)
                break;
            reader->window_n += (size_t)got;
        }
    }
    *bytes = reader->window + (at - reader->window_at);
    *n = reader->window_n - (size_t)(at - reader->window_at);
    return true;
}

bool journal_chunks_reader_open(struct journal_chunks_reader *reader, const char *path, const uint8_t **front,
                                size_t *n, struct error *err)
{
    *reader = (struct journal_chunks_reader){.fd = -1};
    snprintf(reader->path, sizeof reader->path, "%s", path);
    reader->window = malloc(WINDOW);
    reader->raw = malloc(JOURNAL_FORMAT_RAW_MAX + 1);
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    reader->zstd = zstd;
    if (reader->window == NULL || reader->raw == NULL || zstd == NULL)
        return error_system(err, path, "journal", ENOMEM);
    const size_t set = ZSTD_DCtx_setParameter(zstd, ZSTD_d_windowLogMax, JOURNAL_FORMAT_WINDOW_LOG);
    assert(!ZSTD_isError(set));
    reader->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (reader->fd < 0) {
        const bool absent = errno == ENOENT || errno == ENOTDIR || errno == EISDIR;
        return absent ? error_set(err, ERROR_INPUT, path, "journal", "absent", "a file that exists")
                      : error_system(err, path, "journal", errno);
    }
    return look(reader, 0, JOURNAL_FORMAT_HEADER_MAX, front, n, err);
}

void journal_chunks_reader_start(struct journal_chunks_reader *reader, uint64_t at)
{
    reader->next = reader->whole = at;
}

bool journal_chunks_find(struct journal_chunks_reader *reader, enum journal_chunks_found *found,
                         struct journal_format_chunk *chunk, struct error *err)
{
    const uint8_t *bytes;
    size_t n;
    if (!look(reader, reader->next, JOURNAL_FORMAT_CHUNK, &bytes, &n, err))
        return false;
    *found = n == 0 ? JOURNAL_CHUNKS_END : JOURNAL_CHUNKS_CUT;
    if (n < JOURNAL_FORMAT_CHUNK)
        return true;
    const char *what, *expected;
    char got[32], numbers[64];
    if (!journal_format_get_chunk(bytes, chunk, &what, got, &expected))
        return journal_format_error(err, reader->path, reader->next, what, got, expected);
    if (chunk->sequence != reader->sequence) {
        snprintf(got, sizeof got, "%" PRIu32, chunk->sequence);
        snprintf(numbers, sizeof numbers, "%" PRIu32, reader->sequence);
        return journal_format_error(err, reader->path, reader->next, "chunk sequence", got, numbers);
    }
    if (!reader->open_block && (chunk->flags & JOURNAL_FORMAT_STARTS) == 0)
        return journal_format_error(err, reader->path, reader->next, "chunk flags", NULL, "the start of a block");
    if (!look(reader, reader->next, JOURNAL_FORMAT_CHUNK + chunk->size, &bytes, &n, err))
        return false;
    if (n < JOURNAL_FORMAT_CHUNK + chunk->size)
        return true;
    const uint32_t crc = journal_format_crc(bytes + JOURNAL_FORMAT_CHUNK, chunk->size);
    if (crc != chunk->payload_crc) {
        snprintf(got, sizeof got, "%08" PRIx32, crc);
        snprintf(numbers, sizeof numbers, "%08" PRIx32, chunk->payload_crc);
        return journal_format_error(err, reader->path, reader->next, "chunk checksum", got, numbers);
    }
    *found = JOURNAL_CHUNKS_WHOLE;
    return true;
}

/* Unpacks the payload at `bytes` into reader->raw. NULL, or what is wrong. */
static const char *unpack_payload(struct journal_chunks_reader *reader, const struct journal_format_chunk *chunk,
                                  const uint8_t *bytes)
{
    if ((chunk->flags & JOURNAL_FORMAT_STARTS) != 0)
        ZSTD_DCtx_reset(reader->zstd, ZSTD_reset_session_only);
    ZSTD_inBuffer in = {bytes, chunk->size, 0};
    ZSTD_outBuffer out = {reader->raw, JOURNAL_FORMAT_RAW_MAX + 1, 0};
    size_t left = 1;
    while (in.pos < in.size && out.pos < out.size && left != 0) {
        left = ZSTD_decompressStream(reader->zstd, &out, &in);
        if (ZSTD_isError(left))
            return ZSTD_getErrorName(left);
    }
    if (out.pos > JOURNAL_FORMAT_RAW_MAX)
        return "too long";
    if (in.pos < in.size)
        return "goes on after the block's end";
    if ((left == 0) != ((chunk->flags & JOURNAL_FORMAT_ENDS) != 0))
        return left == 0 ? "ends too early" : "has no end";
    reader->records = bytes_reader(reader->raw, out.pos);
    return NULL;
}

bool journal_chunks_take(struct journal_chunks_reader *reader, const struct journal_format_chunk *chunk, bool unpack,
                         struct error *err)
{
    const uint8_t *bytes;
    size_t n;
    reader->records = bytes_reader(reader->raw, 0);
    if (!look(reader, reader->next, JOURNAL_FORMAT_CHUNK + chunk->size, &bytes, &n, err))
        return false;
    assert(n >= JOURNAL_FORMAT_CHUNK + chunk->size); /* it was found whole */
    const char *wrong = unpack ? unpack_payload(reader, chunk, bytes + JOURNAL_FORMAT_CHUNK) : NULL;
    if (wrong != NULL)
        return journal_format_error(err, reader->path, reader->next, "chunk content", wrong, "part of a zstd block");
    reader->next += JOURNAL_FORMAT_CHUNK + chunk->size;
    reader->whole = reader->next;
    reader->sequence = chunk->sequence + 1;
    reader->open_block = (chunk->flags & JOURNAL_FORMAT_ENDS) == 0;
    return true;
}

/* True if a whole chunk that starts a block, and comes later than what was read, is at `at`. */
static bool restarts_at(struct journal_chunks_reader *reader, uint64_t at, struct journal_format_chunk *chunk)
{
    const uint8_t *bytes;
    size_t n;
    const char *what, *expected;
    char got[32];
    if (!look(reader, at, CHUNK_MAX, &bytes, &n, NULL) || n < JOURNAL_FORMAT_CHUNK)
        return false;
    if (!journal_format_get_chunk(bytes, chunk, &what, got, &expected))
        return false;
    if ((chunk->flags & JOURNAL_FORMAT_STARTS) == 0 || n < JOURNAL_FORMAT_CHUNK + chunk->size)
        return false;
    return chunk->sequence >= reader->sequence &&
           journal_format_crc(bytes + JOURNAL_FORMAT_CHUNK, chunk->size) == chunk->payload_crc;
}

bool journal_chunks_skip(struct journal_chunks_reader *reader, uint64_t from, uint64_t *lost)
{
    *lost = 1;
    reader->open_block = false;
    reader->records = bytes_reader(reader->raw, 0);
    for (uint64_t at = from + 1;;) {
        const uint8_t *bytes;
        size_t n;
        if (!look(reader, at, CHUNK_MAX, &bytes, &n, NULL) || n < JOURNAL_FORMAT_CHUNK)
            return false;
        const uint8_t *candidate = memmem(bytes, n, "PHJC", 4);
        const size_t step = candidate == NULL ? n - 3 : (size_t)(candidate - bytes);
        at += step;
        struct journal_format_chunk chunk;
        if (candidate == NULL)
            continue;
        if (restarts_at(reader, at, &chunk)) {
            if (chunk.sequence > reader->sequence)
                *lost = chunk.sequence - reader->sequence;
            reader->sequence = chunk.sequence;
            reader->next = at;
            return true;
        }
        at++;
    }
}

uint64_t journal_chunks_file_bytes(const struct journal_chunks_reader *reader)
{
    struct stat stat;
    return fstat(reader->fd, &stat) == 0 ? (uint64_t)stat.st_size : 0;
}

void journal_chunks_reader_close(struct journal_chunks_reader *reader)
{
    ZSTD_freeDCtx(reader->zstd);
    free(reader->window);
    free(reader->raw);
    if (reader->fd >= 0)
        close(reader->fd);
    *reader = (struct journal_chunks_reader){.fd = -1};
}
