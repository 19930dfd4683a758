/* models: what is added to a recorded config. */
#include "cli/models.h"
#include "engine/base/units.h"
#include "tests/test.h"

static struct config config;
static struct error err;

/* Two signals; the second has a td_csc. */
static void begin(void)
{
    config = (struct config){.period_ns = MS, .n_signals = 2, .n_models = 1};
    config.models[0] = (struct config_model){.name = "td_csc", .step_ns = 20 * MS, .mag_ref = 6, .signal = 1};
    err = (struct error){0};
}

static void a_model_is_added_where_it_is_missing(void **state)
{
    (void)state;
    begin();
    assert_true(models_add(&config, "td_csc", &err));
    assert_int_equal(config.n_models, 2);
    assert_int_equal(config.models[1].signal, 0);
    assert_int_equal(config.models[1].step_ns, 100 * MS); /* the model's default */
    assert_true(config.models[1].mag_ref == 6);           /* as in the session */
    assert_int_equal(config.models[0].step_ns, 20 * MS);  /* what was there stays */
    assert_true(models_add(&config, "td_csc", &err));
    assert_int_equal(config.n_models, 2);
}

static void without_models_the_standard_reward_is_a_usual_drop(void **state)
{
    (void)state;
    begin();
    config.n_models = 0;
    assert_true(models_add_all(&config, (const char *const[]){"null_mean", "null_zero"}, 2, &err));
    assert_int_equal(config.n_models, 4);
    assert_true(config.models[3].mag_ref == 4);
}

static void the_step_is_a_multiple_of_the_tick(void **state)
{
    (void)state;
    begin();
    config.period_ns = 3 * MS;
    assert_true(models_add(&config, "null_mean", &err));
    assert_int_equal(config.models[1].step_ns, 99 * MS);
}

static void an_unknown_name_and_a_full_config_are_refused(void **state)
{
    (void)state;
    begin();
    char line[512];
    assert_false(models_add(&config, "null_men", &err));
    assert_string_equal(error_line(&err, line, sizeof line),
                        "--model = null_men: expected a model: did you mean null_mean?");
    config.n_models = CONFIG_MODELS_MAX;
    assert_false(models_add(&config, "null_zero", &err));
    assert_int_equal(err.kind, ERROR_INPUT);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_model_is_added_where_it_is_missing),
    cmocka_unit_test(without_models_the_standard_reward_is_a_usual_drop),
    cmocka_unit_test(the_step_is_a_multiple_of_the_tick),
    cmocka_unit_test(an_unknown_name_and_a_full_config_are_refused),
};

TEST_MAIN(tests)
