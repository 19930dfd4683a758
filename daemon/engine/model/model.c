#include "engine/model/model.h"
#include "engine/base/det.h"
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define MODEL_ROW(model)  &model##_ops,
#define MODEL_NAME(model) #model,
static const struct model_ops *const registry[] = {MODEL_LIST(MODEL_ROW)};
static const char *const names[] = {MODEL_LIST(MODEL_NAME) NULL};
#undef MODEL_ROW
#undef MODEL_NAME

const struct model_ops *model_find(const char *name)
{
    for (size_t i = 0; i < sizeof registry / sizeof *registry; i++)
        if (strcmp(registry[i]->name, name) == 0)
            return registry[i];
    return NULL;
}

const char *const *model_names(void)
{
    return names;
}

int model_param_index(const struct model_ops *ops, const char *name)
{
    for (int i = 0; i < ops->n_params; i++)
        if (strcmp(ops->params[i].name, name) == 0)
            return i;
    return -1;
}

void model_defaults(const struct model_ops *ops, double *params)
{
    for (int i = 0; i < ops->n_params; i++)
        params[i] = ops->params[i].def;
}

bool model_param_allows(const struct model_param *param, double value)
{
    const bool whole = param->kind == MODEL_PARAM_COUNT || param->kind == MODEL_PARAM_CHOICE;
    return value >= param->lo && value <= param->hi && (!whole || value == rint(value));
}

bool model_param_live(const struct model_ops *ops, int index, double value)
{
    if (index < 0 || index >= ops->n_params)
        return false;
    const struct model_param *param = &ops->params[index];
    return (param->kind == MODEL_PARAM_LIVE || param->kind == MODEL_PARAM_CHOICE) && model_param_allows(param, value);
}

bool model_params_check(const struct model_ops *ops, const double *params, struct error *err)
{
    assert(ops->n_params <= MODEL_PARAMS_MAX);
    for (int i = 0; i < ops->n_params; i++) {
        const struct model_param *param = &ops->params[i];
        if (model_param_allows(param, params[i]))
            continue;
        const bool whole = param->kind == MODEL_PARAM_COUNT || param->kind == MODEL_PARAM_CHOICE;
        return error_set(err, ERROR_INPUT, NULL, param->name, NULL, "%s%g..%g %s, got %g",
                         whole ? "a whole number in " : "", param->lo, param->hi, param->unit, params[i]);
    }
    return true;
}

bool model_event_after(const struct model_event *a, const struct model_event *b)
{
    if (a->t_ns != b->t_ns)
        return a->t_ns > b->t_ns;
    if (a->kind != b->kind)
        return a->kind > b->kind;
    return a->id > b->id;
}

static bool all_finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(fabs(x[i]) <= DBL_MAX))
            return false;
    return true;
}

bool model_out_finite(const struct model_out *out, int n_aux)
{
    const double single[] = {out->delta,       out->drive_area, out->value,    out->assoc,
                             out->uncertainty, out->avg_reward, out->lick_rate};
    return all_finite(single, sizeof single / sizeof *single) && all_finite(out->value_cs, MODEL_CS_MAX) &&
           all_finite(out->action_p, MODEL_ACTION_MAX) && all_finite(out->aux, (size_t)n_aux);
}

static uint64_t digest_all(uint64_t digest, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        digest = det_digest(digest, x[i]);
    return digest;
}

uint64_t model_out_digest(uint64_t digest, const struct model_out *out, int n_aux)
{
    digest = det_digest(digest, out->delta);
    digest = det_digest(digest, out->drive_area);
    digest = det_digest(digest, (double)out->drive_t_ns);
    digest = det_digest(digest, out->value);
    digest = digest_all(digest, out->value_cs, MODEL_CS_MAX);
    digest = det_digest(digest, out->assoc);
    digest = det_digest(digest, out->uncertainty);
    digest = det_digest(digest, out->avg_reward);
    digest = det_digest(digest, out->lick_rate);
    digest = digest_all(digest, out->action_p, MODEL_ACTION_MAX);
    return digest_all(digest, out->aux, (size_t)n_aux);
}
