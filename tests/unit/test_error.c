/* error: expected lines written by hand, the system's words from errno(3). */
#include "engine/base/error.h"
#include "tests/test.h"
#include <errno.h>

static char line[1024];

static void an_error_prints_as_one_line(void **state)
{
    (void)state;
    struct error err = {0};
    assert_false(
        error_set(&err, ERROR_INPUT, "rig-configs/box1.lua:14", "output.water.max_on", "900", "%d..%d ms", 1, 500));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_ptr_equal(error_line(&err, line, sizeof line), line);
    assert_string_equal(line, "rig-configs/box1.lua:14: output.water.max_on = 900: expected 1..500 ms");
}

static void absent_parts_leave_no_punctuation(void **state)
{
    (void)state;
    static const struct {
        const char *where, *what, *got, *expected, *line;
    } rows[] = {
        {NULL,      "seed", "x",  "a number", "seed = x: expected a number"},
        {"",        "seed", "",   "a number", "seed: expected a number"    },
        {"a.lua:1", NULL,   NULL, "a rig",    "a.lua:1: expected a rig"    },
        {"a.lua:1", "rate", NULL, "",         "a.lua:1: rate"              },
        {"a.lua:1", NULL,   "5",  "",         "a.lua:1: 5"                 },
        {"a.lua:1", "rate", "5",  "",         "a.lua:1: rate = 5"          },
        {"a.lua:1", NULL,   NULL, "",         "a.lua:1"                    },
        {NULL,      NULL,   NULL, "",         ""                           },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct error err;
        error_set(&err, ERROR_INPUT, rows[i].where, rows[i].what, rows[i].got, "%s", rows[i].expected);
        assert_string_equal(error_line(&err, line, sizeof line), rows[i].line);
    }
}

static void a_system_error_says_what_happened(void **state)
{
    (void)state;
    struct error err;
    assert_false(error_system(&err, "/dev/comedi0", "open", ENOENT));
    assert_int_equal(err.kind, ERROR_SYSTEM);
    assert_string_equal(error_line(&err, line, sizeof line), "/dev/comedi0: open: No such file or directory");
    error_system(&err, NULL, "mmap", 99999);
    assert_int_equal(strncmp(error_line(&err, line, sizeof line), "mmap: ", 6), 0);
    assert_non_null(strstr(line, "99999"));
}

static void too_long_parts_are_cut(void **state)
{
    (void)state;
    char long_text[1000];
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    struct error err;
    error_set(&err, ERROR_INPUT, long_text, long_text, long_text, "%s", long_text);
    assert_int_equal(strlen(err.where), sizeof err.where - 1);
    assert_int_equal(strlen(err.what), sizeof err.what - 1);
    assert_int_equal(strlen(err.got), sizeof err.got - 1);
    assert_int_equal(strlen(err.expected), sizeof err.expected - 1);
}

/* The micro sign is c2 b5, the euro sign e2 82 ac: `got` holds 95 bytes. */
static void a_cut_never_leaves_half_a_character(void **state)
{
    (void)state;
    char text[128];
    struct error err;
    snprintf(text, sizeof text, "%094d\xc2\xb5", 0);
    error_set(&err, ERROR_INPUT, NULL, NULL, text, "%s", "");
    assert_int_equal(strlen(err.got), 94);
    snprintf(text, sizeof text, "%093d\xc2\xb5", 0);
    error_set(&err, ERROR_INPUT, NULL, NULL, text, "%s", "");
    assert_string_equal(err.got, text);
    snprintf(text, sizeof text, "%093d\xe2\x82\xac", 0);
    error_set(&err, ERROR_INPUT, NULL, NULL, text, "%s", "");
    assert_int_equal(strlen(err.got), 93);
}

static void a_small_room_cuts_the_line(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, ERROR_INPUT, "a.lua:1", "volume", "4 \xc2\xb5l", "ul(4)");
    char small[10];
    assert_string_equal(error_line(&err, small, sizeof small), "a.lua:1: ");
    assert_string_equal(error_line(&err, small, 1), "");
    assert_string_equal(error_line(&err, line, 22), "a.lua:1: volume = 4 ");
}

static void control_characters_cannot_break_the_line(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, ERROR_INPUT, "a\nb", "c\x1b[31m", "d\x7f\t", "e%cf", '\r');
    assert_string_equal(error_line(&err, line, sizeof line), "a?b: c?[31m = d??: expected e?f");
}

static void an_error_can_be_remade_from_its_own_parts(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, ERROR_INPUT, NULL, "rate", "5", "at least %d", 10);
    error_set(&err, err.kind, "rig.lua:3", err.what, err.got, "%s", err.expected);
    assert_string_equal(error_line(&err, line, sizeof line), "rig.lua:3: rate = 5: expected at least 10");
}

static void nobody_has_to_listen(void **state)
{
    (void)state;
    assert_false(error_set(NULL, ERROR_INPUT, "a", "b", "c", "d"));
    assert_false(error_system(NULL, "a", "b", EIO));
}

/* The table of exit statuses in docs/cli.md. */
static void each_kind_has_its_exit_status(void **state)
{
    (void)state;
    assert_int_equal(error_exit_status(&(struct error){.kind = ERROR_NONE}), 0);
    assert_int_equal(error_exit_status(&(struct error){.kind = ERROR_DEVICE}), 1);
    assert_int_equal(error_exit_status(&(struct error){.kind = ERROR_SYSTEM}), 1);
    assert_int_equal(error_exit_status(&(struct error){.kind = ERROR_USAGE}), 2);
    assert_int_equal(error_exit_status(&(struct error){.kind = ERROR_INPUT}), 2);
    assert_int_equal(error_exit_status(&(struct error){.kind = ERROR_DIFFER}), 3);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_error_prints_as_one_line),
    cmocka_unit_test(absent_parts_leave_no_punctuation),
    cmocka_unit_test(a_system_error_says_what_happened),
    cmocka_unit_test(too_long_parts_are_cut),
    cmocka_unit_test(a_cut_never_leaves_half_a_character),
    cmocka_unit_test(a_small_room_cuts_the_line),
    cmocka_unit_test(control_characters_cannot_break_the_line),
    cmocka_unit_test(an_error_can_be_remade_from_its_own_parts),
    cmocka_unit_test(nobody_has_to_listen),
    cmocka_unit_test(each_kind_has_its_exit_status),
};
TEST_MAIN(tests)
