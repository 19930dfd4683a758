#include "engine/base/units.h"
#include "session/folder.h"
#include "session/journal.h"
#include "session/recover.h"
#include "tests/test.h"
#include "tests/unit/frames.h"
#include "tests/unit/scratch.h"
#include <unistd.h>

enum { TICKS = 100 };

static void expect_ok(bool ok, const struct error *err)
{
    char line[512];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

/* A session of ticks 0..99 in blocks of ten; a plan before tick 45; the ends of the blocks in ends[]. */
static void make_session(const char *folder, bool closed, size_t ends[11])
{
    static struct frames frames;
    static struct trial trial;
    char path[FOLDER_PATH_MAX];
    struct journal_writer *writer;
    struct error err = {0};
    frames_init(&frames, test_seed, false);
    frames_trial(1, &trial);
    expect_ok(folder_create(folder, &err), &err);
    expect_ok(folder_path(folder, FOLDER_JOURNAL, path, &err), &err);
    expect_ok(journal_create(&writer, path, JOURNAL_RUN, &frames.config, &err), &err);
    ends[0] = scratch_size(path);
    for (int64_t i = 0; i < TICKS; i++) {
        frames_next(&frames);
        frames.in.n_edges = frames.in.n_applied = frames.in.n_status = 0;
        frames.in.n = i; /* without gaps */
        frames.in.due_ns = frames.in.wake_ns = i * MS;
        if (i == 45)
            expect_ok(journal_add_plan(writer, &trial, &err), &err);
        expect_ok(journal_add_tick(writer, &frames.in, &frames.out, &frames.times, &err), &err);
        if (i % 10 == 9) {
            if (i == TICKS - 1 && closed)
                expect_ok(journal_add_close(writer,
                                            &(struct record_close){.session_ns = S,
                                                                   .safe_after_ns = 2500 * US,
                                                                   .ticks = TICKS,
                                                                   .reason = FRAME_END_STOP},
                                            &err),
                          &err);
            expect_ok(journal_flush(writer, (uint64_t)i, true, false, &err), &err);
            ends[(i + 1) / 10] = scratch_size(path);
        }
    }
    expect_ok(journal_finish(writer, TICKS, &err), &err);
}

/* The numbers of the ticks in a journal; `plans` is how many of them took one in. */
static size_t read_numbers(const char *path, int64_t *n, size_t max, size_t *plans)
{
    struct journal_reader *reader;
    struct error err = {0};
    enum journal_event event = JOURNAL_TICK;
    size_t count = 0;
    *plans = 0;
    expect_ok(journal_open(&reader, path, &err), &err);
    for (;;) {
        expect_ok(journal_next(reader, &event, &err), &err);
        if (event == JOURNAL_END)
            break;
        if (event != JOURNAL_TICK)
            continue;
        assert_true(count < max);
        n[count++] = journal_frame_in(reader)->n;
        *plans += journal_frame_in(reader)->plan != NULL;
    }
    journal_close(reader);
    return count;
}

static void a_whole_session_has_nothing_to_recover(void **state)
{
    (void)state;
    size_t ends[11];
    struct recover_report report;
    struct error err = {0};
    make_session(scratch_path("whole"), true, ends);
    expect_ok(recover_session(scratch_path("whole"), &report, &err), &err);
    assert_int_equal(report.ticks, TICKS);
    assert_int_equal(report.lost_ticks, 0);
    assert_int_equal(report.last_whole_byte, ends[10]);
    assert_true(report.closed && report.outputs_safe && !report.cut && !report.written);
    assert_true(report.time_to_safe_ms > 2.4999 && report.time_to_safe_ms < 2.5001);
    assert_string_equal(report.reason, "stop");
    assert_int_not_equal(access(scratch_path("whole/" RECOVER_JOURNAL), F_OK), 0);
}

static void a_cut_session_is_rescued_to_its_last_whole_chunk(void **state)
{
    (void)state;
    size_t ends[11], plans;
    int64_t n[TICKS];
    struct recover_report report;
    struct error err = {0};
    make_session(scratch_path("cut"), true, ends);
    assert_int_equal(truncate(scratch_path("cut/journal.phj"), (off_t)ends[7] + 40), 0);
    for (int round = 0; round < 2; round++) { /* again: the same */
        expect_ok(recover_session(scratch_path("cut"), &report, &err), &err);
        assert_int_equal(report.ticks, 70);
        assert_int_equal(report.last_whole_byte, ends[7]);
        assert_int_equal(report.file_bytes, ends[7] + 40);
        assert_true(report.cut && report.written && !report.closed && !report.outputs_safe);
        assert_true(report.time_to_safe_ms < 0);
        assert_string_equal(report.reason, "unknown");
        assert_int_equal(read_numbers(scratch_path("cut/" RECOVER_JOURNAL), n, TICKS, &plans), 70);
        assert_int_equal(n[69], 69);
        assert_int_equal(plans, 1);
        assert_int_equal(scratch_size(scratch_path("cut/journal.phj")), ends[7] + 40); /* untouched */
    }
}

static void a_damaged_block_is_left_out_and_counted(void **state)
{
    (void)state;
    size_t ends[11], size, plans;
    int64_t n[TICKS];
    struct recover_report report;
    struct error err = {0};
    for (int closed = 0; closed < 2; closed++) {
        const char *folder = closed ? "damaged1" : "damaged0",
                   *journal = closed ? "damaged1/journal.phj" : "damaged0/journal.phj";
        make_session(scratch_path(folder), closed, ends);
        uint8_t *bytes = scratch_read(scratch_path(journal), &size);
        memset(bytes + ends[4] + 5, 0xff, 20); /* ticks 40..49, the plan among them */
        scratch_write(scratch_path(journal), bytes, size);
        expect_ok(recover_session(scratch_path(folder), &report, &err), &err);
        assert_int_equal(report.ticks, 90);
        assert_int_equal(report.lost_ticks, 10);
        assert_int_equal(report.damaged_chunks, 1);
        assert_int_equal(report.last_whole_byte, size);
        assert_true(report.written);
        assert_int_equal(report.closed, closed);
        const char *rescued = closed ? "damaged1/" RECOVER_JOURNAL : "damaged0/" RECOVER_JOURNAL;
        assert_int_equal(read_numbers(scratch_path(rescued), n, TICKS, &plans), 90);
        assert_int_equal(n[39], 39);
        assert_int_equal(n[40], 50);
        assert_int_equal(plans, 0);
        size_t size_after;
        uint8_t *after = scratch_read(scratch_path(journal), &size_after);
        assert_int_equal(size_after, size);
        assert_memory_equal(after, bytes, size);
        free(after);
        free(bytes);
    }
}

static void a_session_without_a_readable_config_is_an_error(void **state)
{
    (void)state;
    size_t ends[11];
    struct recover_report report;
    struct error err = {0};
    make_session(scratch_path("headless"), true, ends);
    assert_int_equal(truncate(scratch_path("headless/journal.phj"), (off_t)ends[0] - 1), 0);
    assert_false(recover_session(scratch_path("headless"), &report, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(recover_session(scratch_path("nothing"), &report, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_whole_session_has_nothing_to_recover),
    cmocka_unit_test(a_cut_session_is_rescued_to_its_last_whole_chunk),
    cmocka_unit_test(a_damaged_block_is_left_out_and_counted),
    cmocka_unit_test(a_session_without_a_readable_config_is_an_error),
};
TEST_MAIN(tests)
