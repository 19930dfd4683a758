#include "engine/base/units.h"
#include "log.h"
#include "session/journal.h"
#include "tests/test.h"
#include "tests/unit/recorded.h"
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 20 };

/* This program's own write, fdatasync and log_event take the place of the real ones. */
enum fault {
    NO_FAULT,
    KILL, /* the process ends at call `at`, in the middle of a write */
    FAIL, /* call `at` alone fails, in the middle of a write */
    FULL, /* all calls from `at` on fail: writes from the middle of the first */
};
static struct {
    enum fault fault;
    int at, n;    /* calls since the fault was set */
    off_t synced; /* the file's length at the last sync */
} disk;
static struct {
    int failed, resumed, removed, gap;
} logged;

static void set_fault(enum fault fault, int at)
{
    disk.fault = fault;
    disk.at = at;
    disk.n = 0;
}

static bool is_hit(void)
{
    disk.n++;
    return disk.fault == FULL ? disk.n >= disk.at : disk.fault != NO_FAULT && disk.n == disk.at;
}

ssize_t write(int fd, const void *data, size_t n)
{
    if (!is_hit())
        return syscall(SYS_write, fd, data, n);
    if (disk.n == disk.at)
        (void)!syscall(SYS_write, fd, data, n / 2);
    if (disk.fault == KILL)
        syscall(SYS_exit_group, 0);
    errno = ENOSPC;
    return -1;
}

/* A sync that fails loses what the last one had not confirmed, as a dying disk does. */
int fdatasync(int fd)
{
    struct stat now;
    if (fstat(fd, &now) != 0)
        return -1;
    if (!is_hit()) {
        disk.synced = now.st_size;
        return 0;
    }
    if (disk.fault == KILL)
        syscall(SYS_exit_group, 0);
    for (off_t at = disk.synced; at < now.st_size; at++)
        (void)!syscall(SYS_pwrite64, fd, "", 1, at);
    errno = EIO;
    return -1;
}

void log_event(enum log_level level, const char *event, const char *pairs, ...)
{
    (void)pairs;
    logged.failed += strcmp(event, "journal.failed") == 0 && level == LOG_ERROR;
    logged.removed += strcmp(event, "journal.removed") == 0 && level == LOG_ERROR;
    logged.gap += strcmp(event, "journal.gap") == 0 && level == LOG_ERROR;
    logged.resumed += strcmp(event, "journal.resumed") == 0 && level == LOG_INFO;
}

static void begin(void)
{
    set_fault(NO_FAULT, 0);
    memset(&logged, 0, sizeof logged);
    recorded_begin(test_seed);
}

/* Records until the end or the first fault. */
static void record(const char *folder, int n, int64_t *now_ns)
{
    struct recorder *recorder;
    struct error err;
    if (!recorder_open(&recorder, folder, &recorded.config, recorded.ring, &err))
        return;
    while (*recorded.n_pushed < n) {
        recorded_push(*recorded.n_pushed + BATCH / 4);
        *now_ns += 300 * MS;
        (void)recorder_step(recorder, *now_ns, &err);
    }
    recorder_abandon(recorder);
}

/* True if it was killed, false if it came to its end before. */
static bool record_and_be_killed(const char *folder, int at)
{
    int status = 0;
    int64_t now_ns = 0;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        set_fault(KILL, at);
        record(folder, 200, &now_ns);
        syscall(SYS_exit_group, 7);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 7));
    return WEXITSTATUS(status) == 0;
}

static void a_recorder_killed_at_any_call_is_followed_exactly(void **state)
{
    (void)state;
    int at = 1;
    for (bool killed = true; killed; at++) {
        char name[16];
        struct error err = {0};
        begin();
        snprintf(name, sizeof name, "kill%d", at);
        const char *folder = recorded_folder(name);
        killed = record_and_be_killed(folder, at);
        (void)record_and_be_killed(folder, 1 + at * 5 % 17);
        struct recorder *recorder = recorded_open(folder);
        recorded_ok(recorder_step(recorder, 0, &err), &err);
        recorded_push(250);
        recorded_push_close();
        recorded_ok(recorder_finish(recorder, 0, &err), &err);
        recorded_expect(folder, 250, true);
    }
    assert_true(at > 40); /* one write for each of 40 batches, and more */
}

static void a_call_that_fails_costs_nothing(void **state)
{
    (void)state;
    int at = 1;
    for (bool failed = true; failed; at++) {
        char name[16];
        struct error err = {0};
        int64_t now_ns = 0;
        begin();
        snprintf(name, sizeof name, "fail%d", at);
        const char *folder = recorded_folder(name);
        set_fault(FAIL, at);
        record(folder, 200, &now_ns);
        failed = disk.n >= at;
        record(folder, 200, &now_ns);
        set_fault(NO_FAULT, 0);
        struct recorder *recorder = recorded_open(folder);
        recorded_push(250);
        recorded_push_close();
        recorded_ok(recorder_finish(recorder, now_ns, &err), &err);
        recorded_expect(folder, 250, true);
    }
    assert_true(at > 40);
}

static void a_full_disk_loses_nothing_once_there_is_room(void **state)
{
    (void)state;
    begin();
    struct error err = {0};
    const char *folder = recorded_folder("full");
    struct recorder *recorder = recorded_open(folder);
    struct recorder_counts counts;
    int64_t now_ns = 0;
    for (int i = 0; i < 3; i++, now_ns += 20 * MS) {
        recorded_push(*recorded.n_pushed + BATCH);
        recorded_ok(recorder_step(recorder, now_ns, &err), &err);
    }
    const uint64_t tail = atomic_load(&recorded.ring->tail);
    set_fault(FULL, 1);
    for (int i = 0; i < 10; i++, now_ns += 250 * MS) { /* two and a half seconds: the first try and two more */
        recorded_push(*recorded.n_pushed + BATCH);
        assert_false(recorder_step(recorder, now_ns, &err));
        assert_string_equal(err.what, "writing the journal");
    }
    assert_int_equal(disk.n, 3);
    assert_int_equal(atomic_load(&recorded.ring->tail), tail);
    recorder_count(recorder, &counts);
    assert_true(counts.failing);
    set_fault(NO_FAULT, 0);
    assert_false(recorder_step(recorder, now_ns, &err)); /* not yet: once a second */
    recorded_ok(recorder_step(recorder, now_ns + S, &err), &err);
    recorder_count(recorder, &counts);
    assert_false(counts.failing);
    assert_int_equal(counts.outages, 1);
    assert_int_equal(logged.failed, 1);
    assert_int_equal(logged.resumed, 1);
    assert_int_equal(recorded_waiting(), 0);
    recorded_push(RECORDED_TICKS / 2);
    recorded_ok(recorder_finish(recorder, now_ns + S, &err), &err);
    recorded_expect(folder, RECORDED_TICKS / 2, false);
}

static void what_a_failed_sync_lost_is_written_again(void **state)
{
    (void)state;
    begin();
    struct error err = {0};
    const char *folder = recorded_folder("eio");
    struct recorder *recorder = recorded_open(folder);
    int64_t now_ns = 0;
    for (int i = 0; i < 40; i++, now_ns += 20 * MS) {
        recorded_push(*recorded.n_pushed + BATCH / 4);
        recorded_ok(recorder_step(recorder, now_ns, &err), &err);
    }
    recorded_push(*recorded.n_pushed + 1);
    set_fault(FAIL, 2); /* the write succeeds, the sync doesn't, and 0.8 s are gone from the file */
    now_ns = 2 * S;
    assert_false(recorder_step(recorder, now_ns, &err));
    assert_string_equal(err.what, "writing the journal to disk");
    recorded_ok(recorder_step(recorder, now_ns + S, &err), &err);
    recorded_ok(recorder_finish(recorder, now_ns + S, &err), &err);
    recorded_expect(folder, 201, false);
}

/* Where its journal is. */
static const char *journal_of(const char *folder)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/journal.phj", folder);
    return path;
}

static void a_removed_journal_is_written_again_from_the_open_file(void **state)
{
    (void)state;
    for (int replaced = 0; replaced < 2; replaced++) {
        begin();
        struct error err = {0};
        const char *folder = recorded_folder(replaced ? "replaced" : "removed");
        struct recorder *recorder = recorded_open(folder);
        recorded_push(100);
        recorded_ok(recorder_step(recorder, 0, &err), &err); /* on disk, and released */
        assert_int_equal(recorded_waiting(), 0);
        assert_int_equal(unlink(journal_of(folder)), 0);
        if (replaced)
            fclose(fopen(journal_of(folder), "w"));
        recorded_push(200);
        recorded_ok(recorder_step(recorder, 2 * S, &err), &err);
        assert_int_equal(logged.removed, 1);
        recorded_push(250);
        recorded_push_close();
        recorded_ok(recorder_finish(recorder, 3 * S, &err), &err);
        recorded_expect(folder, 250, true);
    }
}

/* The disk is full when the journal is to be written again: what was released is gone, what follows is not. */
static void a_removed_journal_that_cant_be_restored_is_begun_anew(void **state)
{
    (void)state;
    begin();
    struct error err = {0};
    struct journal_reader *reader;
    struct journal_counts counts;
    enum journal_event event;
    const char *folder = recorded_folder("gone");
    struct recorder *recorder = recorded_open(folder);
    recorded_push(100);
    recorded_ok(recorder_step(recorder, 0, &err), &err);
    assert_int_equal(unlink(journal_of(folder)), 0);
    recorded_push(200);
    set_fault(FULL, 3); /* the first write and sync go to the file without a name */
    assert_false(recorder_step(recorder, 2 * S, &err));
    assert_string_equal(err.what, "writing the removed journal again");
    set_fault(NO_FAULT, 0);
    recorded_ok(recorder_finish(recorder, 4 * S, &err), &err);
    assert_int_equal(logged.gap, 1);
    recorded_ok(journal_open(&reader, journal_of(folder), &err), &err);
    do
        recorded_ok(journal_next(reader, &event, &err), &err);
    while (event != JOURNAL_END);
    journal_count(reader, &counts);
    assert_int_equal(counts.ticks, 100); /* 100..199 */
    journal_close(reader);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_recorder_killed_at_any_call_is_followed_exactly),
    cmocka_unit_test(a_call_that_fails_costs_nothing),
    cmocka_unit_test(a_full_disk_loses_nothing_once_there_is_room),
    cmocka_unit_test(what_a_failed_sync_lost_is_written_again),
    cmocka_unit_test(a_removed_journal_is_written_again_from_the_open_file),
    cmocka_unit_test(a_removed_journal_that_cant_be_restored_is_begun_anew),
};
TEST_MAIN(tests)
