#include "engine/base/units.h"
#include "session/journal.h"
#include "session/journal_format.h"
#include "session/journal_tick.h"
#include "tests/test.h"
#include "tests/unit/frames.h"
#include "tests/unit/scratch.h"
#include <sys/stat.h>
#include <unistd.h>

/* A tick as the ring had it. */
struct tick {
    struct frame_in in;
    struct frame_out out;
    struct record_times times;
};

static struct tick *make_ticks(struct frames *frames, size_t n, uint64_t seed, bool wild)
{
    struct tick *ticks = malloc(n * sizeof *ticks);
    assert_non_null(ticks);
    frames_init(frames, seed, wild);
    for (size_t i = 0; i < n; i++) {
        frames_next(frames);
        ticks[i] = (struct tick){frames->in, frames->out, frames->times};
    }
    return ticks;
}

static void add(struct journal_writer *writer, const struct tick *tick)
{
    struct error err = {0};
    char line[512];
    if (!journal_add_tick(writer, &tick->in, &tick->out, &tick->times, &err))
        fail_msg("%s", error_line(&err, line, sizeof line));
}

static void expect_ok(bool ok, const struct error *err)
{
    char line[512];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static struct journal_reader *open_journal(const char *path)
{
    struct error err = {0};
    struct journal_reader *reader;
    expect_ok(journal_open(&reader, path, &err), &err);
    return reader;
}

static enum journal_event next(struct journal_reader *reader)
{
    struct error err = {0};
    enum journal_event event;
    expect_ok(journal_next(reader, &event, &err), &err);
    return event;
}

static void expect_tick(struct journal_reader *reader, const struct tick *tick)
{
    assert_int_equal(next(reader), JOURNAL_TICK);
    frames_expect_same(journal_frame_in(reader), journal_frame_out(reader), journal_times(reader), &tick->in,
                       &tick->out, &tick->times);
}

static void the_checksum_is_crc32c(void **state)
{
    (void)state;
    /* check value of CRC-32/ISCSI in the catalogue of parametrised CRC algorithms; RFC 3720 B.4: 32 zero bytes */
    assert_int_equal(journal_format_crc("123456789", 9), 0xe3069283);
    const uint8_t zeros[32] = {0};
    assert_int_equal(journal_format_crc(zeros, sizeof zeros), 0x8a9136aa);
}

/* Expected bytes: by hand from docs/journal.md section 5. */
static void a_tick_is_coded_as_the_format_page_says(void **state)
{
    (void)state;
    static struct config config;
    static struct frame_in in;
    static struct frame_out out;
    frames_config(&config);
    struct journal_tick_deltas deltas;
    journal_tick_restart(&deltas);
    uint8_t bytes[256];
    in.n = 2; /* two are missing: gap 2 */
    in.due_ns = 2 * MS;
    in.wake_ns = in.due_ns + 64; /* zigzag 128 */
    struct record_times times = {in.wake_ns + 1, in.wake_ns};
    struct bytes_out put = bytes_writer(bytes, sizeof bytes);
    journal_tick_put(&deltas, &config, &in, &out, &times, &put);
    const uint8_t first[] = {0x07, 0x02,             /* gap 2 */
                             0xff, 0xff, 0x0f, 0x08, /* wake: 20 ones, 64 bits of 128 */
                             0,    0,    0,    0,
                             0,    0,    0xb0, 0x00}; /* decided, zigzag 2: 110; written, zigzag 1: 10 */
    assert_int_equal(put.used, sizeof first);
    assert_memory_equal(bytes, first, sizeof first);

    in.n = 3;
    in.due_ns = in.wake_ns = 3 * MS;
    times = (struct record_times){in.wake_ns, in.wake_ns};
    in.samples[1] = (struct frame_samples){
        .first_ns = 5, .period_ns = 2, .n = 2, .counts = {-1, 1}
    };
    in.n_edges = 1;
    in.edges[0] = (struct frame_edge){.t_ns = 3 * MS - 1, .raw_ns = 3 * MS, .input = 4, .rising = 1};
    put = bytes_writer(bytes, sizeof bytes);
    journal_tick_put(&deltas, &config, &in, &out, &times, &put);
    const uint8_t second[] = {0x30, 0x02, 0x0b, 0x02, 0x0a,                   /* mask; 2 * 4 + 3; period 2; +5 */
                              0xff, 0xff, 0xff, 0xff, 0x0f,                   /* -1 in 32 bits; zigzag 4: 11110 */
                              0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* one edge: t_ns - wake = -1 */
                              0xff, 0x01, 0,    0,    0,    0,    0,    0,    /* raw_ns - t_ns = 1 */
                              0,    4,    0,    0,    0,    1,    0,    0,    0};
    assert_int_equal(put.used, sizeof second);
    assert_memory_equal(bytes, second, sizeof second);

    in.n = 4;
    in.due_ns = in.wake_ns = 4 * MS;
    times = (struct record_times){in.wake_ns, in.wake_ns};
    in.n_edges = 0;
    in.samples[1] = (struct frame_samples){
        .first_ns = 9, .period_ns = 2, .n = 2, .counts = {1, 1}
    };
    put = bytes_writer(bytes, sizeof bytes);
    journal_tick_put(&deltas, &config, &in, &out, &times, &put);
    const uint8_t third[] = {0x08, 0x00}; /* as expected; 0 with two low bits and 0 with one: 000 00 */
    assert_int_equal(put.used, sizeof third);
    assert_memory_equal(bytes, third, sizeof third);
}

static void any_legal_tick_comes_back_exactly(void **state)
{
    (void)state;
    static struct frames frames;
    for (uint64_t round = 0; round < 4; round++) {
        const size_t n = 500;
        struct tick *ticks = make_ticks(&frames, n, test_seed + round, round % 2 == 0);
        const char *path = scratch_path("any.phj");
        struct journal_writer *writer;
        struct error err = {0};
        unlink(path);
        expect_ok(journal_create(&writer, path, JOURNAL_RUN, &frames.config, &err), &err);
        for (size_t i = 0; i < n; i++) {
            add(writer, &ticks[i]);
            if (rng_next(&frames.rng) % 20 == 0)
                expect_ok(journal_flush(writer, i, rng_next(&frames.rng) % 3 == 0, false, &err), &err);
        }
        expect_ok(journal_finish(writer, n, &err), &err);
        struct journal_reader *reader = open_journal(path);
        assert_memory_equal(journal_config(reader), &frames.config, sizeof frames.config);
        assert_int_equal(journal_engine_version(reader), ENGINE_VERSION);
        assert_int_equal(journal_origin(reader), JOURNAL_RUN);
        for (size_t i = 0; i < n; i++)
            expect_tick(reader, &ticks[i]);
        assert_int_equal(next(reader), JOURNAL_END);
        struct journal_counts counts;
        journal_count(reader, &counts);
        assert_int_equal(counts.ticks, n);
        assert_int_equal(counts.skipped_ticks, (uint64_t)ticks[n - 1].in.n + 1 - n);
        assert_int_equal(counts.last_whole_byte, scratch_size(path));
        assert_false(counts.closed || counts.cut);
        journal_close(reader);
        free(ticks);
    }
}

static void the_fullest_tick_comes_back_exactly(void **state)
{
    (void)state;
    static struct frames frames;
    static struct tick tick;
    frames_init(&frames, test_seed, true);
    tick.in.n = 7;
    for (size_t i = 0; i < FRAME_CHANNELS_MAX; i++) {
        tick.in.samples[i] = (struct frame_samples){.first_ns = -5, .period_ns = 3, .n = FRAME_SAMPLES_MAX};
        for (size_t k = 0; k < FRAME_SAMPLES_MAX; k++)
            tick.in.samples[i].counts[k] = k % 2 == 0 ? INT32_MIN : INT32_MAX;
    }
    tick.in.n_edges = FRAME_EDGES_MAX;
    for (uint32_t i = 0; i < FRAME_EDGES_MAX; i++)
        tick.in.edges[i] = (struct frame_edge){.t_ns = i, .raw_ns = INT64_MIN, .input = i % 2};
    tick.in.n_status = FRAME_STATUS_MAX;
    for (uint32_t i = 0; i < FRAME_STATUS_MAX; i++)
        tick.in.status[i] = (struct frame_status){-1, INT64_MIN, 1, FRAME_SAMPLES_LOST};
    tick.in.n_commands = FRAME_COMMANDS_MAX;
    for (uint32_t i = 0; i < FRAME_COMMANDS_MAX; i++)
        tick.in.commands[i] = (struct frame_command){UINT64_MAX, -0.0, FRAME_STOP, UINT32_MAX};
    tick.in.n_applied = FRAME_APPLIED_MAX;
    tick.out.n_writes = FRAME_WRITES_MAX;
    tick.out.n_decisions = FRAME_DECISIONS_MAX;
    for (uint32_t i = 0; i < FRAME_DECISIONS_MAX; i++)
        tick.out.decisions[i] = (struct frame_decision){1, -0.0, UINT64_MAX, FRAME_END, UINT32_MAX};
    tick.in.n_dropped = tick.out.n_dropped = UINT32_MAX;
    tick.out.finished = 1;
    struct journal_writer *writer;
    struct error err = {0};
    const char *path = scratch_path("full.phj");
    expect_ok(journal_create(&writer, path, JOURNAL_RUN, &frames.config, &err), &err);
    add(writer, &tick);
    expect_ok(journal_finish(writer, 0, &err), &err);
    struct journal_reader *reader = open_journal(path);
    expect_tick(reader, &tick);
    assert_int_equal(next(reader), JOURNAL_END);
    journal_close(reader);
}

static void idle_ticks_take_less_than_a_kilobyte_a_minute(void **state)
{
    (void)state;
    static struct frames frames;
    static struct tick tick;
    frames_init(&frames, test_seed, false);
    struct journal_writer *writer;
    struct error err = {0};
    const int64_t n = 600000;
    const char *path = scratch_path("idle.phj");
    expect_ok(journal_create(&writer, path, JOURNAL_IMPORT, &frames.config, &err), &err);
    const size_t before = scratch_size(path);
    for (int64_t i = 0; i < n; i++) {
        tick.in.n = i;
        tick.in.due_ns = tick.in.wake_ns = tick.times.decided_ns = tick.times.written_ns = i * MS;
        add(writer, &tick);
        if (i % 10000 == 9999)
            expect_ok(journal_flush(writer, 0, true, false, &err), &err);
    }
    expect_ok(journal_finish(writer, 0, &err), &err);
    assert_true(scratch_size(path) - before < 10 * 1024); /* ten minutes */
    struct journal_reader *reader = open_journal(path);
    for (int64_t i = 0; i < n; i++) {
        assert_int_equal(next(reader), JOURNAL_TICK);
        assert_int_equal(journal_frame_in(reader)->n, i);
        assert_int_equal(journal_frame_in(reader)->wake_ns, i * MS);
        assert_int_equal(journal_times(reader)->written_ns, i * MS);
    }
    assert_int_equal(next(reader), JOURNAL_END);
    assert_int_equal(next(reader), JOURNAL_END); /* for ever */
    journal_close(reader);
}

static void a_plan_comes_before_the_tick_that_takes_it_in(void **state)
{
    (void)state;
    static struct frames frames;
    static struct trial trial;
    struct tick *ticks = make_ticks(&frames, 3, test_seed, false);
    struct journal_writer *writer;
    struct error err = {0};
    const char *path = scratch_path("plan.phj");
    frames_trial(5, &trial);
    expect_ok(journal_create(&writer, path, JOURNAL_RUN, &frames.config, &err), &err);
    add(writer, &ticks[0]);
    expect_ok(journal_add_plan(writer, &trial, &err), &err);
    expect_ok(journal_flush(writer, 1, true, false, &err), &err); /* the pair may lie in two blocks */
    add(writer, &ticks[1]);
    add(writer, &ticks[2]);
    const struct record_anchor anchor = {12 * S, 1700000000 * S, 37};
    expect_ok(journal_add_anchor(writer, &anchor, &err), &err);
    const struct record_close close = {13 * S, -1, 3, 0, 1, 2, 3, FRAME_END_ESTOP, 9};
    expect_ok(journal_add_close(writer, &close, &err), &err);
    expect_ok(journal_finish(writer, 2, &err), &err);

    struct journal_reader *reader = open_journal(path);
    expect_tick(reader, &ticks[0]);
    assert_null(journal_frame_in(reader)->plan);
    assert_int_equal(next(reader), JOURNAL_PLAN);
    assert_memory_equal(journal_trial(reader), &trial, sizeof trial);
    expect_tick(reader, &ticks[1]);
    assert_ptr_equal(journal_frame_in(reader)->plan, journal_trial(reader));
    expect_tick(reader, &ticks[2]);
    assert_null(journal_frame_in(reader)->plan);
    assert_int_equal(next(reader), JOURNAL_ANCHOR);
    assert_memory_equal(journal_anchor(reader), &anchor, sizeof anchor);
    assert_int_equal(next(reader), JOURNAL_CLOSE);
    assert_memory_equal(journal_close_record(reader), &close, sizeof close);
    assert_int_equal(next(reader), JOURNAL_END);
    struct journal_counts counts;
    journal_count(reader, &counts);
    assert_true(counts.closed);
    journal_close(reader);
    free(ticks);
}

static void what_a_reader_would_refuse_is_not_written(void **state)
{
    (void)state;
    static struct frames frames;
    struct tick *ticks = make_ticks(&frames, 2, test_seed, false);
    static struct tick bad;
    struct journal_writer *writer;
    struct error err = {0};
    expect_ok(journal_create(&writer, scratch_path("refuse.phj"), JOURNAL_RUN, &frames.config, &err), &err);
    add(writer, &ticks[0]);
    add(writer, &ticks[1]);
    assert_false(journal_add_tick(writer, &ticks[1].in, &ticks[1].out, &ticks[1].times, &err)); /* a second time */
    assert_int_equal(err.kind, ERROR_INPUT);
    bad = ticks[1];
    bad.in.n += 10;
    bad.in.wake_ns += 10 * MS;
    bad.in.n_edges = 1;
    bad.in.edges[0] = (struct frame_edge){.t_ns = 1, .input = FRAME_INPUTS_MAX};
    assert_false(journal_add_tick(writer, &bad.in, &bad.out, &bad.times, &err));
    assert_non_null(strstr(err.what, "edges[0].input"));
    bad.in.n_edges = FRAME_EDGES_MAX + 1;
    assert_false(journal_add_tick(writer, &bad.in, &bad.out, &bad.times, &err));
    bad.in.n_edges = 0;
    add(writer, &bad); /* the refused ones left no trace */
    expect_ok(journal_finish(writer, 0, &err), &err);
    struct journal_reader *reader = open_journal(scratch_path("refuse.phj"));
    expect_tick(reader, &ticks[0]);
    expect_tick(reader, &ticks[1]);
    expect_tick(reader, &bad);
    assert_int_equal(next(reader), JOURNAL_END);
    journal_close(reader);
    assert_false(journal_create(&writer, scratch_path("refuse.phj"), JOURNAL_RUN, &frames.config, &err));
    assert_int_equal(err.kind, ERROR_USAGE); /* it exists */
    free(ticks);
}

/* The ring: tick i lies at bytes 100 * i ... The host dies anywhere, the file is cut anywhere behind its first chunk.
 */
static void a_resumed_journal_has_every_tick_exactly_once(void **state)
{
    (void)state;
    static struct frames frames;
    for (uint64_t round = 0; round < 12; round++) {
        const size_t n = 300;
        struct tick *ticks = make_ticks(&frames, n, test_seed + round, round % 3 == 0);
        const char *path = scratch_path("resume.phj");
        struct journal_writer *writer;
        struct error err = {0};
        unlink(path);
        expect_ok(journal_create(&writer, path, JOURNAL_RUN, &frames.config, &err), &err);
        const size_t safe = scratch_size(path);
        int deaths = 0;
        for (size_t i = 0; i < n; i++) {
            add(writer, &ticks[i]);
            if (rng_next(&frames.rng) % 8 == 0)
                expect_ok(journal_flush(writer, 100 * (i + 1), rng_next(&frames.rng) % 4 == 0, false, &err), &err);
            if (rng_next(&frames.rng) % 40 != 0 || deaths == 10)
                continue;
            deaths++;
            journal_abandon(writer);
            const size_t size = scratch_size(path);
            if (rng_next(&frames.rng) % 2 == 0)
                assert_int_equal(truncate(path, (off_t)(safe + rng_next(&frames.rng) % (size - safe + 1))), 0);
            uint64_t position = UINT64_MAX;
            expect_ok(journal_resume(&writer, path, &position, &err), &err);
            assert_int_equal(position % 100, 0);
            assert_true(position / 100 <= i + 1);
            i = position / 100 - 1; /* the loop's next one; wraps for position 0, and back */
        }
        expect_ok(journal_finish(writer, 100 * n, &err), &err);
        struct journal_reader *reader = open_journal(path);
        for (size_t i = 0; i < n; i++)
            expect_tick(reader, &ticks[i]);
        assert_int_equal(next(reader), JOURNAL_END);
        journal_close(reader);
        free(ticks);
    }
}

static void a_chunk_that_only_was_full_is_not_resumed_from(void **state)
{
    (void)state;
    static struct frames frames;
    const size_t n = 300; /* wild ticks have about 5 kB: many chunks */
    struct tick *ticks = make_ticks(&frames, n, test_seed, true);
    const char *path = scratch_path("chunkfull.phj");
    struct journal_writer *writer;
    struct error err = {0};
    expect_ok(journal_create(&writer, path, JOURNAL_RUN, &frames.config, &err), &err);
    for (size_t i = 0; i < 10; i++)
        add(writer, &ticks[i]);
    expect_ok(journal_flush(writer, 1234, false, false, &err), &err);
    const size_t flushed = scratch_size(path);
    for (size_t i = 10; i < n; i++)
        add(writer, &ticks[i]);
    assert_true(scratch_size(path) > flushed + 65536);
    journal_abandon(writer);
    uint64_t position = 0;
    expect_ok(journal_resume(&writer, path, &position, &err), &err);
    assert_int_equal(position, 1234);
    assert_int_equal(scratch_size(path), flushed);
    journal_abandon(writer);
    free(ticks);
}

/* A flush right after a chunk that became full has nothing to write but its position. */
static void a_flush_without_records_still_marks_the_position(void **state)
{
    (void)state;
    static struct frames frames;
    const size_t n = 300;
    struct tick *ticks = make_ticks(&frames, n, test_seed, true);
    const char *path = scratch_path("mark.phj");
    struct journal_writer *writer;
    struct error err = {0};
    expect_ok(journal_create(&writer, path, JOURNAL_RUN, &frames.config, &err), &err);
    const size_t before = scratch_size(path);
    size_t i = 0;
    while (scratch_size(path) == before)
        add(writer, &ticks[i++]);
    expect_ok(journal_flush(writer, 777, false, false, &err), &err);
    journal_abandon(writer);
    uint64_t position = 0;
    expect_ok(journal_resume(&writer, path, &position, &err), &err);
    assert_int_equal(position, 777);
    expect_ok(journal_finish(writer, 777, &err), &err);
    struct journal_reader *reader = open_journal(path);
    for (size_t k = 0; k < i; k++)
        expect_tick(reader, &ticks[k]);
    assert_int_equal(next(reader), JOURNAL_END);
    journal_close(reader);
    free(ticks);
}

static void a_copy_keeps_origin_engine_version_and_config(void **state)
{
    (void)state;
    static struct frames frames;
    frames_init(&frames, test_seed, false);
    struct journal_writer *writer;
    struct error err = {0};
    expect_ok(journal_create(&writer, scratch_path("a.phj"), JOURNAL_IMPORT, &frames.config, &err), &err);
    expect_ok(journal_finish(writer, 0, &err), &err);
    struct journal_reader *reader = open_journal(scratch_path("a.phj"));
    expect_ok(journal_create_like(&writer, scratch_path("b.phj"), reader, &err), &err);
    expect_ok(journal_finish(writer, 0, &err), &err);
    journal_close(reader);
    size_t n_a, n_b;
    uint8_t *a = scratch_read(scratch_path("a.phj"), &n_a), *b = scratch_read(scratch_path("b.phj"), &n_b);
    assert_int_equal(n_a, n_b);
    assert_memory_equal(a, b, n_a);
    free(a);
    free(b);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_checksum_is_crc32c),
    cmocka_unit_test(a_tick_is_coded_as_the_format_page_says),
    cmocka_unit_test(any_legal_tick_comes_back_exactly),
    cmocka_unit_test(the_fullest_tick_comes_back_exactly),
    cmocka_unit_test(idle_ticks_take_less_than_a_kilobyte_a_minute),
    cmocka_unit_test(a_plan_comes_before_the_tick_that_takes_it_in),
    cmocka_unit_test(what_a_reader_would_refuse_is_not_written),
    cmocka_unit_test(a_resumed_journal_has_every_tick_exactly_once),
    cmocka_unit_test(a_chunk_that_only_was_full_is_not_resumed_from),
    cmocka_unit_test(a_flush_without_records_still_marks_the_position),
    cmocka_unit_test(a_copy_keeps_origin_engine_version_and_config),
};
TEST_MAIN(tests)
