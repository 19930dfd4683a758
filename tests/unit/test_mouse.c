/* mouse: what it is known to do, seen through the rig. Expected directions and ranges are the published ones: licking
 * comes to precede the reward, dopamine moves from reward to cue, a missing reward gives a dip (Schultz, Dayan &
 * Montague 1997); mice lick at 6..8 Hz in bouts with contacts of 30..50 ms. */
#include "tests/test.h"

#include "engine/base/units.h"
#include "tests/unit/sim_rig.h"
#include <math.h>

static void licks_come_in_bouts_at_6_to_8_hz_with_contacts_of_30_to_50_ms(void **state)
{
    (void)state;
    uint32_t n_intervals = 0;
    double sum_s = 0;
    sim_rig_new();
    sim_rig_open();
    for (int i = 0; i < 30; i++) {
        sim_rig_put(SIM_RIG_VALVE, 1, 42 * MS);
        sim_rig_run_until(sim_rig.now_ns + 5 * S);
    }
    for (uint32_t i = 0; i + 2 < sim_rig.n_edges; i += 2) {
        const int64_t contact_ns = sim_rig.edges[i + 1].t_ns - sim_rig.edges[i].t_ns;
        const int64_t interval_ns = sim_rig.edges[i + 2].t_ns - sim_rig.edges[i].t_ns;
        assert_true(contact_ns >= 30 * MS && contact_ns <= 50 * MS);
        assert_true(interval_ns >= 120 * MS);
        if (interval_ns > 500 * MS)
            continue;
        sum_s += units_s(interval_ns);
        n_intervals++;
    }
    assert_true(n_intervals > 200);
    assert_true(n_intervals / sum_s > 6 && n_intervals / sum_s < 8);
}

static void without_anything_happening_licks_are_rare(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_open();
    sim_rig_run_until(100 * S);
    assert_true(sim_rig_licks(0, 100 * S) > 0 && sim_rig_licks(0, 100 * S) < 30);
}

static void licking_comes_to_precede_the_reward(void **state)
{
    (void)state;
    uint32_t early = 0, late = 0;
    sim_rig_new();
    sim_rig_open();
    for (int i = 0; i < 30; i++)
        sim_rig_trial(true);
    for (int i = 0; i < 5; i++) {
        early += sim_rig_licks((6 * i) * S, (6 * i + 2) * S);
        late += sim_rig_licks((6 * (25 + i)) * S, (6 * (25 + i) + 2) * S);
    }
    assert_true(late > early + 20); /* more than 2 Hz more, over 10 s */
}

static void unrewarded_cues_lose_their_licks(void **state)
{
    (void)state;
    uint32_t before = 0, after = 0;
    sim_rig_new();
    sim_rig_open();
    for (int i = 0; i < 45; i++)
        sim_rig_trial(i < 20);
    for (int i = 0; i < 5; i++) {
        before += sim_rig_licks((6 * (15 + i)) * S, (6 * (15 + i) + 2) * S);
        after += sim_rig_licks((6 * (40 + i)) * S, (6 * (40 + i) + 2) * S);
    }
    assert_true(after * 4 < before);
}

static void dopamine_moves_from_the_reward_to_the_cue(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_quiet();
    sim_rig_open();
    sim_rig_lights_on();
    sim_rig_run_until(S);
    for (int i = 0; i < 30; i++)
        sim_rig_trial(true);
    const int64_t first_ns = S, last_ns = S + 29 * 6 * S;
    const int64_t reward_ns = 2 * S + 42 * MS;
    const double first_cue = sim_rig_response(0, first_ns), last_cue = sim_rig_response(0, last_ns);
    const double first_reward = sim_rig_response(0, first_ns + reward_ns);
    const double last_reward = sim_rig_response(0, last_ns + reward_ns);
    assert_true(fabs(first_cue) < 0.002);
    assert_true(last_cue > 0.03); /* 4 % of 2 V at the peak */
    assert_true(first_reward > 0.03);
    assert_true(last_reward < 0.1 * first_reward);
}

static void a_reward_that_stays_out_gives_a_dip(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_quiet();
    sim_rig_open();
    sim_rig_lights_on();
    sim_rig_run_until(S);
    for (int i = 0; i < 20; i++)
        sim_rig_trial(true);
    const int64_t omission_ns = sim_rig.now_ns + 2 * S;
    sim_rig_trial(false);
    assert_true(sim_rig_volts(0, omission_ns + 200 * MS, omission_ns + 700 * MS) <
                sim_rig_volts(0, omission_ns - 200 * MS, omission_ns) - 0.008);
}

static void a_tone_written_on_again_is_no_new_cue(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_quiet();
    sim_rig_open();
    sim_rig_lights_on();
    sim_rig_run_until(S);
    for (int i = 0; i < 20; i++)
        sim_rig_trial(true);
    const int64_t start_ns = sim_rig.now_ns;
    sim_rig_put(SIM_RIG_TONE, 1, 0);
    sim_rig_run_until(start_ns + 900 * MS);
    sim_rig_put(SIM_RIG_TONE, 1, 0);
    sim_rig_run_until(start_ns + 4 * S);
    /* the dip is still 2 s after the onset; counted from the second write it would come 0.9 s later */
    assert_true(sim_rig_volts(0, start_ns + 2200 * MS, start_ns + 2700 * MS) <
                sim_rig_volts(0, start_ns + 1800 * MS, start_ns + 2000 * MS) - 0.008);
}

static void a_larger_drop_is_a_larger_reward(void **state)
{
    (void)state;
    double peak[2];
    for (int i = 0; i < 2; i++) {
        sim_rig_new();
        sim_rig_quiet();
        sim_rig_open();
        sim_rig_lights_on();
        sim_rig_run_until(S);
        const int64_t open_ns = i == 0 ? 42 * MS : 84 * MS; /* 4 and 8 ul */
        sim_rig_put(SIM_RIG_VALVE, 1, i == 0 ? 42 * MS : 0);
        sim_rig_run_until(S + open_ns);
        sim_rig_put(SIM_RIG_VALVE, 0, 0); /* ending a pulse that the device ended too must not count twice */
        sim_rig_run_until(3 * S);
        peak[i] = sim_rig_response(0, S + open_ns);
        sim_driver.close(sim_rig.driver);
    }
    sim_rig.driver = NULL;
    assert_true(peak[1] > 1.8 * peak[0] && peak[1] < 2.1 * peak[0]);
}

static void water_counts_by_the_time_that_the_valve_was_open(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_quiet();
    sim_rig_option("ul_per_ms", 1);
    sim_rig_open();
    sim_rig_lights_on();
    sim_rig_run_until(S);
    sim_rig_tick(S + 50 * US); /* 0.9 ms, all inside one millisecond: 0.9 ul */
    sim_rig_put(SIM_RIG_VALVE, 1, 0);
    sim_rig_tick(S + 950 * US);
    sim_rig_put(SIM_RIG_VALVE, 0, 0);
    sim_rig_tick(S + MS);
    sim_rig_run_until(3 * S);
    const double small = sim_rig_response(0, S);
    sim_rig_put(SIM_RIG_VALVE, 1, 4 * MS); /* 4 ul */
    sim_rig_run_until(5 * S);
    assert_true(fabs(small / sim_rig_response(0, 3 * S) - 0.9 / 4) < 0.03);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown(licks_come_in_bouts_at_6_to_8_hz_with_contacts_of_30_to_50_ms, sim_rig_close),
    cmocka_unit_test_teardown(without_anything_happening_licks_are_rare, sim_rig_close),
    cmocka_unit_test_teardown(licking_comes_to_precede_the_reward, sim_rig_close),
    cmocka_unit_test_teardown(unrewarded_cues_lose_their_licks, sim_rig_close),
    cmocka_unit_test_teardown(dopamine_moves_from_the_reward_to_the_cue, sim_rig_close),
    cmocka_unit_test_teardown(a_reward_that_stays_out_gives_a_dip, sim_rig_close),
    cmocka_unit_test_teardown(a_tone_written_on_again_is_no_new_cue, sim_rig_close),
    cmocka_unit_test_teardown(a_larger_drop_is_a_larger_reward, sim_rig_close),
    cmocka_unit_test_teardown(water_counts_by_the_time_that_the_valve_was_open, sim_rig_close),
};

TEST_MAIN(tests)
