#include "session/export_npy.h"
#include "session/folder.h"
#include "wire/bytes.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes before the rows: magic, length and the dictionary, filled up with blanks. A multiple of 64, as NumPy wants it;
 * columns take at most 4 + 64 + 12 bytes each. */
enum { HEADER = 4096, PREFIX = 10, TEXT = CONFIG_NAME };

static_assert(EXPORT_COLUMNS_MAX * 80 + 128 < HEADER, "every table's header fits");

struct npy_table {
    FILE *file;
    char path[FOLDER_PATH_MAX];
    int64_t n_rows;
    struct export_table table;
};

struct export_npy {
    const char *folder;
    struct npy_table tables[EXPORT_TABLES_MAX];
};

bool export_npy_open(struct export_npy **npy, const char *folder, struct error *err)
{
    *npy = calloc(1, sizeof **npy);
    if (*npy == NULL)
        return error_system(err, folder, "export", ENOMEM);
    (*npy)->folder = folder;
    return true;
}

static const char *code_of(enum export_type type)
{
    return type == EXPORT_NUMBER ? "<f8" : type == EXPORT_WHOLE ? "<i8" : "|S32";
}

static_assert(TEXT == 32, "as code_of says");

static void append(char *header, size_t *n, const char *format, ...) PRINTF_LIKE(3, 4);

static void append(char *header, size_t *n, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *n += (size_t)vsnprintf(header + *n, HEADER + 1 - *n, format, args);
    va_end(args);
    assert(*n < HEADER);
}

static void make_header(const struct npy_table *table, char header[HEADER + 1])
{
    size_t n = PREFIX;
    memset(header, ' ', HEADER);
    memcpy(header, "\x93NUMPY\x01", 8);
    header[8] = (char)((HEADER - PREFIX) & 0xff);
    header[9] = (char)((HEADER - PREFIX) >> 8);
    append(header, &n, "{'descr': [");
    for (uint32_t c = 0; c < table->table.n_columns; c++)
        append(header, &n, "('%s', '%s'), ", table->table.columns[c].name, code_of(table->table.columns[c].type));
    append(header, &n, "], 'fortran_order': False, 'shape': (%" PRId64 ",), }", table->n_rows);
    header[n] = ' '; /* in place of the terminator */
    header[HEADER - 1] = '\n';
}

static bool write_header(struct npy_table *table, struct error *err)
{
    char header[HEADER + 1];
    make_header(table, header);
    return fwrite(header, 1, HEADER, table->file) == HEADER ||
           error_system(err, table->path, "writing the file", errno);
}

static bool add_table(void *context, uint32_t i, const struct export_table *table, struct error *err)
{
    struct export_npy *npy = context;
    struct npy_table *to = &npy->tables[i];
    char name[EXPORT_NAME + 8];
    snprintf(name, sizeof name, "%s.npy", table->name);
    if (!folder_path(npy->folder, name, to->path, err))
        return false;
    to->table = *table;
    to->file = fopen(to->path, "wxe");
    if (to->file == NULL)
        return error_system(err, to->path, "creating the file", errno);
    return write_header(to, err);
}

static bool add_row(void *context, uint32_t i, const union export_value *values, struct error *err)
{
    struct export_npy *npy = context;
    struct npy_table *to = &npy->tables[i];
    uint8_t row[EXPORT_COLUMNS_MAX * TEXT];
    struct bytes_out out = bytes_writer(row, sizeof row);
    for (uint32_t c = 0; c < to->table.n_columns; c++)
        switch (to->table.columns[c].type) {
        case EXPORT_NUMBER:
            bytes_put_f64(&out, values[c].number);
            break;
        case EXPORT_WHOLE:
            bytes_put_u64(&out, (uint64_t)values[c].whole);
            break;
        case EXPORT_TEXT: {
            char text[TEXT] = {0};
            memcpy(text, values[c].text, strnlen(values[c].text, sizeof text));
            bytes_put(&out, text, sizeof text);
            break;
        }
        }
    to->n_rows++;
    return fwrite(row, 1, out.used, to->file) == out.used || error_system(err, to->path, "writing the file", errno);
}

struct export_sink export_npy_sink(struct export_npy *npy)
{
    return (struct export_sink){.context = npy, .table = add_table, .row = add_row};
}

bool export_npy_close(struct export_npy *npy, struct error *err)
{
    bool ok = true;
    for (uint32_t i = 0; npy != NULL && i < EXPORT_TABLES_MAX; i++) {
        struct npy_table *table = &npy->tables[i];
        if (table->file == NULL)
            continue;
        rewind(table->file);
        ok = write_header(table, ok ? err : NULL) && ok;
        if (fclose(table->file) != 0)
            ok = error_system(ok ? err : NULL, table->path, "writing the file", errno);
    }
    free(npy);
    return ok;
}
