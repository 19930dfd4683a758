/* machine: what it does on the way: rewards, cues, trains. Expected decisions by hand from the header. */
#include "engine/base/units.h"
#include "tests/test.h"
#include "tests/unit/machine_rig.h"

static struct machine_rig *const rig = &machine_rig;

static void a_first_state_with_actions_that_starts_late_is_counted(void **state)
{
    (void)state;
    machine_rig_add("cue", S, TRIAL_DONE);
    machine_rig_enter(0, machine_rig_cs(CUE_TONE));
    machine_rig_plan();
    machine_rig_tick(0);
    assert_int_equal(rig->machine.n_late_starts, 0);
    machine_rig_tick(S);
    rig->trial.number = 2;
    machine_rig_plan();
    machine_rig_tick(S + 3 * MS);
    assert_int_equal(rig->machine.n_late_starts, 1);
}

static void stay_acts_and_leaves_the_timer_alone(void **state)
{
    (void)state;
    machine_rig_add("wait", 100 * MS, TRIAL_DONE);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, TRIAL_STAY, machine_rig_water);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 20 * MS + 1);
    machine_rig_tick(21 * MS);
    EXPECT({FRAME_REWARD, VALVE, 20 * MS + 1, 4});
    assert_int_equal(rig->out.n_writes, 1);
    assert_int_equal(rig->out.writes[0].cause_ns, 20 * MS + 1);
    assert_true(rig->reward_ul[VALVE] == 4);
    machine_rig_expect_in("wait", 0);
    machine_rig_tick(100 * MS);
    EXPECT({FRAME_TRIAL_END, 0, 100 * MS, 1}, {FRAME_PLAN_WANTED, 2, 100 * MS, 0});
}

static void a_reward_that_safety_refuses_is_none(void **state)
{
    (void)state;
    machine_rig_add("wait", S, TRIAL_DONE);
    machine_rig_enter(0, machine_rig_water);
    machine_rig_enter(0, machine_rig_water); /* the valve is open already */
    machine_rig_plan();
    machine_rig_tick(0);
    EXPECT({FRAME_TRIAL_START, 1, 0, 0}, {FRAME_STATE, 0, 0, 1}, {FRAME_REWARD, VALVE, 0, 4},
           {FRAME_LIMITED, VALVE, 0, SAFETY_BUSY});
    assert_int_equal(rig->out.n_writes, 1);
}

static void a_late_action_is_dated_logically_and_written_now(void **state)
{
    (void)state;
    machine_rig_add("iti", 500 * MS, 1);
    machine_rig_add("reward", S, TRIAL_DONE);
    machine_rig_enter(1, machine_rig_water);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_rig_tick(507 * MS);
    EXPECT({FRAME_STATE, 1, 500 * MS, 1}, {FRAME_REWARD, VALVE, 500 * MS, 4});
    assert_int_equal(rig->out.writes[0].cause_ns, 500 * MS);
    machine_rig_tick(548 * MS); /* the pulse has its whole length: from 507 ms on */
    assert_int_equal(rig->out.n_writes, 0);
    machine_rig_tick(549 * MS);
    assert_int_equal(rig->out.n_writes, 1);
}

static void a_train_is_started_by_an_action(void **state)
{
    (void)state;
    machine_rig_add("wait", S, TRIAL_DONE);
    machine_rig_on(0, TRIAL_ON_TRIGGER, 0, TRIAL_STAY, (struct trial_action){.kind = TRIAL_TRAIN, .target = 0});
    rig->trial.states[0].arm = 1;
    machine_rig_plan();
    machine_rig_tick(0);
    assert_int_equal(machine_armed(&rig->machine), 1);
    machine_event(&rig->machine, TRIAL_ON_TRIGGER, 0, 30 * MS);
    machine_rig_tick(32 * MS);
    EXPECT({FRAME_TRAIN, 0, 32 * MS, 1});
    assert_true(rig->trains[0].running);
    assert_int_equal(rig->out.writes[0].output, LASER);
    assert_int_equal(rig->out.writes[0].cause_ns, 30 * MS);
}

static void the_end_of_a_train_is_an_event_at_its_own_time(void **state)
{
    (void)state;
    machine_rig_add("stimulate", 10 * S, TRIAL_DONE);
    machine_rig_enter(0, (struct trial_action){.kind = TRIAL_TRAIN, .target = 0});
    machine_rig_on(0, TRIAL_ON_TRAIN_END, 0, 1, machine_rig_nothing);
    machine_rig_add("after", 100 * MS, TRIAL_DONE);
    machine_rig_plan();
    for (int64_t t_ns = 0; t_ns < 499 * MS; t_ns += MS)
        machine_rig_tick(t_ns);
    machine_rig_expect_in("stimulate", 0);
    machine_rig_tick(502 * MS); /* a late tick: the train was over at 500 ms */
    EXPECT({FRAME_TRAIN, 0, 500 * MS, 0}, {FRAME_STATE, 1, 500 * MS, 1});
    machine_rig_expect_in("after", 500 * MS);
}

static void a_cue_goes_off_when_its_state_is_left(void **state)
{
    (void)state;
    machine_rig_add("cue", 100 * MS, 1);
    machine_rig_enter(0, machine_rig_cs(CUE_BUZZER));
    machine_rig_enter(0, machine_rig_cs(CUE_TONE));
    machine_rig_enter(0, machine_rig_cs(CUE_BARE));
    machine_rig_add("delay", S, TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
    EXPECT({FRAME_TRIAL_START, 1, 0, 0}, {FRAME_STATE, 0, 0, 1}, {FRAME_CUE, CUE_BUZZER, 0, 1},
           {FRAME_CUE, CUE_TONE, 0, 1}, {FRAME_CUE, CUE_BARE, 0, 1});
    assert_int_equal(rig->out.n_writes, 2);
    machine_rig_tick(101 * MS);
    EXPECT({FRAME_CUE, CUE_TONE, 100 * MS, 0}, {FRAME_CUE, CUE_BUZZER, 100 * MS, 0}, {FRAME_CUE, CUE_BARE, 100 * MS, 0},
           {FRAME_STATE, 1, 100 * MS, 1});
    assert_int_equal(rig->out.n_writes, 2);
    assert_true(safety_all_safe(&rig->safety));
    assert_int_equal(rig->machine.lit, 0);
}

static void a_cue_goes_off_at_the_trials_end_and_by_an_event(void **state)
{
    (void)state;
    machine_rig_add("cue", S, TRIAL_DONE);
    machine_rig_enter(0, machine_rig_cs(CUE_TONE));
    machine_rig_on(0, TRIAL_ON_LICK, LICK, TRIAL_DONE, machine_rig_nothing);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 40 * MS);
    machine_rig_tick(41 * MS);
    EXPECT({FRAME_CUE, CUE_TONE, 40 * MS, 0}, {FRAME_TRIAL_END, 0, 40 * MS, 1}, {FRAME_PLAN_WANTED, 2, 41 * MS, 0});
    assert_true(safety_all_safe(&rig->safety));
}

static void a_cue_that_is_on_is_not_switched_on_again(void **state)
{
    (void)state;
    machine_rig_add("cue", S, TRIAL_DONE);
    machine_rig_enter(0, machine_rig_cs(CUE_TONE));
    machine_rig_enter(0, machine_rig_cs(CUE_BARE));
    machine_rig_on(0, TRIAL_ON_LICK, LICK, TRIAL_STAY, machine_rig_cs(CUE_TONE));
    machine_rig_on(0, TRIAL_ON_RISE, PORT, TRIAL_STAY, machine_rig_cs(CUE_BARE));
    machine_rig_plan();
    machine_rig_tick(0);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 2 * MS);
    machine_event(&rig->machine, TRIAL_ON_RISE, PORT, 3 * MS);
    machine_rig_tick(4 * MS);
    assert_int_equal(rig->out.n_decisions + rig->out.n_writes, 0);
}

static void a_cue_that_is_refused_is_never_switched_off(void **state)
{
    (void)state;
    rig->config.outputs[TONE].min_gap_ns = 5 * S;
    machine_rig_add("one", 10 * MS, 1);
    machine_rig_enter(0, machine_rig_cs(CUE_TONE));
    machine_rig_add("two", 10 * MS, 2);
    machine_rig_enter(1, machine_rig_cs(CUE_TONE));
    machine_rig_add("three", S, TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_rig_tick(10 * MS);
    EXPECT({FRAME_CUE, CUE_TONE, 10 * MS, 0}, {FRAME_STATE, 1, 10 * MS, 1},
           {FRAME_LIMITED, TONE, 10 * MS, SAFETY_BUSY});
    machine_rig_tick(20 * MS);
    EXPECT({FRAME_STATE, 2, 20 * MS, 1});
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(a_first_state_with_actions_that_starts_late_is_counted, machine_rig_fresh),
    cmocka_unit_test_setup(stay_acts_and_leaves_the_timer_alone, machine_rig_fresh),
    cmocka_unit_test_setup(a_reward_that_safety_refuses_is_none, machine_rig_fresh),
    cmocka_unit_test_setup(a_late_action_is_dated_logically_and_written_now, machine_rig_fresh),
    cmocka_unit_test_setup(a_train_is_started_by_an_action, machine_rig_fresh),
    cmocka_unit_test_setup(the_end_of_a_train_is_an_event_at_its_own_time, machine_rig_fresh),
    cmocka_unit_test_setup(a_cue_goes_off_when_its_state_is_left, machine_rig_fresh),
    cmocka_unit_test_setup(a_cue_goes_off_at_the_trials_end_and_by_an_event, machine_rig_fresh),
    cmocka_unit_test_setup(a_cue_that_is_on_is_not_switched_on_again, machine_rig_fresh),
    cmocka_unit_test_setup(a_cue_that_is_refused_is_never_switched_off, machine_rig_fresh),
};
TEST_MAIN(tests)
