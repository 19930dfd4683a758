#include "cli/simulation.h"
#include "cli/models.h"
#include "engine/base/arena.h"
#include "engine/base/units.h"
#include "planner/feed.h"
#include "planner/rig.h"
#include "realtime/builder.h"
#include "realtime/devices.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t STUCK_NS = 3600 * S; /* no timer is longer than an hour (trial_check) */

struct simulation {
    struct config config;
    double limit_ul[FRAME_OUTPUTS_MAX];
    char task_path[256];
    struct task *task;
    struct devices devices;
    struct engine *engine;
    void *memory; /* the engine's */
    struct builder builder;
    struct feed feed;
    struct frame_in frames[2]; /* alternate: what is confirmed of a tick's writes goes into the next one's */
    struct frame_out out;
    struct trial plan;
    bool planned; /* `plan` waits for the next tick */
    int64_t n, moved_ns;
};

/* Only devices that can't move anything may be driven faster than real time. */
static bool check_devices(const struct config *config, const struct simulation_setup *setup, struct error *err)
{
    for (uint32_t d = 0; d < config->n_devices; d++)
        for (size_t k = 0; k < setup->n_drivers; k++) {
            char what[96];
            const struct driver_ops *ops = setup->drivers[k];
            if (strcmp(ops->name, config->devices[d].driver) != 0 ||
                (ops->about.simulated && strcmp(ops->name, "replay")))
                continue;
            snprintf(what, sizeof what, "device.%s.driver", config->devices[d].name);
            return error_set(err, ERROR_INPUT, setup->rig, what, ops->name, "sim: simulate drives no real board");
        }
    return true;
}

static bool load(struct simulation *simulation, const struct simulation_setup *setup, struct error *err)
{
    struct config *config = &simulation->config;
    if (!rig_load(setup->rig, setup->drivers, setup->n_drivers, config, err) || !check_devices(config, setup, err))
        return false;
    config->seed = setup->seed;
    config->duration_ns = INT64_MAX;
    if (!task_load(&simulation->task, setup->task, setup->set, setup->n_set, setup->seed, config, err))
        return false;
    if (config->has_task == 0)
        return error_set(err, ERROR_INPUT, setup->task, "task", NULL, "function trial(n, last) ... end");
    if (!models_add_all(config, setup->models, setup->n_models, err))
        return false;
    bool watched[CONFIG_SIGNALS_MAX] = {false};
    bool all = true;
    for (uint32_t i = 0; i < config->n_models; i++)
        watched[config->models[i].signal] = true;
    for (uint32_t s = 0; s < config->n_signals; s++)
        all &= watched[s];
    if (!all && !models_add(config, "null_zero", err))
        return false;
    for (uint32_t i = 0; i < config->n_outputs; i++) {
        simulation->limit_ul[i] = config->outputs[i].max_session_ul;
        config->outputs[i].max_session_ul = (double)INFINITY;
        config->outputs[i].max_day_ul = 0;
        config->outputs[i].max_session_n = config->outputs[i].max_day_n = 0;
    }
    return true;
}

static bool start(struct simulation *simulation, const struct simulation_setup *setup, struct error *err)
{
    struct arena arena;
    const size_t size = engine_size(&simulation->config, err);
    const size_t whole = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    if (size == 0)
        return false;
    simulation->memory = aligned_alloc(ARENA_ALIGN, whole);
    if (simulation->memory == NULL)
        return error_system(err, setup->task, "engine", ENOMEM);
    arena_init(&arena, simulation->memory, whole);
    builder_init(&simulation->builder);
    feed_init(&simulation->feed);
    return engine_init(&simulation->engine, &simulation->config, &arena, err) &&
           devices_open(&simulation->devices, &simulation->config, setup->drivers, setup->n_drivers, NULL, err) &&
           devices_start(&simulation->devices, err);
}

bool simulation_open(struct simulation **simulation, const struct simulation_setup *setup, struct error *err)
{
    *simulation = calloc(1, sizeof **simulation);
    if (*simulation == NULL)
        return error_system(err, setup->task, "simulation", ENOMEM);
    snprintf((*simulation)->task_path, sizeof(*simulation)->task_path, "%s", setup->task);
    if (load(*simulation, setup, err) && start(*simulation, setup, err))
        return true;
    simulation_close(*simulation);
    *simulation = NULL;
    return false;
}

const struct config *simulation_config(const struct simulation *simulation)
{
    return &simulation->config;
}

double simulation_limit_ul(const struct simulation *simulation, uint32_t i)
{
    return i < simulation->config.n_outputs ? simulation->limit_ul[i] : (double)INFINITY;
}

const struct task *simulation_task(const struct simulation *simulation)
{
    return simulation->task;
}

/* Plans what is wanted. */
static bool plan(struct simulation *simulation, struct error *err)
{
    struct task_outcome outcome;
    if (!feed_wants(&simulation->feed, &outcome))
        return true;
    if (!task_plan(simulation->task, &outcome, &simulation->plan, err))
        return false;
    feed_planned(&simulation->feed);
    simulation->planned = true;
    return true;
}

static bool check_moves(struct simulation *simulation, int64_t now_ns, struct error *err)
{
    struct engine_view view;
    for (uint32_t i = 0; i < simulation->out.n_decisions; i++)
        if (simulation->out.decisions[i].kind == FRAME_STATE)
            simulation->moved_ns = now_ns;
    if (now_ns - simulation->moved_ns <= STUCK_NS)
        return true;
    engine_look(simulation->engine, &view);
    char what[96];
    snprintf(what, sizeof what, "state.%s of trial %lld", view.state, (long long)view.trial);
    return error_set(err, ERROR_INPUT, simulation->task_path, what, "lasts for an hour",
                     "a way out that comes also when the animal does nothing");
}

bool simulation_step(struct simulation *simulation, struct simulation_tick *tick, struct error *err)
{
    struct frame_in *in = &simulation->frames[simulation->n % 2], *next = &simulation->frames[(simulation->n + 1) % 2];
    if (simulation->out.finished != 0 || !plan(simulation, err))
        return false;
    in->n = simulation->n++;
    in->due_ns = in->wake_ns = in->n * simulation->config.period_ns;
    in->plan = simulation->planned ? &simulation->plan : NULL;
    simulation->planned = false;
    devices_read(&simulation->devices, in);
    builder_order(&simulation->builder, in);
    engine_tick(simulation->engine, in, &simulation->out);
    frame_in_clear(next);
    if (simulation->out.n_writes > 0)
        devices_write(&simulation->devices, &simulation->out, in->wake_ns, next);
    feed_tick(&simulation->feed, &simulation->out);
    *tick = (struct simulation_tick){.in = in, .out = &simulation->out, .engine = simulation->engine};
    return check_moves(simulation, in->wake_ns, err);
}

double simulation_weigh(const struct simulation *simulation, uint32_t i)
{
    const uint32_t device = simulation->config.outputs[i].device;
    const struct driver_ops *ops = simulation->devices.device[device].ops;
    return ops->weigh == NULL ? (double)NAN : ops->weigh(simulation->devices.device[device].driver, i);
}

void simulation_close(struct simulation *simulation)
{
    if (simulation == NULL)
        return;
    devices_stop(&simulation->devices);
    devices_close(&simulation->devices);
    task_free(simulation->task);
    free(simulation->memory);
    free(simulation);
}
