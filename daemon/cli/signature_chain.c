/* Protocols of the observation model: what the sensor and reuptake make of one burst. (cli/signature.h) */
#include "cli/signature.h"
#include "engine/base/units.h"
#include "engine/model/observe.h"
#include <assert.h>

#define STEP_S       0.001
#define LONGEST_S    60.0
#define COCAINE_K_UM 0.3 /* half of the transporters are blocked; of the order of 0.1..0.5, Greco & Garris 2003 */

static void begin(struct observe *observe, const char *sensor, double cocaine_um)
{
    struct error err = {0};
    struct observe_region region = *observe_region_find("dorsal-striatum");
    region.k_m_um *= 1 + cocaine_um / COCAINE_K_UM; /* competitive */
    const bool made = observe_init(observe,
                                   &(struct observe_config){.sensor = *observe_sensor_find(sensor),
                                                            .region = region,
                                                            .firing = observe_firing_default,
                                                            .step_ns = 1 * MS},
                                   &err);
    assert(made); /* presets, in range */
    (void)made;
    observe_impulse(observe, 0, 1);
}

/* Seconds from the peak of the response to one RPE until half of it is left: of the dF/F, or of dopamine. */
static double half_decay_s(struct observe *observe, bool dopamine, double *peak_s)
{
    double peak = 0;
    int i_peak = 0;
    for (int i = 1; i < LONGEST_S / STEP_S; i++) {
        (void)observe_step(observe);
        const double y = dopamine ? observe->c_um - observe->rest_c_um : observe->yhat;
        if (y > peak) {
            peak = y;
            i_peak = i;
        } else if (peak > 1e-3 && y < peak / 2) {
            *peak_s = i_peak * STEP_S;
            return (i - i_peak) * STEP_S;
        }
    }
    *peak_s = LONGEST_S;
    return LONGEST_S;
}

void signature_sensor_times(struct signature_animal *animal, double *v)
{
    static const char *const sensors[] = {"GRAB-DA2h", "GRAB-DA2m", "GRAB-DA1m", "RdLight1", "dLight1.1"};
    (void)animal;
    v[5] = 1;
    for (int i = 0; i < 5; i++) {
        struct observe observe;
        double peak_s;
        begin(&observe, sensors[i], 0);
        v[i] = half_decay_s(&observe, false, &peak_s);
        v[5] = peak_s > 0.1 && peak_s < 0.6 ? v[5] : 0;
    }
}

bool signature_sensor_times_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] > v[1] && v[1] > v[2] && v[2] > v[3] && v[3] > v[4] && v[1] >= 2 * v[4] && v[5] > 0.5;
}

void signature_dat_block(struct signature_animal *animal, double *v)
{
    static const double doses_um[] = {0, 0.3, 1};
    (void)animal;
    for (int i = 0; i < 3; i++) {
        struct observe observe;
        double peak_s;
        begin(&observe, "dLight1.1", doses_um[i]);
        v[3 + i] = observe.rest_c_um * 1e3;
        v[i] = half_decay_s(&observe, true, &peak_s);
    }
}

bool signature_dat_block_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[1] >= 1.3 * v[0] && v[2] >= 2 * v[0] && v[4] >= 1.8 * v[3];
}
