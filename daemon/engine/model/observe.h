/* observe: from a model's dopamine drive to the dF/F that a sensor in one brain region would show.
 * (engine/model/observe.h)
 *
 * Impulses of drive become bursts of firing (an exponential of tau_burst, exact in area for any step), firing becomes
 * extracellular dopamine (release against saturable reuptake, implicit Euler), dopamine binds to the sensor (one site,
 * then a low-pass for the conformation) and brightness is taken relative to rest. Calcium sensors in axons see the
 * firing itself. An impulse whose time has already passed enters the open step: what was shown is never revised.
 * Equations: docs of the models, part C. Uptake: May 1988, Wightman & Zimmerman 1990, Venton 2003, Jones 1995; sensors:
 * the table in observe.c. Threads: one at a time, real-time after init. Memory: the caller's. */
#pragma once
#include "engine/base/error.h"
#include "engine/base/rt.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    OBSERVE_IMPULSES_MAX = 128, /* waiting: latency 0.5 s at most, one impulse a model step, steps of 5 ms at least */
};

/* One sensor preset; also the way to override one. */
struct observe_sensor {
    const char *name, *source;
    bool calcium;      /* sees firing, not dopamine */
    double kd_nm;      /* Kd or EC50; unused for calcium */
    double f_max;      /* largest dF over resting F; dF/F per spike for calcium */
    double tau_rise_s; /* conformation, or calcium rise */
    double tau_off_s;  /* unbinding, or calcium decay */
};

/* One region preset: dopamine per spike and its removal. */
struct observe_region {
    const char *name;
    double release_um; /* DAp, uM per spike */
    double v_max_um_s; /* largest uptake */
    double k_m_um;     /* uptake is half of that at this concentration */
    double k_other_s;  /* k_ns, all other removal, per second */
};

/* Drive to firing. */
struct observe_firing {
    double rest_hz; /* f0 */
    double gain_hz; /* kap, spikes per RPE unit */
    double tau_burst_s;
    double tonic;       /* L, 1 at rest */
    int64_t latency_ns; /* from an event to its burst, 0..500 ms */
};
extern const struct observe_firing observe_firing_default;

struct observe_config {
    struct observe_sensor sensor;
    struct observe_region region;
    struct observe_firing firing;
    int64_t step_ns; /* 0.1 ms .. 20 ms */
};

struct observe_impulse {
    int64_t t_ns;
    double area;
};

struct observe {
    struct observe_config config;
    double dt, burst_decay, burst_mean, rise;                    /* E, tau(1-E)/dt, 1-exp(-dt/tau_rise) */
    double release_dt, uptake_dt, k_other_dt, k_on_dt, k_off_dt; /* rates times dt */
    double leak, scale, rest_c_um, rest_b;                /* calcium loss per step; F_max/(1 + F_max b0); c0; b0 */
    int64_t start_ns;                                     /* the open step is [start_ns, start_ns + step_ns) */
    struct observe_impulse waiting[OBSERVE_IMPULSES_MAX]; /* a ring in order of time */
    uint32_t first, n_waiting;
    uint32_t n_dropped; /* impulses that found no room; can't happen in range, counted all the same */
    double burst;       /* p */
    double firing_hz, c_um, bound, conformation; /* f, c (or calcium z1), b, s (or z2) */
    double yhat; /* predicted dF/F at the end of the last closed step, before gain and offset */
};

/* The preset of this name, or NULL; the name of preset i = 0, 1 ..., NULL past the last. */
const struct observe_sensor *observe_sensor_find(const char *name);
const char *observe_sensor_name(size_t i);
const struct observe_region *observe_region_find(const char *name);
const char *observe_region_name(size_t i);

/* A chain at rest, its first step beginning at 0. False and *err: a value out of range. */
MUST_CHECK bool observe_init(struct observe *observe, const struct observe_config *config, struct error *err);

/* Schedules `area` (RPE units, below 0 for a dip) at `t_ns` + latency; calls come in order of time, an earlier one is
 * taken as simultaneous with the one before. Area 0 is nothing. */
void observe_impulse(struct observe *observe, int64_t t_ns, double area) RT_SAFE;

/* Closes the open step and returns yhat at its end. */
double observe_step(struct observe *observe) RT_SAFE;

/* The end of the open step. */
int64_t observe_due_ns(const struct observe *observe) RT_SAFE;
