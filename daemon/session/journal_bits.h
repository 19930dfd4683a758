/* journal_bits: numbers that are mostly small, in as few bits as they need. (session/journal_bits.h)
 *
 * Rice coding with a parameter that follows the stream's own mean (docs/journal.md section 5.2): within a tenth of a
 * bit of the entropy of noise, where a byte-wise code and a compressor behind it lose two or three. Bits fill each byte
 * from its low end. Internal to the journal. Threads: one a struct. Memory: the caller's. */
#pragma once
#include "wire/bytes.h"
#include <stdint.h>

/* One stream of alike numbers: 16 times their running mean. Starts at 0. */
struct journal_bits_stream {
    uint64_t mean16;
};

/* A run of bits in the middle of bytes. Zeroed: empty. */
struct journal_bits {
    uint64_t bits;
    uint32_t n; /* valid bits in `bits`: fewer than 8 between calls when writing */
};

/* The low `n` <= 32 bits of x. */
void journal_bits_put(struct journal_bits *bits, struct bytes_out *out, uint32_t x, uint32_t n);
uint32_t journal_bits_get(struct journal_bits *bits, struct bytes_in *in, uint32_t n);

/* A number of the stream, zigzag coded; any value will do. */
void journal_bits_put_signed(struct journal_bits *bits, struct bytes_out *out, struct journal_bits_stream *stream,
                             int64_t x);
int64_t journal_bits_get_signed(struct journal_bits *bits, struct bytes_in *in, struct journal_bits_stream *stream);

/* Fills the last byte with zeros; or gives the bytes after the last one used back to `in`. */
void journal_bits_put_end(struct journal_bits *bits, struct bytes_out *out);
void journal_bits_get_end(struct journal_bits *bits, struct bytes_in *in);
