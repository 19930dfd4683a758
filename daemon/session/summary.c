#include "session/summary.h"
#include "engine/base/units.h"
#include "session/folder.h"
#include "session/journal.h"
#include "session/percentiles.h"
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAITING_MAX = 2 * FRAME_WRITES_MAX }; /* writes without a confirmation yet */

static const int64_t CONFIRM_NS = 1 * S; /* what is confirmed later is not this write's confirmation */

struct waiting {
    int64_t decided_ns;
    double level;
    uint32_t output;
};

/* A summary in the making. */
struct tally {
    struct summary *summary;
    const struct config *config;
    struct percentiles late, input_to_decision, decision_to_write;
    uint32_t n_waiting;
    struct waiting waiting[WAITING_MAX]; /* oldest first */
    uint64_t lost[CONFIG_DEVICES_MAX];
    uint64_t samples_lost, dropped, plans_late, fallbacks, skipped_ticks;
    int64_t last_ns;
};

static void forget(struct tally *tally, uint32_t i)
{
    tally->n_waiting--;
    memmove(&tally->waiting[i], &tally->waiting[i + 1], (tally->n_waiting - i) * sizeof tally->waiting[0]);
}

static bool is_for(const struct waiting *waiting, uint32_t output, double level)
{
    return waiting->output == output && waiting->level >= level && waiting->level <= level;
}

static void take_applied(struct tally *tally, const struct frame_applied *applied)
{
    for (uint32_t i = 0; i < tally->n_waiting; i++) {
        const struct waiting *waiting = &tally->waiting[i];
        if (!is_for(waiting, applied->output, applied->level) || applied->t_ns < waiting->decided_ns)
            continue;
        if (applied->t_ns - waiting->decided_ns <= CONFIRM_NS)
            percentiles_add(&tally->decision_to_write, applied->t_ns - waiting->decided_ns);
        forget(tally, i);
        return;
    }
}

static void take_write(struct tally *tally, const struct frame_write *write, int64_t decided_ns)
{
    percentiles_add(&tally->input_to_decision, decided_ns - write->cause_ns);
    for (uint32_t i = 0; i < tally->n_waiting; i++)
        if (is_for(&tally->waiting[i], write->output, write->level))
            return;
    if (tally->n_waiting == WAITING_MAX)
        forget(tally, 0);
    tally->waiting[tally->n_waiting++] = (struct waiting){decided_ns, write->level, write->output};
}

static void take_decision(struct tally *tally, const struct frame_decision *decision)
{
    struct summary *summary = tally->summary;
    const enum frame_decision_kind kind = (enum frame_decision_kind)decision->kind;
    summary->trials += kind == FRAME_TRIAL_END;
    summary->licks += kind == FRAME_LICK;
    summary->rewards += kind == FRAME_REWARD;
    summary->reward_ul += kind == FRAME_REWARD ? decision->value : 0.0;
    summary->fired += kind == FRAME_TRIGGER_FIRED;
    summary->sham += kind == FRAME_TRIGGER_SHAM;
    summary->locked_out += kind == FRAME_TRIGGER_LOCKED;
    tally->plans_late += kind == FRAME_PLAN_LATE;
    tally->fallbacks += kind == FRAME_FALLBACK;
    tally->dropped += kind == FRAME_EVENTS_DROPPED && decision->value > 0 ? (uint64_t)decision->value : 0;
    if (kind == FRAME_LIMITED && decision->value >= 0.0 && decision->value < (double)SAFETY_VERDICTS)
        summary->limited[(int)decision->value]++;
}

static void take_status(struct tally *tally, const struct frame_status *status)
{
    if (status->kind == FRAME_DEVICE_LOST)
        tally->lost[status->device]++;
    if (status->kind == FRAME_SAMPLES_LOST && status->value > 0)
        tally->samples_lost += (uint64_t)status->value;
}

static void take_tick(struct tally *tally, const struct frame_in *in, const struct frame_out *out,
                      const struct record_times *times, uint64_t skipped_ticks)
{
    const int64_t missed = (int64_t)(skipped_ticks - tally->skipped_ticks); /* right before this tick */
    tally->skipped_ticks = skipped_ticks;
    percentiles_add(&tally->late, in->wake_ns - in->due_ns + missed * tally->config->period_ns);
    tally->last_ns = in->wake_ns;
    tally->dropped += (uint64_t)in->n_dropped + out->n_dropped;
    for (uint32_t i = 0; i < in->n_status; i++)
        take_status(tally, &in->status[i]);
    for (uint32_t i = 0; i < in->n_applied; i++)
        take_applied(tally, &in->applied[i]);
    while (tally->n_waiting > 0 && in->wake_ns - tally->waiting[0].decided_ns > CONFIRM_NS)
        forget(tally, 0);
    for (uint32_t i = 0; i < out->n_decisions; i++)
        take_decision(tally, &out->decisions[i]);
    for (uint32_t i = 0; i < out->n_writes; i++)
        take_write(tally, &out->writes[i], times->decided_ns);
}

static void PRINTF_LIKE(2, 3) add_fault(struct summary *summary, const char *format, ...)
{
    va_list args;
    if (summary->n_faults == SUMMARY_FAULTS_MAX)
        return;
    va_start(args, format);
    vsnprintf(summary->faults[summary->n_faults++], SUMMARY_FAULT, format, args);
    va_end(args);
}

/* "3 samples lost", "1 sample lost"; nothing for 0. */
static void add_count(struct summary *summary, uint64_t n, const char *one, const char *many, const char *how)
{
    if (n > 0)
        add_fault(summary, "%" PRIu64 " %s %s", n, n == 1 ? one : many, how);
}

static void find_faults(const struct tally *tally, const struct journal_counts *counts,
                        const struct record_close *close)
{
    struct summary *summary = tally->summary;
    for (uint32_t i = 0; i < tally->config->n_devices; i++)
        if (tally->lost[i] > 0)
            add_fault(summary, "device %s lost %" PRIu64 " %s", tally->config->devices[i].name, tally->lost[i],
                      tally->lost[i] == 1 ? "time" : "times");
    add_count(summary, tally->samples_lost, "sample", "samples", "lost");
    if (tally->plans_late > 0)
        add_fault(summary, "plan late");
    add_count(summary, tally->fallbacks, "trial", "trials", "repeated for want of a plan");
    add_count(summary, tally->dropped, "entry", "entries", "dropped");
    if (close != NULL && close->reason == FRAME_END_RING_FULL)
        add_fault(summary, "ring full: the journal could not keep up");
    if (close != NULL && close->reason == FRAME_END_KEEPER)
        add_fault(summary, "keeper died or hung");
    if (close != NULL && close->reason == FRAME_END_JOURNAL)
        add_fault(summary, "the journal could not be written");
    if (close != NULL && close->reason == FRAME_END_CORE && close->signal == 0)
        add_fault(summary, "core died or hung");
    if (close != NULL && close->reason == FRAME_END_DEVICE && close->signal != 0)
        add_fault(summary, "a device did not confirm an OFF");
    else if (close != NULL && close->signal != 0)
        add_fault(summary, "core died by signal %" PRIu32, close->signal);
    if (close != NULL && close->safe_after_ns < 0)
        add_fault(summary, "outputs not confirmed safe");
    add_count(summary, (uint64_t)summary->lost_ticks, "tick", "ticks", "lost");
    add_count(summary, counts->damaged_chunks, "chunk of the journal", "chunks of the journal", "damaged");
    if (counts->cut)
        add_fault(summary, "journal cut");
    else if (close == NULL)
        add_fault(summary, "journal not closed");
}

static struct summary_latency latency(const struct percentiles *percentiles)
{
    return (struct summary_latency){
        .n = percentiles->n,
        .p50_ns = percentiles_at(percentiles, 500),
        .p99_ns = percentiles_at(percentiles, 990),
        .p999_ns = percentiles_at(percentiles, 999),
        .max_ns = percentiles->max_ns,
    };
}

static void conclude(struct tally *tally, const struct journal_reader *reader)
{
    struct summary *summary = tally->summary;
    struct journal_counts counts;
    journal_count(reader, &counts);
    const struct record_close *close = counts.closed ? journal_close_record(reader) : NULL;
    summary->ticks = (int64_t)counts.ticks;
    summary->skipped_ticks = close != NULL ? close->skipped_ticks : (int64_t)counts.skipped_ticks;
    summary->lost_ticks =
        close != NULL && close->ticks >= summary->ticks ? close->ticks - summary->ticks : (int64_t)counts.lost_ticks;
    summary->duration_s = units_s(close != NULL ? close->session_ns : tally->last_ns);
    summary->late = latency(&tally->late);
    summary->input_to_decision = latency(&tally->input_to_decision);
    summary->decision_to_write = latency(&tally->decision_to_write);
    summary->reason = close != NULL ? close->reason : 0;
    snprintf(summary->outcome, sizeof summary->outcome, "%s", frame_end_words(summary->reason));
    ending_say(close, summary->why);
    find_faults(tally, &counts, close);
}

bool summary_make(const char *journal_path, struct summary *summary, struct error *err)
{
    struct journal_reader *reader = NULL;
    enum journal_event event = JOURNAL_TICK;
    bool ok = false;
    *summary = (struct summary){0};
    struct tally *tally = calloc(1, sizeof *tally);
    if (tally == NULL)
        return error_system(err, journal_path, "summary", ENOMEM);
    if (!journal_open(&reader, journal_path, err))
        goto done;
    journal_set_salvage(reader, true);
    tally->summary = summary;
    tally->config = journal_config(reader);
    do {
        ok = journal_next(reader, &event, err);
        if (!ok || event != JOURNAL_TICK)
            continue;
        struct journal_counts counts;
        journal_count(reader, &counts);
        take_tick(tally, journal_frame_in(reader), journal_frame_out(reader), journal_times(reader),
                  counts.skipped_ticks);
    } while (ok && event != JOURNAL_END);
    if (ok)
        conclude(tally, reader);
done:
    journal_close(reader);
    free(tally);
    return ok;
}

static json_t *us_json(const struct summary_latency *latency, int64_t value_ns)
{
    return latency->n == 0 ? json_null() : json_real((double)value_ns / 1000.0);
}

static json_t *latency_json(const struct summary_latency *latency)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:I}", "p50", us_json(latency, latency->p50_ns), "p99",
                     us_json(latency, latency->p99_ns), "p999", us_json(latency, latency->p999_ns), "max",
                     us_json(latency, latency->max_ns), "n", (json_int_t)latency->n);
}

static json_t *limited_json(const struct summary *summary)
{
    json_t *limited = json_object();
    for (int i = SAFETY_BUSY; i < SAFETY_VERDICTS; i++)
        json_object_set_new(limited, safety_words((enum safety_verdict)i),
                            json_integer((json_int_t)summary->limited[i]));
    return limited;
}

static json_t *faults_json(const struct summary *summary)
{
    json_t *faults = json_array();
    for (uint32_t i = 0; i < summary->n_faults; i++)
        json_array_append_new(faults, json_string(summary->faults[i]));
    return faults;
}

struct json_t *summary_json(const struct summary *summary)
{
    return json_pack(
        "{s:I, s:I, s:I, s:f, s:I, s:I, s:f, s:I, s:{s:I, s:I, s:I}, s:o, s:o, s:{s:o, s:o}, s:s, s:s, s:o}", /**/
        "ticks", (json_int_t)summary->ticks, "skipped_ticks", (json_int_t)summary->skipped_ticks, "lost_ticks",
        (json_int_t)summary->lost_ticks, "duration_s", summary->duration_s, "trials", (json_int_t)summary->trials,
        "rewards", (json_int_t)summary->rewards, "reward_ul", summary->reward_ul, "licks", (json_int_t)summary->licks,
        "triggers", "fired", (json_int_t)summary->fired, "sham", (json_int_t)summary->sham, "locked_out",
        (json_int_t)summary->locked_out, "limited", limited_json(summary), "late_us", latency_json(&summary->late),
        "latency_us", "input_to_decision", latency_json(&summary->input_to_decision), "decision_to_write",
        latency_json(&summary->decision_to_write), "outcome", summary->outcome, "why", summary->why, "faults",
        faults_json(summary));
}

bool summary_write(const char *folder, const struct summary *summary, struct error *err)
{
    json_t *root = summary_json(summary);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    json_decref(root);
    if (text == NULL)
        return error_system(err, folder, SUMMARY_FILE, ENOMEM);
    const bool ok = folder_write(folder, SUMMARY_FILE, text, strlen(text), err);
    free(text);
    return ok;
}
