/* compare: `phasic compare SESSION...`: models side by side on what was recorded. (cli/compare.c) */
#include "cli/cli.h"
#include "cli/compare_page.h"
#include "cli/models.h"
#include "cli/output.h"
#include "engine/base/units.h"
#include "session/folder.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SESSIONS_MAX = 256 };

/* What every signal is compared with at least. */
static const char *const always[] = {"td_csc", "null_mean"};

struct compare_options {
    const char *sessions[SESSIONS_MAX];
    size_t n_sessions;
    const char *models[CONFIG_MODELS_MAX];
    size_t n_models;
    const char *out;
    bool json;
};

/* One session's comparison. */
struct compare {
    const struct compare_options *options;
    const char *session;
    struct config config; /* with the added models */
    struct rerun *rerun;
    struct aligned *aligned[CONFIG_SIGNALS_MAX];
    char plots[CONFIG_SIGNALS_MAX][FOLDER_PATH_MAX];
    struct output_progress progress;
};

static void watch(void *context, const struct rerun_tick *tick)
{
    struct compare *compare = context;
    for (uint32_t i = 0; i < compare->config.n_signals; i++)
        aligned_tick(compare->aligned[i], tick);
    output_progress_at(&compare->progress, units_s(tick->in->wake_ns));
}

static bool run(struct compare *compare, struct error *err)
{
    struct rerun_report report;
    const struct compare_options *options = compare->options;
    if (!rerun_open(&compare->rerun, compare->session, err))
        return false;
    compare->config = *rerun_config(compare->rerun);
    if (!models_add_all(&compare->config, always, sizeof always / sizeof *always, err) ||
        !models_add_all(&compare->config, options->models, options->n_models, err))
        return false;
    for (uint32_t i = 0; i < compare->config.n_signals; i++) {
        compare->aligned[i] = aligned_new(&compare->config, i);
        if (compare->aligned[i] == NULL)
            return error_system(err, compare->session, "averages", ENOMEM);
    }
    output_progress_start(&compare->progress, "compare");
    const struct rerun_options rerun = {.config = &compare->config, .watch = watch, .context = compare};
    const bool ok = rerun_run(compare->rerun, &rerun, &report, err);
    output_progress_end(&compare->progress);
    return ok;
}

/* A name as part of a file's: whatever else it has becomes '_'. */
static void file_part(const char *name, size_t n, char *part, size_t size)
{
    size_t i = 0;
    for (; i < n && name[i] != '\0' && i + 1 < size; i++)
        part[i] = isalnum((unsigned char)name[i]) != 0 || strchr("-_", name[i]) != NULL ? name[i] : '_';
    part[i] = '\0';
}

/* The session's folder, also of a journal file in it; and the last part of its name. */
static bool folder_of(const char *session, char folder[FOLDER_PATH_MAX], char *name, size_t name_size,
                      struct error *err)
{
    struct stat st;
    size_t n = strlen(session);
    if (n >= FOLDER_PATH_MAX)
        return error_set(err, ERROR_USAGE, NULL, "SESSION", session, "at most %d bytes", FOLDER_PATH_MAX - 1);
    memcpy(folder, session, n + 1);
    if (stat(session, &st) == 0 && !S_ISDIR(st.st_mode)) {
        char *slash = strrchr(folder, '/');
        snprintf(folder, FOLDER_PATH_MAX, "%.*s", slash != NULL ? (int)(slash - folder) : 1,
                 slash != NULL ? session : ".");
        n = strlen(folder);
    }
    while (n > 1 && folder[n - 1] == '/')
        folder[--n] = '\0';
    const char *slash = strrchr(folder, '/');
    const char *last = slash != NULL && slash[1] != '\0' ? slash + 1 : folder;
    file_part(last, strlen(last), name, name_size);
    return true;
}

/* One file a signal: in the session's folder, or in --out, where those of several sessions are told apart. */
static bool draw(struct compare *compare, struct error *err)
{
    const struct compare_options *options = compare->options;
    char folder[FOLDER_PATH_MAX], session[96], signal[CONFIG_NAME], file[192];
    if (!folder_of(compare->session, folder, session, sizeof session, err))
        return false;
    const char *into = options->out != NULL ? options->out : folder;
    if (options->out != NULL && mkdir(into, 0777) != 0 && errno != EEXIST)
        return error_system(err, into, "creating the folder", errno);
    for (uint32_t i = 0; i < compare->config.n_signals; i++) {
        file_part(compare->config.signals[i].name, CONFIG_NAME, signal, sizeof signal);
        const bool several = options->out != NULL && options->n_sessions > 1;
        snprintf(file, sizeof file, "compare-%s%s%s.svg", several ? session : "", several ? "-" : "", signal);
        if (!folder_path(into, file, compare->plots[i], err) ||
            !compare_page_write(into, file, session, &compare->config, i, compare->aligned[i], err))
            return false;
    }
    return true;
}

static json_t *session_json(const struct compare *compare)
{
    const struct engine *engine = rerun_engine(compare->rerun);
    json_t *channels = json_array();
    for (uint32_t s = 0; s < compare->config.n_signals; s++) {
        json_t *models = json_array();
        for (uint32_t i = 0; i < compare->config.n_models; i++)
            if (compare->config.models[i].signal == s)
                json_array_append_new(models, models_json(engine, &compare->config, i));
        json_array_append_new(channels, json_pack("{s:s, s:o, s:s, s:I}", "name", compare->config.signals[s].name,
                                                  "models", models, "plot", compare->plots[s], "plot_events_dropped",
                                                  (json_int_t)aligned_n_dropped(compare->aligned[s])));
    }
    return json_pack("{s:s, s:o}", "session", compare->session, "channels", channels);
}

static void print(const struct compare *compare)
{
    printf("%s\n", compare->session);
    if (compare->config.n_signals == 0)
        printf("  no signal\n");
    models_print(stdout, rerun_engine(compare->rerun), &compare->config);
    for (uint32_t i = 0; i < compare->config.n_signals; i++) {
        const uint64_t n = aligned_n_dropped(compare->aligned[i]);
        printf("  plot %s\n", compare->plots[i]);
        if (n > 0)
            printf("  %llu events came too close together to be in it\n", (unsigned long long)n);
    }
}

/* Compares one session, and prints it or appends it to `list`. */
static bool compare_session(const struct compare_options *options, size_t i, json_t *list, struct error *err)
{
    struct compare *compare = calloc(1, sizeof *compare);
    if (compare == NULL)
        return error_system(err, options->sessions[i], "compare", ENOMEM);
    compare->options = options;
    compare->session = options->sessions[i];
    const bool ok = run(compare, err) && draw(compare, err);
    if (ok && list != NULL)
        json_array_append_new(list, session_json(compare));
    else if (ok)
        print(compare);
    for (size_t s = 0; s < CONFIG_SIGNALS_MAX; s++)
        aligned_free(compare->aligned[s]);
    rerun_close(compare->rerun);
    free(compare);
    return ok;
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    const struct compare_options *options = given;
    json_t *list = options->json ? json_array() : NULL;
    bool ok = true;
    (void)cli;
    for (size_t i = 0; ok && i < options->n_sessions; i++)
        ok = compare_session(options, i, list, err);
    if (ok && options->json)
        ok = output_json(options->n_sessions == 1 ? json_incref(json_array_get(list, 0))
                                                  : json_pack("{s:O}", "sessions", list),
                         err);
    json_decref(list);
    return ok ? 0 : error_exit_status(err);
}

#define AT(field) offsetof(struct compare_options, field)
static const struct options_row rows[] = {
    {.name = "SESSION",
     .type = OPTIONS_ARGUMENTS,
     .help = "session folders, or journal files in them",
     .offset = AT(sessions),
     .given = AT(n_sessions),
     .n_max = SESSIONS_MAX},
    {.name = "model",
     .type = OPTIONS_LIST,
     .value = "M",
     .help = "beside td_csc, null_mean and those of the session; names: docs/models.md",
     .offset = AT(models),
     .given = AT(n_models),
     .n_max = CONFIG_MODELS_MAX},
    {.name = "out",
     .letter = 'o',
     .type = OPTIONS_TEXT,
     .value = "DIR",
     .help = "where the plots go; without it into each session's folder",
     .offset = AT(out)},
    OPTIONS_JSON(compare_options),
    {0                                                  },
};

const struct cli_command compare_command = {
    .name = "compare",
    .help = "compare models on recorded sessions: scores, posterior, plots",
    .more =
        "Every figure is of predictions made before the event. r, r2, nrmse, log lh and BIC: over events, the mean\n"
        "of 0.1..1 s after it minus that of 0.5 s before; r trace: over the whole time around events. BIC counts\n"
        "three parameters (gain, offset, noise): those of the models are not fitted.\n",
    .example = "  phasic compare sessions/m53 --model null_zero\n",
    .options = rows,
    .size = sizeof(struct compare_options),
    .act = act,
};
