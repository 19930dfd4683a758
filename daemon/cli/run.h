/* run: `phasic run RIG TASK`: one session, from the files to the summary. (cli/run.h)
 *
 * The process that the user started checks the files, makes the session folder and the shared memory, lets main.c start
 * the keeper, and then only watches: it prints a line a second, passes Ctrl-C on, and at the end prints the summary. If
 * it dies, the keeper ends the session in order. Threads: one, not real-time. */
#pragma once
#include "drivers/driver.h"
#include "realtime/shared.h"
#include <stddef.h>
#include <sys/types.h>

/* A session that is ready to start. */
struct run_session {
    struct shared *shared;
    const char *folder;
    const char *const *set; /* the task's parameters, as given */
    size_t n_set;
    const struct driver_recording *recording; /* for devices of the driver "replay"; NULL: none */
};

/* Starts the keeper's process on it and returns its id; -1 and errno. main.c brings it, because it alone may name
 * drivers and start processes. */
typedef pid_t (*run_launch_fn)(const struct run_session *session);
