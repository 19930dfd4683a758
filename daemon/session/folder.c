#include "session/folder.h"
#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool folder_path(const char *folder, const char *name, char path[FOLDER_PATH_MAX], struct error *err)
{
    const int n = snprintf(path, FOLDER_PATH_MAX, "%s/%s", folder, name);
    return (n >= 0 && n < FOLDER_PATH_MAX) ||
           error_set(err, ERROR_USAGE, NULL, "path", folder, "at most %d bytes", FOLDER_PATH_MAX - 1);
}

bool folder_journal(const char *session, char path[FOLDER_PATH_MAX], struct error *err)
{
    struct stat st;
    if (stat(session, &st) != 0 || S_ISDIR(st.st_mode))
        return folder_path(session, FOLDER_JOURNAL, path, err);
    return snprintf(path, FOLDER_PATH_MAX, "%s", session) < FOLDER_PATH_MAX ||
           error_set(err, ERROR_USAGE, NULL, "path", session, "at most %d bytes", FOLDER_PATH_MAX - 1);
}

static bool is_name(const char *name)
{
    const size_t n = strlen(name);
    if (n == 0 || n >= CONFIG_NAME || name[0] == '.')
        return false;
    for (size_t i = 0; i < n; i++)
        if (name[i] == '/' || (unsigned char)name[i] < ' ' || name[i] == 0x7f)
            return false;
    return true;
}

bool folder_kept(const char *kind, const char *name, const char *what, char path[FOLDER_PATH_MAX], struct error *err)
{
    const char *data = getenv("PHASIC_DATA"), *home = getenv("HOME");
    if (!is_name(name))
        return error_set(err, ERROR_USAGE, NULL, what, name, "a name of at most %d bytes without a slash",
                         CONFIG_NAME - 1);
    if (data == NULL && home == NULL)
        return error_set(err, ERROR_USAGE, NULL, "PHASIC_DATA", NULL, "a folder, or HOME in the environment");
    const int n = snprintf(path, FOLDER_PATH_MAX, "%s%s/%s/%s", data != NULL ? data : home,
                           data != NULL ? "" : "/phasic", kind, name);
    return n < FOLDER_PATH_MAX ||
           error_set(err, ERROR_USAGE, NULL, "PHASIC_DATA", NULL, "a path of at most %d bytes", FOLDER_PATH_MAX - 1);
}

bool folder_ensure(const char *path, struct error *err)
{
    struct stat st;
    return (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) || folder_create(path, err);
}

/* True if `path` is a folder with nothing in it. */
static bool is_empty(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return false;
    bool empty = true;
    for (const struct dirent *entry = readdir(dir); entry != NULL && empty; entry = readdir(dir))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(dir);
    return empty;
}

bool folder_create(const char *path, struct error *err)
{
    char part[FOLDER_PATH_MAX];
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof part)
        return error_set(err, ERROR_USAGE, NULL, "session folder", path, "a path of 1..%d bytes", FOLDER_PATH_MAX - 1);
    memcpy(part, path, length + 1);
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return error_system(err, part, "creating the folder", errno);
        *slash = '/';
    }
    if (mkdir(path, 0777) == 0)
        return true;
    const int why = errno;
    if (why == EEXIST && is_empty(path))
        return true;
    if (why == EEXIST)
        return error_set(err, ERROR_USAGE, path, "session folder", "not empty", "a new or an empty folder");
    return error_system(err, path, "creating the folder", why);
}

static bool write_all(int fd, const uint8_t *data, size_t n)
{
    for (size_t done = 0; done < n;) {
        const ssize_t got = write(fd, data + done, n - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        done += (size_t)got;
    }
    return fsync(fd) == 0;
}

bool folder_write(const char *folder, const char *name, const void *data, size_t n, struct error *err)
{
    char path[FOLDER_PATH_MAX], temporary[FOLDER_PATH_MAX + 8];
    if (!folder_path(folder, name, path, err))
        return false;
    snprintf(temporary, sizeof temporary, "%s.tmp", path);
    const int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return error_system(err, path, "creating the file", errno);
    const bool written = write_all(fd, data, n);
    const int why = errno;
    close(fd);
    if (written && rename(temporary, path) == 0)
        return true;
    error_system(err, path, "writing the file", written ? errno : why);
    unlink(temporary);
    return false;
}

bool folder_read_file(const char *path, size_t max, uint8_t **data, size_t *n, struct error *err)
{
    *data = NULL;
    *n = 0;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? error_set(err, ERROR_INPUT, path, "file", "absent", "a file")
                                                   : error_system(err, path, "opening the file", errno);
    struct stat stat;
    uint8_t *bytes = NULL;
    size_t size = 0, done = 0;
    if (fstat(fd, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        error_set(err, ERROR_INPUT, path, "file", "not a file", "a file");
        goto fail;
    }
    size = (size_t)stat.st_size;
    if (size > max) {
        error_set(err, ERROR_INPUT, path, "file", "too long", "at most %zu bytes", max);
        goto fail;
    }
    bytes = malloc(size + 1);
    if (bytes == NULL) {
        error_system(err, path, "reading the file", ENOMEM);
        goto fail;
    }
    while (done < size) {
        const ssize_t got = read(fd, bytes + done, size - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            error_system(err, path, "reading the file", errno);
            goto fail;
        }
        if (got == 0)
            break;
        done += (size_t)got;
    }
    close(fd);
    bytes[done] = 0;
    *data = bytes;
    *n = done;
    return true;
fail:
    free(bytes);
    close(fd);
    return false;
}

bool folder_copy(const char *folder, const char *name, const char *from, struct error *err)
{
    uint8_t *data;
    size_t n;
    if (!folder_read_file(from, FOLDER_FILE_MAX, &data, &n, err))
        return false;
    const bool ok = folder_write(folder, name, data, n, err);
    free(data);
    return ok;
}

enum row_type { TEXT, U32, I64, U64_TEXT };

/* The simple keys of session.json. From the same rows come the writer and the reader. */
static const struct row {
    const char *key;
    enum row_type type;
    size_t offset, size;
} rows[] = {
#define ROW(key, type, field)                                                                                          \
    {                                                                                                                  \
        key, type, offsetof(struct folder_session, field), sizeof(((struct folder_session *)0)->field)                 \
    }
    ROW("format", U32, format),    ROW("phasic", TEXT, phasic),
    ROW("engine", U32, engine),    ROW("origin", TEXT, origin),
    ROW("rig", TEXT, rig),         ROW("task", TEXT, task),
    ROW("animal", TEXT, animal),   ROW("seed", U64_TEXT, seed),
    ROW("started", TEXT, started), ROW("core_pid", I64, core_pid),
    ROW("shm", TEXT, shm),         ROW("outcome", TEXT, outcome),
    ROW("reason", TEXT, reason),   ROW("why", TEXT, why),
    ROW("ticks", I64, ticks),      ROW("skipped_ticks", I64, skipped_ticks),
#undef ROW
};

static json_t *row_json(const struct row *row, const struct folder_session *session)
{
    const uint8_t *at = (const uint8_t *)session + row->offset;
    uint32_t u32;
    uint64_t u64;
    char digits[24];
    switch (row->type) {
    case TEXT:
        return *at == 0 ? json_null() : json_string((const char *)at);
    case U32:
        memcpy(&u32, at, sizeof u32);
        return json_integer(u32);
    case I64:
        memcpy(&u64, at, sizeof u64);
        return json_integer((int64_t)u64);
    case U64_TEXT:
        memcpy(&u64, at, sizeof u64);
        snprintf(digits, sizeof digits, "%" PRIu64, u64);
        return json_string(digits);
    }
    return NULL;
}

static json_t *texts_json(const char *texts, size_t size, uint32_t n)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(texts + i * size));
    return list;
}

bool folder_write_session_json(const char *folder, const struct folder_session *session, struct error *err)
{
    assert(session->n_params <= FOLDER_PARAMS_MAX && session->n_assumptions <= FOLDER_ASSUMES_MAX);
    struct folder_session copy = *session;
    copy.format = FOLDER_FORMAT;
    json_t *root = json_object();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        json_object_set_new(root, rows[i].key, row_json(&rows[i], &copy));
    json_object_set_new(root, "parameters", texts_json(copy.params[0], FOLDER_TEXT, copy.n_params));
    json_object_set_new(root, "assumptions", texts_json(copy.assumptions[0], FOLDER_SENTENCE, copy.n_assumptions));
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL) /* no memory, or a text that is not UTF-8 */
        return error_set(err, ERROR_INPUT, folder, FOLDER_SESSION, NULL, "texts in UTF-8");
    const bool ok = folder_write(folder, FOLDER_SESSION, text, strlen(text), err);
    free(text);
    return ok;
}

static bool get_text(const json_t *value, char *text, size_t size)
{
    if (value == NULL || json_is_null(value))
        return true;
    const size_t length = json_is_string(value) ? json_string_length(value) : size;
    if (length >= size)
        return false;
    memcpy(text, json_string_value(value), length + 1);
    return true;
}

static bool get_row(const struct row *row, const json_t *value, struct folder_session *session)
{
    uint8_t *at = (uint8_t *)session + row->offset;
    const json_int_t number = json_integer_value(value);
    const uint32_t u32 = (uint32_t)number;
    char digits[24] = "";
    char *end = digits;
    uint64_t u64;
    switch (row->type) {
    case TEXT:
        return get_text(value, (char *)at, row->size);
    case U32:
        memcpy(at, &u32, sizeof u32);
        return json_is_integer(value) && number >= 0 && number <= UINT32_MAX;
    case I64:
        memcpy(at, &number, sizeof(int64_t));
        return json_is_integer(value) || value == NULL || json_is_null(value);
    case U64_TEXT:
        if (!get_text(value, digits, sizeof digits))
            return false;
        errno = 0;
        u64 = strtoull(digits, &end, 10);
        memcpy(at, &u64, sizeof u64);
        return end != digits && *end == 0 && digits[0] != '-' && errno == 0;
    }
    return false;
}

static bool get_texts(const json_t *list, char *texts, size_t size, uint32_t max, uint32_t *n)
{
    if (list != NULL && (!json_is_array(list) || json_array_size(list) > max))
        return false;
    *n = (uint32_t)json_array_size(list);
    for (uint32_t i = 0; i < *n; i++)
        if (!get_text(json_array_get(list, i), texts + i * size, size))
            return false;
    return true;
}

bool folder_read_session_json(const char *folder, struct folder_session *session, struct error *err)
{
    char path[FOLDER_PATH_MAX], where[256];
    uint8_t *text;
    size_t n;
    *session = (struct folder_session){0};
    if (!folder_path(folder, FOLDER_SESSION, path, err) || !folder_read_file(path, FOLDER_FILE_MAX, &text, &n, err))
        return false;
    json_error_t fault;
    json_t *root = json_loadb((const char *)text, n, JSON_REJECT_DUPLICATES, &fault);
    free(text);
    if (!json_is_object(root)) {
        snprintf(where, sizeof where, "%.220s:%d", path, root == NULL ? fault.line : 1);
        json_decref(root);
        return error_set(err, ERROR_INPUT, where, "session.json", NULL, "a JSON object");
    }
    const char *wrong = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows && wrong == NULL; i++)
        if (!get_row(&rows[i], json_object_get(root, rows[i].key), session))
            wrong = rows[i].key;
    if (wrong == NULL && session->format > FOLDER_FORMAT)
        wrong = "format";
    if (!get_texts(json_object_get(root, "parameters"), session->params[0], FOLDER_TEXT, FOLDER_PARAMS_MAX,
                   &session->n_params))
        wrong = "parameters";
    if (!get_texts(json_object_get(root, "assumptions"), session->assumptions[0], FOLDER_SENTENCE, FOLDER_ASSUMES_MAX,
                   &session->n_assumptions))
        wrong = "assumptions";
    json_decref(root);
    return wrong == NULL || error_set(err, ERROR_INPUT, path, wrong, NULL, "a value as phasic writes it");
}
