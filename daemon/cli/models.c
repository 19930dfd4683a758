#include "cli/models.h"
#include "engine/model/model.h"
#include "engine/model/posterior.h"
#include "engine/model/predict.h"
#include "planner/suggest.h"
#include <string.h>

static const double MAG_REF_UL = 4; /* as in a task that says nothing: a usual drop */
static const double K_FREE = 3;     /* gain, offset, noise: no model's own parameter is fitted here */

static bool has_model(const struct config *config, uint32_t signal, const char *name)
{
    for (uint32_t i = 0; i < config->n_models; i++)
        if (config->models[i].signal == signal && strcmp(config->models[i].name, name) == 0)
            return true;
    return false;
}

/* A multiple of the tick, as near to the model's default as can be. */
static int64_t step_ns(const struct model_ops *ops, int64_t tick_ns)
{
    const int64_t n = (ops->step_ns + tick_ns / 2) / tick_ns;
    return (n > 0 ? n : 1) * tick_ns;
}

bool models_add(struct config *config, const char *name, struct error *err)
{
    const struct model_ops *ops = model_find(name);
    const double mag_ref = config->n_models > 0 ? config->models[0].mag_ref : MAG_REF_UL;
    if (ops == NULL) {
        char text[SUGGEST_TEXT];
        size_t n = 0;
        while (model_names()[n] != NULL)
            n++;
        return error_set(err, ERROR_USAGE, NULL, "--model", name, "%s",
                         suggest_text(text, "a model", name, model_names(), n));
    }
    for (uint32_t signal = 0; signal < config->n_signals; signal++) {
        if (has_model(config, signal, name))
            continue;
        if (config->n_models == CONFIG_MODELS_MAX)
            return error_set(err, ERROR_INPUT, NULL, "--model", name, "at most %d models times signals",
                             CONFIG_MODELS_MAX);
        struct config_model *model = &config->models[config->n_models++];
        *model =
            (struct config_model){.step_ns = step_ns(ops, config->period_ns), .mag_ref = mag_ref, .signal = signal};
        snprintf(model->name, sizeof model->name, "%s", name);
    }
    return true;
}

bool models_add_all(struct config *config, const char *const *names, size_t n, struct error *err)
{
    for (size_t i = 0; i < n; i++)
        if (!models_add(config, names[i], err))
            return false;
    return true;
}

/* The model's weight among those of its signal. */
static double weight(const struct engine *engine, const struct config *config, uint32_t i)
{
    const struct posterior *posterior = engine_posterior(engine, config->models[i].signal);
    uint32_t place = 0;
    for (uint32_t k = 0; k < i; k++)
        place += config->models[k].signal == config->models[i].signal;
    return posterior != NULL ? posterior->weight[place] : 0;
}

void models_figures(const struct engine *engine, const struct config *config, uint32_t i,
                    struct models_figures *figures)
{
    const struct score *score = &engine_model(engine, i)->score;
    const struct score_type *pooled = &score->type[SCORE_POOLED];
    *figures = (struct models_figures){
        .events = pooled->all.n,
        .r = score_r(&pooled->all),
        .r2 = score_r2(&pooled->all),
        .r_trace = score_r(&score->trace),
        .nrmse = score_nrmse(&pooled->all),
        .loglik = pooled->log_score,
        .bic = score_bic(score, K_FREE),
        .posterior = weight(engine, config, i),
    };
}

json_t *models_json(const struct engine *engine, const struct config *config, uint32_t i)
{
    struct models_figures f;
    models_figures(engine, config, i, &f);
    return json_pack("{s:s, s:s, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:f}", "name", config->models[i].name, "signal",
                     config->signals[config->models[i].signal].name, "events", (json_int_t)f.events, "r", f.r, "r2",
                     f.r2, "r_trace", f.r_trace, "nrmse", f.nrmse, "loglik", f.loglik, "bic", f.bic, "posterior",
                     f.posterior);
}

void models_print(FILE *out, const struct engine *engine, const struct config *config)
{
    if (config->n_models == 0)
        return;
    fprintf(out, "  %-14s %-12s %7s %8s %8s %8s %8s %12s %12s %10s\n", "signal", "model", "events", "r", "r2",
            "r trace", "nrmse", "log lh", "BIC", "posterior");
    for (uint32_t s = 0; s < config->n_signals; s++)
        for (uint32_t i = 0; i < config->n_models; i++) {
            struct models_figures f;
            if (config->models[i].signal != s)
                continue;
            models_figures(engine, config, i, &f);
            fprintf(out, "  %-14s %-12s %7.0f %8.3f %8.3f %8.3f %8.3f %12.1f %12.1f %10.3g\n", config->signals[s].name,
                    config->models[i].name, f.events, f.r, f.r2, f.r_trace, f.nrmse, f.loglik, f.bic, f.posterior);
        }
}
