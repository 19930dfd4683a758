#include "tests/test.h"
#include "tests/unit/planner_case.h"

/* Expected values: computed from the definitions in rng.h with Python's integers and math.log1p. The first uniforms of
 * the stream "task" of seed 1 are 0.8529572886253548, 0.2039968718334042, 0.1488573522718439, 0.0747138331495520. */

static struct trial_state *states(const char *list)
{
    char text[1024];
    snprintf(text, sizeof text, "function trial()\nreturn { %s }\nend", list);
    assert_string_equal(planner_case_task(text), "");
    return planner_case.trial.states;
}

static const char *fails(const char *expression)
{
    char text[512];
    snprintf(text, sizeof text, "local x =\n%s\nfunction trial() end", expression);
    return planner_case_task(text);
}

static void an_exponential_is_cut_by_its_inverse(void **state)
{
    (void)state;
    const struct trial_state *made = states("state \"a\" { after = { exponential(sec(4), 3), done } },"
                                            "state \"b\" { after = { exponential(sec(4), 3), done } }");
    assert_int_equal(made[0].after_ns, 6653276015); /* -4 log1p(-u (1 - e^-3)) */
    assert_int_equal(made[1].after_ns, 861894490);
}

static void a_cut_exponential_stays_below_its_cut(void **state)
{
    (void)state;
    assert_string_equal(planner_case_task("for i = 1, 20000 do\n"
                                          "  local x = exponential(2, 1.5)\n"
                                          "  if x < 0 or x >= 3 then error(\"beyond\") end\n"
                                          "end\nfunction trial() end"),
                        "");
}

static void a_uniform_lies_between_its_bounds(void **state)
{
    (void)state;
    const struct trial_state *made = states("state \"a\" { after = { uniform(sec(1), sec(3)), done } },"
                                            "state \"b\" { after = { uniform(sec(2), sec(2)), done } }");
    assert_int_equal(made[0].after_ns, 2705914577); /* 1 + 2 u */
    assert_int_equal(made[1].after_ns, 2000000000);
}

static void draw_and_choice_use_one_number_each(void **state)
{
    (void)state;
    /* 0.85 >= 0.5: false; 0.204 < 0.5: true; 0.149 * 3 < 1: the first; 0.0747: again the first */
    const struct trial_state *made =
        states("state(draw(0.5) and \"yes\" or \"no\") { after = { sec(1), done } },"
               "state(draw(0.5) and \"yes\" or \"not\") { after = { sec(1), done } },"
               "state(choice { \"x\", \"y\", \"z\" }) { after = { choice { ms(7), ms(8) }, done } }");
    assert_string_equal(made[0].name, "no");
    assert_string_equal(made[1].name, "yes");
    assert_string_equal(made[2].name, "x");
    assert_int_equal(made[2].after_ns, 7000000);
}

static void a_probability_is_0_to_1(void **state)
{
    (void)state;
    assert_string_equal(fails("draw(1.5)"), "x.lua:2: draw = 1.5: expected a probability, a number 0..1");
    assert_string_equal(fails("draw(sec(1))"), "x.lua:2: draw = sec(1): expected a probability, a number 0..1");
    assert_string_equal(fails("draw()"), "x.lua:2: draw = nil: expected a probability, a number 0..1");
    assert_non_null(strstr(fails("draw(0/0)"), "nan: expected a probability, a number 0..1"));
}

static void wrong_arguments_are_named(void **state)
{
    (void)state;
    assert_string_equal(fails("exponential(sec(4))"),
                        "x.lua:2: exponential = nil: expected a cut in means, as in exponential(sec(4), 3)");
    assert_string_equal(fails("exponential(sec(-4), 3)"), "x.lua:2: exponential = sec(-4): expected a mean above 0");
    assert_string_equal(fails("exponential(sec(4), sec(12))"),
                        "x.lua:2: exponential = sec(12): expected a cut in means, a number above 0");
    assert_string_equal(fails("uniform(sec(1), 2)"),
                        "x.lua:2: uniform = 2: expected two bounds of one kind, as in uniform(sec(1), sec(2))");
    assert_string_equal(fails("uniform(2, 1)"),
                        "x.lua:2: uniform = 1: expected two bounds of one kind, as in uniform(sec(1), sec(2))");
    assert_string_equal(fails("choice {}"), "x.lua:2: choice = a table: expected a list: choice { a, b }");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_exponential_is_cut_by_its_inverse),
    cmocka_unit_test(a_cut_exponential_stays_below_its_cut),
    cmocka_unit_test(a_uniform_lies_between_its_bounds),
    cmocka_unit_test(draw_and_choice_use_one_number_each),
    cmocka_unit_test(a_probability_is_0_to_1),
    cmocka_unit_test(wrong_arguments_are_named),
};

TEST_MAIN(tests)
