/* bytes: little-endian and variable-length numbers in byte buffers. (wire/bytes.h)
 *
 * Writers append to a fixed buffer and remember when it was too small; readers stop at the end and remember it: check
 * `ok` once at the end instead of after every field. Varints are LEB128; signed ones are zigzag coded first.
 * Threads: any. Memory: the caller's. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bytes_out {
    uint8_t *data;
    size_t size, used;
    bool ok; /* false: something did not fit, and `used` stands where it last did */
};

struct bytes_in {
    const uint8_t *data;
    size_t size, used;
    bool ok; /* false: something went beyond the end, or a varint is longer than 10 bytes; reads then give 0 */
};

struct bytes_out bytes_writer(void *data, size_t size);
struct bytes_in bytes_reader(const void *data, size_t size);

void bytes_put(struct bytes_out *out, const void *data, size_t n);
void bytes_put_u8(struct bytes_out *out, uint8_t x);
void bytes_put_u16(struct bytes_out *out, uint16_t x);
void bytes_put_u32(struct bytes_out *out, uint32_t x);
void bytes_put_u64(struct bytes_out *out, uint64_t x);
void bytes_put_f64(struct bytes_out *out, double x); /* the bits of IEEE 754 binary64 */
void bytes_put_varint(struct bytes_out *out, uint64_t x);
void bytes_put_signed(struct bytes_out *out, int64_t x);

/* A pointer to the next n bytes inside the reader's buffer, NULL beyond the end. */
const uint8_t *bytes_get(struct bytes_in *in, size_t n);
uint8_t bytes_get_u8(struct bytes_in *in);
uint16_t bytes_get_u16(struct bytes_in *in);
uint32_t bytes_get_u32(struct bytes_in *in);
uint64_t bytes_get_u64(struct bytes_in *in);
double bytes_get_f64(struct bytes_in *in);
uint64_t bytes_get_varint(struct bytes_in *in);
int64_t bytes_get_signed(struct bytes_in *in);
