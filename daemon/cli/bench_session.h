/* bench_session: one session of the simulated rig, and how late its ticks were. (cli/bench_session.h)
 *
 * It is `phasic run` as a user has it: keeper, core and host, a journal on the disk; the figures are read from that
 * journal. Threads: one, not real-time. */
#pragma once
#include "cli/bench_rig.h"
#include "cli/cli.h"
#include "session/percentiles.h"

struct bench_session_options {
    double seconds;
    int64_t period_ns;
    struct config_loop loop;
    enum bench_rig_size size;
    bool load;   /* beside bench_load */
    bool replay; /* measure how fast it replays, too */
    bool quiet;  /* what its processes say on stderr is shown only if it fails */
};

struct bench_session_times {
    struct percentiles due_to_wake;    /* of every tick; after skipped ones from the first that was missed */
    struct percentiles wake_to_decide; /* read, order, engine_tick */
    struct percentiles wake_to_write;  /* of ticks that wrote: until the last driver's write had returned */
    int64_t ticks, skipped;
    uint64_t faults, switches; /* page faults after the first tick; voluntary waits */
    double replay_x;           /* session time over the time a replay took; 0: not measured */
};

/* Runs it and fills `times`. False and *err: it could not be made, or it did not end in order. */
MUST_CHECK bool bench_session_run(const struct cli *cli, const struct bench_session_options *options,
                                  struct bench_session_times *times, struct error *err);

/* Adds what `more` has. */
void bench_session_merge(struct percentiles *into, const struct percentiles *more);
