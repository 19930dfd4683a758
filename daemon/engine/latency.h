/* latency: what lies between the fibre and a trigger's decision, part by part. (engine/latency.h)
 *
 * From the config alone, so that a file can be refused before anything runs. Smoothing counts with its time constant:
 * after it a step has come to 63 % of its size. Threads: any, not real-time. Can't fail on a checked config. */
#pragma once
#include "engine/config.h"

struct latency {
    int64_t filter_ns;    /* of dF/F: the low-pass's group delay; 0 if the source is no signal */
    int64_t smoothing_ns; /* of the number: the residual's low-pass, the slope's, the phase's resonators */
    int64_t update_ns;    /* between two numbers: a sample, an observation step, a model step; 0 for a yoke */
    int64_t stagger_ns;   /* a model step is closed this long after its end */
    int64_t tick_ns;
    int64_t seen_ns;   /* their sum: what a change takes to reach the trigger */
    int64_t hold_ns;   /* the trigger's own */
    int64_t total_ns;  /* seen_ns + hold_ns; a delay of the trigger's own comes on top */
    int64_t behind_ns; /* the prediction runs this far behind the events that made it; 0 if the source has none */
};

/* Of trigger i. What its source names must exist. */
struct latency latency_of(const struct config *config, uint32_t i);
