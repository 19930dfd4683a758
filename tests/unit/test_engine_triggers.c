/* engine_triggers: every kind of source in closed loop with the simulated mouse; what must hold is told by the task. */
#include "engine/base/units.h"
#include "engine/setting.h"
#include "engine/task/trigger.h"
#include "tests/test.h"
#include "tests/unit/closed_loop.h"
#include "tests/unit/scratch.h"
#include <math.h>

enum { TIMES_MAX = 4096 };

/* What the session decided, by kind: times and values in order. */
static struct times {
    int64_t t_ns[TIMES_MAX];
    double value[TIMES_MAX];
    int n;
} decided[CLOSED_LOOP_KINDS];

/* A session of a task with trigger "t" and these keys; it is armed for 5 s and 2 s after
 * water, and leads to "then" for 100 ms.
 */
static void open_with(const char *keys)
{
    char text[2048];
    const char *path = scratch_path("triggers.lua");
    const int n =
        snprintf(text, sizeof text,
                 "uses { inputs = { \"lick\" }, outputs = { \"water\", \"laser\" }, signals = { \"vta\" },\n"
                 "  models = { td_csc = { step = ms(20) } } }\n"
                 "trigger \"t\" { %s }\n"
                 "train \"stim\" { output = \"laser\", width = ms(5), rate = hz(20), duration = ms(100) }\n"
                 "function trial() return {\n"
                 "  state \"look\" { arm = { \"t\" }, on = { t = \"then\" }, after = { sec(5), \"water\" } },\n"
                 "  state \"then\" { enter = { start \"stim\" }, after = { ms(100), done } },\n"
                 "  state \"water\" { enter = { deliver(\"water\", ul(4)) }, arm = { \"t\" }, on = { t = \"then\" }, "
                 "after = { sec(2), done } } } end\n",
                 keys);
    scratch_write(path, text, (size_t)n);
    closed_loop_open(path, NULL, 7);
    memset(decided, 0, sizeof decided);
}

static void run_until(int64_t t_ns)
{
    while (closed_loop.now_ns < t_ns) {
        closed_loop_tick(0);
        for (uint32_t i = 0; i < closed_loop.out.n_decisions; i++) {
            const struct frame_decision *d = &closed_loop.out.decisions[i];
            struct times *times = &decided[d->kind];
            if (times->n == TIMES_MAX)
                continue;
            times->value[times->n] = d->value;
            times->t_ns[times->n++] = d->t_ns;
        }
    }
}

static void a_z_score_fires_above_its_threshold_at_most_at_its_rate(void **state)
{
    (void)state;
    open_with("on = dff(\"vta\"), above = z(2), release = z(1), max_rate = { 2, per = sec(10) }");
    run_until(300 * S);
    const struct times *fired = &decided[FRAME_TRIGGER_FIRED], *refused = &decided[FRAME_TRIGGER_REFUSED];
    assert_true(fired->n > 10 && refused->n > 0);
    for (int i = 0; i < fired->n; i++) {
        assert_true(fired->value[i] > 2);
        assert_true(i < 2 || fired->t_ns[i] - fired->t_ns[i - 2] >= 10 * S);
    }
    for (int i = 0; i < refused->n; i++)
        assert_int_equal((int)refused->value[i], TRIGGER_LIMITED);
}

static void a_condition_on_licks_is_kept(void **state)
{
    (void)state;
    open_with("on = dff(\"vta\"), above = z(1), when = { not_licked(\"lick\", sec(1)) }");
    run_until(120 * S);
    const struct times *fired = &decided[FRAME_TRIGGER_FIRED], *licks = &decided[FRAME_LICK];
    assert_true(fired->n > 5 && licks->n > 50);
    for (int i = 0; i < fired->n; i++)
        for (int k = 0; k < licks->n; k++)
            if (licks->t_ns[k] < fired->t_ns[i])
                assert_true(fired->t_ns[i] - licks->t_ns[k] > 999 * MS); /* decided in the tick after the sample */
}

static void a_delayed_firing_moves_the_task_exactly_that_much_later(void **state)
{
    (void)state;
    open_with("on = peak(dff(\"vta\"), z(0.5)), above = z(2), delay = ms(150)");
    run_until(120 * S);
    const struct times *fired = &decided[FRAME_TRIGGER_FIRED], *trains = &decided[FRAME_TRAIN];
    int n = 0;
    for (int i = 0; i < fired->n; i++)
        for (int k = 0; k < trains->n; k++)
            n += trains->value[k] > 0 && trains->t_ns[k] - fired->t_ns[i] >= 150 * MS &&
                 trains->t_ns[k] - fired->t_ns[i] <= 151 * MS;
    assert_true(fired->n > 5);
    assert_true(n >= fired->n - 2); /* one may wait at the end, and one may find its state over */
}

static void a_number_of_the_model_fires_in_the_step_that_has_it(void **state)
{
    (void)state;
    open_with("on = variable(\"vta\", \"td_csc\", \"delta\"), above = 0.3");
    run_until(120 * S);
    const struct times *fired = &decided[FRAME_TRIGGER_FIRED], *rewards = &decided[FRAME_REWARD];
    assert_true(fired->n > 5 && fired->n <= rewards->n);
    for (int i = 0; i < fired->n; i++) {
        assert_true(fired->value[i] > 0.3);
        assert_int_equal(fired->t_ns[i] % (20 * MS), 0); /* the end of the step with the reward */
        assert_true(fired->t_ns[i] - rewards->t_ns[i] > 0 && fired->t_ns[i] - rewards->t_ns[i] <= 40 * MS);
    }
}

static void a_phase_fires_about_once_a_cycle_of_its_band(void **state)
{
    (void)state;
    open_with("on = phase(\"vta\", hz(4), hz(8)), at = deg(180), lockout = ms(50)");
    run_until(60 * S);
    const double rate_hz = decided[FRAME_TRIGGER_FIRED].n / 60.0; /* it fires, 100 ms pass, it is armed again */
    assert_true(rate_hz > 2 && rate_hz < 7);
}

static void a_slope_fires_on_rises(void **state)
{
    (void)state;
    open_with("on = slope(dff(\"vta\"), ms(50)), above = z(2.5), hold = ms(10), lockout = sec(1), sham = 0.5");
    run_until(120 * S);
    const struct times *fired = &decided[FRAME_TRIGGER_FIRED], *sham = &decided[FRAME_TRIGGER_SHAM];
    assert_true(fired->n > 3 && sham->n > 3);
    for (int i = 1; i < fired->n; i++)
        assert_true(fired->t_ns[i] - fired->t_ns[i - 1] >= 1 * S);
}

static void a_disabled_trigger_never_fires(void **state)
{
    (void)state;
    open_with("on = dff(\"vta\"), above = z(0), enabled = false");
    run_until(30 * S);
    assert_int_equal(decided[FRAME_TRIGGER_FIRED].n, 0);
}

/* The next tick brings a command. */
static void set(const char *path, double value)
{
    struct error err = {0};
    struct frame_in *in = closed_loop_frame();
    in->commands[in->n_commands] = (struct frame_command){.id = 1, .kind = FRAME_SET, .value = value};
    assert_true(setting_find(&closed_loop.config, path, &in->commands[in->n_commands++].target, &err));
}

static void a_live_change_counts_from_its_tick_on_and_is_a_decision(void **state)
{
    (void)state;
    const struct times *fired = &decided[FRAME_TRIGGER_FIRED], *settings = &decided[FRAME_SETTING];
    open_with("on = dff(\"vta\"), above = z(1.5)");
    run_until(60 * S);
    const int n_before = fired->n;
    assert_true(n_before > 3);
    set("trigger.t.threshold", 90);
    run_until(120 * S);
    assert_int_equal(fired->n, n_before);
    assert_int_equal(settings->n, 1);
    assert_true(settings->value[0] >= 90 && settings->value[0] <= 90);
    set("trigger.t.threshold", 1.5);
    set("trigger.t.max_count", n_before + 1);
    run_until(240 * S);
    assert_int_equal(fired->n, n_before + 1);
    assert_int_equal((int)decided[FRAME_TRIGGER_REFUSED].value[0], TRIGGER_USED_UP);
}

static void a_change_that_is_out_of_range_changes_nothing(void **state)
{
    (void)state;
    open_with("on = dff(\"vta\"), above = z(2), release = z(1)");
    run_until(1 * S);
    set("trigger.t.release", 3); /* above the threshold */
    set("trigger.t.sham", 1.5);
    set("trigger.t.hold", (double)NAN);
    set("model.vta.td_csc.alpha", 7);
    run_until(2 * S);
    assert_int_equal(decided[FRAME_SETTING].n, 0);
    assert_int_equal(decided[FRAME_SETTING_REFUSED].n, 4);
    set("model.vta.td_csc.alpha", 0.3);
    run_until(3 * S);
    assert_int_equal(decided[FRAME_SETTING].n, 1);
}

static void the_same_frames_give_the_same_firings(void **state)
{
    (void)state;
    uint64_t digest[2];
    for (int i = 0; i < 2; i++) {
        open_with(
            "on = dff(\"vta\"), above = z(1.5), sham = 0.3, delay = ms(20), when = { licked(\"lick\", sec(30)) }");
        run_until(60 * S);
        assert_true(decided[FRAME_TRIGGER_FIRED].n > 0);
        digest[i] = closed_loop.digest;
        closed_loop_close(NULL);
    }
    assert_true(digest[0] == digest[1]);
}

#define LOOP_TEST(name) cmocka_unit_test_teardown(name, closed_loop_close)

static const struct CMUnitTest tests[] = {
    LOOP_TEST(a_z_score_fires_above_its_threshold_at_most_at_its_rate),
    LOOP_TEST(a_condition_on_licks_is_kept),
    LOOP_TEST(a_delayed_firing_moves_the_task_exactly_that_much_later),
    LOOP_TEST(a_number_of_the_model_fires_in_the_step_that_has_it),
    LOOP_TEST(a_phase_fires_about_once_a_cycle_of_its_band),
    LOOP_TEST(a_slope_fires_on_rises),
    LOOP_TEST(a_disabled_trigger_never_fires),
    LOOP_TEST(a_live_change_counts_from_its_tick_on_and_is_a_decision),
    LOOP_TEST(a_change_that_is_out_of_range_changes_nothing),
    LOOP_TEST(the_same_frames_give_the_same_firings),
};
TEST_MAIN(tests)
