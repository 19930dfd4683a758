#include "realtime/keeper.h"
#include "engine/base/units.h"
#include "log.h"
#include "realtime/clock.h"
#include "realtime/thread.h"
#include "wire/record.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static const int64_t LOOK_NS = 10 * MS;
static const int64_t PUNCTUAL_NS = 5 * MS;  /* a look this late says more about the machine than about the core */
static const int64_t READY_NS = 20 * S;     /* the host opens its journal and plans the first trial within this */
static const int64_t OFF_LATE_NS = 10 * MS; /* beyond a device's worst case: its OFF is not coming */
static const int64_t HOST_SILENT_NS =
    1 * S;                                  /* its recorder looks into the ring every 10 ms, unless the disk holds it */
static const int64_t HOST_HUNG_NS = 15 * S; /* no disk takes that long and comes back */
static const int64_t HOST_PAUSE_NS = 200 * MS; /* before a dead host is started again */

enum {
    LOOKS_HAZARD = 2, /* without progress, while a valve or laser may be on */
    LOOKS_IDLE = 50,  /* without progress otherwise: half a second */
    TICKS_ESTOP = 3,  /* that an emergency stop may take to be taken */
    HOST_RESTARTS = 20,
};

struct keeper {
    const struct keeper_config *config;
    struct shared *shared;
    int signals;      /* a signalfd */
    pid_t core, host; /* 0: not running */
    int64_t next_ns;  /* of the next look */
    uint64_t core_beat;
    uint32_t n_still, n_estop; /* punctual looks without progress; with an estop that nobody took */
    uint32_t n_signals, n_restarts;
    uint32_t away; /* devices whose loss was told, a bit each */
    uint64_t host_beat;
    int64_t host_moved_ns;
    int64_t host_again_ns; /* when to start the host again; INT64_MAX: not wanted */
    bool ended, host_done, failed;
};

static int64_t session_now(const struct keeper *keeper)
{
    const int64_t start_ns = atomic_load(&keeper->shared->start_ns);
    return start_ns == 0 ? 0 : clock_now() - start_ns;
}

/* A child with ordinary scheduling and signals of its own; its life is `life`. */
static pid_t spawn(const struct keeper *keeper, int (*life)(void *), const char *name)
{
    const pid_t keeper_pid = getpid();
    fflush(NULL);
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    close(keeper->signals);
    prctl(PR_SET_NAME, name);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    const int status = getppid() == keeper_pid ? life(keeper->config->context) : 1;
    fflush(NULL);
    _exit(status);
}

/* The record that says how it ended, in place of the core. The host drains the ring meanwhile. */
static void record_end(struct keeper *keeper, int signal_number, int64_t safe_after_ns, uint32_t reason)
{
    const struct record_close close_record = {
        .session_ns = session_now(keeper),
        .safe_after_ns = safe_after_ns,
        .ticks = atomic_load(&keeper->shared->ticks),
        .skipped_ticks = atomic_load(&keeper->shared->skipped_ticks),
        .reason = reason,
        .signal = (uint32_t)signal_number,
    };
    for (int i = 0; i < 1000 && !ring_push(&keeper->shared->ring, RECORD_CLOSE, &close_record, sizeof close_record);
         i++)
        clock_pause(LOOK_NS);
    atomic_store(&keeper->shared->phase, SHARED_ENDED);
    keeper->ended = keeper->failed = true;
}

/* The core is gone, or about to be: safe at once, and once more when its end is certain. */
static void replace_core(struct keeper *keeper, bool running, int status, uint32_t reason)
{
    const int64_t noticed_ns = clock_now();
    int signal_number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (running) {
        kill(keeper->core, SIGKILL);
        (void)devices_force_safe(keeper->config->devices, session_now(keeper));
        while (waitpid(keeper->core, &status, 0) < 0 && errno == EINTR)
            ;
        signal_number = SIGKILL;
    }
    const bool safe = devices_force_safe(keeper->config->devices, session_now(keeper));
    const int64_t took_ns = clock_now() - noticed_ns;
    atomic_store(&keeper->shared->hazard, safe ? 0 : 1);
    log_event(LOG_ERROR, running ? "core.hung" : "core.died", "signal=%d safe=%s safe_after_us=%lld", signal_number,
              safe ? "yes" : "no", (long long)(took_ns / US));
    keeper->core = 0;
    record_end(keeper, signal_number, safe ? took_ns : -1, reason);
}

static void reap_core(struct keeper *keeper)
{
    int status;
    if (keeper->core == 0 || waitpid(keeper->core, &status, WNOHANG) != keeper->core)
        return;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && atomic_load(&keeper->shared->phase) == SHARED_ENDED) {
        keeper->core = 0;
        keeper->ended = true;
        return;
    }
    replace_core(keeper, false, status, FRAME_END_CORE);
}

static void start_host(struct keeper *keeper)
{
    keeper->host_again_ns = INT64_MAX;
    keeper->host_moved_ns = clock_now();
    keeper->host = spawn(keeper, keeper->config->host, "phasic-host");
    if (keeper->host < 0) {
        log_event(LOG_ERROR, "host.not_started", "why=\"%s\"", strerror(errno));
        keeper->host = 0;
        keeper->host_again_ns = clock_now() + HOST_PAUSE_NS;
    }
    atomic_store(&keeper->shared->host_pid, keeper->host);
}

static void reap_host(struct keeper *keeper)
{
    int status;
    if (keeper->host != 0 && waitpid(keeper->host, &status, WNOHANG) == keeper->host) {
        keeper->host = 0;
        keeper->host_done = keeper->ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
        if (keeper->host_done)
            return;
        keeper->n_restarts++;
        const bool again = keeper->n_restarts <= HOST_RESTARTS;
        log_event(again ? LOG_WARN : LOG_ERROR, "host.died", "signal=%d status=%d restart=%u",
                  WIFSIGNALED(status) ? WTERMSIG(status) : 0, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                  keeper->n_restarts);
        keeper->host_again_ns = again ? clock_now() + HOST_PAUSE_NS : INT64_MAX;
        if (!again) {
            atomic_store(&keeper->shared->stop, 1);
            keeper->failed = true;
        }
    }
    if (keeper->host == 0 && clock_now() >= keeper->host_again_ns)
        start_host(keeper);
}

/* The session is over, its end can't be written, and the operator does not want to wait for the disk. */
static void give_up(struct keeper *keeper)
{
    if (keeper->host == 0)
        return;
    kill(keeper->host, SIGKILL);
    for (int i = 0; i < 100 && waitpid(keeper->host, NULL, WNOHANG) == 0; i++)
        clock_pause(LOOK_NS);
    keeper->host = 0;
    keeper->host_again_ns = INT64_MAX;
}

/* Tells of a host that stands still, and makes an end of it if it stays so. */
static void look_at_host(struct keeper *keeper)
{
    struct shared *shared = keeper->shared;
    const int64_t now_ns = clock_now();
    const uint64_t beat = atomic_load(&shared->host_beat);
    const bool told = atomic_load(&shared->host_silent) != 0;
    const int64_t still_ns = now_ns - keeper->host_moved_ns;
    if (beat != keeper->host_beat || keeper->ended || keeper->host == 0) {
        if (told && beat != keeper->host_beat)
            log_event(LOG_INFO, "host.moves", "after_s=%.1f", (double)still_ns * S_PER_NS);
        keeper->host_beat = beat;
        keeper->host_moved_ns = now_ns;
        atomic_store(&shared->host_silent, 0);
    } else if (still_ns > HOST_HUNG_NS) {
        log_event(LOG_ERROR, "host.hung", "after_s=%.1f", (double)still_ns * S_PER_NS);
        kill(keeper->host, SIGKILL);
        keeper->host_moved_ns = now_ns; /* what hangs in the disk dies only when that lets go */
    } else if (still_ns > HOST_SILENT_NS && !told) {
        log_event(LOG_ERROR, "host.silent", "after_s=%.1f journal=\"not written meanwhile, the ring holds what comes\"",
                  (double)still_ns * S_PER_NS);
        atomic_store(&shared->host_silent, 1);
    }
}

static void take_signals(struct keeper *keeper)
{
    struct signalfd_siginfo info;
    while (read(keeper->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        keeper->n_signals++;
        atomic_store(&keeper->shared->stop, 1);
        if (keeper->n_signals >= 2 || info.ssi_signo == SIGQUIT)
            atomic_store(&keeper->shared->estop, 1);
        if (keeper->ended && atomic_load(&keeper->shared->journal_failing) != 0)
            give_up(keeper);
    }
}

/* The core has put it into the journal; here it is told. */
static void tell_devices(struct keeper *keeper)
{
    const uint32_t away = atomic_load(&keeper->shared->away), changed = away ^ keeper->away;
    for (uint32_t d = 0; d < keeper->shared->config.n_devices; d++)
        if ((changed >> d & 1) != 0) {
            const bool lost = (away >> d & 1) != 0;
            log_event(lost ? LOG_ERROR : LOG_INFO, lost ? "device.lost" : "device.back", "device=%s",
                      keeper->shared->config.devices[d].name);
        }
    keeper->away = away;
}

/* The device that has not confirmed an OFF in time; -1: none. */
static int deaf_device(const struct keeper *keeper)
{
    for (uint32_t d = 0; d < keeper->config->devices->n; d++) {
        const struct driver_about *about = &keeper->config->devices->device[d].ops->about;
        if (atomic_load(&keeper->shared->off_age_ns[d]) > about->worst_case_write_ns + OFF_LATE_NS)
            return (int)d;
    }
    return -1;
}

/* One look at the core. `punctual`: this look came when it should. */
static void look_at_core(struct keeper *keeper, bool punctual)
{
    struct shared *shared = keeper->shared;
    const uint64_t beat = atomic_load(&shared->core_beat);
    if (beat != keeper->core_beat || !punctual) {
        keeper->core_beat = beat;
        keeper->n_still = 0;
    } else
        keeper->n_still++;
    const bool ignored = atomic_load(&shared->estop) != 0 && atomic_load(&shared->estop_taken) == 0;
    keeper->n_estop = ignored && punctual ? keeper->n_estop + 1 : 0;
    if (atomic_load(&shared->phase) != SHARED_RUNNING)
        return; /* it has not begun, or its outputs are safe and it is on its way out */
    const uint32_t limit = atomic_load(&shared->hazard) != 0 ? LOOKS_HAZARD : LOOKS_IDLE;
    const int64_t estop_looks = 1 + (TICKS_ESTOP * shared->config.period_ns + LOOK_NS - 1) / LOOK_NS;
    const int deaf = deaf_device(keeper);
    if (deaf >= 0)
        log_event(LOG_ERROR, "device.hung", "device=%s off_unconfirmed_ms=%.1f", shared->config.devices[deaf].name,
                  (double)atomic_load(&shared->off_age_ns[deaf]) / (double)MS);
    if (deaf >= 0 || keeper->n_still >= limit || keeper->n_estop >= estop_looks)
        replace_core(keeper, true, 0, deaf >= 0 ? FRAME_END_DEVICE : FRAME_END_CORE);
}

static void look(struct keeper *keeper)
{
    clock_sleep_until(keeper->next_ns);
    const int64_t late_ns = clock_now() - keeper->next_ns;
    keeper->next_ns += LOOK_NS * (1 + late_ns / LOOK_NS);
    atomic_fetch_add(&keeper->shared->keeper_beat, 1);
    take_signals(keeper);
    reap_core(keeper);
    reap_host(keeper);
    look_at_host(keeper);
    tell_devices(keeper);
    if (keeper->core != 0)
        look_at_core(keeper, late_ns < PUNCTUAL_NS);
}

/* The host first: without a journal no session. False: it gave up; it has said why. */
static bool wait_for_host(struct keeper *keeper)
{
    start_host(keeper);
    const int64_t give_up_ns = clock_now() + READY_NS;
    while (atomic_load(&keeper->shared->host_ready) == 0) {
        int status;
        if (keeper->host == 0 || waitpid(keeper->host, &status, WNOHANG) == keeper->host)
            return false;
        if (clock_now() > give_up_ns) {
            log_event(LOG_ERROR, "host.not_ready", "after_s=%lld", (long long)(READY_NS / S));
            kill(keeper->host, SIGKILL);
            waitpid(keeper->host, &status, 0);
            return false;
        }
        clock_pause(MS);
    }
    return true;
}

static bool begin(struct keeper *keeper)
{
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGINT);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGHUP);
    sigaddset(&mask, SIGQUIT);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signal(SIGPIPE, SIG_IGN); /* a closed terminal must not end the session */
    keeper->signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
    if (keeper->signals < 0) {
        log_event(LOG_ERROR, "keeper.no_signals", "why=\"%s\"", strerror(errno));
        return false;
    }
    atomic_store(&keeper->shared->keeper_pid, getpid());
    if (!wait_for_host(keeper))
        return false;
    char missing[256];
    if (!thread_realtime(THREAD_KEEPER_PRIORITY, missing, sizeof missing))
        log_event(LOG_WARN, "keeper.not_realtime", "missing=\"%s\"", missing);
    keeper->core = spawn(keeper, keeper->config->core, "phasic-core");
    if (keeper->core < 0) {
        log_event(LOG_ERROR, "core.not_started", "why=\"%s\"", strerror(errno));
        keeper->core = 0;
        record_end(keeper, 0, devices_force_safe(keeper->config->devices, 0) ? 0 : -1, FRAME_END_CORE);
    }
    atomic_store(&keeper->shared->core_pid, keeper->core);
    return true;
}

int keeper_run(const struct keeper_config *config)
{
    struct keeper keeper = {.config = config, .shared = config->shared, .signals = -1, .host_again_ns = INT64_MAX};
    setpgid(0, 0); /* the terminal's Ctrl-C goes to `phasic run`, which passes it on */
    prctl(PR_SET_NAME, "phasic-keeper");
    if (!begin(&keeper)) {
        shared_unlink(config->shared);
        return 1;
    }
    keeper.next_ns = clock_now() + LOOK_NS;
    while (!(keeper.ended && keeper.host_done) &&
           !(keeper.ended && keeper.host == 0 && keeper.host_again_ns == INT64_MAX))
        look(&keeper);
    devices_close(config->devices);
    close(keeper.signals);
    if (!keeper.host_done) {
        log_event(LOG_ERROR, "session.not_written", "memory=%s recover=\"phasic recover\"", config->shared->name);
        return 1;
    }
    shared_unlink(config->shared);
    return keeper.failed ? 1 : 0;
}
