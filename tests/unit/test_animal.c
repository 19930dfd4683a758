#include "engine/base/units.h"
#include "session/animal.h"
#include "tests/test.h"
#include "tests/unit/scratch.h"
#include <time.h>
#include <unistd.h>

static char texts[ANIMAL_SETS_MAX][ANIMAL_SET];
static const char *set[ANIMAL_SETS_MAX];

static void expect_ok(bool ok, const struct error *err)
{
    char line[512];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static struct animal *open_animal(const char *id)
{
    struct animal *animal;
    struct error err = {0};
    setenv("PHASIC_DATA", scratch_path("data"), 1);
    expect_ok(animal_open(&animal, id, &err), &err);
    return animal;
}

static void an_animal_that_was_never_saved_has_nothing_and_leaves_nothing(void **state)
{
    (void)state;
    struct animal *animal = open_animal("new");
    assert_int_equal(animal_sets(animal, "pavlovian", texts, set), 0);
    animal_close(animal);
    animal_close(NULL);
    assert_int_not_equal(access(scratch_path("data/animals/new"), F_OK), 0);
}

static void parameters_are_kept_task_by_task(void **state)
{
    (void)state;
    struct error err = {0};
    struct animal *animal = open_animal("m1");
    expect_ok(animal_keep(animal, "bandit", "volume=3ul", &err), &err);
    expect_ok(animal_keep(animal, "pavlovian", "volume=4 ul", &err), &err);
    expect_ok(animal_keep(animal, "pavlovian", "iti=8s", &err), &err);
    expect_ok(animal_keep(animal, "pavlovian", "volume=5ul", &err), &err);
    expect_ok(animal_save(animal, &err), &err);
    animal_close(animal);

    animal = open_animal("m1");
    assert_int_equal(animal_sets(animal, "pavlovian", texts, set), 2);
    assert_string_equal(set[0], "iti=8s");
    assert_string_equal(set[1], "volume=5ul");
    assert_int_equal(animal_sets(animal, "bandit", texts, set), 1);
    assert_string_equal(set[0], "volume=3ul");
    animal_close(animal);
    assert_int_not_equal(access(scratch_path("data/animals/m1/animal.json.tmp"), F_OK), 0);
}

static void keys_of_a_later_program_are_kept(void **state)
{
    (void)state;
    struct error err = {0};
    static const char text[] = "{\"format\": 1, \"cage\": \"B7\", \"parameters\": {\"pavlovian\": {\"iti\": \"8s\"}}}";
    struct animal *animal = open_animal("m4");
    expect_ok(animal_save(animal, &err), &err); /* makes the folder */
    animal_close(animal);
    scratch_write(scratch_path("data/animals/m4/animal.json"), text, sizeof text - 1);
    animal = open_animal("m4");
    assert_int_equal(animal_sets(animal, "pavlovian", texts, set), 1);
    expect_ok(animal_save(animal, &err), &err);
    animal_close(animal);
    size_t n;
    char *now = (char *)scratch_read(scratch_path("data/animals/m4/animal.json"), &n);
    assert_non_null(strstr(now, "\"cage\": \"B7\""));
    free(now);
}

static void a_damaged_file_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"{\n\"format\": 1,\n",                                  "animal.json:3: animal.json: expected a JSON object"    },
        {"[]",                                                   "animal.json:1: animal.json: expected a JSON object"    },
        {"{\"format\": 99}",                                     "animal.json: format: expected a value as phasic writes"},
        {"{\"format\": 1, \"parameters\": {\"a\": {\"b\": 1}}}", "animal.json: parameters: expected a value as phasic"   },
        {"{\"format\": 1, \"parameters\": 7}",                   "animal.json: parameters: expected a value as phasic"   },
    };
    struct error err = {0};
    struct animal *animal = open_animal("bad");
    expect_ok(animal_save(animal, &err), &err);
    animal_close(animal);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[512];
        scratch_write(scratch_path("data/animals/bad/animal.json"), cases[i].text, strlen(cases[i].text));
        assert_false(animal_open(&animal, "bad", &err));
        assert_null(animal);
        assert_int_equal(error_exit_status(&err), 2);
        if (strstr(error_line(&err, line, sizeof line), cases[i].expected) == NULL)
            fail_msg("\"%s\" is not in \"%s\"", cases[i].expected, line);
    }
}

static void what_is_no_name_of_an_animal_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",        "../etc", "a/b",
                                      ".hidden", "a\nb",   "a-name-that-is-longer-than-a-name-may-be"};
    struct error err = {0};
    char path[FOLDER_PATH_MAX];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(animal_folder(bad[i], path, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
    }
    struct animal *animal = open_animal("m5");
    static const char *const no_sets[] = {"volume", "=5ul", ""};
    for (size_t i = 0; i < sizeof no_sets / sizeof *no_sets; i++)
        assert_false(animal_keep(animal, "pavlovian", no_sets[i], &err));
    animal_close(animal);
}

static void a_day_is_the_rigs_own(void **state)
{
    (void)state;
    char day[CONFIG_NAME];
    setenv("TZ", "EST5", 1); /* five hours behind UTC */
    tzset();
    animal_day(1767225600 * S, day); /* 2026-01-01T00:00:00Z */
    assert_string_equal(day, "2025-12-31");
    setenv("TZ", "UTC", 1);
    tzset();
    animal_day(1767225600 * S, day);
    assert_string_equal(day, "2026-01-01");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_animal_that_was_never_saved_has_nothing_and_leaves_nothing),
    cmocka_unit_test(parameters_are_kept_task_by_task),
    cmocka_unit_test(keys_of_a_later_program_are_kept),
    cmocka_unit_test(a_damaged_file_is_refused_with_its_line),
    cmocka_unit_test(what_is_no_name_of_an_animal_is_refused),
    cmocka_unit_test(a_day_is_the_rigs_own),
};

TEST_MAIN(tests)
