/* main: what the program is made of: the drivers it has, and the processes that a session starts. Everything else takes
 * them as arguments. */
#include "cli/cli.h"
#include "drivers/replay.h"
#include "drivers/sim/sim.h"
#include "host.h"
#include "realtime/keeper.h"
#include "realtime/loop.h"
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static const struct driver_ops *const drivers[] = {&sim_driver, &replay_driver};

enum { N_DRIVERS = sizeof drivers / sizeof *drivers };

struct lives {
    struct shared *shared;
    struct devices devices;
    struct host_config host;
};

static int core_life(void *context)
{
    struct lives *lives = context;
    return loop_main(lives->shared, &lives->devices);
}

static int host_life(void *context)
{
    const struct lives *lives = context;
    return host_main(&lives->host);
}

/* The keeper's process opens the devices, so that it can make them safe without the core. */
static int keeper_life(const struct run_session *session)
{
    static struct lives lives;
    char line[512];
    struct error err = {0};
    lives.shared = session->shared;
    lives.host = (struct host_config){
        .shared = session->shared,
        .folder = session->folder,
        .set = session->set,
        .n_set = session->n_set,
        .version = CLI_VERSION,
    };
    if (!devices_open(&lives.devices, &session->shared->config, drivers, N_DRIVERS, session->recording, &err)) {
        fprintf(stderr, "phasic: %s\n", error_line(&err, line, sizeof line));
        shared_unlink(session->shared);
        return 1;
    }
    return keeper_run(&(struct keeper_config){
        .shared = session->shared,
        .devices = &lives.devices,
        .core = core_life,
        .host = host_life,
        .context = &lives,
    });
}

/* If `phasic run` dies, its keeper gets what Ctrl-C would have sent: the session ends in order. */
static pid_t launch(const struct run_session *session)
{
    const pid_t parent = getpid();
    fflush(NULL);
    const pid_t pid = fork();
    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGINT);
    const int status = getppid() == parent ? keeper_life(session) : 1;
    fflush(NULL);
    _exit(status);
}

int main(int argc, char **argv)
{
    const struct cli cli = {.drivers = drivers, .n_drivers = N_DRIVERS, .launch = launch};
    return cli_main(&cli, argc, argv);
}
