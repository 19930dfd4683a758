/* animal: what is kept of one animal from session to session. (session/animal.h)
 *
 * Each animal has a folder, $PHASIC_DATA/animals/ID (or ~/phasic/animals/ID), that holds animal.json: the parameters
 * kept for it, task by task. Other modules put files of their own beside it, whole, with folder_write (given.json).
 * animal.json is read once and replaced as a whole, so a reader never sees half of it; keys that this version does not
 * know are kept. An animal is in one rig at a time: the last to save wins. Threads: one, not real-time. Memory: the
 * heap, freed by animal_close. */
#pragma once
#include "engine/base/error.h"
#include "session/folder.h"
#include <stdbool.h>
#include <stddef.h>

enum {
    ANIMAL_FORMAT = 1,    /* of animal.json */
    ANIMAL_SETS_MAX = 64, /* parameters kept for a task: as many as it may have */
    ANIMAL_SET = 128,     /* bytes of one of them as text: "volume=5 ul" */
};

#define ANIMAL_FILE "animal.json"

struct animal;

/* Where the animal's folder is, or would be. False and *err: ERROR_USAGE, `id` is no name (1..31 bytes, no slash, no
 * control character, no dot in front), or there is neither PHASIC_DATA nor HOME. Makes nothing. */
MUST_CHECK bool animal_folder(const char *id, char path[FOLDER_PATH_MAX], struct error *err);

/* Reads what is kept of animal `id`: nothing, of one that was never saved. Makes nothing. False and *err: as
 * animal_folder, or ERROR_INPUT, animal.json is damaged or of a later version. */
MUST_CHECK bool animal_open(struct animal **animal, const char *id, struct error *err);

/* Its parameters for `task` as task_load's `set` takes them, "name=value", sorted by name. Returns how many; `texts` is
 * filled, and `set` with pointers into it. */
size_t animal_sets(const struct animal *animal, const char *task, char texts[ANIMAL_SETS_MAX][ANIMAL_SET],
                   const char *set[ANIMAL_SETS_MAX]);

/* Keeps a parameter, given as "name=value", for `task`. False and *err: no such form, too long, or one too many. */
MUST_CHECK bool animal_keep(struct animal *animal, const char *task, const char *set, struct error *err);

/* The day of CLOCK_REALTIME realtime_ns in the computer's time zone: an animal's day begins at its own midnight. */
void animal_day(int64_t realtime_ns, char day[CONFIG_NAME]);

/* Writes animal.json, and makes the folder if need be. */
MUST_CHECK bool animal_save(const struct animal *animal, struct error *err);

/* NULL is allowed. Saves nothing. */
void animal_close(struct animal *animal);
