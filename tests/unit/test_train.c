/* train: pulse times by hand: 5 ms every 50 ms for 500 ms is ten pulses. */
#include "engine/base/units.h"
#include "engine/task/train.h"
#include "tests/test.h"
#include <math.h>

enum { ID = 3, PULSES_MAX = 64 };

static struct config config;
static struct safety safety;
static struct train train;
static struct frame_out out;
static int64_t on_ns[PULSES_MAX], off_ns[PULSES_MAX], cause_ns[PULSES_MAX];
static int n_on, n_off, n_limited;
static int64_t train_ns[2]; /* t_ns of its last FRAME_TRAIN 0 and 1 */
static int n_train[2];

static int fresh(void **state)
{
    (void)state;
    config = (struct config){.period_ns = MS, .n_outputs = 1, .n_trains = 1};
    config.outputs[0] = (struct config_output){
        .kind = CONFIG_OUTPUT_LASER, .max_on_ns = 20 * MS, .max_session_ul = (double)INFINITY, .on_level = 1};
    config.trains[0] = (struct config_train){.width_ns = 5 * MS, .period_ns = 50 * MS, .duration_ns = 500 * MS};
    safety_init(&safety, &config);
    train_init(&train, &config.trains[0], 1);
    n_on = n_off = n_limited = n_train[0] = n_train[1] = 0;
    return 0;
}

/* Keeps what the tick did, and confirms it. */
static void note(int64_t now_ns)
{
    for (uint32_t i = 0; i < out.n_writes; i++) {
        const struct frame_write *write = &out.writes[i];
        assert_true(n_on < PULSES_MAX && n_off < PULSES_MAX);
        if (write->level > 0) {
            cause_ns[n_on] = write->cause_ns;
            on_ns[n_on++] = now_ns;
        } else
            off_ns[n_off++] = now_ns;
        safety_applied(&safety, &(struct frame_applied){.t_ns = now_ns, .level = write->level});
    }
    for (uint32_t i = 0; i < out.n_decisions; i++) {
        const struct frame_decision *decision = &out.decisions[i];
        n_limited += decision->kind == FRAME_LIMITED;
        if (decision->kind != FRAME_TRAIN)
            continue;
        assert_int_equal(decision->id, ID);
        train_ns[decision->value > 0] = decision->t_ns;
        n_train[decision->value > 0]++;
    }
    frame_out_clear(&out);
}

static void start(int64_t now_ns, int64_t cause)
{
    frame_out_clear(&out);
    train_start(&train, ID, now_ns, cause, &safety, &out);
    note(now_ns);
}

static void tick(int64_t now_ns)
{
    frame_out_clear(&out);
    int64_t end_ns = INT64_MIN;
    const int n_ends = n_train[0];
    const bool ended = train_tick(&train, ID, now_ns, &safety, &out, &end_ns);
    safety_tick(&safety, now_ns, &out);
    note(now_ns);
    assert_int_equal(ended, n_train[0] - n_ends); /* told to the caller as it is told to the journal */
    assert_true(!ended || end_ns == train_ns[0]);
}

static void ticks(int64_t from_ns, int64_t to_ns)
{
    for (int64_t t_ns = from_ns; t_ns < to_ns; t_ns += MS)
        tick(t_ns);
}

static void its_pulses_come_at_their_times(void **state)
{
    (void)state;
    start(7 * MS, 6 * MS);
    ticks(8 * MS, 700 * MS);
    assert_int_equal(n_on, 10);
    assert_int_equal(n_off, 10);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(on_ns[i], 7 * MS + i * 50 * MS);
        assert_int_equal(off_ns[i], on_ns[i] + 5 * MS);
        assert_int_equal(cause_ns[i], i == 0 ? 6 * MS : on_ns[i]);
    }
    assert_int_equal(train.n_skipped, 0);
    assert_int_equal(n_limited, 0);
}

static void it_tells_when_it_starts_and_ends(void **state)
{
    (void)state;
    start(7 * MS, 6 * MS);
    assert_true(train.running);
    ticks(8 * MS, 507 * MS);
    assert_true(train.running);
    assert_int_equal(n_train[0], 0);
    tick(507 * MS + 300 * US);
    assert_false(train.running);
    assert_int_equal(n_train[1], 1);
    assert_int_equal(train_ns[1], 7 * MS);
    assert_int_equal(n_train[0], 1);
    assert_int_equal(train_ns[0], 507 * MS); /* its own end, not the tick's time */
    ticks(508 * MS, 900 * MS);
    assert_int_equal(n_train[0], 1);
}

static void a_duration_that_is_no_multiple_of_the_period_ends_with_a_shorter_gap(void **state)
{
    (void)state;
    config.trains[0].duration_ns = 101 * MS; /* pulses at 0, 50 and 100 ms */
    start(0, 0);
    ticks(MS, 300 * MS);
    assert_int_equal(n_on, 3);
    assert_int_equal(train_ns[0], 101 * MS);
}

static void a_duration_of_one_width_is_one_pulse(void **state)
{
    (void)state;
    config.trains[0].duration_ns = 5 * MS;
    start(0, 0);
    ticks(MS, 300 * MS);
    assert_int_equal(n_on, 1);
    assert_int_equal(train_ns[0], 5 * MS);
}

static void a_running_train_goes_on_unchanged(void **state)
{
    (void)state;
    start(0, 0);
    ticks(MS, 100 * MS);
    start(100 * MS, 100 * MS); /* its own pulse at 100 ms comes with the tick */
    ticks(100 * MS, 700 * MS);
    assert_int_equal(n_on, 10);
    assert_int_equal(n_train[1], 1);
    assert_int_equal(on_ns[9], 450 * MS);
}

static void it_can_start_again_after_its_end(void **state)
{
    (void)state;
    start(0, 0);
    ticks(MS, 600 * MS);
    start(600 * MS, 600 * MS);
    ticks(601 * MS, 1200 * MS);
    assert_int_equal(n_on, 20);
    assert_int_equal(n_train[0], 2);
}

static void a_late_loop_gives_a_late_pulse_within_its_period(void **state)
{
    (void)state;
    start(0, 0);
    ticks(MS, 45 * MS);
    ticks(80 * MS, 700 * MS); /* the pulse of 50 ms comes at 80 ms, the next at 100 ms */
    assert_int_equal(n_on, 10);
    assert_int_equal(on_ns[1], 80 * MS);
    assert_int_equal(cause_ns[1], 50 * MS);
    assert_int_equal(on_ns[2], 100 * MS);
    assert_int_equal(train.n_skipped, 0);
}

static void pulses_that_are_a_period_late_are_left_out(void **state)
{
    (void)state;
    start(0, 0);
    ticks(MS, 45 * MS);
    ticks(220 * MS, 700 * MS); /* those of 50, 100 and 150 ms are over; that of 200 ms is late */
    assert_int_equal(n_on, 7);
    assert_int_equal(on_ns[1], 220 * MS);
    assert_int_equal(cause_ns[1], 200 * MS);
    assert_int_equal(on_ns[2], 250 * MS);
    assert_int_equal(train.n_skipped, 3);
}

static void a_loop_that_comes_back_after_the_end_gives_none(void **state)
{
    (void)state;
    start(0, 0);
    ticks(MS, 10 * MS);
    tick(500 * MS); /* the period of the pulse at 450 ms is over, too */
    assert_int_equal(n_on, 1);
    assert_int_equal(train.n_skipped, 9);
    assert_false(train.running);
    assert_int_equal(train_ns[0], 500 * MS);
}

static void what_safety_refuses_is_not_asked_again(void **state)
{
    (void)state;
    config.outputs[0].min_gap_ns = 60 * MS; /* longer than the 45 ms between two pulses */
    start(0, 0);
    ticks(MS, 700 * MS);
    assert_int_equal(n_on, 5); /* every second one */
    assert_int_equal(n_limited, 5);
    for (int i = 0; i < 5; i++)
        assert_int_equal(on_ns[i], i * 100 * MS);
}

static void each_pulse_but_the_first_is_later_within_its_jitter(void **state)
{
    (void)state;
    config.trains[0].jitter_ns = 30 * MS;
    start(0, 0);
    ticks(MS, 700 * MS);
    assert_int_equal(n_on, 10);
    assert_int_equal(on_ns[0], 0);
    int n_different = 0;
    for (int i = 1; i < 10; i++) {
        assert_in_range(on_ns[i], i * 50 * MS, i * 50 * MS + 30 * MS); /* the draw, and up to a tick */
        assert_in_range(on_ns[i] - cause_ns[i], 0, MS - 1);
        n_different += cause_ns[i] - i * 50 * MS != cause_ns[1] - 50 * MS;
    }
    assert_in_range(n_different, 5, 8);
    assert_int_equal(train_ns[0], 500 * MS); /* its end is its own */
}

static void the_jitter_comes_from_the_seed(void **state)
{
    (void)state;
    int64_t before[10] = {0};
    for (uint64_t round = 0; round < 3; round++) {
        fresh(NULL);
        config.trains[0].jitter_ns = 30 * MS;
        train_init(&train, &config.trains[0], round == 2 ? 8 : 7);
        start(0, 0);
        ticks(MS, 700 * MS);
        assert_int_equal(memcmp(before, cause_ns, sizeof before) == 0, round == 1);
        memcpy(before, cause_ns, sizeof before);
    }
}

/* Starts it; how many refusals for its dose that gave. */
static int dose_over(int64_t now_ns)
{
    frame_out_clear(&out);
    train_start(&train, ID, now_ns, now_ns, &safety, &out);
    int n = 0;
    for (uint32_t i = 0; i < out.n_decisions; i++)
        n += out.decisions[i].kind == FRAME_DOSE_OVER && out.decisions[i].id == ID;
    note(now_ns);
    return n;
}

static void it_starts_no_more_often_than_it_may(void **state)
{
    (void)state;
    config.trains[0].max_count = 2;
    for (int64_t i = 0; i < 4; i++) {
        assert_int_equal(dose_over(i * S), i >= 2);
        ticks(i * S + MS, i * S + 900 * MS);
    }
    assert_int_equal(n_train[1], 2);
    assert_int_equal(n_on, 20);
}

static void a_start_that_would_pass_the_light_of_the_session_is_none(void **state)
{
    (void)state;
    config.trains[0].max_light_ns = 149 * MS; /* a start is 10 pulses of 5 ms: two fit, and nearly a third */
    for (int64_t i = 0; i < 4; i++) {
        assert_int_equal(dose_over(i * S), i >= 2);
        ticks(i * S + MS, i * S + 900 * MS);
    }
    assert_int_equal(train.light_ns, 100 * MS);
    config.trains[0].max_light_ns = 150 * MS;
    assert_int_equal(dose_over(5 * S), 0); /* exactly the rest */
}

static void a_wave_is_one_order_with_its_description_and_level(void **state)
{
    (void)state;
    config.outputs[0].max_on_ns = 1 * S;
    config.trains[0] = (struct config_train){.shape = CONFIG_SHAPE_SINE,
                                             .width_ns = 400 * MS,
                                             .period_ns = 400 * MS,
                                             .duration_ns = 400 * MS,
                                             .hz = 10,
                                             .level = 0.25};
    frame_out_clear(&out);
    train_start(&train, ID, 7 * MS, 6 * MS, &safety, &out);
    assert_int_equal(out.n_writes, 1);
    assert_int_equal(out.writes[0].wave, ID + 1);
    assert_true(out.writes[0].level >= 0.25 && out.writes[0].level <= 0.25);
    note(7 * MS);
    ticks(8 * MS, 600 * MS);
    assert_int_equal(n_on, 1);
    assert_int_equal(n_off, 1);
    assert_int_equal(off_ns[0], 407 * MS);
    assert_int_equal(train_ns[0], 407 * MS);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(its_pulses_come_at_their_times, fresh),
    cmocka_unit_test_setup(it_tells_when_it_starts_and_ends, fresh),
    cmocka_unit_test_setup(a_duration_that_is_no_multiple_of_the_period_ends_with_a_shorter_gap, fresh),
    cmocka_unit_test_setup(a_duration_of_one_width_is_one_pulse, fresh),
    cmocka_unit_test_setup(a_running_train_goes_on_unchanged, fresh),
    cmocka_unit_test_setup(it_can_start_again_after_its_end, fresh),
    cmocka_unit_test_setup(a_late_loop_gives_a_late_pulse_within_its_period, fresh),
    cmocka_unit_test_setup(pulses_that_are_a_period_late_are_left_out, fresh),
    cmocka_unit_test_setup(a_loop_that_comes_back_after_the_end_gives_none, fresh),
    cmocka_unit_test_setup(what_safety_refuses_is_not_asked_again, fresh),
    cmocka_unit_test_setup(each_pulse_but_the_first_is_later_within_its_jitter, fresh),
    cmocka_unit_test_setup(the_jitter_comes_from_the_seed, fresh),
    cmocka_unit_test_setup(it_starts_no_more_often_than_it_may, fresh),
    cmocka_unit_test_setup(a_start_that_would_pass_the_light_of_the_session_is_none, fresh),
    cmocka_unit_test_setup(a_wave_is_one_order_with_its_description_and_level, fresh),
};
TEST_MAIN(tests)
