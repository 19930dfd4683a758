#include "session/manifest.h"
#include "session/folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH = SHA256_DIGEST_STRING_LENGTH, BUFFER = 1 << 16 };

struct entry {
    char hash[HASH], name[MANIFEST_NAME];
};

struct list {
    uint32_t n;
    struct entry entries[MANIFEST_FILES_MAX];
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static bool hash_file(const char *folder, const char *name, char hash[HASH], struct error *err)
{
    static _Thread_local uint8_t buffer[BUFFER];
    char path[FOLDER_PATH_MAX];
    SHA2_CTX context;
    if (!folder_path(folder, name, path, err))
        return false;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return error_system(err, path, "reading the file", errno);
    SHA256Init(&context);
    ssize_t n;
    while ((n = read(fd, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR))
        if (n > 0)
            SHA256Update(&context, buffer, (size_t)n);
    const int why = errno;
    close(fd);
    SHA256End(&context, hash);
    return n == 0 || error_system(err, path, "reading the file", why);
}

static bool ends_in(const char *name, const char *end)
{
    const size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

/* True if the manifest speaks of this file. Names come from us; one with a line's end would break the format. */
static bool is_listed(const char *folder, const char *name, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    struct stat st;
    if (strcmp(name, MANIFEST_FILE) == 0 || ends_in(name, ".tmp") || strpbrk(name, "\r\n") != NULL ||
        strlen(name) >= MANIFEST_NAME || !folder_path(folder, name, path, err))
        return false;
    return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* The names of the folder's files, sorted. */
static bool list_files(const char *folder, struct list *list, struct error *err)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return error_system(err, folder, "session folder", errno);
    list->n = 0;
    bool ok = true;
    for (const struct dirent *file; ok && (file = readdir(dir)) != NULL;) {
        if (!is_listed(folder, file->d_name, err))
            continue;
        ok = list->n < MANIFEST_FILES_MAX ||
             error_set(err, ERROR_INPUT, folder, "files", NULL, "at most %d", MANIFEST_FILES_MAX);
        if (ok)
            memcpy(list->entries[list->n++].name, file->d_name, strlen(file->d_name) + 1); /* is_listed: it fits */
    }
    closedir(dir);
    qsort(list->entries, list->n, sizeof list->entries[0], by_name);
    return ok;
}

bool manifest_write(const char *folder, struct error *err)
{
    char text[MANIFEST_FILES_MAX * (HASH + MANIFEST_NAME + 2)];
    struct list list;
    size_t n = 0;
    if (!list_files(folder, &list, err))
        return false;
    for (uint32_t i = 0; i < list.n; i++) {
        if (!hash_file(folder, list.entries[i].name, list.entries[i].hash, err))
            return false;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s  %s\n", list.entries[i].hash, list.entries[i].name);
    }
    return folder_write(folder, MANIFEST_FILE, text, n, err);
}

/* One line "HASH  NAME" into `entry`. A name with a '/' would leave the folder. */
static bool parse_line(const char *line, size_t n, struct entry *entry)
{
    if (n < HASH + 2 || n - (HASH + 1) >= MANIFEST_NAME || line[HASH - 1] != ' ' || line[HASH] != ' ')
        return false;
    memcpy(entry->hash, line, HASH - 1);
    entry->hash[HASH - 1] = '\0';
    memcpy(entry->name, line + HASH + 1, n - (HASH + 1));
    entry->name[n - (HASH + 1)] = '\0';
    return strspn(entry->hash, "0123456789abcdef") == HASH - 1 && strchr(entry->name, '/') == NULL &&
           strlen(entry->name) == n - (HASH + 1);
}

static bool parse(const char *path, const char *text, struct list *list, struct error *err)
{
    char where[FOLDER_PATH_MAX];
    list->n = 0;
    for (int line = 1; *text != '\0'; line++) {
        const char *end = strchr(text, '\n');
        snprintf(where, sizeof where, "%.*s:%d", FOLDER_PATH_MAX - 16, path, line);
        if (end == NULL || list->n == MANIFEST_FILES_MAX ||
            !parse_line(text, (size_t)(end - text), &list->entries[list->n++]))
            return error_set(err, ERROR_INPUT, where, "manifest", NULL, "64 hexadecimal digits, two blanks, a name");
        text = end + 1;
    }
    qsort(list->entries, list->n, sizeof list->entries[0], by_name);
    return true;
}

static bool read_manifest(const char *folder, struct list *list, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    uint8_t *text = NULL;
    size_t n;
    if (!folder_path(folder, MANIFEST_FILE, path, err) || !folder_read_file(path, FOLDER_FILE_MAX, &text, &n, err))
        return false;
    const bool ok = parse(path, (const char *)text, list, err);
    free(text);
    return ok;
}

static void note(struct manifest_report *report, const char *name, enum manifest_state state)
{
    snprintf(report->files[report->n].name, MANIFEST_NAME, "%s", name);
    report->files[report->n++].state = state;
}

/* Both lists are sorted: one walk over both. */
bool manifest_check(const char *folder, struct manifest_report *report, struct error *err)
{
    struct list listed, there;
    uint32_t i = 0, k = 0;
    *report = (struct manifest_report){0};
    if (!read_manifest(folder, &listed, err) || !list_files(folder, &there, err))
        return false;
    while ((i < listed.n || k < there.n) && report->n < MANIFEST_FILES_MAX) {
        const int order = i == listed.n ? 1 : k == there.n ? -1 : by_name(&listed.entries[i], &there.entries[k]);
        if (order > 0) {
            note(report, there.entries[k++].name, MANIFEST_ADDED);
            continue;
        }
        const struct entry *entry = &listed.entries[i++];
        char hash[HASH];
        if (order < 0) {
            note(report, entry->name, MANIFEST_MISSING);
            continue;
        }
        k++;
        if (!hash_file(folder, entry->name, hash, err))
            return false;
        note(report, entry->name, strcmp(hash, entry->hash) == 0 ? MANIFEST_SAME : MANIFEST_CHANGED);
    }
    return true;
}

const char *manifest_state_name(enum manifest_state state)
{
    switch (state) {
    case MANIFEST_SAME:
        return "same";
    case MANIFEST_CHANGED:
        return "changed";
    case MANIFEST_MISSING:
        return "missing";
    case MANIFEST_ADDED:
        return "added";
    }
    return "";
}
