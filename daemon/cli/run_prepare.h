/* run_prepare: from the files that the user named to a session that is ready to start. (cli/run_prepare.h)
 *
 * Everything is checked before anything is made: a wrong rig or task leaves no folder. Threads: one, not real-time. */
#pragma once
#include "cli/run.h"
#include "engine/base/error.h"
#include "engine/config.h"
#include "session/animal.h"
#include "session/folder.h"
#include "session/recording.h"

enum { RUN_SET_MAX = 64 };

/* As the user gave it. */
struct run_options {
    const char *rig, *task; /* paths */
    const char *animal;     /* NULL: none */
    const char *yoke;       /* an earlier session, for yoked triggers; NULL: none */
    const char *out;        /* the session folder; NULL: a new one in $PHASIC_DATA, or in ~/phasic */
    const char *set[RUN_SET_MAX];
    size_t n_set;
    double duration_s; /* 0: until stopped */
    uint64_t seed;
    size_t n_seed; /* 0: drawn from the system */
    bool keep;     /* what `set` gives is kept for the animal */
    bool headless, json;
};

struct run_prepared {
    struct run_session session;
    struct config config;
    struct recording *recording;
    char folder[FOLDER_PATH_MAX];
    const char
        *set[ANIMAL_SETS_MAX + RUN_SET_MAX]; /* what is kept for the animal, then what was given: the last counts */
    size_t n_set, n_kept;
    char kept[ANIMAL_SETS_MAX][ANIMAL_SET];
};

/* Checks rig and task, makes the folder with their copies, and the shared memory. False and *err: nothing is left but
 * perhaps an empty folder. */
MUST_CHECK bool run_prepare(const struct run_options *options, const struct driver_ops *const *drivers,
                            size_t n_drivers, struct run_prepared *prepared, struct error *err);

/* Gives this process's part of it back; the session's own name is the keeper's to remove. */
void run_prepare_close(struct run_prepared *prepared);
