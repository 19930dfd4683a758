#include "cli/run_prepare.h"
#include "cli/day.h"
#include "engine/base/units.h"
#include "log.h"
#include "planner/rig.h"
#include "planner/sandbox.h"
#include "planner/task.h"
#include "realtime/clock.h"
#include "session/calibration.h"
#include "session/sheet.h"
#include "session/yoke.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static const uint64_t RING_MIN = (uint64_t)4 << 20; /* 5 s at 1 kHz: less is no protection against a slow disk */

/* True if the options set the parameter that `kept` sets. */
static bool is_given(const struct run_options *options, const char *kept)
{
    const size_t n = strcspn(kept, "=") + 1;
    for (size_t i = 0; i < options->n_set; i++)
        if (strncmp(options->set[i], kept, n) == 0)
            return true;
    return false;
}

/* Parameters kept for the animal, and behind them those that were given. */
static bool collect_set(const struct run_options *options, struct run_prepared *prepared, struct error *err)
{
    char task[CONFIG_NAME];
    const char *kept[ANIMAL_SETS_MAX];
    struct animal *animal;
    if (options->keep && options->animal == NULL)
        return error_set(err, ERROR_USAGE, NULL, "--keep", NULL, "an --animal to keep it for");
    if (options->animal != NULL) {
        if (!animal_open(&animal, options->animal, err))
            return false;
        sandbox_stem(options->task, task, sizeof task);
        const size_t n = animal_sets(animal, task, prepared->kept, kept);
        animal_close(animal);
        for (size_t i = 0; i < n; i++)
            if (!is_given(options, kept[i]))
                prepared->set[prepared->n_set++] = kept[i];
    }
    prepared->n_kept = prepared->n_set;
    for (size_t i = 0; i < options->n_set; i++)
        prepared->set[prepared->n_set++] = options->set[i];
    return true;
}

/* An error in what is kept names the animal's file, not an option that nobody gave. */
static void blame_kept(const struct run_options *options, const struct run_prepared *prepared, struct error *err)
{
    char folder[FOLDER_PATH_MAX];
    struct error ignored;
    if (strcmp(err->where, "--set") != 0 || !animal_folder(options->animal, folder, &ignored))
        return;
    for (size_t i = 0; i < prepared->n_kept; i++)
        if (strncmp(prepared->set[i], err->what, strlen(err->what)) == 0 && prepared->set[i][strlen(err->what)] == '=')
            snprintf(err->where, sizeof err->where, "%.100s/%s", folder, ANIMAL_FILE);
}

/* Keeps what was given, now that it has proved right. */
static bool keep_set(const struct run_options *options, const struct config *config, struct error *err)
{
    struct animal *animal;
    if (!options->keep)
        return true;
    bool ok = animal_open(&animal, options->animal, err);
    for (size_t i = 0; ok && i < options->n_set; i++)
        ok = animal_keep(animal, config->task, options->set[i], err);
    ok = ok && animal_save(animal, err);
    animal_close(animal);
    return ok;
}

static bool load_config(const struct run_options *options, const struct driver_ops *const *drivers, size_t n_drivers,
                        struct run_prepared *prepared, struct config_loop *loop, struct error *err)
{
    struct config *config = &prepared->config;
    struct task *task = NULL;
    uint32_t n_calibrated;
    int64_t tai_s;
    if (!collect_set(options, prepared, err) || !rig_load_loop(options->rig, drivers, n_drivers, config, loop, err) ||
        !calibration_apply(config, clock_realtime(&tai_s), &n_calibrated, err))
        return false;
    config->seed = options->seed;
    if (options->n_seed == 0 && getrandom(&config->seed, sizeof config->seed, 0) != (ssize_t)sizeof config->seed)
        return error_system(err, NULL, "a random seed", errno);
    if (options->animal != NULL)
        snprintf(config->animal, sizeof config->animal, "%s", options->animal);
    if (options->duration_s > 0)
        config->duration_ns = units_ns(options->duration_s);
    const bool ok = task_load(&task, options->task, prepared->set, prepared->n_set, config->seed, config, err);
    if (!ok && prepared->n_kept > 0)
        blame_kept(options, prepared, err);
    task_free(task);
    return ok && yoke_fill(config, options->yoke, err) && config_check(config, err);
}

/* A device that replays takes its session from the folder that the rig file lies in. */
static bool open_recording(const char *rig, struct run_prepared *prepared, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    bool wanted = false;
    for (uint32_t i = 0; i < prepared->config.n_devices; i++)
        wanted |= strcmp(prepared->config.devices[i].driver, "replay") == 0;
    if (!wanted)
        return true;
    const char *slash = strrchr(rig, '/');
    const int n = slash == NULL ? 1 : (int)(slash - rig);
    if (snprintf(path, sizeof path, "%.*s/%s", n, slash == NULL ? "." : rig, FOLDER_JOURNAL) >= (int)sizeof path)
        return error_set(err, ERROR_USAGE, rig, "path", NULL, "at most %d bytes", FOLDER_PATH_MAX);
    if (!recording_open(&prepared->recording, path, err))
        return false;
    prepared->session.recording = recording_source(prepared->recording);
    return true;
}

/* $PHASIC_DATA/DATE_TIME_ANIMAL_TASK, or the same in ~/phasic. */
static bool name_folder(const struct run_options *options, struct run_prepared *prepared, struct error *err)
{
    char time[CONFIG_NAME];
    int64_t tai_s;
    const char *data = getenv("PHASIC_DATA"), *home = getenv("HOME");
    if (options->out != NULL) {
        if (snprintf(prepared->folder, FOLDER_PATH_MAX, "%s", options->out) < FOLDER_PATH_MAX)
            return true;
        return error_set(err, ERROR_USAGE, NULL, "--out", NULL, "at most %d bytes", FOLDER_PATH_MAX);
    }
    if (data == NULL && home == NULL)
        return error_set(err, ERROR_USAGE, NULL, "--out", NULL, "a folder, or PHASIC_DATA in the environment");
    sheet_time(clock_realtime(&tai_s), time);
    for (char *c = time; *c != '\0'; c++)
        *c = *c == 'T' ? '_' : *c == ':' ? '-' : *c == 'Z' ? '\0' : *c;
    const char *animal = options->animal != NULL ? options->animal : "no-animal";
    const int n = snprintf(prepared->folder, FOLDER_PATH_MAX, "%s%s/%s_%s_%s", data != NULL ? data : home,
                           data != NULL ? "" : "/phasic", time, animal, prepared->config.task);
    return n < FOLDER_PATH_MAX ||
           error_set(err, ERROR_USAGE, NULL, "PHASIC_DATA", NULL, "a path of at most %d bytes", FOLDER_PATH_MAX);
}

/* A small /dev/shm gives a smaller ring rather than no session. */
static bool create_shared(struct run_prepared *prepared, struct error *err)
{
    const uint64_t wanted = shared_ring_size(&prepared->config);
    for (uint64_t size = wanted; size >= RING_MIN; size /= 2) {
        if (!shared_create(&prepared->session.shared, &prepared->config, size, err))
            continue;
        if (size < wanted)
            log_event(LOG_WARN, "ring.small", "mib=%llu wanted_mib=%llu why=\"%s\"", (unsigned long long)(size >> 20),
                      (unsigned long long)(wanted >> 20), err->expected);
        *err = (struct error){0};
        return true;
    }
    return false;
}

bool run_prepare(const struct run_options *options, const struct driver_ops *const *drivers, size_t n_drivers,
                 struct run_prepared *prepared, struct error *err)
{
    struct config_loop loop;
    *prepared = (struct run_prepared){0};
    if (!load_config(options, drivers, n_drivers, prepared, &loop, err) ||
        !open_recording(options->rig, prepared, err) || !name_folder(options, prepared, err) ||
        !folder_create(prepared->folder, err) || !keep_set(options, &prepared->config, err) ||
        !day_begin(&prepared->config, prepared->folder, err) ||
        !folder_copy(prepared->folder, FOLDER_RIG, options->rig, err) ||
        !folder_copy(prepared->folder, FOLDER_TASK, options->task, err) ||
        !yoke_write(prepared->folder, &prepared->config, options->yoke, err) || !create_shared(prepared, err)) {
        run_prepare_close(prepared);
        return false;
    }
    prepared->session.shared->loop = loop;
    prepared->session.folder = prepared->folder;
    prepared->session.set = prepared->set;
    prepared->session.n_set = prepared->n_set;
    return true;
}

void run_prepare_close(struct run_prepared *prepared)
{
    recording_close(prepared->recording);
    shared_detach(prepared->session.shared);
    *prepared = (struct run_prepared){0};
}
