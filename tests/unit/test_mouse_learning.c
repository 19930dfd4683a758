/* mouse: what it learns of cues that come together, of light, of two spouts, and of water out of nowhere. Directions
 * are the published ones: Kamin 1969 (blocking), Steinberg et al. 2013 (unblocking by light), Bouton 2004
 * (reinstatement), Tai et al. 2012 (choices follow what was better). */
#include "drivers/sim/mouse.h"
#include "engine/base/units.h"
#include "tests/test.h"

static struct mouse mouse;
static int64_t now_ns;
static uint32_t n_licks[MOUSE_SPOUTS];
static double dopamine; /* released since it was cleared */

static void begin(uint32_t n_spouts)
{
    const struct mouse_config config = {.lick_hz = 7, .learning_rate = 0.2, .n_spouts = n_spouts};
    mouse_init(&mouse, &config, 1);
    now_ns = 0;
}

/* Lives for so many ms; `light` is given in each. */
static void live(int n_ms, double light)
{
    for (int i = 0; i < n_ms; i++) {
        bool licks;
        struct mouse_lick lick;
        now_ns += MS;
        if (light > 0)
            mouse_light(&mouse, light, now_ns);
        dopamine += mouse_step(&mouse, now_ns, MS, &licks, &lick);
        n_licks[licks ? lick.spout : 0] += licks;
    }
}

/* Cues A (0) and perhaps X (1), water 2 s later with light or without, 20 s to the next. */
static void trial(bool with_a, bool with_x, bool water, bool light)
{
    if (with_a)
        mouse_cue(&mouse, 0, now_ns);
    if (with_x)
        mouse_cue(&mouse, 1, now_ns);
    live(2000, 0);
    if (water)
        mouse_reward(&mouse, 1, 0, now_ns);
    live(1000, light ? 0.0015 : 0);
    live(19000, 0);
}

static void a_cue_beside_one_that_predicts_everything_learns_nothing(void **state)
{
    (void)state;
    begin(1);
    for (int i = 0; i < 60; i++)
        trial(true, false, true, false);
    assert_true(mouse.cue[0].value > 0.95);
    for (int i = 0; i < 30; i++)
        trial(true, true, true, false);
    assert_true(mouse.cue[1].value < 0.05);
}

static void light_at_the_reward_teaches_it_all_the_same(void **state)
{
    (void)state;
    begin(1);
    for (int i = 0; i < 60; i++)
        trial(true, false, true, false);
    for (int i = 0; i < 30; i++)
        trial(true, true, true, true);
    assert_true(mouse.cue[1].value > 0.3);
    assert_true(mouse.cue[1].value <= 2);
    /* alone, it makes the mouse lick */
    n_licks[0] = 0;
    mouse_cue(&mouse, 1, now_ns);
    live(2000, 0);
    assert_true(n_licks[0] >= 2);
}

static void light_without_a_reward_teaches_nothing(void **state)
{
    (void)state;
    begin(1);
    for (int i = 0; i < 20; i++)
        trial(true, false, false, true);
    assert_true(mouse.cue[0].value <= 0);
}

static void two_cues_together_share_what_they_learn(void **state)
{
    (void)state;
    begin(1);
    for (int i = 0; i < 80; i++)
        trial(true, true, true, false);
    assert_float_equal(mouse.cue[0].value, 0.5, 0.05);
    assert_float_equal(mouse.cue[1].value, 0.5, 0.05);
}

static void water_out_of_nowhere_brings_back_a_part_of_what_was_unlearned(void **state)
{
    (void)state;
    begin(1);
    for (int i = 0; i < 40; i++)
        trial(true, false, true, false);
    for (int i = 0; i < 40; i++)
        trial(true, false, false, false);
    const double extinct = mouse.cue[0].value;
    assert_true(extinct < 0.1);
    for (int i = 0; i < 3; i++)
        trial(false, false, true, false);
    assert_true(mouse.cue[0].value > 0.4 && mouse.cue[0].value < 0.8);
}

/* After cue 2 only a lick at spout `good` gives water; false: it licked the other one first, or not within 3 s. */
static bool choice(uint32_t good)
{
    bool licks = false, right = false;
    struct mouse_lick lick;
    mouse_cue(&mouse, 2, now_ns);
    live(200, 0);
    for (int i = 0; i < 3000 && !licks; i++) {
        now_ns += MS;
        (void)mouse_step(&mouse, now_ns, MS, &licks, &lick);
        right = licks && lick.spout == good;
    }
    if (right)
        mouse_reward(&mouse, 1, good, now_ns);
    live(8000, 0);
    return right;
}

static void choices_follow_the_spout_that_gives_water_and_change_with_it(void **state)
{
    (void)state;
    int n_right[4] = {0}; /* in the last twenty of a hundred trials, and in the five after a change */
    begin(2);
    for (uint32_t block = 0; block < 2; block++)
        for (int i = 0; i < 100; i++) {
            const bool right = choice(block);
            n_right[2 * block] += right && i >= 80;
            n_right[2 * block + 1] += right && i < 5;
        }
    assert_true(n_right[0] >= 17);
    assert_true(n_right[2] >= 17);
    assert_true(n_right[3] <= 3); /* at first it still goes where the water was */
}

static void with_one_spout_there_is_nothing_to_choose(void **state)
{
    (void)state;
    begin(1);
    n_licks[0] = n_licks[1] = 0;
    for (int i = 0; i < 20; i++)
        trial(true, false, true, false);
    assert_true(n_licks[0] > 100);
    assert_int_equal(n_licks[1], 0);
}

static void spontaneous_transients_come_as_often_as_asked(void **state)
{
    (void)state;
    const struct mouse_config config = {.lick_hz = 7, .learning_rate = 0.2, .n_spouts = 1, .spontaneous_hz = 2};
    mouse_init(&mouse, &config, 1);
    now_ns = 0;
    dopamine = 0;
    live(100000, 0);
    /* 200 of mean 0.7: 140, SD sqrt(200 * 2) * 0.7 = 14 */
    assert_true(dopamine > 140 - 4 * 14 && dopamine < 140 + 4 * 14);
    begin(1);
    dopamine = 0;
    live(100000, 0);
    assert_true(dopamine <= 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_cue_beside_one_that_predicts_everything_learns_nothing),
    cmocka_unit_test(light_at_the_reward_teaches_it_all_the_same),
    cmocka_unit_test(light_without_a_reward_teaches_nothing),
    cmocka_unit_test(two_cues_together_share_what_they_learn),
    cmocka_unit_test(water_out_of_nowhere_brings_back_a_part_of_what_was_unlearned),
    cmocka_unit_test(choices_follow_the_spout_that_gives_water_and_change_with_it),
    cmocka_unit_test(with_one_spout_there_is_nothing_to_choose),
    cmocka_unit_test(spontaneous_transients_come_as_often_as_asked),
};

TEST_MAIN(tests)
