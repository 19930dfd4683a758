#include "session/journal_chunks.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum {
    LEVEL = 3, /* on chunks of 20 ms higher levels gain under 1 % */
    PACKED_MAX = JOURNAL_FORMAT_CHUNK + JOURNAL_FORMAT_PAYLOAD_MAX,
};

bool journal_chunks_writer_open(struct journal_chunks_writer *writer, int fd, const char *path, uint32_t sequence,
                                uint64_t ring_position, struct error *err)
{
    *writer = (struct journal_chunks_writer){.fd = fd, .sequence = sequence, .ring_position = ring_position};
    snprintf(writer->path, sizeof writer->path, "%s", path);
    uint8_t *raw = malloc(JOURNAL_FORMAT_RAW_MAX);
    writer->raw = bytes_writer(raw, JOURNAL_FORMAT_RAW_MAX);
    writer->packed = malloc(PACKED_MAX);
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    writer->zstd = zstd;
    if (raw == NULL || writer->packed == NULL || zstd == NULL)
        return error_system(err, path, "journal", ENOMEM);
    const size_t a = ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, LEVEL);
    const size_t b = ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, JOURNAL_FORMAT_WINDOW_LOG);
    assert(!ZSTD_isError(a) && !ZSTD_isError(b));
    return true;
}

static bool write_all(struct journal_chunks_writer *writer, size_t n, struct error *err)
{
    for (size_t done = 0; done < n;) {
        const ssize_t got = write(writer->fd, writer->packed + done, n - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            writer->failed = true;
            return error_system(err, writer->path, "writing the journal", errno);
        }
        done += (size_t)got;
    }
    return true;
}

bool journal_chunks_end(struct journal_chunks_writer *writer, bool flush, uint64_t ring_position, bool end_block,
                        struct error *err)
{
    if (writer->failed)
        return error_set(err, ERROR_SYSTEM, writer->path, "writing the journal", NULL, "failed before");
    if (writer->raw.used == 0 && !(end_block && writer->open_block) && !(flush && writer->unflushed))
        return true;
    if (flush)
        writer->ring_position = ring_position;
    ZSTD_inBuffer in = {writer->raw.data, writer->raw.used, 0};
    ZSTD_outBuffer out = {writer->packed + JOURNAL_FORMAT_CHUNK, JOURNAL_FORMAT_PAYLOAD_MAX, 0};
    const size_t left = ZSTD_compressStream2(writer->zstd, &out, &in, end_block ? ZSTD_e_end : ZSTD_e_flush);
    assert(left == 0); /* zstd never makes 128 KiB grow by half */
    struct journal_format_chunk chunk = {
        .size = (uint32_t)out.pos, .sequence = writer->sequence, .ring_position = writer->ring_position};
    chunk.flags |= writer->open_block ? 0 : JOURNAL_FORMAT_STARTS;
    chunk.flags |= end_block ? JOURNAL_FORMAT_ENDS : 0;
    chunk.flags |= flush ? JOURNAL_FORMAT_FLUSH : 0;
    chunk.payload_crc = journal_format_crc(writer->packed + JOURNAL_FORMAT_CHUNK, out.pos);
    journal_format_put_chunk(writer->packed, &chunk);
    if (!write_all(writer, JOURNAL_FORMAT_CHUNK + out.pos, err))
        return false;
    writer->sequence++;
    writer->open_block = !end_block;
    writer->unflushed = !flush;
    writer->raw.used = 0;
    return true;
}

bool journal_chunks_sync(struct journal_chunks_writer *writer, struct error *err)
{
    if (fdatasync(writer->fd) == 0)
        return true;
    writer->failed = true;
    return error_system(err, writer->path, "writing the journal to disk", errno);
}

/* All of `from` into `to`. */
static bool copy_all(int from, int to)
{
    uint8_t buffer[1 << 16];
    for (;;) {
        const ssize_t n = read(from, buffer, sizeof buffer);
        if (n == 0)
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        for (ssize_t done = 0; done < n;) {
            const ssize_t got = write(to, buffer + done, (size_t)(n - done));
            if (got < 0 && errno != EINTR)
                return false;
            done += got > 0 ? got : 0;
        }
    }
}

/* The file that is open as `fd`, which may have no name any more, under its name again. */
static bool restore(int fd, const char *path)
{
    char source[32], temporary[JOURNAL_CHUNKS_PATH + 8];
    snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
    snprintf(temporary, sizeof temporary, "%s.kept", path);
    const int from = open(source, O_RDONLY | O_CLOEXEC); /* fd itself is for writing only */
    const int to = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    const bool ok = from >= 0 && to >= 0 && copy_all(from, to) && fdatasync(to) == 0 && rename(temporary, path) == 0 &&
                    dup3(to, fd, O_CLOEXEC) == fd;
    const int why = errno;
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    if (!ok)
        unlink(temporary);
    errno = why;
    return ok;
}

bool journal_chunks_keep(struct journal_chunks_writer *writer, bool *restored, struct error *err)
{
    struct stat open_file, named;
    *restored = false;
    if (fstat(writer->fd, &open_file) != 0)
        return error_system(err, writer->path, "looking at the journal", errno);
    if (stat(writer->path, &named) == 0 && named.st_ino == open_file.st_ino && named.st_dev == open_file.st_dev)
        return true;
    *restored = restore(writer->fd, writer->path);
    return *restored || error_system(err, writer->path, "writing the removed journal again", errno);
}

void journal_chunks_writer_close(struct journal_chunks_writer *writer)
{
    ZSTD_freeCCtx(writer->zstd);
    free(writer->packed);
    free(writer->raw.data);
    if (writer->fd >= 0)
        close(writer->fd);
    *writer = (struct journal_chunks_writer){.fd = -1};
}
