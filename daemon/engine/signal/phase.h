/* phase: the phase of an oscillation, online. (engine/signal/phase.h)
 *
 * A slow mean is taken off (high-pass, an eighth of the band's lower edge), then two equal complex resonators at the
 * middle of the band leave the oscillation's positive frequencies only: a number that turns once a cycle, whose angle
 * is the phase and whose length the amplitude. What the high-pass turns at the middle is turned back, so that a steady
 * oscillation there has its true phase at every sample, without delay; elsewhere in the band the phase is off by what
 * the resonators turn, at the half-power edges by 66 degrees, and after a change the number takes phase_settle_s to
 * follow. Phase 0 is the maximum, pi the minimum, -pi/2 the rise through the mean.
 * The resonators' mirror image of a real oscillation wobbles the phase by about (width / (2.6 * middle))^2 radians.
 * The samples are taken as evenly spaced. Threads: real-time; touches only its own struct. Memory: the caller's. */
#pragma once
#include "engine/base/error.h"
#include "engine/base/rt.h"
#include <stdbool.h>
#include <stdint.h>

struct phase {
    double mean, mean_rate;
    double turn_re, turn_im; /* of a resonator in one sample, its loss included */
    double gain;
    double undo_re, undo_im; /* of the high-pass at the middle; times 2, the half that the mirror image has */
    double re1, im1, re2, im2;
    double settle_s;
    uint64_t n;
    double re, im;               /* amplitude times cos and sin of the phase, at the newest sample */
    double re_before, im_before; /* at the one before */
};

/* True if the band can be made: 0.01 Hz <= low < high <= a tenth of sample_hz, no wider than its middle, no narrower
 * than a twentieth of it. */
bool phase_band_good(double sample_hz, double low_hz, double high_hz) RT_SAFE;

/* Sets up for samples at sample_hz and forgets all. False and *err: not phase_band_good. Not real-time. */
MUST_CHECK bool phase_init(struct phase *phase, double sample_hz, double low_hz, double high_hz, struct error *err);

/* The next sample (finite). */
void phase_feed(struct phase *phase, double x) RT_SAFE;

/* The oscillation's amplitude: half of its peak to peak. 0 before it has settled. */
double phase_amplitude(const struct phase *phase) RT_SAFE;

/* True if the phase went through the angle with this sine and cosine, forwards, between the two newest samples. */
bool phase_passed(const struct phase *phase, double sine, double cosine) RT_SAFE;

/* How long a new or changed oscillation takes to be seen: the resonators' group delay. */
double phase_settle_s(const struct phase *phase) RT_SAFE;
