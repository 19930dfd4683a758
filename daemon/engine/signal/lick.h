/* lick: turns a lick sensor's edges into licks. (engine/signal/lick.h)
 *
 * A lick is a rising edge that follows at least `refractory_ns` without one; it ends with the next falling edge. Bouts
 * are runs of licks closer than `bout_gap_ns` (Davis & Smith 1992); one is over when that much has passed since its
 * last lick's onset. Decisions use edge times, never the tick's time.
 * Threads: real-time; touches only its own struct. Memory: the caller's. Can't fail after init. */
#pragma once
#include "engine/base/error.h"
#include "engine/base/rt.h"
#include <stdbool.h>
#include <stdint.h>

struct lick_config {
    int64_t refractory_ns; /* shortest gap between two licks, 1 ms .. 500 ms; mice lick at 5..10 Hz */
    int64_t bout_gap_ns;   /* a longer gap starts a new bout, > refractory_ns, at most 10 s */
};

struct lick {
    struct lick_config config;
    int64_t last_ns; /* session time of the newest lick, INT64_MIN before the first */
    uint32_t n_licks, n_bouts;
    bool begins_bout; /* the newest lick did */
    bool touching;    /* the newest lick has not ended */
    bool in_bout;     /* nor has its bout */
};

/* Checks `config` and clears `lick`. False and *err: a value out of range. Not real-time. */
MUST_CHECK bool lick_init(struct lick *lick, const struct lick_config *config, struct error *err);

/* Feeds one rising edge at session time `edge_ns` (after the newest lick). True if it is a new lick. */
bool lick_edge(struct lick *lick, int64_t edge_ns) RT_SAFE;

/* Feeds one falling edge. True if it ends a lick. */
bool lick_release(struct lick *lick) RT_SAFE;

/* True once, when a bout is over for sure at now_ns: edges may come late_ns late. *end_ns is when it was over. */
bool lick_bout_over(struct lick *lick, int64_t now_ns, int64_t late_ns, int64_t *end_ns) RT_SAFE;
