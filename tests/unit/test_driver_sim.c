/* sim: the driver's rules, and that it is honest as a device: what it gives depends on time and writes alone. */
#include "tests/test.h"

#include "engine/base/kinds.h"
#include "engine/base/rng.h"
#include "engine/base/units.h"
#include "tests/unit/sim_rig.h"

static void the_control_is_sampled_half_a_period_after_the_signal(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_open();
    sim_rig_tick(10 * MS);
    assert_int_equal(sim_rig.in.samples[3].first_ns, MS);
    assert_int_equal(sim_rig.in.samples[5].first_ns, 1500 * US);
    assert_int_equal(sim_rig.in.samples[3].n, 10);
    assert_int_equal(sim_rig.in.samples[5].n, 9);
}

/* A minute with the same writes at the same times, read every `step_ns` or, if 0, at times drawn from 1 us..400 ms. */
static void same_minute(int64_t step_ns, struct rng *rng)
{
    sim_rig_new();
    sim_rig_open();
    sim_rig_lights_on();
    for (int i = 0; i < 60; i++) {
        const int64_t until_ns = (i + 1) * S - 300 * MS * (i % 3);
        while (sim_rig.now_ns < until_ns) {
            const int64_t ahead_ns = step_ns > 0 ? step_ns : 1000 + (int64_t)(rng_uniform(rng) * 4e8);
            sim_rig_tick(sim_rig.now_ns + ahead_ns < until_ns ? sim_rig.now_ns + ahead_ns : until_ns);
            while (sim_rig.in.samples[3].n == FRAME_SAMPLES_MAX || sim_rig.in.samples[5].n == FRAME_SAMPLES_MAX)
                sim_rig_tick(sim_rig.now_ns); /* 64 a tick would not drain what comes in 300 ms */
        }
        sim_rig_put(i % 3 == 0 ? SIM_RIG_TONE : SIM_RIG_VALVE, i % 2, i % 3 == 1 ? 42 * MS + 123456 : 0);
    }
    for (int64_t t_ns = 60 * S; t_ns <= 61 * S; t_ns += 20 * MS)
        sim_rig_tick(t_ns);
    sim_driver.close(sim_rig.driver);
    sim_rig.driver = NULL;
}

static void late_reads_change_neither_samples_nor_edges(void **state)
{
    (void)state;
    static int32_t kept[2][SIM_RIG_TRACE_MAX];
    static struct frame_edge kept_edges[SIM_RIG_EDGES_MAX];
    struct rng rng;
    rng_init(&rng, test_seed, "test");
    same_minute(MS, &rng);
    const int64_t n = sim_rig.n_trace[0];
    const uint32_t n_kept_edges = sim_rig.n_edges;
    memcpy(kept, sim_rig.trace, sizeof kept);
    memcpy(kept_edges, sim_rig.edges, sizeof kept_edges);
    assert_int_equal(n, 61000);
    assert_true(n_kept_edges > 100);
    for (int i = 0; i < 4; i++) {
        same_minute(i == 0 ? 7 * MS : i == 1 ? 300 * MS : 0, &rng);
        assert_int_equal(sim_rig.n_trace[0], n);
        assert_int_equal(sim_rig.n_edges, n_kept_edges);
        assert_memory_equal(sim_rig.trace[0], kept[0], (size_t)n * sizeof **sim_rig.trace);
        assert_memory_equal(sim_rig.trace[1], kept[1], (size_t)sim_rig.n_trace[1] * sizeof **sim_rig.trace);
        assert_memory_equal(sim_rig.edges, kept_edges, sim_rig.n_edges * sizeof *sim_rig.edges);
    }
}

static void another_seed_is_another_mouse(void **state)
{
    (void)state;
    static int32_t kept[1000];
    for (int i = 0; i < 3; i++) {
        sim_rig_new();
        if (i == 1)
            sim_rig_option("seed", 8);
        if (i == 2)
            sim_rig.rig.setup.seed = 2;
        sim_rig_open();
        sim_rig_lights_on();
        sim_rig_run_until(S);
        if (i == 0)
            memcpy(kept, sim_rig.trace[0], sizeof kept);
        else
            assert_memory_not_equal(sim_rig.trace[0], kept, sizeof kept);
        sim_driver.close(sim_rig.driver);
    }
    sim_rig.driver = NULL;
}

static void what_waits_longer_than_a_second_is_lost_and_reported(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_open();
    sim_rig_tick(3 * S);
    assert_int_equal(sim_rig.in.n_status, 1);
    assert_int_equal(sim_rig.in.status[0].kind, FRAME_SAMPLES_LOST);
    assert_int_equal(sim_rig.in.status[0].device, 2);
    assert_int_equal(sim_rig.in.status[0].value, 2000 + 1999); /* of 3000 and 2999 samples 1000 each are kept */
    assert_int_equal(sim_rig.in.samples[3].first_ns, 2001 * MS);
    sim_rig_tick(3 * S);
    assert_int_equal(sim_rig.in.n_status, 0);
    assert_int_equal(sim_rig.in.samples[3].first_ns, 2065 * MS);
}

static void the_device_remembers_who_changed_an_output(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig_open();
    sim_rig_tick(10 * MS);
    sim_rig_put(SIM_RIG_VALVE, 1, 20 * MS);
    sim_rig_put(SIM_RIG_LASER, 1, 0);
    sim_rig_tick(50 * MS);
    sim_driver.force_safe(sim_rig.driver, 60 * MS);
    const struct latch *latch = sim_latch(sim_rig.driver);
    const struct latch_change expected[] = {
        {10 * MS, 1, 1, LATCH_CORE  },
        {10 * MS, 1, 6, LATCH_CORE  },
        {30 * MS, 0, 1, LATCH_DEVICE},
        {60 * MS, 0, 6, LATCH_KEEPER}
    };
    assert_int_equal(latch->n_changes, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(latch->log[i].t_ns, expected[i].t_ns);
        assert_true(latch->log[i].level == expected[i].level);
        assert_int_equal(latch->log[i].output, expected[i].output);
        assert_int_equal(latch->log[i].who, expected[i].who);
    }
}

static void an_unguarded_line_keeps_its_level_whatever_the_pulse(void **state)
{
    (void)state;
    sim_rig_new();
    sim_rig.rig.outputs[SIM_RIG_LASER].guard = CONFIG_GUARD_NONE;
    sim_rig_open();
    sim_rig_put(SIM_RIG_LASER, 1, 5 * MS);
    sim_rig_tick(S);
    assert_true(sim_driver.level(sim_rig.driver, sim_rig.rig.outputs[SIM_RIG_LASER].index, S) == 1);
}

static void an_error_names_device_and_value(void **state)
{
    (void)state;
    struct error err = {0};
    char line[512];
    sim_rig_new();
    sim_rig.rig.inputs[0].line = 8;
    assert_false(sim_driver.open(&sim_rig.driver, &sim_rig.rig.setup, &err));
    assert_string_equal(error_line(&err, line, sizeof line), "daq: input line = 8: expected 0..7");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown(the_control_is_sampled_half_a_period_after_the_signal, sim_rig_close),
    cmocka_unit_test_teardown(late_reads_change_neither_samples_nor_edges, sim_rig_close),
    cmocka_unit_test_teardown(another_seed_is_another_mouse, sim_rig_close),
    cmocka_unit_test_teardown(what_waits_longer_than_a_second_is_lost_and_reported, sim_rig_close),
    cmocka_unit_test_teardown(the_device_remembers_who_changed_an_output, sim_rig_close),
    cmocka_unit_test_teardown(an_unguarded_line_keeps_its_level_whatever_the_pulse, sim_rig_close),
    cmocka_unit_test_teardown(an_error_names_device_and_value, sim_rig_close),
};

int main(int argc, char **argv)
{
    const struct conformance_subject subject = {.ops = &sim_driver, .unknown_line = 16, .has_edges = true};
    const int failed = test_run(argv[0], tests, sizeof tests / sizeof *tests, argc, argv);
    if (failed == 2)
        return 2; /* the command line was wrong */
    return conformance_run(&subject) != 0 || failed != 0;
}
