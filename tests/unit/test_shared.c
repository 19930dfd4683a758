/* shared: what one process puts in and another finds. */
#include "realtime/clock.h"
#include "realtime/shared.h"
#include "tests/test.h"
#include "wire/record.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RING = 1 << 16 };

static struct config config;
static struct shared *shared;

static int fresh(void **state)
{
    (void)state;
    struct error err = {0};
    char line[512];
    config = (struct config){.rig = "test-shared", .seed = 77, .period_ns = 1000000};
    if (shared_create(&shared, &config, RING, &err))
        return 0;
    print_error("%s\n", error_line(&err, line, sizeof line));
    return -1;
}

static int drop(void **state)
{
    (void)state;
    if (shared != NULL)
        shared_unlink(shared);
    shared_detach(shared);
    shared = NULL;
    return 0;
}

/* What attaching under the session's name says; "" if it works. */
static const char *attach(void)
{
    static char line[512];
    struct error err = {0};
    struct shared *found;
    const bool ok = shared_attach(&found, shared->name, &err);
    assert_int_equal(ok, err.kind == ERROR_NONE);
    assert_int_equal(ok, found != NULL);
    shared_detach(found);
    return error_line(&err, line, sizeof line);
}

static void expect_refused(const char *what)
{
    char line[512];
    snprintf(line, sizeof line, "%s: %s", shared->name, what);
    assert_string_equal(attach(), line);
}

static void what_is_created_can_be_attached_by_its_name(void **state)
{
    (void)state;
    struct error err = {0};
    struct shared *found;
    assert_true(ring_push(&shared->ring, 5, "hello", 6));
    atomic_store(&shared->core_pid, 4711);
    assert_true(shared_attach(&found, shared->name, &err));
    assert_ptr_not_equal(found, shared);
    assert_string_equal(found->config.rig, "test-shared");
    assert_int_equal(found->config.seed, 77);
    assert_int_equal(atomic_load(&found->core_pid), 4711);
    uint64_t position = 0;
    struct ring_record record;
    assert_int_equal(ring_read(&found->ring, &position, &record), RING_RECORD);
    assert_string_equal(record.data, "hello");
    atomic_store(&found->stop, 1);
    assert_int_equal(atomic_load(&shared->stop), 1); /* and written */
    shared_detach(found);
}

static void its_name_is_that_of_the_rig_and_the_process(void **state)
{
    (void)state;
    char name[SHARED_NAME];
    snprintf(name, sizeof name, "/phasic-test-shared-%d", (int)getpid());
    assert_string_equal(shared->name, name);
}

static void nobody_else_may_read_it(void **state)
{
    (void)state;
    struct error err = {0};
    drop(NULL);
    const mode_t old = umask(0);
    assert_true(shared_create(&shared, &config, RING, &err));
    umask(old);
    const int fd = shm_open(shared->name, O_RDONLY, 0);
    struct stat st;
    assert_int_equal(fstat(fd, &st), 0);
    close(fd);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void a_session_that_is_there_is_not_overwritten(void **state)
{
    (void)state;
    struct error err = {0};
    struct shared *second;
    atomic_store(&shared->core_pid, 4711);
    assert_false(shared_create(&second, &config, RING, &err));
    assert_null(second);
    assert_int_equal(err.kind, ERROR_SYSTEM);
    assert_string_equal(err.expected, "File exists");
    assert_string_equal(attach(), "");
    assert_int_equal(atomic_load(&shared->core_pid), 4711);
}

static void memory_that_cannot_be_had_leaves_no_name(void **state)
{
    (void)state;
    struct error err = {0};
    struct shared *made;
    drop(NULL);
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    const struct rlimit small = {4096, old.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const bool ok = shared_create(&made, &config, RING, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_false(ok);
    assert_null(made);
    assert_string_equal(err.expected, "File too large");
    assert_true(shared_create(&shared, &config, RING, &err)); /* the name is free */
}

static void after_unlink_the_name_is_gone_and_the_memory_stays(void **state)
{
    (void)state;
    char name[SHARED_NAME];
    memcpy(name, shared->name, sizeof name);
    shared_unlink(shared);
    expect_refused("shared memory: No such file or directory");
    assert_int_equal(shared->config.seed, 77);
}

static void nothing_is_detached_without_complaint(void **state)
{
    (void)state;
    shared_detach(NULL);
}

static void another_version_is_refused(void **state)
{
    (void)state;
    static const char words[] = "version: expected the shared memory of this phasic version";
    shared->version = SHARED_VERSION + 1;
    expect_refused(words);
    shared->version = SHARED_VERSION;
    shared->record_version = RECORD_VERSION + 1;
    expect_refused(words);
    shared->record_version = RECORD_VERSION;
    shared->magic[7] = 'X';
    expect_refused(words);
    shared->magic[7] = 'H';
    assert_string_equal(attach(), "");
}

static void another_size_is_refused(void **state)
{
    (void)state;
    static const char words[] = "version: expected the shared memory of this phasic version";
    shared->size++;
    expect_refused(words);
    shared->size--;
    shared->ring.size *= 2;
    expect_refused(words);
    shared->ring.size /= 2;
    const int fd = shm_open(shared->name, O_RDWR, 0);
    assert_int_equal(ftruncate(fd, (off_t)shared->size + 8), 0);
    expect_refused(words);
    assert_int_equal(ftruncate(fd, sizeof *shared - 1), 0); /* the ring is gone: no word of it may be touched */
    expect_refused("size: expected the shared memory of a phasic session");
    assert_int_equal(ftruncate(fd, (off_t)(sizeof *shared + RING)), 0);
    close(fd);
}

static void a_ring_that_is_no_power_of_two_is_refused(void **state)
{
    (void)state;
    const int fd = shm_open(shared->name, O_RDWR, 0);
    assert_int_equal(ftruncate(fd, (off_t)shared->size + 4096), 0);
    close(fd);
    shared->size += 4096;
    shared->ring.size += 4096;
    expect_refused("version: expected the shared memory of this phasic version");
    shared->size -= 4096;
}

static void the_ring_holds_a_minute(void **state)
{
    (void)state;
    config.period_ns = 1000000;
    assert_int_equal(shared_ring_size(&config), 64 << 20); /* 31 MB: the least is 64 MiB */
    config.n_channels = 4;
    for (uint32_t i = 0; i < 4; i++)
        config.channels[i].rate_hz = 10000;
    /* (1000 * 512 + 4 * (10000 * 4 + 1000 * 24)) * 60 = 46 MB */
    assert_int_equal(shared_ring_size(&config), 64 << 20);
    config.period_ns = 100000;
    /* (10000 * 512 + 4 * (10000 * 4 + 10000 * 24)) * 60 = 374 MB */
    assert_int_equal(shared_ring_size(&config), 512 << 20);
}

/* A snapshot all of whose bytes are those of n. */
static struct shared_snapshot of(uint64_t n)
{
    struct shared_snapshot snapshot;
    for (size_t i = 0; i < sizeof snapshot / sizeof n; i++)
        memcpy((char *)&snapshot + i * sizeof n, &n, sizeof n);
    return snapshot;
}

static bool whole(const struct shared_snapshot *snapshot)
{
    return memcmp(snapshot, (const char *)snapshot + 8, sizeof *snapshot - 8) == 0;
}

static void a_snapshot_is_seen_as_it_was_published(void **state)
{
    (void)state;
    struct shared_snapshot seen, published = {
                                     .tick = 12, .late_max_ns = 34, .view = {.trial = 5, .state = "cue"}
    };
    assert_true(shared_observe(shared, &seen));
    assert_int_equal(seen.tick, 0);
    shared_publish(shared, &published);
    assert_true(shared_observe(shared, &seen));
    assert_memory_equal(&seen, &published, sizeof seen);
}

static void *publish_many(void *arg)
{
    atomic_bool *stop = arg;
    for (uint64_t n = 1; !atomic_load_explicit(stop, memory_order_relaxed); n++) {
        const struct shared_snapshot snapshot = of(n);
        shared_publish(shared, &snapshot);
        if (n % 4 == 0)
            clock_pause(1); /* or a slow reader would never find it at rest */
    }
    return NULL;
}

static void a_snapshot_is_never_torn(void **state)
{
    (void)state;
    atomic_bool stop = false;
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, publish_many, &stop), 0);
    bool all_whole = true, forward = true;
    int64_t last = 0;
    for (int n_seen = 0; n_seen < 500;) { /* different ones: until the writer has come that far */
        struct shared_snapshot seen;
        if (!shared_observe(shared, &seen) || seen.tick == last) {
            sched_yield();
            continue;
        }
        n_seen++;
        all_whole = all_whole && whole(&seen);
        forward = forward && seen.tick >= last;
        last = seen.tick;
    }
    atomic_store(&stop, true);
    pthread_join(writer, NULL);
    assert_true(all_whole && forward);
}

static void a_core_that_died_while_publishing_holds_nobody_up(void **state)
{
    (void)state;
    struct shared_snapshot seen, published = of(9);
    shared_publish(shared, &published);
    atomic_fetch_add(&shared->snapshot_sequence, 1); /* as it is in the middle of the next one */
    assert_false(shared_observe(shared, &seen));
    assert_int_equal(seen.tick, 0);
}

static void what_a_killed_process_wrote_is_still_there(void **state)
{
    (void)state;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)ring_push(&shared->ring, 9, "last words", 11);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(child, NULL, 0), child);
    struct error err = {0};
    struct shared *found;
    assert_true(shared_attach(&found, shared->name, &err));
    uint64_t position = 0;
    struct ring_record record;
    assert_int_equal(ring_read(&found->ring, &position, &record), RING_RECORD);
    assert_string_equal(record.data, "last words");
    shared_detach(found);
}

#define SHARED_TEST(name) cmocka_unit_test_setup_teardown(name, fresh, drop)
static const struct CMUnitTest tests[] = {
    SHARED_TEST(what_is_created_can_be_attached_by_its_name),
    SHARED_TEST(its_name_is_that_of_the_rig_and_the_process),
    SHARED_TEST(nobody_else_may_read_it),
    SHARED_TEST(a_session_that_is_there_is_not_overwritten),
    SHARED_TEST(memory_that_cannot_be_had_leaves_no_name),
    SHARED_TEST(after_unlink_the_name_is_gone_and_the_memory_stays),
    SHARED_TEST(nothing_is_detached_without_complaint),
    SHARED_TEST(another_version_is_refused),
    SHARED_TEST(another_size_is_refused),
    SHARED_TEST(a_ring_that_is_no_power_of_two_is_refused),
    SHARED_TEST(the_ring_holds_a_minute),
    SHARED_TEST(a_snapshot_is_seen_as_it_was_published),
    SHARED_TEST(a_snapshot_is_never_torn),
    SHARED_TEST(a_core_that_died_while_publishing_holds_nobody_up),
    SHARED_TEST(what_a_killed_process_wrote_is_still_there),
};
TEST_MAIN(tests)
