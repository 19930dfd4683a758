#include "tests/test.h"
#include "tests/unit/frames.h"
#include "wire/record.h"

enum { TICKS = 400 };

static void ticks_come_back_from_the_ring_as_they_were(void **state)
{
    (void)state;
    static struct frames frames;
    static struct frame_in in;
    static struct frame_out out;
    static _Alignas(8) uint8_t buffer[RECORD_TICK_MAX];
    struct record_times times;
    frames_init(&frames, test_seed, true);
    for (int i = 0; i < TICKS; i++) {
        frames_next(&frames);
        const size_t n = record_pack_tick(&frames.in, &frames.out, &frames.times, buffer);
        assert_true(n <= RECORD_TICK_MAX);
        assert_int_equal(n % 8, 0);
        assert_true(record_unpack_tick(buffer, n, &in, &out, &times));
        assert_null(in.plan);
        frames_expect_same(&frames.in, &frames.out, &frames.times, &in, &out, &times);
    }
}

static void the_fullest_tick_fits(void **state)
{
    (void)state;
    static struct frame_in in;
    static struct frame_out out;
    static _Alignas(8) uint8_t buffer[RECORD_TICK_MAX];
    for (size_t i = 0; i < FRAME_CHANNELS_MAX; i++)
        in.samples[i].n = FRAME_SAMPLES_MAX;
    in.n_edges = FRAME_EDGES_MAX;
    in.n_status = FRAME_STATUS_MAX;
    in.n_commands = FRAME_COMMANDS_MAX;
    in.n_applied = FRAME_APPLIED_MAX;
    out.n_writes = FRAME_WRITES_MAX;
    out.n_decisions = FRAME_DECISIONS_MAX;
    assert_true(record_pack_tick(&in, &out, &(struct record_times){0}, buffer) <= RECORD_TICK_MAX);
}

static void a_length_that_is_not_the_ticks_is_refused(void **state)
{
    (void)state;
    static struct frames frames;
    static struct frame_in in;
    static struct frame_out out;
    static _Alignas(8) uint8_t buffer[RECORD_TICK_MAX + 8];
    struct record_times times;
    frames_init(&frames, test_seed, true);
    for (int i = 0; i < 20; i++) {
        frames_next(&frames);
        const size_t n = record_pack_tick(&frames.in, &frames.out, &frames.times, buffer);
        for (size_t cut = 0; cut < n; cut += 1 + cut / 8)
            assert_false(record_unpack_tick(buffer, cut, &in, &out, &times));
        assert_false(record_unpack_tick(buffer, n + 8, &in, &out, &times));
    }
}

static void counts_beyond_the_arrays_are_refused(void **state)
{
    (void)state;
    static struct frame_in in;
    static struct frame_out out;
    static _Alignas(8) uint8_t buffer[RECORD_TICK_MAX];
    struct record_times times = {0};
    const size_t n = record_pack_tick(&in, &out, &times, buffer);
    int refused = 0;
    for (size_t i = 0; i + 4 <= n; i += 4) { /* every word of the front, one at a time, becomes a huge number */
        _Alignas(8) uint8_t copy[256];
        assert_true(n <= sizeof copy);
        memcpy(copy, buffer, n);
        memset(copy + i, 0x7f, 4);
        refused += !record_unpack_tick(copy, n, &in, &out, &times);
    }
    assert_int_equal(refused, 7); /* six lists and the mask of the channels; the rest are plain numbers */
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(ticks_come_back_from_the_ring_as_they_were),
    cmocka_unit_test(the_fullest_tick_fits),
    cmocka_unit_test(a_length_that_is_not_the_ticks_is_refused),
    cmocka_unit_test(counts_beyond_the_arrays_are_refused),
};
TEST_MAIN(tests)
