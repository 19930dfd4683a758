/* nwb: writes files of Neurodata Without Borders 2.7 with the HDF5 library. (session/nwb.h)
 *
 * A thin layer that knows the few shapes that the schema asks for: typed groups, texts, columns that grow, time series,
 * tables. The first thing that HDF5 refuses is remembered, and everything after it does nothing; nwb_close tells.
 * Object ids follow from the file's identifier and the object's path, so that the same session gives the same file.
 * Source: NWB core 2.7.0 and hdmf-common 1.8.0. Threads: one, not real-time. */
#pragma once
#include "engine/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NWB_TEXT = 32, NWB_PATH = 256 }; /* bytes of a cell with text; of an object's path, with their terminators */

struct nwb;        /* a file being written */
struct nwb_column; /* a dataset of one dimension that grows; owned by its file */

enum nwb_type {
    NWB_F64,
    NWB_I32,
    NWB_I64,
    NWB_UTF8, /* texts shorter than NWB_TEXT bytes */
};

/* Creates the file at `path` under a temporary name, with the root's attributes. `identifier` names the session.
 * False and *err: it can't be created. */
MUST_CHECK bool nwb_create(struct nwb **nwb, const char *path, const char *identifier, struct error *err);

/* A group at `path` ("/processing/behavior"), its parents made as plain groups; `type` NULL: a plain group. `namespace`
 * is "core" or "hdmf-common"; `description` NULL: no such attribute. */
void nwb_group(struct nwb *nwb, const char *path, const char *namespace, const char *type, const char *description);

/* A dataset with one text, or an attribute with one text of an existing object. */
void nwb_text(struct nwb *nwb, const char *path, const char *text);
void nwb_attribute(struct nwb *nwb, const char *path, const char *name, const char *text);

/* An attribute with one number: 32-bit float, as the schema's `conversion` and `offset` are. */
void nwb_attribute_f32(struct nwb *nwb, const char *path, const char *name, double value);

/* A column that grows, compressed. NULL after a failure: then the functions below do nothing with it. */
struct nwb_column *nwb_column(struct nwb *nwb, const char *path, enum nwb_type type);
void nwb_append_number(struct nwb_column *column, double value);
void nwb_append_whole(struct nwb_column *column, int64_t value);
void nwb_append_text(struct nwb_column *column, const char *text);

/* A second name for an object that exists. */
void nwb_link(struct nwb *nwb, const char *from, const char *to);

/* The group of a time series of `type` ("TimeSeries") with its `data` and `timestamps` columns; `data_type` is that of
 * the data. `timestamps_of`: path of a series whose timestamps it shares, then *timestamps is NULL; else NULL. */
struct nwb_series {
    struct nwb_column *data, *timestamps;
};
struct nwb_series nwb_series(struct nwb *nwb, const char *path, const char *type, const char *description,
                             const char *unit, enum nwb_type data_type, const char *timestamps_of);

/* The group of a table: `type` "DynamicTable" or "TimeIntervals", its column names in order. The columns themselves are
 * made with nwb_table_column, which writes their descriptions, too; `id` is the column of row numbers. */
struct nwb_column *nwb_table(struct nwb *nwb, const char *path, const char *type, const char *description,
                             const char *const *names, size_t n);
struct nwb_column *nwb_table_column(struct nwb *nwb, const char *table, const char *name, const char *description,
                                    enum nwb_type type);

/* Writes what is left, closes, gives the file its name, and frees. False and *err: something was refused on the way;
 * then no file of that name was made. */
MUST_CHECK bool nwb_close(struct nwb *nwb, struct error *err);

/* Closes without a file: for error paths. NULL is allowed. */
void nwb_abandon(struct nwb *nwb);
