#include "engine/base/units.h"
#include "session/calibration.h"
#include "tests/test.h"
#include "tests/unit/scratch.h"

static const int64_t date_ns = INT64_C(1704164645) * S; /* date -u -d 2024-01-02T03:04:05Z +%s */
static const int64_t DAY_NS = 86400 * S;

/* ul = -0.2 + 0.1 t - 0.0001 t^2, by hand: 0.79, 2.71, 4.55, 7.0, 8.99 */
static struct calibration bending(void)
{
    return (struct calibration){
        .rig = "box",
        .output = "water",
        .date = "2024-01-02T03:04:05Z",
        .pulses = 100,
        .valid_days = 30,
        .n_points = 5,
        .point = {{.open_ms = 10, .ul = 0.79},
                  {.open_ms = 30, .ul = 2.71},
                  {.open_ms = 50, .ul = 4.55},
                  {.open_ms = 78, .ul = 6.9916},
                  {.open_ms = 102, .ul = 8.9596}},
    };
}

static void expect_ok(bool ok, const struct error *err)
{
    char line[512];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static void expect_refused(struct calibration calibration, const char *expected)
{
    struct error err = {0};
    char line[512];
    assert_false(calibration_fit(&calibration, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    if (strstr(error_line(&err, line, sizeof line), expected) == NULL)
        fail_msg("\"%s\" is not in \"%s\"", expected, line);
}

static void points_on_a_parabola_give_it_back(void **state)
{
    (void)state;
    struct error err = {0};
    struct calibration calibration = bending();
    expect_ok(calibration_fit(&calibration, &err), &err);
    assert_float_equal(calibration.a_ul, -0.2, 1e-6);
    assert_float_equal(calibration.b_ul_per_ms, 0.1, 1e-6);
    assert_float_equal(calibration.c_ul_per_ms2, -0.0001, 1e-8);
    for (uint32_t i = 0; i < 5; i++)
        assert_float_equal(calibration.point[i].residual, 0, 1e-6);
}

static void what_was_weighed_wrong_is_refused(void **state)
{
    (void)state;
    struct calibration calibration = bending();
    calibration.point[2].ul = 5.9; /* a third too much */
    expect_refused(calibration, "weigh again");
    calibration = bending();
    calibration.point[3].ul = 4.5; /* less than at a shorter opening */
    expect_refused(calibration, "volume at 78 ms = 4.5 ul: expected more than at the opening before");
    calibration = bending();
    calibration.point[0].ul = 0;
    expect_refused(calibration, "volume at 10 ms");
    calibration = bending();
    calibration.n_points = 3; /* any parabola fits three points */
    expect_refused(calibration, "openings: expected 4..12 of them");
}

static struct config config_with_valve(void)
{
    struct config config = {.rig = "box", .n_outputs = 2};
    strcpy(config.outputs[0].name, "tone");
    config.outputs[0].kind = CONFIG_OUTPUT_SOUND;
    strcpy(config.outputs[1].name, "water");
    config.outputs[1].kind = CONFIG_OUTPUT_VALVE;
    config.outputs[1].n_opening = 2;
    config.outputs[1].opening[0] = (struct config_opening){.ul = 1, .open_ns = 20 * MS};
    config.outputs[1].opening[1] = (struct config_opening){.ul = 20, .open_ns = 400 * MS};
    return config;
}

static void store(struct error *err)
{
    struct calibration calibration = bending();
    setenv("PHASIC_DATA", scratch_path("data"), 1);
    expect_ok(calibration_fit(&calibration, err), err);
    expect_ok(calibration_write(&calibration, err), err);
}

static void without_a_calibration_the_rigs_own_table_holds(void **state)
{
    (void)state;
    struct error err = {0};
    uint32_t n;
    struct config config = config_with_valve();
    setenv("PHASIC_DATA", scratch_path("empty"), 1);
    expect_ok(calibration_apply(&config, date_ns, &n, &err), &err);
    assert_int_equal(n, 0);
    assert_int_equal(config.outputs[1].n_opening, 2);
}

static void a_calibration_takes_the_place_of_the_rigs_table_and_no_more(void **state)
{
    (void)state;
    struct error err = {0};
    uint32_t n;
    int64_t open_ns;
    struct config config = config_with_valve();
    store(&err);
    expect_ok(calibration_apply(&config, date_ns + 29 * DAY_NS, &n, &err), &err);
    assert_int_equal(n, 1);
    assert_true(config_opening_ns(&config.outputs[1], 4.55, &open_ns));
    assert_true(llabs(open_ns - 50 * MS) < MS / 4);                     /* eight points, a straight line between two */
    assert_false(config_opening_ns(&config.outputs[1], 0.7, &open_ns)); /* less than was weighed */
    assert_false(config_opening_ns(&config.outputs[1], 9.5, &open_ns)); /* more */
}

static void a_stale_calibration_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    char line[1024];
    uint32_t n;
    struct config config = config_with_valve();
    store(&err);
    assert_false(calibration_apply(&config, date_ns + 30 * DAY_NS + S, &n, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    assert_non_null(strstr(error_line(&err, line, sizeof line),
                           "rigs/box/valve-water.json: date = 2024-01-02T03:04:05Z: expected a calibration of the last "
                           "30 days"));
    assert_int_equal(config.outputs[1].n_opening, 2);
}

static void a_damaged_file_is_refused(void **state)
{
    (void)state;
    struct error err = {0};
    char line[1024], text[256];
    uint32_t n;
    static const char no_points[] =
        "{\"format\": 1, \"rig\": \"box\", \"output\": \"water\", \"date\": \"x\", \"pulses\": 1, "
        "\"valid_days\": 1, \"points\": [1, 2, 3, 4]}";
    static const char *const bad[] = {"", "[]", "{\"format\": 2}", "{\"format\": 1, \"rig\": \"box\"}", no_points};
    store(&err);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct config config = config_with_valve();
        snprintf(text, sizeof text, "%s", bad[i]);
        scratch_write(scratch_path("data/rigs/box/valve-water.json"), text, strlen(text));
        assert_false(calibration_apply(&config, date_ns, &n, &err));
        assert_non_null(strstr(error_line(&err, line, sizeof line), "valve-water.json: "));
        assert_int_equal(error_exit_status(&err), 2);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(points_on_a_parabola_give_it_back),
    cmocka_unit_test(what_was_weighed_wrong_is_refused),
    cmocka_unit_test(without_a_calibration_the_rigs_own_table_holds),
    cmocka_unit_test(a_calibration_takes_the_place_of_the_rigs_table_and_no_more),
    cmocka_unit_test(a_stale_calibration_is_refused),
    cmocka_unit_test(a_damaged_file_is_refused),
};

TEST_MAIN(tests)
