/* scratch: a folder of its own for each test program, and small things to do with files in it. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/* "FOLDER/name" in this program's own folder under TMPDIR, which is made at the first call and removed at exit. The
 * text is overwritten by the eighth call after. */
const char *scratch_path(const char *name);

/* Reads a whole file into malloc'ed memory. Fails the test if it can't. */
uint8_t *scratch_read(const char *path, size_t *n);

/* Replaces a file. */
void scratch_write(const char *path, const void *data, size_t n);

/* A file's length in bytes. */
size_t scratch_size(const char *path);
