#include "engine/base/units.h"
#include "session/folder.h"
#include "session/journal.h"
#include "session/recorder.h"
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
    expect_ok(recover_session(scratch_path("whole"), NULL, &report, &err), &err);
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
        expect_ok(recover_session(scratch_path("cut"), NULL, &report, &err), &err);
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
        expect_ok(recover_session(scratch_path(folder), NULL, &report, &err), &err);
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
    assert_false(recover_session(scratch_path("headless"), NULL, &report, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(recover_session(scratch_path("nothing"), NULL, &report, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
}

enum { RING = 1 << 22, WILD = 160 };

/* What a session of wild ticks left: the ring, a plan before every 20th tick, an anchor before every 25th. */
static struct {
    struct ring *ring;
    struct config config;
    struct frame_in in[WILD];
    struct frame_out out[WILD];
    struct record_times times[WILD];
    uint64_t at[WILD + 1]; /* where tick i begins, with its plan and anchor */
} left;

static void leave_ring(bool closed)
{
    static struct frames frames;
    static uint64_t buffer[RECORD_TICK_MAX / 8 + 1];
    static struct trial trial;
    if (left.ring == NULL)
        left.ring = aligned_alloc(_Alignof(struct ring), sizeof(struct ring) + RING);
    assert_non_null(left.ring);
    ring_init(left.ring, RING);
    frames_init(&frames, test_seed, true);
    left.config = frames.config;
    for (int i = 0; i < WILD; i++) {
        frames_next(&frames);
        left.in[i] = frames.in;
        left.out[i] = frames.out;
        left.times[i] = frames.times;
        left.at[i] = atomic_load(&left.ring->head);
        frames_trial(i / 20 + 1, &trial);
        if (i % 25 == 0)
            assert_true(ring_push(left.ring, RECORD_ANCHOR, &(struct record_anchor){.session_ns = i},
                                  sizeof(struct record_anchor)));
        if (i % 20 == 0)
            assert_true(ring_push(left.ring, RECORD_PLAN, &trial, sizeof trial));
        const size_t n = record_pack_tick(&frames.in, &frames.out, &frames.times, buffer);
        assert_true(ring_push(left.ring, RECORD_TICK, buffer, (uint32_t)n));
    }
    left.at[WILD] = atomic_load(&left.ring->head);
    const struct record_close close = {.ticks = WILD, .safe_after_ns = 5 * MS, .reason = FRAME_END_CORE, .signal = 9};
    if (closed)
        assert_true(ring_push(left.ring, RECORD_CLOSE, &close, sizeof close));
}

static void expect_rescued(const char *path, int n_ticks, int n_closes)
{
    struct journal_reader *reader;
    struct error err = {0};
    enum journal_event event = JOURNAL_TICK;
    int n = 0, n_anchors = 0, n_close = 0;
    expect_ok(journal_open(&reader, path, &err), &err);
    for (;;) {
        expect_ok(journal_next(reader, &event, &err), &err);
        if (event == JOURNAL_END)
            break;
        n_close += event == JOURNAL_CLOSE;
        if (event == JOURNAL_ANCHOR)
            assert_int_equal(journal_anchor(reader)->session_ns, 25 * n_anchors++);
        if (event != JOURNAL_TICK)
            continue;
        assert_true(n < n_ticks);
        frames_expect_same(journal_frame_in(reader), journal_frame_out(reader), journal_times(reader), &left.in[n],
                           &left.out[n], &left.times[n]);
        const struct trial *plan = journal_frame_in(reader)->plan;
        assert_int_equal(plan == NULL ? 0 : plan->number, n % 20 == 0 ? n / 20 + 1 : 0);
        n++;
    }
    assert_int_equal(n, n_ticks);
    assert_int_equal(n_anchors, (n_ticks + 24) / 25);
    assert_int_equal(n_close, n_closes);
    journal_close(reader);
}

/* The recorder is killed when it has drained up to `position`; how much of that it has released is its own matter. */
static void record_until(const char *folder, uint64_t position)
{
    struct recorder *recorder;
    struct error err = {0};
    const uint64_t head = atomic_load(&left.ring->head);
    expect_ok(folder_create(folder, &err), &err);
    atomic_store(&left.ring->head, position);
    expect_ok(recorder_open(&recorder, folder, &left.config, left.ring, &err), &err);
    expect_ok(recorder_step(recorder, 0, &err), &err);
    recorder_abandon(recorder);
    atomic_store(&left.ring->head, head);
}

static void what_only_the_ring_has_is_appended(void **state)
{
    (void)state;
    for (int i = 0; i <= WILD; i += 5) {
        char folder[16], path[FOLDER_PATH_MAX];
        struct recover_report report;
        struct error err = {0};
        leave_ring(i % 2 == 0);
        snprintf(folder, sizeof folder, "ring%d", i);
        record_until(scratch_path(folder), left.at[i]);
        const uint64_t tail = atomic_load(&left.ring->tail);
        expect_ok(recover_session(scratch_path(folder), left.ring, &report, &err), &err);
        assert_int_equal(report.ticks, WILD);
        assert_int_equal(report.from_ring, WILD - i);
        assert_int_equal(report.lost_ticks, 0);
        assert_int_equal(report.illegal_records, 0);
        assert_int_equal(report.closed, i % 2 == 0);
        assert_int_equal(report.outputs_safe, i % 2 == 0);
        assert_string_equal(report.reason, i % 2 == 0 ? "core" : "unknown");
        assert_int_equal(atomic_load(&left.ring->tail), tail); /* untouched */
        expect_ok(folder_path(scratch_path(folder), RECOVER_JOURNAL, path, &err), &err);
        expect_rescued(path, WILD, i % 2 == 0);
    }
}

/* The journal's last chunk may end anywhere between two positions of the ring, and the file anywhere in a chunk. */
static void a_journal_that_ends_between_flushes_gets_each_tick_once(void **state)
{
    (void)state;
    struct error err = {0};
    struct journal_writer *writer;
    struct recover_report report;
    char path[FOLDER_PATH_MAX], rescued[FOLDER_PATH_MAX];
    static struct trial trial;
    leave_ring(false);
    expect_ok(folder_create(scratch_path("between"), &err), &err);
    expect_ok(folder_path(scratch_path("between"), FOLDER_JOURNAL, path, &err), &err);
    expect_ok(folder_path(scratch_path("between"), RECOVER_JOURNAL, rescued, &err), &err);
    expect_ok(journal_create(&writer, path, JOURNAL_RUN, &left.config, &err), &err);
    const size_t empty = scratch_size(path);
    for (int i = 0; i < WILD; i++) {
        frames_trial(i / 20 + 1, &trial);
        if (i % 25 == 0)
            expect_ok(journal_add_anchor(writer, &(struct record_anchor){.session_ns = i}, &err), &err);
        if (i % 20 == 0)
            expect_ok(journal_add_plan(writer, &trial, &err), &err);
        if (i == 140) /* the plan is in the journal, its tick is not, and the ring begins with the tick */
            break;
        expect_ok(journal_add_tick(writer, &left.in[i], &left.out[i], &left.times[i], &err), &err);
    }
    const size_t unflushed = scratch_size(path);
    assert_true(unflushed > empty); /* a full chunk */
    expect_ok(journal_flush(writer, 0, true, false, &err), &err);
    journal_abandon(writer);
    for (size_t size = scratch_size(path);; size = size > unflushed ? unflushed : size - 1) {
        assert_int_equal(truncate(path, (off_t)size), 0);
        expect_ok(recover_session(scratch_path("between"), left.ring, &report, &err), &err);
        assert_int_equal(report.ticks, WILD);
        assert_int_equal(report.cut, size < unflushed);
        expect_rescued(rescued, WILD, 0);
        if (size < unflushed)
            break;
    }
}

static void a_plan_on_the_boundary_stays_with_its_tick(void **state)
{
    (void)state;
    struct error err = {0};
    struct recover_report report;
    leave_ring(true);
    const uint64_t tick_at = left.at[20] + 8 + ((sizeof(struct trial) + 7) & ~(size_t)7);
    record_until(scratch_path("plan"), tick_at);
    assert_int_equal(atomic_load(&left.ring->tail), tick_at); /* the plan is on the disk and released */
    expect_ok(recover_session(scratch_path("plan"), left.ring, &report, &err), &err);
    assert_int_equal(report.from_ring, WILD - 20);
    expect_rescued(scratch_path("plan/" RECOVER_JOURNAL), WILD, 1);
}

static void a_ring_with_damage_is_read_up_to_there(void **state)
{
    (void)state;
    struct error err = {0};
    struct recover_report report;
    leave_ring(true);
    record_until(scratch_path("rubbish"), left.at[10]);
    memset(left.ring->data + left.at[30], 0xff, 64); /* of tick 30, its front first */
    expect_ok(recover_session(scratch_path("rubbish"), left.ring, &report, &err), &err);
    assert_int_equal(report.ticks, 30);
    assert_int_equal(report.from_ring, 20);
    assert_int_equal(report.illegal_records, 1);
    assert_false(report.closed);
    expect_rescued(scratch_path("rubbish/" RECOVER_JOURNAL), 30, 0);
}

static void an_illegal_tick_in_the_ring_is_left_out_and_counted(void **state)
{
    (void)state;
    struct error err = {0};
    struct recover_report report;
    leave_ring(true);
    record_until(scratch_path("wrong"), left.at[10]);
    const int64_t n = (int64_t)1 << 61; /* the first field of a packed tick, behind its front */
    memcpy(left.ring->data + left.at[33] + 8, &n, sizeof n);
    expect_ok(recover_session(scratch_path("wrong"), left.ring, &report, &err), &err);
    assert_int_equal(report.ticks, WILD - 1);
    assert_int_equal(report.lost_ticks, 1); /* by the close record's count */
    assert_int_equal(report.illegal_records, 1);
}

static void an_illegal_plan_in_the_ring_does_not_take_its_tick_along(void **state)
{
    (void)state;
    struct error err = {0};
    struct recover_report report;
    leave_ring(true);
    record_until(scratch_path("plans"), left.at[10]);
    const uint32_t n_states = 1000;
    memcpy(left.ring->data + left.at[40] + 8 + offsetof(struct trial, n_states), &n_states, sizeof n_states);
    expect_ok(recover_session(scratch_path("plans"), left.ring, &report, &err), &err);
    assert_int_equal(report.ticks, WILD);
    assert_int_equal(report.illegal_records, 1);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_whole_session_has_nothing_to_recover),
    cmocka_unit_test(a_cut_session_is_rescued_to_its_last_whole_chunk),
    cmocka_unit_test(a_damaged_block_is_left_out_and_counted),
    cmocka_unit_test(a_session_without_a_readable_config_is_an_error),
    cmocka_unit_test(what_only_the_ring_has_is_appended),
    cmocka_unit_test(a_journal_that_ends_between_flushes_gets_each_tick_once),
    cmocka_unit_test(a_plan_on_the_boundary_stays_with_its_tick),
    cmocka_unit_test(a_ring_with_damage_is_read_up_to_there),
    cmocka_unit_test(an_illegal_tick_in_the_ring_is_left_out_and_counted),
    cmocka_unit_test(an_illegal_plan_in_the_ring_does_not_take_its_tick_along),
};
TEST_MAIN(tests)
