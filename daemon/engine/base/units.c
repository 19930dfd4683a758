#include "engine/base/units.h"
#include <assert.h>
#include <math.h>

int64_t units_ns(double seconds)
{
    assert(fabs(seconds) < 9.2e9); /* the rest does not fit, NaN neither */
    const double ns = fabs(seconds) * 1e9;
    const double whole = floor(ns); /* floor(ns + 0.5) would round 0.49999999999999994 up */
    const int64_t nearest = (int64_t)whole + (ns - whole >= 0.5);
    return seconds < 0 ? -nearest : nearest;
}

double units_s(int64_t ns)
{
    return (double)ns / 1e9; /* not times 1e-9, which is itself rounded */
}
