/* safety: expected verdicts and times by hand from the header and the limits below; the tick is 1 ms. */
#include "engine/base/units.h"
#include "engine/safety/safety.h"
#include "tests/test.h"
#include <math.h>

enum { VALVE, LASER, TONE, LED, N_OUTPUTS };

static struct config config;
static struct safety safety;
static struct frame_out out;

static int fresh(void **state)
{
    (void)state;
    const double no_limit = (double)INFINITY;
    config = (struct config){.period_ns = MS, .n_outputs = N_OUTPUTS};
    config.outputs[VALVE] = (struct config_output){.kind = CONFIG_OUTPUT_VALVE,
                                                   .guard = CONFIG_GUARD_DEVICE_TIMED,
                                                   .max_on_ns = 200 * MS,
                                                   .min_gap_ns = 50 * MS,
                                                   .max_session_ul = 10,
                                                   .on_level = 1};
    config.outputs[LASER] = (struct config_output){.kind = CONFIG_OUTPUT_LASER,
                                                   .guard = CONFIG_GUARD_INTERLOCK,
                                                   .max_on_ns = 20 * MS,
                                                   .max_session_ul = no_limit,
                                                   .on_level = 1};
    config.outputs[TONE] = (struct config_output){
        .kind = CONFIG_OUTPUT_SOUND, .max_on_ns = 2 * S, .max_session_ul = no_limit, .on_level = 1};
    config.outputs[LED] = (struct config_output){
        .kind = CONFIG_OUTPUT_LED, .max_on_ns = INT64_MAX, .max_session_ul = no_limit, .on_level = 40, .safe_level = 0};
    safety_init(&safety, &config);
    frame_out_clear(&out);
    return 0;
}

static enum safety_verdict on(uint32_t output, int64_t length_ns, double ul, int64_t now_ns)
{
    frame_out_clear(&out);
    return safety_on(&safety, output, length_ns, ul, now_ns, now_ns, &out);
}

static void off(uint32_t output, int64_t now_ns)
{
    frame_out_clear(&out);
    safety_off(&safety, output, now_ns, now_ns, &out);
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

/* One pulse from start_ns to end_ns, all of it confirmed. */
static void pulse(uint32_t output, int64_t start_ns, int64_t end_ns, double ul)
{
    assert_int_equal(on(output, end_ns - start_ns, ul, start_ns), SAFETY_GRANTED);
    confirm(output, 1, start_ns);
    tick(end_ns);
    confirm(output, 0, end_ns);
}

#define expect_write(i, output_, level_, pulse_ns_, cause_ns_)                                                         \
    do {                                                                                                               \
        assert_true(out.n_writes > (i));                                                                               \
        assert_int_equal(out.writes[i].output, output_);                                                               \
        assert_true(out.writes[i].level == (level_));                                                                  \
        assert_int_equal(out.writes[i].pulse_ns, pulse_ns_);                                                           \
        assert_int_equal(out.writes[i].cause_ns, cause_ns_);                                                           \
    } while (0)

/* Exactly one decision in `out`: this output was limited, for this reason, at this time. */
static void expect_limited(uint32_t output, enum safety_verdict verdict, int64_t t_ns)
{
    assert_int_equal(out.n_decisions, 1);
    assert_int_equal(out.decisions[0].kind, FRAME_LIMITED);
    assert_int_equal(out.decisions[0].id, output);
    assert_true(out.decisions[0].value == (double)verdict);
    assert_int_equal(out.decisions[0].t_ns, t_ns);
}

/* The line is refused with this verdict, and nothing moves. */
static void expect_refused(enum safety_verdict verdict, uint32_t output, int64_t length_ns, double ul, int64_t now_ns)
{
    const struct safety_line before = safety.lines[output];
    assert_int_equal(on(output, length_ns, ul, now_ns), verdict);
    assert_int_equal(out.n_writes, 0);
    expect_limited(output, verdict, now_ns);
    const struct safety_line *after = &safety.lines[output];
    assert_int_equal(after->n_refused, before.n_refused + 1);
    assert_int_equal(after->n_granted, before.n_granted);
    assert_true(after->granted_ul == before.granted_ul && after->wanted == before.wanted);
    assert_int_equal(after->end_ns, before.end_ns);
}

static void a_granted_pulse_is_written_with_its_length_and_ended_in_time(void **state)
{
    (void)state;
    frame_out_clear(&out);
    assert_int_equal(safety_on(&safety, VALVE, 42 * MS, 4, 100 * MS, 99 * MS, &out), SAFETY_GRANTED);
    assert_int_equal(out.n_writes, 1);
    assert_int_equal(out.n_decisions, 0);
    expect_write(0, VALVE, 1, 42 * MS, 99 * MS);
    assert_false(safety_all_safe(&safety));
    confirm(VALVE, 1, 100 * MS + 20 * US);
    tick(142 * MS - 1);
    assert_int_equal(out.n_writes, 0);
    tick(142 * MS);
    assert_int_equal(out.n_writes, 1);
    assert_int_equal(out.n_decisions, 0);
    expect_write(0, VALVE, 0, 0, 142 * MS);
    assert_false(safety_all_safe(&safety));
    confirm(VALVE, 0, 142 * MS + 20 * US);
    assert_true(safety_all_safe(&safety));
    assert_int_equal(safety.lines[VALVE].off_ns, 142 * MS + 20 * US);
}

static void only_a_line_that_its_device_times_gets_the_length(void **state)
{
    (void)state;
    assert_int_equal(on(LASER, 5 * MS, 0, 0), SAFETY_GRANTED);
    expect_write(0, LASER, 1, 0, 0);
    fresh(NULL);
    config.outputs[TONE].guard = CONFIG_GUARD_DEVICE_TIMED; /* open: the device ends it at its longest on-time */
    assert_int_equal(on(TONE, INT64_MAX, 0, 0), SAFETY_GRANTED);
    expect_write(0, TONE, 1, 2 * S, 0);
    fresh(NULL);
    config.outputs[LED].guard = CONFIG_GUARD_DEVICE_TIMED; /* no limit: open has no end, a pulse has */
    assert_int_equal(on(LED, INT64_MAX, 0, 0), SAFETY_GRANTED);
    expect_write(0, LED, 40, 0, 0);
    fresh(NULL);
    config.outputs[LED].guard = CONFIG_GUARD_DEVICE_TIMED;
    assert_int_equal(on(LED, 7 * MS, 0, 0), SAFETY_GRANTED);
    expect_write(0, LED, 40, 7 * MS, 0);
}

static void a_line_that_is_on_or_not_confirmed_off_is_busy(void **state)
{
    (void)state;
    assert_int_equal(on(LASER, 5 * MS, 0, 0), SAFETY_GRANTED);
    expect_refused(SAFETY_BUSY, LASER, 5 * MS, 0, 1 * MS); /* not even confirmed on */
    confirm(LASER, 1, 100 * US);
    expect_refused(SAFETY_BUSY, LASER, 5 * MS, 0, 2 * MS);
    tick(5 * MS);
    expect_refused(SAFETY_BUSY, LASER, 5 * MS, 0, 5 * MS);
    confirm(LASER, 0, 5 * MS);
    assert_int_equal(on(LASER, 5 * MS, 0, 6 * MS), SAFETY_GRANTED); /* min_gap 0 */
}

static void the_gap_counts_from_the_confirmed_end(void **state)
{
    (void)state;
    pulse(VALVE, 0, 10 * MS, 1);
    confirm(VALVE, 0, 11 * MS); /* a second confirmation does not prolong it */
    expect_refused(SAFETY_GAP, VALVE, 10 * MS, 1, 60 * MS - 1);
    assert_int_equal(on(VALVE, 10 * MS, 1, 60 * MS), SAFETY_GRANTED); /* exactly the gap */
}

static void a_pulse_is_longer_than_nothing_and_not_longer_than_allowed(void **state)
{
    (void)state;
    expect_refused(SAFETY_LENGTH, VALVE, 0, 1, 0);
    expect_refused(SAFETY_LENGTH, VALVE, -1, 1, 0);
    expect_refused(SAFETY_LENGTH, VALVE, INT64_MIN, 1, 0);
    expect_refused(SAFETY_LENGTH, VALVE, 200 * MS + 1, 1, 0);
    assert_int_equal(on(VALVE, 200 * MS, 1, 0), SAFETY_GRANTED);
}

static void the_volume_limit_is_reached_exactly(void **state)
{
    (void)state;
    pulse(VALVE, 0, 10 * MS, 4);
    pulse(VALVE, 1 * S, 1 * S + 10 * MS, 4);
    expect_refused(SAFETY_VOLUME, VALVE, 10 * MS, 2.5, 2 * S);
    expect_refused(SAFETY_VOLUME, VALVE, 10 * MS, -1, 2 * S);
    expect_refused(SAFETY_VOLUME, VALVE, 10 * MS, (double)NAN, 2 * S);
    expect_refused(SAFETY_VOLUME, VALVE, 10 * MS, (double)INFINITY, 2 * S);
    pulse(VALVE, 2 * S, 2 * S + 10 * MS, 2);
    assert_true(safety.lines[VALVE].granted_ul == 10.0);
    expect_refused(SAFETY_VOLUME, VALVE, 10 * MS, 0x1p-40, 3 * S);
    assert_int_equal(on(VALVE, 10 * MS, 0, 3 * S), SAFETY_GRANTED); /* nothing more is nothing more */
}

static void a_pulse_that_is_ended_early_counts_in_full(void **state)
{
    (void)state;
    assert_int_equal(on(VALVE, 200 * MS, 6, 0), SAFETY_GRANTED);
    off(VALVE, 10 * MS);
    confirm(VALVE, 0, 10 * MS);
    expect_refused(SAFETY_VOLUME, VALVE, 200 * MS, 6, 1 * S);
}

static void after_the_end_nothing_is_granted(void **state)
{
    (void)state;
    assert_int_equal(on(LASER, 5 * MS, 0, 0), SAFETY_GRANTED);
    assert_int_equal(on(LED, INT64_MAX, 0, 0), SAFETY_GRANTED);
    confirm(LASER, 1, 0);
    confirm(LED, 40, 0);
    frame_out_clear(&out);
    safety_end(&safety, 1 * MS, &out);
    assert_int_equal(out.n_writes, 2); /* the two that are on; no others move */
    expect_write(0, LASER, 0, 0, 1 * MS);
    expect_write(1, LED, 0, 0, 1 * MS);
    confirm(LASER, 0, 1 * MS);
    assert_false(safety_all_safe(&safety));
    confirm(LED, 0, 1 * MS);
    assert_true(safety_all_safe(&safety));
    for (uint32_t i = 0; i < N_OUTPUTS; i++)
        expect_refused(SAFETY_ENDED, i, 5 * MS, 0, 100 * S);
    tick(101 * S);
    assert_int_equal(out.n_writes, 0);
}

static void an_open_line_is_cut_before_it_is_on_for_too_long(void **state)
{
    (void)state;
    assert_int_equal(on(TONE, INT64_MAX, 0, 0), SAFETY_GRANTED);
    confirm(TONE, 1, 300 * US); /* on-time counts from here */
    tick(1999 * MS + 300 * US); /* a tick later it is on for exactly 2 s */
    assert_int_equal(out.n_writes, 0);
    tick(1999 * MS + 300 * US + 1);
    assert_int_equal(out.n_writes, 1);
    expect_write(0, TONE, 0, 0, 1999 * MS + 300 * US + 1);
    expect_limited(TONE, SAFETY_CUT, 1999 * MS + 300 * US + 1);
}

static void a_late_tick_cuts_at_once(void **state)
{
    (void)state;
    assert_int_equal(on(TONE, INT64_MAX, 0, 0), SAFETY_GRANTED);
    assert_int_equal(on(VALVE, 200 * MS, 1, 0), SAFETY_GRANTED);
    confirm(TONE, 1, 0);
    confirm(VALVE, 1, 0);
    tick(7 * S); /* the first one since; a count of ticks would allow 2000 more */
    assert_int_equal(out.n_writes, 2);
    expect_write(0, VALVE, 0, 0, 200 * MS); /* the pulse's own end: not a cut */
    expect_write(1, TONE, 0, 0, 7 * S);
    expect_limited(TONE, SAFETY_CUT, 7 * S);
}

static void a_line_whose_on_was_never_confirmed_is_cut_all_the_same(void **state)
{
    (void)state;
    assert_int_equal(on(TONE, INT64_MAX, 0, 10 * MS), SAFETY_GRANTED);
    tick(2 * S + 9 * MS);
    assert_int_equal(out.n_writes, 0);
    tick(2 * S + 9 * MS + 1);
    expect_limited(TONE, SAFETY_CUT, 2 * S + 9 * MS + 1);
    expect_write(0, TONE, 0, 0, 2 * S + 9 * MS + 1);
}

static void an_unconfirmed_off_is_repeated_every_tick(void **state)
{
    (void)state;
    assert_int_equal(on(VALVE, 10 * MS, 1, 0), SAFETY_GRANTED);
    confirm(VALVE, 1, 0);
    tick(10 * MS);
    assert_int_equal(out.n_writes, 1);
    tick(10 * MS); /* not twice at one time */
    assert_int_equal(out.n_writes, 0);
    for (int i = 11; i < 500; i++) {
        tick(i * MS);
        assert_int_equal(out.n_writes, 1);
        assert_int_equal(out.n_decisions, 0);
        expect_write(0, VALVE, 0, 0, i * MS);
    }
    assert_int_equal(safety.lines[VALVE].n_repeated, 489);
    confirm(VALVE, 0, 499 * MS);
    tick(500 * MS);
    assert_int_equal(out.n_writes, 0);
    expect_refused(SAFETY_GAP, VALVE, 10 * MS, 1, 548 * MS); /* off since 499 ms, as far as anyone knows */
}

static void an_off_is_repeated_even_if_the_on_was_never_confirmed(void **state)
{
    (void)state;
    assert_int_equal(on(LASER, 5 * MS, 0, 0), SAFETY_GRANTED);
    tick(5 * MS);
    assert_int_equal(out.n_writes, 1);
    assert_false(safety_all_safe(&safety)); /* nobody has said that it is off */
    tick(6 * MS);
    assert_int_equal(out.n_writes, 1);
    expect_write(0, LASER, 0, 0, 6 * MS);
    expect_refused(SAFETY_BUSY, LASER, 5 * MS, 0, 6 * MS);
    confirm(LASER, 0, 6 * MS);
    assert_true(safety_all_safe(&safety));
}

static void a_confirmation_from_before_says_nothing_about_the_newest_pulse(void **state)
{
    (void)state;
    assert_int_equal(on(LASER, 5 * MS, 0, 0), SAFETY_GRANTED);
    confirm(LASER, 1, 0);
    tick(5 * MS);
    tick(6 * MS); /* repeated: there will be two confirmations */
    confirm(LASER, 0, 5 * MS);
    assert_int_equal(on(LASER, 5 * MS, 0, 7 * MS), SAFETY_GRANTED);
    confirm(LASER, 0, 6 * MS); /* the second one */
    tick(12 * MS);
    confirm(LASER, 0, 6 * MS);
    assert_false(safety_all_safe(&safety));
    tick(13 * MS);
    assert_int_equal(out.n_writes, 1);
    confirm(LASER, 0, 12 * MS);
    assert_true(safety_all_safe(&safety));
}

static void a_line_that_comes_on_by_itself_is_switched_off(void **state)
{
    (void)state;
    confirm(VALVE, 1, 3 * MS);
    tick(4 * MS);
    assert_int_equal(out.n_writes, 1);
    expect_write(0, VALVE, 0, 0, 4 * MS);
    confirm(VALVE, (double)NAN, 4 * MS); /* no level at all is not the safe one */
    tick(5 * MS);
    assert_int_equal(out.n_writes, 1);
}

static void off_is_written_once_and_only_to_a_line_that_is_on(void **state)
{
    (void)state;
    off(TONE, 0);
    assert_int_equal(out.n_writes, 0);
    assert_int_equal(on(TONE, INT64_MAX, 0, 1 * MS), SAFETY_GRANTED);
    off(TONE, 2 * MS);
    assert_int_equal(out.n_writes, 1);
    off(TONE, 2 * MS);
    assert_int_equal(out.n_writes, 0);
}

static void an_led_stays_on_for_as_long_as_the_session(void **state)
{
    (void)state;
    assert_int_equal(on(LED, INT64_MAX, 0, 0), SAFETY_GRANTED);
    expect_write(0, LED, 40, 0, 0);
    confirm(LED, 40, 0);
    for (int64_t t_ns = MS; t_ns < 24 * 3600 * S; t_ns += 600 * S) {
        tick(t_ns);
        assert_int_equal(out.n_writes + out.n_decisions, 0);
    }
}

static void the_safe_level_need_not_be_zero(void **state)
{
    (void)state;
    config.outputs[TONE].safe_level = 5;
    config.outputs[TONE].on_level = 0;
    safety_init(&safety, &config);
    assert_true(safety_all_safe(&safety));
    assert_int_equal(on(TONE, 10 * MS, 0, 0), SAFETY_GRANTED);
    expect_write(0, TONE, 0, 0, 0);
    confirm(TONE, 0, 0);
    tick(10 * MS);
    expect_write(0, TONE, 5, 0, 10 * MS);
    confirm(TONE, 5, 10 * MS);
    assert_true(safety_all_safe(&safety));
}

static void a_write_that_does_not_fit_is_counted_and_an_off_comes_again(void **state)
{
    (void)state;
    assert_int_equal(on(LASER, 5 * MS, 0, 0), SAFETY_GRANTED);
    out.n_writes = FRAME_WRITES_MAX;
    safety_tick(&safety, 5 * MS, &out);
    assert_int_equal(out.n_writes, FRAME_WRITES_MAX);
    assert_int_equal(out.n_dropped, 1);
    tick(6 * MS);
    assert_int_equal(out.n_writes, 1);
    expect_write(0, LASER, 0, 0, 6 * MS);
}

static void every_verdict_has_a_word(void **state)
{
    (void)state;
    static const char *const words[SAFETY_VERDICTS] = {"granted", "busy",  "gap", "length", "volume", "ended",
                                                       "cut",     "count", "day", "duty",   "energy", "excluded"};
    for (int i = SAFETY_GRANTED; i < SAFETY_VERDICTS; i++)
        assert_string_equal(safety_words((enum safety_verdict)i), words[i]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(a_granted_pulse_is_written_with_its_length_and_ended_in_time, fresh),
    cmocka_unit_test_setup(only_a_line_that_its_device_times_gets_the_length, fresh),
    cmocka_unit_test_setup(a_line_that_is_on_or_not_confirmed_off_is_busy, fresh),
    cmocka_unit_test_setup(the_gap_counts_from_the_confirmed_end, fresh),
    cmocka_unit_test_setup(a_pulse_is_longer_than_nothing_and_not_longer_than_allowed, fresh),
    cmocka_unit_test_setup(the_volume_limit_is_reached_exactly, fresh),
    cmocka_unit_test_setup(a_pulse_that_is_ended_early_counts_in_full, fresh),
    cmocka_unit_test_setup(after_the_end_nothing_is_granted, fresh),
    cmocka_unit_test_setup(an_open_line_is_cut_before_it_is_on_for_too_long, fresh),
    cmocka_unit_test_setup(a_late_tick_cuts_at_once, fresh),
    cmocka_unit_test_setup(a_line_whose_on_was_never_confirmed_is_cut_all_the_same, fresh),
    cmocka_unit_test_setup(an_unconfirmed_off_is_repeated_every_tick, fresh),
    cmocka_unit_test_setup(an_off_is_repeated_even_if_the_on_was_never_confirmed, fresh),
    cmocka_unit_test_setup(a_confirmation_from_before_says_nothing_about_the_newest_pulse, fresh),
    cmocka_unit_test_setup(a_line_that_comes_on_by_itself_is_switched_off, fresh),
    cmocka_unit_test_setup(off_is_written_once_and_only_to_a_line_that_is_on, fresh),
    cmocka_unit_test_setup(an_led_stays_on_for_as_long_as_the_session, fresh),
    cmocka_unit_test_setup(the_safe_level_need_not_be_zero, fresh),
    cmocka_unit_test_setup(a_write_that_does_not_fit_is_counted_and_an_off_comes_again, fresh),
    cmocka_unit_test_setup(every_verdict_has_a_word, fresh),
};
TEST_MAIN(tests)
