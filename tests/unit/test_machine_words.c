/* machine: exit actions, windows, counters, timers, repeated trials. Expected decisions by hand from the header. */
#include "engine/base/units.h"
#include "tests/test.h"
#include "tests/unit/machine_rig.h"

static struct machine_rig *const rig = &machine_rig;
static const struct trial_action count_it = {.kind = TRIAL_COUNT}, start_it = {.kind = TRIAL_TIMER},
                                 stop_it = {.kind = TRIAL_STOP};

static void run(void)
{
    machine_rig_plan();
    machine_rig_tick(0);
}

static void lick(int64_t t_ns)
{
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, t_ns);
    machine_rig_tick(t_ns);
}

static void exit_actions_come_when_the_state_is_left_however_that_is(void **state)
{
    (void)state;
    machine_rig_add("wait", 20 * MS, TRIAL_DONE);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, 0, machine_rig_nothing);
    rig->trial.states[0].n_exit = 1;
    rig->trial.states[0].exit[0] = machine_rig_water;
    run();
    lick(5 * MS);
    EXPECT({FRAME_REWARD, VALVE, 5 * MS, 4}, {FRAME_STATE, 0, 5 * MS, 1});
    rig->config.outputs[VALVE].min_gap_ns = 0;
    machine_rig_tick(25 * MS); /* the valve is still open: refused, and the trial ends all the same */
    EXPECT({FRAME_LIMITED, VALVE, 25 * MS, SAFETY_BUSY}, {FRAME_TRIAL_END, 0, 25 * MS, 1},
           {FRAME_PLAN_WANTED, 2, 25 * MS, 0});
}

static void a_reaction_counts_only_in_its_window(void **state)
{
    (void)state;
    machine_rig_add("wait", NEVER, 0);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, TRIAL_DONE, machine_rig_nothing);
    rig->trial.states[0].on[0].from_ns = 10 * MS;
    rig->trial.states[0].on[0].until_ns = 20 * MS;
    run();
    lick(10 * MS - 1);
    lick(20 * MS);
    assert_int_equal(rig->out.n_decisions, 0);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 10 * MS); /* late, but its state still runs */
    machine_rig_tick(21 * MS);
    EXPECT({FRAME_TRIAL_END, 0, 10 * MS, 3}, {FRAME_PLAN_WANTED, 2, 21 * MS, 0});
}

/* Three licks in "wait" lead to "paid"; the counter is 0 of the config. */
static void fixed_ratio(void)
{
    rig->config.n_counters = 1;
    machine_rig_add("wait", S, TRIAL_DONE);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, TRIAL_STAY, count_it);
    machine_rig_on(0, TRIAL_ON_COUNT, 0, 1, machine_rig_nothing);
    rig->trial.states[0].on[1].count = 3;
    machine_rig_add("paid", S, TRIAL_DONE);
}

static void a_count_is_reached_at_the_time_of_the_event_that_counts(void **state)
{
    (void)state;
    fixed_ratio();
    run();
    lick(100 * MS);
    lick(200 * MS);
    assert_int_equal(rig->out.n_decisions, 0);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 300 * MS);
    machine_rig_tick(300 * MS + 700 * US);
    EXPECT({FRAME_STATE, 1, 300 * MS, 1});
    machine_rig_tick(1300 * MS);
    EXPECT({FRAME_COUNT, 0, 1300 * MS, 3}, {FRAME_TRIAL_END, 1, 1300 * MS, 3}, {FRAME_PLAN_WANTED, 2, 1300 * MS, 1});
}

static void counts_last_over_states_and_begin_at_zero_in_each_trial(void **state)
{
    (void)state;
    fixed_ratio();
    rig->trial.states[1].n_enter = 1; /* "paid" takes the counter back and returns after 10 ms */
    rig->trial.states[1].enter[0] = (struct trial_action){.kind = TRIAL_RESET};
    rig->trial.states[1].after_ns = 10 * MS;
    rig->trial.states[1].after_to = 0;
    run();
    for (int i = 1; i <= 5; i++)
        lick(100 * MS * i);
    assert_int_equal(rig->machine.counts[0], 2);
    machine_rig_expect_in("wait", 310 * MS);
    machine_rig_tick(1310 * MS);
    rig->trial.number = 2;
    machine_rig_plan();
    machine_rig_tick(1311 * MS);
    assert_int_equal(rig->machine.counts[0], 0);
}

static void a_state_that_waits_for_a_count_that_is_there_is_left_at_once(void **state)
{
    (void)state;
    fixed_ratio();
    rig->trial.states[0].n_enter = 3;
    for (int i = 0; i < 3; i++)
        rig->trial.states[0].enter[i] = count_it;
    run();
    EXPECT({FRAME_TRIAL_START, 1, 0, 0}, {FRAME_STATE, 0, 0, 1}, {FRAME_STATE, 1, 0, 1});
}

/* A timer without an output: on at 10 ms for 5 ms, twice, 5 ms apart; "wait" starts it. */
static void timed(int64_t after_ns)
{
    rig->trial.n_timers = 1;
    rig->trial.timers[0] = (struct trial_timer){
        .name = "blink", .delay_ns = 10 * MS, .on_ns = 5 * MS, .off_ns = 5 * MS, .output = UINT32_MAX, .loops = 2};
    machine_rig_add("wait", after_ns, TRIAL_DONE);
    machine_rig_enter(0, start_it);
}

static void a_timer_runs_beside_the_states_and_its_edges_are_events(void **state)
{
    (void)state;
    timed(NEVER);
    machine_rig_on(0, TRIAL_ON_TIMER, 0, 1, machine_rig_nothing);
    machine_rig_add("seen", NEVER, 0);
    machine_rig_on(1, TRIAL_ON_TIMER_END, 0, TRIAL_DONE, machine_rig_nothing);
    run();
    machine_rig_tick(12 * MS);
    EXPECT({FRAME_TIMER, 0, 10 * MS, 1}, {FRAME_STATE, 1, 10 * MS, 1});
    machine_rig_tick(21 * MS);
    EXPECT({FRAME_TIMER, 0, 15 * MS, 0}, {FRAME_TIMER, 0, 20 * MS, 1});
    machine_rig_tick(26 * MS);
    EXPECT({FRAME_TIMER, 0, 25 * MS, 0}, {FRAME_TRIAL_END, 1, 25 * MS, 0}, {FRAME_PLAN_WANTED, 2, 26 * MS, 1});
}

static void a_timer_ends_with_its_trial_and_the_states_timer_wins_ties(void **state)
{
    (void)state;
    timed(10 * MS);
    run();
    machine_rig_tick(10 * MS);
    EXPECT({FRAME_TRIAL_END, 0, 10 * MS, 0}, {FRAME_PLAN_WANTED, 2, 10 * MS, 0});
    machine_rig_tick(11 * MS);
    assert_int_equal(rig->out.n_decisions, 0);
}

static void a_stopped_timer_tells_nothing_more(void **state)
{
    (void)state;
    timed(NEVER);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, TRIAL_STAY, stop_it);
    machine_rig_on(0, TRIAL_ON_RISE, PORT, TRIAL_DONE, machine_rig_nothing);
    run();
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 10 * MS - 1);
    machine_rig_tick(12 * MS); /* both are due: the lick was first */
    assert_int_equal(rig->out.n_decisions, 0);
}

static void a_window_that_settles_does_not_hold_up_a_timer(void **state)
{
    (void)state;
    timed(9 * MS);
    rig->trial.states[0].after_to = 1;
    rig->config.inputs[LICK].late_ns = 3 * MS;
    machine_rig_on(0, TRIAL_ON_LICK, LICK, TRIAL_DONE, machine_rig_nothing);
    machine_rig_add("miss", 50 * MS, TRIAL_DONE);
    run();
    machine_rig_tick(11 * MS);
    EXPECT({FRAME_TIMER, 0, 10 * MS, 1});
    machine_rig_tick(12 * MS);
    EXPECT({FRAME_STATE, 1, 9 * MS, 1});
}

static void the_last_trial_is_repeated_as_a_fallback(void **state)
{
    (void)state;
    assert_false(machine_repeat(&rig->machine));
    machine_rig_add("wait", 10 * MS, TRIAL_DONE);
    run();
    machine_rig_tick(10 * MS);
    assert_true(machine_repeat(&rig->machine));
    machine_rig_tick(12 * MS);
    EXPECT({FRAME_FALLBACK, 2, 12 * MS, 0}, {FRAME_TRIAL_START, 2, 10 * MS, 0}, {FRAME_STATE, 0, 10 * MS, 2});
    rig->trial.number = 2;
    machine_rig_plan(); /* its own plan comes after all: too late */
    assert_false(rig->machine.has_next);
}

#define MACHINE_TEST(name) cmocka_unit_test_setup(name, machine_rig_fresh)
static const struct CMUnitTest tests[] = {
    MACHINE_TEST(exit_actions_come_when_the_state_is_left_however_that_is),
    MACHINE_TEST(a_reaction_counts_only_in_its_window),
    MACHINE_TEST(a_count_is_reached_at_the_time_of_the_event_that_counts),
    MACHINE_TEST(counts_last_over_states_and_begin_at_zero_in_each_trial),
    MACHINE_TEST(a_state_that_waits_for_a_count_that_is_there_is_left_at_once),
    MACHINE_TEST(a_timer_runs_beside_the_states_and_its_edges_are_events),
    MACHINE_TEST(a_timer_ends_with_its_trial_and_the_states_timer_wins_ties),
    MACHINE_TEST(a_stopped_timer_tells_nothing_more),
    MACHINE_TEST(a_window_that_settles_does_not_hold_up_a_timer),
    MACHINE_TEST(the_last_trial_is_repeated_as_a_fallback),
};
TEST_MAIN(tests)
