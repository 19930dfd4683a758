#include "session/recorder.h"
#include "engine/base/units.h"
#include "log.h"
#include "session/drain.h"
#include "session/folder.h"
#include "session/journal.h"
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FLUSH_RECORDS = 1000,  /* of a backlog at a time: a second of ticks */
    STEP_RECORDS = 20000,  /* a call: a tenth of a second of work */
    BLOCK_RECORDS = 10000, /* of a backlog: a second at the highest tick rate */
};

static const int64_t SYNC_NS = 1 * S;  /* what a power cut may cost */
static const int64_t RETRY_NS = 1 * S; /* between two tries to write again */

struct recorder {
    char path[FOLDER_PATH_MAX];
    const struct config *config;
    struct ring *ring;
    struct journal_writer *writer; /* NULL: an outage */
    uint64_t position;             /* taken from the ring up to here */
    uint64_t flushed;              /* the journal goes up to here */
    uint64_t close_at;             /* where the close record lies, if `closed` */
    off_t synced_bytes;            /* of the file, when the disk last confirmed it */
    int64_t synced_ns, retry_ns, failed_ns;
    uint32_t n_unflushed, n_block; /* records since the last flush; since the block began */
    bool closed, closed_flushed;   /* the close record is taken; it has reached the kernel */
    struct error fault;            /* of the outage */
    struct recorder_counts counts;
    struct drain drain;
};

/* Makes the journal, complete with its config or not at all: a recorder killed in here leaves nothing to go on with. */
static bool make_journal(const struct recorder *recorder, const struct config *config, struct error *err)
{
    char temporary[FOLDER_PATH_MAX + 8];
    struct journal_writer *writer;
    snprintf(temporary, sizeof temporary, "%s.new", recorder->path);
    unlink(temporary);
    bool ok = journal_create(&writer, temporary, JOURNAL_RUN, config, err) && journal_finish(writer, 0, err);
    if (ok && rename(temporary, recorder->path) != 0)
        ok = error_system(err, recorder->path, "creating the journal", errno);
    if (!ok)
        unlink(temporary);
    return ok;
}

/* Opens the journal at its end and finds the place in the ring where it goes on. */
static bool take_up(struct recorder *recorder, struct error *err)
{
    const uint64_t head = atomic_load_explicit(&recorder->ring->head, memory_order_acquire);
    const uint64_t tail = atomic_load_explicit(&recorder->ring->tail, memory_order_relaxed);
    struct stat stat_now;
    if (!journal_resume(&recorder->writer, recorder->path, &recorder->flushed, err))
        return false;
    if (stat(recorder->path, &stat_now) != 0) {
        error_system(err, recorder->path, "opening the journal", errno);
        goto fail;
    }
    if (recorder->flushed > head) {
        error_set(err, ERROR_INPUT, recorder->path, "journal", "further than the ring", "this session's journal");
        goto fail;
    }
    recorder->position = recorder->flushed;
    if (recorder->position < tail) {
        log_event(LOG_ERROR, "journal.gap", "ring_bytes=%" PRIu64, tail - recorder->position);
        recorder->position = tail;
    }
    recorder->synced_bytes = stat_now.st_size;
    recorder->n_unflushed = recorder->n_block = 0;
    recorder->closed = drain_find_close(recorder->ring, recorder->position, &recorder->drain, &recorder->close_at);
    recorder->closed_flushed = recorder->closed;
    return true;
fail:
    journal_abandon(recorder->writer);
    recorder->writer = NULL;
    return false;
}

bool recorder_open(struct recorder **result, const char *folder, const struct config *config, struct ring *ring,
                   struct error *err)
{
    *result = NULL;
    struct recorder *recorder = calloc(1, sizeof *recorder);
    if (recorder == NULL)
        return error_system(err, folder, "recorder", ENOMEM);
    recorder->ring = ring;
    recorder->config = config;
    recorder->synced_ns = INT64_MIN;
    if (!folder_path(folder, FOLDER_JOURNAL, recorder->path, err))
        goto fail;
    if (access(recorder->path, F_OK) != 0 && !make_journal(recorder, config, err))
        goto fail;
    if (!take_up(recorder, err))
        goto fail;
    *result = recorder;
    return true;
fail:
    recorder_abandon(recorder);
    return false;
}

/* Cuts off what the disk has not confirmed: after a failed sync nobody knows what of it is there. */
static bool cut(const struct recorder *recorder, struct error *err)
{
    struct stat stat_now;
    const bool found = stat(recorder->path, &stat_now) == 0;
    if (found && (stat_now.st_size <= recorder->synced_bytes || truncate(recorder->path, recorder->synced_bytes) == 0))
        return true;
    return error_system(err, recorder->path, "cutting the journal's tail", errno);
}

/* The journal can't be written. What is cut off here, at once so that nobody else goes on from it, is taken from the
 * ring again. */
static bool give_up(struct recorder *recorder, int64_t now_ns, const struct error *why, struct error *err)
{
    char line[1024];
    journal_abandon(recorder->writer);
    recorder->writer = NULL;
    recorder->closed = recorder->closed_flushed = false;
    (void)!cut(recorder, NULL); /* try_again does it again */
    if (!recorder->counts.failing) {
        recorder->counts.failing = true;
        recorder->counts.outages++;
        recorder->failed_ns = now_ns;
        log_event(LOG_ERROR, "journal.failed", "error=\"%s\"", error_line(why, line, sizeof line));
    }
    recorder->fault = *why;
    recorder->retry_ns = now_ns + RETRY_NS;
    if (err != NULL)
        *err = *why;
    return false;
}

static bool try_again(struct recorder *recorder, int64_t now_ns, struct error *err)
{
    struct error why = {0};
    if (access(recorder->path, F_OK) != 0 && errno == ENOENT) { /* what it held is lost: take_up says so */
        recorder->synced_bytes = 0;
        return (make_journal(recorder, recorder->config, &why) && take_up(recorder, &why)) ||
               give_up(recorder, now_ns, &why, err);
    }
    return (cut(recorder, &why) && take_up(recorder, &why)) || give_up(recorder, now_ns, &why, err);
}

static void refuse(struct recorder *recorder, const char *why)
{
    if (recorder->counts.illegal++ == 0)
        log_event(LOG_ERROR, "journal.illegal", "error=\"%s\"", why);
}

/* Takes the record at the position. False and *err: writing failed. */
static bool take(struct recorder *recorder, enum drain_result result, uint64_t at, struct error *err)
{
    struct error why = {0};
    char line[1024];
    if (result == DRAIN_BROKEN) {
        recorder->position = atomic_load_explicit(&recorder->ring->head, memory_order_acquire);
        refuse(recorder, "the ring is broken: what is in it is lost");
        return true;
    }
    if (result == DRAIN_ILLEGAL || recorder->closed) {
        refuse(recorder, recorder->closed ? "a record after the close record" : "bytes that are no record");
        return true;
    }
    if (!drain_add(&recorder->drain, recorder->writer, &why)) {
        if (why.kind == ERROR_INPUT)
            refuse(recorder, error_line(&why, line, sizeof line));
        else if (err != NULL)
            *err = why;
        return why.kind == ERROR_INPUT;
    }
    recorder->n_unflushed++;
    recorder->n_block++;
    recorder->counts.records++;
    recorder->counts.ticks += recorder->drain.type == RECORD_TICK;
    if (recorder->drain.type == RECORD_CLOSE) {
        recorder->closed = true;
        recorder->close_at = at;
    }
    return true;
}

/* Hands what was taken to the kernel; `sync`: to the disk, and releases it. */
static bool flush(struct recorder *recorder, bool sync, struct error *err)
{
    struct stat stat_now;
    bool restored = false;
    if (recorder->n_unflushed > 0)
        recorder->flushed = recorder->position;
    if (!journal_flush(recorder->writer, recorder->flushed, sync, sync, err))
        return false;
    recorder->n_unflushed = 0;
    recorder->closed_flushed = recorder->closed;
    if (!sync)
        return true;
    if (!journal_keep(recorder->writer, &restored, err))
        return false;
    if (restored)
        log_event(LOG_ERROR, "journal.removed", "path=%s restored=yes", recorder->path);
    if (stat(recorder->path, &stat_now) != 0)
        return error_system(err, recorder->path, "writing the journal", errno);
    recorder->synced_bytes = stat_now.st_size;
    recorder->n_block = 0;
    const bool keep = recorder->closed && recorder->close_at < recorder->flushed;
    ring_release(recorder->ring, keep ? recorder->close_at : recorder->flushed);
    return true;
}

static bool is_sync_due(const struct recorder *recorder, int64_t now_ns)
{
    const uint64_t tail = atomic_load_explicit(&recorder->ring->tail, memory_order_relaxed);
    return recorder->counts.failing || recorder->synced_ns == INT64_MIN || now_ns - recorder->synced_ns >= SYNC_NS ||
           recorder->n_block >= BLOCK_RECORDS || recorder->position - tail >= recorder->ring->size / 4;
}

static bool flush_when_due(struct recorder *recorder, int64_t now_ns, bool sync, struct error *err)
{
    sync = sync || is_sync_due(recorder, now_ns);
    if (!flush(recorder, sync, err))
        return false;
    if (sync)
        recorder->synced_ns = now_ns;
    if (sync && recorder->counts.failing) {
        recorder->counts.failing = false;
        log_event(LOG_INFO, "journal.resumed", "after_s=%.1f", (double)(now_ns - recorder->failed_ns) * S_PER_NS);
    }
    return true;
}

/* Takes up to `max` records; *empty: there are no more. */
static bool take_all(struct recorder *recorder, int64_t now_ns, uint32_t max, bool *empty, struct error *err)
{
    *empty = false;
    for (uint32_t i = 0; i < max; i++) {
        const uint64_t at = recorder->position;
        const enum drain_result result = drain_next(recorder->ring, &recorder->position, &recorder->drain);
        *empty = result == DRAIN_EMPTY;
        if (*empty)
            break;
        if (!take(recorder, result, at, err))
            return false;
        if (recorder->n_unflushed >= FLUSH_RECORDS && !flush_when_due(recorder, now_ns, false, err))
            return false;
    }
    return true;
}

bool recorder_step(struct recorder *recorder, int64_t now_ns, struct error *err)
{
    struct error why = {0};
    bool empty;
    if (recorder->writer == NULL && now_ns < recorder->retry_ns) {
        if (err != NULL)
            *err = recorder->fault;
        return false;
    }
    if (recorder->writer == NULL && !try_again(recorder, now_ns, err))
        return false;
    return (take_all(recorder, now_ns, STEP_RECORDS, &empty, &why) && flush_when_due(recorder, now_ns, false, &why)) ||
           give_up(recorder, now_ns, &why, err);
}

bool recorder_closed(const struct recorder *recorder)
{
    return recorder->closed_flushed;
}

void recorder_count(const struct recorder *recorder, struct recorder_counts *counts)
{
    *counts = recorder->counts;
}

bool recorder_finish(struct recorder *recorder, int64_t now_ns, struct error *err)
{
    if (recorder == NULL)
        return true;
    struct error why = {0};
    bool empty = false;
    bool ok = recorder->writer != NULL || try_again(recorder, now_ns, err);
    while (ok && !empty)
        ok = take_all(recorder, now_ns, STEP_RECORDS, &empty, &why) || give_up(recorder, now_ns, &why, err);
    ok = ok && (flush_when_due(recorder, now_ns, true, &why) || give_up(recorder, now_ns, &why, err));
    recorder_abandon(recorder);
    return ok;
}

void recorder_abandon(struct recorder *recorder)
{
    if (recorder == NULL)
        return;
    journal_abandon(recorder->writer);
    free(recorder);
}
