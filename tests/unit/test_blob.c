/* blob: bytes by an independent program (FNV-1a of the name, CRC32C checked with its usual "123456789"), the rest by
 * hand. */
#include "engine/model/blob.h"
#include "tests/test.h"
#include <math.h>

static void an_empty_state_has_these_bytes(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0x50, 0x48, 0x4d, 0x53, 0x6f, 0x15, 0x3f, 0xc3, 0xc7, 0x00,
                                       0x15, 0x89, 0x01, 0x00, 0x00, 0x00, 0xb0, 0x2b, 0xb7, 0x05};
    uint8_t bytes[64];
    struct blob blob = {.bytes = bytes, .size = sizeof bytes};
    blob_begin(&blob, "null_zero", 1);
    assert_true(blob_end(&blob));
    assert_int_equal(blob.used, sizeof expected);
    assert_memory_equal(bytes, expected, sizeof expected);
}

static void fields_come_back_as_they_went_in(void **state)
{
    (void)state;
    static const double numbers[] = {0.0, -0.0, 1.0 / 3, 5e-324, -1.7976931348623157e308, (double)INFINITY};
    uint8_t bytes[128];
    struct blob blob = {.bytes = bytes, .size = sizeof bytes};
    struct blob_reader reader;
    struct error err = {0};
    blob_begin(&blob, "m", 7);
    blob_put_u8(&blob, 200);
    blob_put_u32(&blob, 0xdeadbeefu);
    blob_put_i64(&blob, INT64_MIN);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        blob_put_f64(&blob, numbers[i]);
    assert_true(blob_end(&blob));
    assert_true(blob_open(&reader, &blob, "m", 7, &err));
    assert_int_equal(blob_get_u8(&reader), 200);
    assert_int_equal(blob_get_u32(&reader), 0xdeadbeefu);
    assert_true(blob_get_i64(&reader) == INT64_MIN);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const double number = blob_get_f64(&reader);
        assert_memory_equal(&number, &numbers[i], sizeof number);
    }
    assert_true(blob_done(&reader));
    assert_int_equal(blob_get_u32(&reader), 0); /* past the end */
    assert_false(blob_done(&reader));
}

static void an_empty_blob_measures(void **state)
{
    (void)state;
    struct blob blob = {0};
    blob_begin(&blob, "m", 1);
    blob_put_f64(&blob, 1);
    assert_false(blob_end(&blob));
    assert_int_equal(blob.used, 16 + 8 + 4);
}

static void a_foreign_or_damaged_state_is_refused(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct blob blob = {.bytes = bytes, .size = sizeof bytes};
    struct blob_reader reader;
    struct error err = {0};
    blob_begin(&blob, "m", 1);
    blob_put_f64(&blob, 1);
    assert_true(blob_end(&blob));
    assert_false(blob_open(&reader, &blob, "n", 1, &err));
    assert_false(blob_open(&reader, &blob, "m", 2, &err));
    for (size_t i = 0; i < blob.used; i++) {
        bytes[i] ^= 1;
        assert_false(blob_open(&reader, &blob, "m", 1, &err));
        bytes[i] ^= 1;
    }
    for (size_t used = 0; used < blob.used; used++)
        assert_false(blob_open(&reader, &(struct blob){.bytes = bytes, .size = 64, .used = used}, "m", 1, &err));
    assert_true(blob_open(&reader, &blob, "m", 1, &err));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_empty_state_has_these_bytes),
    cmocka_unit_test(fields_come_back_as_they_went_in),
    cmocka_unit_test(an_empty_blob_measures),
    cmocka_unit_test(a_foreign_or_damaged_state_is_refused),
};

TEST_MAIN(tests)
