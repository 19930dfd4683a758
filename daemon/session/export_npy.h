/* export_npy: an export as NumPy files, a structured array a table. (session/export_npy.h)
 *
 * NPY version 1.0, one record a row: <f8, <i8 and S32 fields. `numpy.load("licks.npy")["time_s"]` is a column. The
 * header is written with room for the final length, which is filled in at the end. Threads: one. */
#pragma once
#include "session/export.h"

struct export_npy;

/* Into `folder`, which exists, stays the caller's and holds no file of these names. False and *err. */
MUST_CHECK bool export_npy_open(struct export_npy **npy, const char *folder, struct error *err);
struct export_sink export_npy_sink(struct export_npy *npy);

/* Writes what is left and frees. False and *err: a file could not be completed. NULL is allowed. */
MUST_CHECK bool export_npy_close(struct export_npy *npy, struct error *err);
