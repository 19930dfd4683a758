#include "engine/base/units.h"
#include "engine/task/machine.h"
#include "planner/feed.h"
#include "tests/test.h"

/* One tick of decisions, as rows of kind, id, value. */
#define TICK(feed, ...)                                                                                                \
    do {                                                                                                               \
        static const struct frame_decision rows[] = {__VA_ARGS__};                                                     \
        struct frame_out out = {0};                                                                                    \
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)                                                        \
            frame_decide(&out, rows[i].kind, rows[i].id, 0, rows[i].value);                                            \
        feed_tick(feed, &out);                                                                                         \
    } while (0)
#define ROW(k, i, v)                                                                                                   \
    {                                                                                                                  \
        .kind = (k), .id = (i), .value = (v)                                                                           \
    }

static void the_first_trial_is_wanted_from_the_beginning_and_once(void **state)
{
    (void)state;
    struct feed feed;
    struct task_outcome outcome;
    feed_init(&feed);
    assert_true(feed_wants(&feed, &outcome));
    assert_int_equal(outcome.number, 0);
    feed_planned(&feed);
    assert_false(feed_wants(&feed, &outcome));
    TICK(&feed, ROW(FRAME_PLAN_WANTED, 1, -1)); /* the engine had not got it yet */
    assert_false(feed_wants(&feed, &outcome));
    TICK(&feed, ROW(FRAME_TRIAL_START, 1, 0), ROW(FRAME_STATE, 0, 1));
    assert_false(feed_wants(&feed, &outcome));
}

static void a_request_comes_with_the_outcome_of_the_trial_before(void **state)
{
    (void)state;
    struct feed feed;
    struct task_outcome outcome;
    feed_init(&feed);
    feed_planned(&feed);
    TICK(&feed, ROW(FRAME_LICK, 0, 0), ROW(FRAME_TRIAL_START, 1, 0), ROW(FRAME_REWARD, 4, 2.5));
    TICK(&feed, ROW(FRAME_LICK, 0, 0), ROW(FRAME_REWARD, 4, 0.25));
    assert_false(feed_wants(&feed, &outcome));
    TICK(&feed, ROW(FRAME_TRIAL_END, 3, 2), ROW(FRAME_PLAN_WANTED, 2, 3));
    assert_true(feed_wants(&feed, &outcome));
    assert_int_equal(outcome.number, 1);
    assert_int_equal(outcome.last_state, 3);
    assert_int_equal(outcome.n_licks, 2);
    assert_int_equal(outcome.n_rewards, 2);
    assert_float_equal(outcome.reward_ul, 2.75, 0);
    assert_true(feed_wants(&feed, &outcome)); /* until it is planned */
    feed_planned(&feed);
    TICK(&feed, ROW(FRAME_LICK, 0, 0));
    assert_false(feed_wants(&feed, &outcome));
    /* start and end in one tick; nothing of the trial before is left */
    TICK(&feed, ROW(FRAME_TRIAL_START, 2, 0), ROW(FRAME_TRIAL_END, 0, 0), ROW(FRAME_PLAN_WANTED, 3, 0));
    assert_true(feed_wants(&feed, &outcome));
    assert_int_equal(outcome.number, 2);
    assert_int_equal(outcome.last_state + outcome.n_licks + outcome.n_rewards, 0);
    assert_float_equal(outcome.reward_ul, 0, 0);
}

static void numbers_that_are_no_counts_do_no_harm(void **state)
{
    (void)state;
    struct feed feed;
    struct task_outcome outcome;
    feed_init(&feed);
    feed_planned(&feed);
    TICK(&feed, ROW(FRAME_TRIAL_START, 1, 0), ROW(FRAME_TRIAL_END, 0, -1e300), ROW(FRAME_PLAN_WANTED, 2, 0));
    assert_true(feed_wants(&feed, &outcome));
    assert_int_equal(outcome.n_licks, 0);
    TICK(&feed, ROW(FRAME_PLAN_WANTED, 0, 0)); /* no trial has this number */
    assert_true(feed_wants(&feed, &outcome));
    assert_int_equal(outcome.number, 1);
}

/* The machine that makes the decisions, fed by the plans that the feed asks for. */
static struct {
    struct config config;
    struct safety safety;
    struct machine machine;
    double reward_ul[FRAME_OUTPUTS_MAX];
} rig;

/* "wait" for 100 ms; a lick gives 2 ul and goes to "drink", which ends 50 ms later. */
static void make_trial(int64_t number, struct trial *trial)
{
    *trial = (struct trial){
        .number = number,
        .n_states = 2,
        .states = {{.name = "wait",
                    .after_ns = 100 * MS,
                    .after_to = TRIAL_DONE,
                    .n_on = 1,
                    .on = {{.event = TRIAL_ON_LICK,
                            .to = 1,
                            .action = {.kind = TRIAL_DELIVER, .duration_ns = 20 * MS, .ul = 2}}}},
                   {.name = "drink", .after_ns = 50 * MS, .after_to = TRIAL_DONE}}
    };
}

static void rig_init(void)
{
    memset(&rig, 0, sizeof rig);
    rig.config.period_ns = MS;
    rig.config.n_outputs = 1;
    rig.config.outputs[0].kind = CONFIG_OUTPUT_VALVE;
    rig.config.outputs[0].max_on_ns = 100 * MS;
    rig.config.outputs[0].max_session_ul = 1000;
    rig.config.outputs[0].on_level = 1;
    safety_init(&rig.safety, &rig.config);
    machine_init(&rig.machine, &rig.config);
}

/* A lick every 130 ms; what was written is confirmed at once. */
static void rig_tick(int64_t now_ns, struct frame_out *out)
{
    const struct machine_hands hands = {&rig.safety, NULL, rig.reward_ul};
    frame_out_clear(out);
    if (now_ns % (130 * MS) == 0) {
        frame_decide(out, FRAME_LICK, 0, now_ns, 0.0);
        machine_event(&rig.machine, TRIAL_ON_LICK, 0, now_ns);
    }
    machine_tick(&rig.machine, now_ns, &hands, out);
    safety_tick(&rig.safety, now_ns, out);
    for (uint32_t i = 0; i < out->n_writes; i++)
        safety_applied(&rig.safety,
                       &(struct frame_applied){.t_ns = now_ns, .level = out->writes[i].level, .output = 0});
}

static void expect_same(const struct task_outcome *a, const struct task_outcome *b)
{
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->last_state, b->last_state);
    assert_int_equal(a->n_licks, b->n_licks);
    assert_int_equal(a->n_rewards, b->n_rewards);
    assert_float_equal(a->reward_ul, b->reward_ul, 0);
}

/* A planner that dies and starts again folds from the first tick, and gets the same requests in the same order. */
static void a_second_fold_over_the_same_ticks_asks_for_the_same(void **state)
{
    (void)state;
    enum { TICKS = 1000, TRIALS = 32 };
    static struct frame_out outs[TICKS];
    static struct task_outcome first[TRIALS];
    static struct trial trial;
    struct task_outcome outcome;
    struct feed feed;
    int n = 0, n_rewarded = 0;
    rig_init();
    feed_init(&feed);
    for (int i = 0; i < TICKS; i++) {
        if (feed_wants(&feed, &outcome)) { /* the plan is there a tick after the request */
            assert_true(n < TRIALS);
            assert_int_equal(outcome.number, n);
            first[n++] = outcome;
            make_trial(n, &trial);
            machine_plan(&rig.machine, &trial);
            feed_planned(&feed);
        }
        rig_tick(i * MS, &outs[i]);
        feed_tick(&feed, &outs[i]);
    }
    assert_true(n > 5);           /* 1 s in trials of 100 ms, or 50 ms after a lick */
    for (int i = 1; i < n; i++) { /* exactly a trial with a lick ends in "drink", and with a drop */
        assert_int_equal(first[i].last_state, first[i].n_licks > 0);
        assert_int_equal(first[i].n_rewards, first[i].last_state);
        assert_float_equal(first[i].reward_ul, first[i].n_rewards > 0 ? 2 : 0, 0);
        n_rewarded += (int)first[i].n_rewards;
    }
    assert_true(n_rewarded > 2);
    feed_init(&feed);
    int again = 0;
    for (int i = 0; i < TICKS; i++) {
        while (feed_wants(&feed, &outcome)) {
            expect_same(&outcome, &first[again]);
            again++;
            feed_planned(&feed);
        }
        feed_tick(&feed, &outs[i]);
    }
    assert_int_equal(again, n);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_first_trial_is_wanted_from_the_beginning_and_once),
    cmocka_unit_test(a_request_comes_with_the_outcome_of_the_trial_before),
    cmocka_unit_test(numbers_that_are_no_counts_do_no_harm),
    cmocka_unit_test(a_second_fold_over_the_same_ticks_asks_for_the_same),
};
TEST_MAIN(tests)
