#include "planner/rig_limits.h"
#include <lauxlib.h>

#define WINDOW_MIN_NS 1e7     /* 10 ms */
#define WINDOW_MAX_NS 8.64e13 /* 24 h */

/* `{ value, per = time }` at `key`. False: it is absent. */
static bool read_window(const struct declare *declare, const char *key, const struct declare_key *value, double *most,
                        int64_t *per_ns)
{
    static const struct declare_key per = {"per",         DECLARE_NS,    true, QUANTITY_TIME,
                                           WINDOW_MIN_NS, WINDOW_MAX_NS, 0,    NULL};
    static const struct declare_key both[] = {RIG_LIMITS_OTHER("1"), RIG_LIMITS_OTHER("per"), {0}};
    struct declare inner;
    char path[SANDBOX_TEXT];
    if (!declare_inner(declare, key, &inner, path))
        return false;
    declare_keys(&inner, both, most); /* no others; none is read here */
    declare_key(&inner, value, most);
    declare_key(&inner, &per, per_ns);
    lua_pop(declare->lua, 1);
    return true;
}

void rig_limits_read(const struct declare *declare, struct config_output *output)
{
    static const struct declare_key share = {"1", DECLARE_NUMBER, true, QUANTITY_NUMBER, 1e-6, 1, 0, NULL};
    static const struct declare_key energy = {"1", DECLARE_NUMBER, true, QUANTITY_ENERGY, 1e-6, 1e9, 0, NULL};
    (void)read_window(declare, "duty", &share, &output->duty, &output->duty_per_ns);
    if (read_window(declare, "max_energy", &energy, &output->max_energy_mj, &output->energy_per_ns) &&
        !(output->power_mw > 0))
        declare_fail(declare, "max_energy", NULL, "power = mw(x) beside it: the light's power while it is on");
}

void rig_limits_exclude(const struct declare *declare, struct config *config)
{
    const uint32_t self = config->n_outputs - 1;
    const uint32_t n = declare_list(declare, "exclude", FRAME_OUTPUTS_MAX);
    for (uint32_t i = 1; i <= n; i++) {
        const uint32_t other =
            declare_refer(declare, "exclude", declare_list_text(declare, "exclude", i),
                          "another output, declared above", config->outputs, self, sizeof *config->outputs, NULL);
        config->outputs[self].exclude |= 1u << other;
        config->outputs[other].exclude |= 1u << self;
    }
}
