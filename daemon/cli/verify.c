/* verify: `phasic verify SESSION`: is everything in the folder as it was when the session ended? (cli/verify.c) */
#include "cli/cli.h"
#include "cli/output.h"
#include "session/folder.h"
#include "session/journal.h"
#include "session/manifest.h"
#include <stdlib.h>
#include <string.h>

struct verify_options {
    const char *session;
    bool json;
};

struct verify {
    struct manifest_report manifest;
    struct journal_counts journal;
    uint32_t n_wrong;
};

/* Every chunk's checksums and every record's sense. Damage is an error with its byte. */
static bool read_journal(const char *session, struct journal_counts *counts, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    struct journal_reader *reader = NULL;
    enum journal_event event = JOURNAL_TICK;
    if (!folder_journal(session, path, err) || !journal_open(&reader, path, err))
        return false;
    bool ok = true;
    while (ok && event != JOURNAL_END)
        ok = journal_next(reader, &event, err);
    journal_count(reader, counts);
    journal_close(reader);
    return ok;
}

static json_t *verify_json(const struct verify *verify, const char *session)
{
    json_t *files = json_array();
    for (uint32_t i = 0; i < verify->manifest.n; i++)
        json_array_append_new(files, json_pack("{s:s, s:s}", "name", verify->manifest.files[i].name, "state",
                                               manifest_state_name(verify->manifest.files[i].state)));
    return json_pack("{s:s, s:b, s:o, s:{s:I, s:b, s:b}}", "session", session, "ok", verify->n_wrong == 0, "files",
                     files, "journal", "ticks", (json_int_t)verify->journal.ticks, "closed", verify->journal.closed,
                     "cut", verify->journal.cut);
}

static void print(const struct verify *verify, const char *session)
{
    printf("%s\n", session);
    for (uint32_t i = 0; i < verify->manifest.n; i++)
        printf("  %-8s %s\n", manifest_state_name(verify->manifest.files[i].state), verify->manifest.files[i].name);
    printf("  journal  %llu ticks%s%s\n", (unsigned long long)verify->journal.ticks, verify->journal.cut ? ", cut" : "",
           verify->journal.closed ? "" : ", without a close record");
}

/* The first thing that is not as it was. */
static bool judge(const struct verify *verify, const char *session, struct error *err)
{
    for (uint32_t i = 0; i < verify->manifest.n; i++) {
        const enum manifest_state state = verify->manifest.files[i].state;
        if (state == MANIFEST_CHANGED || state == MANIFEST_MISSING)
            return error_set(err, ERROR_DIFFER, session, verify->manifest.files[i].name, manifest_state_name(state),
                             "the file of its manifest");
    }
    return true;
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    const struct verify_options *options = given;
    static struct verify verify;
    (void)cli;
    bool ok = manifest_check(options->session, &verify.manifest, err);
    for (uint32_t i = 0; ok && i < verify.manifest.n; i++)
        verify.n_wrong +=
            verify.manifest.files[i].state == MANIFEST_CHANGED || verify.manifest.files[i].state == MANIFEST_MISSING;
    struct error why; /* of a journal that is not what it was: its place is worth less than that */
    if (ok && !read_journal(options->session, &verify.journal, &why) && verify.n_wrong == 0) {
        *err = why;
        ok = false;
    }
    if (ok && options->json)
        ok = output_json(verify_json(&verify, options->session), err);
    else if (ok)
        print(&verify, options->session);
    ok = ok && judge(&verify, options->session, err);
    return ok ? 0 : error_exit_status(err);
}

static const struct options_row rows[] = {
    {.name = "SESSION",
     .type = OPTIONS_ARGUMENT,
     .help = "the session folder",
     .offset = offsetof(struct verify_options, session)},
    OPTIONS_JSON(verify_options),
    {0},
};

const struct cli_command verify_command = {
    .name = "verify",
    .help = "check a session's files against its manifest, and its journal",
    .example = "  phasic verify sessions/m53\n",
    .options = rows,
    .size = sizeof(struct verify_options),
    .act = act,
};
