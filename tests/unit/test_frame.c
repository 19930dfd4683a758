/* frame: counts, bounds and names. Expected names are those of the enum constants and of the exit reasons that the
 * session's summary prints. */
#include "engine/frame.h"
#include "tests/test.h"

static struct frame_in in;
static struct frame_out out;

static void a_cleared_frame_holds_nothing(void **state)
{
    (void)state;
    memset(&in, 0xff, sizeof in);
    memset(&out, 0xff, sizeof out);
    frame_in_clear(&in);
    frame_out_clear(&out);
    assert_int_equal(in.n_edges + in.n_status + in.n_commands + in.n_applied + in.n_dropped, 0);
    assert_null(in.plan);
    for (int i = 0; i < FRAME_CHANNELS_MAX; i++)
        assert_int_equal(in.samples[i].n, 0);
    assert_int_equal(out.n_writes + out.n_decisions + out.n_dropped + out.finished, 0);
}

static void a_decision_is_kept_as_it_was_made(void **state)
{
    (void)state;
    frame_out_clear(&out);
    memset(out.decisions, 0xff, sizeof out.decisions);
    frame_decide(&out, FRAME_REWARD, 3, 1234, 4.5);
    assert_int_equal(out.n_decisions, 1);
    assert_int_equal(out.decisions[0].kind, FRAME_REWARD);
    assert_int_equal(out.decisions[0].id, 3);
    assert_int_equal(out.decisions[0].t_ns, 1234);
    assert_true(out.decisions[0].value == 4.5);
    assert_int_equal(out.decisions[0].digest, 0); /* frames are reused: nothing of the last tick may stay */
}

static void what_does_not_fit_is_counted(void **state)
{
    (void)state;
    frame_in_clear(&in);
    frame_out_clear(&out);
    for (uint32_t i = 0; i < 132; i++)
        frame_decide(&out, FRAME_LICK, i, i, 0);
    assert_int_equal(out.n_decisions, 128);
    assert_int_equal(out.n_dropped, 4);
    assert_int_equal(out.decisions[127].id, 127); /* the first ones stay */
    for (uint32_t i = 0; i < 70; i++) {
        const struct frame_edge edge = {.t_ns = i, .raw_ns = i, .input = i, .rising = 1};
        assert_int_equal(frame_edge_add(&in, &edge), i < 64);
        assert_int_equal(frame_applied_add(&in, i, i, i), i < 64);
    }
    assert_int_equal(in.n_edges, 64);
    assert_int_equal(in.n_applied, 64);
    assert_int_equal(in.n_dropped, 12);
    assert_int_equal(in.edges[63].input, 63);
    assert_int_equal(in.applied[63].output, 63);
}

static void a_confirmed_output_says_which_level_and_when(void **state)
{
    (void)state;
    frame_in_clear(&in);
    assert_true(frame_applied_add(&in, 7, 40.0, 99));
    assert_int_equal(in.applied[0].output, 7);
    assert_true(in.applied[0].level == 40.0);
    assert_int_equal(in.applied[0].t_ns, 99);
}

static void end_reasons_have_their_words(void **state)
{
    (void)state;
    const char *const words[] = {"unknown", "duration",  "stop",   "estop", "no_plan", "device",
                                 "task",    "ring_full", "keeper", "core",  "journal", "unknown"};
    for (uint32_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_string_equal(frame_end_words(i), words[i]);
    assert_string_equal(frame_end_words(UINT32_MAX), "unknown");
}

static void every_decision_kind_has_a_name_of_its_own(void **state)
{
    (void)state;
    assert_string_equal(frame_decision_name(FRAME_TRIGGER_FIRED), "trigger_fired");
    assert_string_equal(frame_decision_name(FRAME_PLAN_LATE), "plan_late");
    assert_string_equal(frame_decision_name(FRAME_END), "end");
    assert_string_equal(frame_decision_name(0), "unknown");
    assert_string_equal(frame_decision_name(FRAME_DECISION_LAST + 1), "unknown");
    for (uint32_t i = FRAME_TRIAL_START; i <= FRAME_DECISION_LAST; i++) {
        assert_string_not_equal(frame_decision_name(i), "unknown");
        for (uint32_t k = FRAME_TRIAL_START; k < i; k++)
            assert_string_not_equal(frame_decision_name(i), frame_decision_name(k));
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_cleared_frame_holds_nothing), cmocka_unit_test(a_decision_is_kept_as_it_was_made),
    cmocka_unit_test(what_does_not_fit_is_counted),  cmocka_unit_test(a_confirmed_output_says_which_level_and_when),
    cmocka_unit_test(end_reasons_have_their_words),  cmocka_unit_test(every_decision_kind_has_a_name_of_its_own),
};

TEST_MAIN(tests)
