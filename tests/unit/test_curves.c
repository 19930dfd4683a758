#include "cli/curves.h"
#include "tests/test.h"
#include <math.h>

enum { ANIMALS = 2, TRIALS = 100 };

static struct config config;
static struct learning_trial trials[ANIMALS][TRIALS];
static struct learning animals[ANIMALS];
static struct curves curves;

/* Two animals, two cues by turns, one spout more than one. Animal a licks `a` times a second more than the trial's
 * tenth. */
static void begin(uint32_t n_inputs)
{
    config = (struct config){.n_cues = 2, .n_inputs = n_inputs, .n_signals = 1, .n_models = 1};
    strcpy(config.cues[0].name, "A");
    strcpy(config.cues[1].name, "B");
    strcpy(config.inputs[0].name, "left");
    strcpy(config.inputs[1].name, "right");
    strcpy(config.signals[0].name, "vta");
    strcpy(config.models[0].name, "td_csc");
    config.inputs[0].kind = config.inputs[1].kind = CONFIG_INPUT_LICK;
    for (uint32_t a = 0; a < ANIMALS; a++) {
        animals[a] = (struct learning){.config = &config, .n_trials = TRIALS, .trials = trials[a]};
        for (uint32_t i = 0; i < TRIALS; i++) {
            struct learning_trial *trial = &trials[a][i];
            *trial = (struct learning_trial){.cue = i % 2,
                                             .anticipation_hz = (double)(a + i / 10),
                                             .response_ns = INT64_MIN,
                                             .response_input = LEARNING_NONE,
                                             .n_rewards = i % 4 == 0};
            for (uint32_t s = 0; s < CONFIG_SIGNALS_MAX; s++)
                trial->at_cue.measured[s] = trial->at_outcome.measured[s] = (double)NAN;
            for (uint32_t m = 0; m < CONFIG_MODELS_MAX; m++)
                trial->at_cue.predicted[m] = trial->at_outcome.predicted[m] = (double)NAN;
        }
    }
}

static const struct curve *find(const char *measure, uint32_t cue, uint32_t input)
{
    for (uint32_t i = 0; i < curves.n; i++)
        if (strcmp(curves.curve[i].measure, measure) == 0 && curves.curve[i].cue == cue &&
            curves.curve[i].input == input)
            return &curves.curve[i];
    return NULL;
}

static void blocks_have_1_2_or_5_times_a_power_of_ten_trials(void **state)
{
    (void)state;
    static const uint32_t cases[][3] = {
        {1,    1,   1 },
        {50,   1,   50},
        {51,   2,   26},
        {100,  2,   50},
        {200,  5,   40},
        {1000, 20,  50},
        {1001, 50,  21},
        {9999, 200, 50}
    }; /* trials, trials a block, blocks */
    begin(1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        curves_make(animals, ANIMALS, cases[i][0], &curves);
        assert_int_equal(curves.block, cases[i][1]);
        assert_int_equal(curves.n_blocks, cases[i][2]);
    }
}

static void a_point_is_the_mean_over_animals_with_its_standard_error(void **state)
{
    (void)state;
    begin(1);
    curves_make(animals, ANIMALS, TRIALS, &curves);
    const struct curve *curve = find("anticipatory_lick_hz", 0, LEARNING_NONE);
    assert_non_null(curve);
    assert_float_equal(curve->mean[0], 0.5, 1e-6); /* the animals' means are 0 and 1: sem = sqrt(0.5) / sqrt(2) */
    assert_float_equal(curve->sem[0], 0.5, 1e-6);
    assert_float_equal(curve->mean[49], 9.5, 1e-6);
    assert_int_equal(curve->n[0], 2); /* of two trials a block, one shows cue A, in each animal */
    assert_ptr_equal(curves_main(&curves), curve);
}

static void cues_are_told_apart(void **state)
{
    (void)state;
    begin(1);
    curves_make(animals, ANIMALS, TRIALS, &curves);
    const struct curve *a = find("reward_rate", 0, LEARNING_NONE), *b = find("reward_rate", 1, LEARNING_NONE);
    assert_float_equal((a->mean[0] + a->mean[1]), 1, 1e-6); /* every fourth trial, always with cue A */
    assert_float_equal((b->mean[0] + b->mean[1]), 0, 1e-6);
    char name[128];
    curves_name(b, &config, name);
    assert_string_equal(name, "cue B");
}

static void what_has_no_value_is_left_out(void **state)
{
    (void)state;
    begin(1);
    curves_make(animals, ANIMALS, TRIALS, &curves);
    assert_null(find("response", 0, LEARNING_NONE)); /* nobody ever answered */
    assert_null(find("latency_s", 0, LEARNING_NONE));
    assert_null(find("cue_dff", 0, LEARNING_NONE));
    assert_null(find("choice", LEARNING_NONE, 0)); /* one spout is no choice */
    trials[1][7].at_cue.measured[0] = 0.02;
    curves_make(animals, ANIMALS, TRIALS, &curves);
    const struct curve *curve = find("cue_dff", 1, LEARNING_NONE);
    assert_non_null(curve);
    assert_true(isnan(curve->mean[0]));
    assert_float_equal(curve->mean[3], 0.02, 1e-6);
    assert_int_equal(curve->signal, 0);
}

static void choices_are_shares_of_the_answered_trials(void **state)
{
    (void)state;
    begin(2);
    for (uint32_t i = 0; i < 4; i++) { /* of five trials animal 0 answers four, three of them at the left */
        trials[0][i].response_ns = 1;
        trials[0][i].response_input = i == 3;
    }
    curves_make(animals, 1, 200, &curves); /* five trials a block */
    const struct curve *left = find("choice", LEARNING_NONE, 0), *right = find("choice", LEARNING_NONE, 1);
    assert_float_equal(left->mean[0], 0.75, 1e-6);
    assert_float_equal(right->mean[0], 0.25, 1e-6);
    assert_int_equal(left->n[0], 4);
    assert_true(isnan(left->mean[1]));
    assert_string_equal(curves_main(&curves)->measure, "reward_rate"); /* licks before a choice teach little */
}

static void nobody_gives_no_curve(void **state)
{
    (void)state;
    curves_make(NULL, 0, 10, &curves);
    assert_int_equal(curves.n, 0);
    assert_null(curves_main(&curves));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(blocks_have_1_2_or_5_times_a_power_of_ten_trials),
    cmocka_unit_test(a_point_is_the_mean_over_animals_with_its_standard_error),
    cmocka_unit_test(cues_are_told_apart),
    cmocka_unit_test(what_has_no_value_is_left_out),
    cmocka_unit_test(choices_are_shares_of_the_answered_trials),
    cmocka_unit_test(nobody_gives_no_curve),
};

TEST_MAIN(tests)
