/* safety: counts, days, duty, energy and exclusion. Expected verdicts by hand from the rules in safety.h; the tick is
 * 1 ms. */
#include "engine/base/units.h"
#include "engine/safety/safety.h"
#include "tests/test.h"
#include <math.h>

enum { VALVE, LASER, SECOND, LED, N_OUTPUTS };

static struct config config;
static struct safety safety;
static struct frame_out out;

static int fresh(void **state)
{
    (void)state;
    config = (struct config){.period_ns = MS, .n_outputs = N_OUTPUTS};
    config.outputs[VALVE] =
        (struct config_output){.kind = CONFIG_OUTPUT_VALVE, .guard = CONFIG_GUARD_DEVICE_TIMED, .max_on_ns = 200 * MS};
    config.outputs[LASER] =
        (struct config_output){.kind = CONFIG_OUTPUT_LASER, .guard = CONFIG_GUARD_DEVICE_TIMED, .max_on_ns = 500 * MS};
    config.outputs[SECOND] = (struct config_output){.kind = CONFIG_OUTPUT_LASER, .max_on_ns = 500 * MS};
    config.outputs[LED] = (struct config_output){.kind = CONFIG_OUTPUT_LED, .max_on_ns = INT64_MAX};
    for (uint32_t i = 0; i < N_OUTPUTS; i++) {
        config.outputs[i].max_session_ul = (double)INFINITY;
        config.outputs[i].on_level = 1;
    }
    frame_out_clear(&out);
    return 0;
}

static void begin(void)
{
    safety_init(&safety, &config);
}

static enum safety_verdict on(uint32_t output, int64_t length_ns, double ul, int64_t now_ns)
{
    frame_out_clear(&out);
    return safety_on(&safety, output, length_ns, ul, now_ns, now_ns, &out);
}

static void tick(int64_t now_ns)
{
    frame_out_clear(&out);
    safety_tick(&safety, now_ns, &out);
}

static void confirm(uint32_t output, double level, int64_t t_ns)
{
    safety_applied(&safety, &(struct frame_applied){.t_ns = t_ns, .level = level, .output = output});
}

/* A pulse that the engine ends in time, every step confirmed at once. */
static void pulse(uint32_t output, int64_t start_ns, int64_t length_ns, double ul)
{
    assert_int_equal(on(output, length_ns, ul, start_ns), SAFETY_GRANTED);
    confirm(output, 1, start_ns);
    tick(start_ns + length_ns);
    confirm(output, 0, start_ns + length_ns);
}

/* Refused: nothing moves, and the reason is the frame's only decision. */
static void expect_refused(enum safety_verdict verdict, uint32_t output, int64_t length_ns, double ul, int64_t now_ns)
{
    assert_int_equal(on(output, length_ns, ul, now_ns), verdict);
    assert_int_equal(out.n_writes, 0);
    assert_int_equal(out.n_decisions, 1);
    assert_int_equal(out.decisions[0].kind, FRAME_LIMITED);
    assert_int_equal(out.decisions[0].id, output);
    assert_true(out.decisions[0].value == (double)verdict);
}

static void a_session_has_its_count(void **state)
{
    (void)state;
    config.outputs[VALVE].max_session_n = 2;
    begin();
    pulse(VALVE, 0, 10 * MS, 1);
    pulse(VALVE, 1 * S, 10 * MS, 1);
    expect_refused(SAFETY_COUNT, VALVE, 10 * MS, 1, 2 * S);
    expect_refused(SAFETY_COUNT, VALVE, 10 * MS, 0, 100 * S); /* it does not come back with time */
}

static void what_was_refused_is_not_counted(void **state)
{
    (void)state;
    config.outputs[VALVE].max_session_n = 1;
    begin();
    expect_refused(SAFETY_LENGTH, VALVE, 201 * MS, 1, 0);
    assert_int_equal(on(VALVE, 10 * MS, 1, 0), SAFETY_GRANTED);
}

static void a_day_counts_what_earlier_sessions_gave(void **state)
{
    (void)state;
    config.outputs[VALVE].max_day_n = 10;
    config.outputs[VALVE].day_n = 9;
    begin();
    pulse(VALVE, 0, 10 * MS, 1);
    expect_refused(SAFETY_DAY, VALVE, 10 * MS, 1, 1 * S);
}

static void a_day_has_its_volume(void **state)
{
    (void)state;
    config.outputs[VALVE].max_day_ul = 1000;
    config.outputs[VALVE].day_ul = 994;
    begin();
    pulse(VALVE, 0, 10 * MS, 4);
    expect_refused(SAFETY_DAY, VALVE, 10 * MS, 2.5, 1 * S);
    pulse(VALVE, 2 * S, 10 * MS, 2); /* reached exactly */
    expect_refused(SAFETY_DAY, VALVE, 10 * MS, 0x1p-30, 3 * S);
    assert_int_equal(on(VALVE, 10 * MS, 0, 4 * S), SAFETY_GRANTED);
}

static void a_day_that_is_full_before_the_session_grants_nothing(void **state)
{
    (void)state;
    config.outputs[LASER].max_day_n = 100;
    config.outputs[LASER].day_n = 250;
    begin();
    expect_refused(SAFETY_DAY, LASER, 5 * MS, 0, 0);
}

static void duty_limits_every_window(void **state)
{
    (void)state;
    config.outputs[LASER].duty = 0.2;
    config.outputs[LASER].duty_per_ns = S;
    begin();
    pulse(LASER, 0, 150 * MS, 0);
    expect_refused(SAFETY_DUTY, LASER, 51 * MS, 0, 400 * MS);
    pulse(LASER, 500 * MS, 50 * MS, 0); /* exactly 200 ms in [0, 1 s) */
    expect_refused(SAFETY_DUTY, LASER, 1 * MS, 0, 900 * MS);
    /* [80 ms, 1080 ms) holds 70 ms of the first pulse and the 50 ms of the second: 80 ms are left */
    expect_refused(SAFETY_DUTY, LASER, 81 * MS, 0, 1000 * MS - 1);
    assert_int_equal(on(LASER, 80 * MS, 0, 1000 * MS), SAFETY_GRANTED);
}

static void a_train_at_its_duty_is_granted_pulse_by_pulse(void **state)
{
    (void)state;
    config.outputs[LASER].duty = 0.1;
    config.outputs[LASER].duty_per_ns = S;
    begin();
    for (int64_t i = 0; i < 200; i++) /* 5 ms at 20 Hz are a tenth */
        pulse(LASER, i * 50 * MS, 5 * MS, 0);
    expect_refused(SAFETY_DUTY, LASER, 5 * MS, 0, 199 * 50 * MS + 40 * MS);
}

static void a_timed_pulse_that_is_aborted_counts_whole(void **state)
{
    (void)state;
    config.outputs[LASER].duty = 0.2;
    config.outputs[LASER].duty_per_ns = S;
    begin();
    assert_int_equal(on(LASER, 200 * MS, 0, 0), SAFETY_GRANTED);
    confirm(LASER, 1, 0);
    safety_off(&safety, LASER, 10 * MS, 10 * MS, &out);
    confirm(LASER, 0, 10 * MS);
    expect_refused(SAFETY_DUTY, LASER, 1 * MS, 0, 800 * MS);
    assert_int_equal(on(LASER, 1 * MS, 0, 1000 * MS), SAFETY_GRANTED); /* 1 ms of the 200 has left the window */
}

static void what_the_engine_ends_counts_as_it_was(void **state)
{
    (void)state;
    config.outputs[SECOND].duty = 0.2;
    config.outputs[SECOND].duty_per_ns = S;
    begin();
    assert_int_equal(on(SECOND, 100 * MS, 0, 0), SAFETY_GRANTED);
    confirm(SECOND, 1, 0);
    tick(180 * MS); /* a late tick: 180 ms on */
    confirm(SECOND, 0, 180 * MS);
    expect_refused(SAFETY_DUTY, SECOND, 21 * MS, 0, 300 * MS);
    assert_int_equal(on(SECOND, 20 * MS, 0, 300 * MS), SAFETY_GRANTED);
}

static void an_on_that_nobody_confirmed_counts_from_its_grant(void **state)
{
    (void)state;
    config.outputs[SECOND].duty = 0.2;
    config.outputs[SECOND].duty_per_ns = S;
    begin();
    assert_int_equal(on(SECOND, 100 * MS, 0, 0), SAFETY_GRANTED);
    tick(100 * MS);
    confirm(SECOND, 0, 150 * MS); /* the OFF came through with the third try */
    expect_refused(SAFETY_DUTY, SECOND, 51 * MS, 0, 300 * MS);
    assert_int_equal(on(SECOND, 50 * MS, 0, 300 * MS), SAFETY_GRANTED);
}

static void an_open_line_is_debited_for_the_longest_and_settled_by_what_it_was(void **state)
{
    (void)state;
    config.outputs[SECOND].duty = 0.6;
    config.outputs[SECOND].duty_per_ns = S; /* 600 ms, and at most 500 ms at once */
    begin();
    pulse(SECOND, 0, 150 * MS, 0);
    expect_refused(SAFETY_DUTY, SECOND, INT64_MAX, 0, 300 * MS);          /* 150 + 500 > 600 */
    assert_int_equal(on(SECOND, INT64_MAX, 0, 550 * MS), SAFETY_GRANTED); /* [50 ms, 1050 ms): 100 + 500 */
    confirm(SECOND, 1, 550 * MS);
    safety_off(&safety, SECOND, 600 * MS, 600 * MS, &out);
    confirm(SECOND, 0, 600 * MS);
    assert_int_equal(on(SECOND, 400 * MS, 0, 650 * MS), SAFETY_GRANTED); /* [50 ms, 1050 ms): 100 + 50 + 400 */
}

static void an_open_line_without_a_longest_on_time_is_cut_by_its_duty(void **state)
{
    (void)state;
    config.outputs[LED].duty = 0.5;
    config.outputs[LED].duty_per_ns = 10 * S;
    begin();
    assert_int_equal(safety_longest_ns(&config.outputs[LED]), 5 * S);
    assert_int_equal(on(LED, INT64_MAX, 0, 0), SAFETY_GRANTED);
    confirm(LED, 1, 0);
    tick(4999 * MS);
    assert_int_equal(out.n_writes, 0);
    tick(4999 * MS + 1);
    assert_int_equal(out.n_writes, 1);
    assert_int_equal(out.decisions[0].kind, FRAME_LIMITED);
    assert_true(out.decisions[0].value == (double)SAFETY_CUT);
}

static void energy_is_power_times_time(void **state)
{
    (void)state;
    config.outputs[LASER].power_mw = 10;
    config.outputs[LASER].max_energy_mj = 5; /* 500 ms at 10 mW */
    config.outputs[LASER].energy_per_ns = 60 * S;
    begin();
    assert_int_equal(safety_longest_ns(&config.outputs[LASER]), 500 * MS);
    pulse(LASER, 0, 300 * MS, 0);
    pulse(LASER, 20 * S, 150 * MS, 0);
    expect_refused(SAFETY_ENERGY, LASER, 51 * MS, 0, 40 * S);
    pulse(LASER, 40 * S, 50 * MS, 0);
    expect_refused(SAFETY_ENERGY, LASER, 1 * MS, 0, 59 * S);
    assert_int_equal(on(LASER, 300 * MS, 0, 60 * S), SAFETY_GRANTED); /* the first pulse has left the window */
}

static void a_pulse_with_more_energy_than_a_window_may_have_is_refused(void **state)
{
    (void)state;
    config.outputs[LASER].power_mw = 100;
    config.outputs[LASER].max_energy_mj = 1; /* 10 ms */
    config.outputs[LASER].energy_per_ns = 60 * S;
    begin();
    expect_refused(SAFETY_ENERGY, LASER, 10 * MS + 1, 0, 0);
    assert_int_equal(on(LASER, 10 * MS, 0, 0), SAFETY_GRANTED);
    frame_out_clear(&out);
    begin();
    assert_int_equal(on(LASER, INT64_MAX, 0, 0), SAFETY_GRANTED); /* open: the device is told the longest */
    assert_int_equal(out.writes[0].pulse_ns, 10 * MS);
}

static void lines_that_exclude_each_other_are_never_on_together(void **state)
{
    (void)state;
    config.outputs[LASER].exclude = 1u << VALVE;
    config.outputs[VALVE].exclude = 1u << LASER;
    begin();
    assert_int_equal(on(LASER, 5 * MS, 0, 0), SAFETY_GRANTED);
    expect_refused(SAFETY_EXCLUDED, VALVE, 10 * MS, 1, 1 * MS);
    assert_int_equal(on(SECOND, 5 * MS, 0, 1 * MS), SAFETY_GRANTED); /* not its business */
    confirm(LASER, 1, 0);
    tick(5 * MS);
    expect_refused(SAFETY_EXCLUDED, VALVE, 10 * MS, 1, 5 * MS); /* its OFF is not confirmed */
    confirm(LASER, 0, 6 * MS);
    assert_int_equal(on(VALVE, 10 * MS, 1, 6 * MS), SAFETY_GRANTED);
    expect_refused(SAFETY_EXCLUDED, LASER, 5 * MS, 0, 7 * MS);
}

static void a_line_that_came_on_by_itself_excludes_and_counts(void **state)
{
    (void)state;
    config.outputs[LASER].exclude = 1u << VALVE;
    config.outputs[VALVE].exclude = 1u << LASER;
    config.outputs[LASER].duty = 0.1;
    config.outputs[LASER].duty_per_ns = S;
    begin();
    confirm(LASER, 1, 3 * MS);
    expect_refused(SAFETY_EXCLUDED, VALVE, 10 * MS, 1, 4 * MS);
    tick(4 * MS);
    assert_int_equal(out.n_writes, 1); /* switched off */
    confirm(LASER, 0, 63 * MS);
    expect_refused(SAFETY_DUTY, LASER, 41 * MS, 0, 100 * MS); /* 60 ms of the 100 are used */
    assert_int_equal(on(LASER, 40 * MS, 0, 100 * MS), SAFETY_GRANTED);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(a_session_has_its_count, fresh),
    cmocka_unit_test_setup(what_was_refused_is_not_counted, fresh),
    cmocka_unit_test_setup(a_day_counts_what_earlier_sessions_gave, fresh),
    cmocka_unit_test_setup(a_day_has_its_volume, fresh),
    cmocka_unit_test_setup(a_day_that_is_full_before_the_session_grants_nothing, fresh),
    cmocka_unit_test_setup(duty_limits_every_window, fresh),
    cmocka_unit_test_setup(a_train_at_its_duty_is_granted_pulse_by_pulse, fresh),
    cmocka_unit_test_setup(a_timed_pulse_that_is_aborted_counts_whole, fresh),
    cmocka_unit_test_setup(what_the_engine_ends_counts_as_it_was, fresh),
    cmocka_unit_test_setup(an_on_that_nobody_confirmed_counts_from_its_grant, fresh),
    cmocka_unit_test_setup(an_open_line_is_debited_for_the_longest_and_settled_by_what_it_was, fresh),
    cmocka_unit_test_setup(an_open_line_without_a_longest_on_time_is_cut_by_its_duty, fresh),
    cmocka_unit_test_setup(energy_is_power_times_time, fresh),
    cmocka_unit_test_setup(a_pulse_with_more_energy_than_a_window_may_have_is_refused, fresh),
    cmocka_unit_test_setup(lines_that_exclude_each_other_are_never_on_together, fresh),
    cmocka_unit_test_setup(a_line_that_came_on_by_itself_excludes_and_counts, fresh),
};
TEST_MAIN(tests)
