#include "engine/base/units.h"
#include "engine/engine.h"
#include "engine/model/model.h"
#include "tests/test.h"
#include "tests/unit/closed_loop.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char TASK[] = "protocols/pavlovian.lua";

static uint32_t output_index(const char *name)
{
    for (uint32_t i = 0; i < closed_loop.config.n_outputs; i++)
        if (strcmp(closed_loop.config.outputs[i].name, name) == 0)
            return i;
    fail_msg("no output %s", name);
    return 0;
}

/* Ticks until one decides `kind`, at most a minute. */
static struct frame_decision run_to(uint32_t kind)
{
    for (int i = 0; i < 60000 && closed_loop.out.finished == 0; i++) {
        closed_loop_tick(0);
        if (closed_loop_decided(kind) != NULL)
            return *closed_loop_decided(kind);
    }
    fail_msg("no %s within a minute", frame_decision_name(kind));
    return (struct frame_decision){0};
}

static void the_first_tick_lights_the_leds_and_asks_for_a_trial(void **state)
{
    (void)state;
    closed_loop_open(TASK, NULL, 7);
    closed_loop_tick(0);
    assert_int_equal(closed_loop.out.n_writes, 2);
    assert_true(closed_loop_level("470") == 40 && closed_loop_level("415") == 20); /* mA, as the rig file says */
    assert_int_equal(closed_loop_decided(FRAME_PLAN_WANTED)->id, 1);
    assert_true(closed_loop_decided(FRAME_PLAN_WANTED)->value == -1);
    closed_loop_tick(0);
    assert_int_equal(closed_loop_decided(FRAME_TRIAL_START)->id, 1);
    assert_int_equal(closed_loop_decided(FRAME_TRIAL_START)->t_ns, 0); /* dated from the session's start */
}

static void the_same_frames_give_the_same_decisions(void **state)
{
    (void)state;
    uint64_t digest[3];
    for (uint64_t i = 0; i < 3; i++) {
        closed_loop_open(TASK, NULL, i == 2 ? 8 : 7);
        closed_loop_run_until(30 * S);
        digest[i] = closed_loop.digest;
        assert_true(closed_loop.n_decisions[FRAME_LICK] > 10);
        closed_loop_close(NULL);
    }
    assert_true(digest[0] == digest[1]);
    assert_true(digest[0] != digest[2]);
}

static void a_cue_is_an_event_when_its_output_has_moved(void **state)
{
    (void)state;
    closed_loop_open(TASK, NULL, 7);
    const struct frame_decision cue = run_to(FRAME_CUE);
    const int64_t written_ns = closed_loop.now_ns;
    assert_true(cue.value == 1);
    assert_null(closed_loop_decided(FRAME_MODEL_EVENT));
    closed_loop_tick(0);
    const struct frame_decision *event = closed_loop_decided(FRAME_MODEL_EVENT);
    assert_non_null(event);
    assert_int_equal(event->id, EV_CS_ON << 8 | cue.id);
    assert_int_equal(event->t_ns, written_ns); /* what the board confirmed, not what the task wanted */
}

static void a_reward_is_an_event_with_its_volume_when_the_valve_has_opened(void **state)
{
    (void)state;
    static const char *const set[] = {"volume=5ul", "p_reward=1", NULL};
    closed_loop_open(TASK, set, 7);
    assert_true(run_to(FRAME_REWARD).value == 5);
    assert_true(closed_loop_level("water") == 1);
    closed_loop_tick(0);
    assert_int_equal(closed_loop_decided(FRAME_MODEL_EVENT)->id, EV_US << 8);
    assert_true(closed_loop_decided(FRAME_MODEL_EVENT)->value == 5);
    closed_loop_run_until(closed_loop.now_ns + 60 * MS); /* 4 ul take 42 ms, 10 ul 100 ms: 5 ul take 51.7 ms */
    assert_true(closed_loop_level("water") == 0);
    struct engine_view view;
    engine_look(closed_loop.engine, &view);
    assert_int_equal(view.n_rewards, 1);
    assert_true(view.reward_ul == 5);
}

static void an_unconfirmed_opening_is_no_reward_and_its_end_is_written_again(void **state)
{
    (void)state;
    static const char *const set[] = {"p_reward=1", NULL};
    closed_loop_open(TASK, set, 7);
    run_to(FRAME_REWARD);
    closed_loop_frame()->n_applied = 0; /* the board says nothing */
    closed_loop_tick(0);
    assert_null(closed_loop_decided(FRAME_MODEL_EVENT));
    const uint32_t water = output_index("water");
    uint32_t n_off = 0;
    const int64_t from_ns = closed_loop.now_ns;
    while (closed_loop.now_ns < from_ns + 100 * MS) {
        closed_loop_frame()->n_applied = 0;
        closed_loop_frame()->applied[0] = (struct frame_applied){.t_ns = from_ns, .level = 1, .output = water};
        closed_loop_frame()->n_applied = 1; /* it insists that the valve is open */
        closed_loop_tick(0);
        for (uint32_t i = 0; i < closed_loop.out.n_writes; i++)
            n_off += closed_loop.out.writes[i].output == water && closed_loop.out.writes[i].level == 0;
    }
    assert_true(n_off > 5);
}

static void a_late_loop_closes_the_valve_in_its_next_tick(void **state)
{
    (void)state;
    static const char *const set[] = {"p_reward=1", NULL};
    closed_loop_open(TASK, set, 7);
    run_to(FRAME_REWARD);
    closed_loop_tick(0);
    closed_loop_skip(300);
    closed_loop_tick(0);
    const uint32_t water = output_index("water");
    bool off = false;
    for (uint32_t i = 0; i < closed_loop.out.n_writes; i++)
        off |= closed_loop.out.writes[i].output == water && closed_loop.out.writes[i].level == 0;
    assert_true(off);
}

static void every_way_to_end_is_safe_and_says_why(void **state)
{
    (void)state;
    static const struct {
        uint32_t command, status, reason;
    } rows[] = {
        {FRAME_STOP,  0,                    FRAME_END_STOP    },
        {FRAME_ESTOP, 0,                    FRAME_END_ESTOP   },
        {0,           FRAME_DEVICE_LOST,    FRAME_END_DEVICE  },
        {0,           FRAME_RECORDING_OVER, FRAME_END_DURATION}
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        closed_loop_open(TASK, NULL, 7);
        run_to(FRAME_CUE);
        struct frame_in *in = closed_loop_frame();
        in->n_commands = rows[i].command != 0;
        in->commands[0] = (struct frame_command){.id = 1, .kind = rows[i].command};
        in->n_status = rows[i].status != 0;
        in->status[0] = (struct frame_status){.kind = rows[i].status};
        closed_loop_tick(0);
        assert_true(closed_loop_decided(FRAME_END)->value == rows[i].reason);
        assert_true(closed_loop_level("tone") == 0 && closed_loop_level("470") == 0 && closed_loop_level("415") == 0);
        assert_int_equal(closed_loop.out.finished, 0); /* not confirmed yet */
        closed_loop_tick(0);
        assert_int_equal(closed_loop.out.finished, 1);
        closed_loop_tick(0);
        assert_int_equal(closed_loop.out.finished, 1); /* and for good */
        assert_int_equal(closed_loop.out.n_writes + closed_loop.out.n_decisions, 0);
        closed_loop_close(NULL);
    }
}

static void a_session_ends_after_its_duration(void **state)
{
    (void)state;
    closed_loop_open_for(TASK, NULL, 7, 2 * S);
    closed_loop_run_until(10 * S);
    assert_int_equal(closed_loop.reason, FRAME_END_DURATION);
    assert_int_equal(closed_loop.now_ns, 2 * S + MS); /* ended at 2 s, all confirmed safe a tick later */
}

static void without_a_plan_the_session_ends_after_a_second(void **state)
{
    (void)state;
    closed_loop_open(TASK, NULL, 7);
    run_to(FRAME_TRIAL_START);
    closed_loop.silent_planner = true;
    run_to(FRAME_PLAN_WANTED);
    const int64_t wanted_ns = closed_loop.now_ns;
    run_to(FRAME_PLAN_LATE);
    assert_int_equal(closed_loop.now_ns, wanted_ns + S + MS); /* the first tick after more than a second */
    assert_int_equal(closed_loop.reason, FRAME_END_NO_PLAN);
}

static void outputs_that_never_confirm_do_not_hold_the_end_for_ever(void **state)
{
    (void)state;
    closed_loop_open(TASK, NULL, 7);
    closed_loop_tick(0);
    closed_loop_tick(0);
    closed_loop_frame()->commands[0] = (struct frame_command){.id = 1, .kind = FRAME_STOP};
    closed_loop_frame()->n_commands = 1;
    closed_loop_tick(0);
    int n = 0;
    for (; closed_loop.out.finished == 0 && n < 1000; n++) {
        closed_loop_frame()->n_applied = 0;
        closed_loop_tick(0);
    }
    assert_int_equal(n, 100); /* ms */
}

static void everything_computed_is_in_a_digest_ten_times_a_second(void **state)
{
    (void)state;
    closed_loop_open(TASK, NULL, 7);
    closed_loop_run_until(10 * S);
    assert_int_equal(closed_loop.n_decisions[FRAME_DIGEST], 10 * 10 * 2); /* the signals and one model */
}

static void a_trigger_starts_the_laser_and_a_sham_does_not(void **state)
{
    (void)state;
    static const char *const set[] = {"p_reward=0.5", NULL};
    closed_loop_open(TASK, set, 7);
    const uint32_t laser = output_index("laser");
    uint32_t n_fired = 0, n_sham = 0;
    while (closed_loop.now_ns < 600 * S) {
        const uint64_t n_before = closed_loop.n_decisions[FRAME_TRAIN];
        closed_loop_tick(0);
        if (closed_loop_decided(FRAME_TRIGGER_SHAM) != NULL) {
            n_sham++;
            assert_int_equal(closed_loop.n_decisions[FRAME_TRAIN], n_before);
        }
        const struct frame_decision *fired = closed_loop_decided(FRAME_TRIGGER_FIRED);
        if (fired == NULL)
            continue;
        n_fired++;
        assert_true(fired->value < -1);                      /* beyond the release level */
        assert_true(closed_loop.now_ns - fired->t_ns <= MS); /* decided in the tick after the sample */
        assert_int_equal(closed_loop.out.writes[0].output, laser);
        assert_int_equal(closed_loop.out.writes[0].cause_ns, fired->t_ns);
        assert_true(closed_loop_level("laser") == 1);
        closed_loop_run_until(closed_loop.now_ns + 6 * MS);
        assert_true(closed_loop_level("laser") == 0); /* pulses of 5 ms */
    }
    assert_true(n_fired > 0 && n_sham > 0);
}

static void models_learn_and_are_scored(void **state)
{
    (void)state;
    closed_loop_open(TASK, NULL, 7);
    closed_loop_run_until(300 * S);
    struct engine_view view;
    engine_look(closed_loop.engine, &view);
    assert_true(view.models[0].r > 0.2); /* the mouse learns as the model does; noise takes the rest */
    assert_true(view.models[0].gain > 0.03 && view.models[0].gain < 0.3);
    assert_int_equal(view.signals[0].trusted, 1);
    assert_true(fabs(view.signals[0].slope - 2) < 0.5); /* as the simulated fibre couples movement into both */
    assert_true(closed_loop.n_decisions[FRAME_SCORE] > 60);
}

static void an_arena_that_is_too_small_is_refused(void **state)
{
    (void)state;
    closed_loop_open(TASK, NULL, 7);
    struct error err = {0};
    struct engine *engine;
    const size_t size = engine_size(&closed_loop.config, &err);
    void *memory = aligned_alloc(ARENA_ALIGN, size);
    struct arena arena;
    arena_init(&arena, memory, size - 1);
    memset(memory, 0, size);
    assert_false(engine_init(&engine, &closed_loop.config, &arena, &err));
    assert_null(engine);
    assert_int_equal(err.kind, ERROR_SYSTEM);
    free(memory);
}

#define LOOP_TEST(name) cmocka_unit_test_teardown(name, closed_loop_close)

static const struct CMUnitTest tests[] = {
    LOOP_TEST(the_first_tick_lights_the_leds_and_asks_for_a_trial),
    LOOP_TEST(the_same_frames_give_the_same_decisions),
    LOOP_TEST(a_cue_is_an_event_when_its_output_has_moved),
    LOOP_TEST(a_reward_is_an_event_with_its_volume_when_the_valve_has_opened),
    LOOP_TEST(an_unconfirmed_opening_is_no_reward_and_its_end_is_written_again),
    LOOP_TEST(a_late_loop_closes_the_valve_in_its_next_tick),
    LOOP_TEST(every_way_to_end_is_safe_and_says_why),
    LOOP_TEST(a_session_ends_after_its_duration),
    LOOP_TEST(without_a_plan_the_session_ends_after_a_second),
    LOOP_TEST(outputs_that_never_confirm_do_not_hold_the_end_for_ever),
    LOOP_TEST(everything_computed_is_in_a_digest_ten_times_a_second),
    LOOP_TEST(a_trigger_starts_the_laser_and_a_sham_does_not),
    LOOP_TEST(models_learn_and_are_scored),
    LOOP_TEST(an_arena_that_is_too_small_is_refused),
};

TEST_MAIN(tests)
