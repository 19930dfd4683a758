#include "engine/base/rng.h"
#include "session/journal_bits.h"
#include "tests/test.h"

enum { NUMBERS = 3000 };

/* Numbers of very different sizes, the outermost among them. */
static int64_t number(struct rng *rng, size_t i)
{
    const int64_t x = (int64_t)rng_next(rng);
    return i % 97 == 0 ? INT64_MIN : i % 89 == 0 ? INT64_MAX : i % 53 == 0 ? x : x >> (63 - i / 50 % 40);
}

static void any_number_comes_back(void **state)
{
    (void)state;
    static uint8_t buffer[NUMBERS * 12];
    struct rng rng;
    struct journal_bits bits = {0};
    struct journal_bits_stream stream = {0};
    struct bytes_out out = bytes_writer(buffer, sizeof buffer);
    rng_init(&rng, test_seed, "bits");
    for (uint32_t i = 1; i <= NUMBERS; i++) {
        journal_bits_put_signed(&bits, &out, &stream, number(&rng, i));
        journal_bits_put(&bits, &out, i, i % 33);
    }
    journal_bits_put_end(&bits, &out);
    bytes_put_u8(&out, 0xa5); /* what follows starts on a byte of its own */
    assert_true(out.ok);
    struct bytes_in in = bytes_reader(buffer, out.used);
    rng_init(&rng, test_seed, "bits");
    stream = (struct journal_bits_stream){0};
    for (uint32_t i = 1; i <= NUMBERS; i++) {
        assert_true(journal_bits_get_signed(&bits, &in, &stream) == number(&rng, i));
        assert_int_equal(journal_bits_get(&bits, &in, i % 33), i & (((uint64_t)1 << i % 33) - 1));
    }
    journal_bits_get_end(&bits, &in);
    assert_int_equal(bytes_get_u8(&in), 0xa5);
    assert_true(in.ok && in.used == in.size);
}

/* Expected: the entropy of a rounded normal distribution is log2(sd * sqrt(2 pi e)) bits (Cover & Thomas). */
static void noise_takes_hardly_more_than_its_entropy(void **state)
{
    (void)state;
    static uint8_t buffer[8 * NUMBERS];
    static const struct {
        double sd, entropy_bits;
    } rows[] = {
        {3,     3.63 },
        {30,    6.95 },
        {300,   10.28},
        {30000, 16.92}
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rng rng;
        struct journal_bits bits = {0};
        struct journal_bits_stream stream = {0};
        struct bytes_out out = bytes_writer(buffer, sizeof buffer);
        rng_init(&rng, test_seed, "noise");
        for (size_t k = 0; k < NUMBERS; k++)
            journal_bits_put_signed(&bits, &out, &stream, (int64_t)rng_normal(&rng, 0, rows[i].sd));
        journal_bits_put_end(&bits, &out);
        const double each = (double)out.used * 8 / NUMBERS;
        assert_true(each > rows[i].entropy_bits - 0.25 && each < rows[i].entropy_bits + 0.25);
    }
}

static void a_cut_run_of_bits_is_noticed(void **state)
{
    (void)state;
    uint8_t buffer[64];
    struct journal_bits bits = {0};
    struct journal_bits_stream stream = {0};
    struct bytes_out out = bytes_writer(buffer, sizeof buffer);
    journal_bits_put_signed(&bits, &out, &stream, INT64_MIN); /* 84 bits */
    journal_bits_put_end(&bits, &out);
    assert_int_equal(out.used, 11);
    for (size_t cut = 0; cut < out.used; cut++) {
        struct bytes_in in = bytes_reader(buffer, cut);
        stream = (struct journal_bits_stream){0};
        bits = (struct journal_bits){0};
        journal_bits_get_signed(&bits, &in, &stream);
        assert_false(in.ok);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(any_number_comes_back),
    cmocka_unit_test(noise_takes_hardly_more_than_its_entropy),
    cmocka_unit_test(a_cut_run_of_bits_is_noticed),
};
TEST_MAIN(tests)
