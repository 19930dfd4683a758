#include "session/import_ppd.h"
#include "session/folder.h"
#include "session/journal.h"
#include "session/manifest.h"
#include "session/npy.h"
#include "session/ppd.h"
#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_TICKS = 10000 }; /* ten seconds: small enough to find damage, large enough to compress */

/* An import under way. */
struct import {
    const struct import_ppd_options *options;
    struct ppd ppd;
    struct config config;
    uint8_t *data;
    double *events;
    size_t n_events;
    size_t sample, event; /* the next ones */
    struct journal_writer *journal;
    struct import_ppd_report *report;
    struct frame_in in;
    struct frame_out out;
};

static int64_t event_ns(const struct import *import, size_t i)
{
    return llround(import->events[i] * 1e9);
}

/* Events must lie within the recording, each after the one before. */
static bool check_events(const struct import *import, struct error *err)
{
    const int64_t end_ns = ppd_time_ns(&import->ppd, import->ppd.n_frames - 1);
    for (size_t i = 0; i < import->n_events; i++) {
        const double t_s = import->events[i];
        char what[64], got[32];
        snprintf(what, sizeof what, "events[%zu]", i);
        snprintf(got, sizeof got, "%.17g", t_s);
        if (!(t_s >= 0 && t_s * 1e9 <= (double)end_ns))
            return error_set(err, ERROR_INPUT, import->options->events, what, got,
                             "0..%.6f s, a time within the recording", (double)end_ns * 1e-9);
        if (i > 0 && event_ns(import, i) <= event_ns(import, i - 1))
            return error_set(err, ERROR_INPUT, import->options->events, what, got, "a time after events[%zu] = %.17g",
                             i - 1, import->events[i - 1]);
    }
    return true;
}

static void add_edge(struct import *import, uint32_t input, int64_t t_ns, bool rising)
{
    const struct frame_edge edge = {.t_ns = t_ns, .raw_ns = t_ns, .input = input, .rising = rising ? 1 : 0};
    const bool added = frame_edge_add(&import->in, &edge);
    assert(added); /* the callers look for room first */
}

/* Adds sample k of all channels, and the edges between it and the one before. */
static void add_sample(struct import *import, size_t k)
{
    const struct ppd *ppd = &import->ppd;
    const int64_t t_ns = ppd_time_ns(ppd, k);
    for (uint32_t i = 0; i < ppd->n_analog; i++) {
        struct frame_samples *samples = &import->in.samples[i];
        if (samples->n == 0)
            samples->first_ns = t_ns;
        samples->period_ns = samples->n == 0 ? 0 : llround(1e9 / ppd->rate_hz);
        samples->counts[samples->n++] = ppd_sample(ppd, k, i);
    }
    for (uint32_t i = 0; k > 0 && i < ppd->n_digital; i++)
        if (ppd_digital(ppd, k, i) != ppd_digital(ppd, k - 1, i)) {
            add_edge(import, i, t_ns, ppd_digital(ppd, k, i));
            import->report->edges++;
        }
}

/* Fills tick n with what is due by then. */
static void fill_tick(struct import *import, int64_t n)
{
    const struct ppd *ppd = &import->ppd;
    struct frame_in *in = &import->in;
    frame_in_clear(in);
    in->n = n;
    in->due_ns = in->wake_ns = n * import->config.period_ns;
    while (import->sample < ppd->n_frames && ppd_time_ns(ppd, import->sample) <= in->wake_ns &&
           in->samples[0].n < FRAME_SAMPLES_MAX && in->n_edges + ppd->n_digital <= FRAME_EDGES_MAX)
        add_sample(import, import->sample++);
    for (; import->event < import->n_events && event_ns(import, import->event) <= in->wake_ns &&
           in->n_edges < FRAME_EDGES_MAX;
         import->event++)
        add_edge(import, ppd->n_digital, event_ns(import, import->event), true);
}

static bool write_journal(struct import *import, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    if (!folder_path(import->options->folder, FOLDER_JOURNAL, path, err) ||
        !journal_create(&import->journal, path, JOURNAL_IMPORT, &import->config, err))
        return false;
    int64_t n = 0;
    for (; import->sample < import->ppd.n_frames || import->event < import->n_events; n++) {
        fill_tick(import, n);
        const struct record_times times = {import->in.wake_ns, import->in.wake_ns};
        if (!journal_add_tick(import->journal, &import->in, &import->out, &times, err))
            return false;
        if ((n + 1) % BLOCK_TICKS == 0 && !journal_flush(import->journal, 0, true, false, err))
            return false;
    }
    const struct record_close close = {
        .session_ns = (n - 1) * import->config.period_ns, .ticks = n, .reason = FRAME_END_DURATION};
    if (!journal_add_close(import->journal, &close, err))
        return false;
    struct journal_writer *journal = import->journal;
    import->journal = NULL;
    import->report->ticks = n;
    import->report->samples = (int64_t)import->ppd.n_frames;
    import->report->events = (int64_t)import->n_events;
    return journal_finish(journal, 0, err);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static bool write_text(const struct import *import, const char *name, char *text, struct error *err)
{
    const bool ok = text == NULL ? error_set(err, ERROR_SYSTEM, name, "importing", NULL, "out of memory")
                                 : folder_write(import->options->folder, name, text, strlen(text), err);
    free(text);
    return ok;
}

static bool write_session(const struct import *import, struct error *err)
{
    struct folder_session session = {
        .engine = ENGINE_VERSION,
        .origin = "import",
        .outcome = "done",
        .ticks = import->report->ticks,
        .seed = import->config.seed,
    };
    snprintf(session.phasic, sizeof session.phasic, "%s", import->options->phasic);
    snprintf(session.reason, sizeof session.reason, "%s", frame_end_words(FRAME_END_DURATION));
    memcpy(session.rig, import->config.rig, sizeof session.rig);
    memcpy(session.task, import->config.task, sizeof session.task);
    memcpy(session.animal, import->config.animal, sizeof session.animal);
    memcpy(session.started, import->ppd.date_time, sizeof session.started);
    const char *assumption = import_ppd_assumption(&import->config);
    if (assumption != NULL)
        snprintf(session.assumptions[session.n_assumptions++], FOLDER_SENTENCE, "%s", assumption);
    return folder_write_session_json(import->options->folder, &session, err);
}

static bool read_files(struct import *import, struct error *err)
{
    const struct import_ppd_options *options = import->options;
    size_t size;
    if (!folder_read_file(options->file, PPD_FILE_MAX, &import->data, &size, err) ||
        !ppd_parse(import->data, size, options->file, &import->ppd, err))
        return false;
    if (options->events != NULL && !npy_read(options->events, &import->events, &import->n_events, err))
        return false;
    if (import->ppd.n_dropped > 0)
        snprintf(import->report->notice, sizeof import->report->notice,
                 "%.150s: byte %zu: the file ends inside a frame: its last %zu bytes are left out", options->file,
                 size - import->ppd.n_dropped, import->ppd.n_dropped);
    import_ppd_config(&import->ppd, options->events != NULL, &import->config);
    return check_events(import, err);
}

bool import_ppd(const struct import_ppd_options *options, struct import_ppd_report *report, struct error *err)
{
    const char *name = base_name(options->file);
    *report = (struct import_ppd_report){0};
    struct import *import = calloc(1, sizeof *import);
    if (import == NULL)
        return error_set(err, ERROR_SYSTEM, NULL, "importing", NULL, "out of memory");
    import->options = options;
    import->report = report;
    const bool ok = read_files(import, err) && folder_create(options->folder, err) &&
                    write_text(import, FOLDER_RIG, import_ppd_rig(&import->ppd, &import->config, name), err) &&
                    write_text(import, FOLDER_TASK, import_ppd_task(&import->config, name), err) &&
                    write_journal(import, err) && write_session(import, err) && manifest_write(options->folder, err);
    journal_abandon(import->journal);
    free(import->events);
    free(import->data);
    free(import);
    return ok;
}
