/* folder: a session's folder and its session.json. (session/folder.h)
 *
 * The folder holds what went in and what came out: journal.phj, copies of rig.lua and task.lua, session.json, and what
 * is made from those. session.json says what the session is and how it ended; it is replaced as a whole, so a reader
 * never sees half of it. Threads: any, not real-time. Memory: the caller's. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FOLDER_FORMAT = 1,        /* of session.json */
    FOLDER_PATH_MAX = 4096,   /* bytes of a path with its terminator */
    FOLDER_PARAMS_MAX = 64,   /* parameters of a task */
    FOLDER_TEXT = 96,         /* bytes of one of them: "volume = 4 ul" */
    FOLDER_ASSUMES_MAX = 8,   /* assumptions of an import */
    FOLDER_SENTENCE = 256,    /* bytes of one of them */
    FOLDER_FILE_MAX = 1 << 20 /* bytes of a rig, a task or a session.json */
};

#define FOLDER_JOURNAL "journal.phj"
#define FOLDER_RIG     "rig.lua"
#define FOLDER_TASK    "task.lua"
#define FOLDER_SESSION "session.json"

/* What session.json holds. Texts that are empty are null there. */
struct folder_session {
    uint32_t format;          /* FOLDER_FORMAT; set by folder_write_session_json */
    uint32_t engine;          /* ENGINE_VERSION that ran it */
    char phasic[CONFIG_NAME]; /* the program's version */
    char origin[CONFIG_NAME]; /* "run", "import" */
    char rig[CONFIG_NAME], task[CONFIG_NAME], animal[CONFIG_NAME];
    char started[CONFIG_NAME]; /* ISO 8601, UTC with a Z; without a zone where an import does not know it */
    char shm[CONFIG_NAME * 2]; /* the ring's name while it runs */
    char outcome[CONFIG_NAME], reason[CONFIG_NAME]; /* empty while it runs */
    char why[FOLDER_SENTENCE];                      /* how it ended, in one sentence; empty while it runs */
    uint64_t seed;                                  /* a text in the file: JSON numbers hold 53 bits only */
    int64_t core_pid;                               /* while it runs, else 0 */
    int64_t ticks, skipped_ticks;
    uint32_t n_params, n_assumptions;
    char params[FOLDER_PARAMS_MAX][FOLDER_TEXT];
    char assumptions[FOLDER_ASSUMES_MAX][FOLDER_SENTENCE];
};

/* Creates the folder `path` and its missing parents. False and *err: ERROR_USAGE if it exists and is not an empty
 * folder. */
MUST_CHECK bool folder_create(const char *path, struct error *err);

/* What is kept from session to session: $PHASIC_DATA/KIND/NAME (or ~/phasic/KIND/NAME), of `kind` "animals" or "rigs".
 * Makes nothing. False and *err: ERROR_USAGE, `name` is none (1..31 bytes, no slash, no control character, no dot in
 * front; `what` is what the error calls it), or there is neither PHASIC_DATA nor HOME. */
MUST_CHECK bool folder_kept(const char *kind, const char *name, const char *what, char path[FOLDER_PATH_MAX],
                            struct error *err);

/* As `mkdir -p`. */
MUST_CHECK bool folder_ensure(const char *path, struct error *err);

/* "folder/name" into `path`. False and *err: too long. */
MUST_CHECK bool folder_path(const char *folder, const char *name, char path[FOLDER_PATH_MAX], struct error *err);

/* The journal's path of `session`: a session's folder, or a journal file, which stands for itself. False and *err: too
 * long. */
MUST_CHECK bool folder_journal(const char *session, char path[FOLDER_PATH_MAX], struct error *err);

/* Writes the file `name`, complete or not at all (a temporary file, renamed). */
MUST_CHECK bool folder_write(const char *folder, const char *name, const void *data, size_t n, struct error *err);

/* Copies the file at `from` to `name` in the folder. */
MUST_CHECK bool folder_copy(const char *folder, const char *name, const char *from, struct error *err);

/* Reads the whole file at `path` into malloc'ed memory with a zero behind it; the caller frees *data. False and *err:
 * ERROR_INPUT if it is absent or longer than `max` bytes. */
MUST_CHECK bool folder_read_file(const char *path, size_t max, uint8_t **data, size_t *n, struct error *err);

MUST_CHECK bool folder_write_session_json(const char *folder, const struct folder_session *session, struct error *err);

/* Unknown keys are ignored: later versions add some. False and *err: ERROR_INPUT, absent or not such a file. */
MUST_CHECK bool folder_read_session_json(const char *folder, struct folder_session *session, struct error *err);
