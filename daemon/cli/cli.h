/* cli: the program's commands: which there are, their help, and how they end. (cli/cli.h)
 *
 * A command is one file with one `struct cli_command`: name, help, example, its rows of options, and a function. Exit
 * status everywhere: 0 done, 1 the run or a device failed, 2 wrong usage or input, 3 a verification found a difference.
 * Every error is one line on stderr. With --json stdout has one JSON object and nothing else. Threads: one. */
#pragma once
#include "cli/options.h"
#include "cli/run.h"
#include "drivers/driver.h"
#include "engine/base/error.h"
#include <stddef.h>

#define CLI_VERSION "0.1.0"

/* What main.c brings. */
struct cli {
    const struct driver_ops *const *drivers;
    size_t n_drivers;
    run_launch_fn launch;
};

struct cli_command {
    const char *name;                  /* "check" */
    const char *help;                  /* one line, without a full stop */
    const char *more;                  /* further lines of --help; NULL: none */
    const char *example;               /* whole command lines, one a line */
    const struct options_row *options; /* end with a row without a name */
    size_t size;                       /* of the struct that they fill; it starts zeroed */
    /* Does it; `given` is that struct. Returns the exit status. If *err is set, its line is printed on stderr; then the
     * status is usually error_exit_status(err). */
    int (*act)(const struct cli *cli, const void *given, struct error *err);
};

/* One in each file of this folder that is a command; cli.c has the list. */
extern const struct cli_command run_command, replay_command, check_command, import_command, compare_command,
    export_command, recover_command, verify_command, signatures_command, doctor_command, bench_command,
    simulate_command, calibrate_command;

/* The whole program behind main. Returns the exit status. */
int cli_main(const struct cli *cli, int argc, char **argv);
