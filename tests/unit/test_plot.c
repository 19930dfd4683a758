/* plot: ticks, places and what must not get into XML. Numbers by hand. */
#include "cli/plot.h"
#include "tests/test.h"
#include <math.h>

static void expect_near(double got, double expected, double within)
{
    if (!(fabs(got - expected) <= within))
        fail_msg("%.9g: expected %.9g within %g", got, expected, within);
}

static char page[16384];

static FILE *begin(void)
{
    memset(page, 0, sizeof page);
    FILE *out = fmemopen(page, sizeof page, "w");
    assert_non_null(out);
    return out;
}

static void ticks_are_one_two_or_five_times_a_power_of_ten(void **state)
{
    (void)state;
    static const double rows[][2] = {
        {5,    1   },
        {6,    2   },
        {10,   2   },
        {11,   5   },
        {30,   10  },
        {0.05, 0.01},
        {0.7,  0.2 },
        {1200, 500 }
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_near(plot_step(rows[i][0], 5), rows[i][1], 1e-12);
}

static void texts_are_escaped(void **state)
{
    (void)state;
    FILE *out = begin();
    plot_begin(out, 10, 10, "a<b>&\"c\x01", "");
    plot_end(out);
    fclose(out);
    assert_non_null(strstr(page, "<title>a&lt;b&gt;&amp;&quot;c </title>"));
}

static const struct plot_frame frame = {
    .left = 100, .top = 50, .width = 200, .height = 100, .x_from = -1, .x_to = 1, .y_from = 0, .y_to = 10};

static void a_line_goes_through_its_points_and_breaks_at_a_gap(void **state)
{
    (void)state;
    const double x[] = {-1, 0, 0.5, 1}, y[] = {0, 10, (double)NAN, 5};
    FILE *out = begin();
    plot_line(out, &frame, x, y, 4, plot_style(0));
    fclose(out);
    assert_non_null(strstr(page, "d=\" M100.0 150.0 L200.0 50.0 M300.0 100.0\""));
}

static void a_band_goes_there_and_back(void **state)
{
    (void)state;
    const double x[] = {-1, 1}, low[] = {0, 0}, high[] = {5, 10};
    FILE *out = begin();
    plot_band(out, &frame, x, low, high, 2, plot_style(1));
    fclose(out);
    assert_non_null(strstr(page, "points=\" 100.0,150.0 300.0,150.0 300.0,50.0 100.0,100.0\""));
    assert_non_null(strstr(page, "fill=\"#0072b2\""));
}

static void axes_have_ticks_labels_and_a_zero(void **state)
{
    (void)state;
    FILE *out = begin();
    plot_axes(out, &frame, "title", "time (s)", "dF/F (%)");
    fclose(out);
    assert_non_null(strstr(page, ">-0.5</text>"));
    assert_non_null(strstr(page, "text-anchor=\"middle\">0</text>")); /* not "-0" */
    assert_non_null(strstr(page, ">10</text>"));
    assert_non_null(strstr(page, ">time (s)</text>"));
    assert_non_null(strstr(page, "x1=\"200.0\" y1=\"50.0\" x2=\"200.0\" y2=\"150.0\" stroke=\"#cccccc\"")); /* x = 0 */
}

static void styles_differ_and_go_round_without_the_black_one(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 7; i++)
        for (uint32_t k = 0; k < i; k++)
            assert_string_not_equal(plot_style(i).colour, plot_style(k).colour);
    assert_string_equal(plot_style(7).colour, plot_style(1).colour);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(ticks_are_one_two_or_five_times_a_power_of_ten),
    cmocka_unit_test(texts_are_escaped),
    cmocka_unit_test(a_line_goes_through_its_points_and_breaks_at_a_gap),
    cmocka_unit_test(a_band_goes_there_and_back),
    cmocka_unit_test(axes_have_ticks_labels_and_a_zero),
    cmocka_unit_test(styles_differ_and_go_round_without_the_black_one),
};

TEST_MAIN(tests)
