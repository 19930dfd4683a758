#include "engine/base/units.h"
#include "session/journal.h"
#include "session/journal_chunks.h"
#include "session/journal_format.h"
#include "tests/test.h"
#include "tests/unit/frames.h"
#include "tests/unit/scratch.h"
#include <fcntl.h>
#include <unistd.h>

/* A small journal: where its chunks end, how many ticks lie before each end, and which ticks they are. */
enum { TICKS = 60, FLUSHES = 32 };

struct small {
    const char *path;
    uint8_t *bytes;
    size_t size;
    size_t ends[FLUSHES], ticks_before[FLUSHES];
    size_t n_ends;
    int64_t n[TICKS];
};

static void expect_ok(bool ok, const struct error *err)
{
    char line[512];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

/* Blocks of three chunks of four ticks. */
static void make_small(struct small *small)
{
    static struct frames frames;
    struct journal_writer *writer;
    struct error err = {0};
    *small = (struct small){.path = scratch_path("small.phj")};
    unlink(small->path);
    frames_init(&frames, test_seed, false);
    frames.config.n_outputs = 2; /* a short config record */
    expect_ok(journal_create(&writer, small->path, JOURNAL_RUN, &frames.config, &err), &err);
    small->ends[small->n_ends++] = scratch_size(small->path);
    for (size_t i = 0; i < TICKS; i++) {
        frames_next(&frames);
        frames.in.n_applied = frames.out.n_writes = 0; /* they may name outputs that are not there */
        small->n[i] = frames.in.n;
        expect_ok(journal_add_tick(writer, &frames.in, &frames.out, &frames.times, &err), &err);
        if (i % 4 != 3)
            continue;
        expect_ok(journal_flush(writer, i, i % 12 == 11, false, &err), &err);
        small->ticks_before[small->n_ends] = i + 1;
        small->ends[small->n_ends++] = scratch_size(small->path);
    }
    expect_ok(journal_finish(writer, TICKS, &err), &err);
    small->bytes = scratch_read(small->path, &small->size);
    assert_int_equal(small->ends[small->n_ends - 1], small->size); /* nothing was left to flush */
}

/* Reads ticks until the end or an error; they must be among small's, in order. Returns their number. */
static size_t read_ticks(struct journal_reader *reader, const struct small *small, bool *ok, struct error *err)
{
    enum journal_event event = JOURNAL_TICK;
    size_t n = 0, at = 0;
    while ((*ok = journal_next(reader, &event, err)) && event != JOURNAL_END) {
        assert_int_equal(event, JOURNAL_TICK);
        while (at < TICKS && small->n[at] != journal_frame_in(reader)->n)
            at++;
        assert_true(at < TICKS);
        at++;
        n++;
    }
    return n;
}

static void a_journal_cut_at_any_byte_opens_to_its_last_whole_chunk(void **state)
{
    (void)state;
    struct small small;
    make_small(&small);
    for (size_t size = small.size + 1; size-- > 0;) {
        assert_int_equal(truncate(small.path, (off_t)size), 0);
        struct journal_reader *reader;
        struct error err = {0};
        if (size > 64 && size + 64 < small.ends[0] && size % 7 != 0)
            continue;               /* in the long texts of the header, which is read as a whole */
        if (size < small.ends[0]) { /* in the header or the config */
            assert_false(journal_open(&reader, small.path, &err));
            assert_null(reader);
            assert_int_equal(err.kind, ERROR_INPUT);
            continue;
        }
        size_t k = 0;
        while (k + 1 < small.n_ends && small.ends[k + 1] <= size)
            k++;
        expect_ok(journal_open(&reader, small.path, &err), &err);
        bool ok;
        assert_int_equal(read_ticks(reader, &small, &ok, &err), small.ticks_before[k]);
        expect_ok(ok, &err);
        struct journal_counts counts;
        journal_count(reader, &counts);
        assert_int_equal(counts.last_whole_byte, small.ends[k]);
        assert_int_equal(counts.file_bytes, size);
        assert_int_equal(counts.cut, size > small.ends[k]);
        journal_close(reader);
    }
    free(small.bytes);
}

/* Every bit is under a checksum: each flip is an error, and none goes by with other content. */
static void a_flipped_bit_anywhere_is_an_error(void **state)
{
    (void)state;
    struct small small;
    make_small(&small);
    const int fd = open(small.path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t i = 0; i < small.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            if (bit != (int)(i % 8) && i > 64)
                continue; /* one bit of each byte behind the header's front */
            const uint8_t flipped = (uint8_t)(small.bytes[i] ^ (1 << bit));
            assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
            struct journal_reader *reader;
            struct error err = {0};
            bool ok = journal_open(&reader, small.path, &err);
            if (ok)
                read_ticks(reader, &small, &ok, &err);
            if (ok)
                fail_msg("byte %zu, bit %d: nothing said", i, bit);
            assert_int_equal(err.kind, ERROR_INPUT);
            assert_non_null(strstr(err.where, "small.phj: byte "));
            journal_close(reader);
            assert_int_equal(pwrite(fd, &small.bytes[i], 1, (off_t)i), 1);
        }
    close(fd);
    free(small.bytes);
}

static void salvage_reads_every_block_that_is_whole(void **state)
{
    (void)state;
    struct small small;
    make_small(&small);
    const int fd = open(small.path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (size_t i = small.ends[0]; i < small.size; i++) {
        const uint8_t flipped = small.bytes[i] ^ 0x10;
        assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
        struct journal_reader *reader;
        struct error err = {0};
        bool ok;
        expect_ok(journal_open(&reader, small.path, &err), &err);
        journal_set_salvage(reader, true);
        const size_t n = read_ticks(reader, &small, &ok, &err);
        expect_ok(ok, &err);
        size_t chunk = 1; /* the one that is hit; chunk 0 is the config */
        while (small.ends[chunk] <= i)
            chunk++;
        const size_t in_block = (chunk - 1) % 3, left = 3 - in_block; /* with the rest of its block it is lost */
        assert_int_equal(n, TICKS - 4 * left);
        struct journal_counts counts;
        journal_count(reader, &counts);
        const bool last_block = chunk + left == small.n_ends;
        assert_int_equal(counts.damaged_chunks, last_block ? 1 : left);
        if (!last_block) {
            const size_t first = chunk - 1 - in_block + 3; /* chunks of ticks before the next block */
            assert_int_equal(counts.lost_ticks,
                             small.n[4 * first] - (chunk == 1 ? -1 : small.n[4 * (chunk - 1) - 1]) - 1);
        }
        journal_close(reader);
        assert_int_equal(pwrite(fd, &small.bytes[i], 1, (off_t)i), 1);
    }
    close(fd);
    free(small.bytes);
}

static void a_missing_chunk_is_damage(void **state)
{
    (void)state;
    struct small small;
    make_small(&small);
    memmove(small.bytes + small.ends[3], small.bytes + small.ends[6], small.size - small.ends[6]); /* a whole block */
    scratch_write(small.path, small.bytes, small.size - (small.ends[6] - small.ends[3]));
    struct journal_reader *reader;
    struct error err = {0};
    char line[512], expected[512];
    bool ok;
    expect_ok(journal_open(&reader, small.path, &err), &err);
    assert_int_equal(read_ticks(reader, &small, &ok, &err), 12);
    assert_false(ok);
    snprintf(expected, sizeof expected, "%s: byte %zu: chunk sequence = 7: expected 4", small.path, small.ends[3]);
    assert_string_equal(error_line(&err, line, sizeof line), expected);
    journal_close(reader);
    free(small.bytes);
}

static void damage_is_named_with_its_offset_and_both_checksums(void **state)
{
    (void)state;
    struct small small;
    make_small(&small);
    small.bytes[small.ends[4] + JOURNAL_FORMAT_CHUNK] ^= 1;
    scratch_write(small.path, small.bytes, small.size);
    const size_t at = small.ends[4];
    const uint32_t found =
        journal_format_crc(small.bytes + at + JOURNAL_FORMAT_CHUNK, small.ends[5] - at - JOURNAL_FORMAT_CHUNK);
    uint32_t right = 0;
    memcpy(&right, small.bytes + at + 24, 4); /* docs/journal.md section 3.2 */
    struct journal_reader *reader;
    struct error err = {0}, again = {0};
    char line[512], expected[512];
    bool ok;
    enum journal_event event;
    expect_ok(journal_open(&reader, small.path, &err), &err);
    read_ticks(reader, &small, &ok, &err);
    snprintf(expected, sizeof expected, "%s: byte %zu: chunk checksum = %08x: expected %08x", small.path, at, found,
             right);
    assert_string_equal(error_line(&err, line, sizeof line), expected);
    assert_false(journal_next(reader, &event, &again)); /* and every time after */
    assert_string_equal(error_line(&again, line, sizeof line), expected);
    journal_close(reader);
    uint64_t position;
    struct journal_writer *writer;
    assert_false(journal_resume(&writer, small.path, &position, &err)); /* no writer goes on behind damage */
    assert_int_equal(scratch_size(small.path), small.size);
    free(small.bytes);
}

static void files_that_are_no_journals_are_refused(void **state)
{
    (void)state;
    static const char lua[] = "device \"daq\" { driver = \"sim\" }\n";
    struct journal_reader *reader;
    struct error err = {0};
    const char *path = scratch_path("other.phj");
    scratch_write(path, lua, sizeof lua - 1);
    assert_false(journal_open(&reader, path, &err));
    assert_non_null(strstr(err.where, "byte 0"));
    assert_false(journal_open(&reader, scratch_path("absent.phj"), &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(journal_open(&reader, "/", &err));
    assert_int_not_equal(err.kind, ERROR_NONE);
}

/* A journal whose chunks are right and whose records are these bytes. The config has 2 inputs and 1 ms ticks. */
static const char *craft(const uint8_t *records, size_t n)
{
    static struct config config;
    static uint8_t header[JOURNAL_FORMAT_HEADER_MAX], fields[sizeof config];
    struct journal_chunks_writer chunks;
    struct error err = {0};
    const char *path = scratch_path("crafted.phj");
    frames_config(&config);
    config.n_inputs = 2;
    scratch_write(path, header, journal_format_put_header(header, JOURNAL_RUN, 1));
    const int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    expect_ok(journal_chunks_writer_open(&chunks, fd, path, 0, 0, &err), &err);
    struct bytes_out out = bytes_writer(fields, sizeof fields);
    fields_put(&fields_config, &config, &out);
    bytes_put_u8(&chunks.raw, JOURNAL_FORMAT_CONFIG);
    bytes_put_u8(&chunks.raw, 1);
    bytes_put_varint(&chunks.raw, out.used);
    bytes_put(&chunks.raw, fields, out.used);
    expect_ok(journal_chunks_end(&chunks, true, 0, true, &err), &err);
    bytes_put(&chunks.raw, records, n);
    expect_ok(journal_chunks_end(&chunks, true, 0, true, &err), &err);
    journal_chunks_writer_close(&chunks);
    return path;
}

static void unknown_records_are_skipped_and_counted(void **state)
{
    (void)state;
    const uint8_t records[] = {200, 9, 3, 1, 2, 3, JOURNAL_FORMAT_IDLE, 1, 2, 4, 2, 77, 0, 0};
    struct journal_reader *reader;
    struct error err = {0};
    enum journal_event event;
    expect_ok(journal_open(&reader, craft(records, sizeof records), &err), &err);
    expect_ok(journal_next(reader, &event, &err), &err);
    assert_int_equal(event, JOURNAL_TICK);
    assert_int_equal(journal_frame_in(reader)->n, 4);
    expect_ok(journal_next(reader, &event, &err), &err);
    assert_int_equal(journal_frame_in(reader)->n, 5);
    expect_ok(journal_next(reader, &event, &err), &err);
    assert_int_equal(event, JOURNAL_END);
    struct journal_counts counts;
    journal_count(reader, &counts);
    assert_int_equal(counts.unknown_records, 2);
    assert_int_equal(counts.skipped_ticks, 4);
    journal_close(reader);
}

#define TICK(n) JOURNAL_FORMAT_TICK, 1, n
#define MINUS   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff

/* Checksums are right, the content is not: nothing of it may reach the engine. */
static void content_that_cannot_be_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *why;
        size_t n;
        uint8_t records[48];
    } rows[] = {
        {"a record that goes beyond its chunk",       4,  {JOURNAL_FORMAT_TICK, 1, 9, 0}                                                             },
        {"half a record's front",                     1,  {JOURNAL_FORMAT_TICK}                                                                      },
        {"an unknown version of a known record",      4,  {JOURNAL_FORMAT_TICK, 2, 1, 0}                                                             },
        {"a payload that is too long",                6,  {JOURNAL_FORMAT_IDLE, 1, 3, 0, 1, 0}                                                       },
        {"a payload that is too short",               3,  {TICK(0)}                                                                                  },
        {"a second config",                           3,  {JOURNAL_FORMAT_CONFIG, 1, 0}                                                              },
        {"a present bit that means nothing",          6,  {TICK(3), 0x80, 0x80, 0x01}                                                                },
        {"an edge of an input that is not there",     29, {TICK(26), 0x20, 1, MINUS, MINUS, 2, 0, 0, 0, 1, 0, 0, 0}                                  },
        {"more edges than a tick has room for",       5,  {TICK(2), 0x20, 65}                                                                        },
        {"no edges where some are announced",         5,  {TICK(2), 0x20, 0}                                                                         },
        {"samples of no channel",                     5,  {TICK(2), 0x10, 0}                                                                         },
        {"samples of two shapes",                     9,  {TICK(6), 0x18, 1, 4, 0, 0, 0}                                                             },
        {"samples of a channel beyond the sixteenth", 7,  {TICK(4), 0x10, 0x80, 0x80, 0x04}                                                          },
        {"no sample of a channel that has some",      6,  {TICK(3), 0x10, 1, 0}                                                                      },
        {"65 samples",                                7,  {TICK(4), 0x10, 1, 0x84, 0x02}                                                             },
        {"half a count",                              8,  {TICK(5), 0x10, 1, 4, 0, 0}                                                                },
        {"a tick in the far future",                  14, {TICK(11), 0x01, MINUS, 0xff, 0x01}                                                        },
        {"a wake 100 years before",                   15, {TICK(12), 0x02, MINUS, 0xff, 0xff, 0x07}                                                  },
        {"finished twice over",                       6,  {TICK(3), 0x80, 0x40, 2}                                                                   },
        {"no tick in a record of ticks",              3,  {TICK(0)}                                                                                  },
        {"half a tick after a whole one",             5,  {TICK(2), 0, 0x80}                                                                         },
        {"an idle run of none",                       5,  {JOURNAL_FORMAT_IDLE, 1, 2, 0, 0}                                                          },
        {"an idle run without end",
         14,                                              {JOURNAL_FORMAT_IDLE, 1, 11, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}},
        {"half an anchor",                            5,  {JOURNAL_FORMAT_ANCHOR, 1, 2, 0, 0}                                                        },
        {"a plan without states",                     19, {JOURNAL_FORMAT_PLAN, 1, 16, 1}                                                            },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct journal_reader *reader;
        struct error err = {0};
        enum journal_event event;
        expect_ok(journal_open(&reader, craft(rows[i].records, rows[i].n), &err), &err);
        size_t n = 0;
        bool ok;
        while ((ok = journal_next(reader, &event, &err)) && event != JOURNAL_END)
            n++;
        if (ok || n > 1)
            fail_msg("%s was read", rows[i].why);
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_non_null(strstr(err.where, "crafted.phj: byte "));
        journal_set_salvage(reader, true); /* too late: the reader stays where it is */
        assert_false(journal_next(reader, &event, &err));
        journal_close(reader);
    }
}

static void ticks_and_edges_that_go_back_are_refused(void **state)
{
    (void)state;
    /* a block of its own could start n anew: two ticks 0, in two blocks */
    struct journal_reader *reader;
    struct error err = {0};
    enum journal_event event;
    const uint8_t one[] = {TICK(1), 0};
    const char *path = craft(one, sizeof one);
    const size_t n_one = scratch_size(path);
    struct journal_chunks_writer chunks;
    expect_ok(journal_chunks_writer_open(&chunks, open(path, O_WRONLY | O_APPEND | O_CLOEXEC), path, 2, 0, &err), &err);
    bytes_put(&chunks.raw, one, sizeof one);
    expect_ok(journal_chunks_end(&chunks, true, 0, true, &err), &err);
    journal_chunks_writer_close(&chunks);
    expect_ok(journal_open(&reader, path, &err), &err);
    expect_ok(journal_next(reader, &event, &err), &err);
    assert_false(journal_next(reader, &event, &err));
    char expected[512], line[512];
    snprintf(expected, sizeof expected, "%s: byte %zu: tick 0: n = 0: expected 1..1152921504606", path, n_one);
    assert_string_equal(error_line(&err, line, sizeof line), expected);
    journal_close(reader);

    const uint8_t edge[29] = {TICK(26), 0x20, 1, MINUS, [21] = 1, [25] = 1}; /* input 1 rises at -1 ns */
    uint8_t edges[2 * sizeof edge];
    memcpy(edges, edge, sizeof edge);
    memcpy(edges + sizeof edge, edge, sizeof edge);
    const int64_t back_ns = -1 - MS; /* tick 1 wakes at 1 ms: -1 ns again */
    memcpy(edges + sizeof edge + 5, &back_ns, sizeof back_ns);
    expect_ok(journal_open(&reader, craft(edges, sizeof edges), &err), &err);
    expect_ok(journal_next(reader, &event, &err), &err);
    assert_false(journal_next(reader, &event, &err));
    assert_non_null(strstr(err.what, "edges[0].t_ns"));
    journal_close(reader);
}

static void a_newer_version_is_named(void **state)
{
    (void)state;
    static uint8_t header[JOURNAL_FORMAT_HEADER_MAX];
    const size_t n = journal_format_put_header(header, JOURNAL_RUN, 1);
    header[8] = JOURNAL_VERSION + 1;
    const uint32_t crc = journal_format_crc(header, n - 4);
    memcpy(header + n - 4, &crc, 4);
    struct journal_reader *reader;
    struct error err = {0};
    const char *path = scratch_path("newer.phj");
    scratch_write(path, header, n);
    assert_false(journal_open(&reader, path, &err));
    assert_string_equal(err.what, "journal version");
    assert_string_equal(err.got, "2");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_journal_cut_at_any_byte_opens_to_its_last_whole_chunk),
    cmocka_unit_test(a_flipped_bit_anywhere_is_an_error),
    cmocka_unit_test(salvage_reads_every_block_that_is_whole),
    cmocka_unit_test(a_missing_chunk_is_damage),
    cmocka_unit_test(damage_is_named_with_its_offset_and_both_checksums),
    cmocka_unit_test(files_that_are_no_journals_are_refused),
    cmocka_unit_test(unknown_records_are_skipped_and_counted),
    cmocka_unit_test(content_that_cannot_be_is_refused),
    cmocka_unit_test(ticks_and_edges_that_go_back_are_refused),
    cmocka_unit_test(a_newer_version_is_named),
};
TEST_MAIN(tests)
