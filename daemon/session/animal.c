#include "session/animal.h"
#include "engine/base/units.h"
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct animal {
    char folder[FOLDER_PATH_MAX];
    json_t *root; /* an object with the object "parameters" in it */
};

bool animal_folder(const char *id, char path[FOLDER_PATH_MAX], struct error *err)
{
    return folder_kept("animals", id, "--animal", path, err);
}

/* The object at `key`, made if it is absent; NULL if something else is there. */
static json_t *part(json_t *root, const char *key)
{
    if (json_object_get(root, key) == NULL)
        json_object_set_new(root, key, json_object());
    json_t *value = json_object_get(root, key);
    return json_is_object(value) ? value : NULL;
}

/* The first key whose value is not as phasic writes it; NULL: all are. */
static const char *wrong_key(json_t *root)
{
    const char *task, *name;
    json_t *kept, *value;
    const json_t *format = json_object_get(root, "format");
    if (!json_is_integer(format) || json_integer_value(format) < 1 || json_integer_value(format) > ANIMAL_FORMAT)
        return "format";
    json_object_foreach(part(root, "parameters"), task, kept)
    {
        if (!json_is_object(kept) || json_object_size(kept) > ANIMAL_SETS_MAX)
            return "parameters";
        json_object_foreach(kept, name, value)
        {
            if (!json_is_string(value) || strlen(name) + json_string_length(value) + 2 > ANIMAL_SET)
                return "parameters";
        }
    }
    return part(root, "parameters") == NULL ? "parameters" : NULL;
}

static bool read_file(struct animal *animal, const char *path, struct error *err)
{
    uint8_t *text;
    size_t n;
    json_error_t fault;
    char where[256];
    if (!folder_read_file(path, FOLDER_FILE_MAX, &text, &n, err))
        return false;
    animal->root = json_loadb((const char *)text, n, JSON_REJECT_DUPLICATES, &fault);
    free(text);
    if (!json_is_object(animal->root)) {
        snprintf(where, sizeof where, "%.220s:%d", path, animal->root == NULL ? fault.line : 1);
        return error_set(err, ERROR_INPUT, where, ANIMAL_FILE, NULL, "a JSON object");
    }
    const char *wrong = wrong_key(animal->root);
    return wrong == NULL || error_set(err, ERROR_INPUT, path, wrong, NULL, "a value as phasic writes it");
}

bool animal_open(struct animal **animal, const char *id, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    struct stat st;
    *animal = NULL;
    struct animal *made = calloc(1, sizeof *made);
    if (made == NULL)
        return error_system(err, NULL, "animal", ENOMEM);
    if (!animal_folder(id, made->folder, err) || !folder_path(made->folder, ANIMAL_FILE, path, err))
        goto fail;
    if (stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
        made->root = json_pack("{s:i, s:s, s:{}}", "format", ANIMAL_FORMAT, "animal", id, "parameters");
    else if (!read_file(made, path, err))
        goto fail;
    if (made->root == NULL) {
        error_system(err, path, "animal", ENOMEM);
        goto fail;
    }
    *animal = made;
    return true;
fail:
    animal_close(made);
    return false;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

size_t animal_sets(const struct animal *animal, const char *task, char texts[ANIMAL_SETS_MAX][ANIMAL_SET],
                   const char *set[ANIMAL_SETS_MAX])
{
    const char *name;
    json_t *value;
    size_t n = 0;
    json_object_foreach(json_object_get(json_object_get(animal->root, "parameters"), task), name, value)
    {
        if (n < ANIMAL_SETS_MAX)
            snprintf(texts[n++], ANIMAL_SET, "%s=%s", name, json_string_value(value));
    }
    qsort(texts, n, ANIMAL_SET, by_text);
    for (size_t i = 0; i < n; i++)
        set[i] = texts[i];
    return n;
}

bool animal_keep(struct animal *animal, const char *task, const char *set, struct error *err)
{
    char name[ANIMAL_SET];
    const char *equals = strchr(set, '=');
    if (equals == NULL || equals == set || strlen(set) >= ANIMAL_SET)
        return error_set(err, ERROR_USAGE, NULL, "--set", set, "name=value");
    snprintf(name, sizeof name, "%.*s", (int)(equals - set), set);
    json_t *kept = part(part(animal->root, "parameters"), task);
    if (kept == NULL)
        return error_system(err, NULL, "animal", ENOMEM);
    if (json_object_get(kept, name) == NULL && json_object_size(kept) >= ANIMAL_SETS_MAX)
        return error_set(err, ERROR_USAGE, NULL, "--set", set, "at most %d parameters kept for a task",
                         ANIMAL_SETS_MAX);
    return json_object_set_new(kept, name, json_string(equals + 1)) == 0 ||
           error_set(err, ERROR_USAGE, NULL, "--set", set, "a text in UTF-8");
}

void animal_day(int64_t realtime_ns, char day[CONFIG_NAME])
{
    const time_t seconds = (time_t)(realtime_ns / S - (realtime_ns % S < 0));
    struct tm local;
    if (localtime_r(&seconds, &local) == NULL || strftime(day, CONFIG_NAME, "%Y-%m-%d", &local) == 0)
        day[0] = '\0';
}

bool animal_save(const struct animal *animal, struct error *err)
{
    char *text = json_dumps(animal->root, JSON_INDENT(2) | JSON_SORT_KEYS);
    if (text == NULL)
        return error_system(err, animal->folder, ANIMAL_FILE, ENOMEM);
    const bool ok =
        folder_ensure(animal->folder, err) && folder_write(animal->folder, ANIMAL_FILE, text, strlen(text), err);
    free(text);
    return ok;
}

void animal_close(struct animal *animal)
{
    if (animal == NULL)
        return;
    json_decref(animal->root);
    free(animal);
}
