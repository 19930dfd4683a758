/* filter: causal Butterworth low-pass, order 2 or 4. (engine/signal/filter.h)
 *
 * Second-order sections from the analogue prototype by the bilinear transform with the cut prewarped (the coefficients
 * of scipy.signal.butter), in transposed direct form II. Monotone in frequency, -3 dB at the cut, gain 1 at 0. Causal
 * smoothing costs time: filter_delay_s says how much.
 * The samples are taken as evenly spaced: one that is left out shifts the filter's time, nothing else.
 * Threads: real-time; touches only its own struct. Memory: the caller's. Can't fail after init. */
#pragma once
#include "engine/base/error.h"
#include "engine/base/rt.h"
#include <stdbool.h>

enum { FILTER_SECTIONS_MAX = 2 };

struct filter_section {
    double b0, b1, b2, a1, a2; /* y = b0 x + b1 x' + b2 x'' - a1 y' - a2 y'' */
    double z1, z2;             /* state */
};

struct filter {
    struct filter_section sections[FILTER_SECTIONS_MAX];
    int n_sections;
    bool started; /* false: the next sample is the first one */
    double delay_s;
};

/* Sets `filter` up for samples at `sample_hz` (0.1 .. 1e6), -3 dB at `cut_hz` (0.0001 .. 0.49 of sample_hz), `order` 2
 * or 4, and forgets all samples. False and *err: a value out of range. Not real-time. */
MUST_CHECK bool filter_init(struct filter *filter, double sample_hz, double cut_hz, int order, struct error *err);

/* The next sample (finite), filtered. The first sample counts as if it had been there for ever: no start-up transient.
 */
double filter_step(struct filter *filter, double x) RT_SAFE;

/* Group delay at frequency 0, in seconds; nearly that up to half the cut. Of order 2 about 0.225 / cut_hz. */
double filter_delay_s(const struct filter *filter) RT_SAFE;
