#include "tests/pure/core.h"
#include "drivers/sim/sim.h"
#include "engine/base/units.h"
#include "planner/feed.h"
#include "planner/rig.h"
#include "planner/task.h"
#include "realtime/clock.h"
#include "realtime/loop.h"
#include "session/drain.h"
#include "tests/test.h"
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static const int64_t SERVE_NS = MS; /* between two turns of the keeper, recorder and planner */

/* The simulated board, with an ear on read and stop. In the child alone. */
static const struct core_options *watched;
static _Atomic uint32_t *armed; /* shared with the test */
static int64_t n_reads;

static void set_armed(bool on)
{
    if (watched->arm != NULL)
        watched->arm(on);
    atomic_store(armed, on);
}

static void heard_read(struct driver *driver, struct frame_in *in)
{
    if (++n_reads == 2)
        set_armed(true);
    if (n_reads >= 2 && watched->meddle != NULL)
        watched->meddle(in->n);
    sim_driver.read(driver, in);
}

static void heard_stop(struct driver *driver)
{
    if (n_reads >= 2)
        set_armed(false);
    sim_driver.stop(driver);
}

/* The test's side. */
struct serving {
    struct shared *shared;
    struct task *task;
    struct feed feed;
    struct drain drain;
    struct trial trial; /* planned, not posted yet */
    bool waiting;
    int64_t next_ns;
    struct core_report *report;
};

static void expect_ok(bool ok, const struct error *err)
{
    char line[512];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static void plan(struct serving *serving)
{
    struct error err = {0};
    struct task_outcome outcome;
    struct shared *shared = serving->shared;
    if (!serving->waiting && feed_wants(&serving->feed, &outcome)) {
        expect_ok(task_plan(serving->task, &outcome, &serving->trial, &err), &err);
        feed_planned(&serving->feed);
        serving->waiting = true;
    }
    if (!serving->waiting || atomic_load(&shared->plan_taken) != atomic_load(&shared->plan_posted))
        return;
    shared->plan = serving->trial;
    atomic_store(&shared->plan_posted, serving->trial.number);
    serving->waiting = false;
}

static void drain(struct serving *serving)
{
    struct ring *ring = &serving->shared->ring;
    struct drain *record = &serving->drain;
    uint64_t position = atomic_load(&ring->tail);
    while (drain_next(ring, &position, record) == DRAIN_RECORD) {
        if (record->type == RECORD_CLOSE)
            serving->report->close = record->close;
        if (record->type != RECORD_TICK)
            continue;
        feed_tick(&serving->feed, &record->out);
        serving->report->n_writes += record->out.n_writes;
        for (uint32_t i = 0; i < record->out.n_decisions; i++)
            serving->report->n_rewards += record->out.decisions[i].kind == FRAME_REWARD;
    }
    ring_release(ring, position);
}

static void serve(struct serving *serving)
{
    if (clock_now() < serving->next_ns)
        return;
    serving->next_ns = clock_now() + SERVE_NS;
    atomic_fetch_add(&serving->shared->keeper_beat, 1);
    if (atomic_load(&serving->shared->ticks) >= watched->n_ticks)
        atomic_store(&serving->shared->stop, 1);
    drain(serving);
    plan(serving);
}

/* Stops the child at every system call, on entry and on exit. */
static void trace(pid_t pid, struct serving *serving)
{
    int *status = &serving->report->status;
    assert_int_equal(waitpid(pid, status, 0), pid);
    assert_true(WIFSTOPPED(*status));
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL), 0);
    long signal_number = 0;
    while (ptrace(PTRACE_SYSCALL, pid, 0, signal_number) == 0 && waitpid(pid, status, 0) == pid &&
           WIFSTOPPED(*status)) {
        struct __ptrace_syscall_info info = {0};
        const bool call = WSTOPSIG(*status) == (SIGTRAP | 0x80);
        signal_number = call ? 0 : WSTOPSIG(*status);
        if (call && atomic_load(armed) != 0 && ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0 &&
            info.op == PTRACE_SYSCALL_INFO_ENTRY)
            watched->look((long)info.entry.nr);
        serve(serving);
    }
}

static int live(struct shared *shared, struct devices *devices)
{
    if (watched->prepare != NULL)
        watched->prepare();
    if (watched->look != NULL && (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0 || raise(SIGSTOP) != 0))
        return 9;
    return loop_main(shared, devices);
}

void core_run(const struct core_options *options, struct core_report *report)
{
    static struct driver_ops heard;
    static const struct driver_ops *const drivers[] = {&heard};
    static struct serving serving;
    struct error err = {0};
    struct config config;
    struct devices devices;
    heard = sim_driver;
    heard.read = heard_read;
    heard.stop = heard_stop;
    *report = (struct core_report){0};
    serving = (struct serving){.report = report};
    watched = options;
    n_reads = 0;
    armed = mmap(NULL, sizeof *armed, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(armed != MAP_FAILED);
    expect_ok(rig_load("rig-configs/sim.lua", drivers, 1, &config, &err), &err);
    config.period_ns = options->period_ns;
    config.seed = 7;
    expect_ok(task_load(&serving.task, "tests/pure/busy.lua", NULL, 0, 7, &config, &err), &err);
    expect_ok(shared_create(&serving.shared, &config, 64 << 20, &err), &err);
    serving.shared->loop.spin_ns = options->spin_ns;
    expect_ok(devices_open(&devices, &config, drivers, 1, NULL, &err), &err);
    feed_init(&serving.feed);
    plan(&serving);
    atomic_store(&serving.shared->keeper_pid, getpid());
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(live(serving.shared, &devices));
    if (options->look != NULL)
        trace(pid, &serving);
    else
        while (waitpid(pid, &report->status, WNOHANG) == 0) {
            serve(&serving);
            clock_pause(SERVE_NS / 2);
        }
    drain(&serving);
    report->ticks = report->close.ticks;
    report->skipped = report->close.skipped_ticks;
    devices_close(&devices);
    task_free(serving.task);
    shared_unlink(serving.shared);
    shared_detach(serving.shared);
    munmap(armed, sizeof *armed);
}
