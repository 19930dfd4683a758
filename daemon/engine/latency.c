#include "engine/latency.h"
#include "engine/base/units.h"
#include "engine/model/predict.h"
#include "engine/signal/filter.h"
#include "engine/signal/phase.h"
#include <math.h>

static double rate_hz(const struct config *config, const struct config_source *source)
{
    return config->channels[config->signals[source->signal].channel_signal].rate_hz;
}

static int64_t filter_ns(const struct config *config, const struct config_source *source)
{
    struct filter filter;
    const double cut_hz = config->signals[source->signal].lowpass_hz;
    if (!filter_init(&filter, rate_hz(config, source), cut_hz, 2, NULL))
        return 0; /* the engine refuses it */
    return units_ns(filter_delay_s(&filter));
}

static int64_t phase_ns(const struct config *config, const struct config_trigger *trigger)
{
    struct phase phase;
    if (!phase_init(&phase, rate_hz(config, &trigger->source), trigger->low_hz, trigger->high_hz, NULL))
        return 0;
    return units_ns(phase_settle_s(&phase));
}

struct latency latency_of(const struct config *config, uint32_t i)
{
    const struct config_trigger *trigger = &config->triggers[i];
    const struct config_source *source = &trigger->source;
    const struct config_model *model = &config->models[source->model];
    const int64_t step_ns = model->step_ns;
    const int64_t stagger_ns = step_ns > 0 ? (int64_t)source->model * config->period_ns % step_ns : 0;
    struct latency latency = {.tick_ns = config->period_ns, .hold_ns = trigger->hold_ns};
    switch ((enum config_source_kind)source->kind) {
    case CONFIG_SOURCE_RESIDUAL:
        latency.filter_ns = filter_ns(config, source);
        latency.smoothing_ns = units_ns(PREDICT_LOW_TAU_S);
        latency.update_ns = PREDICT_OBS_NS;
        latency.behind_ns = step_ns + stagger_ns + config->period_ns;
        break;
    case CONFIG_SOURCE_PREDICTED:
        latency.update_ns = PREDICT_OBS_NS;
        latency.behind_ns = step_ns + stagger_ns + config->period_ns;
        break;
    case CONFIG_SOURCE_VARIABLE:
        latency.update_ns = step_ns;
        latency.stagger_ns = stagger_ns;
        break;
    case CONFIG_SOURCE_DFF:
    case CONFIG_SOURCE_PHASE:
        latency.filter_ns = filter_ns(config, source);
        latency.update_ns = units_ns(1 / rate_hz(config, source));
        if (source->kind == CONFIG_SOURCE_PHASE)
            latency.smoothing_ns = phase_ns(config, trigger);
        break;
    case CONFIG_SOURCE_YOKE:
        break;
    }
    latency.smoothing_ns += trigger->slope_ns;
    latency.seen_ns =
        latency.filter_ns + latency.smoothing_ns + latency.update_ns + latency.stagger_ns + latency.tick_ns;
    latency.total_ns = latency.seen_ns + latency.hold_ns;
    return latency;
}
