#include "cli/bench_load.h"
#include "cli/bench_scratch.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BLOCK = 8 << 20 };

static pid_t child(void)
{
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setpgid(0, 0);
    }
    return pid;
}

static void work(void)
{
    uint8_t *from = malloc(BLOCK), *to = malloc(BLOCK);
    const int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (from == NULL || to == NULL)
        _exit(1);
    for (uint32_t i = 0;; i++) {
        memset(from, (int)i, BLOCK);
        memcpy(to, from, BLOCK);
        for (size_t at = 0; at < BLOCK; at += BLOCK / 256)
            (void)!write(out, to + at, BLOCK / 256);
    }
}

static void stress(int n)
{
    char count[16];
    snprintf(count, sizeof count, "%d", n);
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    const char *const argv[] = {"stress-ng",  "--cpu", count,   "--cache", "1",           "--vm", "1",
                                "--vm-bytes", "64m",   "--hdd", "1",       "--temp-path", "/tmp", NULL};
    execvp(argv[0], (char *const *)argv);
    _exit(1);
}

void bench_load_start(struct bench_load *load)
{
    static const char *const ask[] = {"stress-ng", "--version", NULL};
    cpu_set_t set;
    const int n_cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    const bool installed = bench_scratch_run(ask, "/dev/null") == 0;
    *load = (struct bench_load){.what = installed ? "stress-ng" : "built in"};
    for (int i = 0; i < (installed ? 1 : n_cpus) && load->n < BENCH_LOAD_MAX; i++) {
        const pid_t pid = child();
        if (pid == 0 && installed)
            stress(n_cpus);
        if (pid == 0)
            work();
        if (pid > 0)
            load->pids[load->n++] = pid;
    }
}

void bench_load_stop(struct bench_load *load)
{
    for (uint32_t i = 0; i < load->n; i++) {
        kill(-load->pids[i], SIGTERM); /* stress-ng ends its own children then */
        kill(load->pids[i], SIGTERM);
        waitpid(load->pids[i], NULL, 0);
    }
    load->n = 0;
}
