#include "engine/model/lickrate.h"
#include "engine/base/det.h"

#define RATE_HZ_MIN    1e-3 /* a rate of zero would make one unexpected lick impossible, not just unlikely */
#define SOFTPLUS_LARGE 36.0 /* from here on ln(1 + e^x) is x to the last bit */

static double softplus(double x)
{
    return x > SOFTPLUS_LARGE ? x : det_log1p(det_exp(x));
}

double lickrate_step(struct lickrate *lickrate, const double *params, double dt, double value, double since_us_s)
{
    const double drive = value > 0 ? value : 0;
    lickrate->vbar += dt / params[LICKRATE_TAU] * (drive - lickrate->vbar);
    const double softness = params[LICKRATE_L3];
    const double rate_hz = params[LICKRATE_L0] +
                           params[LICKRATE_L1] * softplus((lickrate->vbar - params[LICKRATE_L2]) / softness) * softness;
    const double total_hz = since_us_s <= params[LICKRATE_L5] ? rate_hz + params[LICKRATE_L4] : rate_hz;
    return total_hz > RATE_HZ_MIN ? total_hz : RATE_HZ_MIN;
}
