/* arena: expected values by hand. */
#include "engine/base/arena.h"
#include "tests/test.h"
#include <stdalign.h>

static alignas(ARENA_ALIGN) uint8_t block[1024];

static void pieces_come_zeroed_aligned_and_in_order(void **state)
{
    (void)state;
    memset(block, 0xff, sizeof block);
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    uint8_t *const first = arena_take(&arena, 1);
    uint8_t *const second = arena_take(&arena, 65);
    uint8_t *const third = arena_take(&arena, 64);
    assert_ptr_equal(first, block);
    assert_ptr_equal(second, block + 64);
    assert_ptr_equal(third, block + 192);
    assert_int_equal(arena.used, 256);
    for (int i = 0; i < 65; i++)
        assert_int_equal(second[i], 0);
    assert_int_equal(second[65], 0xff); /* what nobody took stays untouched */
    assert_true(arena_fits(&arena));
}

static void the_last_byte_can_be_taken_and_not_one_more(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    assert_non_null(arena_take(&arena, sizeof block));
    assert_true(arena_fits(&arena));
    assert_null(arena_take(&arena, 1));
    assert_false(arena_fits(&arena));
    assert_int_equal(arena.used, sizeof block + 64); /* what would have been needed */
}

static void after_a_piece_that_did_not_fit_nothing_fits(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    assert_null(arena_take(&arena, sizeof block + 1));
    assert_null(arena_take(&arena, 1));
    assert_false(arena_fits(&arena));
}

static void a_measuring_arena_tells_the_size_that_then_suffices(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 200, 64, 0, 129};
    struct arena arena;
    arena_init(&arena, NULL, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_null(arena_take(&arena, sizes[i]));
    assert_int_equal(arena.used, 64 + 256 + 64 + 0 + 192);
    assert_false(arena_fits(&arena));
    arena_init(&arena, block, arena.used);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_non_null(arena_take(&arena, sizes[i]));
    assert_true(arena_fits(&arena));
}

static void a_size_beyond_counting_never_wraps_round(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena, block, sizeof block);
    assert_non_null(arena_take(&arena, 1));
    assert_null(arena_take(&arena, SIZE_MAX - 70));
    assert_int_equal(arena.used, SIZE_MAX);
    assert_null(arena_take(&arena, SIZE_MAX));
    assert_null(arena_take(&arena, 1));
    assert_false(arena_fits(&arena));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(pieces_come_zeroed_aligned_and_in_order),
    cmocka_unit_test(the_last_byte_can_be_taken_and_not_one_more),
    cmocka_unit_test(after_a_piece_that_did_not_fit_nothing_fits),
    cmocka_unit_test(a_measuring_arena_tells_the_size_that_then_suffices),
    cmocka_unit_test(a_size_beyond_counting_never_wraps_round),
};
TEST_MAIN(tests)
