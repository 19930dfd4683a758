#include "session/rerun.h"
#include "engine/base/arena.h"
#include "session/folder.h"
#include "session/journal.h"
#include "wire/fields.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct rerun {
    struct journal_reader *journal;
    char path[FOLDER_PATH_MAX]; /* of the journal */
    struct engine *engine;
    void *memory; /* the engine's */
    struct frame_out out;
};

bool rerun_open(struct rerun **rerun, const char *session, struct error *err)
{
    *rerun = calloc(1, sizeof **rerun);
    if (*rerun == NULL)
        return error_system(err, session, NULL, ENOMEM);
    if (folder_journal(session, (*rerun)->path, err) && journal_open(&(*rerun)->journal, (*rerun)->path, err))
        return true;
    rerun_close(*rerun);
    *rerun = NULL;
    return false;
}

const struct config *rerun_config(const struct rerun *rerun)
{
    return journal_config(rerun->journal);
}

uint32_t rerun_engine_version(const struct rerun *rerun)
{
    return journal_engine_version(rerun->journal);
}

const struct engine *rerun_engine(const struct rerun *rerun)
{
    return rerun->engine;
}

static bool start(struct rerun *rerun, const struct config *config, struct error *err)
{
    struct arena arena;
    const size_t size = engine_size(config, err);
    if (size == 0)
        return false;
    const size_t whole = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    rerun->memory = aligned_alloc(ARENA_ALIGN, whole);
    if (rerun->memory == NULL)
        return error_system(err, rerun->path, "engine", ENOMEM);
    arena_init(&arena, rerun->memory, whole);
    return engine_init(&rerun->engine, config, &arena, err);
}

/* What differs between two lists of which the first `n` entries are in both. True: nothing among those. */
static bool same_entries(const struct fields *table, const void *recorded, const void *now, uint32_t n,
                         const char *list, uint32_t *at, struct rerun_difference *difference)
{
    char field[64];
    for (uint32_t i = 0; i < n; i++) {
        const void *a = (const char *)recorded + i * table->size, *b = (const char *)now + i * table->size;
        if (fields_differ(table, a, b, field, sizeof field, difference->recorded, difference->now,
                          sizeof difference->now) == NULL)
            continue;
        snprintf(difference->field, sizeof difference->field, "%s[%" PRIu32 "].%s", list, i, field);
        *at = i;
        return false;
    }
    return true;
}

static bool same_count(const char *name, uint32_t recorded, uint32_t now, struct rerun_difference *difference)
{
    if (recorded == now)
        return true;
    snprintf(difference->field, sizeof difference->field, "%s", name);
    snprintf(difference->recorded, sizeof difference->recorded, "%" PRIu32, recorded);
    snprintf(difference->now, sizeof difference->now, "%" PRIu32, now);
    return false;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static bool same_decisions(const struct frame_out *recorded, const struct frame_out *now,
                           struct rerun_difference *difference)
{
    uint32_t at = smaller(recorded->n_decisions, now->n_decisions);
    const bool entries =
        same_entries(&fields_decision, recorded->decisions, now->decisions, at, "decisions", &at, difference);
    if (entries && same_count("n_decisions", recorded->n_decisions, now->n_decisions, difference))
        return true;
    const bool missing = at < recorded->n_decisions; /* else the engine decides more than it did */
    const uint32_t kind = missing ? recorded->decisions[at].kind : now->decisions[at].kind;
    snprintf(difference->kind, sizeof difference->kind, "%s", frame_decision_name(kind));
    if (missing && at < now->n_decisions && kind != now->decisions[at].kind) {
        snprintf(difference->recorded, sizeof difference->recorded, "%s", difference->kind);
        snprintf(difference->now, sizeof difference->now, "%s", frame_decision_name(now->decisions[at].kind));
    }
    return false;
}

static bool same_writes(const struct frame_out *recorded, const struct frame_out *now,
                        struct rerun_difference *difference)
{
    uint32_t at = smaller(recorded->n_writes, now->n_writes);
    if (same_entries(&fields_write, recorded->writes, now->writes, at, "writes", &at, difference) &&
        same_count("n_writes", recorded->n_writes, now->n_writes, difference))
        return true;
    snprintf(difference->kind, sizeof difference->kind, "write");
    return false;
}

static bool same(const struct frame_out *recorded, const struct frame_out *now, struct rerun_difference *difference)
{
    return same_decisions(recorded, now, difference) && same_writes(recorded, now, difference) &&
           same_count("n_dropped", recorded->n_dropped, now->n_dropped, difference) &&
           same_count("finished", recorded->finished, now->finished, difference);
}

static void verify(const struct rerun_tick *tick, struct rerun_report *report)
{
    struct rerun_difference difference = {.tick = tick->in->n};
    if (!same(tick->recorded, tick->now, &difference) && report->mismatches++ == 0)
        report->first = difference;
}

/* Runs the tick at the reader's cursor. True: it was the last. */
static bool run_tick(struct rerun *rerun, const struct rerun_options *options, struct rerun_report *report)
{
    const struct rerun_tick tick = {.in = journal_frame_in(rerun->journal),
                                    .recorded = journal_frame_out(rerun->journal),
                                    .now = &rerun->out,
                                    .times = journal_times(rerun->journal),
                                    .engine = rerun->engine};
    engine_tick(rerun->engine, tick.in, &rerun->out);
    report->ticks++;
    report->session_ns = tick.in->wake_ns;
    report->decisions += tick.recorded->n_decisions + tick.recorded->n_writes;
    if (options->verify)
        verify(&tick, report);
    if (options->watch != NULL)
        options->watch(options->context, &tick);
    return options->verify ? tick.recorded->finished != 0 : rerun->out.finished != 0;
}

bool rerun_run(struct rerun *rerun, const struct rerun_options *options, struct rerun_report *report, struct error *err)
{
    enum journal_event event = JOURNAL_END;
    struct journal_counts counts;
    *report = (struct rerun_report){0};
    if (options->verify && journal_origin(rerun->journal) == JOURNAL_IMPORT)
        return error_set(err, ERROR_INPUT, rerun->path, "recorded decisions", "none",
                         "a session that phasic ran: an import holds inputs only");
    if (!start(rerun, options->config != NULL ? options->config : rerun_config(rerun), err))
        return false;
    bool over = false, ok = true;
    do { /* behind the last tick comes the close record */
        ok = journal_next(rerun->journal, &event, err);
        if (ok && event == JOURNAL_TICK && !over)
            over = run_tick(rerun, options, report);
    } while (ok && event != JOURNAL_END && event != JOURNAL_CLOSE);
    journal_count(rerun->journal, &counts);
    report->cut = counts.cut;
    report->closed = counts.closed;
    return ok;
}

void rerun_close(struct rerun *rerun)
{
    if (rerun == NULL)
        return;
    journal_close(rerun->journal);
    free(rerun->memory);
    free(rerun);
}
