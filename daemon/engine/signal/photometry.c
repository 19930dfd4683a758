#include "engine/signal/photometry.h"
#include <assert.h>
#include <math.h>

#define LOWPASS_ORDER  2     /* 4 delays twice as long and rings; what 2 lets through is noise, not structure */
#define BASELINE_MIN_V 1e-6  /* below is no light, whatever the detector */
#define CONTROL_SD_MIN 1e-6  /* dF/F; a tenth of a 16-bit converter's step: below is rounding, not movement */
#define HUBER_SD       1.345 /* 95 % efficient for normal residuals (Huber 1964) */
#define SD_PER_MEAN    1.2533141373155003 /* sqrt(pi / 2): sd of a normal from its mean absolute value */

static bool in_range(const char *what, double got, double low, double high, struct error *err)
{
    if (got >= low && got <= high)
        return true;
    return error_set(err, ERROR_INPUT, NULL, what, NULL, "%g..%g, got %g", low, high, got);
}

bool photometry_init(struct photometry *photometry, const struct photometry_config *config, struct error *err)
{
    if (!in_range("sample_hz", config->sample_hz, 5, 1e5, err) ||
        !in_range("tau_baseline_s", config->tau_baseline_s, 1, 3600, err) ||
        !in_range("tau_fit_s", config->tau_fit_s, 10, 36000, err))
        return false;
    if (!(config->clip_low_v < config->clip_high_v))
        return error_set(err, ERROR_INPUT, NULL, "clip_low_v", NULL, "below clip_high_v = %g, got %g",
                         config->clip_high_v, config->clip_low_v);
    struct filter lowpass;
    if (!filter_init(&lowpass, config->sample_hz, config->lowpass_hz, LOWPASS_ORDER, err))
        return false;
    *photometry = (struct photometry){
        .config = *config,
        .signal.lowpass = lowpass,
        .control.lowpass = lowpass,
        .blank_until_ns = INT64_MIN,
        .dff_ns = INT64_MIN,
        .flags = PHOTOMETRY_WARMING,
    };
    return true;
}

static void mark(struct photometry *p, enum photometry_flag flag, bool on)
{
    p->flags = on ? p->flags | flag : p->flags & ~(uint32_t)flag;
}

/* Gain of an exponential mean at its n-th value: the plain mean's until that is slower. */
static double gain(const struct photometry *p, double tau_s)
{
    const double plain = 1 / (double)p->n_learned, exponential = 1 / (tau_s * p->config.sample_hz);
    return plain > exponential ? plain : exponential;
}

static double deviation(const struct photometry_channel *channel)
{
    return channel->volts / channel->baseline_v - 1;
}

/* Weighted, forgetting form of the recursive covariance (West 1979). */
static void fit_learn(struct photometry *p, double ds, double dc)
{
    const double gain_fit = gain(p, p->config.tau_fit_s), keep = 1 - 1 / (p->config.tau_fit_s * p->config.sample_hz);
    const double from_ds = ds - p->fit.mean_ds, from_dc = dc - p->fit.mean_dc;
    const double residual = fabs(from_ds - p->slope * from_dc), limit = HUBER_SD * SD_PER_MEAN * p->fit.residual;
    const double weight = p->n_learned > 1 && residual > limit && limit > 0 ? limit / residual : 1;
    p->fit.residual += gain_fit * (residual - p->fit.residual);
    p->fit.weight = keep * p->fit.weight + weight;
    p->fit.mean_ds += weight / p->fit.weight * from_ds;
    p->fit.mean_dc += weight / p->fit.weight * from_dc;
    p->fit.square_ds = keep * p->fit.square_ds + weight * from_ds * (ds - p->fit.mean_ds);
    p->fit.square_dc = keep * p->fit.square_dc + weight * from_dc * (dc - p->fit.mean_dc);
    p->fit.product = keep * p->fit.product + weight * from_dc * (ds - p->fit.mean_ds);
}

static void fit_conclude(struct photometry *p)
{
    const bool moves = p->fit.square_dc > p->fit.weight * CONTROL_SD_MIN * CONTROL_SD_MIN;
    const double wanted = moves ? p->fit.product / p->fit.square_dc : 0;
    const double squares = p->fit.square_dc * p->fit.square_ds;
    p->slope = wanted < 0 ? 0 : wanted > PHOTOMETRY_SLOPE_MAX ? PHOTOMETRY_SLOPE_MAX : wanted;
    p->explained = moves && squares > 0 ? p->fit.product * p->fit.product / squares : 0;
    mark(p, PHOTOMETRY_SLOPE, !(wanted > 0 && wanted <= PHOTOMETRY_SLOPE_MAX));
}

/* The newest volts of both channels become a dF/F. False: too dark for one. */
static bool pair_use(struct photometry *p)
{
    const bool has_control = p->config.has_control;
    p->n_pairs++;
    const bool learns = !(p->flags & PHOTOMETRY_FLAT);
    if (learns) {
        p->n_learned++;
        const double g = gain(p, p->config.tau_baseline_s);
        p->signal.baseline_v += g * (p->signal.volts - p->signal.baseline_v);
        p->control.baseline_v += g * (p->control.volts - p->control.baseline_v);
    }
    mark(p, PHOTOMETRY_WARMING, (double)p->n_learned < PHOTOMETRY_WARMUP_S * p->config.sample_hz);
    const bool dark = p->signal.baseline_v < BASELINE_MIN_V || (has_control && p->control.baseline_v < BASELINE_MIN_V);
    mark(p, PHOTOMETRY_DARK, dark);
    if (dark)
        return false;
    const double ds = deviation(&p->signal), dc = has_control ? deviation(&p->control) : 0;
    if (has_control && learns) {
        fit_learn(p, ds, dc);
        fit_conclude(p);
    }
    p->dff = ds - p->slope * dc;
    p->dff_ns = has_control && p->control.t_ns > p->signal.t_ns ? p->control.t_ns : p->signal.t_ns;
    return true;
}

/* One sample into one channel. False: it did not enter. */
static bool channel_take(struct photometry *p, struct photometry_channel *channel, int64_t t_ns, double volts)
{
    const bool blanked = t_ns < p->blank_until_ns;
    mark(p, PHOTOMETRY_BLANKED, blanked);
    if (blanked) {
        p->n_blanked++;
        return false;
    }
    channel->clipped = !(volts > p->config.clip_low_v && volts < p->config.clip_high_v); /* NaN too */
    mark(p, PHOTOMETRY_CLIPPED, p->signal.clipped || p->control.clipped);
    if (channel->clipped) {
        p->n_clipped++;
        return false;
    }
    const double n_flat = PHOTOMETRY_FLAT_S * p->config.sample_hz;
    if (volts != channel->raw_v)
        channel->n_same = 0;
    else if (channel->n_same < n_flat)
        channel->n_same++;
    mark(p, PHOTOMETRY_FLAT, p->signal.n_same >= n_flat || p->control.n_same >= n_flat);
    channel->raw_v = volts;
    channel->volts = filter_step(&channel->lowpass, volts);
    channel->t_ns = t_ns;
    p->n_unpaired += channel->waiting;
    channel->waiting = p->config.has_control;
    return true;
}

/* True if the channel that now entered and the other are of one frame; drops the other if it is older. */
static bool pair_complete(struct photometry *p, struct photometry_channel *entered, struct photometry_channel *other)
{
    if (!other->waiting)
        return false;
    other->waiting = false;
    if (fabs((double)(entered->t_ns - other->t_ns)) * p->config.sample_hz >= 0.75e9) {
        p->n_unpaired++;
        return false;
    }
    entered->waiting = false;
    return true;
}

static void judge(struct photometry *p)
{
    p->trusted = (p->flags & ~(uint32_t)PHOTOMETRY_BLANKED) == 0;
}

bool photometry_signal(struct photometry *p, int64_t t_ns, double volts)
{
    const bool fresh = channel_take(p, &p->signal, t_ns, volts) &&
                       (!p->config.has_control || pair_complete(p, &p->signal, &p->control)) && pair_use(p);
    judge(p);
    return fresh;
}

bool photometry_control(struct photometry *p, int64_t t_ns, double volts)
{
    assert(p->config.has_control);
    const bool fresh =
        channel_take(p, &p->control, t_ns, volts) && pair_complete(p, &p->control, &p->signal) && pair_use(p);
    judge(p);
    return fresh;
}

void photometry_blank(struct photometry *p, int64_t until_ns)
{
    if (until_ns > p->blank_until_ns)
        p->blank_until_ns = until_ns;
}

double photometry_delay_s(const struct photometry *p)
{
    return filter_delay_s(&p->signal.lowpass);
}
