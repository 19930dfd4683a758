#include "drivers/sim/fibre.h"
#include <math.h>
#include <stdio.h>

#define RISE_S      0.040
#define FALL_S      0.350
#define PEAK        1.4937 /* 1 / the largest exp(-t/FALL_S) - exp(-t/RISE_S), which is at 98 ms */
#define DFF_MAX     2.3    /* all sensors bound: dLight1.1, Patriarchi 2018 */
#define DFF_MIN     -0.3   /* no dopamine at all */
#define AMBIENT_V   0.02
#define DETECTOR_V  0.0005 /* sd of the detector's own noise */
#define KNOCK_HZ    (1.0 / 45)
#define KNOCK_S     0.25 /* decay */
#define KNOCK_SD    3.0  /* in sd of the usual movement */
#define MOVE_FAST_S 0.05 /* movement: 0.2..3 Hz */
#define MOVE_SLOW_S 0.8
#define MOVE_SD     0.97 /* of unit noise through both filters: the fast one's 1 less what the slow one takes away */
#define BLEACH_FAST 0.6  /* share of the fast part */

static const double bleach_s[2] = {60, 1800};

/* What differs between the wavelengths. */
static const struct {
    double brightness, bleaching, movement, dopamine;
} optics[FIBRE_WAVELENGTHS] = {
    [FIBRE_SIGNAL] = {1,   1,   1,   1},
    [FIBRE_CONTROL] = {0.6, 0.4, 0.7, 0},
};

void fibre_init(struct fibre *fibre, const struct fibre_config *config, uint64_t seed, uint32_t number)
{
    char purpose[24];
    *fibre = (struct fibre){
        .config = *config, .bleached = {{1, 1}, {1, 1}}
    };
    snprintf(purpose, sizeof purpose, "fibre:%u", number);
    rng_init(&fibre->rng, seed, purpose);
}

/* Movement has unit sd: white noise through a low-pass of MOVE_FAST_S has sd sqrt(dt / (2 * MOVE_FAST_S)). */
static void step_movement(struct fibre *fibre, double dt_s)
{
    const double white = rng_normal(&fibre->rng, 0, sqrt(2 * MOVE_FAST_S / dt_s) / MOVE_SD);
    fibre->fast += (white - fibre->fast) * dt_s / MOVE_FAST_S;
    fibre->slow += (fibre->fast - fibre->slow) * dt_s / MOVE_SLOW_S;
    const double size = rng_normal(&fibre->rng, 0, KNOCK_SD);
    fibre->knock -= fibre->knock * dt_s / KNOCK_S;
    if (rng_bernoulli(&fibre->rng, KNOCK_HZ * dt_s))
        fibre->knock += size;
}

void fibre_step(struct fibre *fibre, double dt_s, double dopamine, const double light[FIBRE_WAVELENGTHS])
{
    fibre->fall += dopamine - fibre->fall * dt_s / FALL_S;
    fibre->rise += dopamine - fibre->rise * dt_s / RISE_S;
    for (int w = 0; w < FIBRE_WAVELENGTHS; w++)
        for (int part = 0; part < 2; part++)
            fibre->bleached[w][part] -= fibre->bleached[w][part] * fmin(light[w] * dt_s / bleach_s[part], 1);
    step_movement(fibre, dt_s);
}

static double dff(const struct fibre *fibre)
{
    const double linear = fibre->config.amplitude * PEAK * (fibre->fall - fibre->rise);
    return linear > 0 ? linear / (1 + linear / DFF_MAX) : fmax(linear, DFF_MIN);
}

double fibre_volts(const struct fibre *fibre, enum fibre_wavelength wavelength, double light, struct rng *rng)
{
    const struct fibre_config *config = &fibre->config;
    const double gone =
        BLEACH_FAST * (1 - fibre->bleached[wavelength][0]) + (1 - BLEACH_FAST) * (1 - fibre->bleached[wavelength][1]);
    const double movement = config->motion * (fibre->fast - fibre->slow + fibre->knock);
    const double fluorescence_v = config->baseline_v * light * optics[wavelength].brightness *
                                  (1 - config->bleach * optics[wavelength].bleaching * gone) *
                                  (1 + optics[wavelength].dopamine * dff(fibre)) *
                                  fmax(1 + optics[wavelength].movement * movement, 0);
    /* photons are counted: the variance goes with the light, the detector's own is always there */
    const double shot_v2 = config->noise * config->noise * config->baseline_v * fluorescence_v;
    return AMBIENT_V + fluorescence_v + rng_normal(rng, 0, sqrt(shot_v2 + DETECTOR_V * DETECTOR_V));
}
