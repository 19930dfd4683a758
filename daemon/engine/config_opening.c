/* A valve's calibration table: the one thing of the config that is computed with, not only checked. */
#include "engine/config.h"
#include <math.h>

bool config_opening_ns(const struct config_output *output, double ul, int64_t *open_ns)
{
    for (uint32_t i = 1; i < output->n_opening; i++) {
        const struct config_opening *low = &output->opening[i - 1], *high = &output->opening[i];
        if (ul >= low->ul && ul <= high->ul) {
            const double share = (ul - low->ul) / (high->ul - low->ul);
            *open_ns = low->open_ns + (int64_t)rint(share * (double)(high->open_ns - low->open_ns));
            return true;
        }
    }
    return false;
}
