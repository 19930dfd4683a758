/* journal_tick: one tick as bytes, and the gate that every tick passes. (session/journal_tick.h)
 *
 * docs/journal.md sections 5 and 7. The coding is a small state machine of deltas that restarts at each block; the
 * check has a memory of its own that does not. Internal to the journal's reader and writer. Threads: one a struct. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"
#include "engine/frame.h"
#include "session/journal_bits.h"
#include "wire/bytes.h"
#include "wire/record.h"
#include <stdbool.h>
#include <stdint.h>

/* No session time lies further from 0: 36 years. */
#define JOURNAL_TICK_TIME_MAX ((int64_t)1 << 60)

/* What is remembered of a channel. */
struct journal_tick_channel {
    int64_t last_ns, step_ns, period_ns;
    struct journal_bits_stream counts;
    uint32_t count; /* as unsigned bits */
    uint32_t n;     /* samples in the last tick that had some */
    bool has_count;
};

struct journal_tick_time {
    int64_t last_ns;
    struct journal_bits_stream stream;
};

/* What deltas refer to. */
struct journal_tick_deltas {
    int64_t n;
    struct journal_tick_time wake, decided, written;
    uint32_t mask; /* the channels of the last tick that had samples */
    struct journal_tick_channel channels[FRAME_CHANNELS_MAX];
};

/* What order demands. */
struct journal_tick_order {
    int64_t n, n_max, wake_ns;
    int64_t edge_ns[FRAME_INPUTS_MAX];
};

/* At each block's start. */
void journal_tick_restart(struct journal_tick_deltas *deltas);

/* At a journal's start. */
void journal_tick_order_init(struct journal_tick_order *order, const struct config *config);

/* True if a tick says nothing that its number does not say: it may join an idle run. */
bool journal_tick_is_idle(const struct frame_in *in, const struct frame_out *out, const struct record_times *times,
                          const struct config *config);

/* Makes a cleared frame pair the nominal tick n. */
void journal_tick_set_idle(int64_t n, const struct config *config, struct frame_in *in, struct frame_out *out,
                           struct record_times *times);

/* Everything of section 7, and that the tick comes after the ones checked before; then remembers it. False and *err:
 * ERROR_INPUT that names tick and field, and `order` is as before; the caller adds where. */
MUST_CHECK bool journal_tick_check(struct journal_tick_order *order, const struct config *config,
                                   const struct frame_in *in, const struct frame_out *out,
                                   const struct record_times *times, struct error *err);

/* Appends a checked tick; in->plan is not part of it. out_bytes->ok tells. */
void journal_tick_put(struct journal_tick_deltas *deltas, const struct config *config, const struct frame_in *in,
                      const struct frame_out *out, const struct record_times *times, struct bytes_out *bytes);

/* Reads the next tick into frames whose counts are zero. bytes->ok is false if it is malformed; counts then are within
 * their arrays all the same. Not checked yet. */
void journal_tick_get(struct journal_tick_deltas *deltas, const struct config *config, struct frame_in *in,
                      struct frame_out *out, struct record_times *times, struct bytes_in *bytes);
