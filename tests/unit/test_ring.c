/* ring: positions and sizes by hand: 8 bytes stand in front of each record, which fills whole 8 bytes. */
#include "engine/base/rng.h"
#include "realtime/ring.h"
#include "tests/test.h"
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 4096, QUARTER = SIZE / 4, FRONT = 8, LARGEST = QUARTER - FRONT };

static struct ring *ring;

static int fresh(void **state)
{
    (void)state;
    ring = mmap(NULL, sizeof *ring + SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED)
        return -1;
    ring_init(ring, SIZE);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    return munmap(ring, sizeof *ring + SIZE);
}

/* Record n of a stream: its size and its bytes follow from n alone. */
static uint32_t size_of(uint64_t n)
{
    struct rng rng;
    rng_init(&rng, n, "size");
    return 4 + (uint32_t)(rng_next(&rng) % (LARGEST - 4 + 1));
}

static uint32_t fill(uint64_t n, uint8_t *to)
{
    const uint32_t size = size_of(n);
    for (uint32_t i = 0; i < size; i++)
        to[i] = (uint8_t)(n + i);
    memcpy(to, &(uint32_t){(uint32_t)n}, 4);
    return size;
}

static bool push_nth(uint64_t n)
{
    uint8_t bytes[LARGEST];
    return ring_push(ring, (uint32_t)(n % 7) + 1, bytes, fill(n, bytes));
}

static bool is_nth(uint64_t n, const struct ring_record *record, const uint8_t *data)
{
    uint8_t bytes[LARGEST];
    return record->type == n % 7 + 1 && record->size == fill(n, bytes) && memcmp(data, bytes, record->size) == 0;
}

static uint64_t head(void)
{
    return atomic_load_explicit(&ring->head, memory_order_acquire);
}

static void push(uint32_t size)
{
    static const uint8_t zeros[LARGEST];
    assert_true(ring_push(ring, 1, zeros, size));
}

static void an_empty_ring_gives_nothing(void **state)
{
    (void)state;
    uint64_t position = 0;
    struct ring_record record;
    assert_int_equal(ring_read(ring, &position, &record), RING_EMPTY);
    assert_int_equal(position, 0);
}

static void a_record_comes_out_as_it_went_in(void **state)
{
    (void)state;
    uint64_t position = 0;
    struct ring_record record;
    assert_true(ring_push(ring, 7, "seventeen letters", 17));
    assert_int_equal(head(), 8 + 24);
    assert_int_equal(ring_read(ring, &position, &record), RING_RECORD);
    assert_int_equal(record.type, 7);
    assert_int_equal(record.size, 17);
    assert_memory_equal(record.data, "seventeen letters", 17);
    assert_int_equal((uintptr_t)record.data % 8, 0);
    assert_int_equal(position, 32);
    assert_int_equal(ring_read(ring, &position, &record), RING_EMPTY);
}

static void a_record_without_data_is_one_too(void **state)
{
    (void)state;
    uint64_t position = 0;
    struct ring_record record;
    assert_true(ring_push(ring, 3, "", 0));
    assert_int_equal(head(), 8);
    assert_int_equal(ring_read(ring, &position, &record), RING_RECORD);
    assert_int_equal(record.type, 3);
    assert_int_equal(record.size, 0);
}

static void a_quarter_of_the_ring_is_the_largest_record(void **state)
{
    (void)state;
    static const uint8_t zeros[SIZE];
    assert_false(ring_push(ring, 1, zeros, LARGEST + 1));
    assert_false(ring_push(ring, 1, zeros, UINT32_MAX));
    assert_false(ring_has_room(ring, LARGEST + 1));
    assert_false(ring_has_room(ring, UINT32_MAX));
    assert_int_equal(head(), 0);
    assert_true(ring_push(ring, 1, zeros, LARGEST));
}

static void a_full_ring_refuses_and_stays_as_it_is(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        push(LARGEST); /* to the last byte */
    assert_int_equal(head(), SIZE);
    assert_false(ring_push(ring, 1, "", 0));
    assert_int_equal(head(), SIZE);
    uint64_t position = 0;
    struct ring_record record;
    assert_int_equal(ring_read(ring, &position, &record), RING_RECORD);
    assert_false(ring_push(ring, 1, "", 0)); /* read is not released */
    ring_release(ring, position);
    push(LARGEST);
    assert_false(ring_push(ring, 1, "", 0));
}

static void only_the_journals_reader_makes_it_full(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 1000; n++) {
        push(LARGEST);
        ring_release(ring, head()); /* another reader, still at 0, holds nothing up */
    }
    assert_int_equal(head(), 1000 * QUARTER);
}

static void a_record_never_lies_across_the_end(void **state)
{
    (void)state;
    push(LARGEST);
    push(LARGEST);
    push(LARGEST);
    push(LARGEST - 16); /* 16 bytes are left */
    ring_release(ring, head());
    uint64_t position = head();
    struct ring_record record;
    assert_true(ring_push(ring, 5, "a record of 20 bytes", 20)); /* 32 with its front */
    assert_int_equal(head(), SIZE + 32);
    assert_int_equal(ring_read(ring, &position, &record), RING_RECORD); /* the padding is not seen */
    assert_int_equal(record.type, 5);
    assert_ptr_equal(record.data, ring->data + 8);
    assert_memory_equal(record.data, "a record of 20 bytes", 20);
    assert_int_equal(position, SIZE + 32);
}

static void the_padding_needs_room_too(void **state)
{
    (void)state;
    push(LARGEST);
    push(LARGEST);
    push(LARGEST);
    push(LARGEST - 16);
    ring_release(ring, 16); /* 32 bytes are free, of which 16 lie at the end */
    static const uint8_t zeros[24];
    assert_false(ring_push(ring, 1, zeros, 24));
    assert_int_equal(head(), SIZE - 16);
    assert_true(ring_push(ring, 1, zeros, 8));
}

static void what_has_room_can_be_pushed(void **state)
{
    (void)state;
    uint64_t tail = 0;
    int n_refused = 0;
    for (uint64_t n = 0; n < 5000; n++) {
        const uint32_t size = size_of(n);
        const bool room = ring_has_room(ring, size);
        const bool pushed = push_nth(n);
        assert_true(pushed || !room);
        n_refused += !room;
        if (head() - tail > SIZE / 2)
            ring_release(ring, tail = head());
    }
    assert_in_range(n_refused, 0, 2500);
}

static void a_reader_that_was_overtaken_is_told_and_goes_on_at_the_oldest(void **state)
{
    (void)state;
    uint64_t slow = 0, journal = 0;
    struct ring_record record;
    uint64_t n = 0;
    for (; n < 5; n++) {
        assert_true(push_nth(n));
        assert_int_equal(ring_read(ring, &journal, &record), RING_RECORD);
        ring_release(ring, journal);
    }
    while (head() < 3 * SIZE) {
        assert_true(push_nth(n++));
        assert_int_equal(ring_read(ring, &journal, &record), RING_RECORD);
        if (head() < 3 * SIZE)
            ring_release(ring, journal);
    }
    assert_int_equal(ring_read(ring, &slow, &record), RING_LAPPED);
    assert_int_equal(slow, atomic_load(&ring->tail));
    assert_int_equal(ring_read(ring, &slow, &record), RING_RECORD);
    assert_true(is_nth(n - 1, &record, record.data));
    assert_int_equal(ring_read(ring, &slow, &record), RING_EMPTY);
}

static void a_copy_is_good_as_long_as_its_place_is_valid(void **state)
{
    (void)state;
    push(LARGEST);
    for (int i = 0; i < 3; i++)
        push(LARGEST);
    assert_true(ring_valid(ring, 0)); /* not released: valid whatever the distance */
    ring_release(ring, SIZE);
    assert_false(ring_valid(ring, 0));       /* the next record may overwrite it at any moment */
    assert_true(ring_valid(ring, SIZE / 2)); /* not this one: half a ring lies between */
    assert_true(ring_valid(ring, SIZE));
}

/* Pushes records n, n + 1, ... before `end`; yields while the ring is full. Runs in a process of its own. */
static void write_stream(uint64_t end)
{
    for (uint64_t n = 0; n < end; n++)
        while (!push_nth(n))
            sched_yield();
}

static void two_processes_pass_a_stream_of_any_sizes(void **state)
{
    (void)state;
    enum { N = 20000 };
    const pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        write_stream(N);
        _exit(0);
    }
    uint64_t journal = 0, other = 0, n = 0, n_other = 0, n_lapped = 0;
    struct ring_record record;
    bool same = true;
    while (n < N && same) {
        const enum ring_result result = ring_read(ring, &journal, &record);
        if (result == RING_EMPTY) {
            ring_release(ring, journal); /* four records may not fit at once */
            sched_yield();
            continue;
        }
        same = result == RING_RECORD && is_nth(n, &record, record.data);
        n++;
        if (n % 4 == 0)
            ring_release(ring, journal);
        const uint64_t at = other;
        if (n % 3 != 0) /* too slow to keep up */
            continue;
        switch (ring_read(ring, &other, &record)) {
        case RING_EMPTY:
            break;
        case RING_LAPPED:
            n_lapped++;
            break;
        case RING_RECORD: {
            uint8_t bytes[LARGEST];
            uint32_t which;
            if (record.size > LARGEST || record.size < 4)
                same = same && !ring_valid(ring, at);
            else {
                memcpy(bytes, record.data, record.size);
                memcpy(&which, bytes, 4);
                same = same && (!ring_valid(ring, at) || is_nth(which, &record, bytes));
                n_other++;
            }
        }
        }
    }
    kill(writer, SIGKILL); /* it has ended, or the stream is wrong */
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    assert_true(same);
    assert_int_equal(n, N);
    assert_true(n_other > 0 && n_lapped > 0);
}

static void a_writer_that_is_killed_leaves_whole_records(void **state)
{
    (void)state;
    struct rng rng;
    rng_init(&rng, test_seed, "kill");
    for (int round = 0; round < 30; round++) {
        ring_init(ring, SIZE);
        const pid_t writer = fork();
        assert_true(writer >= 0);
        if (writer == 0) {
            write_stream(UINT64_MAX);
            _exit(0);
        }
        uint64_t journal = 0, n = 0;
        const uint64_t n_alive = 1 + rng_next(&rng) % 300;
        struct ring_record record;
        bool same = true, dead = false;
        for (;;) {
            const enum ring_result result = ring_read(ring, &journal, &record);
            if (result == RING_EMPTY && dead)
                break;
            if (result == RING_RECORD) {
                same = same && is_nth(n++, &record, record.data);
                ring_release(ring, journal);
            }
            if (n == n_alive && !dead) {
                kill(writer, SIGKILL); /* in the middle of whatever it does */
                dead = waitpid(writer, NULL, 0) == writer;
            }
        }
        assert_true(same && dead);
        assert_true(n >= n_alive);
        assert_int_equal(journal, head());
    }
}

#define RING_TEST(name) cmocka_unit_test_setup_teardown(name, fresh, drop)
static const struct CMUnitTest tests[] = {
    RING_TEST(an_empty_ring_gives_nothing),
    RING_TEST(a_record_comes_out_as_it_went_in),
    RING_TEST(a_record_without_data_is_one_too),
    RING_TEST(a_quarter_of_the_ring_is_the_largest_record),
    RING_TEST(a_full_ring_refuses_and_stays_as_it_is),
    RING_TEST(only_the_journals_reader_makes_it_full),
    RING_TEST(a_record_never_lies_across_the_end),
    RING_TEST(the_padding_needs_room_too),
    RING_TEST(what_has_room_can_be_pushed),
    RING_TEST(a_reader_that_was_overtaken_is_told_and_goes_on_at_the_oldest),
    RING_TEST(a_copy_is_good_as_long_as_its_place_is_valid),
    RING_TEST(two_processes_pass_a_stream_of_any_sizes),
    RING_TEST(a_writer_that_is_killed_leaves_whole_records),
};
TEST_MAIN(tests)
