#include "session/export_csv.h"
#include "session/folder.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct export_csv {
    const char *folder;
    struct {
        FILE *file;
        char path[FOLDER_PATH_MAX];
        uint32_t n_columns;
        enum export_type types[EXPORT_COLUMNS_MAX];
    } tables[EXPORT_TABLES_MAX];
    FILE *columns; /* columns.csv: what every column is */
};

static FILE *create(const char *folder, const char *name, char path[FOLDER_PATH_MAX], struct error *err)
{
    if (!folder_path(folder, name, path, err))
        return NULL;
    FILE *file = fopen(path, "wxe");
    if (file == NULL)
        error_system(err, path, "creating the file", errno);
    return file;
}

bool export_csv_open(struct export_csv **csv, const char *folder, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    *csv = calloc(1, sizeof **csv);
    if (*csv == NULL)
        return error_system(err, folder, "export", ENOMEM);
    (*csv)->folder = folder;
    (*csv)->columns = create(folder, "columns.csv", path, err);
    if ((*csv)->columns == NULL) {
        free(*csv);
        *csv = NULL;
        return false;
    }
    fputs("table,column,type,unit,meaning\n", (*csv)->columns);
    return true;
}

/* RFC 4180: quoted if it holds a comma, a quote or a line's end; quotes are doubled. */
static void put_text(FILE *file, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, file);
        return;
    }
    putc('"', file);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            putc('"', file);
        putc(*text, file);
    }
    putc('"', file);
}

static bool add_table(void *context, uint32_t i, const struct export_table *table, struct error *err)
{
    struct export_csv *csv = context;
    char name[EXPORT_NAME + 8];
    snprintf(name, sizeof name, "%s.csv", table->name);
    csv->tables[i].file = create(csv->folder, name, csv->tables[i].path, err);
    if (csv->tables[i].file == NULL)
        return false;
    csv->tables[i].n_columns = table->n_columns;
    for (uint32_t c = 0; c < table->n_columns; c++) {
        const struct export_column *column = &table->columns[c];
        csv->tables[i].types[c] = column->type;
        if (c > 0)
            putc(',', csv->tables[i].file);
        put_text(csv->tables[i].file, column->name);
        fprintf(csv->columns, "%s,%s,%s,%s,", table->name, column->name, export_type_name(column->type), column->unit);
        put_text(csv->columns, column->help);
        putc('\n', csv->columns);
    }
    putc('\n', csv->tables[i].file);
    return true;
}

/* The fewest digits that come back as the same bits. NaN is an empty cell, which pandas, R and MATLAB read as missing.
 */
static void put_number(FILE *file, double x)
{
    char text[32];
    if (!isfinite(x))
        return;
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        const double back = strtod(text, NULL);
        if (memcmp(&back, &x, sizeof x) == 0)
            break;
    }
    fputs(text, file);
}

static bool add_row(void *context, uint32_t i, const union export_value *values, struct error *err)
{
    struct export_csv *csv = context;
    FILE *file = csv->tables[i].file;
    for (uint32_t c = 0; c < csv->tables[i].n_columns; c++) {
        if (c > 0)
            putc(',', file);
        switch (csv->tables[i].types[c]) {
        case EXPORT_NUMBER:
            put_number(file, values[c].number);
            break;
        case EXPORT_WHOLE:
            fprintf(file, "%" PRId64, values[c].whole);
            break;
        case EXPORT_TEXT:
            put_text(file, values[c].text);
            break;
        }
    }
    putc('\n', file);
    return ferror(file) == 0 || error_system(err, csv->tables[i].path, "writing the file", errno);
}

struct export_sink export_csv_sink(struct export_csv *csv)
{
    return (struct export_sink){.context = csv, .table = add_table, .row = add_row};
}

static bool finish(FILE *file, const char *path, struct error *err)
{
    const bool wrote = ferror(file) == 0 && fflush(file) == 0;
    const bool closed = fclose(file) == 0;
    return (wrote && closed) || error_system(err, path, "writing the file", errno);
}

bool export_csv_close(struct export_csv *csv, struct error *err)
{
    if (csv == NULL)
        return true;
    bool ok = finish(csv->columns, csv->folder, err);
    for (uint32_t i = 0; i < EXPORT_TABLES_MAX; i++)
        if (csv->tables[i].file != NULL)
            ok &= finish(csv->tables[i].file, csv->tables[i].path, ok ? err : NULL);
    free(csv);
    return ok;
}
