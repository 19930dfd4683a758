#include "engine/base/units.h"
#include "session/folder.h"
#include "session/journal.h"
#include "session/summary.h"
#include "tests/test.h"
#include "tests/unit/planner_case.h"
#include "tests/unit/scratch.h"
#include <jansson.h>
#include <math.h>
#include <unistd.h>

/* A session written by hand on the planner's rig: output 2 water, 3 laser; ticks of 1 ms. */
static struct {
    struct journal_writer *writer;
    char path[FOLDER_PATH_MAX];
    struct frame_in in;
    struct frame_out out;
    int64_t n;
} session;

static void expect_ok(bool ok, const struct error *err)
{
    char line[1024];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static void begin(const char *name)
{
    static bool loaded;
    char text[2048];
    struct error err = {0};
    if (!loaded) {
        snprintf(text, sizeof text,
                 "%strigger \"dip\" { on = residual(\"vta\", \"td_csc\"), below = z(-2), release = z(-1) }\n"
                 "observe \"marks\" { us = ul(4) }\n",
                 planner_case_uses);
        assert_string_equal(planner_case_task(text), "");
        task_free(planner_case.task);
        planner_case.task = NULL;
        loaded = true;
    }
    snprintf(session.path, sizeof session.path, "%s", scratch_path(name));
    expect_ok(journal_create(&session.writer, session.path, JOURNAL_RUN, &planner_case.config, &err), &err);
    session.n = 0;
    frame_in_clear(&session.in);
    frame_out_clear(&session.out);
}

static int64_t due_ns(void)
{
    return session.n * planner_case.config.period_ns;
}

static void write_output(uint32_t output, double level, int64_t cause_ns)
{
    session.out.writes[session.out.n_writes++] =
        (struct frame_write){.output = output, .level = level, .cause_ns = cause_ns};
}

/* Adds the tick as it was filled, `late_ns` late and decided `compute_ns` after the wake. */
static void tick(int64_t late_ns, int64_t compute_ns)
{
    struct error err = {0};
    session.in.n = session.n;
    session.in.due_ns = due_ns();
    session.in.wake_ns = due_ns() + late_ns;
    const int64_t decided_ns = session.in.wake_ns + compute_ns;
    expect_ok(journal_add_tick(session.writer, &session.in, &session.out,
                               &(struct record_times){decided_ns, decided_ns}, &err),
              &err);
    session.n++;
    frame_in_clear(&session.in);
    frame_out_clear(&session.out);
}

static void finish(const struct record_close *close)
{
    struct error err = {0};
    if (close != NULL)
        expect_ok(journal_add_close(session.writer, close, &err), &err);
    expect_ok(journal_finish(session.writer, 0, &err), &err);
}

static struct summary make(void)
{
    struct summary summary;
    struct error err = {0};
    expect_ok(summary_make(session.path, &summary, &err), &err);
    return summary;
}

static const struct record_close in_order = {.session_ns = 2500 * MS, .reason = FRAME_END_TASK, .safe_after_ns = 1};

static void decide(uint32_t kind, uint32_t id, double value)
{
    frame_decide(&session.out, kind, id, due_ns(), value);
}

static void counts_are_those_of_the_decisions(void **state)
{
    (void)state;
    begin("counts");
    for (int i = 0; i < 3; i++) {
        decide(FRAME_LICK, 0, 0);
        decide(FRAME_TRIAL_START, (uint32_t)i + 1, 0);
        decide(FRAME_REWARD, 2, 2.5);
        decide(FRAME_TRIGGER_FIRED, 0, -3);
        decide(FRAME_TRIGGER_SHAM, 0, -3);
        decide(FRAME_TRIGGER_SHAM, 0, -3);
        decide(FRAME_LIMITED, 2, SAFETY_GAP);
        if (i < 2)
            decide(FRAME_TRIAL_END, 0, 1); /* the third trial is not over */
        tick(0, 0);
    }
    decide(FRAME_TRIGGER_LOCKED, 0, -3);
    decide(FRAME_LIMITED, 2, SAFETY_CUT);
    decide(FRAME_LIMITED, 2, 1e9); /* no verdict: not counted */
    decide(FRAME_LIMITED, 2, (double)NAN);
    tick(0, 0);
    session.n += 5;
    tick(0, 0);
    struct record_close close = in_order;
    close.ticks = 5;
    close.skipped_ticks = 5;
    finish(&close);
    const struct summary summary = make();
    assert_int_equal(summary.ticks, 5);
    assert_int_equal(summary.skipped_ticks, 5);
    assert_int_equal(summary.lost_ticks, 0);
    assert_float_equal(summary.duration_s, 2.5, 1e-12);
    assert_int_equal(summary.trials, 2);
    assert_int_equal(summary.rewards, 3);
    assert_float_equal(summary.reward_ul, 7.5, 0);
    assert_int_equal(summary.licks, 3);
    assert_int_equal(summary.fired, 3);
    assert_int_equal(summary.sham, 6);
    assert_int_equal(summary.locked_out, 1);
    assert_int_equal(summary.limited[SAFETY_GAP], 3);
    assert_int_equal(summary.limited[SAFETY_CUT], 1);
    assert_int_equal(summary.limited[SAFETY_VOLUME], 0);
    assert_string_equal(summary.outcome, "task");
    assert_int_equal(summary.reason, FRAME_END_TASK);
    assert_int_equal(summary.n_faults, 0);
}

static void near(int64_t got_ns, int64_t exact_ns)
{
    if (llabs(got_ns - exact_ns) > exact_ns / 250)
        fail_msg("%lld ns, exactly %lld", (long long)got_ns, (long long)exact_ns);
}

static void confirm(uint32_t output, double level, int64_t t_ns)
{
    assert_true(frame_applied_add(&session.in, output, level, t_ns));
}

static void the_ledger_goes_from_the_cause_to_the_confirmation(void **state)
{
    (void)state;
    begin("ledger");
    tick(10 * US, 0);
    write_output(3, 1, due_ns() - 200 * US); /* woken after 10 us, decided after 5 more: 215 us */
    tick(10 * US, 5 * US);                   /* decided at 1.015 ms */
    confirm(3, 0, 1016 * US);                /* another level */
    confirm(2, 1, 1017 * US);                /* another output */
    confirm(3, 1, 1014 * US);                /* before the decision: not of this write */
    confirm(3, 1, 1035 * US);                /* 20 us */
    confirm(3, 1, 1036 * US);                /* nothing waits any more */
    tick(0, 0);
    write_output(3, 0, due_ns()); /* 3 us; decided at 3.003 ms */
    tick(0, 3 * US);
    write_output(3, 0, due_ns()); /* repeated: 4 us, and no second line for its confirmation */
    tick(0, 4 * US);
    confirm(3, 0, 4500 * US); /* 1.497 ms after the first */
    tick(0, 0);
    write_output(2, 1, due_ns()); /* never confirmed: 0 us */
    tick(0, 0);
    session.n += 1100;
    confirm(2, 1, due_ns()); /* more than a second later */
    tick(0, 0);
    finish(&in_order);
    const struct summary summary = make();
    assert_int_equal(summary.input_to_decision.n, 4); /* 0, 3, 4, 215 us */
    assert_int_equal(summary.input_to_decision.max_ns, 215 * US);
    near(summary.input_to_decision.p50_ns, 3 * US);
    near(summary.input_to_decision.p99_ns, 215 * US);
    assert_int_equal(summary.decision_to_write.n, 2); /* 20, 1497 us */
    assert_int_equal(summary.decision_to_write.max_ns, 1497 * US);
    near(summary.decision_to_write.p50_ns, 20 * US);
    near(summary.decision_to_write.p999_ns, 1497 * US);
    assert_int_equal(summary.late.n, 8);
    assert_int_equal(summary.late.max_ns, 1100 * MS); /* the first of the 1100 missed ticks was that late */
    assert_int_equal(summary.late.p50_ns, 0);
}

static void expect_faults(const struct summary *summary, const char *const *faults)
{
    uint32_t n = 0;
    for (; faults[n] != NULL; n++)
        assert_string_equal(n < summary->n_faults ? summary->faults[n] : "", faults[n]);
    assert_int_equal(summary->n_faults, n);
}

static void status(uint32_t kind, int64_t value)
{
    session.in.status[session.in.n_status++] = (struct frame_status){due_ns(), value, 0, kind};
}

static void what_went_wrong_is_named(void **state)
{
    (void)state;
    char device[SUMMARY_FAULT];
    begin("faults");
    status(FRAME_DEVICE_LOST, 0);
    status(FRAME_DEVICE_BACK, 0);
    status(FRAME_DEVICE_LOST, 0);
    status(FRAME_SAMPLES_LOST, 40);
    session.in.n_dropped = 1;
    tick(0, 0);
    status(FRAME_SAMPLES_LOST, 2);
    session.out.n_dropped = 2;
    decide(FRAME_PLAN_LATE, 2, 0);
    tick(0, 0);
    finish(&(struct record_close){.reason = FRAME_END_CORE, .signal = 9, .safe_after_ns = -1, .ticks = 3});
    const struct summary summary = make();
    snprintf(device, sizeof device, "device %s lost 2 times", planner_case.config.devices[0].name);
    expect_faults(&summary,
                  (const char *const[]){device, "42 samples lost", "plan late", "3 entries dropped",
                                        "core died by signal 9", "outputs not confirmed safe", "1 tick lost", NULL});
    assert_string_equal(summary.outcome, "core");
    assert_int_equal(summary.lost_ticks, 1);
}

static void the_end_of_a_recording_is_no_fault(void **state)
{
    (void)state;
    begin("replay");
    status(FRAME_RECORDING_OVER, 0);
    tick(0, 0);
    struct record_close close = in_order;
    close.reason = FRAME_END_DURATION;
    finish(&close);
    const struct summary summary = make();
    assert_string_equal(summary.outcome, "duration");
    assert_int_equal(summary.n_faults, 0);
}

static void a_session_that_was_cut_has_an_unknown_outcome(void **state)
{
    (void)state;
    struct summary summary;
    begin("cut");
    for (int i = 0; i < 10; i++) {
        write_output(3, i % 2, due_ns());
        tick(0, 0);
    }
    finish(NULL);
    summary = make();
    assert_int_equal(summary.ticks, 10);
    assert_string_equal(summary.outcome, "unknown");
    assert_float_equal(summary.duration_s, 0.009, 1e-12);
    expect_faults(&summary, (const char *const[]){"journal not closed", NULL});
    assert_int_equal(truncate(session.path, (off_t)scratch_size(session.path) - 1), 0);
    summary = make();
    assert_int_equal(summary.ticks, 0); /* they were one chunk */
    expect_faults(&summary, (const char *const[]){"journal cut", NULL});
    struct error err = {0};
    assert_false(summary_make(scratch_path("absent"), &summary, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
}

/* The names are those that scripts rely on. */
static void the_file_has_the_promised_fields(void **state)
{
    (void)state;
    struct error err = {0};
    const char *folder = scratch_path("folder");
    begin("json");
    decide(FRAME_REWARD, 2, 0.1);
    write_output(2, 1, due_ns() - 1500);
    tick(0, 0);
    finish(&in_order);
    const struct summary summary = make();
    expect_ok(folder_create(folder, &err), &err);
    expect_ok(summary_write(folder, &summary, &err), &err);
    json_t *root = json_load_file(scratch_path("folder/" SUMMARY_FILE), JSON_REJECT_DUPLICATES, NULL);
    json_int_t n[9];
    double ul, us;
    const char *outcome;
    json_t *none, *faults;
    assert_int_equal(json_unpack(root, "{s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:{s:I, s:I, s:I}, s:s, s:o}", /**/
                                 "ticks", &n[0], "skipped_ticks", &n[1], "lost_ticks", &n[2], "trials", &n[3],
                                 "rewards", &n[4], "reward_ul", &ul, "licks", &n[5], "triggers", "fired", &n[6], "sham",
                                 &n[7], "locked_out", &n[8], "outcome", &outcome, "faults", &faults),
                     0);
    assert_int_equal(n[0], 1);
    assert_int_equal(n[4], 1);
    assert_float_equal(ul, 0.1, 0);
    assert_string_equal(outcome, "task");
    assert_int_equal(json_array_size(faults), 0);
    assert_int_equal(json_unpack(root, "{s:{s:{s:f, s:f, s:f, s:f, s:I}, s:{s:o, s:o, s:o, s:o, s:I}}}", /**/
                                 "latency_us", "input_to_decision", "p50", &us, "p99", &us, "p999", &us, "max", &us,
                                 "n", &n[0], "decision_to_write", "p50", &none, "p99", &none, "p999", &none, "max",
                                 &none, "n", &n[1]),
                     0);
    assert_float_equal(us, 1.5, 0);
    assert_int_equal(n[0], 1);
    assert_int_equal(n[1], 0);
    assert_true(json_is_null(none)); /* of no value there is no percentile */
    json_decref(root);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(counts_are_those_of_the_decisions),
    cmocka_unit_test(the_ledger_goes_from_the_cause_to_the_confirmation),
    cmocka_unit_test(what_went_wrong_is_named),
    cmocka_unit_test(the_end_of_a_recording_is_no_fault),
    cmocka_unit_test(a_session_that_was_cut_has_an_unknown_outcome),
    cmocka_unit_test(the_file_has_the_promised_fields),
};
TEST_MAIN(tests)
