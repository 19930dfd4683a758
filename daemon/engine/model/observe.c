#include "engine/model/observe.h"
#include "engine/base/det.h"
#include "engine/base/units.h"
#include <math.h>
#include <string.h>

#define UM_PER_NM 1e-3
#define BURST_MIN                                                                                                      \
    1e-12 /* what is left of a burst or of calcium below this is 0: a fading number would end up subnormal */

const struct observe_firing observe_firing_default = {
    .rest_hz = 5, .gain_hz = 4, .tau_burst_s = 0.1, .tonic = 1, .latency_ns = 80 * MS};

static const struct observe_sensor sensors[] = {
  /* name        source             calcium Kd nM  Fmax rise s  off s */
    {"dLight1.1",  "Patriarchi 2018",               false, 330,  2.3, 0.014, 0.145},
    {"dLight1.2",  "Patriarchi 2018",               false, 770,  3.4, 0.014, 0.130},
    {"dLight1.3b", "Patriarchi 2018; speed of 1.2", false, 1600, 9.3, 0.014, 0.130},
    {"RdLight1",   "Patriarchi 2020",               false, 860,  2.5, 0.020, 0.570},
    {"GRAB-DA1m",  "Sun 2018",                      false, 130,  0.9, 0.060, 0.710},
    {"GRAB-DA1h",  "Sun 2018",                      false, 10,   0.9, 0.140, 2.520},
    {"GRAB-DA2m",  "Sun 2020",                      false, 90,   3.4, 0.040, 1.300},
    {"GRAB-DA2h",  "Sun 2020",                      false, 7,    2.8, 0.050, 7.300},
    {"rDA1m",      "Sun 2020",                      false, 95,   1.5, 0.080, 0.770},
    {"gDA3m",      "Zhuo 2024, approximate",        false, 130,  10,  0.060, 1.300},
    {"gDA3h",      "Zhuo 2024, approximate",        false, 22,   10,  0.060, 2.300},
    {"GCaMP6f",    "Chen 2013",                     true,  0,    0.1, 0.020, 0.205}, /* dF/F per spike: chosen, the running gain absorbs it */
    {"GCaMP6s",    "Chen 2013",                     true,  0,    0.1, 0.080, 0.790},
};

static const struct observe_region regions[] = {
  /* name               DAp   Vmax  Km   k_ns; May 1988; Wightman & Zimmerman 1990; Venton 2003; Jones 1995 */
    {"dorsal-striatum",  0.10,  4.0,  0.2, 0.02},
    {"ventral-striatum", 0.08,  2.5,  0.2, 0.02},
    {"pfc",              0.010, 0.20, 0.2, 0.02},
};

const struct observe_sensor *observe_sensor_find(const char *name)
{
    for (size_t i = 0; i < sizeof sensors / sizeof *sensors; i++)
        if (strcmp(sensors[i].name, name) == 0)
            return &sensors[i];
    return NULL;
}

const char *observe_sensor_name(size_t i)
{
    return i < sizeof sensors / sizeof *sensors ? sensors[i].name : NULL;
}

const struct observe_region *observe_region_find(const char *name)
{
    for (size_t i = 0; i < sizeof regions / sizeof *regions; i++)
        if (strcmp(regions[i].name, name) == 0)
            return &regions[i];
    return NULL;
}

const char *observe_region_name(size_t i)
{
    return i < sizeof regions / sizeof *regions ? regions[i].name : NULL;
}

static bool check(const char *name, double value, double lo, double hi, struct error *err)
{
    return (value >= lo && value <= hi) ||
           error_set(err, ERROR_INPUT, NULL, name, NULL, "%g..%g, got %g", lo, hi, value);
}

static bool config_check(const struct observe_config *config, struct error *err)
{
    const struct observe_sensor *sensor = &config->sensor;
    const struct observe_region *region = &config->region;
    const struct observe_firing *firing = &config->firing;
    return check("observation step (s)", units_s(config->step_ns), 1e-4, 0.02, err) &&
           (sensor->calcium || check("sensor Kd (nM)", sensor->kd_nm, 0.1, 1e5, err)) &&
           check("sensor Fmax", sensor->f_max, 1e-4, 100, err) &&
           check("sensor tau_rise (s)", sensor->tau_rise_s, 1e-3, 5, err) &&
           check("sensor tau_off (s)", sensor->tau_off_s, 1e-3, 60, err) &&
           check("release per spike (uM)", region->release_um, 1e-5, 10, err) &&
           check("uptake Vmax (uM/s)", region->v_max_um_s, 0, 100, err) &&
           check("uptake Km (uM)", region->k_m_um, 1e-4, 1e3, err) &&
           check("other removal (1/s)", region->k_other_s, 1e-4, 100, err) &&
           check("resting rate (Hz)", firing->rest_hz, 0, 100, err) &&
           check("spikes per RPE unit", firing->gain_hz, 0, 100, err) &&
           check("tau_burst (s)", firing->tau_burst_s, 5e-3, 5, err) &&
           check("tonic level", firing->tonic, 0, 10, err) &&
           check("latency (s)", units_s(firing->latency_ns), 0, 0.5, err);
}

/* The concentration at which release at rest equals removal: the positive root of k c^2 + b c - release Km = 0 with
 * b = Vmax + k Km - release, written without cancellation. */
static double rest_concentration(const struct observe_config *config)
{
    const struct observe_region *region = &config->region;
    const double release = region->release_um * config->firing.rest_hz * config->firing.tonic;
    const double k = region->k_other_s, source = release * region->k_m_um;
    const double b = region->v_max_um_s + k * region->k_m_um - release;
    const double root = sqrt(b * b + 4 * k * source);
    return b > 0 ? 2 * source / (b + root) : (root - b) / (2 * k);
}

bool observe_init(struct observe *observe, const struct observe_config *config, struct error *err)
{
    if (!config_check(config, err))
        return false;
    *observe = (struct observe){.config = *config};
    const struct observe_sensor *sensor = &config->sensor;
    const double dt = units_s(config->step_ns), tau = config->firing.tau_burst_s;
    observe->dt = dt;
    observe->burst_decay = det_exp(-dt / tau);
    observe->burst_mean = tau * (1 - observe->burst_decay) / dt;
    observe->rise = 1 - det_exp(-dt / sensor->tau_rise_s);
    observe->firing_hz = config->firing.rest_hz * config->firing.tonic;
    if (sensor->calcium) {
        observe->leak = dt / sensor->tau_off_s;
        return true;
    }
    const double k_off = 1 / sensor->tau_off_s, kd_um = sensor->kd_nm * UM_PER_NM;
    observe->release_dt = dt * config->region.release_um;
    observe->uptake_dt = dt * config->region.v_max_um_s;
    observe->k_other_dt = dt * config->region.k_other_s;
    observe->k_off_dt = dt * k_off;
    observe->k_on_dt = dt * (k_off / kd_um);
    observe->rest_c_um = rest_concentration(config);
    observe->rest_b = observe->rest_c_um / (observe->rest_c_um + kd_um);
    observe->scale = sensor->f_max / (1 + sensor->f_max * observe->rest_b);
    observe->c_um = observe->rest_c_um;
    observe->bound = observe->conformation = observe->rest_b;
    return true;
}

int64_t observe_due_ns(const struct observe *observe)
{
    return observe->start_ns + observe->config.step_ns;
}

void observe_impulse(struct observe *observe, int64_t t_ns, double area)
{
    if (area == 0)
        return;
    if (observe->n_waiting == OBSERVE_IMPULSES_MAX) {
        observe->n_dropped++;
        return;
    }
    t_ns += observe->config.firing.latency_ns;
    if (observe->n_waiting > 0) {
        const uint32_t last = (observe->first + observe->n_waiting - 1) % OBSERVE_IMPULSES_MAX;
        if (t_ns < observe->waiting[last].t_ns)
            t_ns = observe->waiting[last].t_ns;
    }
    const uint32_t at = (observe->first + observe->n_waiting++) % OBSERVE_IMPULSES_MAX;
    observe->waiting[at] = (struct observe_impulse){.t_ns = t_ns, .area = area};
}

/* Burst drive p over the open step: its mean is returned, its end value stored. */
static double burst_step(struct observe *observe)
{
    const double tau = observe->config.firing.tau_burst_s;
    const int64_t end_ns = observe_due_ns(observe);
    double mean = observe->burst * observe->burst_mean;
    double end = observe->burst * observe->burst_decay;
    while (observe->n_waiting > 0 && observe->waiting[observe->first].t_ns < end_ns) {
        const struct observe_impulse *impulse = &observe->waiting[observe->first];
        const int64_t t_ns = impulse->t_ns > observe->start_ns ? impulse->t_ns : observe->start_ns;
        const double left = det_exp(-units_s(end_ns - t_ns) / tau);
        mean += impulse->area * (1 - left) / observe->dt;
        end += impulse->area / tau * left;
        observe->first = (observe->first + 1) % OBSERVE_IMPULSES_MAX;
        observe->n_waiting--;
    }
    observe->burst = fabs(end) < BURST_MIN ? 0 : end;
    return mean;
}

double observe_step(struct observe *observe)
{
    const struct observe_firing *firing = &observe->config.firing;
    const double rest_hz = firing->rest_hz * firing->tonic;
    const double f = rest_hz + firing->gain_hz * burst_step(observe);
    observe->firing_hz = f > 0 ? f : 0;
    observe->start_ns += observe->config.step_ns;
    if (observe->config.sensor.calcium) {
        observe->c_um += observe->dt * (observe->firing_hz - rest_hz) - observe->leak * observe->c_um;
        if (fabs(observe->c_um) < BURST_MIN)
            observe->c_um = 0;
        observe->conformation += observe->rise * (observe->c_um - observe->conformation);
        if (fabs(observe->conformation) < BURST_MIN)
            observe->conformation = 0;
        observe->yhat = observe->config.sensor.f_max * observe->conformation;
        return observe->yhat;
    }
    const double c = observe->c_um;
    observe->c_um = (c + observe->release_dt * observe->firing_hz) /
                    (1 + (observe->uptake_dt / (observe->config.region.k_m_um + c) + observe->k_other_dt));
    const double binding = observe->k_on_dt * observe->c_um;
    observe->bound = (observe->bound + binding) / (1 + (binding + observe->k_off_dt));
    observe->conformation += observe->rise * (observe->bound - observe->conformation);
    observe->yhat = observe->scale * (observe->conformation - observe->rest_b);
    return observe->yhat;
}
