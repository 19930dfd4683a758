/* photometry: from one fibre's volts to dF/F, online. (engine/signal/photometry.h)
 *
 * A fibre has a signal wavelength (dopamine, bleaching, movement) and mostly a control wavelength (movement:
 * isosbestic, or a second, inert colour). Samples of the two arrive alternately or together; a pair gives one dF/F:
 *
 * 1. Low-pass each channel (Butterworth, order 2, the same for both, so that they stay aligned).
 * 2. ds = s / s0 - 1, dc = c / c0 - 1: the deviations from the channel's own slow baseline, an exponential mean with
 *    tau_baseline_s that starts as the plain mean of what there is.
 * 3. slope of ds on dc: regression about running means, exponentially forgotten with tau_fit_s, each pair weighted by
 *    Huber's rule (1 up to 1.345 sd of the residual, then falling as 1 / residual), clipped to 0..SLOPE_MAX.
 * 4. dff = ds - slope * dc.
 *
 * Why the baseline comes first: sensor and control bleach differently (dLight does, tdTomato hardly), so that a
 * regression of the raw volts fits the bleaching, not the movement.
 *
 * Why robust: dopamine transients are outliers to this fit. Without the weights they pull the slope about, on a real
 * recording of a quiet animal (tau_fit_s 120) below zero for 5 % of the time, with them for 1 %.
 *
 * Why no negative slope: it would add the control to the signal. Then slope is 0 and `trusted` says so. How much the
 * control explains is no criterion of trust: with a quiet animal it is a percent or two, and subtracting a poorly known
 * slope times nearly nothing does no harm.
 *
 * All is causal: dF/F is late by photometry_delay_s, and bleaching at a steady k per second shifts it by
 * -k * tau_baseline_s. The control's own noise makes the slope too small, as in every such regression: by the factor
 * var(movement) / var(control). Clipped and blanked samples never enter; dff then holds, and dff_ns grows old.
 *
 * Threads: real-time; touches only its own struct. Memory: the caller's. Can't fail after init. */
#pragma once
#include "engine/base/error.h"
#include "engine/base/rt.h"
#include "engine/signal/filter.h"
#include <stdbool.h>
#include <stdint.h>

#define PHOTOMETRY_SLOPE_MAX 3.0 /* control and signal share their optics: relative movements differ by far less */
#define PHOTOMETRY_WARMUP_S  5.0 /* with fewer good pairs neither baseline nor slope means anything yet */
#define PHOTOMETRY_FLAT_S    1.0 /* so long the same value to the last bit is a dead detector: light has noise */

struct photometry_config {
    double sample_hz;               /* of each channel, 5..100000 */
    double lowpass_hz;              /* -3 dB, 0.0001..0.49 of sample_hz; 10 is usual */
    double tau_baseline_s;          /* 1..3600; 60 is usual: long against a response, short against bleaching */
    double tau_fit_s;               /* 10..36000; 300 is usual: with 120 a quiet animal's slope still wanders */
    double clip_low_v, clip_high_v; /* volts at or beyond are clipped; low < high, infinite: no limit */
    bool has_control;
};

/* Why a dF/F may not be trusted; also which samples did not enter. */
enum photometry_flag {
    PHOTOMETRY_WARMING = 1, /* less than PHOTOMETRY_WARMUP_S of good pairs so far */
    PHOTOMETRY_CLIPPED = 2, /* the newest sample of a channel was clipped (or no number) */
    PHOTOMETRY_FLAT = 4,    /* a channel has not moved for PHOTOMETRY_FLAT_S: nothing is learned from it */
    PHOTOMETRY_DARK = 8,    /* a baseline is practically 0 V: no dF/F */
    PHOTOMETRY_SLOPE = 16,  /* the fit wants a slope <= 0 or beyond PHOTOMETRY_SLOPE_MAX */
    PHOTOMETRY_BLANKED = 32 /* the newest sample was blanked; alone it takes no trust away */
};

struct photometry_channel {
    struct filter lowpass;
    double volts;      /* newest, low-passed */
    double baseline_v; /* s0 or c0 */
    double raw_v;      /* newest, as it came */
    int64_t t_ns;      /* of the newest that entered */
    uint32_t n_same;   /* how often raw_v was repeated, up to the count that makes it flat */
    bool waiting;      /* entered, its partner not yet */
    bool clipped;
};

struct photometry {
    struct photometry_config config;
    struct photometry_channel signal, control;
    int64_t blank_until_ns;
    struct { /* the regression: forgotten sums of weight, means, and squares about the means */
        double weight, mean_ds, mean_dc, square_ds, square_dc, product;
        double residual; /* mean absolute residual */
    } fit;
    uint64_t n_learned; /* pairs that baseline and fit have seen */
    /* results */
    double dff;       /* a fraction: 0.01 is 1 % */
    int64_t dff_ns;   /* time of the newest sample in it; INT64_MIN before the first */
    double slope;     /* as applied, 0..PHOTOMETRY_SLOPE_MAX; 0 without a control */
    double explained; /* share of the signal's variance that the control explains, 0..1 */
    uint32_t flags;   /* enum photometry_flag */
    bool trusted;     /* no flag but PHOTOMETRY_BLANKED */
    uint64_t n_pairs, n_clipped, n_blanked, n_unpaired;
};

/* Checks `config` and starts anew. False and *err: a value out of range. Not real-time. */
MUST_CHECK bool photometry_init(struct photometry *photometry, const struct photometry_config *config,
                                struct error *err);

/* A sample of the signal wavelength, taken at session time t_ns. True if dff is new: without a control always, else
 * when the control's sample of the same frame (less than 3/4 of a sampling interval away) has come; an older one is
 * dropped and counted. Not so if the sample is clipped or blanked, or the fibre dark. */
bool photometry_signal(struct photometry *photometry, int64_t t_ns, double volts) RT_SAFE;

/* The same for the control wavelength; only if has_control. */
bool photometry_control(struct photometry *photometry, int64_t t_ns, double volts) RT_SAFE;

/* Samples taken before until_ns are ignored: stimulation light. Never shortens an earlier call. */
void photometry_blank(struct photometry *photometry, int64_t until_ns) RT_SAFE;

/* How late dff is: the low-pass's group delay, in seconds. */
double photometry_delay_s(const struct photometry *photometry) RT_SAFE;
