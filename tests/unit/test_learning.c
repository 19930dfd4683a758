#include "cli/learning.h"
#include "engine/base/units.h"
#include "tests/test.h"
#include <math.h>

static struct config config;
static struct learning learning;
static struct frame_in in;
static struct frame_out out;
static struct trial plan;

/* A task of cue, window, reward and miss; a lick in the window leads to the reward. */
enum { CUE, WINDOW, REWARD, MISS };

static void begin(void)
{
    config = (struct config){.n_cues = 2, .n_inputs = 2, .n_outputs = 1};
    plan = (struct trial){.number = 1, .n_states = 4};
    strcpy(plan.states[CUE].name, "cue");
    strcpy(plan.states[WINDOW].name, "window");
    strcpy(plan.states[REWARD].name, "reward");
    strcpy(plan.states[MISS].name, "miss");
    plan.states[CUE].n_enter = 1;
    plan.states[CUE].enter[0] = (struct trial_action){.kind = TRIAL_CS, .target = 1};
    plan.states[WINDOW].n_on = 2;
    plan.states[WINDOW].on[0] = (struct trial_on){.event = TRIAL_ON_LICK, .id = 0, .to = REWARD};
    plan.states[WINDOW].on[1] = (struct trial_on){.event = TRIAL_ON_LICK, .id = 1, .to = TRIAL_DONE};
    learning_free(&learning);
    learning_init(&learning, &config);
}

static void decide(uint32_t kind, uint32_t id, int64_t t_ns, double value)
{
    frame_decide(&out, kind, id, t_ns, value);
}

/* The decisions so far are one tick. */
static void tick(bool with_plan)
{
    in.plan = with_plan ? &plan : NULL;
    learning_tick(&learning, &in, &out, NULL);
    frame_out_clear(&out);
}

/* A trial from `at` on: cue 1 s later, off and window 2 s later. */
static void open_trial(uint32_t number, int64_t at)
{
    decide(FRAME_TRIAL_START, number, at, 0);
    decide(FRAME_STATE, CUE, at + 1 * S, number);
    decide(FRAME_CUE, 1, at + 1 * S, 1);
    tick(true);
    decide(FRAME_CUE, 1, at + 2 * S, 0);
    decide(FRAME_STATE, WINDOW, at + 2 * S, number);
    tick(false);
}

static void lick(uint32_t input, int64_t t_ns)
{
    decide(FRAME_LICK, input, t_ns, 0);
}

static void a_lick_that_leads_on_after_the_cue_is_the_response(void **state)
{
    (void)state;
    begin();
    open_trial(1, 0);
    lick(0, 2500 * MS);
    decide(FRAME_STATE, REWARD, 2500 * MS, 1);
    decide(FRAME_REWARD, 0, 2500 * MS, 4);
    tick(false);
    lick(0, 2700 * MS); /* drinking */
    tick(false);
    decide(FRAME_TRIAL_END, REWARD, 4 * S, 2);
    tick(false);
    assert_true(learning_finish(&learning));
    assert_int_equal(learning.n_trials, 1);
    const struct learning_trial *trial = &learning.trials[0];
    assert_int_equal(trial->cue, 1);
    assert_int_equal(trial->response_ns, 2500 * MS);
    assert_int_equal(trial->response_input, 0);
    assert_int_equal(trial->n_rewards, 1);
    assert_float_equal(trial->reward_ul, 4, 0);
    assert_int_equal(trial->n_licks, 2);
    assert_string_equal(trial->last_state, "reward");
}

static void a_lick_that_ends_the_trial_is_a_response_too(void **state)
{
    (void)state;
    begin();
    open_trial(1, 0);
    lick(1, 2400 * MS);
    decide(FRAME_TRIAL_END, WINDOW, 2400 * MS, 1);
    tick(false);
    assert_true(learning_finish(&learning));
    assert_int_equal(learning.trials[0].response_input, 1);
    assert_string_equal(learning.trials[0].last_state, "window");
}

static void a_lick_to_which_the_state_has_no_answer_is_no_response(void **state)
{
    (void)state;
    begin();
    open_trial(1, 0);
    lick(0, 4 * S); /* just when the window's own timer ends it */
    decide(FRAME_STATE, MISS, 4 * S, 1);
    tick(false);
    decide(FRAME_TRIAL_END, MISS, 5 * S, 1);
    tick(false);
    assert_true(learning_finish(&learning));
    assert_int_equal(learning.trials[0].response_ns, INT64_MIN);
    assert_int_equal(learning.trials[0].response_input, LEARNING_NONE);
}

/* Cue at 1 s. Trial 1 is rewarded 2 s after its cue, and so are those without a reward measured: over 2 s. */
static void licks_are_anticipatory_from_the_cue_to_the_time_of_the_reward(void **state)
{
    (void)state;
    begin();
    open_trial(1, 0);
    lick(0, 1500 * MS);
    lick(0, 2500 * MS);
    lick(0, 2800 * MS);
    lick(0, 3100 * MS); /* behind the reward */
    decide(FRAME_REWARD, 0, 3 * S, 4);
    decide(FRAME_TRIAL_END, REWARD, 4 * S, 4);
    tick(false);
    open_trial(2, 10 * S);
    lick(0, 10500 * MS); /* before the cue */
    lick(0, 12900 * MS);
    lick(0, 13500 * MS); /* no reward came 2 s after the cue */
    decide(FRAME_TRIAL_END, MISS, 15 * S, 3);
    tick(false);
    assert_true(learning_finish(&learning));
    assert_float_equal(learning.trials[0].anticipation_hz, 1.5, 1e-6);
    assert_float_equal(learning.trials[1].anticipation_hz, 0.5, 1e-6);
}

static void a_trial_that_was_cut_does_not_count(void **state)
{
    (void)state;
    begin();
    open_trial(1, 0);
    assert_int_equal(learning_n_ended(&learning), 0);
    decide(FRAME_TRIAL_END, MISS, 4 * S, 0);
    tick(false);
    assert_int_equal(learning_n_ended(&learning), 1);
    open_trial(2, 4 * S);
    assert_int_equal(learning_n_ended(&learning), 1);
    assert_true(learning_finish(&learning));
    assert_int_equal(learning.n_trials, 1);
    assert_true(isnan(learning.trials[0].at_cue.measured[0]));
    assert_float_equal(learning.trials[0].anticipation_hz, 0, 0); /* over all of the trial: nothing was ever rewarded */
}

static void thousands_of_trials_find_room(void **state)
{
    (void)state;
    begin();
    for (uint32_t i = 1; i <= 3000; i++) {
        open_trial(i, i * 10 * S);
        lick(0, i * 10 * S + 5 * S);
        decide(FRAME_TRIAL_END, MISS, i * 10 * S + 6 * S, 1);
        tick(false);
    }
    assert_true(learning_finish(&learning));
    assert_int_equal(learning.n_trials, 3000);
    assert_int_equal(learning.n_licks, 3000);
    assert_int_equal(learning.trials[2999].number, 3000);
    learning_free(&learning);
    learning_free(&learning); /* and again */
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_lick_that_leads_on_after_the_cue_is_the_response),
    cmocka_unit_test(a_lick_that_ends_the_trial_is_a_response_too),
    cmocka_unit_test(a_lick_to_which_the_state_has_no_answer_is_no_response),
    cmocka_unit_test(licks_are_anticipatory_from_the_cue_to_the_time_of_the_reward),
    cmocka_unit_test(a_trial_that_was_cut_does_not_count),
    cmocka_unit_test(thousands_of_trials_find_room),
};

TEST_MAIN(tests)
