/* machine: when it goes where. Expected transitions by hand from the header; times are logical, but for the ticks'. */
#include "engine/base/units.h"
#include "tests/test.h"
#include "tests/unit/machine_rig.h"

static struct machine_rig *const rig = &machine_rig;

static void it_wants_its_first_plan_once(void **state)
{
    (void)state;
    machine_rig_tick(MS);
    EXPECT({FRAME_PLAN_WANTED, 1, MS, -1});
    assert_int_equal(rig->machine.wanted_ns, MS);
    machine_rig_tick(2 * MS);
    assert_int_equal(rig->out.n_decisions, 0);
    assert_string_equal(machine_state(&rig->machine), "");
    assert_int_equal(machine_armed(&rig->machine), 0);
}

static void the_first_trial_begins_with_the_session(void **state)
{
    (void)state;
    machine_rig_add("wait", S, TRIAL_DONE);
    machine_rig_tick(MS);
    machine_rig_plan();
    machine_rig_tick(5 * MS);
    EXPECT({FRAME_TRIAL_START, 1, 0, 0}, {FRAME_STATE, 0, 0, 1});
    assert_int_equal(rig->machine.wanted_ns, INT64_MIN);
    machine_rig_tick(S - 1);
    assert_int_equal(rig->out.n_decisions, 0);
    machine_rig_tick(S + 200 * US);
    EXPECT({FRAME_TRIAL_END, 0, S, 0}, {FRAME_PLAN_WANTED, 2, S + 200 * US, 0});
}

static void the_next_trial_is_dated_from_the_end_of_the_last(void **state)
{
    (void)state;
    machine_rig_add("wait", S, TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_rig_tick(1001 * MS);
    rig->trial.number = 2;
    machine_rig_plan();
    machine_rig_tick(1700 * MS); /* the plan took 700 ms */
    EXPECT({FRAME_TRIAL_START, 2, S, 0}, {FRAME_STATE, 0, S, 2});
    machine_rig_expect_in("wait", S);
    machine_rig_tick(2 * S - 1);
    assert_int_equal(rig->out.n_decisions, 0);
    machine_rig_tick(2 * S);
    EXPECT({FRAME_TRIAL_END, 0, 2 * S, 0}, {FRAME_PLAN_WANTED, 3, 2 * S, 0});
}

static void a_plan_that_waits_is_started_in_the_same_tick(void **state)
{
    (void)state;
    machine_rig_add("wait", S, TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
    rig->trial.number = 2;
    machine_rig_plan();
    machine_rig_tick(S);
    EXPECT({FRAME_TRIAL_END, 0, S, 0}, {FRAME_TRIAL_START, 2, S, 0}, {FRAME_STATE, 0, S, 2});
}

static void when_the_task_is_over_nothing_runs_and_nothing_is_wanted(void **state)
{
    (void)state;
    machine_rig_add("wait", S, TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_rig_tick(S);
    machine_plan(&rig->machine, &(struct trial){.number = 2, .over = 1});
    machine_rig_tick(S + MS);
    assert_true(rig->machine.over);
    assert_int_equal(rig->machine.number, 1);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, S + 2 * MS);
    machine_rig_tick(S + 2 * MS);
    machine_rig_tick(100 * S);
    assert_int_equal(rig->out.n_decisions, 0);
    assert_int_equal(rig->machine.n_events, 0);
}

static void transitions_are_dated_by_their_timers_not_by_the_tick(void **state)
{
    (void)state;
    machine_rig_add("a", 10 * MS, 1);
    machine_rig_add("b", 10 * MS, 2);
    machine_rig_add("c", NEVER, 0);
    machine_rig_on(2, TRIAL_ON_LICK, LICK, TRIAL_DONE, machine_rig_nothing);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_rig_tick(27 * MS);
    EXPECT({FRAME_STATE, 1, 10 * MS, 1}, {FRAME_STATE, 2, 20 * MS, 1});
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 26 * MS);
    machine_rig_tick(28 * MS);
    EXPECT({FRAME_TRIAL_END, 2, 26 * MS, 1}, {FRAME_PLAN_WANTED, 2, 28 * MS, 2});
}

static void the_timer_of_the_next_state_runs_from_the_event(void **state)
{
    (void)state;
    machine_rig_add("wait", NEVER, 0);
    machine_rig_on(0, TRIAL_ON_RISE, PORT, 1, machine_rig_nothing);
    machine_rig_add("delay", 10 * MS, TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_event(&rig->machine, TRIAL_ON_RISE, PORT, 100 * MS + 7);
    machine_rig_tick(101 * MS);
    machine_rig_expect_in("delay", 100 * MS + 7);
    machine_rig_tick(110 * MS + 6);
    assert_int_equal(rig->out.n_decisions, 0);
    machine_rig_tick(110 * MS + 7);
    EXPECT({FRAME_TRIAL_END, 1, 110 * MS + 7, 0}, {FRAME_PLAN_WANTED, 2, 110 * MS + 7, 1});
}

/* A window of 10 ms in which a lick leads to "hit", and its end to "miss". */
static void window(void)
{
    machine_rig_add("window", 10 * MS, 2);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, 1, machine_rig_nothing);
    machine_rig_add("hit", S, TRIAL_DONE);
    machine_rig_add("miss", S, TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
}

static void a_lick_just_before_the_end_is_inside_the_window(void **state)
{
    (void)state;
    window();
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 10 * MS - 1);
    machine_rig_tick(10 * MS + 500 * US);
    machine_rig_expect_in("hit", 10 * MS - 1);
}

static void a_lick_at_the_end_is_outside_the_timer_wins(void **state)
{
    (void)state;
    window();
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 10 * MS);
    machine_rig_tick(10 * MS + 500 * US);
    machine_rig_expect_in("miss", 10 * MS);
    assert_int_equal(rig->machine.n_licks, 1); /* it belongs to the next state */
}

static void a_lick_at_the_start_is_inside(void **state)
{
    (void)state;
    window();
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 0);
    machine_rig_tick(MS);
    machine_rig_expect_in("hit", 0);
}

static void an_event_older_than_the_state_changes_nothing(void **state)
{
    (void)state;
    machine_rig_add("wait", 10 * MS, 1);
    machine_rig_add("window", 10 * MS, TRIAL_DONE);
    machine_rig_on(1, TRIAL_ON_LICK, LICK, TRIAL_DONE, machine_rig_water);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_rig_tick(12 * MS);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 10 * MS - 1);
    machine_rig_tick(13 * MS);
    EXPECT({FRAME_LATE, TRIAL_ON_LICK << 8 | LICK, 10 * MS - 1, 0});
    assert_int_equal(rig->machine.n_licks, 0);
    assert_int_equal(rig->machine.n_events, 0);
    machine_rig_expect_in("window", 10 * MS);
}

static void events_of_a_tick_are_taken_in_the_order_of_their_times(void **state)
{
    (void)state;
    machine_rig_add("either", NEVER, 0);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, 1, machine_rig_nothing);
    machine_rig_on(0, TRIAL_ON_RISE, PORT, 2, machine_rig_nothing);
    machine_rig_add("lick", S, TRIAL_DONE);
    machine_rig_add("port", S, TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 5 * MS + 2); /* arrives first, happened second */
    machine_event(&rig->machine, TRIAL_ON_RISE, PORT, 5 * MS + 1);
    machine_rig_tick(6 * MS);
    EXPECT({FRAME_STATE, 2, 5 * MS + 1, 1});
    assert_int_equal(rig->machine.n_licks, 1);
}

static void an_event_and_a_timer_of_one_tick_come_in_time_order(void **state)
{
    (void)state;
    machine_rig_add("a", 5 * MS, 1); /* timer at 5 ms, then the lick at 6 ms, then the timer at 9 ms */
    machine_rig_add("b", S, TRIAL_DONE);
    machine_rig_on(1, TRIAL_ON_LICK, LICK, 2, machine_rig_nothing);
    machine_rig_add("c", 3 * MS, 3);
    machine_rig_add("d", S, TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 6 * MS);
    machine_rig_tick(20 * MS);
    EXPECT({FRAME_STATE, 1, 5 * MS, 1}, {FRAME_STATE, 2, 6 * MS, 1}, {FRAME_STATE, 3, 9 * MS, 1});
}

static void the_first_row_that_matches_wins(void **state)
{
    (void)state;
    machine_rig_add("wait", S, TRIAL_DONE);
    machine_rig_on(0, TRIAL_ON_RISE, PORT, TRIAL_STAY, machine_rig_nothing);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, 1, machine_rig_nothing);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, TRIAL_DONE, machine_rig_water);
    machine_rig_on(0, TRIAL_ON_TRIGGER, 1, TRIAL_DONE, machine_rig_nothing);
    machine_rig_add("first", S, TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_event(&rig->machine, TRIAL_ON_TRIGGER, 0, MS); /* another trigger: no row */
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 2 * MS);
    machine_rig_tick(3 * MS);
    EXPECT({FRAME_STATE, 1, 2 * MS, 1});
}

static void a_tick_makes_eight_transitions_and_the_next_one_goes_on(void **state)
{
    (void)state;
    machine_rig_add("a", MS, 1);
    machine_rig_add("b", MS, 0);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_rig_tick(20 * MS);
    assert_int_equal(rig->out.n_decisions, 8);
    machine_rig_expect_in("a", 8 * MS);
    machine_rig_tick(20 * MS);
    machine_rig_expect_in("a", 16 * MS);
    machine_rig_tick(20 * MS);
    assert_int_equal(rig->out.n_decisions, 4);
    machine_rig_expect_in("a", 20 * MS);
}

static void a_circle_without_time_does_not_hang_the_tick(void **state)
{
    (void)state;
    machine_rig_add("a", 0, 1);
    machine_rig_add("b", 0, 0);
    machine_rig_plan();
    machine_rig_tick(MS);
    assert_int_equal(rig->out.n_decisions, 2 + 8);
    machine_rig_expect_in("a", 0);
}

static void events_wait_when_the_transitions_of_a_tick_are_used_up(void **state)
{
    (void)state;
    machine_rig_add("a", NEVER, 0);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, 0, machine_rig_nothing);
    machine_rig_plan();
    machine_rig_tick(0);
    for (int64_t i = 1; i <= 11; i++)
        machine_event(&rig->machine, TRIAL_ON_LICK, LICK, i * MS);
    machine_rig_tick(12 * MS);
    machine_rig_expect_in("a", 8 * MS);
    assert_int_equal(rig->machine.n_events, 3);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 9 * MS + 1); /* from another sensor, late: still in order */
    machine_rig_tick(13 * MS);
    EXPECT({FRAME_STATE, 0, 9 * MS, 1}, {FRAME_STATE, 0, 9 * MS + 1, 1}, {FRAME_STATE, 0, 10 * MS, 1},
           {FRAME_STATE, 0, 11 * MS, 1});
}

static void no_plan_is_wanted_when_one_waits(void **state)
{
    (void)state;
    machine_rig_add("a", MS, 1);
    for (uint32_t i = 1; i < 8; i++)
        machine_rig_add("b", MS, i < 7 ? i + 1 : TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
    rig->trial.number = 2;
    machine_rig_plan();
    machine_rig_tick(9 * MS); /* the eighth transition ends the trial: the next one has to wait for the next tick */
    assert_int_equal(rig->out.n_decisions, 8);
    assert_int_equal(rig->out.decisions[7].kind, FRAME_TRIAL_END);
    machine_rig_tick(9 * MS);
    assert_int_equal(rig->out.decisions[0].kind, FRAME_TRIAL_START);
    assert_int_equal(rig->out.decisions[0].t_ns, 8 * MS);
}

static void what_happens_while_a_plan_is_awaited_counts_in_the_next_trial(void **state)
{
    (void)state;
    machine_rig_add("iti", 20 * MS, TRIAL_DONE);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, 0, machine_rig_nothing); /* a lick begins the interval anew */
    machine_rig_plan();
    machine_rig_tick(0);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 19 * MS);
    machine_rig_tick(20 * MS);
    machine_rig_tick(39 * MS + 500 * US);                           /* the end, at 39 ms */
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 39 * MS - 1); /* older than it */
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 41 * MS);
    machine_rig_tick(42 * MS);
    assert_int_equal(rig->out.n_decisions, 0);
    rig->trial.number = 2;
    machine_rig_plan();
    machine_rig_tick(45 * MS);
    EXPECT({FRAME_TRIAL_START, 2, 39 * MS, 0}, {FRAME_STATE, 0, 39 * MS, 2},
           {FRAME_LATE, TRIAL_ON_LICK << 8 | LICK, 39 * MS - 1, 0}, {FRAME_STATE, 0, 41 * MS, 2});
    assert_int_equal(rig->machine.n_licks, 1);
}

static void events_beyond_the_maximum_are_counted(void **state)
{
    (void)state;
    for (int64_t i = 0; i < MACHINE_EVENTS_MAX + 5; i++)
        machine_event(&rig->machine, TRIAL_ON_RISE, PORT, i);
    assert_int_equal(rig->machine.n_events, MACHINE_EVENTS_MAX);
    assert_int_equal(rig->machine.n_dropped, 5);
}

static void a_trial_counts_its_own_licks(void **state)
{
    (void)state;
    machine_rig_add("wait", 100 * MS, TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
    for (int64_t i = 1; i <= 3; i++)
        machine_event(&rig->machine, TRIAL_ON_LICK, LICK, i * MS);
    machine_event(&rig->machine, TRIAL_ON_RISE, PORT, 4 * MS);
    machine_rig_tick(100 * MS);
    EXPECT({FRAME_TRIAL_END, 0, 100 * MS, 3}, {FRAME_PLAN_WANTED, 2, 100 * MS, 0});
    rig->trial.number = 2;
    machine_rig_plan();
    machine_rig_tick(101 * MS);
    machine_rig_tick(200 * MS);
    EXPECT({FRAME_TRIAL_END, 0, 200 * MS, 0}, {FRAME_PLAN_WANTED, 3, 200 * MS, 0});
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(it_wants_its_first_plan_once, machine_rig_fresh),
    cmocka_unit_test_setup(the_first_trial_begins_with_the_session, machine_rig_fresh),
    cmocka_unit_test_setup(the_next_trial_is_dated_from_the_end_of_the_last, machine_rig_fresh),
    cmocka_unit_test_setup(a_plan_that_waits_is_started_in_the_same_tick, machine_rig_fresh),
    cmocka_unit_test_setup(when_the_task_is_over_nothing_runs_and_nothing_is_wanted, machine_rig_fresh),
    cmocka_unit_test_setup(transitions_are_dated_by_their_timers_not_by_the_tick, machine_rig_fresh),
    cmocka_unit_test_setup(the_timer_of_the_next_state_runs_from_the_event, machine_rig_fresh),
    cmocka_unit_test_setup(a_lick_just_before_the_end_is_inside_the_window, machine_rig_fresh),
    cmocka_unit_test_setup(a_lick_at_the_end_is_outside_the_timer_wins, machine_rig_fresh),
    cmocka_unit_test_setup(a_lick_at_the_start_is_inside, machine_rig_fresh),
    cmocka_unit_test_setup(an_event_older_than_the_state_changes_nothing, machine_rig_fresh),
    cmocka_unit_test_setup(events_of_a_tick_are_taken_in_the_order_of_their_times, machine_rig_fresh),
    cmocka_unit_test_setup(an_event_and_a_timer_of_one_tick_come_in_time_order, machine_rig_fresh),
    cmocka_unit_test_setup(the_first_row_that_matches_wins, machine_rig_fresh),
    cmocka_unit_test_setup(a_tick_makes_eight_transitions_and_the_next_one_goes_on, machine_rig_fresh),
    cmocka_unit_test_setup(a_circle_without_time_does_not_hang_the_tick, machine_rig_fresh),
    cmocka_unit_test_setup(events_wait_when_the_transitions_of_a_tick_are_used_up, machine_rig_fresh),
    cmocka_unit_test_setup(no_plan_is_wanted_when_one_waits, machine_rig_fresh),
    cmocka_unit_test_setup(what_happens_while_a_plan_is_awaited_counts_in_the_next_trial, machine_rig_fresh),
    cmocka_unit_test_setup(events_beyond_the_maximum_are_counted, machine_rig_fresh),
    cmocka_unit_test_setup(a_trial_counts_its_own_licks, machine_rig_fresh),
};
TEST_MAIN(tests)
