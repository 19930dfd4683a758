#include "wire/bytes.h"
#include <string.h>

enum { VARINT_MAX = 10 }; /* bytes of the longest 64-bit varint */

struct bytes_out bytes_writer(void *data, size_t size)
{
    return (struct bytes_out){.data = data, .size = size, .ok = true};
}

struct bytes_in bytes_reader(const void *data, size_t size)
{
    return (struct bytes_in){.data = data, .size = size, .ok = true};
}

void bytes_put(struct bytes_out *out, const void *data, size_t n)
{
    if (!out->ok || out->size - out->used < n) {
        out->ok = false;
        return;
    }
    if (n > 0)
        memcpy(out->data + out->used, data, n);
    out->used += n;
}

static void put_le(struct bytes_out *out, uint64_t x, size_t n)
{
    uint8_t le[8];
    for (size_t i = 0; i < n; i++)
        le[i] = (uint8_t)(x >> (8 * i));
    bytes_put(out, le, n);
}

void bytes_put_u8(struct bytes_out *out, uint8_t x)
{
    put_le(out, x, 1);
}

void bytes_put_u16(struct bytes_out *out, uint16_t x)
{
    put_le(out, x, 2);
}

void bytes_put_u32(struct bytes_out *out, uint32_t x)
{
    put_le(out, x, 4);
}

void bytes_put_u64(struct bytes_out *out, uint64_t x)
{
    put_le(out, x, 8);
}

void bytes_put_f64(struct bytes_out *out, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    put_le(out, bits, 8);
}

void bytes_put_varint(struct bytes_out *out, uint64_t x)
{
    uint8_t coded[VARINT_MAX];
    size_t n = 0;
    while (x >= 0x80) {
        coded[n++] = (uint8_t)(x | 0x80);
        x >>= 7;
    }
    coded[n++] = (uint8_t)x;
    bytes_put(out, coded, n);
}

void bytes_put_signed(struct bytes_out *out, int64_t x)
{
    const uint64_t sign = x < 0 ? UINT64_MAX : 0;
    bytes_put_varint(out, ((uint64_t)x << 1) ^ sign);
}

const uint8_t *bytes_get(struct bytes_in *in, size_t n)
{
    if (!in->ok || in->size - in->used < n) {
        in->ok = false;
        return NULL;
    }
    const uint8_t *at = in->data + in->used;
    in->used += n;
    return at;
}

static uint64_t get_le(struct bytes_in *in, size_t n)
{
    const uint8_t *le = bytes_get(in, n);
    uint64_t x = 0;
    for (size_t i = 0; le != NULL && i < n; i++)
        x |= (uint64_t)le[i] << (8 * i);
    return x;
}

uint8_t bytes_get_u8(struct bytes_in *in)
{
    return (uint8_t)get_le(in, 1);
}

uint16_t bytes_get_u16(struct bytes_in *in)
{
    return (uint16_t)get_le(in, 2);
}

uint32_t bytes_get_u32(struct bytes_in *in)
{
    return (uint32_t)get_le(in, 4);
}

uint64_t bytes_get_u64(struct bytes_in *in)
{
    return get_le(in, 8);
}

double bytes_get_f64(struct bytes_in *in)
{
    const uint64_t bits = get_le(in, 8);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

uint64_t bytes_get_varint(struct bytes_in *in)
{
    uint64_t x = 0;
    for (unsigned i = 0; i < VARINT_MAX; i++) {
        if (!in->ok || in->used == in->size)
            break;
        const uint8_t b = in->data[in->used++];
        x |= (uint64_t)(b & 0x7f) << (7 * i);
        if (b < 0x80)
            return x;
    }
    in->ok = false;
    return 0;
}

int64_t bytes_get_signed(struct bytes_in *in)
{
    const uint64_t x = bytes_get_varint(in);
    return (int64_t)((x >> 1) ^ (0 - (x & 1)));
}
