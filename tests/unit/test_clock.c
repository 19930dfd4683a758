/* clock: what holds on any machine, however slow: order, not speed. */
#include "engine/base/units.h"
#include "realtime/clock.h"
#include "tests/test.h"
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

static void the_clock_never_goes_back(void **state)
{
    (void)state;
    int64_t last_ns = clock_now();
    assert_true(last_ns > 0);
    for (int i = 0; i < 100000; i++) {
        const int64_t now_ns = clock_now();
        assert_true(now_ns >= last_ns);
        last_ns = now_ns;
    }
}

static void a_sleep_does_not_end_before_its_time(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        const int64_t until_ns = clock_now() + i * 100 * US;
        clock_sleep_until(until_ns);
        assert_true(clock_now() >= until_ns);
    }
}

static void a_spin_does_not_end_before_its_time(void **state)
{
    (void)state;
    const int64_t until_ns = clock_now() + MS;
    clock_spin_until(until_ns);
    assert_true(clock_now() >= until_ns);
    clock_spin_until(until_ns - S);
}

static atomic_int n_alarms;

static void count_alarm(int signal)
{
    (void)signal;
    atomic_fetch_add(&n_alarms, 1);
}

static void a_signal_does_not_end_a_sleep(void **state)
{
    (void)state;
    struct sigaction old;
    const struct sigaction action = {.sa_handler = count_alarm};
    const struct itimerval every_ms = {.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000}, never = {0};
    assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &every_ms, NULL), 0);
    const int64_t until_ns = clock_now() + 30 * MS;
    clock_sleep_until(until_ns);
    const int64_t now_ns = clock_now();
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
    assert_true(atomic_load(&n_alarms) > 0);
    assert_true(now_ns >= until_ns);
}

static void what_is_past_is_not_waited_for(void **state)
{
    (void)state;
    clock_sleep_until(clock_now() - S);
    clock_sleep_until(0);
    clock_sleep_until(-1);
    clock_sleep_until(INT64_MIN);
    clock_pause(0);
    clock_pause(-1);
}

static void the_wall_clock_is_the_systems(void **state)
{
    (void)state;
    int64_t tai_offset_s = -1;
    const time_t before = time(NULL);
    const int64_t now_ns = clock_realtime(&tai_offset_s);
    const time_t after = time(NULL);
    assert_true(now_ns / S >= before - 1); /* time() reads a coarser clock */
    assert_true(now_ns / S <= after + 1);
    assert_true(tai_offset_s == 0 || tai_offset_s >= 37); /* TAI - UTC since 2017; 0: nobody told the kernel */
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_clock_never_goes_back),           cmocka_unit_test(a_sleep_does_not_end_before_its_time),
    cmocka_unit_test(a_spin_does_not_end_before_its_time), cmocka_unit_test(a_signal_does_not_end_a_sleep),
    cmocka_unit_test(what_is_past_is_not_waited_for),      cmocka_unit_test(the_wall_clock_is_the_systems),
};
TEST_MAIN(tests)
