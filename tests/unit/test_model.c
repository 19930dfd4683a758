/* model: the registry, parameter tables, the order of events, and digests. */
#include "engine/base/arena.h"
#include "engine/base/units.h"
#include "engine/model/model.h"
#include "tests/test.h"
#include <math.h>

static _Alignas(ARENA_ALIGN) uint8_t memory[1 << 20];

static void every_name_finds_its_model(void **state)
{
    (void)state;
    int n = 0;
    for (const char *const *name = model_names(); *name != NULL; name++, n++)
        assert_string_equal(model_find(*name)->name, *name);
    assert_true(n >= 3);
    assert_null(model_find("td"));
    assert_true(model_find("null_mean")->null && model_find("null_zero")->null && !model_find("td_csc")->null);
}

static void every_default_is_allowed_and_every_row_complete(void **state)
{
    (void)state;
    for (const char *const *name = model_names(); *name != NULL; name++) {
        const struct model_ops *ops = model_find(*name);
        double params[MODEL_PARAMS_MAX];
        struct error err = {0};
        assert_true(ops->n_params <= MODEL_PARAMS_MAX && ops->n_aux <= MODEL_AUX_MAX);
        model_defaults(ops, params);
        assert_true(model_params_check(ops, params, &err));
        for (int i = 0; i < ops->n_params; i++) {
            const struct model_param *param = &ops->params[i];
            assert_non_null(param->unit);
            assert_non_null(param->source);
            assert_true(param->lo < param->hi);
            assert_int_equal(model_param_index(ops, param->name), i); /* no name twice */
        }
        assert_true(ops->step_ns_min <= ops->step_ns && ops->step_ns <= ops->step_ns_max);
        assert_true(ops->state_size(params, 0.1) <= sizeof memory);
    }
}

static void the_default_rates_are_those_of_the_papers(void **state)
{
    (void)state;
    const struct model_ops *ops = model_find("td_csc");
    double params[MODEL_PARAMS_MAX];
    model_defaults(ops, params);
    /* Starkweather 2017: 0.98 per step of 0.2 s; trace 0.9 per 0.2 s */
    assert_true(fabs(exp(-0.2 / params[model_param_index(ops, "tau_discount_s")]) - 0.98) < 1e-3);
    assert_true(fabs(exp(-0.2 / params[model_param_index(ops, "tau_lambda_s")]) - 0.9) < 1e-3);
    assert_true(params[model_param_index(ops, "alpha")] == 0.1);
    assert_int_equal(ops->step_ns, 100 * MS);
}

static void a_value_out_of_range_is_refused_by_name(void **state)
{
    (void)state;
    const struct model_ops *ops = model_find("td_csc");
    double params[MODEL_PARAMS_MAX];
    struct error err = {0};
    model_defaults(ops, params);
    params[model_param_index(ops, "alpha")] = (double)NAN;
    assert_false(model_params_check(ops, params, &err));
    assert_string_equal(err.what, "alpha");
    model_defaults(ops, params);
    params[model_param_index(ops, "n_bins")] = 10.5;
    assert_false(model_params_check(ops, params, &err));
    assert_string_equal(err.what, "n_bins");
}

static void events_of_one_time_have_a_fixed_order(void **state)
{
    (void)state;
    const struct model_event off = {.t_ns = 5, .kind = EV_CS_OFF, .id = 7}, on = {.t_ns = 5, .kind = EV_CS_ON, .id = 0};
    const struct model_event on1 = {.t_ns = 5, .kind = EV_CS_ON, .id = 1}, early = {.t_ns = 4, .kind = EV_LICK};
    assert_true(model_event_after(&on, &off) && !model_event_after(&off, &on));
    assert_true(model_event_after(&on1, &on) && !model_event_after(&on, &on1));
    assert_true(model_event_after(&off, &early));
    assert_false(model_event_after(&on, &on)); /* equal ones keep the order of arrival */
}

static void a_number_that_is_not_finite_is_found_anywhere(void **state)
{
    (void)state;
    struct model_out out = {0};
    assert_true(model_out_finite(&out, 1));
    double *const fields[] = {&out.delta,       &out.drive_area,  &out.lick_rate,
                              &out.value_cs[7], &out.action_p[3], &out.aux[0]};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        *fields[i] = i % 2 == 0 ? (double)NAN : (double)INFINITY;
        assert_false(model_out_finite(&out, 1));
        *fields[i] = 0;
    }
}

static void the_digest_tells_any_change(void **state)
{
    (void)state;
    struct model_out out = {0};
    const uint64_t plain = model_out_digest(0, &out, 2);
    assert_true(plain == model_out_digest(0, &out, 2));
    out.aux[1] = 5e-324;
    assert_true(plain != model_out_digest(0, &out, 2));
    out.aux[1] = 0;
    out.drive_t_ns = 1;
    assert_true(plain != model_out_digest(0, &out, 2));
}

static void null_models_drive_nothing_and_have_a_state(void **state)
{
    (void)state;
    const char *const names[] = {"null_mean", "null_zero"};
    for (int i = 0; i < 2; i++) {
        const struct model_ops *ops = model_find(names[i]);
        struct model_out out;
        struct error err = {0};
        uint8_t bytes[64];
        struct blob blob = {.bytes = bytes, .size = sizeof bytes};
        assert_true(ops->init(memory, sizeof memory, NULL, 0.1, 1, &err));
        ops->event(memory, &(struct model_event){.t_ns = 10, .kind = EV_US, .mag = 1});
        ops->step(memory, 0, &out);
        assert_true(out.drive_area == 0 && out.delta == 0);
        ops->save(memory, &blob);
        assert_true(ops->load(memory, &blob, 0, &err));
        assert_false(model_find(names[1 - i])->load(memory, &blob, 0, &err));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_name_finds_its_model),
    cmocka_unit_test(every_default_is_allowed_and_every_row_complete),
    cmocka_unit_test(the_default_rates_are_those_of_the_papers),
    cmocka_unit_test(a_value_out_of_range_is_refused_by_name),
    cmocka_unit_test(events_of_one_time_have_a_fixed_order),
    cmocka_unit_test(a_number_that_is_not_finite_is_found_anywhere),
    cmocka_unit_test(the_digest_tells_any_change),
    cmocka_unit_test(null_models_drive_nothing_and_have_a_state),
};

TEST_MAIN(tests)
