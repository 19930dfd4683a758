#include "engine/base/rng.h"
#include "session/drain.h"
#include "tests/test.h"
#include "tests/unit/frames.h"

enum { RING = 4096 };

static struct drain drain;

/* A ring that ends with its memory: a sanitizer sees any byte too far. */
static struct ring *new_ring(void)
{
    struct ring *ring = aligned_alloc(_Alignof(struct ring), sizeof *ring + RING);
    assert_non_null(ring);
    memset(ring, 0, sizeof *ring + RING);
    ring_init(ring, RING);
    return ring;
}

static uint64_t head_of(const struct ring *ring)
{
    return atomic_load(&ring->head);
}

static void every_kind_of_record_comes_out_as_it_went_in(void **state)
{
    (void)state;
    static uint64_t buffer[RECORD_TICK_MAX / 8 + 1];
    static struct frame_in in = {.n = 7, .n_edges = 1, .edges = {{.t_ns = 5, .input = 3}}};
    static struct frame_out out = {.n_decisions = 1, .decisions = {{.kind = FRAME_LICK, .value = 2}}};
    const struct record_times times = {11, 12};
    struct ring *ring = new_ring();
    uint64_t position = 0;
    for (int round = 0; round < 50; round++) { /* the ring goes round several times */
        in.n = round;
        assert_int_equal(drain_next(ring, &position, &drain), DRAIN_EMPTY);
        assert_true(ring_push(ring, RECORD_TICK, buffer, (uint32_t)record_pack_tick(&in, &out, &times, buffer)));
        assert_true(ring_push(ring, RECORD_ANCHOR, &(struct record_anchor){1, 2, 3}, sizeof(struct record_anchor)));
        assert_true(ring_push(ring, RECORD_CLOSE, &(struct record_close){.reason = 4}, sizeof(struct record_close)));
        assert_int_equal(drain_next(ring, &position, &drain), DRAIN_RECORD);
        assert_int_equal(drain.type, RECORD_TICK);
        frames_expect_same(&drain.in, &drain.out, &drain.times, &in, &out, &times);
        assert_int_equal(drain_next(ring, &position, &drain), DRAIN_RECORD);
        assert_int_equal(drain.type, RECORD_ANCHOR);
        assert_int_equal(drain.anchor.tai_offset_s, 3);
        assert_int_equal(drain_next(ring, &position, &drain), DRAIN_RECORD);
        assert_int_equal(drain.type, RECORD_CLOSE);
        assert_int_equal(drain.close.reason, 4);
        assert_int_equal(position, head_of(ring));
        ring_release(ring, position);
    }
    free(ring);
}

static void records_of_wrong_type_or_size_are_illegal(void **state)
{
    (void)state;
    static const uint8_t bytes[64] = {0};
    struct ring *ring = new_ring();
    uint64_t position = 0;
    for (uint32_t type = 1; type <= 5; type++)
        assert_true(ring_push(ring, type, bytes, 16));
    for (uint32_t type = 1; type <= 5; type++)
        assert_int_equal(drain_next(ring, &position, &drain), DRAIN_ILLEGAL);
    assert_int_equal(drain_next(ring, &position, &drain), DRAIN_EMPTY);
    free(ring);
}

static void a_length_beyond_the_head_or_the_end_is_not_followed(void **state)
{
    (void)state;
    static const uint32_t fronts[][2] = {
        {1, UINT32_MAX    },
        {1, RING          },
        {1, 0x7fffffff    },
        {0, UINT32_MAX    },
        {0, UINT32_MAX - 7},
        {1, 17            },
        {0, 16            },
        {0, 8             },
        {1, 0xfffffff8    },
        {0, 0             },
    };
    for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++) {
        struct ring *ring = new_ring();
        uint64_t position = 0;
        assert_true(ring_push(ring, RECORD_ANCHOR, "0123456", 8)); /* 16 bytes with its front */
        memcpy(ring->data, fronts[i], 8);
        memset(ring->data + 8, 0, 8);
        assert_int_equal(drain_next(ring, &position, &drain), DRAIN_BROKEN);
        assert_int_equal(position, 0);
        free(ring);
    }
}

/* Any bytes, any head, any tail: it ends, and stays inside. */
static void any_rubbish_is_survived(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, test_seed, "rubbish");
    struct ring *ring = new_ring();
    uint64_t n_illegal = 0, n_broken = 0;
    for (int round = 0; round < 3000; round++) {
        for (size_t i = 0; i < RING; i += 4) { /* fronts that look right more often than chance has it */
            const uint64_t r = rng_next(&rng);
            const uint32_t word = r % 4 == 0 ? (uint32_t)(r >> 32) % 6 : (uint32_t)(r >> 32) >> r % 29;
            memcpy(ring->data + i, &word, 4);
        }
        uint64_t tail = rng_next(&rng) >> rng_next(&rng) % 60, at = 0, position;
        tail -= round % 2 == 0 ? tail % 8 : 0;
        atomic_store(&ring->tail, tail);
        atomic_store(&ring->head, tail + (round % 3 == 0 ? rng_next(&rng) : rng_next(&rng) % (RING + 1)));
        position = tail;
        for (;;) {
            const enum drain_result result = drain_next(ring, &position, &drain);
            n_illegal += result == DRAIN_ILLEGAL;
            n_broken += result == DRAIN_BROKEN;
            if (result == DRAIN_EMPTY || result == DRAIN_BROKEN)
                break;
        }
        (void)drain_find_close(ring, head_of(ring), &drain, &at);
    }
    assert_true(n_illegal > 100 && n_broken > 100);
    free(ring);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_kind_of_record_comes_out_as_it_went_in),
    cmocka_unit_test(records_of_wrong_type_or_size_are_illegal),
    cmocka_unit_test(a_length_beyond_the_head_or_the_end_is_not_followed),
    cmocka_unit_test(any_rubbish_is_survived),
};
TEST_MAIN(tests)
