#include "tests/faults/fault_rig.h"
#include "drivers/sim/sim.h"
#include "engine/base/units.h"
#include "planner/rig.h"
#include "planner/task.h"
#include "realtime/clock.h"
#include "realtime/loop.h"
#include "tests/test.h"
#include "wire/record.h"
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct fault_rig fault_rig;
static const struct driver_ops *const drivers[] = {&sim_driver};

static void expect_ok(bool ok, const struct error *err)
{
    char line[512];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static uint32_t find(const char *name)
{
    for (uint32_t i = 0; i < fault_rig.config.n_outputs; i++)
        if (strcmp(fault_rig.config.outputs[i].name, name) == 0)
            return i;
    fail_msg("no output %s", name);
    return 0;
}

void fault_rig_open(int64_t duration_ns, uint64_t ring_size, bool unguarded)
{
    struct fault_rig *rig = &fault_rig;
    struct error err = {0};
    struct task *task = NULL;
    memset(rig, 0, sizeof *rig);
    expect_ok(rig_load("rig-configs/sim.lua", drivers, 1, &rig->config, &err), &err);
    rig->config.seed = 7;
    rig->config.duration_ns = duration_ns;
    expect_ok(task_load(&task, "protocols/pavlovian.lua", NULL, 0, 7, &rig->config, &err), &err);
    task_free(task);
    rig->water = find("water");
    rig->laser = find("laser");
    for (uint32_t i = 0; unguarded && i < rig->config.n_outputs; i++)
        rig->config.outputs[i].guard = CONFIG_GUARD_NONE;
    expect_ok(shared_create(&rig->shared, &rig->config, ring_size, &err), &err);
    expect_ok(devices_open(&rig->devices, &rig->config, drivers, 1, NULL, &err), &err);
    rig->notes = mmap(NULL, sizeof *rig->notes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(rig->notes != MAP_FAILED);
}

int fault_rig_close(void **state)
{
    (void)state;
    devices_close(&fault_rig.devices);
    if (fault_rig.shared != NULL) {
        shared_unlink(fault_rig.shared);
        shared_detach(fault_rig.shared);
        munmap(fault_rig.notes, sizeof *fault_rig.notes);
    }
    fault_rig.shared = NULL;
    return 0;
}

int fault_rig_keep(int (*core)(void *), int (*host)(void *))
{
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(keeper_run(&(struct keeper_config){
            .shared = fault_rig.shared, .devices = &fault_rig.devices, .core = core, .host = host}));
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

uint64_t fault_rig_drain(void)
{
    struct ring *ring = &fault_rig.shared->ring;
    uint64_t position = atomic_load(&ring->tail), n_ticks = 0;
    struct ring_record record;
    while (ring_read(ring, &position, &record) == RING_RECORD) {
        n_ticks += record.type == RECORD_TICK;
        if (record.type != RECORD_CLOSE)
            continue;
        struct record_close close_record;
        memcpy(&close_record, record.data, sizeof close_record);
        atomic_store(&fault_rig.notes->reason, close_record.reason);
        atomic_store(&fault_rig.notes->signal, close_record.signal);
        atomic_store(&fault_rig.notes->safe_after_ns, close_record.safe_after_ns);
        atomic_fetch_add(&fault_rig.notes->n_closes, 1);
    }
    ring_release(ring, position);
    return n_ticks;
}

int fault_rig_host(void *context)
{
    (void)context;
    atomic_fetch_add(&fault_rig.notes->n_hosts, 1);
    atomic_store(&fault_rig.shared->host_ready, 1);
    while (atomic_load(&fault_rig.notes->n_closes) == 0) {
        (void)fault_rig_drain();
        clock_pause(MS);
    }
    return 0;
}

int fault_rig_core(void *context)
{
    (void)context;
    return loop_main(fault_rig.shared, &fault_rig.devices);
}

static int64_t session_now(void)
{
    return clock_now() - atomic_load(&fault_rig.shared->start_ns);
}

void fault_rig_open_valve(void)
{
    struct error err = {0};
    struct frame_in confirmed;
    struct frame_out out = {.n_writes = 1, .writes = {{.level = 1, .output = fault_rig.water}}};
    frame_in_clear(&confirmed);
    expect_ok(devices_start(&fault_rig.devices, &err), &err);
    atomic_store(&fault_rig.shared->start_ns, clock_now());
    atomic_store(&fault_rig.shared->hazard, 1);
    atomic_store(&fault_rig.shared->phase, SHARED_RUNNING);
    devices_write(&fault_rig.devices, &out, session_now(), &confirmed);
}

void fault_rig_beat(int64_t for_ns)
{
    const int64_t until_ns = clock_now() + for_ns;
    while (clock_now() < until_ns) {
        atomic_fetch_add(&fault_rig.shared->core_beat, 1);
        clock_pause(MS / 2);
    }
}

double fault_rig_level(uint32_t output)
{
    return sim_driver.level(fault_rig.devices.device[0].driver, output, session_now());
}

uint32_t fault_rig_who(uint32_t output)
{
    const struct latch *latch = sim_latch(fault_rig.devices.device[0].driver);
    const uint64_t n = atomic_load(&latch->n_changes);
    for (uint64_t i = n; i-- > 0 && n - i <= LATCH_LOG;)
        if (latch->log[i % LATCH_LOG].output == output)
            return latch->log[i % LATCH_LOG].who;
    return 0;
}
