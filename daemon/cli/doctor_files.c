#include "cli/doctor_files.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 512, LINE = 1024 };

static FILE *open_file(const char *root, const char *path)
{
    char whole[PATH];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    return fopen(whole, "re");
}

static DIR *open_folder(const char *root, const char *path)
{
    char whole[PATH];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    return opendir(whole);
}

bool doctor_files_nth(const char *root, const char *path, uint32_t nth, char *text, size_t size)
{
    char line[LINE];
    FILE *file = open_file(root, path);
    if (file == NULL)
        return false;
    bool found = fgets(line, sizeof line, file) != NULL;
    for (uint32_t i = 0; found && i < nth; i++)
        found = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    if (!found)
        return false;
    line[strcspn(line, "\n")] = '\0';
    snprintf(text, size, "%s", line);
    return true;
}

bool doctor_files_line(const char *root, const char *path, char *text, size_t size)
{
    return doctor_files_nth(root, path, 0, text, size);
}

bool doctor_files_key(const char *root, const char *path, const char *key, char *text, size_t size)
{
    char line[LINE];
    FILE *file = open_file(root, path);
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        found = strncmp(line, key, strlen(key)) == 0;
    if (file != NULL)
        fclose(file);
    if (!found)
        return false;
    line[strcspn(line, "\n")] = '\0';
    const char *value = line + strlen(key);
    snprintf(text, size, "%s", value + strspn(value, " \t"));
    return true;
}

bool doctor_files_word(const char *root, const char *path, const char *word)
{
    char line[4 * LINE]; /* a processor has some hundred flags */
    FILE *file = open_file(root, path);
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL)
        for (const char *at = strstr(line, word); at != NULL && !found; at = strstr(at + 1, word)) {
            const char before = at == line ? ' ' : at[-1], after = at[strlen(word)];
            found = strchr(" \t", before) != NULL && strchr(" \t\n", after) != NULL;
        }
    if (file != NULL)
        fclose(file);
    return found;
}

bool doctor_files_in_list(const char *list, uint32_t n)
{
    while (*list != '\0') {
        char *end;
        const unsigned long from = strtoul(list, &end, 10);
        unsigned long to = from;
        if (end == list)
            return false;
        if (*end == '-')
            to = strtoul(end + 1, &end, 10);
        if (n >= from && n <= to)
            return true;
        list = *end == ',' ? end + 1 : end;
        if (*end != ',')
            return false;
    }
    return false;
}

bool doctor_files_runs(const char *root, const char *name)
{
    DIR *folder = open_folder(root, "/proc");
    bool found = false;
    const struct dirent *entry;
    while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
        char path[PATH], text[64];
        if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
            continue;
        snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
        found = doctor_files_line(root, path, text, sizeof text) && strcmp(text, name) == 0;
    }
    if (folder != NULL)
        closedir(folder);
    return found;
}

static void tell(char *found, size_t size, const char *noun, int n, int n_closed, const char *closed)
{
    if (n == 0)
        snprintf(found, size, "no %s", noun);
    else if (n_closed == 0)
        snprintf(found, size, "%d %s%s", n, noun, n == 1 ? "" : "s");
    else
        snprintf(found, size, "%d %s%s, no write access to %d: %.128s", n, noun, n == 1 ? "" : "s", n_closed, closed);
}

bool doctor_files_nodes(const char *root, const char *folder, const char *prefix, const char *noun, char *found,
                        size_t size)
{
    char closed[128] = "";
    int n = 0, n_closed = 0;
    DIR *nodes = open_folder(root, folder);
    const struct dirent *entry;
    while (nodes != NULL && (entry = readdir(nodes)) != NULL) {
        char path[PATH];
        if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        n++;
        snprintf(path, sizeof path, "%s%s/%.128s", root, folder, entry->d_name);
        if (access(path, R_OK | W_OK) == 0)
            continue;
        n_closed++;
        snprintf(closed, sizeof closed, "%.120s", entry->d_name);
    }
    if (nodes != NULL)
        closedir(nodes);
    tell(found, size, noun, n, n_closed, closed);
    return n_closed == 0;
}

/* The same boards as in udev/60-phasic.rules. */
static const struct board {
    uint32_t vendor, product;
    const char *name;
} boards[] = {
    {0x0cd5, 0x0003, "LabJack U3"         },
    {0x0cd5, 0x0006, "LabJack U6"         },
    {0x09db, 0x00ea, "MCC USB-1608FS-Plus"},
    {0x09db, 0x00e8, "MCC USB-1208FS-Plus"},
    {0x0403, 0x6001, "FTDI (Harp)"        },
    {0x0403, 0x6014, "FTDI (Harp)"        },
    {0x0403, 0x6015, "FTDI (Harp)"        },
    {0x2e8a, 0x000a, "Pico (Harp)"        },
};

static uint32_t read_number(const char *root, const char *device, const char *file, int base)
{
    char path[PATH], text[32] = "";
    snprintf(path, sizeof path, "/sys/bus/usb/devices/%.64s/%s", device, file);
    (void)doctor_files_line(root, path, text, sizeof text);
    return (uint32_t)strtoul(text, NULL, base);
}

static const struct board *board_of(const char *root, const char *device)
{
    const uint32_t vendor = read_number(root, device, "idVendor", 16);
    const uint32_t product = read_number(root, device, "idProduct", 16);
    for (size_t i = 0; i < sizeof boards / sizeof *boards; i++)
        if (boards[i].vendor == vendor && boards[i].product == product)
            return &boards[i];
    return NULL;
}

bool doctor_files_usb(const char *root, char *found, size_t size)
{
    const char *closed = "";
    int n = 0, n_closed = 0;
    DIR *devices = open_folder(root, "/sys/bus/usb/devices");
    const struct dirent *entry;
    while (devices != NULL && (entry = readdir(devices)) != NULL) {
        char path[PATH];
        const struct board *board = board_of(root, entry->d_name);
        if (board == NULL)
            continue;
        n++;
        snprintf(path, sizeof path, "%s/dev/bus/usb/%03u/%03u", root, read_number(root, entry->d_name, "busnum", 10),
                 read_number(root, entry->d_name, "devnum", 10));
        if (access(path, R_OK | W_OK) == 0)
            continue;
        n_closed++;
        closed = board->name;
    }
    if (devices != NULL)
        closedir(devices);
    tell(found, size, "known board", n, n_closed, closed);
    return n_closed == 0;
}
