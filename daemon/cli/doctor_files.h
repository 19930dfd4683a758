/* doctor_files: small files of /proc, /sys and /dev, below a root that tests can replace. (cli/doctor_files.h)
 *
 * A file that is missing is no error here: it is what a check finds. Threads: one, not real-time. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The file's first line, or its line `nth` from 0. False: there is none; then `text` stays. */
bool doctor_files_line(const char *root, const char *path, char *text, size_t size);
bool doctor_files_nth(const char *root, const char *path, uint32_t nth, char *text, size_t size);

/* What follows `key` on the line that begins with it, without leading blanks. */
bool doctor_files_key(const char *root, const char *path, const char *key, char *text, size_t size);

/* True if a line of the file has this word. */
bool doctor_files_word(const char *root, const char *path, const char *word);

/* True if `n` is in a list such as "0-2,5". */
bool doctor_files_in_list(const char *list, uint32_t n);

/* True if a process of this name runs. */
bool doctor_files_runs(const char *root, const char *name);

/* The nodes in `folder` that begin with `prefix`: how many there are, and how many this process may not write to. True
 * if it may write to all of them, also to none. */
bool doctor_files_nodes(const char *root, const char *folder, const char *prefix, const char *noun, char *found,
                        size_t size);

/* The same for the USB boards that phasic knows by vendor and product. */
bool doctor_files_usb(const char *root, char *found, size_t size);
