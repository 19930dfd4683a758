#include "cli/run.h"
#include "cli/cli.h"
#include "cli/day.h"
#include "cli/run_prepare.h"
#include "cli/status_line.h"
#include "cli/summary_text.h"
#include "engine/base/units.h"
#include "realtime/clock.h"
#include "session/folder.h"
#include "session/summary.h"
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static const int64_t WATCH_NS = 20 * MS;
static const int64_t ORPHANS_NS = 30 * S;

struct watch {
    const struct run_options *options;
    const struct run_prepared *prepared;
    pid_t keeper;
    int signals;
    int64_t line_ns; /* when the next line is due */
    bool rewrites;   /* the line is written over, on a terminal */
    bool interrupted;
};

/* Ctrl-C and its like are the keeper's: once ends in order, twice at once; Ctrl-\ is the emergency stop. */
static void pass_signals(struct watch *watch)
{
    struct signalfd_siginfo info;
    while (read(watch->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGQUIT)
            atomic_store(&watch->prepared->session.shared->estop, 1); /* even if the keeper is busy */
        kill(watch->keeper, info.ssi_signo == SIGQUIT ? SIGQUIT : SIGINT);
        watch->interrupted = true;
    }
}

/* For the line's end, as long as it lasts. */
static const char *journal_words(const struct shared *shared)
{
    if (atomic_load(&shared->journal_failing) != 0)
        return "  JOURNAL NOT WRITTEN";
    return atomic_load(&shared->host_silent) != 0 ? "  JOURNAL HELD UP" : "";
}

static void print_line(struct watch *watch)
{
    struct shared_snapshot snapshot;
    char line[256];
    if (clock_now() < watch->line_ns || atomic_load(&watch->prepared->session.shared->phase) != SHARED_RUNNING)
        return;
    watch->line_ns = clock_now() + S;
    if (!shared_observe(watch->prepared->session.shared, &snapshot))
        return;
    status_line(&watch->prepared->config, &snapshot, line, sizeof line);
    fprintf(stderr, watch->rewrites ? "\r%s%s\033[K" : "%s%s\n", line, journal_words(watch->prepared->session.shared));
}

static bool alive(pid_t pid)
{
    return pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH);
}

/* Without the keeper the core makes safe and ends, and the host writes what there is: both within seconds. */
static void wait_for_orphans(const struct shared *shared)
{
    const int64_t give_up_ns = clock_now() + ORPHANS_NS;
    while ((alive(atomic_load(&shared->core_pid)) || alive(atomic_load(&shared->host_pid))) && clock_now() < give_up_ns)
        clock_pause(WATCH_NS);
}

/* Waits for the keeper, and so for the session's end. Returns the keeper's wait status. */
static int watch_session(struct watch *watch)
{
    int status = 0;
    for (;;) {
        const pid_t pid = waitpid(watch->keeper, &status, WNOHANG);
        if (pid == watch->keeper || (pid < 0 && errno != EINTR))
            break;
        pass_signals(watch);
        print_line(watch);
        clock_pause(WATCH_NS);
    }
    if (watch->rewrites)
        fputc('\n', stderr);
    if (WIFSIGNALED(status))
        wait_for_orphans(watch->prepared->session.shared);
    return status;
}

/* The exit status that the session deserves. */
static int judge(uint32_t reason, int keeper_status)
{
    const bool orderly = reason == FRAME_END_DURATION || reason == FRAME_END_STOP || reason == FRAME_END_TASK;
    return orderly && WIFEXITED(keeper_status) && WEXITSTATUS(keeper_status) == 0 ? 0 : 1;
}

static bool print_summary(const struct run_options *options, const char *folder, uint32_t *reason, struct error *err)
{
    static struct summary summary;
    char path[FOLDER_PATH_MAX];
    if (!folder_path(folder, FOLDER_JOURNAL, path, err) || !summary_make(path, &summary, err))
        return false;
    *reason = summary.reason;
    if (options->json) {
        json_t *json = summary_json(&summary);
        if (json == NULL || json_object_set_new(json, "session", json_string(folder)) != 0)
            return error_system(err, NULL, "summary", ENOMEM);
        json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(15));
        putchar('\n');
        json_decref(json);
        return true;
    }
    summary_text_print(stdout, &summary);
    printf("  %-20s %s\n", "files", folder);
    return true;
}

static int open_signals(void)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGHUP);
    sigaddset(&mask, SIGQUIT);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    return signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    const struct run_options *options = given;
    static struct run_prepared prepared;
    if (!run_prepare(options, cli->drivers, cli->n_drivers, &prepared, err))
        return error_exit_status(err);
    struct watch watch = {.options = options, .prepared = &prepared, .signals = open_signals()};
    watch.rewrites = !options->headless && !options->json && isatty(STDERR_FILENO) != 0;
    watch.keeper = watch.signals < 0 ? -1 : cli->launch(&prepared.session);
    if (watch.keeper < 0) {
        error_system(err, NULL, "a new process", errno);
        shared_unlink(prepared.session.shared);
        run_prepare_close(&prepared);
        return error_exit_status(err);
    }
    const int status = watch_session(&watch);
    uint32_t reason = 0;
    const bool begun = atomic_load(&prepared.session.shared->start_ns) != 0;
    const bool printed = begun && print_summary(options, prepared.folder, &reason, err);
    close(watch.signals);
    day_end(&prepared.config, prepared.folder);
    run_prepare_close(&prepared);
    return printed ? judge(reason, status) : 1;
}

#define AT(field) offsetof(struct run_options, field)
static const struct options_row rows[] = {
    {.name = "RIG",             .type = OPTIONS_ARGUMENT, .help = "the rig file", .offset = AT(rig)},
    {.name = "TASK",   .type = OPTIONS_ARGUMENT, .help = "the task file", .offset = AT(task)},
    {.name = "animal",
     .type = OPTIONS_TEXT,
     .value = "ID",
     .help = "the animal's name in the files",
     .offset = AT(animal)},
    {.name = "duration",
     .type = OPTIONS_NUMBER,
     .value = "S",
     .help = "end after S seconds; without it when the task ends or Ctrl-C",
     .offset = AT(duration_s),
     .min = 0.001,
     .max = 1e7},
    {.name = "set",
     .type = OPTIONS_LIST,
     .value = "NAME=VALUE",
     .help = "change a parameter of the task: volume=5ul",
     .offset = AT(set),
     .given = AT(n_set),
     .n_max = RUN_SET_MAX},
    {.name = "keep",
     .type = OPTIONS_FLAG,
     .help = "keep what --set gives for this animal and task",
     .offset = AT(keep)},
    {.name = "seed",
     .type = OPTIONS_WHOLE,
     .value = "N",
     .help = "of all random draws; without it a new one, which session.json tells",
     .offset = AT(seed),
     .given = AT(n_seed)},
    {.name = "yoke",
     .type = OPTIONS_TEXT,
     .value = "SESSION",
     .help = "the earlier session whose stimulation times yoked triggers repeat",
     .offset = AT(yoke)},
    {.name = "out",
     .letter = 'o',
     .type = OPTIONS_TEXT,
     .value = "DIR",
     .help = "the session folder, absent or empty; without it a new one in $PHASIC_DATA or ~/phasic",
     .offset = AT(out)},
    {.name = "headless",
     .type = OPTIONS_FLAG,
     .help = "whole lines instead of one that is rewritten",
     .offset = AT(headless)},
    OPTIONS_JSON(run_options),
    {0 },
};

const struct cli_command run_command = {
    .name = "run",
    .help = "run a session",
    .more = "Ctrl-C ends the session in order, twice at once. A line a second goes to stderr, the summary to stdout.\n",
    .example = "  phasic run rig-configs/sim.lua protocols/pavlovian.lua --duration 60 --set volume=5ul\n",
    .options = rows,
    .size = sizeof(struct run_options),
    .act = act,
};
