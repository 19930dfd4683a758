#include "engine/task/watch.h"
#include "engine/base/units.h"
#include <math.h>

void watch_init(struct watch *watch, int64_t slope_ns, bool zscore)
{
    *watch = (struct watch){
        .slope_ns = slope_ns, .zscore = zscore, .t_ns = INT64_MIN, .measured_ns = INT64_MIN, .value = (double)NAN};
}

static double slope(struct watch *watch, int64_t t_ns, double x)
{
    if (watch->t_ns == INT64_MIN) {
        watch->low = x;
        return (double)NAN;
    }
    const double dt_s = units_s(t_ns - watch->t_ns);
    const double change = dt_s / (units_s(watch->slope_ns) + dt_s) * (x - watch->low);
    watch->low += change;
    return change / dt_s;
}

static double in_sd(struct watch *watch, int64_t t_ns, double x)
{
    if (watch->measured_ns == INT64_MIN) {
        watch->measured_ns = t_ns;
        watch->mean = x;
        return (double)NAN;
    }
    const double dt_s = units_s(t_ns - watch->measured_ns), sd = sqrt(watch->variance);
    const bool warm = watch->seen_s >= WATCH_WARMUP_S && sd > 0;
    double d = x - watch->mean;
    const double z = warm ? d / sd : (double)NAN;
    if (warm && fabs(d) > WATCH_CLIP * sd)
        d = copysign(WATCH_CLIP * sd, d);
    if (watch->seen_s <= 0)
        watch->seen_s = dt_s; /* the first number stands for as long as the second */
    watch->seen_s += dt_s;
    watch->measured_ns = t_ns;
    const double part = dt_s / (watch->seen_s < WATCH_TAU_S ? watch->seen_s : WATCH_TAU_S + dt_s);
    watch->mean += part * d;
    watch->variance = (1 - part) * (watch->variance + part * d * d);
    return z;
}

double watch_feed(struct watch *watch, int64_t t_ns, double x)
{
    if (!isfinite(x))
        return watch->value = (double)NAN;
    double value = x;
    if (watch->slope_ns > 0) {
        value = slope(watch, t_ns, x);
        watch->t_ns = t_ns;
    }
    if (watch->zscore && isfinite(value))
        value = in_sd(watch, t_ns, value);
    return watch->value = value;
}
