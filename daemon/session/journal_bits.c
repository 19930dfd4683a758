#include "session/journal_bits.h"

enum { ONES_MAX = 20 }; /* this many ones: the whole number follows in 64 bits */

static const uint64_t learn_max = (uint64_t)1 << 32; /* one wild number must not spoil the mean for long */

/* How many low bits are stored as they are: those below half the mean. */
static uint32_t low_bits(const struct journal_bits_stream *stream)
{
    const uint64_t half = stream->mean16 >> 5;
    return half == 0 ? 0 : 64 - (uint32_t)__builtin_clzll(half);
}

static void learn(struct journal_bits_stream *stream, uint64_t x)
{
    const uint64_t step = x < learn_max ? x : learn_max;
    stream->mean16 = stream->mean16 == 0 ? 16 * step : stream->mean16 - (stream->mean16 >> 4) + step;
}

void journal_bits_put(struct journal_bits *bits, struct bytes_out *out, uint32_t x, uint32_t n)
{
    const uint64_t masked = n < 32 ? x & (((uint32_t)1 << n) - 1) : x;
    bits->bits |= masked << bits->n;
    bits->n += n;
    for (; bits->n >= 8; bits->n -= 8, bits->bits >>= 8)
        bytes_put_u8(out, (uint8_t)bits->bits);
}

void journal_bits_put_end(struct journal_bits *bits, struct bytes_out *out)
{
    if (bits->n > 0)
        bytes_put_u8(out, (uint8_t)bits->bits);
    *bits = (struct journal_bits){0};
}

/* Up to n <= 32 bits into bits->bits, as many as there are. */
static void fill(struct journal_bits *bits, struct bytes_in *in, uint32_t n)
{
    for (; bits->n < n && in->used < in->size; bits->n += 8)
        bits->bits |= (uint64_t)in->data[in->used++] << bits->n;
}

/* The next n <= 32 bits; zeros beyond the end, which is remembered. */
static uint32_t take(struct journal_bits *bits, struct bytes_in *in, uint32_t n)
{
    if (bits->n < n) {
        in->ok = false;
        *bits = (struct journal_bits){0};
        return 0;
    }
    const uint64_t x = bits->bits & (((uint64_t)1 << n) - 1);
    bits->bits >>= n;
    bits->n -= n;
    return (uint32_t)x;
}

uint32_t journal_bits_get(struct journal_bits *bits, struct bytes_in *in, uint32_t n)
{
    fill(bits, in, n);
    return take(bits, in, n);
}

void journal_bits_get_end(struct journal_bits *bits, struct bytes_in *in)
{
    if (in->ok)
        in->used -= bits->n / 8;
    *bits = (struct journal_bits){0};
}

void journal_bits_put_signed(struct journal_bits *bits, struct bytes_out *out, struct journal_bits_stream *stream,
                             int64_t x)
{
    const uint64_t zigzag = ((uint64_t)x << 1) ^ (x < 0 ? UINT64_MAX : 0);
    const uint32_t low = low_bits(stream);
    const uint64_t high = zigzag >> low;
    if (high < ONES_MAX) {
        journal_bits_put(bits, out, ((uint32_t)1 << high) - 1, (uint32_t)high + 1);
        journal_bits_put(bits, out, (uint32_t)zigzag, low);
    } else {
        journal_bits_put(bits, out, ((uint32_t)1 << ONES_MAX) - 1, ONES_MAX);
        journal_bits_put(bits, out, (uint32_t)zigzag, 32);
        journal_bits_put(bits, out, (uint32_t)(zigzag >> 32), 32);
    }
    learn(stream, zigzag);
}

int64_t journal_bits_get_signed(struct journal_bits *bits, struct bytes_in *in, struct journal_bits_stream *stream)
{
    const uint32_t low = low_bits(stream);
    fill(bits, in, ONES_MAX + 1);
    const uint32_t ones = (uint32_t)__builtin_ctzll(~bits->bits | (uint64_t)1 << ONES_MAX);
    uint64_t zigzag;
    if (ones < ONES_MAX) {
        take(bits, in, ones + 1);
        zigzag = (uint64_t)ones << low;
        zigzag |= journal_bits_get(bits, in, low);
    } else {
        take(bits, in, ONES_MAX);
        zigzag = journal_bits_get(bits, in, 32);
        zigzag |= (uint64_t)journal_bits_get(bits, in, 32) << 32;
    }
    learn(stream, zigzag);
    return (int64_t)((zigzag >> 1) ^ (0 - (zigzag & 1)));
}
