/* rerun: runs the engine once more over a journal. (session/rerun.h)
 *
 * The journal's frames go in, tick by tick with their plans, into an engine made from the journal's config, or from one
 * that the caller has changed (other models). An observer may look at the engine after each tick. To verify is to
 * compare what the engine decides and writes now with what it recorded then: order, number, every field bit by bit.
 * It ends where the engine finished; a session that its processes ended (a full ring, the keeper, a dead core) has no
 * such tick, then at the last frame. Threads: one, not real-time. Memory: allocated by open. */
#pragma once
#include "engine/base/error.h"
#include "engine/engine.h"
#include "wire/record.h"
#include <stdbool.h>
#include <stdint.h>

struct rerun;

/* One tick as an observer sees it; valid during the call. */
struct rerun_tick {
    const struct frame_in *in;
    const struct frame_out *recorded, *now;
    const struct record_times *times; /* as recorded; a replay has none of its own */
    const struct engine *engine;      /* after the tick */
};
typedef void (*rerun_watch_fn)(void *context, const struct rerun_tick *tick);

struct rerun_options {
    const struct config *config; /* NULL: the journal's */
    bool verify;                 /* only with the journal's config, and not on an import */
    rerun_watch_fn watch;        /* after each tick; NULL: nobody */
    void *context;               /* its first argument */
};

/* The first thing that came out differently. */
struct rerun_difference {
    int64_t tick;      /* its number */
    char kind[32];     /* of the decision in question: frame_decision_name of what was recorded; "write"; "" neither */
    char field[96];    /* "decisions[2].value", "n_writes" */
    char recorded[64]; /* the values as text */
    char now[64];
};

struct rerun_report {
    int64_t ticks;                 /* run */
    int64_t decisions;             /* decisions and writes that the journal has in them; when verifying: compared */
    int64_t mismatches;            /* ticks in which anything differs; 0 unless verifying */
    int64_t session_ns;            /* wake of the last tick */
    bool cut;                      /* the journal ends inside a chunk */
    bool closed;                   /* it has a close record */
    struct rerun_difference first; /* valid if mismatches > 0 */
};

/* Opens the journal of `session`: a session's folder, or a journal file. False and *err as journal_open. */
MUST_CHECK bool rerun_open(struct rerun **rerun, const char *session, struct error *err);

/* The recorded config, and the ENGINE_VERSION that recorded it. */
const struct config *rerun_config(const struct rerun *rerun);
uint32_t rerun_engine_version(const struct rerun *rerun);

/* Runs to the end, once. False and *err: the journal is damaged (with its byte offset), the config is refused, there is
 * nothing to verify. A difference is no error: it is in the report, which is filled so far as it came either way. */
MUST_CHECK bool rerun_run(struct rerun *rerun, const struct rerun_options *options, struct rerun_report *report,
                          struct error *err);

/* The engine after rerun_run, for its models; NULL before, or if the config was refused. */
const struct engine *rerun_engine(const struct rerun *rerun);

/* NULL is allowed. */
void rerun_close(struct rerun *rerun);
