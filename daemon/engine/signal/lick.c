#include "engine/signal/lick.h"
#include "engine/base/units.h"
#include <assert.h>

bool lick_init(struct lick *lick, const struct lick_config *config, struct error *err)
{
    if (config->refractory_ns < 1 * MS || config->refractory_ns > 500 * MS)
        return error_set(err, ERROR_INPUT, NULL, "refractory", NULL, "1..500 ms, got %g",
                         units_s(config->refractory_ns) * 1e3);
    if (config->bout_gap_ns <= config->refractory_ns || config->bout_gap_ns > 10 * S)
        return error_set(err, ERROR_INPUT, NULL, "bout gap", NULL,
                         "more than the refractory %g ms, at most 10000, got %g", units_s(config->refractory_ns) * 1e3,
                         units_s(config->bout_gap_ns) * 1e3);
    *lick = (struct lick){.config = *config, .last_ns = INT64_MIN};
    return true;
}

bool lick_edge(struct lick *lick, int64_t edge_ns)
{
    assert(edge_ns > lick->last_ns); /* the frame builder maps each input's edges in strict order, late ones too */
    const bool first = lick->last_ns == INT64_MIN;
    const int64_t gap_ns = first ? INT64_MAX : edge_ns - lick->last_ns;
    if (gap_ns < lick->config.refractory_ns)
        return false; /* last_ns stays: a chattering sensor must not hold off real licks for ever */
    lick->n_licks++;
    lick->begins_bout = !lick->in_bout || gap_ns > lick->config.bout_gap_ns;
    lick->n_bouts += lick->begins_bout;
    lick->last_ns = edge_ns;
    lick->touching = lick->in_bout = true;
    return true;
}

bool lick_release(struct lick *lick)
{
    const bool ends = lick->touching;
    lick->touching = false;
    return ends;
}

bool lick_bout_over(struct lick *lick, int64_t now_ns, int64_t late_ns, int64_t *end_ns)
{
    *end_ns = lick->last_ns + lick->config.bout_gap_ns;
    if (!lick->in_bout || now_ns - *end_ns < late_ns)
        return false;
    lick->in_bout = false;
    return true;
}
