/* train_words: what trains and sounds put into the config, and one line for each mistake. */
#include "engine/base/units.h"
#include "tests/test.h"
#include "tests/unit/planner_case.h"
#include <math.h>

#define TRIAL "\nfunction trial() return { state \"x\" { after = { sec(2), done } } } end"

/* planner_case_uses, then `word` with these keys on line 2. */
static const char *with_keys(const char *word, const char *keys)
{
    char text[2048];
    snprintf(text, sizeof text, "%s%s \"s\" { %s }" TRIAL, planner_case_uses, word, keys);
    return planner_case_task(text);
}

static const struct config_train *made(const char *word, const char *keys)
{
    assert_string_equal(with_keys(word, keys), "");
    assert_int_equal(planner_case.config.n_trains, 1);
    return &planner_case.config.trains[0];
}

#define EXPECT_TRAIN(keys, line)  assert_string_equal(with_keys("train", keys), "x.lua:2: train.s" line)
#define EXPECT_SOUND(keys, line)  assert_string_equal(with_keys("sound", keys), "x.lua:2: sound.s" line)
#define EXPECT_NEAR(x, y, within) assert_true(fabs((x) - (y)) <= (within))

static void a_pulse_train_has_jitter_and_a_dose(void **state)
{
    (void)state;
    const struct config_train *t =
        made("train", "output = \"laser\", width = ms(5), rate = hz(20), duration = ms(500),\n"
                      "jitter = ms(20), max_count = 40, max_light = sec(2)");
    assert_int_equal(t->shape, CONFIG_SHAPE_PULSES);
    assert_int_equal(t->period_ns, 50 * MS);
    assert_int_equal(t->jitter_ns, 20 * MS);
    assert_int_equal(t->max_count, 40);
    assert_int_equal(t->max_light_ns, 2 * S);
    t = made("train", "output = \"laser\", width = ms(5), rate = hz(20), duration = ms(500)");
    assert_int_equal(t->jitter_ns + t->max_light_ns + t->max_count, 0); /* no limit */
}

static void waves_of_light_have_their_shape(void **state)
{
    (void)state;
    const struct config_train *t =
        made("train", "output = \"laser\", shape = \"sine\", rate = hz(200), duration = ms(20), level = 0.5");
    assert_int_equal(t->shape, CONFIG_SHAPE_SINE);
    EXPECT_NEAR(t->hz, 200, 0);
    EXPECT_NEAR(t->level, 0.5, 0);
    assert_int_equal(t->width_ns, 20 * MS);
    t = made("train", "output = \"laser\", shape = \"constant\", duration = ms(20), ramp = ms(10)");
    assert_int_equal(t->shape, CONFIG_SHAPE_CONSTANT);
    assert_int_equal(t->ramp_ns, 10 * MS);
    EXPECT_NEAR(t->level, 1, 0);
}

static void sounds_have_their_shape(void **state)
{
    (void)state;
    const struct config_train *t =
        made("sound", "output = \"tone\", tone = khz(8), duration = ms(200), gate = ms(5), level = 0.1");
    assert_int_equal(t->shape, CONFIG_SHAPE_TONE);
    EXPECT_NEAR(t->hz, 8000, 0);
    assert_int_equal(t->ramp_ns, 5 * MS);
    assert_int_equal(t->output, 4);
    t = made("sound", "output = \"tone\", noise = { khz(1), khz(20) }, duration = sec(1)");
    assert_int_equal(t->shape, CONFIG_SHAPE_NOISE);
    EXPECT_NEAR(t->hz_end, 20000, 0);
    t = made("sound", "output = \"tone\", chirp = { khz(8), khz(2) }, duration = sec(1)");
    assert_int_equal(t->shape, CONFIG_SHAPE_CHIRP);
    EXPECT_NEAR(t->hz, 8000, 0);
    EXPECT_NEAR(t->hz_end, 2000, 0);
    t = made("sound", "output = \"tone\", clicks = hz(20), duration = sec(1)");
    assert_int_equal(t->shape, CONFIG_SHAPE_CLICKS);
    EXPECT_NEAR(t->hz, 20, 0);
}

static void wrong_trains_are_refused(void **state)
{
    (void)state;
#define PULSES "output = \"laser\", width = ms(5), rate = hz(20), duration = ms(500), "
    EXPECT_TRAIN("output = \"laser\", width = ms(5), duration = ms(500)", ": expected width = ms(x) and rate = hz(x)");
    EXPECT_TRAIN(PULSES "jitter = ms(40)",
                 ".jitter = ms(40): expected pulses with gaps of ms(10) or more, min_gap of laser");
    EXPECT_TRAIN(PULSES "ramp = ms(5)", ".ramp = ms(5): expected no such key with shape \"pulses\"");
    EXPECT_TRAIN(PULSES "shape = \"sine\"", ".width = ms(5): expected no such key with shape \"sine\"");
    EXPECT_TRAIN(PULSES "shape = \"sinus\"", ".shape = \"sinus\": expected one of these words: pulses, constant, sine");
    EXPECT_TRAIN(PULSES "max_count = 0", ".max_count = 0: expected a whole number 1..1000000");
    EXPECT_TRAIN(PULSES "max_light = 5", ".max_light = 5: expected a time: us(x), ms(x) or sec(x)");
    EXPECT_TRAIN("output = \"laser\", shape = \"sine\", duration = ms(20)",
                 ": expected rate = hz(x): how often the light goes up and down a second");
    EXPECT_TRAIN("output = \"laser\", shape = \"constant\", rate = hz(1), duration = ms(20)",
                 ".rate = hz(1): expected no such key with shape \"constant\"");
    EXPECT_TRAIN("output = \"laser\", shape = \"constant\", duration = ms(21)",
                 ".duration = ms(21): expected at most ms(20), max_on of laser");
    EXPECT_TRAIN("output = \"laser\", shape = \"constant\", duration = ms(20), ramp = ms(11)",
                 ".ramp = ms(11): expected at most half of the duration");
    EXPECT_TRAIN("output = \"light\", shape = \"constant\", duration = ms(20)",
                 ".output = \"light\": expected a laser that the task uses: laser");
    EXPECT_TRAIN("output = \"laser\", shape = \"constant\", duration = ms(20), level = 1.5",
                 ".level = 1.5: expected a number 0.001..1");
}

static void wrong_sounds_are_refused(void **state)
{
    (void)state;
#define SOUND "output = \"tone\", duration = ms(200), "
    static const char one[] =
        "x.lua:2: sound.s: expected one of tone = hz(x), noise = { low, high }, chirp = { from, to "
        "}, clicks = hz(x)";
    assert_string_equal(with_keys("sound", SOUND), one);
    assert_string_equal(with_keys("sound", SOUND "tone = khz(1), clicks = hz(5)"), one);
    EXPECT_SOUND(SOUND "tone = 8000", ".tone = 8000: expected a frequency: hz(x) or khz(x)");
    EXPECT_SOUND(SOUND "tone = hz(1)", ".tone = hz(1): expected hz(20)..khz(100)");
    EXPECT_SOUND(SOUND "noise = true", ".noise = true: expected a table: { ... }");
    EXPECT_SOUND(SOUND "noise = { khz(9), khz(1) }", ".noise = a table: expected a lower and a higher frequency");
    EXPECT_SOUND(SOUND "chirp = { khz(9) }", ".chirp: expected the key 2: a frequency: hz(x) or khz(x)");
    EXPECT_SOUND(SOUND "tone = khz(1), gate = ms(101)", ".gate = ms(101): expected at most half of the duration");
    EXPECT_SOUND("output = \"tone\", tone = khz(1), duration = sec(3)",
                 ".duration = sec(3): expected at most sec(2), max_on of tone");
    EXPECT_SOUND("output = \"laser\", tone = khz(1), duration = ms(10)",
                 ".output = \"laser\": expected a sound output that the task uses: tone");
}

static int forget(void **state)
{
    (void)state;
    task_free(planner_case.task);
    planner_case.task = NULL;
    return 0;
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_pulse_train_has_jitter_and_a_dose),
    cmocka_unit_test(waves_of_light_have_their_shape),
    cmocka_unit_test(sounds_have_their_shape),
    cmocka_unit_test(wrong_trains_are_refused),
    cmocka_unit_test_teardown(wrong_sounds_are_refused, forget),
};
TEST_MAIN(tests)
