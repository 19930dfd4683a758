#include "planner/locate.h"
#include "tests/test.h"

static const char source[] = "-- output \"water\" { line = 9 } is only a comment\n" /*  1 */
                             "local s = [==[ output \"water\" {\n"                  /*  2 */
                             "  line = 1 } ]==]\n"                                  /*  3 */
                             "output \"water\" {\n"                                 /*  4 */
                             "  device = \"line = 3 }\", -- line = 4\n"             /*  5 */
                             "  table = { line = 5 },\n"                            /*  6 */
                             "  line =\n"                                           /*  7 */
                             "    0,\n"                                             /*  8 */
                             "  [\"max_on\"] = ms(1), opening = {\n"                /*  9 */
                             "    { ul(1), ms(1) },\n"                              /* 10 */
                             "    { ul(2),\n"                                       /* 11 */
                             "      ms(2) },\n"                                     /* 12 */
                             "  },\n"                                               /* 13 */
                             "} output \"laser\" {\n"                               /* 14 */
                             "  line = 1,\n"                                        /* 15 */
                             "}\n"                                                  /* 16 */
                             "uses {\n"                                             /* 17 */
                             "  models = { td_csc = {\n"                            /* 18 */
                             "    step = ms(1) },\n"                                /* 19 */
                             "    [\"null_zero\"] = {\n"                            /* 20 */
                             "    step = ms(1) } },\n"                              /* 21 */
                             "}\n"                                                  /* 22 */
                             "for i = 1, 2 do input(\"lick\" .. i) {\n"             /* 23 */
                             "  line = i } end\n"                                   /* 24 */
                             "output (\"tone\") { a == b,\n"                        /* 25 */
                             "  line = 2 }\n";                                      /* 26 */

static int at(int line, const char *word, const char *name, const char *path)
{
    return locate_key(source, sizeof source - 1, line, word, name, path);
}

static void a_key_is_found_on_its_own_line(void **state)
{
    (void)state;
    assert_int_equal(at(4, "output", "water", "device"), 5);
    assert_int_equal(at(4, "output", "water", "line"), 7);
    assert_int_equal(at(4, "output", "water", "max_on"), 9);
}

static void inner_tables_and_positions_are_entered(void **state)
{
    (void)state;
    assert_int_equal(at(4, "output", "water", "opening.1"), 10);
    assert_int_equal(at(4, "output", "water", "opening.2"), 11);
    assert_int_equal(at(4, "output", "water", "opening.2.2"), 12);
    assert_int_equal(at(17, "uses", NULL, "models.td_csc.step"), 19);
    assert_int_equal(at(17, "uses", NULL, "models.null_zero.step"), 21);
}

static void two_declarations_on_a_line_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(at(14, "output", "laser", "line"), 15);
}

static void a_computed_name_falls_back_to_the_first_table_of_the_line(void **state)
{
    (void)state;
    assert_int_equal(at(23, "input", "lick1", "line"), 24);
    assert_int_equal(at(25, "output", "tone", "line"), 26);
}

static void what_is_not_there_is_on_the_nearest_line(void **state)
{
    (void)state;
    assert_int_equal(at(4, "output", "water", "absent"), 4);
    assert_int_equal(at(4, "output", "water", "opening.7"), 9);
    assert_int_equal(at(17, "uses", NULL, "models.td_csc.absent"), 18);
    assert_int_equal(at(4, "output", "water", ""), 4);
    assert_int_equal(at(900, "output", "water", "line"), 900);
}

static void any_prefix_of_a_file_is_survived(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof source; n++) {
        char *copy = malloc(n + 1); /* exactly n bytes, so that a sanitizer sees a read beyond */
        assert_non_null(copy);
        memcpy(copy, source, n);
        assert_true(locate_key(copy, n, 4, "output", "water", "opening.2.2") >= 4);
        free(copy);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_key_is_found_on_its_own_line),
    cmocka_unit_test(inner_tables_and_positions_are_entered),
    cmocka_unit_test(two_declarations_on_a_line_are_told_apart),
    cmocka_unit_test(a_computed_name_falls_back_to_the_first_table_of_the_line),
    cmocka_unit_test(what_is_not_there_is_on_the_nearest_line),
    cmocka_unit_test(any_prefix_of_a_file_is_survived),
};

TEST_MAIN(tests)
