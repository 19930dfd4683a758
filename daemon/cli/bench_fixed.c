#include "cli/bench_fixed.h"
#include "cli/bench_rig.h"
#include "cli/bench_scratch.h"
#include "engine/base/units.h"
#include "engine/engine.h"
#include "planner/feed.h"
#include "planner/rig.h"
#include "planner/task.h"
#include "realtime/builder.h"
#include "realtime/devices.h"
#include "session/folder.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fixed {
    struct config config;
    struct task *task;
    struct feed feed;
    struct devices devices;
    struct builder builder;
    struct engine *engine;
    void *memory;
    struct trial trial;
    struct frame_in frames[2];
    struct frame_out out;
};

static bool load(const struct cli *cli, struct fixed *fixed, const char *scratch, struct error *err)
{
    char rig[BENCH_SCRATCH_PATH + 16], task[BENCH_SCRATCH_PATH + 16];
    const struct config_loop loop = {0};
    snprintf(rig, sizeof rig, "%s/%s", scratch, FOLDER_RIG);
    snprintf(task, sizeof task, "%s/%s", scratch, FOLDER_TASK);
    if (!bench_rig_write(scratch, BENCH_RIG_FULL, MS, &loop, err) ||
        !rig_load(rig, cli->drivers, cli->n_drivers, &fixed->config, err))
        return false;
    fixed->config.seed = 7;
    return task_load(&fixed->task, task, NULL, 0, fixed->config.seed, &fixed->config, err);
}

static bool build(const struct cli *cli, struct fixed *fixed, struct error *err)
{
    struct arena arena;
    const size_t size = engine_size(&fixed->config, err);
    if (size == 0)
        return false;
    const size_t whole = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    fixed->memory = aligned_alloc(ARENA_ALIGN, whole);
    if (fixed->memory == NULL)
        return error_system(err, NULL, "engine", ENOMEM);
    arena_init(&arena, fixed->memory, whole);
    builder_init(&fixed->builder);
    feed_init(&fixed->feed);
    return engine_init(&fixed->engine, &fixed->config, &arena, err) &&
           devices_open(&fixed->devices, &fixed->config, cli->drivers, cli->n_drivers, NULL, err) &&
           devices_start(&fixed->devices, err);
}

static bool tick(struct fixed *fixed, int64_t n, struct error *err)
{
    struct frame_in *in = &fixed->frames[n % 2], *next = &fixed->frames[(n + 1) % 2];
    struct task_outcome outcome;
    in->n = n;
    in->due_ns = in->wake_ns = n * fixed->config.period_ns;
    if (feed_wants(&fixed->feed, &outcome)) {
        if (!task_plan(fixed->task, &outcome, &fixed->trial, err))
            return false;
        feed_planned(&fixed->feed);
        in->plan = &fixed->trial;
    }
    devices_read(&fixed->devices, in);
    builder_order(&fixed->builder, in);
    engine_tick(fixed->engine, in, &fixed->out);
    frame_in_clear(next);
    devices_write(&fixed->devices, &fixed->out, in->wake_ns, next);
    feed_tick(&fixed->feed, &fixed->out);
    return true;
}

bool bench_fixed_run(const struct cli *cli, struct error *err)
{
    char scratch[BENCH_SCRATCH_PATH] = "";
    struct fixed *fixed = calloc(1, sizeof *fixed);
    bool ok = fixed != NULL ? bench_scratch_open(scratch, err) : error_system(err, NULL, "memory", ENOMEM);
    ok = ok && load(cli, fixed, scratch, err) && build(cli, fixed, err);
    if (ok)
        frame_in_clear(&fixed->frames[0]);
    for (int64_t n = 0; ok && n < BENCH_FIXED_TICKS; n++)
        ok = tick(fixed, n, err);
    bench_scratch_close(scratch);
    if (fixed != NULL) {
        devices_close(&fixed->devices);
        task_free(fixed->task);
        free(fixed->memory);
    }
    free(fixed);
    return ok;
}

bool bench_fixed_count(double *instructions)
{
    char scratch[BENCH_SCRATCH_PATH], out[BENCH_SCRATCH_PATH + 32], said[BENCH_SCRATCH_PATH + 16], line[256];
    char self[FOLDER_PATH_MAX] = ""; /* a link of valgrind's own process would be valgrind */
    struct error err;
    double total = 0;
    if (readlink("/proc/self/exe", self, sizeof self - 1) < 0 || !bench_scratch_open(scratch, &err))
        return false;
    snprintf(out, sizeof out, "--callgrind-out-file=%s/callgrind", scratch);
    snprintf(said, sizeof said, "%s/said", scratch);
    const char *const argv[] = {"valgrind",
                                "--tool=callgrind",
                                "--collect-atstart=no",
                                "--toggle-collect=engine_tick",
                                out,
                                self,
                                "bench",
                                "--fixed",
                                NULL};
    const bool ran = bench_scratch_run(argv, said) == 0;
    FILE *file = ran ? fopen(out + sizeof "--callgrind-out-file=" - 1, "re") : NULL;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "totals:", 7) == 0 || strncmp(line, "summary:", 8) == 0)
            total = strtod(strchr(line, ':') + 1, NULL);
    if (file != NULL)
        fclose(file);
    bench_scratch_close(scratch);
    *instructions = total / BENCH_FIXED_TICKS;
    return total > 0;
}
