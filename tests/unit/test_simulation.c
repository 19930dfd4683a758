#include "cli/simulation.h"
#include "cli/task_rig.h"
#include "drivers/replay.h"
#include "drivers/sim/sim.h"
#include "engine/base/det.h"
#include "engine/base/units.h"
#include "tests/test.h"
#include "tests/unit/scratch.h"
#include <math.h>

static const struct driver_ops *const drivers[] = {&sim_driver, &replay_driver};

static struct simulation_setup setup_of(const char *task)
{
    return (struct simulation_setup){
        .rig = "rig-configs/sim.lua", .task = task, .seed = 1, .drivers = drivers, .n_drivers = 2};
}

static struct simulation *open_simulation(const struct simulation_setup *setup)
{
    struct simulation *simulation;
    struct error err = {0};
    char line[512];
    if (!simulation_open(&simulation, setup, &err))
        fail_msg("%s", error_line(&err, line, sizeof line));
    return simulation;
}

static const char *written(const char *name, const char *text)
{
    const char *path = scratch_path(name);
    scratch_write(path, text, strlen(text));
    return path;
}

/* A digest of all that was decided in the first `s` seconds, or until the end; how it ended in *err. */
static uint64_t run(struct simulation *simulation, double s, uint64_t *n_trials, struct error *err)
{
    struct simulation_tick tick;
    uint64_t digest = 0;
    *n_trials = 0;
    while (simulation_step(simulation, &tick, err)) {
        for (uint32_t i = 0; i < tick.out->n_decisions; i++) {
            const struct frame_decision *d = &tick.out->decisions[i];
            digest = det_digest(det_digest(det_digest(digest, d->value), (double)d->t_ns), (double)d->kind);
            *n_trials += d->kind == FRAME_TRIAL_END;
        }
        if (units_s(tick.in->wake_ns) >= s)
            break;
    }
    return digest;
}

static void the_same_seed_gives_the_same_session(void **state)
{
    (void)state;
    uint64_t digests[3], n;
    for (size_t i = 0; i < 3; i++) {
        struct error err = {0};
        struct simulation_setup setup = setup_of("protocols/pavlovian.lua");
        setup.seed = i == 2 ? 2 : 1;
        struct simulation *simulation = open_simulation(&setup);
        digests[i] = run(simulation, 60, &n, &err);
        simulation_close(simulation);
        assert_true(n >= 5); /* a trial is 5 s long, with an inter-trial interval of 1 s, or nearly */
    }
    assert_true(digests[0] == digests[1]);
    assert_true(digests[0] != digests[2]);
}

static void models_can_be_added_and_every_signal_has_one(void **state)
{
    (void)state;
    struct simulation_setup setup = setup_of("protocols/pavlovian.lua");
    static const char *const models[] = {"null_mean"};
    setup.models = models;
    setup.n_models = 1;
    struct simulation *simulation = open_simulation(&setup);
    assert_int_equal(simulation_config(simulation)->n_models, 2);
    assert_string_equal(simulation_config(simulation)->models[1].name, "null_mean");
    simulation_close(simulation);

    setup = setup_of(written("bare.lua", "uses { outputs = { \"water\" } }\n"
                                         "function trial()\n"
                                         "  return { state \"a\" { after = { sec(1), done } } }\n"
                                         "end\n"));
    simulation = open_simulation(&setup);
    assert_int_equal(simulation_config(simulation)->n_models, 1);
    assert_string_equal(simulation_config(simulation)->models[0].name, "null_zero");
    simulation_close(simulation);
}

static void the_limit_of_a_session_is_lifted_and_known(void **state)
{
    (void)state;
    struct simulation_setup setup = setup_of("protocols/pavlovian.lua");
    struct simulation *simulation = open_simulation(&setup);
    const struct config *config = simulation_config(simulation);
    for (uint32_t i = 0; i < config->n_outputs; i++) {
        assert_true(isinf(config->outputs[i].max_session_ul));
        if (strcmp(config->outputs[i].name, "water") == 0)
            assert_float_equal(simulation_limit_ul(simulation, i), 1500, 0);
    }
    assert_true(isinf(simulation_limit_ul(simulation, 99)));
    simulation_close(simulation);
}

static void a_task_that_is_over_ends_without_an_error(void **state)
{
    (void)state;
    struct error err = {0};
    uint64_t n;
    const struct simulation_setup setup =
        setup_of(written("three.lua", "uses {}\n"
                                      "function trial(n)\n"
                                      "  return n <= 3 and { state \"a\" { after = { sec(1), done } } } or nil\n"
                                      "end\n"));
    struct simulation *simulation = open_simulation(&setup);
    run(simulation, 60, &n, &err);
    assert_int_equal(err.kind, ERROR_NONE);
    assert_int_equal(n, 3);
    simulation_close(simulation);
}

/* Line 3 is where the error is raised. */
static void a_task_that_fails_in_mid_session_says_so(void **state)
{
    (void)state;
    struct error err = {0};
    char line[512];
    uint64_t n;
    const struct simulation_setup setup =
        setup_of(written("fails.lua", "uses {}\n"
                                      "function trial(n)\n"
                                      "  return { state \"a\" { after = { n < 5 and sec(1) or n, done } } }\n"
                                      "end\n"));
    struct simulation *simulation = open_simulation(&setup);
    run(simulation, 60, &n, &err);
    assert_int_equal(n, 4);
    assert_int_equal(error_exit_status(&err), 2);
    assert_non_null(strstr(error_line(&err, line, sizeof line), "fails.lua:3: "));
    simulation_close(simulation);
}

static void a_state_that_waits_for_ever_is_found(void **state)
{
    (void)state;
    struct error err = {0};
    char line[512];
    uint64_t n;
    const struct simulation_setup setup = setup_of(
        written("waits.lua", "uses { inputs = { \"lick\" }, signals = { \"vta\" }, models = { null_zero = {} } }\n"
                             "trigger \"never\" { on = residual(\"vta\", \"null_zero\"), above = z(100) }\n"
                             "function trial()\n"
                             "  return { state \"wait\" { arm = { \"never\" }, on = { never = done } } }\n"
                             "end\n"));
    struct simulation *simulation = open_simulation(&setup);
    run(simulation, 1e6, &n, &err);
    assert_string_equal(strrchr(error_line(&err, line, sizeof line), '/') + 1,
                        "waits.lua: state.wait of trial 1 = lasts for an hour: expected a way out that comes also when "
                        "the animal does nothing");
    simulation_close(simulation);
}

static void what_can_not_be_simulated_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    char line[512];
    struct simulation *simulation;
    struct simulation_setup setup =
        setup_of(written("listens.lua", "uses { inputs = { \"lick\" } }\nobserve \"lick\" { reward = ul(1) }\n"));
    assert_false(simulation_open(&simulation, &setup, &err));
    assert_null(simulation);
    setup = setup_of("protocols/pavlovian.lua");
    setup.rig = written("replays.lua", "device \"daq\" { driver = \"replay\", rate = khz(1) }\n");
    assert_false(simulation_open(&simulation, &setup, &err));
    assert_non_null(strstr(error_line(&err, line, sizeof line),
                           "replays.lua: device.daq.driver = replay: expected sim: simulate drives no real board"));
    simulation_close(NULL);
}

static void a_tasks_first_line_names_its_rig(void **state)
{
    (void)state;
    struct error err = {0};
    char path[FOLDER_PATH_MAX], line[512];
    assert_true(task_rig_find("protocols/pavlovian.lua", path, &err));
    assert_string_equal(path, "rig-configs/sim.lua");

    /* seen from the folder above the task's */
    scratch_path("t"); /* makes the scratch folder */
    struct error ignored;
    assert_true(folder_create(scratch_path("up/protocols"), &ignored));
    assert_true(folder_create(scratch_path("up/rigs"), &ignored));
    written("up/rigs/mine.lua", "");
    assert_true(task_rig_find(written("up/protocols/t.lua", "-- rig: rigs/mine.lua\n"), path, &err));
    assert_non_null(strstr(path, "up/protocols/../rigs/mine.lua"));

    static const char *const bad[][2] = {
        {"-- a task\n-- rig: rig-configs/sim.lua\n", "t.lua:1: the task's rig: expected a first line with its rig"},
        {"-- rig: ",                                 "t.lua:1: the task's rig: expected a first line with its rig"},
        {"-- rig: rig-configs/nowhere.lua\n",        "t.lua:1: rig = rig-configs/nowhere.lua: expected a file"    },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(task_rig_find(written("up/protocols/t.lua", bad[i][0]), path, &err));
        assert_int_equal(error_exit_status(&err), 2);
        if (strstr(error_line(&err, line, sizeof line), bad[i][1]) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", bad[i][1], line);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_same_seed_gives_the_same_session),
    cmocka_unit_test(models_can_be_added_and_every_signal_has_one),
    cmocka_unit_test(the_limit_of_a_session_is_lifted_and_known),
    cmocka_unit_test(a_task_that_is_over_ends_without_an_error),
    cmocka_unit_test(a_task_that_fails_in_mid_session_says_so),
    cmocka_unit_test(a_state_that_waits_for_ever_is_found),
    cmocka_unit_test(what_can_not_be_simulated_is_refused),
    cmocka_unit_test(a_tasks_first_line_names_its_rig),
};

TEST_MAIN(tests)
