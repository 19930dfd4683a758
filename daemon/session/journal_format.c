#include "session/journal_format.h"
#include <assert.h>
#include <inttypes.h>
#include <isa-l/crc.h>
#include <stdio.h>
#include <string.h>

static const uint8_t file_magic[8] = {0x89, 'P', 'H', 'J', '\r', '\n', 0x1a, '\n'};
static const uint32_t chunk_magic = 0x434a4850; /* "PHJC" */

#define ROW(st, field, kind)                                                                                           \
    {                                                                                                                  \
#field, kind, offsetof(struct st, field), sizeof(((struct st *)0)->field), 1, -1, NULL                         \
    }

static const struct fields_row anchor_rows[] = {ROW(record_anchor, session_ns, FIELDS_I64),
                                                ROW(record_anchor, realtime_ns, FIELDS_I64),
                                                ROW(record_anchor, tai_offset_s, FIELDS_I64)};
const struct fields journal_format_anchor = {"record_anchor", 1, sizeof(struct record_anchor),
                                             sizeof anchor_rows / sizeof *anchor_rows, anchor_rows};

static const struct fields_row close_rows[] = {
    ROW(record_close, session_ns, FIELDS_I64),   ROW(record_close, safe_after_ns, FIELDS_I64),
    ROW(record_close, ticks, FIELDS_I64),        ROW(record_close, skipped_ticks, FIELDS_I64),
    ROW(record_close, faults_minor, FIELDS_U64), ROW(record_close, faults_major, FIELDS_U64),
    ROW(record_close, switches, FIELDS_U64),     ROW(record_close, reason, FIELDS_U32),
    ROW(record_close, signal, FIELDS_U32)};
const struct fields journal_format_close = {"record_close", 1, sizeof(struct record_close),
                                            sizeof close_rows / sizeof *close_rows, close_rows};

uint32_t journal_format_crc(const void *data, size_t n)
{
    uint8_t *bytes;
    memcpy(&bytes, &data, sizeof bytes); /* the library's prototype forgot its const */
    uint32_t crc = 0xffffffff;
    while (n > 0) { /* its length is an int */
        const size_t step = n < (1u << 30) ? n : (1u << 30);
        crc = crc32_iscsi(bytes, (int)step, crc);
        bytes += step;
        n -= step;
    }
    return ~crc;
}

/* The field lists of section 6. Returns their length. */
static size_t put_lists(char *text, size_t size)
{
    const struct fields *const tables[] = {
        &fields_config,  &fields_trial, &fields_edge,     &fields_status,         &fields_command,
        &fields_applied, &fields_write, &fields_decision, &journal_format_anchor, &journal_format_close};
    size_t used = 0;
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        used +=
            (size_t)snprintf(text + used, size - used, "list %s %" PRIu32 "\n", tables[i]->name, tables[i]->version);
        assert(used < size);
        used += fields_describe(tables[i], text + used, size - used);
        assert(used < size);
    }
    return used;
}

size_t journal_format_put_header(uint8_t *header, enum journal_origin origin, uint32_t engine_version)
{
    const size_t n_text =
        put_lists((char *)header + JOURNAL_FORMAT_FIXED, JOURNAL_FORMAT_HEADER_MAX - JOURNAL_FORMAT_HEADER_MIN);
    const size_t length = JOURNAL_FORMAT_HEADER_MIN + n_text;
    struct bytes_out out = bytes_writer(header, length);
    bytes_put(&out, file_magic, sizeof file_magic);
    bytes_put_u32(&out, JOURNAL_VERSION);
    bytes_put_u32(&out, (uint32_t)length);
    bytes_put_u32(&out, engine_version);
    bytes_put_u32(&out, origin);
    out.used += n_text;
    bytes_put_u32(&out, journal_format_crc(header, out.used));
    assert(out.ok && out.used == length);
    return length;
}

bool journal_format_error(struct error *err, const char *path, uint64_t offset, const char *what, const char *got,
                          const char *expected)
{
    char where[256];
    snprintf(where, sizeof where, "%.220s: byte %" PRIu64, path, offset);
    return error_set(err, ERROR_INPUT, where, what, got, "%s", expected);
}

/* The lists' first difference to ours, as a byte offset in the header; 0: none. */
static size_t lists_differ(const uint8_t *header, size_t length)
{
    uint8_t ours[JOURNAL_FORMAT_HEADER_MAX];
    const size_t n_ours = journal_format_put_header(ours, JOURNAL_RUN, 0);
    const size_t n = (length < n_ours ? length : n_ours) - 4;
    for (size_t i = JOURNAL_FORMAT_FIXED; i < n; i++)
        if (header[i] != ours[i])
            return i;
    return length == n_ours ? 0 : n;
}

bool journal_format_get_header(const uint8_t *header, size_t n, const char *path, size_t *length,
                               enum journal_origin *origin, uint32_t *engine_version, struct error *err)
{
    char got[64];
    const size_t n_magic = n < sizeof file_magic ? n : sizeof file_magic;
    for (size_t i = 0; i < n_magic; i++)
        if (header[i] != file_magic[i])
            return journal_format_error(err, path, i, "journal header", NULL, "a phasic journal (.phj)");
    struct bytes_in in = bytes_reader(header, n);
    bytes_get(&in, sizeof file_magic);
    const uint32_t version = bytes_get_u32(&in);
    const uint32_t size = bytes_get_u32(&in);
    *engine_version = bytes_get_u32(&in);
    const uint32_t origin_number = bytes_get_u32(&in);
    if (n < JOURNAL_FORMAT_HEADER_MIN)
        return journal_format_error(err, path, n, "journal header", "cut", "a whole header");
    if (size < JOURNAL_FORMAT_HEADER_MIN || size > JOURNAL_FORMAT_HEADER_MAX) {
        snprintf(got, sizeof got, "%" PRIu32, size);
        return journal_format_error(err, path, 12, "header length", got, "28..65536 bytes");
    }
    if (n < size)
        return journal_format_error(err, path, n, "journal header", "cut", "a whole header");
    in.used = size - 4;
    const uint32_t crc = bytes_get_u32(&in), right = journal_format_crc(header, size - 4);
    if (crc != right) {
        char expected[32];
        snprintf(got, sizeof got, "%08" PRIx32, crc);
        snprintf(expected, sizeof expected, "%08" PRIx32, right);
        return journal_format_error(err, path, size - 4, "header checksum", got, expected);
    }
    if (version < 1 || version > JOURNAL_VERSION) {
        snprintf(got, sizeof got, "%" PRIu32, version);
        return journal_format_error(err, path, 8, "journal version", got, "1 (a newer phasic reads newer journals)");
    }
    if (origin_number != JOURNAL_RUN && origin_number != JOURNAL_IMPORT) {
        snprintf(got, sizeof got, "%" PRIu32, origin_number);
        return journal_format_error(err, path, 20, "origin", got, "1 (run) or 2 (import)");
    }
    const size_t differ = lists_differ(header, size);
    if (differ > 0)
        return journal_format_error(err, path, differ, "field lists", NULL, "those of journal version 1");
    *length = size;
    *origin = (enum journal_origin)origin_number;
    return true;
}

void journal_format_put_chunk(uint8_t *header, const struct journal_format_chunk *chunk)
{
    struct bytes_out out = bytes_writer(header, JOURNAL_FORMAT_CHUNK);
    bytes_put_u32(&out, chunk_magic);
    bytes_put_u32(&out, chunk->size);
    bytes_put_u32(&out, chunk->sequence);
    bytes_put_u32(&out, chunk->flags);
    bytes_put_u64(&out, chunk->ring_position);
    bytes_put_u32(&out, chunk->payload_crc);
    bytes_put_u32(&out, journal_format_crc(header, out.used));
    assert(out.ok && out.used == JOURNAL_FORMAT_CHUNK);
}

bool journal_format_get_chunk(const uint8_t *header, struct journal_format_chunk *chunk, const char **what,
                              char got[32], const char **expected)
{
    struct bytes_in in = bytes_reader(header, JOURNAL_FORMAT_CHUNK);
    const uint32_t magic = bytes_get_u32(&in);
    chunk->size = bytes_get_u32(&in);
    chunk->sequence = bytes_get_u32(&in);
    chunk->flags = bytes_get_u32(&in);
    chunk->ring_position = bytes_get_u64(&in);
    chunk->payload_crc = bytes_get_u32(&in);
    const uint32_t crc = bytes_get_u32(&in);
    if (magic != chunk_magic) {
        *what = "chunk magic", *expected = "434a4850";
        snprintf(got, 32, "%08" PRIx32, magic);
    } else if (crc != journal_format_crc(header, JOURNAL_FORMAT_CHUNK - 4)) {
        *what = "chunk header checksum", *expected = "that of its 28 bytes";
        snprintf(got, 32, "%08" PRIx32, crc);
    } else if (chunk->size > JOURNAL_FORMAT_PAYLOAD_MAX) {
        *what = "chunk length", *expected = "0..196608 bytes";
        snprintf(got, 32, "%" PRIu32, chunk->size);
    } else if ((chunk->flags & ~(uint32_t)JOURNAL_FORMAT_FLAGS) != 0) {
        *what = "chunk flags", *expected = "0..7";
        snprintf(got, 32, "%" PRIu32, chunk->flags);
    } else
        return true;
    return false;
}
