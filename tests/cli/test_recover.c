/* recover: what it does about the shared memory that session.json names. What it reads out of it: test_recover. */
#include "realtime/shared.h"
#include "session/folder.h"
#include "session/journal.h"
#include "tests/cli/entry.h"
#include "tests/test.h"
#include "tests/unit/frames.h"
#include "tests/unit/scratch.h"
#include <jansson.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RING = 1 << 20 };

static struct shared *shared;
static struct frames frames;
static char folder[256];

static void expect_ok(bool ok, const struct error *err)
{
    char line[1024];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

/* A session with an open journal of `n_written` ticks and `n_ring` more in its shared memory. */
static int begin(void **state)
{
    (void)state;
    static int n;
    static uint64_t buffer[RECORD_TICK_MAX / 8 + 1];
    char name[16], path[FOLDER_PATH_MAX];
    struct error err = {0};
    struct journal_writer *writer;
    snprintf(name, sizeof name, "session%d", n++);
    snprintf(folder, sizeof folder, "%s", scratch_path(name));
    frames_init(&frames, 1, false);
    expect_ok(shared_create(&shared, &frames.config, RING, &err), &err);
    expect_ok(folder_create(folder, &err), &err);
    expect_ok(folder_path(folder, FOLDER_JOURNAL, path, &err), &err);
    expect_ok(journal_create(&writer, path, JOURNAL_RUN, &frames.config, &err), &err);
    for (int i = 0; i < 30; i++) {
        frames_next(&frames);
        if (i < 20)
            expect_ok(journal_add_tick(writer, &frames.in, &frames.out, &frames.times, &err), &err);
        const size_t size = record_pack_tick(&frames.in, &frames.out, &frames.times, buffer);
        assert_true(ring_push(&shared->ring, RECORD_TICK, buffer, (uint32_t)size));
    }
    expect_ok(journal_finish(writer, 0, &err), &err);
    struct folder_session session = {.origin = "run", .core_pid = getpid()};
    snprintf(session.shm, sizeof session.shm, "%s", shared->name);
    expect_ok(folder_write_session_json(folder, &session, &err), &err);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    shared_unlink(shared);
    shared_detach(shared);
    shared = NULL;
    return 0;
}

static bool memory_is_there(void)
{
    struct shared *found;
    struct error err;
    const bool there = shared_attach(&found, shared->name, &err);
    shared_detach(found);
    return there;
}

static pid_t dead_process(void)
{
    const pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static json_int_t answered(const char *key)
{
    json_t *json = json_loads(entry_out, 0, NULL);
    assert_non_null(json);
    const json_int_t value = json_integer_value(json_object_get(json, key));
    json_decref(json);
    return value;
}

static int64_t ticks_in(const char *path)
{
    struct error err = {0};
    struct journal_reader *reader;
    struct journal_counts counts;
    enum journal_event event = JOURNAL_TICK;
    expect_ok(journal_open(&reader, path, &err), &err);
    while (event != JOURNAL_END)
        expect_ok(journal_next(reader, &event, &err), &err);
    journal_count(reader, &counts);
    journal_close(reader);
    return (int64_t)counts.ticks;
}

static void a_running_session_is_left_alone(void **state)
{
    (void)state;
    char line[512];
    atomic_store(&shared->core_pid, getpid());
    assert_int_equal(ENTRY_CALL("recover", folder), 1);
    snprintf(line, sizeof line, "%s: process = %d: expected a session that is over: this one is running\n", folder,
             (int)getpid());
    assert_string_equal(entry_err, line);
    assert_string_equal(entry_out, "");
    assert_true(memory_is_there());
}

static void a_host_that_still_writes_counts_as_running(void **state)
{
    (void)state;
    atomic_store(&shared->core_pid, dead_process());
    atomic_store(&shared->host_pid, getpid());
    assert_int_equal(ENTRY_CALL("recover", folder), 1);
}

static void what_a_dead_session_left_is_read_and_removed(void **state)
{
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s/journal.recovered.phj", folder);
    atomic_store(&shared->core_pid, dead_process());
    assert_int_equal(ENTRY_CALL("recover", folder, "--json"), 0);
    assert_int_equal(answered("ticks"), 30);
    assert_int_equal(answered("from_ring"), 10);
    assert_false(memory_is_there());
    assert_int_equal(ticks_in(path), 30);
}

static void a_zombie_writes_nothing_any_more(void **state)
{
    (void)state;
    const pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    siginfo_t info;
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0); /* dead, and not yet reaped */
    atomic_store(&shared->core_pid, pid);
    assert_int_equal(ENTRY_CALL("recover", folder), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_second_rescue_does_not_overwrite_the_first(void **state)
{
    (void)state;
    char line[640], path[512];
    atomic_store(&shared->core_pid, dead_process());
    assert_int_equal(ENTRY_CALL("recover", folder), 0);
    snprintf(path, sizeof path, "%s/journal.recovered.phj", folder);
    const size_t size = scratch_size(path);
    assert_int_equal(ENTRY_CALL("recover", folder), 2);
    snprintf(line, sizeof line,
             "%s: an earlier rescue: expected none: it may hold what shared memory had; move it away first\n", path);
    assert_string_equal(entry_err, line);
    assert_int_equal(scratch_size(path), size);
}

static void without_shared_memory_a_process_number_means_nothing(void **state)
{
    (void)state;
    shared_unlink(shared); /* the computer was started again; session.json names a process that lives */
    assert_int_equal(ENTRY_CALL("recover", folder, "--json"), 0);
    assert_int_equal(answered("ticks"), 20);
}

static void memory_of_another_version_is_left_with_a_warning(void **state)
{
    (void)state;
    shared->record_version++;
    assert_int_equal(ENTRY_CALL("recover", folder, "--json"), 0);
    assert_int_equal(answered("ticks"), 20);
    assert_non_null(strstr(entry_err, "warn recover.ring_foreign name="));
    shared->record_version--;
    assert_true(memory_is_there());
}

#define SESSION_TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)
static const struct CMUnitTest tests[] = {
    SESSION_TEST(a_running_session_is_left_alone),
    SESSION_TEST(a_host_that_still_writes_counts_as_running),
    SESSION_TEST(what_a_dead_session_left_is_read_and_removed),
    SESSION_TEST(a_zombie_writes_nothing_any_more),
    SESSION_TEST(a_second_rescue_does_not_overwrite_the_first),
    SESSION_TEST(without_shared_memory_a_process_number_means_nothing),
    SESSION_TEST(memory_of_another_version_is_left_with_a_warning),
};

TEST_MAIN(tests)
