#include "engine/base/units.h"
#include "engine/engine_state.h"
#include "engine/engine_triggers.h"
#include <assert.h>

static bool signal_init(struct engine *engine, uint32_t i, struct error *err)
{
    const struct config_signal *signal = &engine->config.signals[i];
    return photometry_init(&engine->fibres[i],
                           &(struct photometry_config){
                               .sample_hz = engine->config.channels[signal->channel_signal].rate_hz,
                               .lowpass_hz = signal->lowpass_hz,
                               .tau_baseline_s = signal->tau_baseline_s,
                               .tau_fit_s = signal->tau_fit_s,
                               .clip_low_v = signal->clip_low_v,
                               .clip_high_v = signal->clip_high_v,
                               .has_control = signal->channel_control != UINT32_MAX,
                           },
                           err);
}

static bool model_init(struct predict *predict, const struct config *config, uint32_t i, struct arena *arena,
                       struct error *err)
{
    const struct config_model *model = &config->models[i];
    const struct config_signal *signal = &config->signals[model->signal];
    const struct model_ops *ops = model_find(model->name);
    double params[MODEL_PARAMS_MAX];
    assert(ops != NULL); /* config_check has looked */
    model_defaults(ops, params);
    for (uint32_t k = 0; k < model->n_settings; k++)
        params[model_param_index(ops, model->settings[k].name)] = model->settings[k].value;
    return predict_init(predict,
                        &(struct predict_config){.model = model->name,
                                                 .params = params,
                                                 .mag_ref = model->mag_ref,
                                                 .tick_ns = config->period_ns,
                                                 .step_ns = model->step_ns,
                                                 .stagger_ticks = i,
                                                 .sensor = signal->sensor,
                                                 .region = signal->region,
                                                 .seed = config->seed},
                        arena, err);
}

static bool models_init(struct engine *engine, struct arena *arena, struct error *err)
{
    const struct config *config = &engine->config;
    uint32_t n_of[CONFIG_SIGNALS_MAX] = {0};
    for (uint32_t i = 0; i < config->n_models; i++) {
        engine->models[i] = arena_take(arena, sizeof *engine->models[i]);
        if (engine->models[i] != NULL && !model_init(engine->models[i], config, i, arena, err))
            return false;
        engine->place[i] = n_of[config->models[i].signal]++;
    }
    for (uint32_t s = 0; s < config->n_signals; s++)
        if (n_of[s] > 0)
            posterior_init(&engine->posteriors[s], n_of[s]);
    return true;
}

/* Everything but the models. */
static bool parts_init(struct engine *engine, struct error *err)
{
    const struct config *config = &engine->config;
    safety_init(&engine->safety, config);
    machine_init(&engine->machine, config);
    for (uint32_t i = 0; i < config->n_trains; i++)
        train_init(&engine->trains[i], &config->trains[i], config->seed);
    if (!engine_triggers_init(engine, err))
        return false;
    for (uint32_t i = 0; i < FRAME_OUTPUTS_MAX; i++)
        engine->cue_of[i] = ENGINE_NO_CUE;
    for (uint32_t i = 0; i < config->n_inputs; i++)
        if (config->inputs[i].kind == CONFIG_INPUT_LICK &&
            !lick_init(&engine->licks[i],
                       &(struct lick_config){.refractory_ns = config->inputs[i].refractory_ns,
                                             .bout_gap_ns = config->inputs[i].bout_gap_ns},
                       err))
            return false;
    for (uint32_t i = 0; i < config->n_signals; i++)
        if (!signal_init(engine, i, err))
            return false;
    return true;
}

/* What the models take of the arena, with a model on the stack in place of those that are not there. */
static bool measure(const struct config *config, struct arena *arena, struct error *err)
{
    struct predict predict;
    for (uint32_t i = 0; i < config->n_models; i++) {
        (void)arena_take(arena, sizeof predict);
        if (!model_init(&predict, config, i, arena, err))
            return false;
    }
    return true;
}

bool engine_init(struct engine **engine, const struct config *config, struct arena *arena, struct error *err)
{
    *engine = NULL;
    if (!config_check(config, err))
        return false;
    struct engine *made = arena_take(arena, sizeof *made);
    if (arena->base == NULL)
        return measure(config, arena, err);
    if (made == NULL)
        return error_set(err, ERROR_SYSTEM, NULL, "engine", NULL, "the arena is too small");
    made->config = *config;
    if (!parts_init(made, err) || !models_init(made, arena, err))
        return false;
    if (!arena_fits(arena))
        return error_set(err, ERROR_SYSTEM, NULL, "engine", NULL, "the arena is too small");
    *engine = made;
    return true;
}

size_t engine_size(const struct config *config, struct error *err)
{
    struct arena arena;
    struct engine *engine;
    arena_init(&arena, NULL, 0);
    return engine_init(&engine, config, &arena, err) ? arena.used : 0;
}
