/* timer: edges by hand from delay 100 ms, on 50 ms, off 30 ms. */
#include "engine/base/units.h"
#include "engine/task/timer.h"
#include "tests/test.h"
#include <math.h>

static struct config config;
static struct safety safety;
static struct frame_out out;
static struct timer timer;
static struct trial_timer plan;
enum { LIGHT };

static int fresh(void **state)
{
    (void)state;
    config = (struct config){.period_ns = MS, .n_outputs = 1};
    config.outputs[LIGHT] = (struct config_output){
        .kind = CONFIG_OUTPUT_DIGITAL, .max_on_ns = S, .max_session_ul = (double)INFINITY, .on_level = 1};
    plan = (struct trial_timer){
        .name = "blink", .delay_ns = 100 * MS, .on_ns = 50 * MS, .off_ns = 30 * MS, .output = LIGHT, .loops = 3};
    safety_init(&safety, &config);
    timer = (struct timer){0};
    return 0;
}

/* Takes the edge that is due at now_ns; outputs do what they are told. */
static enum timer_edge step(int64_t now_ns, int64_t *t_ns)
{
    frame_out_clear(&out);
    const enum timer_edge edge = timer_step(&timer, &plan, now_ns, &safety, &out, t_ns);
    for (uint32_t i = 0; i < out.n_writes; i++)
        safety_applied(&safety, &(struct frame_applied){now_ns, out.writes[i].level, LIGHT, 0});
    return edge;
}

static void each_loop_is_an_on_and_an_off_and_the_last_one_is_the_end(void **state)
{
    (void)state;
    static const struct {
        int64_t t_ns;
        enum timer_edge edge;
        double level;
    } rows[] = {
        {100 * MS, TIMER_ON,   1},
        {150 * MS, TIMER_OFF,  0},
        {180 * MS, TIMER_ON,   1},
        {230 * MS, TIMER_OFF,  0},
        {260 * MS, TIMER_ON,   1},
        {310 * MS, TIMER_OVER, 0},
    };
    timer_start(&timer, &plan, 0, 0, &safety, &out);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t t_ns;
        assert_int_equal(timer_next_ns(&timer), rows[i].t_ns);
        assert_int_equal(step(rows[i].t_ns + 300 * US, &t_ns), rows[i].edge);
        assert_int_equal(t_ns, rows[i].t_ns); /* dated logically, written now */
        assert_int_equal(out.n_writes, 1);
        assert_true(out.writes[0].level == rows[i].level);
        assert_int_equal(out.writes[0].cause_ns, rows[i].t_ns);
    }
    assert_int_equal(timer_next_ns(&timer), INT64_MAX);
}

static void without_a_number_of_loops_it_runs_until_it_is_stopped(void **state)
{
    (void)state;
    int64_t t_ns;
    plan.loops = 0;
    timer_start(&timer, &plan, 0, 0, &safety, &out);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(step(timer_next_ns(&timer), &t_ns), i % 2 == 0 ? TIMER_ON : TIMER_OFF);
    (void)step(timer_next_ns(&timer), &t_ns);
    frame_out_clear(&out);
    timer_stop(&timer, &plan, t_ns + MS, t_ns + MS, &safety, &out);
    assert_int_equal(out.n_writes, 1);
    assert_true(out.writes[0].level == 0);
    assert_int_equal(timer_next_ns(&timer), INT64_MAX);
    frame_out_clear(&out);
    timer_stop(&timer, &plan, t_ns + MS, t_ns + MS, &safety, &out);
    assert_int_equal(out.n_writes, 0);
}

static void a_late_loop_leaves_out_what_has_passed(void **state)
{
    (void)state;
    int64_t t_ns;
    plan.loops = 10;
    timer_start(&timer, &plan, 0, 0, &safety, &out);
    assert_int_equal(step(365 * MS, &t_ns), TIMER_ON); /* loops begin at 100, 180, 260, 340 */
    assert_int_equal(t_ns, 340 * MS);
    assert_int_equal(timer.n_skipped, 3);
    assert_int_equal(out.n_writes, 1);
    assert_int_equal(step(395 * MS, &t_ns), TIMER_OFF);
    assert_int_equal(step(475 * MS, &t_ns), TIMER_ON); /* 420..470 is over */
    assert_int_equal(t_ns, 420 * MS);
    assert_int_equal(out.n_writes, 0);
}

static void a_late_loop_still_takes_the_last_one(void **state)
{
    (void)state;
    int64_t t_ns;
    timer_start(&timer, &plan, 0, 0, &safety, &out);
    assert_int_equal(step(10 * S, &t_ns), TIMER_ON);
    assert_int_equal(t_ns, 260 * MS);
    assert_int_equal(step(10 * S, &t_ns), TIMER_OVER);
    assert_int_equal(t_ns, 310 * MS);
}

static void starting_again_begins_from_the_beginning(void **state)
{
    (void)state;
    int64_t t_ns;
    timer_start(&timer, &plan, 0, 0, &safety, &out);
    (void)step(100 * MS, &t_ns);
    frame_out_clear(&out);
    timer_start(&timer, &plan, 120 * MS, 120 * MS, &safety, &out);
    assert_true(out.writes[0].level == 0);
    assert_int_equal(timer_next_ns(&timer), 220 * MS);
    assert_int_equal(timer.n_loops, 0);
}

static void without_an_output_it_only_tells(void **state)
{
    (void)state;
    int64_t t_ns;
    plan.output = UINT32_MAX;
    timer_start(&timer, &plan, 0, 0, &safety, &out);
    assert_int_equal(step(100 * MS, &t_ns), TIMER_ON);
    assert_int_equal(out.n_writes, 0);
}

#define TIMER_TEST(name) cmocka_unit_test_setup(name, fresh)
static const struct CMUnitTest tests[] = {
    TIMER_TEST(each_loop_is_an_on_and_an_off_and_the_last_one_is_the_end),
    TIMER_TEST(without_a_number_of_loops_it_runs_until_it_is_stopped),
    TIMER_TEST(a_late_loop_leaves_out_what_has_passed),
    TIMER_TEST(a_late_loop_still_takes_the_last_one),
    TIMER_TEST(starting_again_begins_from_the_beginning),
    TIMER_TEST(without_an_output_it_only_tells),
};
TEST_MAIN(tests)
