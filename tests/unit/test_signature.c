/* signature: simulated animals and the table of published results. */
#include "cli/signature.h"
#include "engine/base/units.h"
#include "tests/test.h"
#include <math.h>

static const struct signature_setting none[SIGNATURE_SETTINGS_MAX];
static const struct signature_trial trial = {.cues = 1, .us_s = 2, .reward = 1};

static void start(struct signature_animal *animal, const char *model, uint64_t seed)
{
    struct error err = {0};
    assert_true(signature_animal_start(animal, model_find(model), none, 0, seed, &err));
}

static void a_first_reward_drives_what_it_is_worth(void **state)
{
    (void)state;
    struct signature_animal animal;
    start(&animal, "td_csc", 1);
    signature_run_trial(&animal, &trial);
    assert_true(signature_drive(&animal, 2.0, 2.25) == 1);
    assert_true(signature_drive(&animal, 0, 2.0) == 0);
    assert_int_equal(animal.n_drive, 40); /* 2 s and 2 s after, in steps of 0.1 s */
    signature_animal_free(&animal);
}

static void a_probe_teaches_nothing(void **state)
{
    (void)state;
    struct signature_animal animal, other;
    start(&animal, "td_micro", 1);
    start(&other, "td_micro", 1);
    signature_run_trials(&animal, 20, &trial);
    signature_run_trials(&other, 20, &trial);
    const double drive = signature_probe(&animal, &trial, 2.0, 2.25);
    assert_true(drive > 0 && drive < 1);
    assert_true(signature_probe(&animal, &trial, 2.0, 2.25) == drive);
    signature_run_trial(&animal, &trial);
    signature_run_trial(&other, &trial);
    assert_int_equal(animal.k, other.k);
    assert_true(signature_drive(&animal, 0, 4) == signature_drive(&other, 0, 4));
    signature_animal_free(&animal);
    signature_animal_free(&other);
}

static void a_seed_is_an_animal(void **state)
{
    (void)state;
    struct signature_animal animals[3];
    int64_t k[3];
    for (int i = 0; i < 3; i++) {
        start(&animals[i], "rw", i == 2 ? 1 : (uint64_t)i + 1);
        signature_run_trials(&animals[i], 10, &trial);
        k[i] = animals[i].k;
        signature_animal_free(&animals[i]);
    }
    assert_true(k[0] != k[1]);
    assert_int_equal(k[0], k[2]);
    assert_in_range(k[0], 10 * 60, 10 * 420); /* 2 s and 4..40 s, in steps of 0.1 s */
}

static void light_goes_on_at_the_outcome(void **state)
{
    (void)state;
    struct signature_animal animal;
    struct signature_trial lit = trial;
    lit.light_s = 1;
    start(&animal, "td_csc", 1);
    signature_run_trial(&animal, &lit);
    assert_true(fabs(signature_drive(&animal, 2, 4) - 6) < 1e-12); /* the reward, and 1 s at one RPE per 0.2 s */
    assert_true(signature_drive(&animal, 3, 4) < 1e-12);
    signature_animal_free(&animal);
}

static void unknown_settings_and_wrong_ones_are_refused(void **state)
{
    (void)state;
    struct signature_animal animal;
    struct error err = {0};
    const struct signature_setting unknown[SIGNATURE_SETTINGS_MAX] = {
        {"alfa", 1}
    };
    const struct signature_setting diverging[SIGNATURE_SETTINGS_MAX] = {
        {"alpha", 0.5}
    };
    assert_false(signature_animal_start(&animal, model_find("td_csc"), unknown, 0, 1, &err));
    assert_string_equal(err.what, "alfa");
    assert_false(signature_animal_start(&animal, model_find("td_micro"), diverging, 0, 1, &err));
    assert_null(animal.state);
}

static void every_case_has_its_signature_and_its_model(void **state)
{
    (void)state;
    for (int i = 0; i < signature_n_cases; i++) {
        const struct signature_case *of = &signature_cases[i];
        struct signature_animal animal;
        struct error err = {0};
        assert_non_null(signature_find(of->signature));
        if (strcmp(of->model, "observation") == 0)
            continue; /* the chain from drive to dF/F, no model of learning */
        assert_non_null(model_find(of->model));
        if (!signature_animal_start(&animal, model_find(of->model), of->settings, of->step_s, 1, &err))
            fail_msg("%s, %s: %s: expected %s", of->signature, of->model, err.what, err.expected);
        signature_animal_free(&animal);
        for (int j = 0; j < i; j++)
            assert_false(strcmp(signature_cases[j].signature, of->signature) == 0 &&
                         strcmp(signature_cases[j].model, of->model) == 0 &&
                         strcmp(signature_cases[j].variant, of->variant) == 0);
    }
    for (int i = 0; i < signature_n; i++) {
        assert_non_null(signature_list[i].values[0]);
        assert_true(signature_find(signature_list[i].id) == &signature_list[i]);
    }
}

static void the_verdict_needs_the_mean_and_four_animals_in_five(void **state)
{
    (void)state;
    struct signature_result result;
    struct error err = {0};
    const struct signature_case shown = {.signature = "magnitude", .model = "rw", .expect = SIGNATURE_MUST};
    const struct signature_case not_shown = {.signature = "second_order", .model = "rw", .expect = SIGNATURE_MUST};
    assert_true(signature_run(&shown, 2, &result, &err));
    assert_true(result.shown && result.ok && result.n_shown == 2 && result.n_seeds == 2);
    assert_true(fabs(result.values[2] - 1) < 1e-6); /* of_2: a reward of 2 after a cue for 1 */
    assert_true(signature_run(&not_shown, 2, &result, &err));
    assert_true(!result.shown && !result.ok && result.n_shown == 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_first_reward_drives_what_it_is_worth),
    cmocka_unit_test(a_probe_teaches_nothing),
    cmocka_unit_test(a_seed_is_an_animal),
    cmocka_unit_test(light_goes_on_at_the_outcome),
    cmocka_unit_test(unknown_settings_and_wrong_ones_are_refused),
    cmocka_unit_test(every_case_has_its_signature_and_its_model),
    cmocka_unit_test(the_verdict_needs_the_mean_and_four_animals_in_five),
};

TEST_MAIN(tests)
