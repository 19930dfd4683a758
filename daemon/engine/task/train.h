/* train: pulse trains, waves and sounds on outputs. (engine/task/train.h)
 *
 * A train is pulses of width_ns every period_ns for duration_ns, from its start, each but the first later by a draw
 * within the jitter; each pulse is asked of safety by itself. A late loop never catches up: pulses whose time has
 * passed by a whole period are left out. A wave is one pulse as long as the whole, which the device plays by its
 * description. The dose of a session is debited in full at the start: the starts, and all pulses' widths. What would
 * pass it is not started. Threads: real-time; touches only its own struct. Memory: the caller's. */
#pragma once
#include "engine/base/rng.h"
#include "engine/config.h"
#include "engine/frame.h"
#include "engine/safety/safety.h"

struct train {
    const struct config_train *config;
    bool running;
    int64_t start_ns; /* logical start */
    int64_t next;     /* index of the next pulse */
    int64_t later_ns; /* its jitter */
    uint32_t n_skipped;
    uint32_t n_started; /* in this session */
    int64_t light_ns;   /* debited in this session */
    struct rng rng;
};

/* Stopped. `config` must outlive `train`; the jitter comes from the stream "train:NAME" of `seed`. */
void train_init(struct train *train, const struct config_train *config, uint64_t seed);

/* Starts at now_ns, caused by what happened at cause_ns. A running train goes on unchanged. Appends FRAME_TRAIN 1, or
 * FRAME_DOSE_OVER. */
void train_start(struct train *train, uint32_t id, int64_t now_ns, int64_t cause_ns, struct safety *safety,
                 struct frame_out *out) RT_SAFE;

/* Ends a running train (FRAME_TRAIN 0); the pulse that is on is safety's to end. */
void train_stop(struct train *train, uint32_t id, int64_t now_ns, struct frame_out *out) RT_SAFE;

/* Asks for the pulse that is due; ends the train after its duration (FRAME_TRAIN 0). True if it ended: *end_ns is then
 * its logical end. */
bool train_tick(struct train *train, uint32_t id, int64_t now_ns, struct safety *safety, struct frame_out *out,
                int64_t *end_ns) RT_SAFE;
