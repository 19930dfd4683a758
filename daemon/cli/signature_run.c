#include "cli/signature.h"
#include <stddef.h>
#include <string.h>

#define SHARE_OF_SEEDS 0.8 /* in which the inequality must hold, besides for the means */

/* One seed, added up. */
static bool run_seed(const struct signature *signature, const struct signature_case *of, uint64_t seed, int n_seeds,
                     struct signature_result *result, struct signature_animal *animal, struct error *err)
{
    double values[SIGNATURE_VALUES_MAX] = {0};
    const struct model_ops *ops = model_find(of->model);
    *animal = (struct signature_animal){0};
    if (ops != NULL && !signature_animal_start(animal, ops, of->settings, of->step_s, seed, err))
        return false;
    signature->measure(animal, values);
    result->n_shown += signature->shows(animal, values);
    for (int i = 0; i < SIGNATURE_VALUES_MAX; i++)
        result->values[i] += values[i] / n_seeds;
    return true;
}

bool signature_run(const struct signature_case *of, int n_seeds, struct signature_result *result, struct error *err)
{
    struct signature_animal animal;
    const struct signature *signature = signature_find(of->signature);
    const int n = signature->once ? 1 : n_seeds;
    *result = (struct signature_result){.signature = signature, .of = of, .n_seeds = n};
    for (int seed = 1; seed <= n; seed++) {
        if (!run_seed(signature, of, (uint64_t)seed, n, result, &animal, err))
            return false;
        if (seed == n)
            result->shown = signature->shows(&animal, result->values) && result->n_shown >= SHARE_OF_SEEDS * n;
        signature_animal_free(&animal);
    }
    result->ok = of->expect == SIGNATURE_REPORT || result->shown == (of->expect == SIGNATURE_MUST);
    return true;
}
