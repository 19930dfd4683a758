/* export_csv: an export as comma-separated text, a file a table. (session/export_csv.h)
 *
 * UTF-8, a header line, '.' as the decimal sign, RFC 4180 quoting, numbers with as many digits as
 * read back as the same bits; an empty cell is a value that is not known. columns.csv says what every column is.
 * Threads: one. */
#pragma once
#include "session/export.h"

struct export_csv;

/* Into `folder`, which exists, stays the caller's and holds no file of these names. False and *err. */
MUST_CHECK bool export_csv_open(struct export_csv **csv, const char *folder, struct error *err);
struct export_sink export_csv_sink(struct export_csv *csv);

/* Writes what is left and frees. False and *err: a file could not be completed. NULL is allowed. */
MUST_CHECK bool export_csv_close(struct export_csv *csv, struct error *err);
