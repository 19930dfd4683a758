/* windows: expected times by hand from the header's definitions. */
#include "engine/base/units.h"
#include "engine/model/windows.h"
#include "tests/test.h"

static struct windows fresh(void)
{
    struct windows windows;
    struct error err = {0};
    const struct windows_config config = windows_config_default();
    assert_true(windows_init(&windows, &config, &err));
    return windows;
}

static void happens(struct windows *windows, enum model_event_kind kind, int id, int64_t t_ns)
{
    windows_event(windows, &(struct model_event){.t_ns = t_ns, .kind = (uint8_t)kind, .id = (uint8_t)id, .mag = 1});
}

/* Takes all that is complete at t_ns, with samples up to then; returns how many were of `type`, the last one in *done.
 */
static int taken(struct windows *windows, int64_t t_ns, int type, struct windows_pending *done)
{
    int n = 0;
    struct windows_pending pending;
    windows_pass(windows, t_ns, 1);
    while (windows_take(windows, t_ns, t_ns, &pending))
        if (pending.type == type) {
            *done = pending;
            n++;
        }
    return n;
}

static void a_cue_is_complete_when_its_response_window_has_ended(void **state)
{
    (void)state;
    struct windows windows = fresh();
    struct windows_pending done;
    happens(&windows, EV_CS_ON, 3, 2 * S);
    windows_pass(&windows, 2500 * MS, 7);
    windows_pass(&windows, 2600 * MS, 8);
    assert_false(windows_take(&windows, 3 * S - 1, 3 * S, &done));
    assert_false(windows_take(&windows, 3 * S, 3 * S - 1, &done)); /* the samples are not there yet */
    assert_true(windows_take(&windows, 3 * S, 3 * S, &done));
    assert_int_equal(done.type, SCORE_CUE + 3);
    assert_int_equal(done.t_ns, 2 * S);
    assert_true(done.g == 7); /* the gain when the event had passed, not later */
    assert_false(windows_take(&windows, 9 * S, 9 * S, &done));
}

static void samples_that_never_come_are_waited_for_a_quarter_second(void **state)
{
    (void)state;
    struct windows windows = fresh();
    struct windows_pending done;
    happens(&windows, EV_US, 0, 2 * S);
    windows_pass(&windows, 3 * S, 1);
    assert_false(windows_take(&windows, 3250 * MS - 1, 0, &done));
    assert_true(windows_take(&windows, 3250 * MS, 0, &done));
}

static void a_missing_outcome_is_scored_at_the_time_it_was_due(void **state)
{
    (void)state;
    struct windows windows = fresh();
    struct windows_pending done = {0};
    happens(&windows, EV_CS_ON, 0, 10 * S);
    assert_int_equal(taken(&windows, 19 * S, SCORE_OMISSION, &done), 0); /* never rewarded: nothing is due */
    happens(&windows, EV_CS_ON, 0, 20 * S);
    happens(&windows, EV_US, 0, 22 * S);
    assert_int_equal(taken(&windows, 29 * S, SCORE_OMISSION, &done), 0);
    happens(&windows, EV_CS_ON, 0, 30 * S);
    assert_int_equal(taken(&windows, 33 * S - 1, SCORE_OMISSION, &done), 0);
    assert_int_equal(taken(&windows, 33 * S, SCORE_OMISSION, &done), 1);
    assert_int_equal(done.t_ns, 32 * S);
}

static void an_outcome_withdraws_what_was_due(void **state)
{
    (void)state;
    struct windows windows = fresh();
    struct windows_pending done = {0};
    happens(&windows, EV_CS_ON, 0, 10 * S);
    happens(&windows, EV_US, 0, 12 * S);
    happens(&windows, EV_CS_ON, 0, 20 * S);
    happens(&windows, EV_US, 0, 22800 * MS); /* late, but within the window */
    assert_int_equal(taken(&windows, 29 * S, SCORE_OMISSION, &done), 0);
    assert_int_equal(windows.cue[0].delay_ns, 2 * S + 80 * MS); /* a tenth of the way from 2.0 to 2.8 s */
}

static void cues_of_one_compound_miss_one_outcome(void **state)
{
    (void)state;
    struct windows windows = fresh();
    struct windows_pending done = {0};
    for (int cue = 0; cue < 2; cue++)
        happens(&windows, EV_CS_ON, cue, 10 * S);
    happens(&windows, EV_US, 0, 12 * S);
    assert_int_equal(taken(&windows, 19 * S, SCORE_OMISSION, &done), 0);
    for (int cue = 0; cue < 2; cue++)
        happens(&windows, EV_CS_ON, cue, 20 * S);
    assert_int_equal(taken(&windows, 29 * S, SCORE_OMISSION, &done), 1);
}

static void an_outcome_long_after_a_cue_teaches_no_delay(void **state)
{
    (void)state;
    struct windows windows = fresh();
    happens(&windows, EV_CS_ON, 0, 10 * S);
    happens(&windows, EV_US, 0, 15 * S + 1);
    assert_int_equal(windows.cue[0].delay_ns, 0);
}

static void events_without_room_are_counted(void **state)
{
    (void)state;
    struct windows windows = fresh();
    for (int i = 0; i < WINDOWS_PENDING_MAX + 5; i++)
        happens(&windows, EV_CS_ON, 1, 10 * S + i);
    assert_int_equal(windows.n_dropped, 5);
}

static void windows_out_of_range_are_refused(void **state)
{
    (void)state;
    struct windows windows;
    struct windows_config config = windows_config_default();
    config.us.resp_to_ns = config.us.resp_from_ns;
    assert_false(windows_init(&windows, &config, NULL));
    config = windows_config_default();
    config.settle_ns = 2 * S;
    assert_false(windows_init(&windows, &config, NULL));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_cue_is_complete_when_its_response_window_has_ended),
    cmocka_unit_test(samples_that_never_come_are_waited_for_a_quarter_second),
    cmocka_unit_test(a_missing_outcome_is_scored_at_the_time_it_was_due),
    cmocka_unit_test(an_outcome_withdraws_what_was_due),
    cmocka_unit_test(cues_of_one_compound_miss_one_outcome),
    cmocka_unit_test(an_outcome_long_after_a_cue_teaches_no_delay),
    cmocka_unit_test(events_without_room_are_counted),
    cmocka_unit_test(windows_out_of_range_are_refused),
};

TEST_MAIN(tests)
