#include "planner/quantity.h"
#include "tests/test.h"
#include "tests/unit/planner_case.h"

#define EXPECT(code, line) assert_string_equal(planner_case_rig(code), line)
/* The code ran to its end: only the rig is missing. */
#define HOLDS(condition)                                                                                               \
    EXPECT("if not (" condition ") then error(\"no\") end",                                                            \
           "x.lua: rig: expected a device: device \"daq\" { driver = ... }")

static void equal_quantities_are_equal_in_any_unit(void **state)
{
    (void)state;
    HOLDS("sec(1) == ms(1000) and ms(1) == us(1000) and ml(1) == ul(1000) and khz(1) == hz(1000)");
    HOLDS("sec(0.1) == ms(100) and ms(1) ~= us(999)");
    HOLDS("sec(1) ~= ul(1000000000)"); /* the same number inside, another dimension */
}

static void quantities_of_a_kind_add_and_compare(void **state)
{
    (void)state;
    HOLDS("sec(1) + ms(500) == ms(1500) and sec(1) - ms(250) == ms(750) and -z(2) == z(-2)");
    HOLDS("ms(1) < sec(1) and ms(1) <= ms(1) and sec(2) > sec(1) and not (sec(1) > sec(1))");
}

static void quantities_scale_by_plain_numbers(void **state)
{
    (void)state;
    HOLDS("ul(4) * 2 == ul(8) and 0.5 * ul(4) == ul(2) and sec(3) / 2 == ms(1500)");
    HOLDS("sec(2) / ms(500) == 4"); /* a ratio is a plain number */
}

static void different_kinds_do_not_mix(void **state)
{
    (void)state;
    EXPECT("local x = sec(1) + ul(4)", "x.lua:1: sec(1) + ul(4): expected two quantities of one kind");
    EXPECT("local x = sec(1) - 4", "x.lua:1: sec(1) - 4: expected two quantities of one kind");
    EXPECT("local x = sec(1) * sec(1)", "x.lua:1: sec(1) * sec(1): expected a quantity times a plain number");
    EXPECT("local x = 1 / sec(1)",
           "x.lua:1: 1 / sec(1): expected a quantity over a plain number or over one of its kind");
    EXPECT("local x = sec(1) < 2", "x.lua:1: sec(1) < 2: expected two quantities of one kind");
    EXPECT("local x = ul(1) <= ms(1)", "x.lua:1: ul(1) <= ms(1): expected two quantities of one kind");
}

static void constructors_take_one_finite_number(void **state)
{
    (void)state;
    EXPECT("local x = ms(\"5\")", "x.lua:1: ms = \"5\": expected one finite number, as in ms(1)");
    EXPECT("local x = ms(sec(1))", "x.lua:1: ms = sec(1): expected one finite number, as in ms(1)");
    EXPECT("local x = ul()", "x.lua:1: ul: expected one finite number, as in ul(1)");
    EXPECT("local x = hz(1/0)", "x.lua:1: hz = inf: expected one finite number, as in hz(1)");
    EXPECT("local x = sec(1) * 1e308 * 10", "x.lua:1: a quantity = too large: expected a finite number");
}

static void a_quantity_has_no_insides(void **state)
{
    (void)state;
    const char *line = planner_case_rig("local x = ms(5).value");
    assert_memory_equal(line, "x.lua:1: attempt to index", 25);
}

static void a_quantity_prints_as_it_is_written(void **state)
{
    (void)state;
    HOLDS("tostring(ms(1500)) == \"sec(1.5)\" and tostring(us(20)) == \"us(20)\" and tostring(ul(0.5)) == \"ul(0.5)\"");
    HOLDS("tostring(khz(6)) == \"khz(6)\" and tostring(z(-2)) == \"z(-2)\"");
}

static void texts_of_the_command_line_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct quantity expected;
    } rows[] = {
        {"5ul",   {5, QUANTITY_VOLUME}     },
        {"5 uL",  {5, QUANTITY_VOLUME}     },
        {"0.9",   {0.9, QUANTITY_NUMBER}   },
        {"20ms",  {2e7, QUANTITY_TIME}     },
        {"1.5 s", {1.5e9, QUANTITY_TIME}   },
        {"2sec",  {2e9, QUANTITY_TIME}     },
        {"6kHz",  {6e3, QUANTITY_FREQUENCY}},
        {"-2z",   {-2, QUANTITY_Z}         },
        {"1e3us", {1e6, QUANTITY_TIME}     },
        {"40mA",  {40, QUANTITY_CURRENT}   },
        {"3.3V",  {3.3, QUANTITY_VOLTAGE}  },
        {"1ml",   {1e3, QUANTITY_VOLUME}   },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct quantity quantity;
        assert_true(quantity_parse(rows[i].text, &quantity));
        assert_int_equal(quantity.dimension, rows[i].expected.dimension);
        assert_float_equal(quantity.value, rows[i].expected.value, 0);
    }
}

static void other_texts_are_not(void **state)
{
    (void)state;
    static const char *const texts[] = {"",      "ul",    "5 gallons", "nan",  "inf",  "0x10",
                                        "0X1p3", "1e999", "1e308s",    "5ul5", "5 u l"};
    struct quantity quantity;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(quantity_parse(texts[i], &quantity));
}

static void the_unit_words_of_tables_have_dimensions(void **state)
{
    (void)state;
    assert_int_equal(quantity_dimension_of("s"), QUANTITY_TIME);
    assert_int_equal(quantity_dimension_of("Hz"), QUANTITY_FREQUENCY);
    assert_int_equal(quantity_dimension_of("-"), QUANTITY_NUMBER);
    assert_int_equal(quantity_dimension_of(""), QUANTITY_NUMBER);
    assert_float_equal(quantity_si((struct quantity){2e6, QUANTITY_TIME}), 0.002, 0);
    assert_float_equal(quantity_si((struct quantity){4, QUANTITY_VOLUME}), 4, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(equal_quantities_are_equal_in_any_unit),
    cmocka_unit_test(quantities_of_a_kind_add_and_compare),
    cmocka_unit_test(quantities_scale_by_plain_numbers),
    cmocka_unit_test(different_kinds_do_not_mix),
    cmocka_unit_test(constructors_take_one_finite_number),
    cmocka_unit_test(a_quantity_has_no_insides),
    cmocka_unit_test(a_quantity_prints_as_it_is_written),
    cmocka_unit_test(texts_of_the_command_line_are_read),
    cmocka_unit_test(other_texts_are_not),
    cmocka_unit_test(the_unit_words_of_tables_have_dimensions),
};

TEST_MAIN(tests)
