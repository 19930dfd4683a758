/* options: every type of row, by hand. What users see of them is tested in tests/cli/test_usage.py. */
#include "cli/options.h"
#include "tests/test.h"

enum { LIST = 3 };

struct given {
    const char *first, *second, *text;
    const char *list[LIST], *more[LIST];
    size_t n_list, n_more, n_whole;
    double number, speed;
    uint64_t whole;
    bool flag;
};

#define AT(field) offsetof(struct given, field)
static const struct options_row rows[] = {
    {.name = "FIRST",           .type = OPTIONS_ARGUMENT, .help = "the first", .offset = AT(first)},
    {.name = "SECOND",      .type = OPTIONS_OPTIONAL, .help = "the second", .offset = AT(second)},
    {.name = "text",                         .letter = 't', .type = OPTIONS_TEXT, .value = "T", .help = "a text", .offset = AT(text)},
    {.name = "list",
     .type = OPTIONS_LIST,
     .value = "L",
     .help = "texts",
     .offset = AT(list),
     .given = AT(n_list),
     .n_max = LIST},
    {.name = "number",     .type = OPTIONS_NUMBER, .value = "N", .help = "n", .offset = AT(number), .min = -1, .max = 10},
    {.name = "speed",
     .type = OPTIONS_NUMBER_OR_WORD,
     .value = "X",
     .help = "x",
     .offset = AT(speed),
     .min = 1,
     .max = 99,
     .word = "max"},
    {.name = "whole",     .type = OPTIONS_WHOLE, .value = "W", .help = "w", .offset = AT(whole), .given = AT(n_whole)},
    {.name = "flag",         .letter = 'f', .type = OPTIONS_FLAG, .help = "a flag", .offset = AT(flag)},
    {0                        },
};
static const struct options_row many_rows[] = {
    {.name = "FILE",
     .type = OPTIONS_ARGUMENTS,
     .help = "files",
     .offset = AT(more),
     .given = AT(n_more),
     .n_max = LIST},
    {0},
};

static struct given given;
static struct error err;
static bool help;

/* Parses up to seven words. */
static bool parse(const struct options_row *table, const char *const *words)
{
    static char room[8][32];
    char *argv[9] = {NULL};
    int argc = 0;
    snprintf(room[0], sizeof room[0], "command");
    argv[argc++] = room[0];
    for (; words[argc - 1] != NULL; argc++) {
        snprintf(room[argc], sizeof room[argc], "%s", words[argc - 1]);
        argv[argc] = room[argc];
    }
    given = (struct given){0};
    err = (struct error){0};
    return options_parse(table, argc, argv, &given, &help, &err);
}
#define PARSE(...) parse(rows, (const char *const[]){__VA_ARGS__, NULL})

static void expect_line(const char *expected)
{
    char line[512];
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_string_equal(error_line(&err, line, sizeof line), expected);
}

static void every_type_finds_its_place(void **state)
{
    (void)state;
    assert_true(PARSE("a", "--text=b", "--list", "c", "--list=d", "--number", "-0.5"));
    assert_string_equal(given.first, "a");
    assert_null(given.second);
    assert_string_equal(given.text, "b");
    assert_int_equal(given.n_list, 2);
    assert_string_equal(given.list[1], "d");
    assert_true(given.number == -0.5);
    assert_true(PARSE("-f", "a", "b", "--speed=max", "--whole", "18446744073709551615"));
    assert_string_equal(given.second, "b");
    assert_true(given.flag);
    assert_true(given.speed == 99);
    assert_int_equal(given.n_whole, 1);
    assert_true(given.whole == UINT64_MAX);
    assert_false(help);
}

static void what_is_not_given_stays(void **state)
{
    (void)state;
    assert_true(PARSE("a"));
    assert_null(given.text);
    assert_int_equal(given.n_list + given.n_whole, 0);
    assert_false(given.flag);
}

static void arguments_may_be_many(void **state)
{
    (void)state;
    assert_true(parse(many_rows, (const char *const[]){"a", "b", "c", NULL}));
    assert_int_equal(given.n_more, 3);
    assert_string_equal(given.more[2], "c");
    assert_false(parse(many_rows, (const char *const[]){"a", "b", "c", "d", NULL}));
    expect_line("FILE = d: expected at most 3 of them");
    assert_false(parse(many_rows, (const char *const[]){NULL}));
    expect_line("FILE: expected files");
}

static void a_list_has_an_end(void **state)
{
    (void)state;
    assert_false(PARSE("--list=a", "--list=b", "--list=c", "--list=d"));
    expect_line("--list = d: expected at most 3 of them");
}

static void help_wins_over_what_comes_after_it(void **state)
{
    (void)state;
    assert_true(PARSE("--help", "--wrong"));
    assert_true(help);
    assert_true(PARSE("-h"));
    assert_true(help);
}

static void numbers_have_their_range(void **state)
{
    (void)state;
    assert_true(PARSE("a", "--number=10"));
    assert_false(PARSE("a", "--number=10.000001"));
    expect_line("--number = 10.000001: expected a number -1..10");
    assert_false(PARSE("a", "--speed=mix"));
    expect_line("--speed = mix: expected a number 1..99 or max");
    assert_false(PARSE("a", "--whole=1e3"));
    expect_line("--whole = 1e3: expected a whole number 0..18446744073709551615");
}

static void short_options_may_stand_together(void **state)
{
    (void)state;
    assert_true(PARSE("-ftx", "a"));
    assert_true(given.flag);
    assert_string_equal(given.text, "x");
    assert_false(PARSE("-fx", "a"));
    expect_line("-x: expected an option: text, list, number, speed, whole, flag, help");
}

static void usage_and_help_come_from_the_rows(void **state)
{
    (void)state;
    char text[1024] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_non_null(out);
    options_print_usage(rows, out);
    options_print_usage(many_rows, out);
    fputc('\n', out);
    options_print_help(many_rows, out);
    fclose(out);
    assert_string_equal(text, " FIRST [SECOND] [--text T] [--list L]... [--number N] [--speed X] [--whole W] [--flag]"
                              " FILE...\n"
                              "  FILE        files\n"
                              "  -h, --help  this text\n");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_type_finds_its_place),
    cmocka_unit_test(what_is_not_given_stays),
    cmocka_unit_test(arguments_may_be_many),
    cmocka_unit_test(a_list_has_an_end),
    cmocka_unit_test(help_wins_over_what_comes_after_it),
    cmocka_unit_test(numbers_have_their_range),
    cmocka_unit_test(short_options_may_stand_together),
    cmocka_unit_test(usage_and_help_come_from_the_rows),
};

TEST_MAIN(tests)
