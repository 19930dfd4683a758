#include "engine/base/units.h"
#include "log.h"
#include "tests/test.h"
#include "tests/unit/recorded.h"
#include <unistd.h>

enum { BATCH = 20 };

/* This program's own fdatasync and log_event take the place of the real ones. */
static int n_syncs;
static struct {
    int illegal, gap;
} logged;

int fdatasync(int fd)
{
    n_syncs++;
    return fsync(fd);
}

void log_event(enum log_level level, const char *event, const char *pairs, ...)
{
    (void)pairs;
    logged.illegal += strcmp(event, "journal.illegal") == 0 && level == LOG_ERROR;
    logged.gap += strcmp(event, "journal.gap") == 0 && level == LOG_ERROR;
}

static void begin(void)
{
    memset(&logged, 0, sizeof logged);
    recorded_begin(test_seed);
}

static void a_thousand_ticks_come_back_as_they_were(void **state)
{
    (void)state;
    begin();
    struct error err = {0};
    const char *folder = recorded_folder("thousand");
    struct recorder *recorder = recorded_open(folder);
    for (int64_t now_ns = 0; *recorded.n_pushed < RECORDED_TICKS; now_ns += 20 * MS) {
        recorded_push(*recorded.n_pushed + BATCH);
        recorded_ok(recorder_step(recorder, now_ns, &err), &err);
    }
    struct recorder_counts counts;
    recorder_count(recorder, &counts);
    assert_int_equal(counts.ticks, RECORDED_TICKS);
    assert_int_equal(counts.records, RECORDED_TICKS + 10 + 4);
    assert_int_equal(counts.illegal + counts.outages, 0);
    assert_false(recorder_closed(recorder));
    recorded_push_close();
    recorded_ok(recorder_finish(recorder, 2 * S, &err), &err);
    recorded_expect(folder, RECORDED_TICKS, true);
}

static void it_syncs_and_releases_about_once_a_second(void **state)
{
    (void)state;
    begin();
    struct error err = {0};
    struct recorder *recorder = recorded_open(recorded_folder("sync"));
    recorded_push(1);
    recorded_ok(recorder_step(recorder, 5 * S, &err), &err);
    assert_int_equal(recorded_waiting(), 0);
    n_syncs = 0;
    for (int i = 1; i < 150; i++) { /* every 20 ms: 2.98 s */
        recorded_push(i + 1);
        recorded_ok(recorder_step(recorder, 5 * S + i * 20 * MS, &err), &err);
        assert_int_equal(recorded_waiting() == 0, i % 50 == 0); /* in the kernel, not on the disk */
    }
    assert_int_equal(n_syncs, 2);
    recorder_abandon(recorder);
}

static void a_long_backlog_is_taken_in_pieces(void **state)
{
    (void)state;
    begin();
    struct error err = {0};
    const char *folder = recorded_folder("backlog");
    struct recorder *recorder = recorded_open(folder);
    recorded_ok(recorder_step(recorder, 0, &err), &err);
    for (int i = 0; i < RECORDED_TICKS && recorded_waiting() < RECORDED_RING - 65536; i++)
        recorded_push(i + 1);
    recorded_ok(recorder_step(recorder, 1, &err), &err); /* no second has passed, but the ring is full */
    assert_true(recorded_waiting() < RECORDED_RING / 4);
    recorder_abandon(recorder);
    recorded_expect(folder, *recorded.n_pushed, false);
}

static void illegal_records_are_left_out_and_counted(void **state)
{
    (void)state;
    begin();
    struct error err = {0};
    static uint64_t buffer[RECORD_TICK_MAX / 8 + 1];
    struct recorder_counts counts;
    const char *folder = recorded_folder("illegal");
    struct recorder *recorder = recorded_open(folder);
    recorded_push(50);
    const struct recorded_tick *again = &recorded.ticks[10]; /* its number is in the past */
    assert_true(ring_push(recorded.ring, RECORD_TICK, buffer,
                          (uint32_t)record_pack_tick(&again->in, &again->out, &again->times, buffer)));
    assert_true(ring_push(recorded.ring, RECORD_PLAN, buffer, 40)); /* too short */
    assert_true(ring_push(recorded.ring, 99, buffer, 8));
    recorded_push(60);
    recorded_ok(recorder_step(recorder, 0, &err), &err);
    recorder_count(recorder, &counts);
    assert_int_equal(counts.illegal, 3);
    assert_int_equal(logged.illegal, 1);
    assert_int_equal(counts.ticks, 60);
    assert_int_equal(recorded_waiting(), 0);
    recorder_abandon(recorder);
    recorded_expect(folder, 60, false);
}

static void behind_a_broken_record_it_goes_on(void **state)
{
    (void)state;
    begin();
    struct error err = {0};
    struct recorder_counts counts;
    const char *folder = recorded_folder("broken");
    struct recorder *recorder = recorded_open(folder);
    recorded_push(20);
    const uint64_t broken = atomic_load(&recorded.ring->head);
    assert_true(ring_push(recorded.ring, RECORD_ANCHOR, &(struct record_anchor){0}, sizeof(struct record_anchor)));
    memset(recorded.ring->data + broken + 4, 0xff, 4); /* its size */
    recorded_ok(recorder_step(recorder, 0, &err), &err);
    recorded_push(30);
    recorded_ok(recorder_step(recorder, 1, &err), &err);
    recorder_count(recorder, &counts);
    assert_int_equal(counts.illegal, 1);
    recorder_abandon(recorder);
    recorded_expect(folder, 30, false);
}

static void the_close_record_ends_the_journal_for_good(void **state)
{
    (void)state;
    begin();
    struct error err = {0};
    struct recorder_counts counts;
    const char *folder = recorded_folder("close");
    struct recorder *recorder = recorded_open(folder);
    recorded_push(10);
    recorded_ok(recorder_step(recorder, 0, &err), &err);
    assert_false(recorder_closed(recorder));
    recorded_push_close();
    recorded_ok(recorder_step(recorder, 20 * MS, &err), &err);
    assert_true(recorder_closed(recorder));
    recorder_abandon(recorder); /* flushed, not synced */
    recorder = recorded_open(folder);
    assert_true(recorder_closed(recorder));
    recorded_ok(recorder_finish(recorder, S, &err), &err);
    recorder = recorded_open(folder); /* synced and released */
    assert_true(recorder_closed(recorder));
    recorded_push_close();
    recorded_ok(recorder_step(recorder, 2 * S, &err), &err);
    recorder_count(recorder, &counts);
    assert_int_equal(counts.illegal, 1);
    recorded_ok(recorder_finish(recorder, 2 * S, &err), &err);
    recorded_expect(folder, 10, true);
}

static void a_journal_of_another_ring_is_refused(void **state)
{
    (void)state;
    begin();
    struct error err = {0};
    const char *folder = recorded_folder("other");
    struct recorder *recorder = recorded_open(folder);
    recorded_push(10);
    recorded_ok(recorder_finish(recorder, 0, &err), &err);
    ring_init(recorded.ring, RECORDED_RING);
    assert_false(recorder_open(&recorder, folder, &recorded.config, recorded.ring, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_null(recorder);
    recorded_expect(folder, 10, false);
}

static void what_was_released_without_being_written_is_missed_loudly(void **state)
{
    (void)state;
    begin();
    struct error err = {0};
    recorded_push(10);
    ring_release(recorded.ring, atomic_load(&recorded.ring->head)); /* whoever did that */
    recorded_push(20);
    struct recorder *recorder = recorded_open(recorded_folder("gap"));
    struct recorder_counts counts;
    assert_int_equal(logged.gap, 1);
    recorded_ok(recorder_step(recorder, 0, &err), &err);
    recorder_count(recorder, &counts);
    assert_int_equal(counts.ticks, 10);
    recorder_abandon(recorder);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_thousand_ticks_come_back_as_they_were),
    cmocka_unit_test(it_syncs_and_releases_about_once_a_second),
    cmocka_unit_test(a_long_backlog_is_taken_in_pieces),
    cmocka_unit_test(illegal_records_are_left_out_and_counted),
    cmocka_unit_test(behind_a_broken_record_it_goes_on),
    cmocka_unit_test(the_close_record_ends_the_journal_for_good),
    cmocka_unit_test(a_journal_of_another_ring_is_refused),
    cmocka_unit_test(what_was_released_without_being_written_is_missed_loudly),
};
TEST_MAIN(tests)
