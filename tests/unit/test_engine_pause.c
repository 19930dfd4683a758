#include "engine/base/units.h"
#include "engine/engine.h"
#include "engine/model/model.h"
#include "tests/test.h"
#include "tests/unit/closed_loop.h"

static const char TASK[] = "protocols/pavlovian.lua";
static const char *const SET[] = {"p_reward=1", NULL};

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

static void command(uint32_t kind, uint32_t target)
{
    struct frame_in *in = closed_loop_frame();
    in->commands[in->n_commands++] = (struct frame_command){.id = 9, .kind = kind, .target = target};
    closed_loop_tick(0);
}

static void status(uint32_t kind)
{
    struct frame_in *in = closed_loop_frame();
    in->status[in->n_status++] = (struct frame_status){.t_ns = closed_loop.now_ns, .kind = kind};
    closed_loop_tick(0);
}

static struct engine_view look(void)
{
    struct engine_view view;
    engine_look(closed_loop.engine, &view);
    return view;
}

static void a_pause_cuts_the_trial_and_leaves_only_the_leds_on(void **state)
{
    (void)state;
    closed_loop_open(TASK, SET, 7);
    run_to(FRAME_CUE);
    closed_loop_tick(0);
    assert_true(closed_loop_level("tone") == 1);
    command(FRAME_PAUSE, FRAME_PAUSE_OPERATOR);
    assert_true(closed_loop_decided(FRAME_PAUSED)->value == 1);
    assert_int_equal(closed_loop_decided(FRAME_PAUSED)->id, 1);
    assert_non_null(closed_loop_decided(FRAME_TRIAL_CUT));
    assert_null(closed_loop_decided(FRAME_TRIAL_END));
    assert_int_equal(closed_loop_decided(FRAME_MODEL_EVENT)->id, EV_SESSION << 8 | EVENT_SESSION_PAUSE);
    assert_true(closed_loop_level("tone") == 0);
    assert_true(closed_loop_level("470") == 40);
    assert_int_equal(look().paused, 1);
    assert_string_equal(look().state, "");
}

static void a_paused_session_waits_as_long_as_it_must(void **state)
{
    (void)state;
    closed_loop_open(TASK, SET, 7);
    run_to(FRAME_CUE);
    command(FRAME_PAUSE, FRAME_PAUSE_OPERATOR);
    const uint64_t n_trials = closed_loop.n_decisions[FRAME_TRIAL_START];
    closed_loop_run_until(closed_loop.now_ns + 20 * S); /* a plan is late after one second, but not now */
    assert_int_equal(closed_loop.out.finished, 0);
    assert_int_equal(closed_loop.n_decisions[FRAME_TRIAL_START], n_trials);
    command(FRAME_RESUME, FRAME_PAUSE_OPERATOR);
    const int64_t resumed_ns = closed_loop.now_ns;
    assert_true(closed_loop_decided(FRAME_PAUSED)->value == 0);
    assert_int_equal(run_to(FRAME_TRIAL_START).t_ns, resumed_ns); /* so that its interval is as drawn */
    assert_true(run_to(FRAME_REWARD).value > 0);
}

static void it_is_over_with_its_last_cause(void **state)
{
    (void)state;
    closed_loop_open(TASK, SET, 7);
    run_to(FRAME_TRIAL_START);
    command(FRAME_PAUSE, FRAME_PAUSE_OPERATOR);
    command(FRAME_PAUSE, FRAME_PAUSE_JOURNAL);
    assert_int_equal(look().paused, 3);
    command(FRAME_RESUME, FRAME_PAUSE_OPERATOR);
    assert_int_equal(look().paused, 2);
    assert_null(closed_loop_decided(FRAME_PAUSED));
    command(FRAME_RESUME, FRAME_PAUSE_OPERATOR); /* twice takes back nothing */
    assert_int_equal(look().paused, 2);
    command(FRAME_RESUME, FRAME_PAUSE_JOURNAL);
    assert_int_equal(look().paused, 0);
    assert_true(closed_loop_decided(FRAME_PAUSED)->value == 0);
    command(FRAME_PAUSE, 32); /* no cause */
    assert_int_equal(look().paused, 0);
}

static void a_stop_ends_a_paused_session(void **state)
{
    (void)state;
    closed_loop_open(TASK, SET, 7);
    run_to(FRAME_TRIAL_START);
    command(FRAME_PAUSE, FRAME_PAUSE_OPERATOR);
    command(FRAME_STOP, FRAME_END_JOURNAL);
    assert_true(closed_loop_decided(FRAME_END)->value == FRAME_END_JOURNAL);
    closed_loop_run_until(closed_loop.now_ns + 10 * MS);
    assert_int_equal(closed_loop.out.finished, 1);
}

static void a_lost_device_pauses_and_its_leds_are_lit_again(void **state)
{
    (void)state;
    closed_loop_open_losing(TASK, SET, 7, CONFIG_ON_LOSS_PAUSE);
    run_to(FRAME_TRIAL_START);
    status(FRAME_DEVICE_LOST);
    assert_int_equal(look().paused, 1 << FRAME_PAUSE_DEVICE);
    closed_loop_run_until(closed_loop.now_ns + 3 * S);
    assert_true(closed_loop_level("470") == 0);
    status(FRAME_DEVICE_BACK);
    assert_int_equal(look().paused, 0);
    closed_loop_tick(0);
    assert_true(closed_loop_level("470") == 40 && closed_loop_level("415") == 20);
    assert_true(run_to(FRAME_REWARD).value > 0);
}

static void a_rig_that_continues_grants_nothing_on_a_lost_device(void **state)
{
    (void)state;
    closed_loop_open_losing(TASK, SET, 7, CONFIG_ON_LOSS_CONTINUE);
    run_to(FRAME_TRIAL_START);
    status(FRAME_DEVICE_LOST);
    closed_loop_run_until(closed_loop.now_ns + 40 * S);
    assert_int_equal(closed_loop.n_decisions[FRAME_REWARD], 0);
    assert_true(closed_loop.n_decisions[FRAME_LIMITED] > 2); /* refused, and said */
    assert_int_equal(closed_loop.out.finished, 0);
    status(FRAME_DEVICE_BACK);
    assert_true(run_to(FRAME_REWARD).value > 0);
}

#define PAUSE_TEST(name) cmocka_unit_test_teardown(name, closed_loop_close)
static const struct CMUnitTest tests[] = {
    PAUSE_TEST(a_pause_cuts_the_trial_and_leaves_only_the_leds_on),
    PAUSE_TEST(a_paused_session_waits_as_long_as_it_must),
    PAUSE_TEST(it_is_over_with_its_last_cause),
    PAUSE_TEST(a_stop_ends_a_paused_session),
    PAUSE_TEST(a_lost_device_pauses_and_its_leds_are_lit_again),
    PAUSE_TEST(a_rig_that_continues_grants_nothing_on_a_lost_device),
};
TEST_MAIN(tests)
