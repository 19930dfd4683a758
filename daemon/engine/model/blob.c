#include "engine/model/blob.h"
#include "engine/base/rng.h"
#include <string.h>

#define MAGIC       0x534d4850u /* "PHMS" */
#define CRC32C_POLY 0x82f63b78u /* Castagnoli's polynomial, bits reversed */

enum { HEADER_SIZE = 4 + 8 + 4, CRC_SIZE = 4 };

/* Bit by bit, without a table: states are small and saved once a session. */
static uint32_t crc32c(const uint8_t *bytes, size_t n)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ ((crc & 1u) ? CRC32C_POLY : 0u);
    }
    return ~crc;
}

static void put(struct blob *blob, uint64_t value, size_t n_bytes)
{
    for (size_t i = 0; i < n_bytes; i++, blob->used++)
        if (blob->used < blob->size)
            blob->bytes[blob->used] = (uint8_t)(value >> (8 * i));
}

static uint64_t get(struct blob_reader *reader, size_t n_bytes)
{
    if (reader->left < n_bytes) {
        reader->ran_out = true;
        reader->left = 0;
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < n_bytes; i++)
        value |= (uint64_t)reader->at[i] << (8 * i);
    reader->at += n_bytes;
    reader->left -= n_bytes;
    return value;
}

void blob_begin(struct blob *blob, const char *model, uint32_t version)
{
    blob->used = 0;
    put(blob, MAGIC, 4);
    put(blob, rng_hash(model), 8);
    put(blob, version, 4);
}

void blob_put_u8(struct blob *blob, uint8_t value)
{
    put(blob, value, 1);
}

void blob_put_u32(struct blob *blob, uint32_t value)
{
    put(blob, value, 4);
}

void blob_put_i64(struct blob *blob, int64_t value)
{
    put(blob, (uint64_t)value, 8);
}

void blob_put_f64(struct blob *blob, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(blob, bits, 8);
}

bool blob_end(struct blob *blob)
{
    const bool fits = blob->used <= blob->size;
    put(blob, fits ? crc32c(blob->bytes, blob->used) : 0, CRC_SIZE);
    return blob->used <= blob->size;
}

bool blob_open(struct blob_reader *reader, const struct blob *blob, const char *model, uint32_t version,
               struct error *err)
{
    *reader = (struct blob_reader){.at = blob->bytes, .left = blob->used};
    if (blob->used < HEADER_SIZE + CRC_SIZE || blob->used > blob->size)
        return error_set(err, ERROR_INPUT, NULL, "saved model state", NULL, "a whole state, this one is cut short");
    const size_t covered = blob->used - CRC_SIZE;
    struct blob_reader tail = {.at = blob->bytes + covered, .left = CRC_SIZE};
    if (blob_get_u32(&tail) != crc32c(blob->bytes, covered))
        return error_set(err, ERROR_INPUT, NULL, "saved model state", NULL, "bytes that match their checksum");
    reader->left = covered;
    if (blob_get_u32(reader) != MAGIC || (uint64_t)blob_get_i64(reader) != rng_hash(model))
        return error_set(err, ERROR_INPUT, NULL, "saved model state", NULL, "a state of the model %s", model);
    if (blob_get_u32(reader) != version)
        return error_set(err, ERROR_INPUT, NULL, "saved model state", NULL, "version %u of %s", (unsigned)version,
                         model);
    return true;
}

uint8_t blob_get_u8(struct blob_reader *reader)
{
    return (uint8_t)get(reader, 1);
}

uint32_t blob_get_u32(struct blob_reader *reader)
{
    return (uint32_t)get(reader, 4);
}

int64_t blob_get_i64(struct blob_reader *reader)
{
    return (int64_t)get(reader, 8);
}

double blob_get_f64(struct blob_reader *reader)
{
    const uint64_t bits = get(reader, 8);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

bool blob_done(const struct blob_reader *reader)
{
    return !reader->ran_out && reader->left == 0;
}
