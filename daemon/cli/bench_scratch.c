#include "cli/bench_scratch.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_FOUND = 127, OPEN_FOLDERS = 8 };

bool bench_scratch_open(char path[BENCH_SCRATCH_PATH], struct error *err)
{
    const char *place = getenv("TMPDIR");
    snprintf(path, BENCH_SCRATCH_PATH, "%.400s/phasic-bench-XXXXXX", place != NULL ? place : "/tmp");
    if (mkdtemp(path) != NULL)
        return true;
    error_system(err, path, "scratch folder", errno);
    path[0] = '\0';
    return false;
}

static int take_away(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    (void)remove(path);
    return 0;
}

void bench_scratch_close(const char *path)
{
    if (path[0] != '\0')
        (void)nftw(path, take_away, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}

int bench_scratch_run(const char *const *argv, const char *output)
{
    int status = 0;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd >= 0) {
            dup2(fd, STDOUT_FILENO);
            dup2(fd, STDERR_FILENO);
        }
        execvp(argv[0], (char *const *)argv);
        _exit(NOT_FOUND);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) != NOT_FOUND ? WEXITSTATUS(status) : -1;
}
