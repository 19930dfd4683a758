/* ring: records from one writer to several readers, in memory that processes share. (realtime/ring.h)
 *
 * The writer copies a record behind the head and then moves the head: a reader sees whole records or none, also when
 * the writer is killed in between. Positions are bytes since the beginning and never wrap. One reader, the journal's,
 * owns the tail that lives in the ring: what it has not released can't be overwritten, and only it can make the ring
 * full. Every other reader keeps its own position and may be lapped, which it can tell. Threads: ring_push real-time,
 * one writer; each reader one thread, any process. */
#pragma once
#include "engine/base/rt.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
    uint64_t size;                      /* bytes of data, a power of two */
    _Alignas(64) _Atomic uint64_t head; /* written up to here */
    _Alignas(64) _Atomic uint64_t tail; /* released by the journal up to here */
    _Alignas(64) uint8_t data[];
};

struct ring_record {
    uint32_t type;    /* the user's, not 0 */
    uint32_t size;    /* of data, bytes */
    const void *data; /* inside the ring: valid until released (journal) or lapped (others) */
};

enum ring_result { RING_EMPTY, RING_RECORD, RING_LAPPED };

/* Prepares `ring`, whose memory holds sizeof(struct ring) + size bytes. size: a power of two, at least 4 KiB. */
void ring_init(struct ring *ring, uint64_t size);

/* Copies one record in. False if there is no room or it is larger than a quarter of the ring: then nothing changed. */
bool ring_push(struct ring *ring, uint32_t type, const void *data, uint32_t size) RT_SAFE;

/* True if a record of `size` bytes would fit now: the writer's look ahead. */
bool ring_has_room(const struct ring *ring, uint32_t size) RT_SAFE;

/* The record at *position (bytes, as the reader keeps it), which then moves behind it. RING_LAPPED: the writer has
 * overwritten it; *position then stands at the oldest record that the journal has not released. A lapped reader's copy
 * of `record->data` is only good if ring_valid still says so after copying. */
enum ring_result ring_read(const struct ring *ring, uint64_t *position, struct ring_record *record);

/* True if what lay at `position` is still intact. */
bool ring_valid(const struct ring *ring, uint64_t position);

/* The journal has written everything before `position`. */
void ring_release(struct ring *ring, uint64_t position);
