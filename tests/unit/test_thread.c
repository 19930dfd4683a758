/* thread: in a child each time, because what it asks for lasts as long as its process. */
#include "engine/base/units.h"
#include "realtime/clock.h"
#include "realtime/thread.h"
#include "tests/test.h"
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* What thread_realtime came to in the child. */
struct outcome {
    bool granted;
    int policy, priority;
    int slack_ns;
    char missing[256];
};

/* Asks in a child, with `size` bytes for the words; without any right if `bare`. */
static struct outcome ask(bool bare, size_t size)
{
    struct outcome outcome = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit none = {0, 0};
        struct sched_param param = {0};
        if (bare && (setrlimit(RLIMIT_RTPRIO, &none) != 0 || setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
                     (geteuid() == 0 && setuid(65534) != 0)))
            _exit(1);
        outcome.granted = thread_realtime(10, outcome.missing, size);
        outcome.policy = sched_getscheduler(0);
        sched_getparam(0, &param);
        outcome.priority = param.sched_priority;
        outcome.slack_ns = prctl(PR_GET_TIMERSLACK);
        _exit(write(ends[1], &outcome, sizeof outcome) != sizeof outcome);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &outcome, sizeof outcome), sizeof outcome);
    close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return outcome;
}

static void what_is_granted_is_in_force_and_what_is_not_is_named(void **state)
{
    (void)state;
    const struct outcome outcome = ask(false, sizeof outcome.missing);
    assert_int_equal(outcome.granted, outcome.missing[0] == '\0');
    const bool fifo = strstr(outcome.missing, "SCHED_FIFO") == NULL;
    assert_int_equal((outcome.policy & ~SCHED_RESET_ON_FORK) == SCHED_FIFO, fifo);
    assert_int_equal(outcome.priority, fifo ? 10 : 0);
    if (!fifo)
        assert_int_equal(outcome.slack_ns, 1);
}

static void a_refusal_is_told_in_the_systems_words(void **state)
{
    (void)state;
    const struct outcome outcome = ask(true, sizeof outcome.missing);
    assert_false(outcome.granted);
    assert_int_equal(outcome.policy & ~SCHED_RESET_ON_FORK, SCHED_OTHER);
    assert_non_null(strstr(outcome.missing, "SCHED_FIFO (Operation not permitted)"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they make mlockall do nothing, successfully */
    assert_int_equal(strncmp(outcome.missing, "locked memory (", 15), 0);
#endif
}

static void words_that_do_not_fit_are_cut(void **state)
{
    (void)state;
    const struct outcome outcome = ask(true, 8);
    assert_false(outcome.granted);
    assert_int_equal(strlen(outcome.missing), 7);
    for (size_t i = 8; i < sizeof outcome.missing; i++)
        assert_int_equal(outcome.missing[i], 0);
}

static void page_faults_and_waits_are_counted(void **state)
{
    (void)state;
    enum { PAGES = 64, PAGE = 4096 };
    const struct thread_counts before = thread_count();
    uint8_t *fresh = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(fresh != MAP_FAILED);
    madvise(fresh, PAGES * PAGE, MADV_NOHUGEPAGE);
    for (int i = 0; i < PAGES; i++)
        fresh[i * PAGE] = 1;
    for (int i = 0; i < 3; i++)
        clock_pause(MS);
    const struct thread_counts after = thread_count();
    munmap(fresh, PAGES * PAGE);
    assert_true(after.faults_minor - before.faults_minor >= PAGES);
    assert_true(after.switches - before.switches >= 3);
    assert_true(after.faults_major >= before.faults_major);
}

/* What thread_pin came to in a child: bound to exactly this processor, or not. */
static bool pinned(uint32_t cpu, char *missing, size_t size)
{
    struct {
        bool granted, only;
        char missing[128];
    } came = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        cpu_set_t set;
        came.granted = thread_pin(cpu, came.missing, sizeof came.missing);
        came.only = sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) == 1 && CPU_ISSET(cpu, &set);
        _exit(write(ends[1], &came, sizeof came) != sizeof came);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &came, sizeof came), sizeof came);
    close(ends[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(!came.granted || came.only);
    snprintf(missing, size, "%s", came.missing);
    return came.granted;
}

static void a_thread_is_bound_to_its_processor(void **state)
{
    (void)state;
    char missing[128];
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    uint32_t cpu = 0;
    while (!CPU_ISSET(cpu, &set))
        cpu++;
    assert_true(pinned(cpu, missing, sizeof missing));
    assert_string_equal(missing, "");
}

static void a_processor_that_is_not_there_is_named(void **state)
{
    (void)state;
    char missing[128];
    assert_false(pinned(1023, missing, sizeof missing));
    assert_string_equal(missing, "processor 1023 (there is none, or this process may not use it)");
    assert_false(pinned(5000, missing, sizeof missing));
}

static void the_processors_are_kept_awake_or_it_is_said_why_not(void **state)
{
    (void)state;
    char missing[128] = "locked memory (x)";
    const int fd = thread_stay_awake(missing, sizeof missing);
    if (fd >= 0) {
        assert_string_equal(missing, "locked memory (x)");
        close(fd);
    } else
        assert_int_equal(strncmp(missing, "locked memory (x), cpu_dma_latency (", 36), 0);
}

static void prefaulted_memory_has_no_page_missing(void **state)
{
    (void)state;
    enum { PAGES = 64, PAGE = 4096 };
    uint8_t *fresh = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(fresh != MAP_FAILED);
    madvise(fresh, PAGES * PAGE, MADV_NOHUGEPAGE);
    thread_prefault();
    const struct thread_counts before = thread_count();
    for (int i = 0; i < PAGES; i++)
        fresh[i * PAGE] = 1;
    const struct thread_counts after = thread_count();
    munmap(fresh, PAGES * PAGE);
    assert_true(after.faults_minor - before.faults_minor < PAGES / 8); /* a sanitizer's own shadow may fault */
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(what_is_granted_is_in_force_and_what_is_not_is_named),
    cmocka_unit_test(a_refusal_is_told_in_the_systems_words),
    cmocka_unit_test(words_that_do_not_fit_are_cut),
    cmocka_unit_test(page_faults_and_waits_are_counted),
    cmocka_unit_test(a_thread_is_bound_to_its_processor),
    cmocka_unit_test(a_processor_that_is_not_there_is_named),
    cmocka_unit_test(the_processors_are_kept_awake_or_it_is_said_why_not),
    cmocka_unit_test(prefaulted_memory_has_no_page_missing),
};
TEST_MAIN(tests)
