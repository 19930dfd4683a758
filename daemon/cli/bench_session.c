#include "cli/bench_session.h"
#include "cli/bench_load.h"
#include "cli/bench_scratch.h"
#include "cli/run_prepare.h"
#include "engine/base/units.h"
#include "realtime/clock.h"
#include "session/folder.h"
#include "session/journal.h"
#include "session/rerun.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct reading {
    struct bench_session_times *times;
    int64_t period_ns;
    int64_t next_n;   /* the tick that comes if none is skipped */
    int64_t wrote_ns; /* when the tick before woke, if it wrote; else INT64_MIN */
};

static void take_tick(struct reading *reading, const struct journal_reader *journal)
{
    const struct frame_in *in = journal_frame_in(journal);
    const struct record_times *at = journal_times(journal);
    struct bench_session_times *times = reading->times;
    const int64_t missed = in->n - reading->next_n;
    percentiles_add(&times->due_to_wake, in->wake_ns - in->due_ns + missed * reading->period_ns);
    percentiles_add(&times->wake_to_decide, at->decided_ns - in->wake_ns);
    if (reading->wrote_ns != INT64_MIN)
        percentiles_add(&times->wake_to_write, at->written_ns - reading->wrote_ns);
    reading->wrote_ns = journal_frame_out(journal)->n_writes > 0 ? in->wake_ns : INT64_MIN;
    reading->next_n = in->n + 1;
    times->ticks++;
    times->skipped += missed;
}

static bool read_journal(const char *folder, int64_t period_ns, struct bench_session_times *times, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    struct journal_reader *journal = NULL;
    enum journal_event event = JOURNAL_PLAN;
    struct reading reading = {times, period_ns, 0, INT64_MIN};
    if (!folder_path(folder, FOLDER_JOURNAL, path, err) || !journal_open(&journal, path, err))
        return false;
    bool ok = true, closed = false;
    while (ok && event != JOURNAL_END) {
        ok = journal_next(journal, &event, err);
        if (ok && event == JOURNAL_TICK)
            take_tick(&reading, journal);
        if (!ok || event != JOURNAL_CLOSE)
            continue;
        const struct record_close *close = journal_close_record(journal);
        closed = close->reason == FRAME_END_DURATION;
        times->faults += close->faults_minor + close->faults_major;
        times->switches += close->switches;
    }
    journal_close(journal);
    return ok && (closed || error_set(err, ERROR_SYSTEM, NULL, "session", NULL, "it ended before its time"));
}

static bool time_replay(const char *folder, struct bench_session_times *times, struct error *err)
{
    struct rerun *rerun;
    struct rerun_report report;
    if (!rerun_open(&rerun, folder, err))
        return false;
    const struct rerun_options options = {0};
    const int64_t start_ns = clock_now();
    const bool ok = rerun_run(rerun, &options, &report, err);
    const double took_s = units_s(clock_now() - start_ns);
    rerun_close(rerun);
    times->replay_x = took_s > 0 ? units_s(report.session_ns) / took_s : 0;
    return ok;
}

/* Starts the session; what its processes say goes to the file `said`, if there is one. */
static pid_t launch(const struct cli *cli, const struct run_prepared *prepared, const char *said)
{
    fflush(NULL);
    const int kept = said == NULL ? -1 : dup(STDERR_FILENO);
    const int fd = kept < 0 ? -1 : open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0)
        dup2(fd, STDERR_FILENO);
    const pid_t pid = cli->launch(&prepared->session);
    if (kept >= 0) {
        dup2(kept, STDERR_FILENO);
        close(kept);
    }
    if (fd >= 0)
        close(fd);
    return pid;
}

static void show(const char *path)
{
    char line[512];
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        fputs(line, stderr);
    if (file != NULL)
        fclose(file);
}

static bool run(const struct cli *cli, const struct bench_session_options *options, const char *scratch,
                struct bench_session_times *times, struct error *err)
{
    static struct run_prepared prepared;
    char rig[BENCH_SCRATCH_PATH + 16], task[BENCH_SCRATCH_PATH + 16], said[BENCH_SCRATCH_PATH + 16];
    char folder[BENCH_SCRATCH_PATH + 16];
    snprintf(rig, sizeof rig, "%s/%s", scratch, FOLDER_RIG);
    snprintf(task, sizeof task, "%s/%s", scratch, FOLDER_TASK);
    snprintf(said, sizeof said, "%s/stderr", scratch);
    snprintf(folder, sizeof folder, "%s/session", scratch);
    const struct run_options run_options = {
        .rig = rig, .task = task, .out = folder, .duration_s = options->seconds, .seed = 7, .n_seed = 1};
    if (!bench_rig_write(scratch, options->size, options->period_ns, &options->loop, err) ||
        !run_prepare(&run_options, cli->drivers, cli->n_drivers, &prepared, err))
        return false;
    int status = 0;
    const pid_t keeper = launch(cli, &prepared, options->quiet ? said : NULL);
    if (keeper < 0) {
        error_system(err, NULL, "a new process", errno);
        shared_unlink(prepared.session.shared);
    }
    while (keeper > 0 && waitpid(keeper, &status, 0) < 0 && errno == EINTR)
        ;
    run_prepare_close(&prepared);
    if (keeper < 0)
        return false;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        show(said);
        return error_set(err, ERROR_SYSTEM, NULL, "session", NULL, "it did not end in order");
    }
    return read_journal(folder, options->period_ns, times, err) &&
           (!options->replay || time_replay(folder, times, err));
}

bool bench_session_run(const struct cli *cli, const struct bench_session_options *options,
                       struct bench_session_times *times, struct error *err)
{
    char scratch[BENCH_SCRATCH_PATH];
    struct bench_load load = {0};
    *times = (struct bench_session_times){0};
    if (!bench_scratch_open(scratch, err))
        return false;
    if (options->load)
        bench_load_start(&load);
    const bool ok = run(cli, options, scratch, times, err);
    bench_load_stop(&load);
    bench_scratch_close(scratch);
    return ok;
}

void bench_session_merge(struct percentiles *into, const struct percentiles *more)
{
    for (uint32_t i = 0; i < PERCENTILES_BINS; i++)
        into->bins[i] += more->bins[i];
    into->n += more->n;
    into->max_ns = more->max_ns > into->max_ns ? more->max_ns : into->max_ns;
}
