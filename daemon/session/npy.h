/* npy: reads a NumPy file of times. (session/npy.h)
 *
 * One dimension of little-endian float64, NPY version 1.0 or 2.0, which is what `numpy.save` writes for a list of
 * times. Anything else is refused with one line and a byte offset. Threads: any. */
#pragma once
#include "engine/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NPY_VALUES_MAX = 1 << 22 }; /* 32 MiB: an event a millisecond for an hour */

/* Reads the file at `path`; the caller frees *values (never NULL on success). False and *err: ERROR_INPUT. */
MUST_CHECK bool npy_read(const char *path, double **values, size_t *n, struct error *err);

/* The same from memory; `name` stands for the file in errors. */
MUST_CHECK bool npy_parse(const uint8_t *data, size_t size, const char *name, double **values, size_t *n,
                          struct error *err);
