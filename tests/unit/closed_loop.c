#include "tests/unit/closed_loop.h"
#include "drivers/sim/sim.h"
#include "engine/base/det.h"
#include "engine/base/units.h"
#include "planner/rig.h"
#include "tests/test.h"
#include <stdlib.h>
#include <string.h>

struct closed_loop closed_loop;
static const struct driver_ops *const drivers[] = {&sim_driver};
static bool prepared; /* the next tick's frame is made */

static void expect_ok(bool ok, const struct error *err)
{
    char line[512];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static const char sim_rig[] = "rig-configs/sim.lua";

/* on_loss of every device; UINT32_MAX: as the rig says. */
static void open_loop(const char *rig, const char *task, const char *const *set, uint64_t seed, int64_t duration_ns,
                      uint32_t on_loss)
{
    struct closed_loop *loop = &closed_loop;
    struct error err = {0};
    size_t n_set = 0;
    memset(loop, 0, sizeof *loop);
    prepared = false;
    while (set != NULL && set[n_set] != NULL)
        n_set++;
    expect_ok(rig_load(rig, drivers, 1, &loop->config, &err), &err);
    loop->config.seed = seed;
    loop->config.duration_ns = duration_ns;
    for (uint32_t i = 0; on_loss != UINT32_MAX && i < loop->config.n_devices; i++)
        loop->config.devices[i].on_loss = on_loss;
    expect_ok(task_load(&loop->task, task, set, n_set, seed, &loop->config, &err), &err);
    const size_t size = engine_size(&loop->config, &err);
    expect_ok(size > 0, &err);
    loop->memory = aligned_alloc(ARENA_ALIGN, (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN);
    assert_non_null(loop->memory);
    memset(loop->memory, 0, size);
    struct arena arena;
    arena_init(&arena, loop->memory, size);
    expect_ok(engine_init(&loop->engine, &loop->config, &arena, &err), &err);
    expect_ok(devices_open(&loop->devices, &loop->config, drivers, 1, NULL, &err), &err);
    expect_ok(devices_start(&loop->devices, &err), &err);
}

void closed_loop_open_rig(const char *rig, const char *task, const char *const *set, uint64_t seed, int64_t duration_ns)
{
    open_loop(rig, task, set, seed, duration_ns, UINT32_MAX);
}

void closed_loop_open(const char *task, const char *const *set, uint64_t seed)
{
    open_loop(sim_rig, task, set, seed, INT64_MAX, UINT32_MAX);
}

void closed_loop_open_for(const char *task, const char *const *set, uint64_t seed, int64_t duration_ns)
{
    open_loop(sim_rig, task, set, seed, duration_ns, UINT32_MAX);
}

void closed_loop_open_losing(const char *task, const char *const *set, uint64_t seed, uint32_t on_loss)
{
    open_loop(sim_rig, task, set, seed, INT64_MAX, on_loss);
}

struct frame_in *closed_loop_frame(void)
{
    struct closed_loop *loop = &closed_loop;
    struct frame_in *in = &loop->frames[0];
    if (prepared)
        return in;
    *in = loop->frames[1];
    in->n = loop->n;
    in->due_ns = in->wake_ns = loop->n * loop->config.period_ns;
    in->plan = loop->plan.number > loop->handed && in->due_ns >= loop->plan_ns ? &loop->plan : NULL;
    if (in->plan != NULL)
        loop->handed = loop->plan.number;
    prepared = true;
    return in;
}

/* As the host does it. */
static void plan(void)
{
    struct closed_loop *loop = &closed_loop;
    struct task_outcome outcome;
    struct error err = {0};
    feed_tick(&loop->feed, &loop->out);
    if (loop->silent_planner || closed_loop_decided(FRAME_PLAN_WANTED) == NULL || !feed_wants(&loop->feed, &outcome))
        return;
    if (!task_plan(loop->task, &outcome, &loop->plan, &err) && !task_fallback(loop->task, &outcome, &loop->plan))
        expect_ok(loop->may_fail, &err);
    feed_planned(&loop->feed);
    loop->plan_ns = loop->now_ns + loop->plan_late_ns;
}

static void note(void)
{
    struct closed_loop *loop = &closed_loop;
    for (uint32_t i = 0; i < loop->out.n_decisions; i++) {
        const struct frame_decision *d = &loop->out.decisions[i];
        loop->n_decisions[d->kind]++;
        loop->rewarded_ul += d->kind == FRAME_REWARD ? d->value : 0;
        if (d->kind == FRAME_END)
            loop->reason = (uint32_t)d->value;
        loop->digest = det_digest(det_digest(det_digest(loop->digest, (double)d->kind), d->value), (double)d->t_ns);
        loop->digest = det_digest(loop->digest, (double)(d->digest >> 11));
    }
    for (uint32_t i = 0; i < loop->out.n_writes; i++)
        loop->digest = det_digest(loop->digest, loop->out.writes[i].level + loop->out.writes[i].output);
    loop->n_writes += loop->out.n_writes;
}

void closed_loop_tick(int64_t late_ns)
{
    struct closed_loop *loop = &closed_loop;
    struct frame_in *in = closed_loop_frame();
    in->wake_ns += late_ns;
    devices_read(&loop->devices, in);
    engine_tick(loop->engine, in, &loop->out);
    prepared = false;
    loop->now_ns = in->wake_ns;
    note();
    frame_in_clear(&loop->frames[1]);
    devices_write(&loop->devices, &loop->out, in->wake_ns, &loop->frames[1]);
    loop->n++;
    plan();
}

void closed_loop_run_until(int64_t t_ns)
{
    while (closed_loop.n * closed_loop.config.period_ns < t_ns && closed_loop.out.finished == 0)
        closed_loop_tick(0);
}

void closed_loop_skip(int64_t n)
{
    closed_loop.n += n;
    prepared = false;
}

const struct frame_decision *closed_loop_decided(uint32_t kind)
{
    for (uint32_t i = 0; i < closed_loop.out.n_decisions; i++)
        if (closed_loop.out.decisions[i].kind == kind)
            return &closed_loop.out.decisions[i];
    return NULL;
}

double closed_loop_level(const char *output)
{
    struct closed_loop *loop = &closed_loop;
    for (uint32_t i = 0; i < loop->config.n_outputs; i++)
        if (strcmp(loop->config.outputs[i].name, output) == 0)
            return sim_driver.level(loop->devices.device[0].driver, i, loop->now_ns);
    fail_msg("no output %s", output);
    return 0;
}

int closed_loop_close(void **state)
{
    (void)state;
    devices_close(&closed_loop.devices);
    task_free(closed_loop.task);
    free(closed_loop.memory);
    closed_loop.task = NULL;
    closed_loop.memory = NULL;
    return 0;
}
