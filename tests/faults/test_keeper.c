#include "engine/base/units.h"
#include "realtime/clock.h"
#include "tests/faults/fault_rig.h"
#include "tests/test.h"
#include "wire/record.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { RING = 1 << 20 };

static void expect_safe(uint32_t signal_number)
{
    assert_true(fault_rig_level(fault_rig.water) == 0);
    assert_int_equal(fault_rig_who(fault_rig.water), LATCH_KEEPER);
    assert_int_equal(fault_rig.notes->n_closes, 1);
    assert_int_equal(fault_rig.notes->reason, FRAME_END_CORE);
    if (fault_rig.notes->signal != SIGKILL) /* on a busy machine a dying core may count as hung first */
        assert_int_equal(fault_rig.notes->signal, signal_number);
    assert_true(fault_rig.notes->safe_after_ns >= 0); /* confirmed by the board */
    assert_int_equal(fault_rig.shared->hazard, 0);
}

static int core_is_killed(void *context)
{
    (void)context;
    fault_rig_open_valve();
    fault_rig_beat(30 * MS);
    raise(SIGKILL);
    return 0;
}

static void a_core_that_is_killed_with_its_valve_open_leaves_it_closed(void **state)
{
    (void)state;
    fault_rig_open(INT64_MAX, RING, true);
    assert_int_equal(fault_rig_keep(core_is_killed, fault_rig_host), 1);
    expect_safe(SIGKILL);
}

static int core_breaks_an_invariant(void *context)
{
    (void)context;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
    fault_rig_open_valve();
    abort();
}

static void a_core_that_aborts_leaves_its_valve_closed(void **state)
{
    (void)state;
    fault_rig_open(INT64_MAX, RING, true);
    assert_int_equal(fault_rig_keep(core_breaks_an_invariant, fault_rig_host), 1);
    expect_safe(SIGABRT);
}

static int core_returns(void *context)
{
    (void)context;
    fault_rig_open_valve();
    return 0; /* without a word: no close record */
}

static void a_core_that_leaves_without_a_close_record_leaves_its_valve_closed(void **state)
{
    (void)state;
    fault_rig_open(INT64_MAX, RING, true);
    assert_int_equal(fault_rig_keep(core_returns, fault_rig_host), 1);
    expect_safe(0);
}

static int core_hangs(void *context)
{
    (void)context;
    fault_rig_open_valve();
    fault_rig_beat(30 * MS);
    for (;;)
        pause();
    return 0;
}

static void a_core_that_hangs_with_its_valve_open_is_killed_and_the_valve_closed(void **state)
{
    (void)state;
    fault_rig_open(INT64_MAX, RING, true);
    assert_int_equal(fault_rig_keep(core_hangs, fault_rig_host), 1);
    expect_safe(SIGKILL);
}

static int core_ignores_the_emergency(void *context)
{
    (void)context;
    fault_rig_open_valve();
    fault_rig_beat(20 * MS);
    atomic_store(&fault_rig.shared->estop, 1);
    fault_rig_beat(60 * S); /* alive, but deaf */
    return 0;
}

static void a_core_that_does_not_take_an_emergency_stop_is_killed(void **state)
{
    (void)state;
    fault_rig_open(INT64_MAX, RING, true);
    assert_int_equal(fault_rig_keep(core_ignores_the_emergency, fault_rig_host), 1);
    expect_safe(SIGKILL);
}

static bool memory_is_gone(void)
{
    const int fd = shm_open(fault_rig.shared->name, O_RDWR, 0);
    if (fd >= 0)
        close(fd);
    return fd < 0 && errno == ENOENT;
}

static void a_session_that_ends_in_order_leaves_nothing_behind(void **state)
{
    (void)state;
    fault_rig_open(100 * MS, RING, false);
    assert_int_equal(fault_rig_keep(fault_rig_core, fault_rig_host), 0);
    assert_int_equal(fault_rig.notes->reason, FRAME_END_DURATION);
    assert_int_equal(fault_rig.notes->n_hosts, 1);
    assert_true(fault_rig.notes->safe_after_ns >= 0);
    assert_true(memory_is_gone());
}

static int host_dies_once(void *context)
{
    if (atomic_load(&fault_rig.notes->n_hosts) == 0) {
        atomic_fetch_add(&fault_rig.notes->n_hosts, 1);
        atomic_store(&fault_rig.shared->host_ready, 1);
        clock_pause(50 * MS);
        raise(SIGKILL);
    }
    return fault_rig_host(context);
}

static void a_host_that_dies_is_started_again_and_the_session_goes_on(void **state)
{
    (void)state;
    fault_rig_open(600 * MS, 4 * RING, false);
    assert_int_equal(fault_rig_keep(fault_rig_core, host_dies_once), 0);
    assert_int_equal(fault_rig.notes->n_hosts, 2);
    assert_int_equal(fault_rig.notes->reason, FRAME_END_DURATION);
}

static int host_fails(void *context)
{
    (void)context;
    return 1;
}

static int core_must_not_run(void *context)
{
    (void)context;
    fault_rig_open_valve();
    for (;;)
        pause();
    return 0;
}

static void without_a_host_no_core_is_started(void **state)
{
    (void)state;
    fault_rig_open(INT64_MAX, RING, true);
    assert_int_equal(fault_rig_keep(core_must_not_run, host_fails), 1);
    assert_int_equal(fault_rig_who(fault_rig.water), 0); /* nobody ever wrote it */
    assert_true(memory_is_gone());
}

#define FAULT_TEST(name) cmocka_unit_test_teardown(name, fault_rig_close)

static const struct CMUnitTest tests[] = {
    FAULT_TEST(a_core_that_is_killed_with_its_valve_open_leaves_it_closed),
    FAULT_TEST(a_core_that_aborts_leaves_its_valve_closed),
    FAULT_TEST(a_core_that_leaves_without_a_close_record_leaves_its_valve_closed),
    FAULT_TEST(a_core_that_hangs_with_its_valve_open_is_killed_and_the_valve_closed),
    FAULT_TEST(a_core_that_does_not_take_an_emergency_stop_is_killed),
    FAULT_TEST(a_session_that_ends_in_order_leaves_nothing_behind),
    FAULT_TEST(a_host_that_dies_is_started_again_and_the_session_goes_on),
    FAULT_TEST(without_a_host_no_core_is_started),
};

TEST_MAIN(tests)
