/* trials: windows, compounds, omissions and light, by hand. Steps end at the times given. */
#include "engine/base/units.h"
#include "engine/model/intake.h"
#include "engine/model/trials.h"
#include "tests/test.h"
#include <math.h>

static double params[INTAKE_N_PARAMS];
static const double own[TRIALS_N_PARAMS] = {[TRIALS_WINDOW] = 2, [TRIALS_COMPOUND] = 0.15};
static struct trials trials;
static struct trials_event ev;

static void begin(void)
{
    static const struct model_param rows[] = {INTAKE_PARAMS};
    trials = (struct trials){0};
    for (int i = 0; i < INTAKE_N_PARAMS; i++)
        params[i] = rows[i].def;
}

static void happens(enum model_event_kind kind, int id, int64_t t_ms, double mag)
{
    trials_event(&trials,
                 &(struct model_event){.t_ns = t_ms * MS, .kind = (uint8_t)kind, .id = (uint8_t)id, .mag = mag});
}

static bool next(int64_t end_ms)
{
    return trials_next(&trials, params, own, end_ms * MS, &ev);
}

static void an_outcome_closes_every_window(void **state)
{
    (void)state;
    begin();
    happens(EV_CS_ON, 0, 100, 1);
    happens(EV_ACTION, 3, 400, 0);
    happens(EV_CS_ON, 2, 900, 0.5);
    assert_true(next(1000) && ev.kind == TRIALS_ONSET && ev.id == 0 && ev.mag == 1 && ev.closed == 0);
    assert_true(next(1000) && ev.kind == TRIALS_ACTION && ev.id == 3);
    assert_true(next(1000) && ev.kind == TRIALS_ONSET && ev.id == 2 && ev.mag == 0.5);
    assert_false(next(1000));
    params[INTAKE_US_GAIN] = 0.25;
    happens(EV_US, 0, 1500, 4);
    happens(EV_AVERSIVE, 0, 1500, 0.5); /* of the same instant: one outcome */
    happens(EV_US, 0, 1600, 2);
    assert_true(next(2000) && ev.kind == TRIALS_OUTCOME && ev.mag == 0.5);
    assert_int_equal(ev.t_ns, 1500 * MS);
    assert_int_equal(ev.closed, 1 | 4 | TRIALS_CHOICE);
    assert_true(next(2000) && ev.kind == TRIALS_OUTCOME && ev.mag == 0.5 && ev.closed == 0); /* not predicted */
    assert_false(next(2000));
    assert_false(next(9000)); /* nothing is left to be omitted */
}

static void a_window_ends_at_its_time_and_an_outcome_then_still_counts(void **state)
{
    (void)state;
    begin();
    happens(EV_CS_ON, 0, 100, 1);
    assert_true(next(1000) && ev.kind == TRIALS_ONSET);
    assert_false(next(1000));
    happens(EV_US, 0, 2100, 1);
    assert_true(next(2200) && ev.kind == TRIALS_OUTCOME && ev.closed == 1);
    happens(EV_CS_ON, 0, 3000, 1);
    happens(EV_US, 0, 5001, 1);
    assert_false(next(2300) && ev.kind != TRIALS_ONSET);
    assert_true(next(5100) && ev.kind == TRIALS_OMISSION && ev.closed == 1);
    assert_int_equal(ev.t_ns, 5000 * MS);
    assert_true(next(5100) && ev.kind == TRIALS_OUTCOME && ev.closed == 0);
}

static void cues_that_begin_together_end_together(void **state)
{
    (void)state;
    begin();
    happens(EV_CS_ON, 0, 100, 1);
    happens(EV_CS_ON, 1, 249, 1); /* a compound with 0 */
    happens(EV_CS_ON, 2, 400, 1); /* 151 ms after 1: of its own */
    for (int i = 0; i < 3; i++)
        assert_true(next(1000) && ev.kind == TRIALS_ONSET && ev.id == i);
    assert_false(next(1000));
    assert_true(next(3000) && ev.kind == TRIALS_OMISSION && ev.closed == 3);
    assert_int_equal(ev.t_ns, 2100 * MS);
    assert_true(next(3000) && ev.kind == TRIALS_OMISSION && ev.closed == 4);
    assert_int_equal(ev.t_ns, 2400 * MS);
    assert_false(next(3000));
}

static void what_begins_again_ends_first(void **state)
{
    (void)state;
    begin();
    happens(EV_CS_ON, 0, 100, 1);
    happens(EV_CS_ON, 1, 100, 1);
    happens(EV_CS_ON, 0, 900, 1);
    assert_true(next(1000) && ev.kind == TRIALS_ONSET && ev.id == 0);
    assert_true(next(1000) && ev.kind == TRIALS_ONSET && ev.id == 1);
    assert_true(next(1000) && ev.kind == TRIALS_OMISSION && ev.closed == 3); /* the whole compound */
    assert_int_equal(ev.t_ns, 900 * MS);
    assert_true(next(1000) && ev.kind == TRIALS_ONSET && ev.id == 0);
    assert_false(next(1000));
}

static bool lit_at(int64_t on_ms, int64_t off_ms, int64_t us_ms)
{
    begin();
    if (on_ms < us_ms)
        happens(EV_OPTO_ON, 0, on_ms, -1);
    if (off_ms <= us_ms)
        happens(EV_OPTO_OFF, 0, off_ms, 0);
    happens(EV_US, 0, us_ms, 1);
    if (on_ms >= us_ms) /* in the order of handling light comes after the outcome */
        happens(EV_OPTO_ON, 0, on_ms, -1);
    if (off_ms > us_ms)
        happens(EV_OPTO_OFF, 0, off_ms, 0);
    assert_true(next(5000) && ev.kind == TRIALS_OUTCOME);
    return ev.lit && ev.light == -1;
}

static void light_counts_while_it_is_on_and_for_half_a_second(void **state)
{
    (void)state;
    assert_true(lit_at(1000, 3000, 2900));
    assert_true(lit_at(1000, 3000, 1000)); /* at the same instant */
    assert_false(lit_at(1000, 3000, 999));
    assert_false(lit_at(1000, 3000, 3000)); /* its end is open */
    assert_true(lit_at(1000, 1100, 1500));
    assert_false(lit_at(1000, 1100, 1501));
    double delta = 0.5;
    (void)lit_at(1000, 3000, 2000);
    params[INTAKE_OPTO_GAIN] = 2;
    assert_true(trials_opto(params, &ev, &delta) == -1.5 && delta == -1.5);
    params[INTAKE_OPTO_MODE] = OPTO_RELEASE_ONLY;
    delta = 0.5;
    assert_true(trials_opto(params, &ev, &delta) == -1.5 && delta == 0.5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_outcome_closes_every_window),
    cmocka_unit_test(a_window_ends_at_its_time_and_an_outcome_then_still_counts),
    cmocka_unit_test(cues_that_begin_together_end_together),
    cmocka_unit_test(what_begins_again_ends_first),
    cmocka_unit_test(light_counts_while_it_is_on_and_for_half_a_second),
};

TEST_MAIN(tests)
