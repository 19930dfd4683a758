#include "session/nwb.h"
#include <errno.h>
#include <hdf5.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ROWS = 4096,       /* of a chunk, and kept before they are written */
    COLUMNS_MAX = 512, /* of a file: 16 channels, 4 signals with 16 models, a dozen tables */
    GZIP = 4,
};

struct nwb_column {
    struct nwb *nwb;
    hid_t dataset;
    hsize_t n_written;
    size_t n;
    enum nwb_type type;
    union {
        double number[ROWS];
        int64_t whole[ROWS];
        char text[ROWS][NWB_TEXT];
    } * rows;
};

struct nwb {
    char *path, *temporary;
    char identifier[NWB_PATH];
    hid_t file, text_type;
    size_t n_columns;
    struct nwb_column *columns[COLUMNS_MAX];
    char failed[NWB_PATH + 64]; /* what was refused first; empty: nothing */
};

static void fail(struct nwb *nwb, const char *what, const char *path)
{
    if (nwb->failed[0] == '\0')
        snprintf(nwb->failed, sizeof nwb->failed, "%s %s", what, path);
}

static bool ok(const struct nwb *nwb)
{
    return nwb->failed[0] == '\0';
}

/* FNV-1a of identifier and path, from two starts: as unique as an id within a lab's files has to be. */
static uint64_t hash(const struct nwb *nwb, const char *path, uint64_t h)
{
    for (const char *c = nwb->identifier; *c != '\0'; c++)
        h = (h ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
    h = (h ^ 0xff) * UINT64_C(0x100000001b3);
    for (const char *c = path; *c != '\0'; c++)
        h = (h ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
    return h;
}

void nwb_attribute(struct nwb *nwb, const char *path, const char *name, const char *text)
{
    if (!ok(nwb))
        return;
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t attribute =
        H5Acreate_by_name(nwb->file, path, name, nwb->text_type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, nwb->text_type, &text) < 0)
        fail(nwb, "attribute of", path);
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
}

void nwb_attribute_f32(struct nwb *nwb, const char *path, const char *name, double value)
{
    if (!ok(nwb))
        return;
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t attribute =
        H5Acreate_by_name(nwb->file, path, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, H5T_NATIVE_DOUBLE, &value) < 0)
        fail(nwb, "attribute of", path);
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
}

/* What every typed object of NWB carries. */
static void type_object(struct nwb *nwb, const char *path, const char *namespace, const char *type)
{
    char id[40];
    const uint64_t a = hash(nwb, path, UINT64_C(0xcbf29ce484222325)), b = hash(nwb, path, UINT64_C(0x84222325cbf29ce4));
    snprintf(id, sizeof id, "%08" PRIx64 "-%04" PRIx64 "-8%03" PRIx64 "-8%03" PRIx64 "-%012" PRIx64, a >> 32,
             a >> 16 & 0xffff, a & 0xfff, b >> 52, b & UINT64_C(0xffffffffffff)); /* version 8: of our own making */
    nwb_attribute(nwb, path, "namespace", namespace);
    nwb_attribute(nwb, path, "neurodata_type", type);
    nwb_attribute(nwb, path, "object_id", id);
}

void nwb_group(struct nwb *nwb, const char *path, const char *namespace, const char *type, const char *description)
{
    if (!ok(nwb))
        return;
    const hid_t with_parents = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(with_parents, 1);
    const hid_t group = H5Gcreate2(nwb->file, path, with_parents, H5P_DEFAULT, H5P_DEFAULT);
    H5Pclose(with_parents);
    if (group < 0) {
        fail(nwb, "group", path);
        return;
    }
    H5Gclose(group);
    if (type != NULL)
        type_object(nwb, path, namespace, type);
    if (description != NULL)
        nwb_attribute(nwb, path, "description", description);
}

bool nwb_create(struct nwb **made, const char *path, const char *identifier, struct error *err)
{
    struct nwb *nwb = *made = calloc(1, sizeof *nwb);
    const size_t size = strlen(path) + 8;
    if (nwb == NULL || (nwb->path = strdup(path)) == NULL || (nwb->temporary = malloc(size)) == NULL) {
        nwb_abandon(nwb);
        *made = NULL;
        return error_system(err, path, "NWB file", ENOMEM);
    }
    snprintf(nwb->temporary, size, "%s.tmp", path);
    snprintf(nwb->identifier, sizeof nwb->identifier, "%s", identifier);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* errors are ours to tell, in one line */
    nwb->text_type = H5Tcopy(H5T_C_S1);
    H5Tset_size(nwb->text_type, H5T_VARIABLE);
    H5Tset_cset(nwb->text_type, H5T_CSET_UTF8);
    errno = 0;
    nwb->file = H5Fcreate(nwb->temporary, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    if (nwb->file < 0) {
        const int why = errno != 0 ? errno : EIO;
        nwb_abandon(nwb);
        *made = NULL;
        return error_system(err, path, "creating the file", why);
    }
    nwb_attribute(nwb, "/", "nwb_version", "2.7.0");
    type_object(nwb, "/", "core", "NWBFile");
    return true;
}

void nwb_text(struct nwb *nwb, const char *path, const char *text)
{
    if (!ok(nwb))
        return;
    const hid_t space = H5Screate(H5S_SCALAR);
    const hid_t with_parents = H5Pcreate(H5P_LINK_CREATE);
    H5Pset_create_intermediate_group(with_parents, 1);
    const hid_t dataset = H5Dcreate2(nwb->file, path, nwb->text_type, space, with_parents, H5P_DEFAULT, H5P_DEFAULT);
    if (dataset < 0 || H5Dwrite(dataset, nwb->text_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, &text) < 0)
        fail(nwb, "text", path);
    if (dataset >= 0)
        H5Dclose(dataset);
    H5Pclose(with_parents);
    H5Sclose(space);
}

static hid_t file_type(const struct nwb *nwb, enum nwb_type type)
{
    switch (type) {
    case NWB_F64:
        return H5T_IEEE_F64LE;
    case NWB_I32:
        return H5T_STD_I32LE;
    case NWB_I64:
        return H5T_STD_I64LE;
    case NWB_UTF8:
        return nwb->text_type;
    }
    return H5I_INVALID_HID;
}

struct nwb_column *nwb_column(struct nwb *nwb, const char *path, enum nwb_type type)
{
    if (!ok(nwb))
        return NULL;
    struct nwb_column *column = calloc(1, sizeof *column);
    const size_t cell = type == NWB_UTF8 ? NWB_TEXT : sizeof(int64_t);
    if (column == NULL || (column->rows = calloc(ROWS, cell)) == NULL || nwb->n_columns == COLUMNS_MAX) {
        fail(nwb, "memory for", path);
        free(column);
        return NULL;
    }
    column->nwb = nwb;
    column->dataset = H5I_INVALID_HID;
    column->type = type;
    nwb->columns[nwb->n_columns++] = column;
    const hsize_t none = 0, unlimited = H5S_UNLIMITED, rows = ROWS;
    const hid_t space = H5Screate_simple(1, &none, &unlimited);
    const hid_t how = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(how, 1, &rows);
    if (type != NWB_UTF8) { /* the texts themselves lie elsewhere */
        H5Pset_shuffle(how);
        H5Pset_deflate(how, GZIP);
    }
    column->dataset = H5Dcreate2(nwb->file, path, file_type(nwb, type), space, H5P_DEFAULT, how, H5P_DEFAULT);
    if (column->dataset < 0)
        fail(nwb, "column", path);
    H5Pclose(how);
    H5Sclose(space);
    return column;
}

static bool write_rows(const struct nwb_column *column, hid_t memory, hid_t file)
{
    const char *texts[ROWS];
    const void *rows = column->rows;
    hid_t type = column->type == NWB_F64 ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64;
    if (column->type == NWB_UTF8) {
        for (size_t i = 0; i < column->n; i++)
            texts[i] = column->rows->text[i];
        rows = texts;
        type = column->nwb->text_type;
    }
    return H5Dwrite(column->dataset, type, memory, file, H5P_DEFAULT, rows) >= 0;
}

static void flush(struct nwb_column *column)
{
    const hsize_t n = column->n, total = column->n_written + n;
    if (n == 0 || !ok(column->nwb))
        return;
    bool written = H5Dset_extent(column->dataset, &total) >= 0;
    const hid_t memory = H5Screate_simple(1, &n, NULL), file = H5Dget_space(column->dataset);
    written = written && H5Sselect_hyperslab(file, H5S_SELECT_SET, &column->n_written, NULL, &n, NULL) >= 0 &&
              write_rows(column, memory, file);
    if (!written)
        fail(column->nwb, "writing to", column->nwb->temporary);
    H5Sclose(file);
    H5Sclose(memory);
    column->n_written = total;
    column->n = 0;
}

static bool next_row(struct nwb_column *column)
{
    if (column == NULL || !ok(column->nwb))
        return false;
    if (column->n == ROWS)
        flush(column);
    column->n++;
    return true;
}

void nwb_append_number(struct nwb_column *column, double value)
{
    if (next_row(column))
        column->rows->number[column->n - 1] = value;
}

void nwb_append_whole(struct nwb_column *column, int64_t value)
{
    if (next_row(column))
        column->rows->whole[column->n - 1] = value;
}

void nwb_append_text(struct nwb_column *column, const char *text)
{
    if (next_row(column))
        snprintf(column->rows->text[column->n - 1], NWB_TEXT, "%s", text);
}

void nwb_link(struct nwb *nwb, const char *from, const char *to)
{
    if (ok(nwb) && H5Lcreate_hard(nwb->file, to, nwb->file, from, H5P_DEFAULT, H5P_DEFAULT) < 0)
        fail(nwb, "link", from);
}

static void path_of(char path[NWB_PATH], const char *group, const char *name)
{
    snprintf(path, NWB_PATH, "%s/%s", group, name);
}

struct nwb_series nwb_series(struct nwb *nwb, const char *path, const char *type, const char *description,
                             const char *unit, enum nwb_type data_type, const char *timestamps_of)
{
    struct nwb_series series = {0};
    char name[NWB_PATH], shared[NWB_PATH];
    nwb_group(nwb, path, "core", type, description);
    path_of(name, path, "data");
    series.data = nwb_column(nwb, name, data_type);
    nwb_attribute(nwb, name, "unit", unit);
    path_of(name, path, "timestamps");
    if (timestamps_of != NULL) {
        path_of(shared, timestamps_of, "timestamps");
        nwb_link(nwb, name, shared);
        return series;
    }
    series.timestamps = nwb_column(nwb, name, NWB_F64);
    nwb_attribute(nwb, name, "unit", "seconds");
    const hid_t space = H5Screate(H5S_SCALAR);
    const int32_t one = 1;
    const hid_t interval =
        H5Acreate_by_name(nwb->file, name, "interval", H5T_STD_I32LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (ok(nwb) && (interval < 0 || H5Awrite(interval, H5T_NATIVE_INT32, &one) < 0))
        fail(nwb, "attribute of", name);
    if (interval >= 0)
        H5Aclose(interval);
    H5Sclose(space);
    return series;
}

static void name_columns(struct nwb *nwb, const char *path, const char *const *names, size_t n)
{
    const hsize_t size = n;
    if (!ok(nwb))
        return;
    const hid_t space = H5Screate_simple(1, &size, NULL);
    const hid_t attribute =
        H5Acreate_by_name(nwb->file, path, "colnames", nwb->text_type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, nwb->text_type, names) < 0)
        fail(nwb, "column names of", path);
    if (attribute >= 0)
        H5Aclose(attribute);
    H5Sclose(space);
}

struct nwb_column *nwb_table(struct nwb *nwb, const char *path, const char *type, const char *description,
                             const char *const *names, size_t n)
{
    char name[NWB_PATH];
    nwb_group(nwb, path, strcmp(type, "DynamicTable") == 0 ? "hdmf-common" : "core", type, description);
    name_columns(nwb, path, names, n);
    path_of(name, path, "id");
    struct nwb_column *id = nwb_column(nwb, name, NWB_I64);
    if (id != NULL)
        type_object(nwb, name, "hdmf-common", "ElementIdentifiers");
    return id;
}

struct nwb_column *nwb_table_column(struct nwb *nwb, const char *table, const char *name, const char *description,
                                    enum nwb_type type)
{
    char path[NWB_PATH];
    path_of(path, table, name);
    struct nwb_column *column = nwb_column(nwb, path, type);
    if (column != NULL) {
        type_object(nwb, path, "hdmf-common", "VectorData");
        nwb_attribute(nwb, path, "description", description);
    }
    return column;
}

bool nwb_close(struct nwb *nwb, struct error *err)
{
    char what[NWB_PATH + 64];
    for (size_t i = 0; i < nwb->n_columns; i++)
        flush(nwb->columns[i]);
    for (size_t i = 0; i < nwb->n_columns; i++) {
        if (nwb->columns[i]->dataset >= 0 && H5Dclose(nwb->columns[i]->dataset) < 0)
            fail(nwb, "closing", nwb->path);
        nwb->columns[i]->dataset = -1;
    }
    if (H5Fclose(nwb->file) < 0)
        fail(nwb, "closing", nwb->path);
    nwb->file = -1;
    if (ok(nwb) && rename(nwb->temporary, nwb->path) != 0)
        fail(nwb, "renaming", nwb->temporary);
    const bool good = ok(nwb);
    snprintf(what, sizeof what, "%s", nwb->failed);
    if (!good)
        error_set(err, ERROR_SYSTEM, nwb->path, "NWB file", NULL, "HDF5 refused: %s", what);
    nwb_abandon(nwb);
    return good;
}

void nwb_abandon(struct nwb *nwb)
{
    if (nwb == NULL)
        return;
    for (size_t i = 0; i < nwb->n_columns; i++) {
        if (nwb->columns[i]->dataset >= 0)
            H5Dclose(nwb->columns[i]->dataset);
        free(nwb->columns[i]->rows);
        free(nwb->columns[i]);
    }
    if (nwb->file > 0) {
        H5Fclose(nwb->file);
        unlink(nwb->temporary);
    }
    if (nwb->text_type > 0)
        H5Tclose(nwb->text_type);
    free(nwb->temporary);
    free(nwb->path);
    free(nwb);
}
