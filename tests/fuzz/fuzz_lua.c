/* A rig or task file from anywhere: what is taken can be journaled and run. The first byte says which it is. */
#include "drivers/sim/sim.h"
#include "planner/rig.h"
#include "planner/task.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { TRIALS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct driver_ops *const drivers[] = {&sim_driver};

static void try_rig(const char *path)
{
    static struct config config;
    struct error err;
    if (rig_load(path, drivers, 1, &config, &err) && !config_check(&config, &err))
        abort();
}

static void try_task(const char *path)
{
    static struct config rig, config;
    static struct trial trial;
    struct task *task;
    struct error err;
    if (rig.n_devices == 0 && !rig_load("rig-configs/sim.lua", drivers, 1, &rig, &err))
        abort();
    config = rig;
    if (!task_load(&task, path, NULL, 0, 1, &config, &err))
        return;
    if (!config_check(&config, &err))
        abort();
    struct task_outcome last = {0};
    for (int i = 0; i < TRIALS && config.has_task != 0; i++) {
        if (task_plan(task, &last, &trial, &err) || task_fallback(task, &last, &trial)) {
            if (!trial_check(&trial, &config, &err) || trial.number != last.number + 1)
                abort();
        }
        last = (struct task_outcome){.number = i + 1, .n_licks = 3, .duration_ns = 1000000000, .visits = {1}};
    }
    task_free(task);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    const int file = memfd_create("fuzz", 0);
    if (size == 0) {
        close(file);
        return 0;
    }
    if (file < 0 || write(file, data + 1, size - 1) != (ssize_t)(size - 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (data[0] == 'r')
        try_rig(path);
    else
        try_task(path);
    close(file);
    return 0;
}
