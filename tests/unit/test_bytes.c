#include "tests/test.h"
#include "wire/bytes.h"
#include <math.h>

static void fixed_numbers_are_little_endian(void **state)
{
    (void)state;
    uint8_t buffer[32];
    struct bytes_out out = bytes_writer(buffer, sizeof buffer);
    bytes_put_u8(&out, 0x01);
    bytes_put_u16(&out, 0x0302);
    bytes_put_u32(&out, 0x07060504);
    bytes_put_u64(&out, 0x0f0e0d0c0b0a0908);
    bytes_put_f64(&out, 1.0); /* IEEE 754: 3ff0000000000000 */
    assert_true(out.ok);
    assert_int_equal(out.used, 23);
    for (uint8_t i = 0; i < 15; i++)
        assert_int_equal(buffer[i], i + 1);
    const uint8_t one[8] = {0, 0, 0, 0, 0, 0, 0xf0, 0x3f};
    assert_memory_equal(buffer + 15, one, 8);
    struct bytes_in in = bytes_reader(buffer, out.used);
    assert_int_equal(bytes_get_u8(&in), 0x01);
    assert_int_equal(bytes_get_u16(&in), 0x0302);
    assert_int_equal(bytes_get_u32(&in), 0x07060504);
    assert_int_equal(bytes_get_u64(&in), 0x0f0e0d0c0b0a0908);
    assert_true(bytes_get_f64(&in) == 1.0);
    assert_true(in.ok);
}

/* Expected: the LEB128 examples of the DWARF 4 standard, figure 22, and by hand. */
static void varints_are_leb128(void **state)
{
    (void)state;
    static const struct {
        uint64_t x;
        size_t n;
        uint8_t coded[10];
    } rows[] = {
        {0,          1,  {0}                                                      },
        {2,          1,  {2}                                                      },
        {127,        1,  {127}                                                    },
        {128,        2,  {0x80, 1}                                                },
        {129,        2,  {0x81, 1}                                                },
        {12857,      2,  {0xb9, 0x64}                                             },
        {UINT64_MAX, 10, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t buffer[16];
        struct bytes_out out = bytes_writer(buffer, sizeof buffer);
        bytes_put_varint(&out, rows[i].x);
        assert_int_equal(out.used, rows[i].n);
        assert_memory_equal(buffer, rows[i].coded, rows[i].n);
        struct bytes_in in = bytes_reader(buffer, out.used);
        assert_true(bytes_get_varint(&in) == rows[i].x);
        assert_true(in.ok && in.used == in.size);
    }
}

static void signed_numbers_are_zigzag_coded(void **state)
{
    (void)state;
    static const struct {
        int64_t x;
        uint64_t coded;
    } rows[] = {
        {0,         0             },
        {-1,        1             },
        {1,         2             },
        {-2,        3             },
        {INT64_MAX, UINT64_MAX - 1},
        {INT64_MIN, UINT64_MAX    }
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t buffer[16];
        struct bytes_out out = bytes_writer(buffer, sizeof buffer);
        bytes_put_signed(&out, rows[i].x);
        struct bytes_in in = bytes_reader(buffer, out.used);
        assert_true(bytes_get_varint(&in) == rows[i].coded);
        in = bytes_reader(buffer, out.used);
        assert_true(bytes_get_signed(&in) == rows[i].x);
    }
}

static void a_full_buffer_is_remembered_and_nothing_is_overrun(void **state)
{
    (void)state;
    uint8_t buffer[8] = {[4] = 0xaa};
    struct bytes_out out = bytes_writer(buffer, 4);
    bytes_put_u16(&out, 1);
    bytes_put_u32(&out, 2);
    bytes_put_u8(&out, 3); /* would fit, but comes after what did not */
    assert_false(out.ok);
    assert_int_equal(out.used, 2);
    assert_int_equal(buffer[4], 0xaa);
}

static void reading_beyond_the_end_gives_zero_and_is_remembered(void **state)
{
    (void)state;
    const uint8_t buffer[3] = {0xff, 0xff, 0xff};
    struct bytes_in in = bytes_reader(buffer, sizeof buffer);
    assert_int_equal(bytes_get_u32(&in), 0);
    assert_false(in.ok);
    assert_int_equal(bytes_get_u8(&in), 0);
    in = bytes_reader(buffer, sizeof buffer);
    assert_true(bytes_get_varint(&in) == 0); /* its last byte is missing */
    assert_false(in.ok);
    in = bytes_reader(buffer, sizeof buffer);
    assert_null(bytes_get(&in, SIZE_MAX));
    assert_false(in.ok);
}

static void a_varint_longer_than_ten_bytes_is_refused(void **state)
{
    (void)state;
    uint8_t buffer[11];
    memset(buffer, 0x80, sizeof buffer);
    buffer[10] = 0;
    struct bytes_in in = bytes_reader(buffer, sizeof buffer);
    assert_true(bytes_get_varint(&in) == 0);
    assert_false(in.ok);
}

static void the_bits_of_a_nan_come_back(void **state)
{
    (void)state;
    const uint64_t bits = 0xfff8000000001234;
    double x;
    memcpy(&x, &bits, sizeof x);
    uint8_t buffer[8];
    struct bytes_out out = bytes_writer(buffer, sizeof buffer);
    bytes_put_f64(&out, x);
    struct bytes_in in = bytes_reader(buffer, sizeof buffer);
    const double back = bytes_get_f64(&in);
    assert_true(isnan(back));
    assert_memory_equal(&back, &bits, sizeof bits);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(fixed_numbers_are_little_endian),
    cmocka_unit_test(varints_are_leb128),
    cmocka_unit_test(signed_numbers_are_zigzag_coded),
    cmocka_unit_test(a_full_buffer_is_remembered_and_nothing_is_overrun),
    cmocka_unit_test(reading_beyond_the_end_gives_zero_and_is_remembered),
    cmocka_unit_test(a_varint_longer_than_ten_bytes_is_refused),
    cmocka_unit_test(the_bits_of_a_nan_come_back),
};
TEST_MAIN(tests)
