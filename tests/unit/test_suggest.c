#include "planner/suggest.h"
#include "tests/test.h"

static const char *const words[] = {"device", "output", "max_on", "min_gap", "led", "ms"};
enum { N = sizeof words / sizeof *words };

static void near_misses_are_found(void **state)
{
    (void)state;
    assert_int_equal(suggest_nearest("devise", words, N), 0);   /* changed */
    assert_int_equal(suggest_nearest("uotput", words, N), 1);   /* swapped: one edit */
    assert_int_equal(suggest_nearest("maxon", words, N), 2);    /* missing */
    assert_int_equal(suggest_nearest("min_gapp", words, N), 3); /* one too many */
    assert_int_equal(suggest_nearest("lde", words, N), 4);
}

static void far_words_are_not(void **state)
{
    (void)state;
    assert_int_equal(suggest_nearest("valve", words, N), -1);
    assert_int_equal(suggest_nearest("lxx", words, N), -1); /* two edits in a short word */
    assert_int_equal(suggest_nearest("m", words, N), -1);
    assert_int_equal(suggest_nearest("", words, N), -1);
    assert_int_equal(suggest_nearest("x", words, 0), -1);
}

static void the_text_asks_or_lists(void **state)
{
    (void)state;
    char text[SUGGEST_TEXT];
    assert_string_equal(suggest_text(text, "a key", "devise", words, N), "a key: did you mean device?");
    assert_string_equal(suggest_text(text, "a key", "valve", words, 3), "a key: device, output, max_on");
    assert_string_equal(suggest_text(text, "a key", NULL, words, 0), "a key: there is none");
}

static void a_long_list_is_cut_between_words(void **state)
{
    (void)state;
    const char *many[60];
    char text[SUGGEST_TEXT];
    for (size_t i = 0; i < 60; i++)
        many[i] = "abcdefgh";
    suggest_text(text, "a key", NULL, many, 60);
    assert_true(strlen(text) < SUGGEST_TEXT);
    assert_string_equal(text + strlen(text) - 15, ", abcdefgh, ...");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(near_misses_are_found),
    cmocka_unit_test(far_words_are_not),
    cmocka_unit_test(the_text_asks_or_lists),
    cmocka_unit_test(a_long_list_is_cut_between_words),
};

TEST_MAIN(tests)
