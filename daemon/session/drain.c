#include "session/drain.h"
#include <stdatomic.h>
#include <string.h>

/* What stands in front of every record, as ring_push writes it: u32 type, u32 size. Type 0 is padding. */
enum { FRONT = 8 };

/* True if the records from `position` to the next real one have lengths with which ring_read stays inside the ring and
 * before `head`. */
static bool is_chain(const struct ring *ring, uint64_t position, uint64_t head)
{
    while (position < head && head - position <= ring->size && position % FRONT == 0) {
        const uint64_t at = position & (ring->size - 1);
        uint32_t front[2];
        memcpy(front, ring->data + at, sizeof front);
        const uint64_t n = FRONT + (((uint64_t)front[1] + FRONT - 1) & ~(uint64_t)(FRONT - 1));
        if (n > head - position || n > ring->size - at)
            return false;
        if (front[0] != 0)
            return true;
        position += n;
    }
    return false;
}

static bool copy(void *to, size_t size, const struct ring_record *record)
{
    if (record->size != size)
        return false;
    memcpy(to, record->data, size);
    return true;
}

static bool unpack(const struct ring_record *record, struct drain *drain)
{
    drain->type = (enum record_type)record->type;
    switch (drain->type) {
    case RECORD_TICK:
        return record_unpack_tick(record->data, record->size, &drain->in, &drain->out, &drain->times);
    case RECORD_PLAN:
        return copy(&drain->trial, sizeof drain->trial, record);
    case RECORD_ANCHOR:
        return copy(&drain->anchor, sizeof drain->anchor, record);
    case RECORD_CLOSE:
        return copy(&drain->close, sizeof drain->close, record);
    }
    return false;
}

enum drain_result drain_next(const struct ring *ring, uint64_t *position, struct drain *drain)
{
    const uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    if (*position == head)
        return DRAIN_EMPTY;
    uint64_t next = *position;
    struct ring_record record;
    if (!is_chain(ring, *position, head) || ring_read(ring, &next, &record) != RING_RECORD)
        return DRAIN_BROKEN;
    *position = next;
    return unpack(&record, drain) ? DRAIN_RECORD : DRAIN_ILLEGAL;
}

bool drain_add(const struct drain *drain, struct journal_writer *writer, struct error *err)
{
    switch (drain->type) {
    case RECORD_TICK:
        return journal_add_tick(writer, &drain->in, &drain->out, &drain->times, err);
    case RECORD_PLAN:
        return journal_add_plan(writer, &drain->trial, err);
    case RECORD_ANCHOR:
        return journal_add_anchor(writer, &drain->anchor, err);
    case RECORD_CLOSE:
        return journal_add_close(writer, &drain->close, err);
    }
    return false;
}

bool drain_find_close(const struct ring *ring, uint64_t position, struct drain *drain, uint64_t *close_at)
{
    uint64_t at = atomic_load_explicit(&ring->tail, memory_order_acquire);
    while (at < position) {
        *close_at = at;
        const enum drain_result result = drain_next(ring, &at, drain);
        if (result == DRAIN_RECORD && drain->type == RECORD_CLOSE)
            return true;
        if (result == DRAIN_EMPTY || result == DRAIN_BROKEN)
            break;
    }
    return false;
}
