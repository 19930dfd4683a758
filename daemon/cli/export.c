/* export: `phasic export SESSION --to csv|npy|nwb`: a session as files for other tools. (cli/export.c) */
#include "cli/cli.h"
#include "cli/output.h"
#include "realtime/clock.h"
#include "session/export_csv.h"
#include "session/export_npy.h"
#include "session/export_nwb.h"
#include "session/rerun.h"
#include "session/sheet.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct export_options {
    const char *session, *to, *out;
    bool json;
};

struct made {
    char path[FOLDER_PATH_MAX];
    int64_t n_rows;
    bool cut;
};

/* The session's folder, also of a journal file in it. */
static bool folder_of(const char *session, char folder[FOLDER_PATH_MAX], struct error *err)
{
    struct stat st;
    if (!folder_path(session, ".", folder, err))
        return false;
    if (stat(session, &st) != 0 || S_ISDIR(st.st_mode)) {
        folder[strlen(folder) - 2] = '\0';
        return true;
    }
    folder[strlen(folder) - 2] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        snprintf(folder, FOLDER_PATH_MAX, ".");
    else
        *slash = '\0';
    return true;
}

static bool to_csv(const char *session, struct made *made, struct error *err)
{
    struct export_csv *csv;
    if (!folder_create(made->path, err) || !export_csv_open(&csv, made->path, err))
        return false;
    const struct export_sink sink = export_csv_sink(csv);
    const bool ok = export_session(session, &sink, &made->n_rows, &made->cut, err);
    return export_csv_close(csv, ok ? err : NULL) && ok;
}

static bool to_npy(const char *session, struct made *made, struct error *err)
{
    struct export_npy *npy;
    if (!folder_create(made->path, err) || !export_npy_open(&npy, made->path, err))
        return false;
    const struct export_sink sink = export_npy_sink(npy);
    const bool ok = export_session(session, &sink, &made->n_rows, &made->cut, err);
    return export_npy_close(npy, ok ? err : NULL) && ok;
}

/* A file of the session's folder as text; *text NULL: it is not there. */
static void read_text(const char *folder, const char *name, char **text)
{
    char path[FOLDER_PATH_MAX];
    uint8_t *data = NULL;
    size_t n;
    struct error err;
    *text = NULL;
    if (folder_path(folder, name, path, &err) && folder_read_file(path, FOLDER_FILE_MAX, &data, &n, &err))
        *text = (char *)data;
}

static bool write_nwb(const char *session, const struct export_nwb_options *options, struct made *made,
                      struct error *err)
{
    struct export_nwb *nwb;
    if (!export_nwb_open(&nwb, options, err))
        return false;
    const struct export_sink sink = export_nwb_sink(nwb);
    const bool ok = export_session(session, &sink, &made->n_rows, &made->cut, err);
    return export_nwb_close(nwb, ok, ok ? err : NULL) && ok;
}

static bool to_nwb(const char *session, struct made *made, struct error *err)
{
    static struct folder_session sheet;
    char folder[FOLDER_PATH_MAX], created[CONFIG_NAME];
    char *rig = NULL, *task = NULL;
    struct rerun *rerun = NULL;
    struct stat st;
    int64_t tai_s;
    if (stat(made->path, &st) == 0)
        return error_set(err, ERROR_USAGE, NULL, "--out", made->path, "a file that does not exist yet");
    if (!folder_of(session, folder, err) || !folder_read_session_json(folder, &sheet, err) ||
        !rerun_open(&rerun, session, err))
        return false;
    read_text(folder, FOLDER_RIG, &rig);
    read_text(folder, FOLDER_TASK, &task);
    sheet_time(clock_realtime(&tai_s), created);
    const struct export_nwb_options options = {.path = made->path,
                                               .config = rerun_config(rerun),
                                               .session = &sheet,
                                               .rig = rig,
                                               .task = task,
                                               .phasic = CLI_VERSION,
                                               .created = created};
    const bool ok = write_nwb(session, &options, made, err);
    rerun_close(rerun);
    free(rig);
    free(task);
    return ok;
}

/* The formats: what --to takes, and what the result is called in the session's folder. */
static const struct {
    const char *name, *made;
    bool (*make)(const char *session, struct made *made, struct error *err);
} formats[] = {
    {"csv", "csv",         to_csv},
    {"npy", "npy",         to_npy},
    {"nwb", "session.nwb", to_nwb},
};

static bool export(const struct export_options *options, struct made *made, struct error *err)
{
    char folder[FOLDER_PATH_MAX];
    for (size_t i = 0; options->to != NULL && i < sizeof formats / sizeof *formats; i++) {
        if (strcmp(options->to, formats[i].name) != 0)
            continue;
        if (options->out != NULL && strlen(options->out) < sizeof made->path)
            snprintf(made->path, sizeof made->path, "%s", options->out);
        else if (!folder_of(options->session, folder, err) || !folder_path(folder, formats[i].made, made->path, err))
            return false;
        return formats[i].make(options->session, made, err);
    }
    return error_set(err, ERROR_USAGE, NULL, "--to", options->to, "csv, npy or nwb");
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    const struct export_options *options = given;
    struct made made = {0};
    (void)cli;
    bool ok = export(options, &made, err);
    if (ok && options->json)
        ok = output_json(json_pack("{s:s, s:s, s:s, s:I, s:b}", "session", options->session, "format", options->to,
                                   "made", made.path, "rows", (json_int_t)made.n_rows, "cut", made.cut),
                         err);
    else if (ok)
        printf("%s\n  %lld rows%s\n", made.path, (long long)made.n_rows,
               made.cut ? "; the journal is cut: phasic recover says what is missing" : "");
    return ok ? 0 : error_exit_status(err);
}

#define AT(field) offsetof(struct export_options, field)
static const struct options_row rows[] = {
    {.name = "SESSION",
     .type = OPTIONS_ARGUMENT,
     .help = "a session folder, or a journal file in one",
     .offset = AT(session)},
    {.name = "to", .type = OPTIONS_TEXT, .value = "FORMAT", .help = "csv, npy or nwb; must be given", .offset = AT(to)},
    {.name = "out",
     .letter = 'o',
     .type = OPTIONS_TEXT,
     .value = "PATH",
     .help = "the folder (csv, npy) or file (nwb) to be made; without it csv, npy or session.nwb in the session's",
     .offset = AT(out)},
    OPTIONS_JSON(export_options),
    {0                               },
};

const struct cli_command export_command = {
    .name = "export",
    .help = "write a session as CSV, NumPy or NWB files",
    .example = "  phasic export sessions/m53 --to nwb\n"
               "  phasic export sessions/m53 --to csv --out m53-csv\n",
    .options = rows,
    .size = sizeof(struct export_options),
    .act = act,
};
