#include "session/recover.h"
#include "session/folder.h"
#include "session/journal.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_RECORDS = 2000 }; /* a block of the rescued journal: two seconds of ticks */

/* Adds the reader's record to the new journal. A plan goes with its tick: behind damage it may have lost it. */
static bool copy_record(const struct journal_reader *reader, enum journal_event event, struct journal_writer *writer,
                        struct error *err)
{
    switch (event) {
    case JOURNAL_TICK:
        if (journal_frame_in(reader)->plan != NULL && !journal_add_plan(writer, journal_frame_in(reader)->plan, err))
            return false;
        return journal_add_tick(writer, journal_frame_in(reader), journal_frame_out(reader), journal_times(reader),
                                err);
    case JOURNAL_ANCHOR:
        return journal_add_anchor(writer, journal_anchor(reader), err);
    case JOURNAL_CLOSE:
        return journal_add_close(writer, journal_close_record(reader), err);
    case JOURNAL_PLAN:
    case JOURNAL_END:
        break;
    }
    return true;
}

/* Reads all that can be read; writer NULL: only to count. */
static bool read_all(struct journal_reader *reader, struct journal_writer *writer, struct error *err)
{
    enum journal_event event = JOURNAL_TICK;
    for (uint64_t i = 1; event != JOURNAL_END; i++) {
        if (!journal_next(reader, &event, err))
            return false;
        if (writer != NULL && !copy_record(reader, event, writer, err))
            return false;
        if (writer != NULL && i % BLOCK_RECORDS == 0 && !journal_flush(writer, 0, true, false, err))
            return false;
    }
    return true;
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
        .closed = counts.closed,
        .cut = counts.cut,
        .time_to_safe_ms = -1,
    };
    const struct record_close *close = journal_close_record(reader);
    snprintf(report->reason, sizeof report->reason, "%s", counts.closed ? frame_end_words(close->reason) : "unknown");
    if (!counts.closed)
        return;
    if (close->ticks >= report->ticks)
        report->lost_ticks = close->ticks - report->ticks;
    report->outputs_safe = close->safe_after_ns >= 0;
    report->time_to_safe_ms = close->safe_after_ns >= 0 ? (double)close->safe_after_ns * 1e-6 : -1;
}

/* Reads the journal once more and writes what can be read beside it. */
static bool write_rescued(const char *from, const char *to, struct error *err)
{
    char temporary[FOLDER_PATH_MAX + 8];
    struct journal_reader *reader = NULL;
    struct journal_writer *writer = NULL;
    snprintf(temporary, sizeof temporary, "%s.tmp", to);
    unlink(temporary); /* of an earlier try */
    if (!journal_open(&reader, from, err))
        return false;
    journal_set_salvage(reader, true);
    bool ok = journal_create_like(&writer, temporary, reader, err) && read_all(reader, writer, err);
    if (ok)
        ok = journal_finish(writer, 0, err);
    else
        journal_abandon(writer);
    journal_close(reader);
    if (ok && rename(temporary, to) != 0)
        ok = error_system(err, to, "writing the file", errno);
    if (!ok)
        unlink(temporary);
    return ok;
}

bool recover_session(const char *folder, struct recover_report *report, struct error *err)
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
    report->written = write_rescued(from, to, err);
    return report->written;
}
