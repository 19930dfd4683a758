/* What the core's thread asks of the system once it runs: the calls in 10,000 ticks, page faults, waits. */
#include "engine/base/units.h"
#include "tests/pure/core.h"
#include "tests/test.h"
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TICKS = 10000, N_CALLS = 512 };

/* All that it may ask for, and how often in so many ticks that take so many seconds. */
static const struct row {
    long call;
    const char *name;
    double a_tick, a_second, once;
} allowed[] = {
    {SYS_clock_nanosleep, "clock_nanosleep", 1, 0,   1}, /* the wait for the tick; one more may have begun */
    {SYS_getppid,         "getppid",         0, 100, 2}, /* every 10 ms: is the keeper still the parent? */
    {SYS_adjtimex,        "adjtimex",        0, 0.1, 2}, /* every 10 s: the wall clock's anchor */
    {SYS_clock_adjtime,   "clock_adjtime",   0, 0.1, 2}, /* the same, as newer C libraries ask for it */
    {SYS_restart_syscall, "restart_syscall", 1, 0,   0}, /* a sleep that the tracing interrupted */
};

static int64_t counts[N_CALLS];

static void count(long call)
{
    counts[call >= 0 && call < N_CALLS ? call : N_CALLS - 1]++;
}

/* Calls beyond what is allowed, each named. */
static int64_t judge(const struct core_report *report)
{
    int64_t n_bad = 0;
    for (long call = 0; call < N_CALLS; call++) {
        double most = 0;
        const char *name = "not allowed";
        for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
            if (allowed[i].call == call) {
                const double s = (double)report->close.session_ns / 1e9;
                most = allowed[i].a_tick * (double)report->ticks + allowed[i].a_second * s + allowed[i].once;
                name = allowed[i].name;
            }
        if (counts[call] > 0)
            printf("# system call %ld (%s): %lld in %lld ticks\n", call, name, (long long)counts[call],
                   (long long)report->ticks);
        n_bad += (double)counts[call] > most ? counts[call] : 0;
    }
    return n_bad;
}

static void ten_thousand_ticks_make_only_the_listed_system_calls(void **state)
{
    (void)state;
    struct core_report report;
    memset(counts, 0, sizeof counts);
    core_run(&(struct core_options){.period_ns = 500 * US, .n_ticks = TICKS, .look = count}, &report);
    assert_true(WIFEXITED(report.status) && WEXITSTATUS(report.status) == 0);
    assert_true(report.ticks >= TICKS);
    assert_true(report.n_rewards > 3 && report.n_writes > 30); /* it had something to do */
    assert_true(counts[SYS_clock_nanosleep] >= TICKS);         /* and it was watched */
    assert_int_equal(judge(&report), 0);
}

static void ask(int64_t n)
{
    if (n == 100)
        (void)syscall(SYS_getuid);
}

static void a_system_call_that_is_not_listed_is_found(void **state)
{
    (void)state;
    struct core_report report;
    memset(counts, 0, sizeof counts);
    core_run(&(struct core_options){.period_ns = MS, .n_ticks = 150, .look = count, .meddle = ask}, &report);
    assert_int_equal(counts[SYS_getuid], 1);
    assert_int_equal(judge(&report), 1);
}

static void no_page_is_missing_after_the_first_tick(void **state)
{
    (void)state;
    struct core_report report;
    core_run(&(struct core_options){.period_ns = MS, .n_ticks = 2000, .spin_ns = 100 * US}, &report);
    assert_true(WIFEXITED(report.status) && WEXITSTATUS(report.status) == 0);
    assert_true(report.ticks >= 2000 && report.n_rewards > 3);
    assert_int_equal(report.close.faults_minor, 0);
    assert_int_equal(report.close.faults_major, 0);
    assert_true(report.close.switches <= (uint64_t)report.ticks + 10); /* it waits for its ticks and for nothing else */
}

static void give_up_rights(void)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_RTPRIO, &none) != 0 || setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
        (geteuid() == 0 && setuid(65534) != 0))
        _exit(1);
}

static void without_any_right_no_page_is_missing_either(void **state)
{
    (void)state;
    struct core_report report;
    core_run(&(struct core_options){.period_ns = MS, .n_ticks = 1000, .prepare = give_up_rights}, &report);
    assert_true(WIFEXITED(report.status) && WEXITSTATUS(report.status) == 0);
    assert_true(report.ticks >= 1000);
    assert_int_equal(report.close.faults_major, 0);
    assert_true(report.close.faults_minor <= 16); /* the system may take pages back that are not locked */
}

enum { PAGES = 64, PAGE = 4096 };
static uint8_t *fresh; /* memory that nobody has touched */
static int touched;    /* pages of it that were */

static void touch(int64_t n)
{
    if (fresh == NULL)
        fresh = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (; n >= 100 && touched < PAGES; touched++)
        fresh[touched * PAGE] = 1;
}

static void a_page_that_is_touched_for_the_first_time_is_found(void **state)
{
    (void)state;
    struct core_report report;
    core_run(&(struct core_options){.period_ns = MS, .n_ticks = 300, .prepare = give_up_rights, .meddle = touch},
             &report);
    assert_true(report.close.faults_minor >= PAGES);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(ten_thousand_ticks_make_only_the_listed_system_calls),
    cmocka_unit_test(a_system_call_that_is_not_listed_is_found),
    cmocka_unit_test(no_page_is_missing_after_the_first_tick),
    cmocka_unit_test(without_any_right_no_page_is_missing_either),
    cmocka_unit_test(a_page_that_is_touched_for_the_first_time_is_found),
};
TEST_MAIN(tests)
