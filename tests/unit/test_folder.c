#include "session/folder.h"
#include "tests/test.h"
#include "tests/unit/scratch.h"
#include <sys/stat.h>
#include <unistd.h>

static void expect_ok(bool ok, const struct error *err)
{
    char line[512];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static void a_new_folder_is_made_with_its_parents(void **state)
{
    (void)state;
    struct error err = {0};
    struct stat info;
    expect_ok(folder_create(scratch_path("a/b/c"), &err), &err);
    assert_int_equal(stat(scratch_path("a/b/c"), &info), 0);
    assert_true(S_ISDIR(info.st_mode));
    expect_ok(folder_create(scratch_path("a/b/c"), &err), &err); /* it is empty */
}

static void a_folder_with_something_in_it_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    char line[512], expected[512];
    expect_ok(folder_create(scratch_path("full"), &err), &err);
    expect_ok(folder_write(scratch_path("full"), "rig.lua", "x", 1, &err), &err);
    assert_false(folder_create(scratch_path("full"), &err));
    snprintf(expected, sizeof expected, "%s: session folder = not empty: expected a new or an empty folder",
             scratch_path("full"));
    assert_string_equal(error_line(&err, line, sizeof line), expected);
    assert_int_equal(error_exit_status(&err), 2);
    assert_false(folder_create(scratch_path("full/rig.lua"), &err)); /* a file is no folder */
    assert_int_equal(error_exit_status(&err), 2);
    assert_false(folder_create("", &err));
}

static void files_are_written_whole_and_nothing_is_left_behind(void **state)
{
    (void)state;
    struct error err = {0};
    size_t n;
    expect_ok(folder_create(scratch_path("files"), &err), &err);
    expect_ok(folder_write(scratch_path("files"), "a.txt", "first", 5, &err), &err);
    expect_ok(folder_write(scratch_path("files"), "a.txt", "second", 6, &err), &err);
    expect_ok(folder_copy(scratch_path("files"), "b.txt", scratch_path("files/a.txt"), &err), &err);
    uint8_t *text = scratch_read(scratch_path("files/b.txt"), &n);
    assert_int_equal(n, 6);
    assert_string_equal((char *)text, "second");
    free(text);
    assert_int_not_equal(access(scratch_path("files/a.txt.tmp"), F_OK), 0);
    assert_false(folder_copy(scratch_path("files"), "c.txt", scratch_path("files/absent"), &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_false(folder_write(scratch_path("nowhere"), "a.txt", "x", 1, &err));
    assert_int_equal(err.kind, ERROR_SYSTEM);
}

static void a_file_that_is_too_long_is_not_read(void **state)
{
    (void)state;
    struct error err = {0};
    uint8_t *data;
    size_t n;
    scratch_write(scratch_path("long"), "12345", 5);
    assert_false(folder_read_file(scratch_path("long"), 4, &data, &n, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_null(data);
    expect_ok(folder_read_file(scratch_path("long"), 5, &data, &n, &err), &err);
    assert_int_equal(n, 5);
    free(data);
    assert_false(folder_read_file("/", 100, &data, &n, &err));
}

static void a_path_that_is_too_long_is_an_error(void **state)
{
    (void)state;
    struct error err = {0};
    char path[FOLDER_PATH_MAX], folder[FOLDER_PATH_MAX];
    memset(folder, 'a', sizeof folder - 1);
    folder[sizeof folder - 1] = 0;
    assert_false(folder_path(folder, "x", path, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_true(folder_path("a", "b", path, &err));
    assert_string_equal(path, "a/b");
}

static void session_json_comes_back_as_it_was(void **state)
{
    (void)state;
    static struct folder_session session, back;
    struct error err = {0};
    session = (struct folder_session){.engine = 3,
                                      .phasic = "0.1.0",
                                      .origin = "run",
                                      .rig = "sim",
                                      .task = "pavlov",
                                      .animal = "m\"1\n",
                                      .started = "2024-01-02T03:04:05Z",
                                      .shm = "/phasic-1",
                                      .seed = UINT64_MAX,
                                      .core_pid = 4242,
                                      .ticks = INT64_MAX,
                                      .skipped_ticks = 2,
                                      .n_params = 2,
                                      .n_assumptions = 1};
    snprintf(session.params[0], FOLDER_TEXT, "volume = 4 ul");
    snprintf(session.params[1], FOLDER_TEXT, "iti = 12 s");
    snprintf(session.assumptions[0], FOLDER_SENTENCE, "none is perfect");
    expect_ok(folder_create(scratch_path("json"), &err), &err);
    expect_ok(folder_write_session_json(scratch_path("json"), &session, &err), &err);
    expect_ok(folder_read_session_json(scratch_path("json"), &back, &err), &err);
    session.format = FOLDER_FORMAT;
    assert_memory_equal(&session, &back, sizeof session);
    size_t n;
    uint8_t *text = scratch_read(scratch_path("json/session.json"), &n);
    assert_non_null(strstr((char *)text, "\"seed\": \"18446744073709551615\""));
    assert_non_null(strstr((char *)text, "\"outcome\": null")); /* it still runs */
    free(text);
}

static void a_session_json_that_is_wrong_is_refused_with_its_key(void **state)
{
    (void)state;
    static const struct {
        const char *text, *what;
    } rows[] = {
        {"",                                                                                                           "session.json"},
        {"{\"format\": 1,\n",                                                                                          "session.json"},
        {"[]",                                                                                                         "session.json"},
        {"{}",                                                                                                         "format"      },
        {"{\"format\": 2, \"engine\": 1, \"seed\": \"1\"}",                                                            "format"      },
        {"{\"format\": 1, \"engine\": -1, \"seed\": \"1\"}",                                                           "engine"      },
        {"{\"format\": 1, \"engine\": 1, \"seed\": 1}",                                                                "seed"        },
        {"{\"format\": 1, \"engine\": 1, \"seed\": \"-1\"}",                                                           "seed"        },
        {"{\"format\": 1, \"engine\": 1, \"seed\": \"1\", \"rig\": \"a name that has more than thirty-one letters\"}",
         "rig"                                                                                                                       },
        {"{\"format\": 1, \"engine\": 1, \"seed\": \"1\", \"ticks\": 1.5}",                                            "ticks"       },
        {"{\"format\": 1, \"engine\": 1, \"seed\": \"1\", \"parameters\": [1]}",                                       "parameters"  },
        {"{\"format\": 1, \"engine\": 1, \"seed\": \"1\", \"parameters\": {}}",                                        "parameters"  },
        {"{\"format\": 1, \"engine\": 1, \"seed\": \"1\", \"assumptions\": "
         "[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]}",                                                   "assumptions" },
    };
    static struct folder_session session;
    struct error err = {0};
    expect_ok(folder_create(scratch_path("bad"), &err), &err);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        scratch_write(scratch_path("bad/session.json"), rows[i].text, strlen(rows[i].text));
        assert_false(folder_read_session_json(scratch_path("bad"), &session, &err));
        assert_string_equal(err.what, rows[i].what);
        assert_int_equal(err.kind, ERROR_INPUT);
    }
    static const char later[] = "{\"format\": 1, \"engine\": 1, \"seed\": \"7\", \"of a later version\": {}}";
    scratch_write(scratch_path("bad/session.json"), later, sizeof later - 1);
    expect_ok(folder_read_session_json(scratch_path("bad"), &session, &err), &err);
    assert_int_equal(session.seed, 7);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_new_folder_is_made_with_its_parents),
    cmocka_unit_test(a_folder_with_something_in_it_is_refused),
    cmocka_unit_test(files_are_written_whole_and_nothing_is_left_behind),
    cmocka_unit_test(a_file_that_is_too_long_is_not_read),
    cmocka_unit_test(a_path_that_is_too_long_is_an_error),
    cmocka_unit_test(session_json_comes_back_as_it_was),
    cmocka_unit_test(a_session_json_that_is_wrong_is_refused_with_its_key),
};
TEST_MAIN(tests)
