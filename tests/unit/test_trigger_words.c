/* trigger_words and source_words: what each word puts into the config, and one line for each mistake. */
#include "engine/base/units.h"
#include "engine/latency.h"
#include "tests/test.h"
#include "tests/unit/planner_case.h"
#include <math.h>

#define TRIAL "\nfunction trial() return { state \"x\" { after = { sec(2), done } } } end"

/* planner_case_uses, then a trigger "t" with these keys on line 2. */
static const char *with_keys(const char *keys)
{
    char text[2048];
    snprintf(text, sizeof text, "%strigger \"t\" { %s }" TRIAL, planner_case_uses, keys);
    return planner_case_task(text);
}

static const struct config_trigger *made(const char *keys)
{
    assert_string_equal(with_keys(keys), "");
    assert_int_equal(planner_case.config.n_triggers, 1);
    return &planner_case.config.triggers[0];
}

#define EXPECT(keys, line)        assert_string_equal(with_keys(keys), "x.lua:2: " line)
#define EXPECT_NEAR(x, y, within) assert_true(fabs((x) - (y)) <= (within))
#define EXPECT_SOURCE(t, k, m, v)                                                                                      \
    do {                                                                                                               \
        assert_int_equal((t)->source.kind, k);                                                                         \
        assert_int_equal((t)->source.model, m);                                                                        \
        assert_int_equal((t)->source.variable, v);                                                                     \
    } while (0)

static void each_source_has_its_numbers_and_unit(void **state)
{
    (void)state;
    const struct config_trigger *t = made("on = dff(\"vta\"), above = percent(2), release = percent(1)");
    EXPECT_SOURCE(t, CONFIG_SOURCE_DFF, 0, 0);
    EXPECT_NEAR(t->threshold, 0.02, 1e-15);
    EXPECT_NEAR(t->release, 0.01, 1e-15);
    assert_int_equal(t->zscore + t->below, 0);
    t = made("on = predicted(\"vta\", \"null_zero\"), below = z(-1.5)");
    EXPECT_SOURCE(t, CONFIG_SOURCE_PREDICTED, 0, 0);
    assert_int_equal(t->zscore + t->below, 2);
    EXPECT_NEAR(t->release, -1.5, 0); /* the threshold, if it is not given */
    t = made("on = variable(\"vta\", \"td_csc\", \"delta\"), below = -0.3");
    EXPECT_SOURCE(t, CONFIG_SOURCE_VARIABLE, 1, CONFIG_VARIABLE_DELTA);
    EXPECT_NEAR(t->threshold, -0.3, 0);
    t = made("on = residual(\"vta\", \"td_csc\"), below = percent(-1)");
    EXPECT_SOURCE(t, CONFIG_SOURCE_RESIDUAL, 1, 0);
    EXPECT_NEAR(t->threshold, -0.01, 1e-15);
}

static void a_slope_and_a_peak_are_made_of_a_source(void **state)
{
    (void)state;
    const struct config_trigger *t = made("on = slope(dff(\"vta\"), ms(100)), above = percent(20)");
    assert_int_equal(t->slope_ns, 100 * MS);
    EXPECT_NEAR(t->threshold, 0.2, 1e-15); /* a second */
    t = made("on = peak(dff(\"vta\"), z(0.5)), above = z(2)");
    EXPECT_NEAR(t->drop, 0.5, 0);
    assert_int_equal(t->zscore, 1);
    t = made("on = peak(slope(dff(\"vta\"), ms(50)), percent(1)), above = percent(5)");
    EXPECT_NEAR(t->drop, 0.01, 1e-15);
    assert_int_equal(t->slope_ns, 50 * MS);
}

static void a_phase_has_a_band_an_angle_and_a_least_amplitude(void **state)
{
    (void)state;
    const struct config_trigger *t = made("on = phase(\"vta\", hz(4), hz(8)), at = deg(-90), above = percent(0.5)");
    EXPECT_SOURCE(t, CONFIG_SOURCE_PHASE, 0, 0);
    EXPECT_NEAR(t->at_rad, -1.5707963267948966, 1e-15);
    EXPECT_NEAR(t->low_hz, 4, 0);
    EXPECT_NEAR(t->high_hz, 8, 0);
    EXPECT_NEAR(t->threshold, 0.005, 1e-15);
    t = made("on = phase(\"vta\", hz(4), hz(8)), at = deg(180)");
    EXPECT_NEAR(t->threshold, 0, 0);
}

static void limits_delay_and_conditions_are_read(void **state)
{
    (void)state;
    const struct config_trigger *t =
        made("on = dff(\"vta\"), above = z(2), delay = ms(150), max_rate = { 5, per = sec(60) }, max_count = 100,\n"
             "enabled = false, when = { licked(\"lick\", ms(500)), not_licked(\"lick\", sec(1)),\n"
             "lick_rate(\"lick\", hz(4), sec(2)), is_above(variable(\"vta\", \"td_csc\", \"value\"), 0.5) }");
    assert_int_equal(t->delay_ns, 150 * MS);
    assert_int_equal(t->max_n, 5);
    assert_int_equal(t->max_per_ns, 60 * S);
    assert_int_equal(t->max_count, 100);
    assert_int_equal(t->enabled, 0);
    assert_int_equal(t->n_conditions, 4);
    assert_int_equal(t->conditions[0].kind, CONFIG_CONDITION_LICKED);
    assert_int_equal(t->conditions[0].window_ns, 500 * MS);
    assert_int_equal(t->conditions[1].kind, CONFIG_CONDITION_NOT_LICKED);
    EXPECT_NEAR(t->conditions[2].level, 4, 0);
    assert_int_equal(t->conditions[2].window_ns, 2 * S);
    assert_int_equal(t->conditions[3].kind, CONFIG_CONDITION_ABOVE);
    assert_int_equal(t->conditions[3].source.model, 1);
    EXPECT_NEAR(t->conditions[3].level, 0.5, 0);
    t = made("on = dff(\"vta\"), above = z(2)");
    assert_int_equal(t->enabled, 1);
    assert_int_equal(t->max_count, UINT32_MAX);
    assert_int_equal(t->max_n, 0);
}

static void a_yoke_has_no_threshold(void **state)
{
    (void)state;
    const struct config_trigger *t = made("on = yoke(\"stim\"), lockout = ms(10)");
    EXPECT_SOURCE(t, CONFIG_SOURCE_YOKE, 0, 0);
    EXPECT("on = yoke(\"stim\"), above = z(2)", "trigger.t: expected no threshold: a yoke has its times");
    EXPECT("on = yoke(\"st im\")", "yoke = \"st im\": expected a name of 1..31 letters, digits, _ - and dots");
}

static void wrong_sources_are_refused(void **state)
{
    (void)state;
    EXPECT("on = 5, above = z(2)", "trigger.t.on = 5: expected what to look at: dff, residual, predicted, variable, "
                                   "slope, peak, phase or yoke, as in dff(\"signal\")");
    EXPECT("above = z(2)", "trigger.t: expected the key on: a value");
    EXPECT("on = dff(\"vtb\"), above = z(2)", "dff = \"vtb\": expected a signal that the task uses: did you mean vta?");
    EXPECT("on = dff(5), above = z(2)", "dff = 5: expected a name in quotes");
    EXPECT("on = predicted(\"vta\", \"td_cs\"), above = z(2)",
           "predicted = \"td_cs\": expected a model that the task uses: did you mean td_csc?");
    EXPECT("on = variable(\"vta\", \"td_csc\", \"delt\"), above = 1",
           "variable = delt: expected a number of the model: did you mean delta?");
    EXPECT("on = slope(dff(\"vta\"), 100), above = percent(1)", "slope = 100: expected a time: us(x), ms(x) or sec(x)");
    EXPECT("on = slope(dff(\"vta\"), ms(1)), above = percent(1)", "slope = ms(1): expected ms(10)..sec(10)");
    EXPECT("on = slope(5, ms(100)), above = percent(1)",
           "slope = 5: expected dff(\"signal\"), or residual, predicted or variable of a model");
    EXPECT("on = slope(slope(dff(\"vta\"), ms(10)), ms(10)), above = percent(1)",
           "slope = source: expected dff(\"signal\"), or residual, predicted or variable of a model");
    EXPECT("on = peak(dff(\"vta\"), 1), above = z(2)",
           "peak = 1: expected how far it has come back by, above 0: a dF/F: percent(x), or z(x)");
    EXPECT("on = peak(dff(\"vta\"), percent(1)), above = z(2)",
           "trigger.t.on = source: expected the threshold's kind: a z-score: z(x)");
    EXPECT("on = peak(dff(\"vta\"), z(-1)), above = z(2)",
           "peak = z(-1): expected how far it has come back by, above 0: a dF/F: percent(x), or z(x)");
    EXPECT("on = phase(\"vta\", hz(8), hz(4)), at = deg(0)",
           "trigger.t.on: expected a band within hz(0.01)..hz(100), a tenth of the signal's rate, 1/20 to 1 of its "
           "middle wide");
    EXPECT("on = phase(\"vta\", 4, 8), at = deg(0)", "phase = 4: expected a frequency: hz(x) or khz(x)");
}

static void wrong_levels_are_refused(void **state)
{
    (void)state;
    EXPECT("on = dff(\"vta\"), above = 0.02", "trigger.t.above = 0.02: expected a dF/F: percent(x), or z(x)");
    EXPECT("on = dff(\"vta\"), above = ms(2)", "trigger.t.above = ms(2): expected a dF/F: percent(x), or z(x)");
    EXPECT("on = dff(\"vta\"), above = \"2\"", "trigger.t.above = \"2\": expected a dF/F: percent(x), or z(x)");
    EXPECT("on = dff(\"vta\"), above = z(200)", "trigger.t.above = z(200): expected z(-100)..z(100)");
    EXPECT("on = variable(\"vta\", \"td_csc\", \"value\"), above = percent(1)",
           "trigger.t.above = percent(1): expected a plain number, or z(x)");
    EXPECT("on = variable(\"vta\", \"td_csc\", \"value\"), above = 0/0",
           "trigger.t.above = nan: expected a plain number, or z(x)");
    EXPECT("on = dff(\"vta\"), above = z(2), below = z(1)",
           "trigger.t.above = z(2): expected either below or above: z(x), or a level in the unit of `on`");
    EXPECT("on = dff(\"vta\"), above = z(2), release = percent(1)",
           "trigger.t.release = percent(1): expected the threshold's kind: a z-score: z(x)");
    EXPECT("on = dff(\"vta\"), above = z(2), release = z(3)",
           "trigger.t.release = z(3): expected a level on the quiet side of above");
    EXPECT("on = dff(\"vta\"), above = z(2), at = deg(0)",
           "trigger.t.at = deg(0): expected no angle: only a phase has one");
    EXPECT("on = phase(\"vta\", hz(4), hz(8))",
           "trigger.t: expected at = deg(x): the phase to fire at; 0 is the oscillation's maximum");
    EXPECT("on = phase(\"vta\", hz(4), hz(8)), at = 90", "trigger.t.at = 90: expected an angle: deg(x)");
    EXPECT("on = phase(\"vta\", hz(4), hz(8)), at = deg(270)", "trigger.t.at = deg(270): expected deg(-180)..deg(180)");
    EXPECT("on = phase(\"vta\", hz(4), hz(8)), at = deg(0), below = percent(1)",
           "trigger.t.below = percent(1): expected above = percent(x) for a phase: its least amplitude");
}

static void wrong_times_and_limits_are_refused(void **state)
{
    (void)state;
#define DFF "on = dff(\"vta\"), above = z(2), "
    EXPECT(DFF "hold = 40", "trigger.t.hold = 40: expected a time: us(x), ms(x) or sec(x)");
    EXPECT(DFF "hold = us(900)",
           "trigger.t.hold = us(900): expected none, or at least ms(1): so often there is a new number");
    EXPECT("on = variable(\"vta\", \"td_csc\", \"value\"), above = 1, hold = ms(50)",
           "trigger.t.hold = ms(50): expected none, or at least ms(100): so often there is a new number");
    EXPECT(DFF "delay = sec(100)", "trigger.t.delay = sec(100): expected us(0)..sec(60)");
    EXPECT(DFF "sham = 2", "trigger.t.sham = 2: expected a number 0..1");
    EXPECT(DFF "max_rate = 5", "trigger.t.max_rate = 5: expected a table: { ... }");
    EXPECT(DFF "max_rate = { 5 }", "trigger.t.max_rate: expected the key per: a time: us(x), ms(x) or sec(x)");
    EXPECT(DFF "max_rate = { 65, per = sec(60) }", "trigger.t.max_rate.1 = 65: expected a whole number 1..64");
    EXPECT(DFF "max_rate = { 5, pro = sec(60) }",
           "trigger.t.max_rate.pro = sec(60): expected a key of max_rate: 1, per");
    EXPECT(DFF "max_count = 0", "trigger.t.max_count = 0: expected a whole number 1..1000000");
    EXPECT(DFF "max_count = 1.5", "trigger.t.max_count = 1.5: expected a whole number 1..1000000");
    EXPECT(DFF "max_cuont = 5", "trigger.t.max_cuont = 5: expected a key of trigger: did you mean max_count?");
    EXPECT(DFF "enabled = 1", "trigger.t.enabled = 1: expected true or false");
}

static void wrong_conditions_are_refused(void **state)
{
    (void)state;
    EXPECT(DFF "when = licked(\"lick\", ms(500))", "trigger.t.when = condition: expected a table: { ... }");
    EXPECT(DFF "when = { ms(500) }", "trigger.t.when.1 = ms(500): expected licked, not_licked, lick_rate, is_above or "
                                     "is_below, as in licked(\"lick\", ms(500))");
    EXPECT(DFF "when = { licked(\"button\", ms(500)) }",
           "licked = \"button\": expected a lick sensor that the task uses: lick");
    EXPECT(DFF "when = { licked(\"lick\") }", "licked = nil: expected a time: us(x), ms(x) or sec(x)");
    EXPECT(DFF "when = { licked(\"lick\", us(500)) }", "licked = us(500): expected ms(1)..sec(600)");
    EXPECT(DFF "when = { lick_rate(\"lick\", hz(50), sec(10)) }", "lick_rate = hz(50): expected hz(0.01)..hz(6.4)");
    EXPECT(DFF "when = { is_above(dff(\"vta\"), 0.5) }", "is_above = 0.5: expected a dF/F: percent(x)");
    EXPECT(DFF "when = { is_below(slope(dff(\"vta\"), ms(50)), percent(1)) }",
           "is_below = source: expected dff(\"signal\"), or residual, predicted or variable of a model");
}

static void the_latency_is_the_sum_of_what_lies_between(void **state)
{
    (void)state;
    /* The low-pass is 20 Hz at 1 kHz: sqrt(2) / (2 tan(pi 20 / 1000) 1000 Hz) = 11.239 ms; ticks and samples of 1 ms.
     */
    const struct config *config = &planner_case.config;
    made("on = dff(\"vta\"), above = z(2), hold = ms(40)");
    struct latency latency = latency_of(config, 0);
    EXPECT_NEAR((double)latency.filter_ns, 11.239e6, 1e3);
    assert_int_equal(latency.update_ns, 1 * MS);
    assert_int_equal(latency.seen_ns, latency.filter_ns + 2 * MS);
    assert_int_equal(latency.total_ns, latency.filter_ns + 42 * MS);
    made("on = slope(dff(\"vta\"), ms(100)), above = z(2)");
    assert_int_equal(latency_of(config, 0).total_ns, latency.filter_ns + 102 * MS);
    made("on = variable(\"vta\", \"td_csc\", \"value\"), above = 1"); /* its step is 100 ms, it is the second model */
    assert_int_equal(latency_of(config, 0).total_ns, 100 * MS + 1 * MS + 1 * MS);
    made("on = residual(\"vta\", \"td_csc\"), above = z(2)");
    latency = latency_of(config, 0);
    assert_int_equal(latency.total_ns, latency.filter_ns + 200 * MS + 5 * MS + 1 * MS);
    assert_int_equal(latency.behind_ns, 102 * MS);
    made("on = yoke(\"stim\")");
    assert_int_equal(latency_of(config, 0).total_ns, 1 * MS);
}

static int forget(void **state)
{
    (void)state;
    task_free(planner_case.task);
    planner_case.task = NULL;
    return 0;
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_source_has_its_numbers_and_unit),
    cmocka_unit_test(a_slope_and_a_peak_are_made_of_a_source),
    cmocka_unit_test(a_phase_has_a_band_an_angle_and_a_least_amplitude),
    cmocka_unit_test(limits_delay_and_conditions_are_read),
    cmocka_unit_test(a_yoke_has_no_threshold),
    cmocka_unit_test(wrong_sources_are_refused),
    cmocka_unit_test(wrong_levels_are_refused),
    cmocka_unit_test(wrong_times_and_limits_are_refused),
    cmocka_unit_test(wrong_conditions_are_refused),
    cmocka_unit_test_teardown(the_latency_is_the_sum_of_what_lies_between, forget),
};
TEST_MAIN(tests)
