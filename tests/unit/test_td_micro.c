/* td_micro: the features of the paper, and parameters that would diverge. */
#include "engine/base/arena.h"
#include "engine/base/units.h"
#include "engine/model/micro.h"
#include "engine/model/model.h"
#include "tests/test.h"
#include <math.h>

static _Alignas(ARENA_ALIGN) uint8_t state_bytes[1 << 18];

static void set(const struct model_ops *ops, double *params, const char *name, double value)
{
    assert_true(model_param_index(ops, name) >= 0);
    params[model_param_index(ops, name)] = value;
}

/* The preset of Jeong 2022's public simulation code: constants of a 0.2 s step. */
static void jeong2022(const struct model_ops *ops, double *params)
{
    set(ops, params, "alpha", 0.02);
    set(ops, params, "n_micro", 20);
    set(ops, params, "tau_y_s", -0.2 / log(0.99));
    set(ops, params, "tau_discount_s", -0.2 / log(0.98));
    set(ops, params, "tau_lambda_s", -0.2 / log(0.95));
}

static void the_default_rates_are_those_of_the_paper(void **state)
{
    (void)state;
    const struct model_ops *ops = model_find("td_micro");
    double params[MODEL_PARAMS_MAX];
    model_defaults(ops, params);
    const struct {
        const char *name;
        double a_step; /* Ludvig 2008, per step of 50 ms */
    } rates[] = {
        {"tau_discount_s", 0.98 },
        {"tau_lambda_s",   0.95 },
        {"tau_y_s",        0.985}
    };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        assert_true(fabs(exp(-0.05 / params[model_param_index(ops, rates[i].name)]) - rates[i].a_step) < 1e-4);
    assert_int_equal(ops->step_ns, 50 * MS);
}

static void a_detector_is_highest_at_its_own_height(void **state)
{
    (void)state;
    const double params[MICRO_N_PARAMS] = {[MICRO_TAU_Y] = 3.308, [MICRO_N] = 50, [MICRO_SIGMA] = 0.08};
    assert_true(fabs(micro_height(params, 0.5, 25) - 0.5 * 0.39894228) < 1e-8); /* the density's shape, height 0.3989 */
    assert_true(fabs(micro_height(params, 0.5, 29) - 0.5 * 0.24197072) < 1e-8); /* one sigma away */
}

static double stability(const double *params, int64_t step_ns)
{
    const struct model_ops *ops = model_find("td_micro");
    struct model_out out;
    struct error err = {0};
    assert_true(ops->init(state_bytes, sizeof state_bytes, params, units_s(step_ns), 1, &err));
    ops->step(state_bytes, 0, &out);
    return out.aux[1];
}

static void both_presets_are_far_from_diverging(void **state)
{
    (void)state;
    const struct model_ops *ops = model_find("td_micro");
    double params[MODEL_PARAMS_MAX];
    model_defaults(ops, params);
    assert_string_equal(ops->aux_names[1], "stability");
    assert_true(fabs(stability(params, 50 * MS) - 0.06) < 0.005); /* the specification: 0.06 for both */
    jeong2022(ops, params);
    assert_true(fabs(stability(params, 200 * MS) - 0.06) < 0.005);
}

static void a_rate_that_would_diverge_is_refused(void **state)
{
    (void)state;
    const struct model_ops *ops = model_find("td_micro");
    double params[MODEL_PARAMS_MAX];
    struct error err = {0};
    char line[512];
    model_defaults(ops, params);
    const double limit = 0.01 / stability(params, 50 * MS);
    assert_false(ops->set_param(state_bytes, model_param_index(ops, "alpha"), limit * 1.01)); /* nor while running */
    assert_true(ops->set_param(state_bytes, model_param_index(ops, "alpha"), limit * 0.99));
    set(ops, params, "alpha", 0.5);
    assert_false(ops->init(state_bytes, sizeof state_bytes, params, 0.05, 1, &err));
    assert_string_equal(err.what, "alpha");
    error_line(&err, line, sizeof line);
    assert_non_null(strstr(line, "(stability), got 0.5"));
    assert_null(strchr(line, '\n'));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_default_rates_are_those_of_the_paper),
    cmocka_unit_test(a_detector_is_highest_at_its_own_height),
    cmocka_unit_test(both_presets_are_far_from_diverging),
    cmocka_unit_test(a_rate_that_would_diverge_is_refused),
};

TEST_MAIN(tests)
