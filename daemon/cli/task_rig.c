#include "cli/task_rig.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The word behind "rig:" in the first line; false: there is none. */
static bool word(const char *text, const char **start, int *n)
{
    const size_t line = strcspn(text, "\n");
    const char *rig = strstr(text, "rig:");
    if (rig == NULL || rig >= text + line)
        return false;
    rig += strlen("rig:");
    rig += strspn(rig, " \t");
    *start = rig;
    *n = (int)strcspn(rig, " \t\r\n");
    return *n > 0;
}

bool task_rig_find(const char *task, char path[FOLDER_PATH_MAX], struct error *err)
{
    uint8_t *text;
    size_t size;
    const char *name;
    char where[256], got[64];
    int n = 0;
    if (!folder_read_file(task, FOLDER_FILE_MAX, &text, &size, err))
        return false;
    snprintf(where, sizeof where, "%.240s:1", task);
    bool ok = word((const char *)text, &name, &n);
    if (!ok)
        error_set(err, ERROR_INPUT, where, "the task's rig", NULL,
                  "a first line with its rig (-- rig: FILE), or --rig");
    else {
        const char *slash = strrchr(task, '/');
        const int folder = slash == NULL ? 1 : (int)(slash - task);
        ok = snprintf(path, FOLDER_PATH_MAX, "%.*s", n, name) < FOLDER_PATH_MAX && access(path, R_OK) == 0;
        if (!ok && name[0] != '/')
            ok = snprintf(path, FOLDER_PATH_MAX, "%.*s/../%.*s", folder, slash == NULL ? "." : task, n, name) <
                     FOLDER_PATH_MAX &&
                 access(path, R_OK) == 0;
        snprintf(got, sizeof got, "%.*s", n, name);
        if (!ok)
            error_set(err, ERROR_INPUT, where, "rig", got,
                      "a file, seen from here or from the folder above the task's, or --rig");
    }
    free(text);
    return ok;
}
