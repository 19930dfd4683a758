/* machine: absence is decided after the inputs' lateness, ties have an order, and nothing is answered in the past.
 * Expected decisions by hand from the header. */
#include "engine/base/units.h"
#include "tests/test.h"
#include "tests/unit/machine_rig.h"

static struct machine_rig *const rig = &machine_rig;
enum { LATE_PORT = TRIAL_ON_RISE << 8 | PORT };

/* A window of 10 ms for a lick at a spout that may be 3 ms late: "hit" or "miss". */
static void window(void)
{
    rig->config.inputs[LICK].late_ns = 3 * MS;
    rig->config.inputs[PORT].late_ns = 50 * MS; /* nobody listens to it */
    machine_rig_add("window", 10 * MS, 2);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, 1, machine_rig_nothing);
    machine_rig_add("hit", 20 * MS, TRIAL_DONE);
    machine_rig_add("miss", 20 * MS, TRIAL_DONE);
    machine_rig_plan();
    machine_rig_tick(0);
}

static void absence_is_decided_at_the_end_and_the_inputs_lateness(void **state)
{
    (void)state;
    window();
    machine_rig_tick(13 * MS - 1);
    assert_int_equal(rig->out.n_decisions, 0);
    machine_rig_tick(13 * MS);
    EXPECT({FRAME_STATE, 2, 10 * MS, 1}); /* dated by the window's end all the same */
    machine_rig_tick(30 * MS);            /* nobody is listened to: no settling */
    EXPECT({FRAME_TRIAL_END, 2, 30 * MS, 0}, {FRAME_PLAN_WANTED, 2, 30 * MS, 2});
}

static void a_lick_of_the_window_counts_while_it_settles(void **state)
{
    (void)state;
    window();
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 10 * MS - 1);
    machine_rig_tick(13 * MS);
    EXPECT({FRAME_STATE, 1, 10 * MS - 1, 1});
}

static void a_lick_after_the_window_waits_for_its_decision(void **state)
{
    (void)state;
    window();
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 10 * MS);
    machine_rig_tick(12 * MS);
    assert_int_equal(rig->out.n_decisions, 0);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 9 * MS); /* an earlier one arrives after it */
    machine_rig_tick(12 * MS + 500 * US);
    EXPECT({FRAME_STATE, 1, 9 * MS, 1});
}

static void a_lick_that_comes_when_all_is_decided_is_late_and_changes_nothing(void **state)
{
    (void)state;
    window();
    machine_rig_tick(13 * MS);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 9 * MS);
    machine_rig_tick(14 * MS);
    EXPECT({FRAME_LATE, TRIAL_ON_LICK << 8 | LICK, 9 * MS, 0});
    machine_rig_expect_in("miss", 10 * MS);
    assert_int_equal(rig->machine.n_late, 1);
    machine_rig_tick(30 * MS);
    EXPECT({FRAME_TRIAL_END, 2, 30 * MS, 0}, {FRAME_PLAN_WANTED, 2, 30 * MS, 2}); /* and is no lick of the trial */
}

static void presence_does_not_wait(void **state)
{
    (void)state;
    window();
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 5 * MS);
    machine_rig_tick(5 * MS + 1);
    EXPECT({FRAME_STATE, 1, 5 * MS, 1});
}

static void equal_times_are_taken_by_kind_then_by_id(void **state)
{
    (void)state;
    machine_rig_add("a", NEVER, 0);
    machine_rig_on(0, TRIAL_ON_RISE, PORT, TRIAL_DONE, machine_rig_nothing);
    machine_rig_on(0, TRIAL_ON_LICK, LICK, 1, machine_rig_nothing);
    machine_rig_add("b", NEVER, 0);
    machine_rig_on(1, TRIAL_ON_RISE, PORT, 2, machine_rig_nothing);
    machine_rig_add("c", NEVER, 0);
    machine_rig_on(2, TRIAL_ON_TRIGGER, 0, TRIAL_DONE, machine_rig_nothing);
    machine_rig_plan();
    machine_rig_tick(0);
    machine_event(&rig->machine, TRIAL_ON_TRIGGER, 0, 7 * MS); /* in the wrong order */
    machine_event(&rig->machine, TRIAL_ON_RISE, PORT, 7 * MS);
    machine_event(&rig->machine, TRIAL_ON_LICK, LICK, 7 * MS);
    machine_rig_tick(8 * MS);
    EXPECT({FRAME_STATE, 1, 7 * MS, 1}, {FRAME_STATE, 2, 7 * MS, 1}, {FRAME_TRIAL_END, 2, 7 * MS, 1},
           {FRAME_PLAN_WANTED, 2, 8 * MS, 2});
}

static void what_happens_before_a_late_first_state_is_late_for_it(void **state)
{
    (void)state;
    machine_rig_add("cue", S, TRIAL_DONE);
    machine_rig_enter(0, machine_rig_cs(CUE_BARE));
    machine_rig_plan();
    machine_rig_tick(0);
    machine_rig_tick(S);
    rig->trial.number = 2;
    machine_event(&rig->machine, TRIAL_ON_RISE, PORT, S + MS);
    machine_rig_tick(S + 2 * MS); /* no plan yet */
    assert_int_equal(rig->out.n_decisions, 0);
    machine_rig_plan();
    machine_rig_tick(S + 3 * MS);
    EXPECT({FRAME_TRIAL_START, 2, S + 3 * MS, 3 * MS}, {FRAME_STATE, 0, S + 3 * MS, 2},
           {FRAME_CUE, CUE_BARE, S + 3 * MS, 1}, {FRAME_LATE, LATE_PORT, S + MS, 0});
    machine_rig_tick(2 * S + 3 * MS); /* the cue is as long as it should be */
    EXPECT({FRAME_CUE, CUE_BARE, 2 * S + 3 * MS, 0}, {FRAME_TRIAL_END, 0, 2 * S + 3 * MS, 0},
           {FRAME_PLAN_WANTED, 3, 2 * S + 3 * MS, 0});
}

static void events_without_room_are_counted_in_the_journal(void **state)
{
    (void)state;
    for (int i = 0; i < MACHINE_EVENTS_MAX + 3; i++)
        machine_event(&rig->machine, TRIAL_ON_RISE, PORT, i);
    machine_rig_tick(MS);
    EXPECT({FRAME_EVENTS_DROPPED, 0, MS, 3}, {FRAME_PLAN_WANTED, 1, MS, -1});
    machine_rig_tick(2 * MS);
    assert_int_equal(rig->out.n_decisions, 0); /* said once */
}

#define MACHINE_TEST(name) cmocka_unit_test_setup(name, machine_rig_fresh)
static const struct CMUnitTest tests[] = {
    MACHINE_TEST(absence_is_decided_at_the_end_and_the_inputs_lateness),
    MACHINE_TEST(a_lick_of_the_window_counts_while_it_settles),
    MACHINE_TEST(a_lick_after_the_window_waits_for_its_decision),
    MACHINE_TEST(a_lick_that_comes_when_all_is_decided_is_late_and_changes_nothing),
    MACHINE_TEST(presence_does_not_wait),
    MACHINE_TEST(equal_times_are_taken_by_kind_then_by_id),
    MACHINE_TEST(what_happens_before_a_late_first_state_is_late_for_it),
    MACHINE_TEST(events_without_room_are_counted_in_the_journal),
};
TEST_MAIN(tests)
