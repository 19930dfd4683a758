/* shared: the memory that keeper, core and host share: one session's. (realtime/shared.h)
 *
 * Named shared memory, mode 0600, unlinked at a clean close, so that `phasic recover` finds what the core had finished
 * even after every process was killed. Each word has one writer, named beside it. The ring comes last. Threads: as said
 * for each word; atomics only. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"
#include "engine/engine.h"
#include "engine/task/trial.h"
#include "realtime/ring.h"
#include <stdatomic.h>

enum { SHARED_VERSION = 2, SHARED_NAME = 64 };

enum shared_phase { SHARED_STARTING, SHARED_RUNNING, SHARED_ENDED };

/* The loop's own counters, and what an observer may see: copied by the core behind a sequence lock. */
struct shared_snapshot {
    struct engine_view view;
    int64_t tick, ticks, skipped_ticks;
    int64_t late_max_ns; /* largest wake - due since the last second began */
    uint64_t ring_used;  /* bytes that the journal has not released */
};

struct shared {
    char magic[8]; /* "PHASICSH" */
    uint32_t version, record_version;
    uint64_t size; /* of the whole mapping */
    char name[SHARED_NAME];
    struct config config;
    struct config_loop loop; /* who makes the session, before it starts */

    _Atomic int32_t keeper_pid, core_pid, host_pid;     /* the keeper */
    _Atomic uint32_t phase;                             /* the core: enum shared_phase */
    _Atomic uint32_t realtime;                          /* the core: 1 if it got SCHED_FIFO */
    _Atomic uint32_t host_ready;                        /* the host: the journal is open and the first trial planned */
    _Atomic uint32_t hazard;                            /* the core: 1 while a valve or laser is not confirmed safe */
    _Atomic uint64_t core_beat, keeper_beat, host_beat; /* each its own: moves at every tick or look */
    _Atomic int64_t ticks, skipped_ticks;               /* the core: done, and missed */
    _Atomic uint32_t stop;                              /* the keeper (signals): asks the core to end in order */
    _Atomic uint32_t estop;                             /* anyone, to 1 and never back: asks it to end at once */
    _Atomic uint32_t estop_taken;                       /* the core: the emergency stop is in a frame */
    _Atomic int64_t start_ns;                           /* the core: CLOCK_MONOTONIC at session time 0 */
    _Atomic uint32_t journal_failing;                   /* the host: 1 while the journal can't be written */
    _Atomic uint32_t host_silent;                   /* the keeper: 1 while the host writes nothing and says nothing */
    _Atomic uint32_t away;                          /* the core: devices that are lost, a bit each */
    _Atomic int64_t off_age_ns[CONFIG_DEVICES_MAX]; /* the core: age of the device's oldest OFF without a
                                                       confirmation, at its last tick; 0: none */

    /* The next trial: the host fills it while posted == taken, then posted becomes its number; the core copies it. */
    _Atomic int64_t plan_posted, plan_taken;
    struct trial plan;

    _Atomic uint32_t snapshot_sequence; /* odd while the core writes */
    struct shared_snapshot snapshot;

    _Alignas(64) struct ring ring;
};

/* Bytes of ring for 60 s of this rig's worst case, a power of two, at least 64 MiB. */
uint64_t shared_ring_size(const struct config *config);

/* Creates the memory under a name made of `config->rig` and this process's id. False and *err. */
MUST_CHECK bool shared_create(struct shared **shared, const struct config *config, uint64_t ring_size,
                              struct error *err);

/* Maps what a session left behind under `name`, read and write. False and *err: not there, or another version. */
MUST_CHECK bool shared_attach(struct shared **shared, const char *name, struct error *err);

/* Takes the name away; mappings stay until their processes end. */
void shared_unlink(struct shared *shared);

/* Takes this process's mapping away. NULL is allowed. */
void shared_detach(struct shared *shared);

/* The core's side of the snapshot. */
void shared_publish(struct shared *shared, const struct shared_snapshot *snapshot) RT_SAFE;

/* An observer's side: a consistent copy. False, and all zero: the core was killed while it wrote, or stands still there
 * for 20 ms. Not real-time. */
bool shared_observe(const struct shared *shared, struct shared_snapshot *snapshot);
