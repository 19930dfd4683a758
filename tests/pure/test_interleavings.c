/* The ring, with every order in which writer and reader can take turns: no
 * thread decides, the test does. Each access to what they share (and each half
 * of a copy) is a step; a search runs through all sequences of steps, from the
 * start each time. Memory is as all processors see it at once (sequentially
 * consistent): what a processor may reorder is ThreadSanitizer's to find, in
 * tests/unit/test_ring.c. A writer that is killed is one whose later steps
 * never come: every check holds in every prefix. */
#include "realtime/ring.h"
#include "tests/test.h"
#include <stdbool.h>
#include <ucontext.h>

static void step(void);
static bool own(const _Atomic uint64_t *word); /* nobody else writes it: reading it is no step */

static uint64_t stepped_load(const _Atomic uint64_t *from)
{
    if (!own(from))
        step();
    return atomic_load(from);
}

static void stepped_store(_Atomic uint64_t *to, uint64_t value)
{
    step();
    atomic_store(to, value);
}

/* A record is written in two halves; what is shorter than a word, at once. */
static void *stepped_copy(void *to, const void *from, size_t n)
{
    const size_t half = n > 8 ? n / 2 : n;
    step();
    memcpy(to, from, half);
    if (half < n)
        step();
    memcpy((uint8_t *)to + half, (const uint8_t *)from + half, n - half);
    return to;
}

/* The ring's own code, in steps. */
#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_thread_fence
#define atomic_load_explicit(from, order)       stepped_load(from)
#define atomic_store_explicit(to, value, order) stepped_store(to, value)
#define atomic_thread_fence(order)              (void)0
#define memcpy                                  stepped_copy
#include "realtime/ring.c" /* NOLINT: that it is compiled in here is the point */
#undef memcpy

/* Turns: two coroutines and a list of whose turn it is. */
enum { PLAYERS = 2, STEPS_MAX = 64, STACK = 64 << 10, RING = 4096, RECORD = 1000 };

static struct {
    ucontext_t main, player[PLAYERS];
    uint8_t stack[PLAYERS][STACK];
    int running; /* -1: none, then steps are taken at once */
    bool done[PLAYERS];
    int turns[STEPS_MAX], n; /* whose turn it was */
    int64_t n_orders;
} game = {.running = -1};

static void step(void)
{
    if (game.running >= 0)
        swapcontext(&game.player[game.running], &game.main);
}

static void (*plays[PLAYERS])(void);

static void play(int i)
{
    plays[i]();
    game.done[i] = true;
    swapcontext(&game.player[i], &game.main);
}

/* One game: the turns that are given, then the first player's while he has any.
 */
static void run_order(int n_given)
{
    for (int i = 0; i < PLAYERS; i++) {
        getcontext(&game.player[i]);
        game.player[i].uc_stack.ss_sp = game.stack[i];
        game.player[i].uc_stack.ss_size = STACK;
        game.done[i] = false;
        makecontext(&game.player[i], (void (*)(void))play, 1, i);
    }
    for (game.n = 0; !game.done[0] || !game.done[1]; game.n++) {
        assert_true(game.n < STEPS_MAX);
        int turn = game.n < n_given ? game.turns[game.n] : 0;
        turn = game.done[turn] ? 1 - turn : turn;
        game.turns[game.n] = turn;
        game.running = turn;
        swapcontext(&game.main, &game.player[turn]);
        game.running = -1;
    }
}

/* Every order of turns. `prepare` before each game, `judge` after it. */
static void run_all(void (*prepare)(void), void (*writer)(void), void (*reader)(void), void (*judge)(void))
{
    int n_given = 0;
    plays[0] = writer;
    plays[1] = reader;
    game.n_orders = 0;
    for (;;) {
        prepare();
        run_order(n_given);
        judge();
        game.n_orders++;
        /* the next: the last turn of the first player that the second could have
         * had instead */
        static bool could[STEPS_MAX];
        int left = 0;
        for (int i = game.n - 1; i >= 0; i--) {
            could[i] = left > 0;
            left += game.turns[i] == 1;
        }
        int at = game.n - 1;
        while (at >= 0 && !(game.turns[at] == 0 && could[at]))
            at--;
        if (at < 0)
            return;
        game.turns[at] = 1;
        n_given = at + 1;
    }
}

/* The ring and what came out of it. */
static union {
    struct ring ring;
    uint8_t bytes[sizeof(struct ring) + RING];
} shared;
static struct ring *const ring = &shared.ring;
static uint64_t position; /* of the reader */
static uint32_t n_pushed, n_refused, n_read, n_lapped, n_broken;
static int64_t n_torn; /* copies of an observer that ring_valid did not approve, rightly */
static uint32_t first; /* number of the record that the reader reads first */

static bool own(const _Atomic uint64_t *word)
{
    return word == (game.running == 0 ? &ring->head : &ring->tail);
}

static void take(uint8_t *to, const void *from, size_t n)
{
    step();
    memcpy(to, from, n);
}

static void fill(uint8_t *data, uint32_t number)
{
    for (uint32_t i = 0; i < RECORD; i++)
        data[i] = (uint8_t)(number * 7 + i % 5);
}

static bool push(uint32_t number)
{
    uint8_t data[RECORD];
    fill(data, number);
    return ring_push(ring, number, data, RECORD);
}

/* An empty ring whose records begin `start` bytes from its beginning, with `n`
 * records in it. */
static void prepare_with(uint64_t start, uint32_t n)
{
    ring_init(ring, RING);
    memset(ring->data, 0xff, RING); /* nothing of the game before, and no record */
    atomic_store(&ring->head, start);
    atomic_store(&ring->tail, start);
    position = start;
    n_pushed = n_refused = n_read = n_lapped = n_broken = 0;
    first = 1;
    for (uint32_t i = 0; i < n; i++)
        n_pushed += push(n_pushed + 1);
    assert_int_equal(n_pushed, n);
}

static void write_some(int n)
{
    for (int i = 0; i < n; i++) {
        if (push(n_pushed + 1))
            n_pushed++;
        else
            n_refused++;
    }
}

static void write_two(void)
{
    write_some(2);
}

/* A record must be the next, and whole. */
static void expect_whole(const struct ring_record *record, const uint8_t *data)
{
    uint8_t expected[RECORD];
    fill(expected, first + n_read);
    n_broken += record->type != first + n_read || record->size != RECORD || memcmp(data, expected, RECORD) != 0;
    n_read++;
}

/* The journal's reader: what it has not released stays. */
static void read_some(int n)
{
    for (int i = 0; i < n; i++) {
        struct ring_record record;
        uint8_t data[RECORD];
        const enum ring_result result = ring_read(ring, &position, &record);
        n_lapped += result == RING_LAPPED;
        if (result != RING_RECORD || n_broken > 0)
            continue;
        take(data, record.data, record.size < RECORD ? record.size : RECORD);
        expect_whole(&record, data);
        ring_release(ring, position);
    }
}

static void read_once(void)
{
    read_some(1);
}

static void read_twice(void)
{
    read_some(2);
}

/* At the end everything that was pushed comes out, once, in order and whole. */
static void judge_all_came(void)
{
    struct ring_record record;
    while (ring_read(ring, &position, &record) == RING_RECORD)
        expect_whole(&record, record.data);
    assert_int_equal(n_broken, 0);
    assert_int_equal(n_lapped, 0);
    assert_int_equal(n_read, n_pushed);
}

static void prepare_empty(void)
{
    prepare_with(0, 0);
}

static void prepare_at_the_end(void)
{
    prepare_with(RING - 1512, 0); /* one record fits, the next needs padding of 504 bytes */
}

static void prepare_nearly_full(void)
{
    prepare_with(0, 3); /* a fourth fits, a fifth not before the reader released one */
}

static void prepare_full(void)
{
    prepare_with(0, 4);
}

static void in_an_empty_ring_every_order_gives_whole_records(void **state)
{
    (void)state;
    run_all(prepare_empty, write_two, read_twice, judge_all_came);
    assert_true(game.n_orders > 1000);
    printf("# %lld orders\n", (long long)game.n_orders);
}

static void across_the_rings_end_every_order_gives_whole_records(void **state)
{
    (void)state;
    run_all(prepare_at_the_end, write_two, read_twice, judge_all_came);
    assert_true(game.n_orders > 1000);
}

static void a_full_ring_refuses_and_overwrites_nothing_in_any_order(void **state)
{
    (void)state;
    run_all(prepare_nearly_full, write_two, read_once, judge_all_came);
    assert_true(game.n_orders > 100);
    run_all(prepare_full, write_two, read_once, judge_all_came);
    assert_true(game.n_orders > 20);
}

/* A reader that owns no tail, while the writer goes over what it reads: a copy
 * that ring_valid approves is whole. */
static void observe(void)
{
    struct ring_record record;
    uint8_t data[RECORD];
    const uint64_t at = position;
    const enum ring_result result = ring_read(ring, &position, &record);
    n_lapped += result == RING_LAPPED;
    if (result != RING_RECORD || record.size > RECORD)
        return;
    take(data, record.data, record.size);
    if (ring_valid(ring, at))
        expect_whole(&record, data);
    else {
        uint8_t expected[RECORD];
        fill(expected, first);
        n_lapped++;
        n_torn += memcmp(data, expected, RECORD) != 0;
    }
}

static int64_t n_approved, n_disowned;

static void judge_observer(void)
{
    assert_int_equal(n_broken, 0);
    n_approved += n_read;
    n_disowned += n_lapped;
}

/* The journal has released all four; the observer stands at the third, which the writer's third goes over. */
static void prepare_overtaken(void)
{
    prepare_with(0, 4);
    position = 2 * (RECORD + 8);
    first = 3;
    atomic_store(&ring->tail, atomic_load(&ring->head));
}

/* The writer's room: the journal's reader is always there at once. */
static void write_over(void)
{
    for (int i = 0; i < 3; i++) {
        write_some(1);
        atomic_store(&ring->tail, atomic_load(&ring->head));
    }
}

static void an_observer_that_is_overtaken_never_takes_a_torn_record(void **state)
{
    (void)state;
    n_approved = n_disowned = n_torn = 0;
    run_all(prepare_overtaken, write_over, observe, judge_observer);
    assert_true(n_approved > 0 && n_disowned > 0 && n_torn > 0); /* all of it happened */
}

/* The offence: the head is moved before the record is there. */
static void write_head_first(void)
{
    uint8_t data[RECORD];
    struct front front = {1, RECORD};
    fill(data, 1);
    stepped_store(&ring->head, whole(RECORD));
    stepped_copy(ring->data, &front, sizeof front);
    stepped_copy(ring->data + sizeof front, data, RECORD);
    n_pushed = 1;
}

static int64_t n_found;

static void judge_broken(void)
{
    struct ring_record record;
    while (n_broken == 0 && ring_read(ring, &position, &record) == RING_RECORD)
        expect_whole(&record, record.data);
    n_found += n_broken > 0 || n_read != n_pushed;
}

static void a_record_that_is_published_too_early_is_found(void **state)
{
    (void)state;
    n_found = 0;
    run_all(prepare_empty, write_head_first, read_twice, judge_broken);
    assert_true(n_found > 0 && n_found < game.n_orders);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(in_an_empty_ring_every_order_gives_whole_records),
    cmocka_unit_test(across_the_rings_end_every_order_gives_whole_records),
    cmocka_unit_test(a_full_ring_refuses_and_overwrites_nothing_in_any_order),
    cmocka_unit_test(an_observer_that_is_overtaken_never_takes_a_torn_record),
    cmocka_unit_test(a_record_that_is_published_too_early_is_found),
};
TEST_MAIN(tests)
