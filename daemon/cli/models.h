/* models: what replay and compare have in common: adding models to a recorded config, and their figures as JSON.
 * (cli/models.h)
 *
 * Threads: any, not real-time. */
#pragma once
#include "engine/base/error.h"
#include "engine/engine.h"
#include <jansson.h>

/* Adds the model `name`, with default parameters, to every signal that does not have it yet. Its standard reward is
 * that of the models that are there. False and *err: ERROR_USAGE, an unknown name; ERROR_INPUT, no room for it. */
MUST_CHECK bool models_add(struct config *config, const char *name, struct error *err);

/* The same for each of `n` names. */
MUST_CHECK bool models_add_all(struct config *config, const char *const *names, size_t n, struct error *err);

/* Figures of one model after a session, over all its scored events, each predicted before it happened. */
struct models_figures {
    double events, r, r2, r_trace, nrmse, loglik, bic, posterior;
};

/* Those of model `i` of the engine's config. */
void models_figures(const struct engine *engine, const struct config *config, uint32_t i,
                    struct models_figures *figures);

/* {"name", "signal", "events", "r", "r2", "r_trace", "nrmse", "loglik", "bic", "posterior"} of model `i`. The caller
 * owns it; NULL without memory. */
json_t *models_json(const struct engine *engine, const struct config *config, uint32_t i);

/* Prints a table of all models, a line each, signal by signal. */
void models_print(FILE *out, const struct engine *engine, const struct config *config);
