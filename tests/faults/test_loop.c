#include "engine/base/units.h"
#include "realtime/clock.h"
#include "realtime/loop.h"
#include "tests/faults/fault_rig.h"
#include "tests/test.h"
#include "wire/record.h"
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RING = 4 << 20 };

/* Runs the core as a child of the test, which plays the keeper; `drains`: and the host. Returns its exit status. */
static int run_core(bool beats, bool drains, uint64_t *n_ticks)
{
    struct shared *shared = fault_rig.shared;
    atomic_store(&shared->keeper_pid, getpid());
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(fault_rig_core(NULL));
    int status = 0;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (beats)
            atomic_fetch_add(&shared->keeper_beat, 1);
        if (drains)
            *n_ticks += fault_rig_drain();
        clock_pause(MS);
    }
    *n_ticks += fault_rig_drain();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void every_tick_is_recorded_or_counted_as_skipped(void **state)
{
    (void)state;
    uint64_t n_ticks = 0;
    fault_rig_open(300 * MS, RING, false);
    assert_int_equal(run_core(true, true, &n_ticks), 0);
    const struct shared *shared = fault_rig.shared;
    assert_int_equal(fault_rig.notes->reason, FRAME_END_DURATION);
    assert_int_equal(n_ticks, shared->ticks);
    /* ticks 0..300 and one to confirm that all is safe, or more if it came late */
    assert_true(shared->ticks + shared->skipped_ticks >= 302);
    assert_int_equal(shared->phase, SHARED_ENDED);
}

static void a_stop_word_ends_the_session_in_order(void **state)
{
    (void)state;
    uint64_t n_ticks = 0;
    fault_rig_open(INT64_MAX, RING, false);
    atomic_store(&fault_rig.shared->stop, 1);
    assert_int_equal(run_core(true, true, &n_ticks), 0);
    assert_int_equal(fault_rig.notes->reason, FRAME_END_STOP);
    assert_true(fault_rig.notes->safe_after_ns >= 0);
}

static void an_emergency_stop_is_taken_and_acknowledged(void **state)
{
    (void)state;
    uint64_t n_ticks = 0;
    fault_rig_open(INT64_MAX, RING, false);
    atomic_store(&fault_rig.shared->stop, 1);
    atomic_store(&fault_rig.shared->estop, 1);
    assert_int_equal(run_core(true, true, &n_ticks), 0);
    assert_int_equal(fault_rig.notes->reason, FRAME_END_ESTOP);
    assert_int_equal(fault_rig.shared->estop_taken, 1);
}

static void without_the_keepers_heartbeat_the_core_makes_safe_and_ends(void **state)
{
    (void)state;
    uint64_t n_ticks = 0;
    fault_rig_open(INT64_MAX, RING, false);
    assert_int_equal(run_core(false, true, &n_ticks), 0);
    assert_int_equal(fault_rig.notes->reason, FRAME_END_KEEPER);
    assert_true(fault_rig.notes->safe_after_ns >= 0);
    for (uint32_t i = 0; i < fault_rig.config.n_outputs; i++)
        assert_true(fault_rig_level(i) == 0);
}

/* A keeper that dies right after starting the core. */
static void when_the_keeper_dies_the_core_makes_safe_and_ends(void **state)
{
    (void)state;
    fault_rig_open(INT64_MAX, RING, false);
    const pid_t keeper = fork();
    assert_true(keeper >= 0);
    if (keeper == 0) {
        atomic_store(&fault_rig.shared->keeper_pid, getpid());
        const pid_t core = fork();
        if (core == 0)
            _exit(fault_rig_core(NULL));
        while (atomic_load(&fault_rig.shared->ticks) < 20)
            clock_pause(MS);
        raise(SIGKILL);
    }
    assert_int_equal(waitpid(keeper, NULL, 0), keeper);
    for (int i = 0; i < 10000 && atomic_load(&fault_rig.shared->phase) != SHARED_ENDED; i++)
        clock_pause(MS);
    assert_true(fault_rig_drain() > 0);
    assert_int_equal(fault_rig.notes->reason, FRAME_END_KEEPER);
    for (uint32_t i = 0; i < fault_rig.config.n_outputs; i++)
        assert_true(fault_rig_level(i) == 0);
}

static void a_full_ring_ends_the_session_safely_and_loses_no_tick(void **state)
{
    (void)state;
    struct shared *shared;
    fault_rig_open(INT64_MAX, 1 << 18, false); /* a second's worth */
    shared = fault_rig.shared;
    shared->config.has_task = 0; /* nobody plans here */
    atomic_store(&shared->keeper_pid, getpid());
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(fault_rig_core(NULL));
    int64_t ticks = -1;
    for (int i = 0; i < 20000 && (ticks < 0 || ticks != atomic_load(&shared->ticks)); i++) {
        ticks = atomic_load(&shared->ticks) > 0 ? atomic_load(&shared->ticks) : -1;
        for (int k = 0; k < 100; k++, clock_pause(MS))
            atomic_fetch_add(&shared->keeper_beat, 1);
    }
    for (uint32_t i = 0; i < fault_rig.config.n_outputs; i++)
        assert_true(fault_rig_level(i) == 0); /* safe before anybody reads the ring */
    uint64_t n_ticks = fault_rig_drain();
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    n_ticks += fault_rig_drain();
    assert_int_equal(n_ticks, shared->ticks);
    assert_int_equal(fault_rig.notes->reason, FRAME_END_RING_FULL);
    assert_true(fault_rig.notes->safe_after_ns >= 0);
}

#define FAULT_TEST(name) cmocka_unit_test_teardown(name, fault_rig_close)

static const struct CMUnitTest tests[] = {
    FAULT_TEST(every_tick_is_recorded_or_counted_as_skipped),
    FAULT_TEST(a_stop_word_ends_the_session_in_order),
    FAULT_TEST(an_emergency_stop_is_taken_and_acknowledged),
    FAULT_TEST(without_the_keepers_heartbeat_the_core_makes_safe_and_ends),
    FAULT_TEST(when_the_keeper_dies_the_core_makes_safe_and_ends),
    FAULT_TEST(a_full_ring_ends_the_session_safely_and_loses_no_tick),
};

TEST_MAIN(tests)
