#include "engine/base/units.h"
#include "session/sheet.h"
#include "tests/test.h"
#include "tests/unit/frames.h"
#include "tests/unit/scratch.h"

static const int64_t new_year_ns = INT64_C(1704164645) * S; /* date -u -d 2024-01-02T03:04:05Z +%s */

static void times_are_utc(void **state)
{
    (void)state;
    char text[CONFIG_NAME];
    sheet_time(new_year_ns + 999 * MS, text);
    assert_string_equal(text, "2024-01-02T03:04:05Z");
    sheet_time(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    sheet_time(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59Z");
}

static void a_run_says_what_it_is_and_then_how_it_ended(void **state)
{
    (void)state;
    static struct config config;
    static struct folder_session session, read;
    static struct summary summary;
    struct error err = {0};
    const char *folder = scratch_path("run");
    frames_config(&config);
    session.n_params = 7; /* of a session before */
    sheet_begin(&session, &config, "1.2.3", new_year_ns, "/phasic-rig-12", 4321);
    assert_true(folder_create(folder, &err) && folder_write_session_json(folder, &session, &err));
    assert_true(folder_read_session_json(folder, &read, &err));
    assert_string_equal(read.started, "2024-01-02T03:04:05Z");
    assert_string_equal(read.phasic, "1.2.3");
    assert_string_equal(read.origin, "run");
    assert_string_equal(read.rig, "rig");
    assert_string_equal(read.task, "task");
    assert_string_equal(read.animal, "m1");
    assert_string_equal(read.shm, "/phasic-rig-12");
    assert_string_equal(read.outcome, "");
    assert_int_equal(read.seed, UINT64_MAX);
    assert_int_equal(read.core_pid, 4321);
    assert_int_equal(read.engine, ENGINE_VERSION);
    assert_int_equal(read.n_params, 0);

    summary = (struct summary){.ticks = 1000, .skipped_ticks = 3, .reason = FRAME_END_STOP, .outcome = "stop"};
    sheet_end(&session, &summary);
    assert_true(folder_write_session_json(folder, &session, &err));
    assert_true(folder_read_session_json(folder, &read, &err));
    assert_string_equal(read.outcome, "done");
    assert_string_equal(read.reason, "stop");
    assert_string_equal(read.shm, "");
    assert_string_equal(read.animal, "m1");
    assert_int_equal(read.core_pid, 0);
    assert_int_equal(read.ticks, 1000);
    assert_int_equal(read.skipped_ticks, 3);
}

static void only_an_end_in_order_is_done(void **state)
{
    (void)state;
    static const char *const expected[] = {
        [0] = "failed",
        [FRAME_END_DURATION] = "done",
        [FRAME_END_STOP] = "done",
        [FRAME_END_ESTOP] = "failed",
        [FRAME_END_NO_PLAN] = "failed",
        [FRAME_END_DEVICE] = "failed",
        [FRAME_END_TASK] = "done",
        [FRAME_END_RING_FULL] = "failed",
        [FRAME_END_KEEPER] = "failed",
        [FRAME_END_CORE] = "failed",
    };
    static struct folder_session session;
    static struct summary summary;
    for (uint32_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        summary.reason = i;
        sheet_end(&session, &summary);
        assert_string_equal(session.outcome, expected[i]);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(times_are_utc),
    cmocka_unit_test(a_run_says_what_it_is_and_then_how_it_ended),
    cmocka_unit_test(only_an_end_in_order_is_done),
};
TEST_MAIN(tests)
