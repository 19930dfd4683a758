#include "session/recover.h"
#include "session/drain.h"
#include "session/folder.h"
#include "session/journal.h"
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_RECORDS = 2000 }; /* a block of the rescued journal: two seconds of ticks */

/* A rescue under way. */
struct rescue {
    const struct ring *ring;
    struct journal_writer *writer;
    struct recover_report *report;
    uint64_t n_records;
    int64_t n;         /* number of the last tick rescued, -1 before the first */
    int64_t anchor_ns; /* session time of the last anchor */
    bool has_plan;     /* the next tick takes drain.trial in */
    struct drain drain;
};

/* Adds the reader's record to the new journal. A plan goes with its tick: behind damage it may have lost it. */
static bool copy_record(const struct journal_reader *reader, enum journal_event event, struct rescue *rescue,
                        struct error *err)
{
    switch (event) {
    case JOURNAL_TICK:
        rescue->n = journal_frame_in(reader)->n;
        rescue->has_plan = false;
        if (journal_frame_in(reader)->plan != NULL &&
            !journal_add_plan(rescue->writer, journal_frame_in(reader)->plan, err))
            return false;
        return journal_add_tick(rescue->writer, journal_frame_in(reader), journal_frame_out(reader),
                                journal_times(reader), err);
    case JOURNAL_ANCHOR:
        rescue->anchor_ns = journal_anchor(reader)->session_ns;
        return journal_add_anchor(rescue->writer, journal_anchor(reader), err);
    case JOURNAL_CLOSE:
        return journal_add_close(rescue->writer, journal_close_record(reader), err);
    case JOURNAL_PLAN: /* if the journal ends here, its tick is the ring's first */
        rescue->has_plan = true;
        rescue->drain.trial = *journal_trial(reader);
        break;
    case JOURNAL_END:
        break;
    }
    return true;
}

static bool flush_now_and_then(struct rescue *rescue, struct error *err)
{
    return ++rescue->n_records % BLOCK_RECORDS != 0 || journal_flush(rescue->writer, 0, true, false, err);
}

/* Reads all that can be read; rescue NULL: only to count. */
static bool read_all(struct journal_reader *reader, struct rescue *rescue, struct error *err)
{
    enum journal_event event = JOURNAL_TICK;
    while (event != JOURNAL_END) {
        if (!journal_next(reader, &event, err))
            return false;
        if (rescue != NULL && (!copy_record(reader, event, rescue, err) || !flush_now_and_then(rescue, err)))
            return false;
    }
    return true;
}

static void report_close(const struct record_close *close, struct recover_report *report)
{
    report->closed = true;
    snprintf(report->reason, sizeof report->reason, "%s", frame_end_words(close->reason));
    if (close->ticks >= report->ticks)
        report->lost_ticks = close->ticks - report->ticks;
    report->outputs_safe = close->safe_after_ns >= 0;
    report->time_to_safe_ms = close->safe_after_ns >= 0 ? (double)close->safe_after_ns * 1e-6 : -1;
}

static void fill_report(const struct journal_reader *reader, struct recover_report *report)
{
    struct journal_counts counts;
    journal_count(reader, &counts);
    *report = (struct recover_report){
        .ticks = (int64_t)counts.ticks,
        .lost_ticks = (int64_t)counts.lost_ticks,
        .last_whole_byte = counts.last_whole_byte,
        .file_bytes = counts.file_bytes,
        .damaged_chunks = counts.damaged_chunks,
        .cut = counts.cut,
        .time_to_safe_ms = -1,
        .reason = "unknown",
    };
    if (counts.closed)
        report_close(journal_close_record(reader), report);
}

/* The ring's tick, with its plan. What the journal had already is stepped over. `err` is not NULL. */
static bool add_tick(struct rescue *rescue, struct error *err)
{
    struct recover_report *report = rescue->report;
    const int64_t n = rescue->drain.in.n;
    const bool has_plan = rescue->has_plan;
    rescue->has_plan = false;
    if (n <= rescue->n)
        return true;
    if (has_plan && !journal_add_plan(rescue->writer, &rescue->drain.trial, err)) {
        if (err->kind != ERROR_INPUT)
            return false;
        report->illegal_records++; /* the tick is good without it, as the recorder would have it */
    }
    if (!drain_add(&rescue->drain, rescue->writer, err))
        return false;
    if (report->from_ring == 0 && report->damaged_chunks > 0)
        report->lost_ticks += n - rescue->n - 1; /* more than skipped ticks may be missing here */
    report->from_ring++;
    report->ticks++;
    rescue->n = n;
    return true;
}

static bool add_from_ring(struct rescue *rescue, struct error *err)
{
    switch (rescue->drain.type) {
    case RECORD_TICK:
        return add_tick(rescue, err);
    case RECORD_PLAN:
        rescue->has_plan = true;
        return true;
    case RECORD_ANCHOR:
        if (rescue->drain.anchor.session_ns <= rescue->anchor_ns)
            return true;
        rescue->anchor_ns = rescue->drain.anchor.session_ns;
        break;
    case RECORD_CLOSE:
        report_close(&rescue->drain.close, rescue->report);
        break;
    }
    return drain_add(&rescue->drain, rescue->writer, err);
}

/* Appends what only the ring has. */
static bool read_ring(struct rescue *rescue, struct error *err)
{
    uint64_t position = atomic_load_explicit(&rescue->ring->tail, memory_order_acquire);
    while (!rescue->report->closed) {
        struct error why = {0};
        const enum drain_result result = drain_next(rescue->ring, &position, &rescue->drain);
        if (result == DRAIN_EMPTY)
            break;
        bool legal = result == DRAIN_RECORD;
        if (legal && !add_from_ring(rescue, &why)) {
            legal = false;
            if (why.kind != ERROR_INPUT) {
                if (err != NULL)
                    *err = why;
                return false;
            }
        }
        rescue->report->illegal_records += !legal;
        if (result == DRAIN_BROKEN)
            break;
        if (!flush_now_and_then(rescue, err))
            return false;
    }
    return true;
}

/* Reads the journal once more and writes what can be read beside it. */
static bool write_rescued(const char *from, const char *to, struct rescue *rescue, struct error *err)
{
    char temporary[FOLDER_PATH_MAX + 8];
    struct journal_reader *reader = NULL;
    snprintf(temporary, sizeof temporary, "%s.tmp", to);
    unlink(temporary); /* of an earlier try */
    if (!journal_open(&reader, from, err))
        return false;
    journal_set_salvage(reader, true);
    bool ok = journal_create_like(&rescue->writer, temporary, reader, err) && read_all(reader, rescue, err) &&
              (rescue->ring == NULL || read_ring(rescue, err));
    if (ok)
        ok = journal_finish(rescue->writer, 0, err);
    else
        journal_abandon(rescue->writer);
    journal_close(reader);
    if (ok && rename(temporary, to) != 0)
        ok = error_system(err, to, "writing the file", errno);
    if (!ok)
        unlink(temporary);
    return ok;
}

bool recover_session(const char *folder, const struct ring *ring, struct recover_report *report, struct error *err)
{
    char from[FOLDER_PATH_MAX], to[FOLDER_PATH_MAX];
    struct journal_reader *reader = NULL;
    *report = (struct recover_report){0};
    if (!folder_path(folder, FOLDER_JOURNAL, from, err) || !folder_path(folder, RECOVER_JOURNAL, to, err) ||
        !journal_open(&reader, from, err))
        return false;
    journal_set_salvage(reader, true);
    const bool ok = read_all(reader, NULL, err);
    if (ok)
        fill_report(reader, report);
    journal_close(reader);
    if (!ok)
        return false;
    if (report->closed && !report->cut && report->damaged_chunks == 0)
        return true;
    struct rescue *rescue = calloc(1, sizeof *rescue);
    if (rescue == NULL)
        return error_system(err, folder, "recovery", ENOMEM);
    rescue->ring = ring;
    rescue->report = report;
    rescue->n = -1;
    rescue->anchor_ns = INT64_MIN;
    report->written = write_rescued(from, to, rescue, err);
    free(rescue);
    return report->written;
}
