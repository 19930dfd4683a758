/* import: `phasic import FILE -o DIR`: a recording of another system becomes a session. (cli/import.c) */
#include "cli/cli.h"
#include "cli/output.h"
#include "session/import_ppd.h"
#include <inttypes.h>

enum { FILES_MAX = 64 };

struct import_options {
    const char *files[FILES_MAX];
    size_t n_files;
    const char *events, *folder;
    bool json;
};

static bool print(const struct import_options *options, const struct import_ppd_report *report, struct error *err)
{
    if (options->json)
        return output_json(json_pack("{s:s, s:I, s:I, s:I, s:I, s:s}", "session", options->folder, "ticks",
                                     (json_int_t)report->ticks, "samples", (json_int_t)report->samples, "edges",
                                     (json_int_t)report->edges, "events", (json_int_t)report->events, "notice",
                                     report->notice),
                           err);
    printf("imported %s: %" PRId64 " ticks, %" PRId64 " samples a channel, %" PRId64 " edges, %" PRId64
           " cues\n  session %s\n",
           options->files[0], report->ticks, report->samples, report->edges, report->events, options->folder);
    return true;
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    const struct import_options *options = given;
    struct import_ppd_report report;
    (void)cli;
    if (options->n_files != 1) {
        error_set(err, ERROR_USAGE, NULL, "FILE", options->files[1], "one file: an import makes one session");
        return error_exit_status(err);
    }
    if (options->folder == NULL) {
        error_set(err, ERROR_USAGE, NULL, "--out", NULL, "the session folder to be made: -o DIR");
        return error_exit_status(err);
    }
    const struct import_ppd_options import = {
        .file = options->files[0], .events = options->events, .folder = options->folder, .phasic = CLI_VERSION};
    if (!import_ppd(&import, &report, err) || !print(options, &report, err))
        return error_exit_status(err);
    if (report.notice[0] != '\0')
        fprintf(stderr, "%s\n", report.notice);
    return 0;
}

static const struct options_row rows[] = {
    {.name = "FILE",
     .type = OPTIONS_ARGUMENTS,
     .help = "a pyPhotometry recording (.ppd); one",
     .offset = offsetof(struct import_options, files),
     .given = offsetof(struct import_options, n_files),
     .n_max = FILES_MAX},
    {.name = "events",
     .type = OPTIONS_TEXT,
     .value = "FILE",
     .help = "times of cues, in seconds on the recording's clock (.npy)",
     .offset = offsetof(struct import_options, events)},
    {.name = "out",
     .letter = 'o',
     .type = OPTIONS_TEXT,
     .value = "DIR",
     .help = "the session folder to be made, absent or empty; must be given",
     .offset = offsetof(struct import_options, folder)},
    OPTIONS_JSON(import_options),
    {0                                     },
};

const struct cli_command import_command = {
    .name = "import",
    .help = "make a session from a recording of another system",
    .more = "What the import assumes about the recording's inputs stands in session.json and task.lua.\n",
    .example = "  phasic import recording.ppd --events cues.npy -o sessions/m53\n",
    .options = rows,
    .size = sizeof(struct import_options),
    .act = act,
};
