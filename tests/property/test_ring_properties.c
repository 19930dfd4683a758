/* ring: any sequence of pushes, reads and releases, against a plain list of what was pushed. */
#include "engine/base/rng.h"
#include "realtime/ring.h"
#include "tests/property/gen.h"
#include "tests/test.h"

enum { SIZE = 4096, LARGEST = SIZE / 4 - 8, RECORDS_MAX = 2000, STEPS_MAX = 1500 };

/* The list: where record n began and ended in the ring, its type and size. Its bytes follow from n. */
struct entry {
    uint64_t begin, end;
    uint32_t type, size;
};

struct model {
    struct gen *gen;
    struct ring *ring;
    struct entry list[RECORDS_MAX];
    uint64_t n_pushed, n_read; /* n_read by the journal */
    uint64_t journal, other;   /* positions */
    uint64_t tail;             /* released */
};

static void fill(uint64_t n, uint32_t size, uint8_t *to)
{
    for (uint32_t i = 0; i < size; i++)
        to[i] = (uint8_t)(n * 31 + i);
}

static uint64_t head(const struct model *model)
{
    return atomic_load_explicit(&model->ring->head, memory_order_relaxed);
}

static bool push(struct model *model)
{
    uint8_t bytes[LARGEST + 64];
    const uint32_t size = (uint32_t)gen_below(model->gen, gen_chance(model->gen, 30) ? LARGEST + 64 : 64);
    const uint32_t type = 1 + (uint32_t)gen_below(model->gen, 5);
    const uint64_t before = head(model), whole = 8 + (size + 7) / 8 * 8;
    if (model->n_pushed == RECORDS_MAX)
        return true;
    fill(model->n_pushed, size, bytes);
    const bool room = ring_has_room(model->ring, size);
    if (!ring_push(model->ring, type, bytes, size)) {
        if (room || head(model) != before)
            return gen_say(model->gen, "%u bytes refused, with room", size);
        const uint64_t used = before - model->tail, to_end = SIZE - before % SIZE;
        return size > LARGEST || used + whole + (to_end < whole ? to_end : 0) > SIZE ||
               gen_say(model->gen, "%u bytes refused at %u used", size, (unsigned)used);
    }
    if (size > LARGEST || head(model) - model->tail > SIZE)
        return gen_say(model->gen, "%u bytes taken, too many", size);
    model->list[model->n_pushed++] =
        (struct entry){.begin = head(model) - whole, .end = head(model), .type = type, .size = size};
    return true;
}

static bool is_entry(struct model *model, uint64_t n, const struct ring_record *record)
{
    uint8_t bytes[LARGEST];
    const struct entry *entry = &model->list[n];
    if (record->type != entry->type || record->size != entry->size)
        return gen_say(model->gen, "record %u: type %u of %u bytes", (unsigned)n, record->type, record->size);
    fill(n, entry->size, bytes);
    return memcmp(record->data, bytes, entry->size) == 0 || gen_say(model->gen, "record %u: other bytes", (unsigned)n);
}

static bool read_journal(struct model *model)
{
    struct ring_record record;
    switch (ring_read(model->ring, &model->journal, &record)) {
    case RING_EMPTY:
        return model->n_read == model->n_pushed || gen_say(model->gen, "empty, with records");
    case RING_LAPPED:
        return gen_say(model->gen, "the journal's reader was lapped");
    case RING_RECORD:
        break;
    }
    if (model->n_read == model->n_pushed)
        return gen_say(model->gen, "a record too many");
    if (!is_entry(model, model->n_read, &record))
        return false;
    if (model->journal != model->list[model->n_read].end)
        return gen_say(model->gen, "the position is not behind the record");
    model->n_read++;
    return true;
}

static bool read_other(struct model *model)
{
    struct ring_record record;
    const uint64_t from = model->other;
    switch (ring_read(model->ring, &model->other, &record)) {
    case RING_EMPTY:
        return model->other == head(model) || gen_say(model->gen, "empty before the head");
    case RING_LAPPED:
        if (from >= model->tail || model->other != model->tail)
            return gen_say(model->gen, "lapped from %u to %u", (unsigned)from, (unsigned)model->other);
        return true;
    case RING_RECORD:
        break;
    }
    for (uint64_t n = 0; n < model->n_pushed; n++)
        if (model->list[n].end == model->other)
            return model->list[n].begin >= from && is_entry(model, n, &record);
    return gen_say(model->gen, "a record that nobody pushed, at %u", (unsigned)from);
}

/* Up to any record that the journal has read. */
static bool release(struct model *model)
{
    if (model->n_read == 0)
        return true;
    const uint64_t end = model->list[gen_below(model->gen, model->n_read)].end;
    if (end > model->tail) {
        model->tail = end;
        ring_release(model->ring, end);
    }
    return true;
}

static bool it_is_a_queue(struct gen *gen)
{
    static _Alignas(64) uint8_t memory[sizeof(struct ring) + SIZE];
    static struct model model;
    memset(memory, 0xa5, sizeof memory);
    model = (struct model){.gen = gen, .ring = (struct ring *)(void *)memory};
    ring_init(model.ring, SIZE);
    static bool (*const steps[])(struct model *) = {push, read_journal, read_other, release};
    for (uint64_t n = gen_below(gen, STEPS_MAX); n > 0; n--)
        if (!steps[gen_below(gen, 4)](&model))
            return false;
    while (model.n_read < model.n_pushed)
        if (!read_journal(&model))
            return false;
    return true;
}

static void a_ring_is_a_queue_that_is_sometimes_full(void **state)
{
    (void)state;
    gen_check(it_is_a_queue, test_seed, 3000);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_ring_is_a_queue_that_is_sometimes_full),
};
TEST_MAIN(tests)
