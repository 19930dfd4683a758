/* ring: every interleaving of a writer, the journal's reader and one more, on a ring of five records.
 *
 * ring.c is compiled into this file with its loads, stores, fences and copies replaced by steps of a scheduler, which
 * tries every order of them (states that were met before are not followed again). Stores are not seen at once: each
 * thread's wait in a buffer and reach the memory in any order that release stores and release fences allow, a freedom
 * that the processors with the weakest memory have. Loads are taken in the order of the program: that is what the
 * acquire loads and fences of ring.c ask for. A thread is run again from its beginning for each step, with what it had
 * loaded before; so it needs no stack of its own. */
#include "realtime/ring.h"
#include "tests/test.h"

enum {
    SIZE = 128, /* of the ring; a record takes 24, so the sixth needs 8 bytes of padding before it */
    RECORD = 24,
    WORDS = 2, /* of 8 bytes in a record */
    MEMORY = (sizeof(struct ring) + SIZE) / 8,
    LOG_MAX = 96,
    PENDING_MAX = 24,
    STATES_MAX = 1 << 23,
};

enum thread_name { WRITER, JOURNAL, OTHER, N_THREADS };

struct pending {
    uint64_t value;
    uint16_t word;  /* index into memory */
    uint16_t epoch; /* release fences before it */
    bool release;
};

struct thread {
    uint64_t log[LOG_MAX]; /* what each step gave */
    struct pending pending[PENDING_MAX];
    uint16_t done, n_pending, epoch;
    bool finished;
};

struct state {
    _Alignas(64) uint64_t memory[MEMORY];
    struct thread threads[N_THREADS];
};

/* What is wrong with the ring that is searched; nothing, in the ring as it is. */
enum mutant { AS_IT_IS, STORES_RELAXED, NO_FENCE, RELEASED_TOO_EARLY };

static struct {
    struct state *state;
    struct thread *thread;
    uint16_t at;       /* step of the program that comes next */
    bool stepped;      /* this run has done its new step */
    jmp_buf out;       /* to the scheduler */
    const char *fault; /* what was found; NULL: nothing */
} run;

/* What is searched. */
struct plan {
    int n_past, n_waiting;          /* records pushed and released; pushed and not yet read by the journal */
    int n_pushes, n_reads, n_looks; /* that the three threads try */
    uint64_t other_from;            /* record that the third thread begins with */
};

static struct {
    struct plan plan;
    enum mutant mutant;
    int n_before;  /* records pushed before the writer's program begins */
    uint64_t tail; /* where the journal begins */
    uint64_t *seen;
    uint64_t n_states, n_laps, n_full, n_copies; /* what the search came by: it must not be vacuous */
} search;

/* True: the caller does the step now and logs its result; false: it was done before, *result is what it gave. */
static bool step(uint64_t *result)
{
    if (run.at < run.thread->done) {
        *result = run.thread->log[run.at++];
        return false;
    }
    if (run.stepped)
        longjmp(run.out, 1);
    run.stepped = true;
    return true;
}

static void log_step(uint64_t result)
{
    assert_true(run.thread->done < LOG_MAX);
    run.thread->log[run.thread->done++] = result;
    run.at++;
}

static void violate(const char *fault)
{
    run.fault = fault;
    longjmp(run.out, 1);
}

static uint16_t word_of(const void *at)
{
    return (uint16_t)((const uint64_t *)at - run.state->memory);
}

static uint64_t step_load(const void *at)
{
    uint64_t value = 0;
    if (!step(&value))
        return value;
    value = run.state->memory[word_of(at)];
    for (uint16_t i = 0; i < run.thread->n_pending; i++)
        if (run.thread->pending[i].word == word_of(at))
            value = run.thread->pending[i].value; /* a thread sees its own stores */
    log_step(value);
    return value;
}

static void step_store(void *at, uint64_t value, memory_order order)
{
    uint64_t unused;
    if (!step(&unused))
        return;
    assert_true(run.thread->n_pending < PENDING_MAX);
    run.thread->pending[run.thread->n_pending++] =
        (struct pending){.value = value,
                         .word = word_of(at),
                         .epoch = run.thread->epoch,
                         .release = order == memory_order_release && search.mutant != STORES_RELAXED};
    log_step(0);
}

static void step_fence(memory_order order)
{
    uint64_t unused;
    if (!step(&unused))
        return;
    run.thread->epoch = (uint16_t)(run.thread->epoch + (order == memory_order_release && search.mutant != NO_FENCE));
    log_step(0);
}

static bool in_ring(const void *at)
{
    return (const uint64_t *)at >= run.state->memory && (const uint64_t *)at < run.state->memory + MEMORY;
}

/* Word by word: a copy can be torn between any two. */
static void step_copy(void *to, const void *from, size_t n)
{
    assert_true(n % 8 == 0);
    for (size_t i = 0; i < n / 8; i++) {
        uint64_t value;
        if (in_ring(from))
            value = step_load((const uint64_t *)from + i);
        else
            memcpy(&value, (const uint8_t *)from + 8 * i, 8);
        if (in_ring(to))
            step_store((uint64_t *)to + i, value, memory_order_relaxed);
        else
            memcpy((uint8_t *)to + 8 * i, &value, 8);
    }
}

#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_thread_fence
#define atomic_load_explicit(at, order)         step_load(at)
#define atomic_store_explicit(at, value, order) step_store(at, value, order)
#define atomic_thread_fence(order)              step_fence(order)
#define memcpy                                  step_copy
#include "realtime/ring.c"
#undef memcpy

/* The three programs. Record n is of type n + 1 and holds twice what follows from n. */

static uint64_t content(uint64_t n)
{
    return 0x0101010101010101 * (n + 1);
}

/* Where record n begins: five fill a lap but for its last 8 bytes. */
static uint64_t position_of(uint64_t n)
{
    return n / 5 * SIZE + n % 5 * RECORD;
}

static struct ring *ring(void)
{
    return (struct ring *)(void *)run.state->memory;
}

static void write_records(void)
{
    uint64_t n = (uint64_t)search.n_before;
    for (int i = 0; i < search.plan.n_pushes; i++) {
        const uint64_t words[WORDS] = {content(n), content(n)};
        if (ring_push(ring(), (uint32_t)n + 1, words, sizeof words))
            n++;
        else
            search.n_full++;
    }
}

static void read_journal(void)
{
    uint64_t n = (uint64_t)search.plan.n_past, position = search.tail, words[WORDS];
    for (int i = 0; i < search.plan.n_reads; i++) {
        struct ring_record record;
        const uint64_t before = position;
        const enum ring_result result = ring_read(ring(), &position, &record);
        if (result == RING_LAPPED)
            violate("the journal's reader was lapped");
        if (result == RING_EMPTY)
            continue;
        if (search.mutant == RELEASED_TOO_EARLY)
            ring_release(ring(), position);
        if (record.type != n + 1 || record.size != sizeof words)
            violate("the journal got another record than the next");
        step_copy(words, record.data, sizeof words);
        if (words[0] != content(n) || words[1] != content(n))
            violate("the journal got a torn record");
        if (position <= before)
            violate("the journal's position went back");
        n++;
        ring_release(ring(), position);
    }
}

static void look_on(void)
{
    uint64_t position = position_of(search.plan.other_from), last = 0, words[WORDS];
    for (int i = 0; i < search.plan.n_looks; i++) {
        struct ring_record record;
        const uint64_t at = position;
        switch (ring_read(ring(), &position, &record)) {
        case RING_EMPTY:
            continue;
        case RING_LAPPED:
            search.n_laps++;
            continue;
        case RING_RECORD:
            break;
        }
        step_copy(words, record.data, sizeof words);
        if (!ring_valid(ring(), at))
            continue;
        search.n_copies++;
        if (record.size != sizeof words || record.type <= last)
            violate("another reader got a record that is none");
        if (words[0] != content(record.type - 1) || words[1] != words[0])
            violate("another reader believed a torn record");
        last = record.type;
    }
}

/* One more step of a thread. */
static void advance(struct state *state, int i)
{
    static void (*const programs[N_THREADS])(void) = {write_records, read_journal, look_on};
    run.state = state;
    run.thread = &state->threads[i];
    run.at = 0;
    run.stepped = false;
    if (setjmp(run.out) != 0)
        return;
    programs[i]();
    run.thread->finished = true;
}

static bool may_commit(const struct thread *thread, uint16_t i)
{
    const struct pending *one = &thread->pending[i];
    for (uint16_t k = 0; k < i; k++)
        if (one->release || thread->pending[k].epoch != one->epoch || thread->pending[k].word == one->word)
            return false;
    return true;
}

static void commit(struct state *state, struct thread *thread, uint16_t i)
{
    state->memory[thread->pending[i].word] = thread->pending[i].value;
    thread->n_pending--;
    memmove(&thread->pending[i], &thread->pending[i + 1], (thread->n_pending - i) * sizeof thread->pending[0]);
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x9e3779b97f4a7c15;
    return hash ^ hash >> 29;
}

static uint64_t hash_of(const struct state *state)
{
    uint64_t hash = 1;
    for (size_t i = 0; i < MEMORY; i++)
        hash = mix(hash, state->memory[i]);
    for (size_t t = 0; t < N_THREADS; t++) {
        const struct thread *thread = &state->threads[t];
        hash = mix(hash, (uint64_t)thread->done << 32 | (uint64_t)thread->n_pending << 8 | thread->finished);
        for (uint16_t i = 0; i < thread->done; i++)
            hash = mix(hash, thread->log[i]);
        for (uint16_t i = 0; i < thread->n_pending; i++)
            hash = mix(mix(hash, thread->pending[i].value),
                       (uint64_t)thread->pending[i].word << 16 | thread->pending[i].epoch);
    }
    return hash | 1; /* 0 is an empty place */
}

/* True if the state is new. */
static bool note(const struct state *state)
{
    const uint64_t hash = hash_of(state);
    uint64_t at = hash % STATES_MAX;
    while (search.seen[at] != 0 && search.seen[at] != hash)
        at = (at + 1) % STATES_MAX;
    if (search.seen[at] == hash)
        return false;
    search.seen[at] = hash;
    assert_true(++search.n_states < STATES_MAX / 2);
    return true;
}

/* Everything that can follow from a state. */
static void explore(const struct state *state)
{
    struct state next;
    for (int t = 0; t < N_THREADS && run.fault == NULL; t++) {
        for (uint16_t i = 0; i < state->threads[t].n_pending && run.fault == NULL; i++) {
            if (!may_commit(&state->threads[t], i))
                continue;
            next = *state;
            commit(&next, &next.threads[t], i);
            if (note(&next))
                explore(&next);
        }
        if (state->threads[t].finished || run.fault != NULL)
            continue;
        next = *state;
        advance(&next, t);
        if (run.fault == NULL && note(&next))
            explore(&next);
    }
}

/* The ring as the three find it. */
static void prepare(struct state *state)
{
    struct ring *made = (struct ring *)(void *)state->memory;
    uint64_t *head = &state->memory[offsetof(struct ring, head) / 8],
             *tail = &state->memory[offsetof(struct ring, tail) / 8];
    made->size = SIZE;
    const int n_pushes = search.plan.n_pushes;
    search.plan.n_pushes = 1;
    for (; search.n_before < search.plan.n_past + search.plan.n_waiting; search.n_before++) {
        state->threads[WRITER] = (struct thread){0};
        while (!state->threads[WRITER].finished)
            advance(state, WRITER);
        while (state->threads[WRITER].n_pending > 0)
            commit(state, &state->threads[WRITER], 0);
        if (search.n_before < search.plan.n_past)
            *tail = *head;
    }
    search.plan.n_pushes = n_pushes;
    search.tail = *tail;
    state->threads[WRITER] = (struct thread){0};
}

/* Searches all; what was found, NULL if nothing. */
static const char *find(enum mutant mutant, const struct plan *plan)
{
    static struct state first;
    memset(&first, 0, sizeof first);
    memset(&search, 0, sizeof search);
    search.seen = calloc(STATES_MAX, sizeof *search.seen);
    assert_non_null(search.seen);
    search.plan = *plan;
    prepare(&first);
    search.mutant = mutant;
    search.n_full = 0;
    run.fault = NULL;
    explore(&first);
    free(search.seen);
    return run.fault;
}

static void expect_nothing(const struct plan *plan)
{
    const char *fault = find(AS_IT_IS, plan);
    if (fault != NULL)
        fail_msg("%d records before, %d waiting: %s", plan->n_past, plan->n_waiting, fault);
}

static void no_reader_is_ever_deceived(void **state)
{
    (void)state;
    uint64_t n_laps = 0, n_copies = 0;
    for (int past = 0; past < 6; past++) { /* each place in the ring, the one before the padding too */
        expect_nothing(&(struct plan){.n_past = past, .n_pushes = 2, .n_reads = 2, .n_looks = 2});
        n_laps += search.n_laps;
        n_copies += search.n_copies;
    }
    assert_true(n_laps > 1000);
    assert_true(n_copies > 1000);
}

static void a_full_ring_goes_on_when_the_journal_releases(void **state)
{
    (void)state;
    for (int past = 0; past < 6; past++) {
        expect_nothing(&(struct plan){.n_past = past, .n_waiting = 4, .n_pushes = 3, .n_reads = 2});
        assert_true(search.n_full > 0);
    }
}

static const struct plan lapped = {.n_past = 2, .n_pushes = 4, .n_looks = 1};

static void a_reader_that_is_overtaken_notices(void **state)
{
    (void)state;
    expect_nothing(&lapped);
    assert_true(search.n_laps > 0);
    assert_true(search.n_copies > 0);
}

/* The same searches find what is wrong with rings that are: else they would prove nothing. */
static void a_head_that_is_not_released_after_its_record_is_found_out(void **state)
{
    (void)state;
    assert_string_equal(find(STORES_RELAXED, &(struct plan){.n_pushes = 1, .n_reads = 1}),
                        "the journal got a torn record");
}

static void a_writer_without_its_fence_is_found_out(void **state)
{
    (void)state;
    assert_string_equal(find(NO_FENCE, &lapped), "another reader believed a torn record");
}

static void a_journal_that_releases_before_it_has_copied_is_found_out(void **state)
{
    (void)state;
    const char *fault = find(RELEASED_TOO_EARLY, &(struct plan){.n_waiting = 5, .n_pushes = 2, .n_reads = 1});
    assert_string_equal(fault, "the journal got a torn record");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(no_reader_is_ever_deceived),
    cmocka_unit_test(a_full_ring_goes_on_when_the_journal_releases),
    cmocka_unit_test(a_reader_that_is_overtaken_notices),
    cmocka_unit_test(a_head_that_is_not_released_after_its_record_is_found_out),
    cmocka_unit_test(a_writer_without_its_fence_is_found_out),
    cmocka_unit_test(a_journal_that_releases_before_it_has_copied_is_found_out),
};
TEST_MAIN(tests)
