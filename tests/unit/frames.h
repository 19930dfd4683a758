/* frames: configs, plans and ticks for the journal's tests, as full and as odd as the rules allow.
 *
 * Every tick is a function of the seed. Memory: the caller's. */
#pragma once
#include "engine/base/rng.h"
#include "engine/config.h"
#include "engine/frame.h"
#include "engine/task/trial.h"
#include "wire/record.h"
#include <stdbool.h>

/* A config that has every kind of thing, as many as there may be of inputs, outputs and channels. */
void frames_config(struct config *config);

/* A plan that passes trial_check with that config. */
void frames_trial(int64_t number, struct trial *trial);

struct frames {
    struct rng rng;
    struct config config;
    struct frame_in in;
    struct frame_out out;
    struct record_times times;
    int64_t edge_ns[FRAME_INPUTS_MAX];
    bool wild; /* any legal value, all maxima; else what a rig gives */
};

void frames_init(struct frames *frames, uint64_t seed, bool wild);

/* Makes the next tick in in, out, times. The first one is tick 0. */
void frames_next(struct frames *frames);

/* Fails the test, naming the first field that differs. Plans are not compared. */
void frames_expect_same(const struct frame_in *in_a, const struct frame_out *out_a, const struct record_times *times_a,
                        const struct frame_in *in_b, const struct frame_out *out_b, const struct record_times *times_b);
