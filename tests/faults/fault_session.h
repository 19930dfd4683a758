/* fault_session: a whole session in which one thing goes wrong, and what came of it. (tests/faults/fault_session.h)
 *
 * Keeper, core and host are the program's own, with journal, task and simulated board; only `phasic run` is missing.
 * The test watches the board's latches, which outlive every process, from a thread of its own: how long each valve and
 * laser was on is what the animal would have had. Every session makes a row of the fault table (docs/faults.md). One at
 * a time. */
#pragma once
#include "engine/config.h"
#include "realtime/devices.h"
#include "realtime/shared.h"
#include <stdbool.h>
#include <sys/types.h>

struct fault_session {
    struct config config;
    struct shared *shared;
    struct devices devices;
    char folder[256];
    pid_t keeper;
    int keeper_status; /* exit status, -1: a signal ended it */
    int64_t strike_ns; /* session time at which it was struck; 0: before the start */
    uint32_t water;    /* index of the valve */
};
extern struct fault_session fault_session;

/* What must come of it. Times are limits. */
struct fault_row {
    const char *fault;     /* the row's name: "core: SIGKILL" */
    const char *task;      /* NULL: tests/faults/busy.lua */
    void (*prepare)(void); /* changes fault_session.config before the processes start; NULL: nothing */
    void (*strike)(void);  /* called once the valve is on; NULL: the fault is there from the start */
    int64_t duration_ns;   /* the session's; 0: it would go on for ever */
    uint64_t ring_bytes;   /* 0: 8 MiB */
    const char *ends;      /* frame_end_words of how it must end */
    const char *told;      /* an event that stderr must hold; NULL: nothing is to be told */
    int64_t safe_ns;       /* from the strike until all is off; INT64_MAX: it goes on, or ends in its own time */
    bool device_ends;      /* the board ends the valve's pulses itself */
    bool since_end;        /* the time to safe is counted from the decision to end: the fault comes slowly */
    bool poor;             /* the core's process gets next to no memory */
};

enum { FAULT_SESSION_RING = 8 << 20 };

/* Runs the row's session and prints its line of the table; fails the test if anything is otherwise than the row says,
 * if a valve or laser was on beyond its limit, a tick was lost, the journal can't be read or does not replay. */
void fault_session_run(const struct fault_row *row);

/* main of a program that is a table of rows: one test a row; `--rows` prints their names instead. */
int fault_session_main(const struct fault_row *rows, size_t n, int argc, char **argv);

/* For strikes. Waits until the condition holds; fails the test after 20 s. */
void fault_session_until(bool (*holds)(void));
bool fault_session_core_is_gone(void);
bool fault_session_host_is_gone(void);
bool fault_session_is_paused(void);
bool fault_session_goes_on(void);   /* it is not paused, and a trial runs */
bool fault_session_has_ended(void); /* the core has said its last word, or the keeper for it */

/* Signals a process of the session. */
void fault_session_signal_core(int number);
void fault_session_signal_host(int number);
void fault_session_signal_keeper(int number);

/* True if the session's stderr holds the text. */
bool fault_session_said(const char *text);
