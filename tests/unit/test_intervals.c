/* Intervals between trials: what was drawn is what the journal measures, to the nanosecond in its logical times and
 * to a tick in what the outputs did, for 1,000 trials, however late the plans come; and what happens when none comes.
 * Planner, feed, engine and simulated board, in simulated time. */
#include "engine/base/units.h"
#include "tests/test.h"
#include "tests/unit/closed_loop.h"
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 1000, STATES = 3 };
static const char TASK[] = "tests/unit/intervals.lua", RIG[] = "tests/unit/intervals_rig.lua";

/* What was drawn and what was measured of one trial. */
struct course {
    int64_t drawn_ns[STATES], start_ns, entered_ns[STATES], end_ns;
    int64_t tone_ns; /* when the device had it on */
    bool fallback;
};
static struct course courses[TRIALS + 2];
static int64_t n_seen; /* number of the trial that runs */

static void note_plan(void)
{
    const struct trial *plan = &closed_loop.plan;
    if (plan->number < 1 || plan->number > TRIALS)
        return;
    for (uint32_t i = 0; i < STATES; i++)
        courses[plan->number].drawn_ns[i] = plan->states[i].after_ns;
    courses[plan->number].fallback = plan->fallback != 0;
}

static void note_decisions(void)
{
    for (uint32_t i = 0; i < closed_loop.out.n_decisions; i++) {
        const struct frame_decision *decision = &closed_loop.out.decisions[i];
        if (decision->kind == FRAME_TRIAL_START)
            n_seen = decision->id;
        if (n_seen < 1 || n_seen > TRIALS)
            continue;
        struct course *course = &courses[n_seen];
        if (decision->kind == FRAME_TRIAL_START)
            course->start_ns = decision->t_ns;
        if (decision->kind == FRAME_STATE)
            course->entered_ns[decision->id] = decision->t_ns;
        if (decision->kind == FRAME_TRIAL_END)
            course->end_ns = decision->t_ns;
    }
}

/* A tick; every seventh is late by up to a tick and a half, then one is skipped. */
static void tick(void)
{
    const int64_t late_ns = closed_loop.n % 7 == 3 ? (closed_loop.n * 7919) % (1500 * US) : 0;
    const struct frame_in *in = closed_loop_frame();
    for (uint32_t i = 0; i < in->n_applied; i++)
        if (strcmp(closed_loop.config.outputs[in->applied[i].output].name, "tone") == 0 && in->applied[i].level > 0 &&
            n_seen >= 1 && n_seen <= TRIALS)
            courses[n_seen].tone_ns = in->applied[i].t_ns;
    closed_loop_tick(late_ns);
    if (late_ns >= MS)
        closed_loop_skip(1);
    note_decisions();
    note_plan();
}

static void run(const char *const *set, int64_t plan_late_ns, uint64_t seed)
{
    memset(courses, 0, sizeof courses);
    n_seen = 0;
    closed_loop_open_rig(RIG, TASK, set, seed, INT64_MAX);
    closed_loop.plan_late_ns = plan_late_ns;
    while (n_seen <= TRIALS && closed_loop.out.finished == 0)
        tick();
}

static void expect_intervals(void)
{
    int64_t last_ns = 0, drawn_ns = 0;
    for (int i = 1; i <= TRIALS; i++) {
        const struct course *course = &courses[i];
        assert_int_equal(course->start_ns, last_ns); /* dated from `done` */
        for (uint32_t k = 0; k < STATES; k++) {
            const int64_t after_ns = k + 1 < STATES ? course->entered_ns[k + 1] : course->end_ns;
            assert_int_equal(after_ns - course->entered_ns[k], course->drawn_ns[k]);
            drawn_ns += course->drawn_ns[k];
        }
        assert_in_range(course->tone_ns - course->entered_ns[1], 0, 3 * MS); /* a late tick and a skipped one */
        last_ns = course->end_ns;
    }
    assert_int_equal(last_ns, drawn_ns); /* no dead time anywhere */
    assert_int_equal(closed_loop.n_decisions[FRAME_LATE], 0);
    assert_int_equal(closed_loop.n_decisions[FRAME_LIMITED], 0);
    assert_int_equal(closed_loop.n_decisions[FRAME_REWARD], TRIALS);
}

static void a_thousand_intervals_are_as_they_were_drawn(void **state)
{
    (void)state;
    run(NULL, 0, 3);
    expect_intervals();
}

static void they_are_so_too_when_plans_come_late(void **state)
{
    (void)state;
    static const char *const set[] = {"iti=300ms", NULL};
    static struct course punctual[TRIALS + 2];
    run(set, 0, 4);
    memcpy(punctual, courses, sizeof courses);
    closed_loop_close(NULL);
    run(set, 15 * MS, 4); /* the shortest interval is 20 ms */
    expect_intervals();
    for (int i = 1; i <= TRIALS; i++)
        assert_int_equal(courses[i].entered_ns[1], punctual[i].entered_ns[1]);
}

static void plans_may_be_200_ms_late(void **state)
{
    (void)state;
    static const char *const set[] = {"least=210ms", NULL};
    run(set, 200 * MS, 5);
    expect_intervals();
}

static void a_plan_that_comes_when_its_interval_is_over_starts_late_and_shortens_nothing(void **state)
{
    (void)state;
    int n_late = 0;
    int64_t last_ns = 0;
    run(NULL, 200 * MS, 6); /* 20 ms and an exponential of mean 80 ms, cut at 240 ms: mostly shorter than the wait */
    for (int i = 1; i <= TRIALS; i++) {
        const struct course *course = &courses[i];
        const int64_t late_ns = course->start_ns - last_ns;
        for (uint32_t k = 0; k < STATES; k++)
            assert_int_equal((k + 1 < STATES ? course->entered_ns[k + 1] : course->end_ns) - course->entered_ns[k],
                             course->drawn_ns[k]);
        assert_in_range(course->tone_ns - course->entered_ns[1], 0, 3 * MS);
        assert_in_range(late_ns, 0, 204 * MS - course->drawn_ns[0] > 0 ? 204 * MS - course->drawn_ns[0] : 0);
        n_late += late_ns > 0;
        last_ns = course->end_ns;
    }
    assert_in_range(n_late, 850, 999);
}

static void a_trial_that_throws_is_the_last_good_one_again(void **state)
{
    (void)state;
    static const char *const set[] = {"bad=500", "good=503", NULL};
    run(set, 0, 6);
    expect_intervals(); /* nothing is lost, no time either */
    for (int i = 1; i <= TRIALS; i++) {
        assert_int_equal(courses[i].fallback, i >= 500 && i < 503);
        for (int k = 0; courses[i].fallback && k < STATES; k++)
            assert_int_equal(courses[i].drawn_ns[k], courses[499].drawn_ns[k]);
    }
    assert_int_equal(closed_loop.n_decisions[FRAME_FALLBACK], 3);
    assert_int_equal(closed_loop.n_decisions[FRAME_PLAN_LATE], 0);
}

static void without_any_plan_the_engine_repeats_by_itself_after_a_second(void **state)
{
    (void)state;
    memset(courses, 0, sizeof courses);
    n_seen = 0;
    closed_loop_open_rig(RIG, TASK, NULL, 7, INT64_MAX);
    while (n_seen < 10)
        tick();
    closed_loop.silent_planner = true;
    while (n_seen < 12)
        tick();
    assert_int_equal(closed_loop.n_decisions[FRAME_PLAN_LATE], 2);
    assert_int_equal(closed_loop.n_decisions[FRAME_FALLBACK], 2);
    assert_in_range(courses[12].start_ns + courses[10].drawn_ns[0] - courses[11].end_ns, S, S + 5 * MS);
    closed_loop.silent_planner = false; /* trial 13 has its own plan again, and 11's never comes back */
    while (n_seen < 14)
        tick();
    assert_int_equal(closed_loop.n_decisions[FRAME_FALLBACK], 2);
    assert_int_equal(closed_loop.n_decisions[FRAME_END], 0);
}

#define LOOP_TEST(name) cmocka_unit_test_teardown(name, closed_loop_close)
static const struct CMUnitTest tests[] = {
    LOOP_TEST(a_thousand_intervals_are_as_they_were_drawn),
    LOOP_TEST(they_are_so_too_when_plans_come_late),
    LOOP_TEST(plans_may_be_200_ms_late),
    LOOP_TEST(a_plan_that_comes_when_its_interval_is_over_starts_late_and_shortens_nothing),
    LOOP_TEST(a_trial_that_throws_is_the_last_good_one_again),
    LOOP_TEST(without_any_plan_the_engine_repeats_by_itself_after_a_second),
};
TEST_MAIN(tests)
