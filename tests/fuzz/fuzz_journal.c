/* A journal from anywhere: read strictly, and salvaged. With checksums that are put right, so that what is behind them
 * is reached too. */
#include "session/journal.h"
#include "session/journal_chunks.h"
#include "session/journal_format.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { EVENTS_MAX = 5000 }; /* an idle run can be very long */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(const char *path, bool salvage)
{
    struct journal_reader *reader;
    struct error err;
    enum journal_event event = JOURNAL_TICK;
    struct journal_counts counts;
    if (!journal_open(&reader, path, &err))
        return;
    journal_set_salvage(reader, salvage);
    int64_t n = -1;
    for (int i = 0; i < EVENTS_MAX && journal_next(reader, &event, &err) && event != JOURNAL_END; i++) {
        if (event != JOURNAL_TICK)
            continue;
        if (journal_frame_in(reader)->n <= n)
            abort();
        n = journal_frame_in(reader)->n;
    }
    journal_count(reader, &counts);
    if (counts.last_whole_byte > counts.file_bytes)
        abort();
    journal_close(reader);
}

/* Makes the header and every chunk that the lengths lead to look right. */
static void set_checksums(uint8_t *data, size_t size)
{
    uint32_t length;
    if (size < JOURNAL_FORMAT_HEADER_MIN)
        return;
    memcpy(&length, data + 12, 4);
    if (length < JOURNAL_FORMAT_HEADER_MIN || length > size)
        return;
    uint32_t crc = journal_format_crc(data, length - 4);
    memcpy(data + length - 4, &crc, 4);
    uint32_t sequence = 0;
    for (size_t at = length; size - at >= JOURNAL_FORMAT_CHUNK; sequence++) {
        struct journal_format_chunk chunk = {.sequence = sequence};
        memcpy(&chunk.size, data + at + 4, 4);
        memcpy(&chunk.flags, data + at + 12, 4);
        if (chunk.size > size - at - JOURNAL_FORMAT_CHUNK)
            return;
        chunk.payload_crc = journal_format_crc(data + at + JOURNAL_FORMAT_CHUNK, chunk.size);
        journal_format_put_chunk(data + at, &chunk);
        at += JOURNAL_FORMAT_CHUNK + chunk.size;
    }
}

/* The input as the records of one chunk, behind a config that is right: what a compressor hides from a fuzzer. */
static void wrap_records(int fd, const char *path, const uint8_t *data, size_t size)
{
    static struct config config = {
        .period_ns = 1000000, .duration_ns = 1, .n_devices = 1, .n_channels = 2, .n_inputs = 2};
    static uint8_t header[JOURNAL_FORMAT_HEADER_MAX], fields[sizeof config];
    struct journal_chunks_writer chunks;
    struct error err;
    config.devices[0] = (struct config_device){.name = "a", .driver = "sim", .rate_hz = 1000};
    for (int i = 0; i < 2; i++) {
        config.channels[i] = (struct config_channel){.name = {(char)('a' + i)}, .rate_hz = 1000};
        config.inputs[i] = (struct config_input){.name = {(char)('a' + i)}};
    }
    const size_t n = journal_format_put_header(header, JOURNAL_RUN, 1);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, header, n, 0) != (ssize_t)n || lseek(fd, 0, SEEK_END) < 0 ||
        !journal_chunks_writer_open(&chunks, dup(fd), path, 0, 0, &err))
        abort();
    struct bytes_out out = bytes_writer(fields, sizeof fields);
    fields_put(&fields_config, &config, &out);
    bytes_put_u8(&chunks.raw, JOURNAL_FORMAT_CONFIG);
    bytes_put_u8(&chunks.raw, JOURNAL_FORMAT_RECORD_VERSION);
    bytes_put_varint(&chunks.raw, out.used);
    bytes_put(&chunks.raw, fields, out.used);
    bytes_put(&chunks.raw, data, size < JOURNAL_FORMAT_RECORD_MAX ? size : JOURNAL_FORMAT_RECORD_MAX);
    if (!journal_chunks_end(&chunks, true, 0, true, &err))
        abort();
    journal_chunks_writer_close(&chunks);
    read_all(path, false);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("journal", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    uint8_t *copy = malloc(size + 1);
    if (copy == NULL || ftruncate(fd, 0) != 0)
        abort();
    memcpy(copy, data, size);
    set_checksums(copy, size);
    const uint8_t *const versions[] = {data, copy};
    for (int i = 0; i < 2; i++) {
        if (pwrite(fd, versions[i], size, 0) != (ssize_t)size)
            abort();
        read_all(path, false);
        read_all(path, true);
    }
    free(copy);
    wrap_records(fd, path, data, size);
    return 0;
}
