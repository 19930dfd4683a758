/* blob: a model's saved state, field by field, little-endian, versioned, checked. (engine/model/blob.h)
 *
 * Layout: u32 magic "PHMS", u64 hash of the model's name, u32 version, the model's fields, u32 CRC32C (Castagnoli) of
 * everything before it. A writer never overruns: past `size` it only counts, so that a run on an empty blob measures.
 * A reader never overruns either: past the end it gives zeros and remembers, and blob_done tells.
 * Threads: any, one at a time; not for the tick (a save is about ten thousand bytes). Memory: the caller's. */
#pragma once
#include "engine/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob {
    uint8_t *bytes; /* NULL with size 0 measures */
    size_t size;    /* bytes available */
    size_t used;    /* bytes written, or that would have been */
};

/* Reads a blob from the front. */
struct blob_reader {
    const uint8_t *at;
    size_t left;
    bool ran_out; /* a field was asked for past the end; it was given as 0 */
};

/* Starts `blob` over with the header of this model's state. */
void blob_begin(struct blob *blob, const char *model, uint32_t version);

void blob_put_u8(struct blob *blob, uint8_t value);
void blob_put_u32(struct blob *blob, uint32_t value);
void blob_put_i64(struct blob *blob, int64_t value);
/* The 64 bits of the number: what is read back is the same to the bit. */
void blob_put_f64(struct blob *blob, double value);

/* Appends the checksum. True if everything fitted. */
bool blob_end(struct blob *blob);

/* Checks checksum, model and version of blob->bytes[0..used) and sets `reader` to the first field. False and *err: it
 * is cut, changed, another model's, or a version other than `version`. */
MUST_CHECK bool blob_open(struct blob_reader *reader, const struct blob *blob, const char *model, uint32_t version,
                          struct error *err);

uint8_t blob_get_u8(struct blob_reader *reader);
uint32_t blob_get_u32(struct blob_reader *reader);
int64_t blob_get_i64(struct blob_reader *reader);
double blob_get_f64(struct blob_reader *reader);

/* True if every field was there and none is left. */
bool blob_done(const struct blob_reader *reader);
