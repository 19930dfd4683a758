#include "host.h"
#include "engine/base/units.h"
#include "log.h"
#include "planner/feed.h"
#include "planner/task.h"
#include "realtime/clock.h"
#include "session/drain.h"
#include "session/folder.h"
#include "session/journal.h"
#include "session/manifest.h"
#include "session/recorder.h"
#include "session/sheet.h"
#include "session/summary.h"
#include "wire/record.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int64_t RECORD_NS = 10 * MS; /* between two looks into the ring: a flush at most every 20 ms */
static const int64_t PLAN_NS = 2 * MS;    /* the same of the planner: a trial is wanted now */

struct host {
    const struct host_config *config;
    struct shared *shared;
    struct recorder *recorder;
    struct task *task; /* NULL: the session only listens */
    struct folder_session sheet;
    bool sheet_running; /* session.json names the core's process */
    _Atomic bool over;  /* the planner shall end */
};

static void report(const struct error *err)
{
    char line[1024];
    fprintf(stderr, "phasic: %s\n", error_line(err, line, sizeof line));
}

/* The planner. */

struct planner {
    struct host *host;
    struct feed feed;
    struct drain drain;
    int64_t last_n;    /* number of the newest tick taken in, -1 before the first */
    uint64_t position; /* in the ring */
};

/* Hands a trial to the core as soon as it has taken the one before. */
static void post(struct planner *planner, const struct trial *trial)
{
    struct shared *shared = planner->host->shared;
    if (trial->number <= atomic_load_explicit(&shared->plan_posted, memory_order_relaxed))
        return; /* posted by the host before this one */
    while (atomic_load_explicit(&shared->plan_taken, memory_order_acquire) !=
           atomic_load_explicit(&shared->plan_posted, memory_order_relaxed)) {
        if (atomic_load(&planner->host->over))
            return;
        clock_pause(MS);
    }
    shared->plan = *trial;
    atomic_store_explicit(&shared->plan_posted, trial->number, memory_order_release);
}

/* False: the task failed, and its policy is not to repeat; the engine ends the session for want of a plan. */
static bool plan(struct planner *planner)
{
    struct task_outcome outcome;
    struct trial trial;
    struct error err = {0};
    while (feed_wants(&planner->feed, &outcome)) {
        if (!task_plan(planner->host->task, &outcome, &trial, &err)) {
            report(&err);
            if (!task_fallback(planner->host->task, &outcome, &trial))
                return false;
            log_event(LOG_WARN, "planner.fallback", "trial=%lld", (long long)trial.number);
        }
        feed_planned(&planner->feed);
        post(planner, &trial);
    }
    return true;
}

/* Takes in what a host before this one has recorded. */
static bool catch_up(struct planner *planner, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    struct journal_reader *reader = NULL;
    enum journal_event event = JOURNAL_PLAN;
    planner->position = atomic_load_explicit(&planner->host->shared->ring.tail, memory_order_acquire);
    if (!folder_path(planner->host->config->folder, FOLDER_JOURNAL, path, err) || !journal_open(&reader, path, err))
        return false;
    bool ok = true;
    while (ok && event != JOURNAL_END) {
        ok = journal_next(reader, &event, err);
        if (!ok || event != JOURNAL_TICK)
            continue;
        planner->last_n = journal_frame_in(reader)->n;
        feed_tick(&planner->feed, journal_frame_out(reader));
        if (!plan(planner))
            break;
    }
    journal_close(reader);
    return ok;
}

/* Everything that is in the ring now. False: the planner is done. */
static bool follow(struct planner *planner)
{
    const struct ring *ring = &planner->host->shared->ring;
    for (;;) {
        const uint64_t at = planner->position;
        const enum drain_result result = drain_next(ring, &planner->position, &planner->drain);
        if (!ring_valid(ring, at)) {
            log_event(LOG_ERROR, "planner.lapped", "position=%llu", (unsigned long long)at);
            _exit(1); /* a new host reads it from the journal */
        }
        if (result == DRAIN_EMPTY || result == DRAIN_BROKEN)
            return result == DRAIN_EMPTY;
        if (result == DRAIN_ILLEGAL || planner->drain.type != RECORD_TICK || planner->drain.in.n <= planner->last_n)
            continue;
        planner->last_n = planner->drain.in.n;
        feed_tick(&planner->feed, &planner->drain.out);
        if (!plan(planner))
            return false;
    }
}

static void *plan_thread(void *argument)
{
    struct planner *planner = argument;
    while (!atomic_load(&planner->host->over) && follow(planner))
        clock_pause(PLAN_NS);
    return NULL;
}

/* The recorder, and the process. */

static bool open_task(struct host *host, struct error *err)
{
    struct config config = host->shared->config;
    char path[FOLDER_PATH_MAX];
    if (config.has_task == 0)
        return true;
    /* the declarations are in the config already; loading them again only fills the copy */
    config.n_cues = config.n_models = config.n_observes = config.n_triggers = config.n_trains = 0;
    config.n_counters = config.n_messages = 0;
    return folder_path(host->config->folder, FOLDER_TASK, path, err) &&
           task_load(&host->task, path, host->config->set, host->config->n_set, config.seed, &config, err);
}

/* session.json, once when the journal is open and again when the core runs. */
static bool write_sheet(struct host *host, struct error *err)
{
    const struct shared *shared = host->shared;
    const int64_t start_ns = atomic_load(&shared->start_ns);
    int64_t tai_s;
    const int64_t realtime_ns = clock_realtime(&tai_s) - (start_ns == 0 ? 0 : clock_now() - start_ns);
    sheet_begin(&host->sheet, &shared->config, host->config->version, realtime_ns, shared->name,
                atomic_load(&shared->core_pid));
    for (size_t i = 0; host->task != NULL && i < task_n_params(host->task) && i < FOLDER_PARAMS_MAX; i++)
        snprintf(host->sheet.params[host->sheet.n_params++], FOLDER_TEXT, "%s", task_param(host->task, i));
    host->sheet_running = start_ns != 0;
    return folder_write_session_json(host->config->folder, &host->sheet, err);
}

static bool host_open(struct host *host, struct error *err)
{
    return open_task(host, err) &&
           recorder_open(&host->recorder, host->config->folder, &host->shared->config, &host->shared->ring, err) &&
           write_sheet(host, err);
}

/* True if nobody is left who could write into the ring. */
static bool abandoned(const struct host *host)
{
    if (getppid() == atomic_load(&host->shared->keeper_pid))
        return false;
    const pid_t core = atomic_load(&host->shared->core_pid);
    return core == 0 || (kill(core, 0) != 0 && errno == ESRCH);
}

static void record(struct host *host)
{
    struct error err = {0};
    struct recorder_counts counts;
    while (!recorder_closed(host->recorder)) {
        const bool last = abandoned(host);
        atomic_fetch_add(&host->shared->host_beat, 1);
        (void)recorder_step(host->recorder, clock_now(), &err); /* it has logged why, and goes on trying */
        recorder_count(host->recorder, &counts);
        atomic_store(&host->shared->journal_failing, counts.failing);
        if (!host->sheet_running && atomic_load(&host->shared->start_ns) != 0 && !write_sheet(host, &err))
            report(&err);
        if (last)
            return;
        clock_pause(RECORD_NS);
    }
}

/* What is made from the journal when it is complete. A failure here loses nothing: it can be made again. */
static void conclude(struct host *host)
{
    static struct summary summary;
    char path[FOLDER_PATH_MAX];
    struct error err = {0};
    if (!folder_path(host->config->folder, FOLDER_JOURNAL, path, &err) || !summary_make(path, &summary, &err) ||
        !summary_write(host->config->folder, &summary, &err)) {
        report(&err);
        return;
    }
    sheet_end(&host->sheet, &summary);
    if (!folder_write_session_json(host->config->folder, &host->sheet, &err) ||
        !manifest_write(host->config->folder, &err))
        report(&err);
}

int host_main(const struct host_config *config)
{
    static struct planner planner;
    struct host host = {.config = config, .shared = config->shared};
    struct error err = {0};
    pthread_t thread;
    bool running = false;
    int status = 1;
    if (!host_open(&host, &err))
        goto fail;
    planner = (struct planner){.host = &host, .last_n = -1};
    feed_init(&planner.feed);
    if (host.task != NULL) {
        if (!plan(&planner))
            goto done; /* it has said why */
        if (!catch_up(&planner, &err))
            goto fail;
        running = pthread_create(&thread, NULL, plan_thread, &planner) == 0;
        if (!running) {
            error_system(&err, NULL, "planner thread", EAGAIN);
            goto fail;
        }
    }
    atomic_store(&config->shared->host_ready, 1);
    record(&host);
    const bool orphan = getppid() != atomic_load(&config->shared->keeper_pid);
    struct recorder *recorder = host.recorder;
    host.recorder = NULL;
    if (!recorder_finish(recorder, clock_now(), &err))
        goto fail;
    conclude(&host);
    if (orphan)
        shared_unlink(config->shared); /* the keeper would have */
    status = 0;
    goto done;
fail:
    report(&err);
done:
    atomic_store(&host.over, true);
    if (running)
        pthread_join(thread, NULL);
    recorder_abandon(host.recorder);
    task_free(host.task);
    return status;
}
