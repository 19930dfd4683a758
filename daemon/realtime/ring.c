#include "realtime/ring.h"
#include <assert.h>
#include <string.h>

/* In front of every record; the ring's data is a chain of these, each on 8 bytes. */
struct front {
    uint32_t type; /* 0: padding up to the ring's end */
    uint32_t size;
};

static_assert(sizeof(struct front) == 8, "records stay on 8 bytes");

void ring_init(struct ring *ring, uint64_t size)
{
    assert(size >= 4096 && (size & (size - 1)) == 0);
    ring->size = size;
    atomic_store_explicit(&ring->tail, 0, memory_order_relaxed);
    atomic_store_explicit(&ring->head, 0, memory_order_release);
}

static uint64_t whole(uint32_t size)
{
    return sizeof(struct front) + (((uint64_t)size + 7) & ~(uint64_t)7);
}

bool ring_push(struct ring *ring, uint32_t type, const void *data, uint32_t size)
{
    assert(type != 0);
    const uint64_t need = whole(size);
    if (need > ring->size / 4)
        return false;
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    const uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    const uint64_t to_end = ring->size - (head & (ring->size - 1));
    const uint64_t padding = to_end < need ? to_end : 0;
    if (head + padding + need - tail > ring->size)
        return false;
    /* whoever sees a byte of this copy sees, in ring_valid, where the head was */
    atomic_thread_fence(memory_order_release);
    if (padding > 0) {
        const struct front front = {0, (uint32_t)(padding - sizeof front)};
        memcpy(ring->data + (head & (ring->size - 1)), &front, sizeof front);
        head += padding;
    }
    const struct front front = {type, size};
    uint8_t *at = ring->data + (head & (ring->size - 1));
    memcpy(at, &front, sizeof front);
    memcpy(at + sizeof front, data, size);
    atomic_store_explicit(&ring->head, head + need, memory_order_release);
    return true;
}

bool ring_has_room(const struct ring *ring, uint32_t size)
{
    const uint64_t used = atomic_load_explicit(&ring->head, memory_order_relaxed) -
                          atomic_load_explicit(&ring->tail, memory_order_acquire);
    return whole(size) <= ring->size / 4 && used + 2 * whole(size) <= ring->size; /* padding takes less than a record */
}

/* What is in flight behind the head is at most a record and the padding before it: half a ring. */
bool ring_valid(const struct ring *ring, uint64_t position)
{
    atomic_thread_fence(memory_order_acquire);
    return atomic_load_explicit(&ring->tail, memory_order_relaxed) <= position ||
           atomic_load_explicit(&ring->head, memory_order_relaxed) + ring->size / 2 <= position + ring->size;
}

enum ring_result ring_read(const struct ring *ring, uint64_t *position, struct ring_record *record)
{
    for (;;) {
        const uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (*position == head)
            return RING_EMPTY;
        const uint64_t at = *position;
        struct front front;
        memcpy(&front, ring->data + (at & (ring->size - 1)), sizeof front);
        if (!ring_valid(ring, at)) {
            *position = atomic_load_explicit(&ring->tail, memory_order_acquire);
            return RING_LAPPED;
        }
        *position = at + whole(front.size);
        if (front.type == 0)
            continue;
        *record = (struct ring_record){front.type, front.size, ring->data + (at & (ring->size - 1)) + sizeof front};
        return RING_RECORD;
    }
}

void ring_release(struct ring *ring, uint64_t position)
{
    atomic_store_explicit(&ring->tail, position, memory_order_release);
}
