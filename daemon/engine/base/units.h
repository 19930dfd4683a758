/* units: names for the time units every room counts in. (engine/base/units.h)
 *
 * Session time is int64_t nanoseconds from session start; these constants turn literals into it. */
#pragma once
#include "engine/base/rt.h"
#include <stdint.h>

#define US       ((int64_t)1000) /* one microsecond in ns */
#define MS       (1000 * US)     /* one millisecond in ns */
#define S        (1000 * MS)     /* one second in ns */
#define S_PER_NS 1e-9            /* seconds in one nanosecond */

/* `seconds` as ns, to the nearest, halves away from zero. Range: |seconds| < 9.2e9. */
int64_t units_ns(double seconds) RT_SAFE;

/* `ns` in seconds. Exact to one part in 2^53. */
double units_s(int64_t ns) RT_SAFE;
