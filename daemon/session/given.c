#include "session/given.h"
#include "session/animal.h"
#include "session/journal.h"
#include "session/recover.h"
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct error *err, const char *path, const char *key)
{
    return error_set(err, ERROR_INPUT, path, key, NULL, "a value as phasic writes it");
}

/* A text of the object that fits. */
static bool get_text(const json_t *object, const char *key, char *text, size_t size)
{
    const char *found = json_string_value(json_object_get(object, key));
    return found != NULL && (size_t)snprintf(text, size, "%s", found) < size;
}

/* The output's place in the totals, made if it is new; NULL: no room. */
static struct given_output *place(struct given *given, const char *name)
{
    for (uint32_t i = 0; i < given->n_outputs; i++)
        if (strcmp(given->outputs[i].name, name) == 0)
            return &given->outputs[i];
    if (given->n_outputs == GIVEN_OUTPUTS_MAX)
        return NULL;
    struct given_output *made = &given->outputs[given->n_outputs++];
    *made = (struct given_output){0};
    snprintf(made->name, sizeof made->name, "%s", name);
    return made;
}

static bool read_totals(struct given *given, json_t *outputs)
{
    const char *name;
    json_t *value;
    json_object_foreach(outputs, name, value)
    {
        const double ul = json_number_value(json_object_get(value, "ul"));
        const json_int_t n = json_integer_value(json_object_get(value, "n"));
        struct given_output *output = strlen(name) < CONFIG_NAME ? place(given, name) : NULL;
        if (output == NULL || !json_is_object(value) || !(ul >= 0 && ul <= 1e9) || n < 0 || n > UINT32_MAX)
            return false;
        output->ul = ul;
        output->n = (uint32_t)n;
    }
    return true;
}

static bool take(struct given *given, json_t *root, const char *path, struct error *err)
{
    char day[CONFIG_NAME];
    json_t *outputs = json_object_get(root, "outputs"), *open = json_object_get(root, "open");
    if (json_integer_value(json_object_get(root, "format")) != GIVEN_FORMAT)
        return fail(err, path, "format");
    if (!get_text(root, "day", day, sizeof day))
        return fail(err, path, "day");
    if (!json_is_object(outputs) || !read_totals(given, outputs))
        return fail(err, path, "outputs");
    if (strcmp(day, given->day) != 0)
        given->n_outputs = 0;
    if (!json_is_array(open) || json_array_size(open) > GIVEN_OPEN_MAX)
        return fail(err, path, "open");
    for (; given->n_open < json_array_size(open); given->n_open++) {
        const json_t *entry = json_array_get(open, given->n_open);
        struct given_open *session = &given->open[given->n_open];
        if (!get_text(entry, "session", session->folder, sizeof session->folder) ||
            !get_text(entry, "day", session->day, sizeof session->day))
            return fail(err, path, "open");
    }
    return true;
}

bool given_read(struct given *given, const char *animal, const char *day, struct error *err)
{
    char path[FOLDER_PATH_MAX], where[256];
    uint8_t *text;
    size_t n;
    json_error_t fault;
    *given = (struct given){0};
    snprintf(given->day, sizeof given->day, "%s", day);
    if (!animal_folder(animal, given->folder, err) || !folder_path(given->folder, GIVEN_FILE, path, err))
        return false;
    if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return true;
    if (!folder_read_file(path, FOLDER_FILE_MAX, &text, &n, err))
        return false;
    json_t *root = json_loadb((const char *)text, n, JSON_REJECT_DUPLICATES, &fault);
    free(text);
    if (!json_is_object(root)) {
        snprintf(where, sizeof where, "%.220s:%d", path, root == NULL ? fault.line : 1);
        json_decref(root);
        return error_set(err, ERROR_INPUT, where, GIVEN_FILE, NULL, "a JSON object");
    }
    const bool ok = take(given, root, path, err);
    json_decref(root);
    return ok;
}

uint32_t given_find(const struct given *given, const char *folder)
{
    char path[FOLDER_PATH_MAX];
    if (realpath(folder, path) == NULL)
        return GIVEN_OPEN_MAX;
    for (uint32_t i = 0; i < given->n_open; i++)
        if (strcmp(given->open[i].folder, path) == 0)
            return i;
    return GIVEN_OPEN_MAX;
}

bool given_enter(struct given *given, const char *folder, struct error *err)
{
    if (given_find(given, folder) != GIVEN_OPEN_MAX)
        return true;
    if (given->n_open == GIVEN_OPEN_MAX)
        return error_set(err, ERROR_INPUT, given->folder, GIVEN_FILE, NULL,
                         "at most %d sessions that are not counted yet", GIVEN_OPEN_MAX);
    struct given_open *open = &given->open[given->n_open];
    if (realpath(folder, open->folder) == NULL)
        return error_system(err, folder, NULL, errno);
    memcpy(open->day, given->day, sizeof open->day);
    given->n_open++;
    return true;
}

/* What the tick granted: an ON is written once, and a volume is a decision of its own. */
static bool count_tick(struct given *given, const struct config *config, const struct frame_out *out)
{
    for (uint32_t i = 0; i < out->n_writes; i++) {
        const struct config_output *output = &config->outputs[out->writes[i].output];
        if (out->writes[i].level >= output->safe_level && out->writes[i].level <= output->safe_level)
            continue;
        struct given_output *total = place(given, output->name);
        if (total == NULL)
            return false;
        total->n++;
    }
    for (uint32_t i = 0; i < out->n_decisions; i++) {
        if (out->decisions[i].kind != FRAME_REWARD)
            continue;
        struct given_output *total = place(given, config->outputs[out->decisions[i].id].name);
        if (total == NULL)
            return false;
        total->ul += out->decisions[i].value;
    }
    return true;
}

static bool count_journal(struct given *given, const char *path, struct error *err)
{
    struct journal_reader *reader = NULL;
    enum journal_event event = JOURNAL_TICK;
    if (!journal_open(&reader, path, err))
        return false;
    journal_set_salvage(reader, true);
    bool ok = true;
    while (ok && event != JOURNAL_END) {
        ok = journal_next(reader, &event, err);
        if (ok && event == JOURNAL_TICK && !count_tick(given, journal_config(reader), journal_frame_out(reader)))
            ok = error_set(err, ERROR_INPUT, path, "outputs", NULL, "at most %d outputs a day", GIVEN_OUTPUTS_MAX);
    }
    journal_close(reader);
    return ok;
}

bool given_settle(struct given *given, uint32_t i, struct error *err)
{
    static struct given counted; /* so that a journal that ends in an error leaves nothing half counted */
    const struct given_open *open = &given->open[i];
    char path[FOLDER_PATH_MAX];
    struct stat st;
    if (stat(open->folder, &st) != 0)
        return error_set(err, ERROR_INPUT, given->folder, GIVEN_FILE, open->folder,
                         "the folder of a session that is not counted yet: put it back, or strike it out there");
    counted = *given;
    if (strcmp(open->day, given->day) == 0) {
        if (!folder_path(open->folder, RECOVER_JOURNAL, path, err) ||
            (access(path, F_OK) != 0 && !folder_path(open->folder, FOLDER_JOURNAL, path, err)))
            return false;
        if (access(path, F_OK) == 0 && !count_journal(&counted, path, err))
            return false;
    }
    counted.n_open--;
    memmove(&counted.open[i], &counted.open[i + 1], (counted.n_open - i) * sizeof counted.open[0]);
    *given = counted;
    return true;
}

void given_apply(const struct given *given, struct config *config)
{
    for (uint32_t o = 0; o < config->n_outputs; o++)
        for (uint32_t i = 0; i < given->n_outputs; i++)
            if (strcmp(given->outputs[i].name, config->outputs[o].name) == 0) {
                config->outputs[o].day_ul = given->outputs[i].ul;
                config->outputs[o].day_n = given->outputs[i].n;
            }
}

bool given_write(const struct given *given, struct error *err)
{
    struct stat st;
    json_t *outputs = json_object(), *open = json_array();
    for (uint32_t i = 0; i < given->n_outputs; i++)
        json_object_set_new(outputs, given->outputs[i].name,
                            json_pack("{s:f, s:I}", "ul", given->outputs[i].ul, "n", (json_int_t)given->outputs[i].n));
    for (uint32_t i = 0; i < given->n_open; i++)
        json_array_append_new(open,
                              json_pack("{s:s, s:s}", "session", given->open[i].folder, "day", given->open[i].day));
    json_t *root =
        json_pack("{s:i, s:s, s:o, s:o}", "format", GIVEN_FORMAT, "day", given->day, "outputs", outputs, "open", open);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    json_decref(root);
    if (text == NULL)
        return error_system(err, given->folder, GIVEN_FILE, ENOMEM);
    const bool there = stat(given->folder, &st) == 0 && S_ISDIR(st.st_mode);
    const bool ok = (there || folder_create(given->folder, err)) &&
                    folder_write(given->folder, GIVEN_FILE, text, strlen(text), err);
    free(text);
    return ok;
}
