/* recorded: a session of ticks, plans and anchors for the recorder's tests, its ring, and the proof that a journal has
 * each of them exactly once. One at a time; the ring is shared with forked processes. */
#pragma once
#include "engine/config.h"
#include "realtime/ring.h"
#include "session/recorder.h"
#include "wire/record.h"
#include <stdbool.h>
#include <stdint.h>

enum { RECORDED_TICKS = 1000, RECORDED_RING = 1 << 20 };

struct recorded_tick {
    struct frame_in in;
    struct frame_out out;
    struct record_times times;
};

extern struct recorded {
    struct config config;
    struct recorded_tick ticks[RECORDED_TICKS];
    struct trial trial;
    struct ring *ring;
    int *n_pushed; /* ticks; shared, too */
} recorded;

/* An empty ring and nothing pushed. The same ticks for the same seed. */
void recorded_begin(uint64_t seed);

/* Pushes ticks up to number n - 1: a plan before every 100th, an anchor before every 250th. */
void recorded_push(int n);
void recorded_push_close(void);

/* Bytes of the ring that are not released. */
uint64_t recorded_waiting(void);

/* "FOLDER/name" in the scratch folder, made. */
const char *recorded_folder(const char *name);

struct recorder *recorded_open(const char *folder);

/* The journal holds the first n ticks, plans and anchors where they belong, each exactly once; and the close record. */
void recorded_expect(const char *folder, int n, bool closed);

/* Fails the test with the error's line if !ok. */
void recorded_ok(bool ok, const struct error *err);
