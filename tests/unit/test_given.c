/* given: sessions written by hand on the planner's rig: output 2 water, 3 laser. Totals by hand. */
#include "engine/base/units.h"
#include "session/given.h"
#include "session/journal.h"
#include "tests/test.h"
#include "tests/unit/planner_case.h"
#include "tests/unit/scratch.h"
#include <sys/stat.h>
#include <unistd.h>

enum { WATER = 2, LASER = 3 };
#define DAY   "2026-01-31"
#define LATER "2026-02-01"

static void expect_ok(bool ok, const struct error *err)
{
    char line[1024];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static void expect_error(bool ok, const struct error *err, const char *words)
{
    char line[1024];
    assert_false(ok);
    error_line(err, line, sizeof line);
    if (strstr(line, words) == NULL)
        fail_msg("%s", line);
}

static int fresh(void **state)
{
    (void)state;
    static int n;
    char name[32];
    snprintf(name, sizeof name, "data%d", n++);
    setenv("PHASIC_DATA", scratch_path(name), 1);
    return 0;
}

/* The folder of a session that gave 4 ul and then 2.5 ul of water and six flashes, one every 10 ms. */
static const char *session(const char *name)
{
    static struct frame_in in;
    static struct frame_out out;
    static char folder[FOLDER_PATH_MAX];
    char path[FOLDER_PATH_MAX];
    struct journal_writer *writer;
    struct error err = {0};
    assert_string_equal(planner_case_rig(planner_case_rig_text), "");
    snprintf(folder, sizeof folder, "%s", scratch_path(name));
    assert_int_equal(mkdir(folder, 0700), 0);
    expect_ok(folder_path(folder, FOLDER_JOURNAL, path, &err), &err);
    expect_ok(journal_create(&writer, path, JOURNAL_RUN, &planner_case.config, &err), &err);
    for (int64_t n = 0; n < 120; n++) {
        in.n = n;
        in.due_ns = in.wake_ns = n * MS;
        frame_out_clear(&out);
        if (n % 10 == 0)
            out.writes[out.n_writes++] =
                (struct frame_write){.output = LASER, .level = n % 20 == 0 ? 1 : 0, .cause_ns = n * MS};
        if (n == 50 || n == 100) {
            out.writes[out.n_writes++] = (struct frame_write){.output = WATER, .level = 1, .cause_ns = n * MS};
            frame_decide(&out, FRAME_REWARD, WATER, n * MS, n == 50 ? 4 : 2.5);
        }
        frame_decide(&out, FRAME_LIMITED, WATER, n * MS, 2); /* what was refused is nobody's */
        const struct record_times times = {n * MS, n * MS};
        expect_ok(journal_add_tick(writer, &in, &out, &times, &err), &err);
    }
    expect_ok(journal_finish(writer, 0, &err), &err);
    return folder;
}

static void expect_total(const struct given *given, const char *name, double ul, uint32_t n)
{
    for (uint32_t i = 0; i < given->n_outputs; i++)
        if (strcmp(given->outputs[i].name, name) == 0) {
            assert_float_equal(given->outputs[i].ul, ul, 0);
            assert_int_equal(given->outputs[i].n, n);
            return;
        }
    fail_msg("no total of %s", name);
}

static void an_animal_that_is_new_was_given_nothing(void **state)
{
    (void)state;
    static struct given given;
    struct error err = {0};
    expect_ok(given_read(&given, "m1", DAY, &err), &err);
    assert_int_equal(given.n_outputs + given.n_open, 0);
}

static void a_session_that_is_entered_is_counted_once(void **state)
{
    (void)state;
    static struct given given;
    struct error err = {0};
    const char *folder = session("once");
    expect_ok(given_read(&given, "m1", DAY, &err), &err);
    expect_ok(given_enter(&given, folder, &err), &err);
    expect_ok(given_enter(&given, folder, &err), &err);
    expect_ok(given_write(&given, &err), &err);

    expect_ok(given_read(&given, "m1", DAY, &err), &err); /* as another process would */
    assert_int_equal(given.n_open, 1);
    assert_int_equal(given_find(&given, folder), 0);
    expect_ok(given_settle(&given, 0, &err), &err);
    expect_ok(given_write(&given, &err), &err);

    expect_ok(given_read(&given, "m1", DAY, &err), &err);
    assert_int_equal(given_find(&given, folder), GIVEN_OPEN_MAX);
    expect_total(&given, "water", 6.5, 2);
    expect_total(&given, "laser", 0, 6);
}

static void the_totals_reach_the_config_by_the_outputs_names(void **state)
{
    (void)state;
    static struct given given;
    struct error err = {0};
    const char *folder = session("config");
    expect_ok(given_read(&given, "m1", DAY, &err), &err);
    expect_ok(given_enter(&given, folder, &err) && given_settle(&given, 0, &err), &err);
    given_apply(&given, &planner_case.config);
    assert_float_equal(planner_case.config.outputs[WATER].day_ul, 6.5, 0);
    assert_int_equal(planner_case.config.outputs[WATER].day_n, 2);
    assert_int_equal(planner_case.config.outputs[LASER].day_n, 6);
    assert_int_equal(planner_case.config.outputs[0].day_n, 0);
    assert_true(config_check(&planner_case.config, &err));
}

static void two_sessions_of_a_day_add_up_and_the_next_day_begins_at_nothing(void **state)
{
    (void)state;
    static struct given given;
    struct error err = {0};
    expect_ok(given_read(&given, "m1", DAY, &err), &err);
    expect_ok(given_enter(&given, session("first"), &err) && given_enter(&given, session("second"), &err), &err);
    expect_ok(given_settle(&given, 0, &err) && given_settle(&given, 0, &err), &err);
    expect_total(&given, "water", 13, 4);
    expect_ok(given_write(&given, &err), &err);
    expect_ok(given_read(&given, "m1", LATER, &err), &err);
    assert_int_equal(given.n_outputs, 0);
}

static void yesterdays_session_is_struck_off_without_counting_today(void **state)
{
    (void)state;
    static struct given given;
    struct error err = {0};
    expect_ok(given_read(&given, "m1", DAY, &err), &err);
    expect_ok(given_enter(&given, session("yesterday"), &err) && given_write(&given, &err), &err);
    expect_ok(given_read(&given, "m1", LATER, &err), &err);
    expect_ok(given_settle(&given, 0, &err), &err);
    assert_int_equal(given.n_open + given.n_outputs, 0);
}

static void of_a_killed_session_counts_what_its_journal_holds(void **state)
{
    (void)state;
    static struct given given;
    struct error err = {0};
    char path[FOLDER_PATH_MAX];
    const char *folder = session("killed");
    expect_ok(folder_path(folder, FOLDER_JOURNAL, path, &err), &err);
    assert_int_equal(truncate(path, (off_t)scratch_size(path) - 3), 0); /* cut: the last chunk, all ticks, is lost */
    expect_ok(given_read(&given, "m1", DAY, &err), &err);
    expect_ok(given_enter(&given, folder, &err) && given_settle(&given, 0, &err), &err);
    assert_int_equal(given.n_outputs, 0);

    expect_ok(given_enter(&given, folder, &err), &err); /* after a recovery the rescued journal counts */
    char rescued[FOLDER_PATH_MAX];
    expect_ok(folder_path(folder, "journal.recovered.phj", rescued, &err), &err);
    expect_ok(folder_path(session("killed2"), FOLDER_JOURNAL, path, &err), &err);
    assert_int_equal(rename(path, rescued), 0);
    expect_ok(given_settle(&given, 0, &err), &err);
    expect_total(&given, "water", 6.5, 2);
}

static void a_session_that_never_began_gave_nothing(void **state)
{
    (void)state;
    static struct given given;
    struct error err = {0};
    const char *folder = scratch_path("empty");
    assert_int_equal(mkdir(folder, 0700), 0);
    expect_ok(given_read(&given, "m1", DAY, &err), &err);
    expect_ok(given_enter(&given, folder, &err) && given_settle(&given, 0, &err), &err);
    assert_int_equal(given.n_open + given.n_outputs, 0);
}

static void a_session_whose_folder_is_gone_stays_and_is_named(void **state)
{
    (void)state;
    static struct given given;
    struct error err = {0};
    const char *folder = scratch_path("gone");
    assert_int_equal(mkdir(folder, 0700), 0);
    expect_ok(given_read(&given, "m1", DAY, &err), &err);
    expect_ok(given_enter(&given, folder, &err), &err);
    assert_int_equal(rmdir(folder), 0);
    expect_error(given_settle(&given, 0, &err), &err, "put it back, or strike it out there");
    assert_int_equal(given.n_open, 1);
}

static void a_damaged_file_is_refused_with_its_key(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"{",                                                                        "given.json"                 },
        {"[]",                                                                       "expected a JSON object"     },
        {"{\"format\":2,\"day\":\"x\",\"outputs\":{},\"open\":[]}",                  "format: expected a value as"},
        {"{\"format\":1,\"outputs\":{},\"open\":[]}",                                "day: expected"              },
        {"{\"format\":1,\"day\":\"x\",\"outputs\":{\"w\":{\"ul\":-1}},\"open\":[]}", "outputs: expected"          },
        {"{\"format\":1,\"day\":\"x\",\"outputs\":{},\"open\":[{\"day\":\"x\"}]}",   "open: expected"             },
        {"{\"format\":1,\"day\":\"x\",\"outputs\":{}}",                              "open: expected"             },
    };
    static struct given given;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char path[FOLDER_PATH_MAX];
        struct error err = {0};
        fresh(NULL);
        expect_ok(given_read(&given, "m1", DAY, &err) && given_write(&given, &err), &err);
        expect_ok(folder_path(given.folder, GIVEN_FILE, path, &err), &err);
        scratch_write(path, texts[i][0], strlen(texts[i][0]));
        expect_error(given_read(&given, "m1", DAY, &err), &err, texts[i][1]);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(an_animal_that_is_new_was_given_nothing, fresh),
    cmocka_unit_test_setup(a_session_that_is_entered_is_counted_once, fresh),
    cmocka_unit_test_setup(the_totals_reach_the_config_by_the_outputs_names, fresh),
    cmocka_unit_test_setup(two_sessions_of_a_day_add_up_and_the_next_day_begins_at_nothing, fresh),
    cmocka_unit_test_setup(yesterdays_session_is_struck_off_without_counting_today, fresh),
    cmocka_unit_test_setup(of_a_killed_session_counts_what_its_journal_holds, fresh),
    cmocka_unit_test_setup(a_session_that_never_began_gave_nothing, fresh),
    cmocka_unit_test_setup(a_session_whose_folder_is_gone_stays_and_is_named, fresh),
    cmocka_unit_test_setup(a_damaged_file_is_refused_with_its_key, fresh),
};
TEST_MAIN(tests)
