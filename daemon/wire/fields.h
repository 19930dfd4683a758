/* fields: the field lists of everything that goes to disk as a record of fixed fields. (wire/fields.h)
 *
 * One table a struct: name, type, offset, array length. From the same rows come the encoder, the decoder, the
 * comparison that names the first differing field, and the description in every journal's header, so they can't drift
 * apart; a test proves that each table covers its struct byte for byte. Encoded: fields in table order, little-endian,
 * texts as one length byte and their characters, arrays with a count field only up to that count. Never a struct as
 * bytes. Threads: any. Memory: the caller's. */
#pragma once
#include "wire/bytes.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fields_type { FIELDS_U8, FIELDS_U32, FIELDS_U64, FIELDS_I64, FIELDS_F64, FIELDS_TEXT, FIELDS_STRUCT };

struct fields;

struct fields_row {
    const char *name;
    enum fields_type type;
    size_t offset;
    size_t size;              /* bytes of one element in the struct */
    size_t n;                 /* elements: 1, or the array's length */
    ptrdiff_t count_offset;   /* of the uint32_t that says how many are used; -1: all n */
    const struct fields *sub; /* FIELDS_STRUCT: its table */
};

struct fields {
    const char *name;
    uint32_t version; /* raised when rows change; readers accept older ones */
    size_t size;      /* sizeof the struct */
    size_t n_rows;
    const struct fields_row *rows;
};

extern const struct fields fields_config;   /* struct config */
extern const struct fields fields_trial;    /* struct trial */
extern const struct fields fields_edge;     /* struct frame_edge */
extern const struct fields fields_status;   /* struct frame_status */
extern const struct fields fields_command;  /* struct frame_command */
extern const struct fields fields_applied;  /* struct frame_applied */
extern const struct fields fields_write;    /* struct frame_write */
extern const struct fields fields_decision; /* struct frame_decision */

/* Appends `record` (a struct of table->size bytes). out->ok tells. */
void fields_put(const struct fields *table, const void *record, struct bytes_out *out);

/* Reads one record; unused array elements and text tails become zero. in->ok is false if it is cut or a count or text
 * is longer than its array; `record` is then not to be used. */
void fields_get(const struct fields *table, struct bytes_in *in, void *record);

/* Compares two records. NULL if they are equal (doubles by bits, arrays up to their count), else the path of the first
 * difference ("states[2].after_ns") written into `path`, and both values as text. */
const char *fields_differ(const struct fields *table, const void *a, const void *b, char *path, size_t path_size,
                          char *value_a, char *value_b, size_t value_size);

/* The table as text, a line a row: "config.seed u64". Returns the length that the whole text has, like snprintf. */
size_t fields_describe(const struct fields *table, char *text, size_t size);
