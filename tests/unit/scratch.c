#include "tests/unit/scratch.h"
#include "tests/test.h"
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH = 512, PATHS = 8 };

static char folder[PATH / 2];
static pid_t owner;

/* Removes a folder and what is in it, two levels deep at most. */
static void clear(const char *path, int depth)
{
    DIR *dir = opendir(path);
    if (dir == NULL)
        return;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char inner[2 * PATH];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
        if (unlink(inner) != 0 && depth > 0)
            clear(inner, depth - 1);
    }
    closedir(dir);
    rmdir(path);
}

static void remove_folder(void)
{
    if (getpid() == owner) /* not in a child */
        clear(folder, 3);
}

const char *scratch_path(const char *name)
{
    static char paths[PATHS][PATH];
    static unsigned next;
    if (folder[0] == 0) {
        const char *base = getenv("TMPDIR");
        snprintf(folder, sizeof folder, "%s/phasic-test-XXXXXX", base == NULL ? "/tmp" : base);
        assert_non_null(mkdtemp(folder));
        owner = getpid();
        atexit(remove_folder);
    }
    char *path = paths[next++ % PATHS];
    snprintf(path, PATH, "%s/%s", folder, name);
    return path;
}

uint8_t *scratch_read(const char *path, size_t *n)
{
    *n = scratch_size(path);
    uint8_t *data = malloc(*n + 1);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, *n, file), *n);
    fclose(file);
    data[*n] = 0;
    return data;
}

void scratch_write(const char *path, const void *data, size_t n)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, n, file), n);
    assert_int_equal(fclose(file), 0);
}

size_t scratch_size(const char *path)
{
    struct stat stat_now;
    assert_int_equal(stat(path, &stat_now), 0);
    return (size_t)stat_now.st_size;
}
