#include "tests/faults/fault_session.h"
#include "engine/base/units.h"
#include "host.h"
#include "planner/rig.h"
#include "planner/task.h"
#include "realtime/clock.h"
#include "realtime/keeper.h"
#include "realtime/loop.h"
#include "session/folder.h"
#include "session/recover.h"
#include "session/rerun.h"
#include "tests/faults/fault_driver.h"
#include "tests/faults/fault_watch.h"
#include "tests/test.h"
#include "tests/unit/scratch.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { POOR_BYTES = 1 << 20 };            /* less than the program has already: nothing more is granted */
static const int64_t GIVE_UP_NS = 40 * S; /* nothing here takes that long */

struct fault_session fault_session;

static void expect_ok(bool ok, const struct error *err)
{
    char line[512];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static uint32_t find(const char *name)
{
    for (uint32_t i = 0; i < fault_session.config.n_outputs; i++)
        if (strcmp(fault_session.config.outputs[i].name, name) == 0)
            return i;
    fail_msg("no output %s", name);
    return 0;
}

static void open_session(const struct fault_row *row)
{
    struct fault_session *s = &fault_session;
    const struct driver_ops *drivers[] = {fault_driver_open()};
    const char *path = row->task != NULL ? row->task : "tests/faults/busy.lua";
    struct error err = {0};
    struct task *task = NULL;
    static int n;
    char name[32];
    memset(s, 0, sizeof *s);
    snprintf(name, sizeof name, "session%d", n++);
    snprintf(s->folder, sizeof s->folder, "%s", scratch_path(name));
    expect_ok(rig_load("tests/faults/rig.lua", drivers, 1, &s->config, &err), &err);
    s->config.seed = 7;
    s->config.duration_ns = row->duration_ns != 0 ? row->duration_ns : INT64_MAX;
    expect_ok(task_load(&task, path, NULL, 0, 7, &s->config, &err), &err);
    task_free(task);
    s->water = find("water");
    if (row->device_ends)
        s->config.outputs[s->water].guard = CONFIG_GUARD_DEVICE_TIMED;
    if (row->prepare != NULL)
        row->prepare();
    expect_ok(folder_create(s->folder, &err) && folder_copy(s->folder, FOLDER_TASK, path, &err), &err);
    expect_ok(shared_create(&s->shared, &s->config, row->ring_bytes != 0 ? row->ring_bytes : FAULT_SESSION_RING, &err),
              &err);
    expect_ok(devices_open(&s->devices, &s->config, drivers, 1, NULL, &err), &err);
}

static int core_life(void *context)
{
    const struct fault_row *row = context;
    if (row->poor)
        setrlimit(RLIMIT_AS, &(struct rlimit){POOR_BYTES, POOR_BYTES});
    return loop_main(fault_session.shared, &fault_session.devices);
}

static int host_life(void *context)
{
    (void)context;
    return host_main(
        &(struct host_config){.shared = fault_session.shared, .folder = fault_session.folder, .version = "test"});
}

/* What stderr of the session's processes goes to. */
static const char *said_path(void)
{
    static char path[sizeof fault_session.folder + 8];
    snprintf(path, sizeof path, "%s.said", fault_session.folder);
    return path;
}

/* cmocka would take a crash of a child for the test's own and go on with the next test in there. */
static void crash_for_real(void)
{
    static const int numbers[] = {SIGSEGV, SIGABRT, SIGFPE, SIGILL, SIGBUS, SIGSYS};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        signal(numbers[i], SIG_DFL);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0});
}

static void start_keeper(const struct fault_row *row)
{
    fflush(NULL);
    fault_session.keeper = fork();
    assert_true(fault_session.keeper >= 0);
    if (fault_session.keeper != 0)
        return;
    const int said = open(said_path(), O_CREAT | O_WRONLY | O_APPEND, 0600);
    dup2(said, STDERR_FILENO);
    dup2(said, STDOUT_FILENO);
    crash_for_real();
    const struct keeper_config config = {.shared = fault_session.shared,
                                         .devices = &fault_session.devices,
                                         .core = core_life,
                                         .host = host_life,
                                         .context = (void *)(uintptr_t)row};
    _exit(keeper_run(&config));
}

/* All that descends from this process and is not waited for by its own parent comes here, to be counted in. */
static bool reap(void)
{
    int status;
    for (;;) {
        const pid_t pid = waitpid(-1, &status, WNOHANG);
        if (pid == 0 || (pid < 0 && errno == EINTR))
            return false;
        if (pid < 0)
            return true;
        if (pid == fault_session.keeper)
            fault_session.keeper_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
}

static void kill_all(void)
{
    const pid_t pids[] = {fault_session.keeper, atomic_load(&fault_session.shared->core_pid),
                          atomic_load(&fault_session.shared->host_pid)};
    for (size_t i = 0; i < sizeof pids / sizeof *pids; i++)
        if (pids[i] > 0)
            kill(pids[i], SIGKILL);
}

static void wait_for_end(void)
{
    const int64_t give_up_ns = clock_now() + GIVE_UP_NS;
    while (!reap()) {
        if (clock_now() > give_up_ns) {
            kill_all();
            while (!reap())
                clock_pause(MS);
            fail_msg("it did not end");
        }
        clock_pause(MS);
    }
}

void fault_session_until(bool (*holds)(void))
{
    const int64_t give_up_ns = clock_now() + GIVE_UP_NS / 2;
    while (!holds()) {
        if (clock_now() > give_up_ns) {
            kill_all();
            fail_msg("it did not come");
        }
        clock_pause(MS / 5);
    }
}

static bool gone(pid_t pid)
{
    char path[32], text[256] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return true;
    const size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    const char *state = strrchr(text, ')');
    return state == NULL || state[2] == 'Z' || state[2] == 'X';
}

bool fault_session_core_is_gone(void)
{
    return gone(atomic_load(&fault_session.shared->core_pid));
}

bool fault_session_host_is_gone(void)
{
    return gone(atomic_load(&fault_session.shared->host_pid));
}

bool fault_session_has_ended(void)
{
    return atomic_load(&fault_session.shared->phase) == SHARED_ENDED;
}

bool fault_session_is_paused(void)
{
    struct shared_snapshot snapshot;
    return shared_observe(fault_session.shared, &snapshot) && snapshot.view.paused != 0;
}

bool fault_session_goes_on(void)
{
    struct shared_snapshot snapshot;
    return shared_observe(fault_session.shared, &snapshot) && snapshot.view.paused == 0 &&
           snapshot.view.state[0] != '\0';
}

void fault_session_signal_core(int number)
{
    assert_int_equal(kill(atomic_load(&fault_session.shared->core_pid), number), 0);
}

void fault_session_signal_host(int number)
{
    assert_int_equal(kill(atomic_load(&fault_session.shared->host_pid), number), 0);
}

void fault_session_signal_keeper(int number)
{
    assert_int_equal(kill(fault_session.keeper, number), 0);
}

bool fault_session_said(const char *text)
{
    size_t n;
    char *said = (char *)scratch_read(said_path(), &n);
    said[n] = '\0';
    const bool found = strstr(said, text) != NULL;
    free(said);
    return found;
}

/* Half a second in, and the valve on. */
static bool ready_to_strike(void)
{
    return fault_watch_now_ns() > 500 * MS && fault_watch_is_on(fault_session.water);
}

/* What is in the folder, and in the ring if nobody took its name away. */
static void rescue(struct recover_report *report, int64_t *mismatches)
{
    struct fault_session *s = &fault_session;
    struct error err = {0};
    struct rerun *rerun;
    struct rerun_report replayed;
    char path[FOLDER_PATH_MAX];
    const int fd = shm_open(s->shared->name, O_RDWR, 0);
    if (fd >= 0)
        close(fd);
    expect_ok(recover_session(s->folder, fd >= 0 ? &s->shared->ring : NULL, report, &err), &err);
    expect_ok(folder_path(s->folder, report->written ? RECOVER_JOURNAL : FOLDER_JOURNAL, path, &err), &err);
    expect_ok(rerun_open(&rerun, path, &err), &err);
    expect_ok(rerun_run(rerun, &(struct rerun_options){.verify = true}, &replayed, &err), &err);
    rerun_close(rerun);
    assert_true(replayed.decisions > 0 || report->ticks == 0);
    *mismatches = replayed.mismatches;
}

static void close_session(void)
{
    struct fault_session *s = &fault_session;
    fault_watch_stop();
    devices_close(&s->devices);
    shared_unlink(s->shared);
    shared_detach(s->shared);
    s->shared = NULL;
}

/* The event's line as it stands on stderr, without the word before it and its pairs. */
static const char *told_text(const struct fault_row *row)
{
    return row->told == NULL ? "-" : fault_session_said(row->told) ? row->told : "NOT TOLD";
}

static void print_row(const struct fault_row *row, const struct recover_report *report, int64_t lost,
                      int64_t mismatches, const struct fault_watch *watch)
{
    char safe[32] = "goes on";
    if (watch->last_on)
        snprintf(safe, sizeof safe, "never");
    else if (row->safe_ns != INT64_MAX)
        snprintf(safe, sizeof safe, "%.1f ms", (double)watch->off_after_ns / (double)MS);
    printf("| %s | %s | %.1f ms | %lld | %s | %s | %s | %s |\n", row->fault, report->reason,
           (double)watch->beyond_ns / (double)MS, (long long)lost, report->damaged_chunks == 0 ? "whole" : "damaged",
           mismatches == 0 ? "identical" : "DIFFERS", told_text(row), safe);
    fflush(stdout);
}

void fault_session_run(const struct fault_row *row)
{
    struct recover_report report;
    int64_t mismatches = 0;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    open_session(row);
    start_keeper(row);
    fault_watch_start();
    if (row->strike != NULL) {
        fault_session_until(ready_to_strike);
        fault_session.strike_ns = fault_watch_now_ns();
        row->strike();
    }
    wait_for_end();
    struct fault_watch watch = fault_watch_stop();
    rescue(&report, &mismatches);
    if (row->since_end)
        watch.off_after_ns = (int64_t)(report.time_to_safe_ms * (double)MS);
    const int64_t lost = atomic_load(&fault_session.shared->ticks) - report.ticks;
    print_row(row, &report, lost > 0 ? lost : 0, mismatches, &watch);
    assert_string_equal(report.reason, row->ends);
    assert_true(row->told == NULL || fault_session_said(row->told));
    assert_int_equal(watch.beyond_ns, 0);
    assert_true(lost <= 0);
    assert_int_equal(report.lost_ticks, 0);
    assert_int_equal(report.damaged_chunks, 0);
    assert_int_equal(mismatches, 0);
    if (row->safe_ns != INT64_MAX) {
        assert_false(watch.last_on);
        if (watch.off_after_ns > row->safe_ns + watch.late_ns)
            fail_msg("safe after %lld us, expected %lld us and the %lld us that this machine was late",
                     (long long)(watch.off_after_ns / US), (long long)(row->safe_ns / US),
                     (long long)(watch.late_ns / US));
    }
}

static void run_row(void **state)
{
    fault_session_run(*state);
}

static int tear_down(void **state)
{
    (void)state;
    if (fault_session.shared != NULL)
        close_session();
    return 0;
}

int fault_session_main(const struct fault_row *rows, size_t n, int argc, char **argv)
{
    struct CMUnitTest tests[64];
    assert_true(n <= sizeof tests / sizeof *tests);
    for (size_t i = 0; i < n; i++) {
        union {
            const void *in;
            void *out;
        } row = {.in = &rows[i]}; /* cmocka's state is not const */
        tests[i] = (struct CMUnitTest){
            .name = rows[i].fault, .test_func = run_row, .teardown_func = tear_down, .initial_state = row.out};
        if (argc == 2 && strcmp(argv[1], "--rows") == 0)
            puts(rows[i].fault);
    }
    if (argc == 2 && strcmp(argv[1], "--rows") == 0)
        return 0;
    puts("| fault | ends as | on beyond its limit | ticks lost | journal | replay | stderr says | safe after |");
    return test_run(argv[0], tests, n, argc, argv);
}
