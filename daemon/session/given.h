/* given: what an animal was given on a day, output by output, so that a day's limits hold over sessions.
 * (session/given.h)
 *
 * given.json in the animal's folder (session/animal.h) holds the day's totals of the sessions that are over, and the
 * folders of those that were begun and not counted yet. A session enters itself before it starts and is counted, from
 * its journal alone, when it is over: by itself, by `phasic recover`, or by the animal's next session if it was killed.
 * So nothing that was delivered is forgotten, and nothing is counted twice. A session belongs to the day on which it
 * began; totals of other days are dropped. The file is replaced as a whole. Threads: one, not real-time. Memory: the
 * caller's. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"
#include "session/folder.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    GIVEN_FORMAT = 1,
    GIVEN_OUTPUTS_MAX = 128, /* names of outputs a day: of several rigs */
    GIVEN_OPEN_MAX = 16,     /* sessions that wait to be counted */
};

#define GIVEN_FILE "given.json"

struct given_output {
    char name[CONFIG_NAME];
    double ul;  /* granted volume */
    uint32_t n; /* grants */
};

struct given_open {
    char folder[FOLDER_PATH_MAX]; /* absolute */
    char day[CONFIG_NAME];
};

struct given {
    char folder[FOLDER_PATH_MAX]; /* the animal's */
    char day[CONFIG_NAME];        /* "2026-01-31" */
    uint32_t n_outputs, n_open;
    struct given_output outputs[GIVEN_OUTPUTS_MAX];
    struct given_open open[GIVEN_OPEN_MAX];
};

/* Reads what is kept of `animal`; totals of another day than `day` are left out. Nothing, if there is no file. False
 * and *err: as animal_folder, or ERROR_INPUT, the file is damaged. */
MUST_CHECK bool given_read(struct given *given, const char *animal, const char *day, struct error *err);

/* Enters the session in `folder`, which exists, as begun on given->day. False and *err: too many wait, or the path is
 * too long. Entered twice is entered once. */
MUST_CHECK bool given_enter(struct given *given, const char *folder, struct error *err);

/* Counts entry i from its session's journal, of which what is readable counts, or journal.recovered.phj if that is
 * there, and strikes it off. A session that has not even a journal gave nothing. False and *err, the entry stays: its
 * folder is not there, or the journal can't be read at all. */
MUST_CHECK bool given_settle(struct given *given, uint32_t i, struct error *err);

/* The entry of the session in `folder`; GIVEN_OPEN_MAX: none. */
uint32_t given_find(const struct given *given, const char *folder);

/* Writes the day's totals into config's outputs: day_ul and day_n. */
void given_apply(const struct given *given, struct config *config);

/* Writes the file, and makes the animal's folder if need be. */
MUST_CHECK bool given_write(const struct given *given, struct error *err);
