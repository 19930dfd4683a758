/* intake: coverage, rewards and light of one step, by hand. Steps are 100 ms. */
#include "engine/base/units.h"
#include "engine/model/intake.h"
#include "tests/test.h"
#include <math.h>

static double params[INTAKE_N_PARAMS];

static struct intake fresh(void)
{
    static const struct model_param rows[] = {INTAKE_PARAMS};
    struct intake intake;
    for (int i = 0; i < INTAKE_N_PARAMS; i++)
        params[i] = rows[i].def;
    intake_init(&intake, 100 * MS);
    return intake;
}

static void happens(struct intake *intake, enum model_event_kind kind, int id, int64_t t_ms, double mag)
{
    intake_event(intake,
                 &(struct model_event){.t_ns = t_ms * MS, .kind = (uint8_t)kind, .id = (uint8_t)id, .mag = mag});
}

static struct intake_step close_step(struct intake *intake)
{
    struct intake_step step;
    intake_close(intake, params, &step);
    return step;
}

static void rewards_of_a_step_add_up_and_punishment_subtracts(void **state)
{
    (void)state;
    struct intake intake = fresh();
    params[INTAKE_US_GAIN] = 0.25;
    params[INTAKE_US_VALUE] = 0.5;
    happens(&intake, EV_US, 0, 10, 4);
    happens(&intake, EV_US, 0, 30, 2);
    happens(&intake, EV_US, 1, 40, 3);
    happens(&intake, EV_AVERSIVE, 0, 50, 1.5);
    assert_true(close_step(&intake).reward == (0.25 * 6 + 3 - 1.5) * 0.5);
    assert_true(close_step(&intake).reward == 0);
}

static void a_cue_covers_the_part_of_the_step_it_was_on(void **state)
{
    (void)state;
    struct intake intake = fresh();
    happens(&intake, EV_CS_ON, 2, 60, 1);
    assert_true(close_step(&intake).cue_coverage[2] == 0.4);
    assert_true(close_step(&intake).cue_coverage[2] == 1);
    happens(&intake, EV_CS_OFF, 2, 230, 0);
    happens(&intake, EV_CS_ON, 2, 250, 1);
    happens(&intake, EV_CS_OFF, 2, 260, 0);
    assert_true(close_step(&intake).cue_coverage[2] == 0.4);
    assert_true(close_step(&intake).cue_coverage[2] == 0);
}

static void a_late_event_counts_in_the_open_step(void **state)
{
    (void)state;
    struct intake intake = fresh();
    (void)close_step(&intake);
    happens(&intake, EV_CS_ON, 0, 20, 1);
    happens(&intake, EV_US, 0, 30, 1);
    const struct intake_step step = close_step(&intake);
    assert_true(step.cue_coverage[0] == 1 && step.reward == 1);
    assert_int_equal(step.drive_t_ns, 100 * MS); /* not before the step */
    assert_int_equal(intake.us_ns, 30 * MS);     /* its true time */
}

static void the_drive_belongs_to_the_last_point_event(void **state)
{
    (void)state;
    struct intake intake = fresh();
    happens(&intake, EV_CS_ON, 0, 20, 1);
    happens(&intake, EV_LICK, 0, 70, 0);
    happens(&intake, EV_CS_OFF, 0, 90, 0); /* no point event */
    assert_int_equal(close_step(&intake).drive_t_ns, 70 * MS);
    assert_int_equal(close_step(&intake).drive_t_ns, 100 * MS);
}

static double light(double mode, int64_t from_ms, int64_t to_ms, double mag, double *delta)
{
    struct intake intake = fresh();
    params[INTAKE_OPTO_MODE] = mode;
    params[INTAKE_OPTO_GAIN] = 2;
    params[INTAKE_OPTO_LEVEL] = -0.7;
    happens(&intake, EV_OPTO_ON, 0, from_ms, mag);
    happens(&intake, EV_OPTO_OFF, 0, to_ms, 0);
    happens(&intake, EV_OPTO_ON, 1, 0, 1); /* another target */
    const struct intake_step step = close_step(&intake);
    *delta = 0.3;
    return intake_opto(&intake, &step, params, delta);
}

static void light_adds_teaches_releases_or_clamps(void **state)
{
    (void)state;
    double delta;
    const double added = 2 * 0.5 * -1 * 0.5; /* gain, half the step, inhibition, 0.1 of 0.2 s */
    assert_true(fabs(light(OPTO_ADD, 20, 70, -1, &delta) - (0.3 + added)) < 1e-15);
    assert_true(fabs(delta - (0.3 + added)) < 1e-15);
    assert_true(fabs(light(OPTO_RELEASE_ONLY, 20, 70, -1, &delta) - (0.3 + added)) < 1e-15);
    assert_true(delta == 0.3);
    assert_true(light(OPTO_TEACH_ONLY, 20, 70, -1, &delta) == 0.3);
    assert_true(fabs(delta - (0.3 + added)) < 1e-15);
    assert_true(light(OPTO_CLAMP, 20, 70, -1, &delta) == 0.3); /* half is not more than half */
    assert_true(light(OPTO_CLAMP, 20, 80, -1, &delta) == -0.7);
    assert_true(delta == -0.7);
}

static void what_no_model_knows_is_ignored(void **state)
{
    (void)state;
    struct intake intake = fresh();
    happens(&intake, EV_US, 4, 10, 1);
    happens(&intake, EV_CS_ON, 8, 10, 1);
    happens(&intake, (enum model_event_kind)200, 0, 10, 1);
    const struct intake_step step = close_step(&intake);
    assert_true(step.reward == 0 && step.drive_t_ns == 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(rewards_of_a_step_add_up_and_punishment_subtracts),
    cmocka_unit_test(a_cue_covers_the_part_of_the_step_it_was_on),
    cmocka_unit_test(a_late_event_counts_in_the_open_step),
    cmocka_unit_test(the_drive_belongs_to_the_last_point_event),
    cmocka_unit_test(light_adds_teaches_releases_or_clamps),
    cmocka_unit_test(what_no_model_knows_is_ignored),
};

TEST_MAIN(tests)
