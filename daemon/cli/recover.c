/* recover: `phasic recover SESSION`: reads what can be read of a session that did not end in order. (cli/recover.c) */
#include "session/recover.h"
#include "cli/cli.h"
#include "cli/day.h"
#include "cli/orphan.h"
#include "cli/output.h"
#include "session/folder.h"
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

struct recover_options {
    const char *session;
    bool json;
};

/* A second rescue without the shared memory, which the first one has taken in and removed, would write less over more.
 */
static bool check_earlier(const char *folder, const struct shared *shared, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    if (!folder_path(folder, RECOVER_JOURNAL, path, err))
        return false;
    return shared != NULL || access(path, F_OK) != 0 ||
           error_set(err, ERROR_INPUT, path, "an earlier rescue", NULL,
                     "none: it may hold what shared memory had; move it away first");
}

static json_t *report_json(const struct recover_report *report)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b, s:b, s:o, s:s}", "ticks", (json_int_t)report->ticks,
        "from_ring", (json_int_t)report->from_ring, "lost_ticks", (json_int_t)report->lost_ticks, "illegal_records",
        (json_int_t)report->illegal_records, "last_whole_byte", (json_int_t)report->last_whole_byte, "file_bytes",
        (json_int_t)report->file_bytes, "damaged_chunks", (json_int_t)report->damaged_chunks, "closed", report->closed,
        "cut", report->cut, "written", report->written, "outputs_safe", report->outputs_safe, "time_to_safe_ms",
        report->time_to_safe_ms < 0 ? json_null() : json_real(report->time_to_safe_ms), "reason", report->reason);
}

static void print(const char *folder, const struct recover_report *report)
{
    printf("%s: %" PRId64 " ticks, %" PRId64 " of them from shared memory, %" PRId64 " lost\n", folder, report->ticks,
           report->from_ring, report->lost_ticks);
    printf("  %-14s %s%s\n", "end", report->reason, report->closed ? "" : " (no close record)");
    printf("  %-14s whole to byte %" PRIu64 " of %" PRIu64 ", %" PRIu64 " damaged chunks%s\n", "journal",
           report->last_whole_byte, report->file_bytes, report->damaged_chunks, report->cut ? ", cut" : "");
    if (report->illegal_records > 0)
        printf("  %-14s %" PRIu64 " records not readable\n", "shared memory", report->illegal_records);
    if (report->outputs_safe && report->time_to_safe_ms >= 0)
        printf("  %-14s safe after %.3g ms\n", "outputs", report->time_to_safe_ms);
    else
        printf("  %-14s %s\n", "outputs", report->outputs_safe ? "safe" : "not confirmed safe");
    printf("  %-14s %s\n", "written", report->written ? RECOVER_JOURNAL : "nothing: the journal is whole");
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    const struct recover_options *options = given;
    struct recover_report report;
    struct shared *shared;
    (void)cli;
    if (!orphan_attach(options->session, &shared, err))
        return error_exit_status(err);
    const bool ok = check_earlier(options->session, shared, err) &&
                    recover_session(options->session, shared != NULL ? &shared->ring : NULL, &report, err);
    if (ok && shared != NULL)
        shared_unlink(shared); /* what it had is in the file now */
    shared_detach(shared);
    if (ok)
        day_end_of(options->session);
    if (ok && !options->json)
        print(options->session, &report);
    if (!ok || (options->json && !output_json(report_json(&report), err)))
        return error_exit_status(err);
    return 0;
}

static const struct options_row rows[] = {
    {.name = "SESSION",
     .type = OPTIONS_ARGUMENT,
     .help = "the session folder",
     .offset = offsetof(struct recover_options, session)},
    OPTIONS_JSON(recover_options),
    {0},
};

const struct cli_command recover_command = {
    .name = "recover",
    .help = "read what can be read of a session that did not end in order",
    .more = "The journal itself is never changed: what was rescued is written beside it as " RECOVER_JOURNAL ".\n",
    .example = "  phasic recover sessions/2024-05-01_12-00-00_m1_pavlovian\n",
    .options = rows,
    .size = sizeof(struct recover_options),
    .act = act,
};
