/* fibre: one simulated photometry fibre: from dopamine to volts on two wavelengths. (drivers/sim/fibre.h)
 *
 * The sensor answers released dopamine with a difference of two exponentials (rise 40 ms, decay 350 ms, about
 * dLight1.1's on and off) and saturates. Light excites it: no light, no signal. Both wavelengths bleach with the light
 * that they got and share the movement of the animal, with different gains; only the signal wavelength sees dopamine.
 * Threads: any one, real-time; touches only its own struct. */
#pragma once
#include "engine/base/rng.h"
#include <stdint.h>

enum fibre_wavelength { FIBRE_SIGNAL, FIBRE_CONTROL, FIBRE_WAVELENGTHS };

struct fibre_config {
    double baseline_v; /* signal wavelength at full light, before bleaching */
    double amplitude;  /* peak dF/F of the answer to one unexpected standard reward, a fraction */
    double bleach;     /* share of the signal wavelength's light that goes in the end, 0..0.9 */
    double motion;     /* sd of movement on the signal wavelength, a fraction */
    double noise;      /* sd of one sample's shot noise at the baseline, a fraction */
};

struct fibre {
    struct fibre_config config;
    struct rng rng;
    double fall, rise;                     /* the sensor's two exponentials, in responses */
    double fast, slow;                     /* low-passed movement; their difference is the band 0.2..3 Hz */
    double knock;                          /* what is left of the last knock on the cable */
    double bleached[FIBRE_WAVELENGTHS][2]; /* light dose e-folded: [0] fast part, [1] slow part; 1 when fresh */
};

/* A fresh fibre, number `number`, at session time 0. */
void fibre_init(struct fibre *fibre, const struct fibre_config *config, uint64_t seed, uint32_t number);

/* One step of dt_s (at most 5 ms): `dopamine` was released (responses to one standard reward), and the light of each
 * wavelength had this share of its full power. */
void fibre_step(struct fibre *fibre, double dt_s, double dopamine, const double light[FIBRE_WAVELENGTHS]) RT_SAFE;

/* What the detector gives now on a wavelength lit with this share of full power, in volts, noise included. `rng` is
 * the channel's; takes one number from it. */
double fibre_volts(const struct fibre *fibre, enum fibre_wavelength wavelength, double light, struct rng *rng) RT_SAFE;
