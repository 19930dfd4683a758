/* setting: every path leads to its field and back; ranges by config_check's rows. */
#include "engine/base/units.h"
#include "engine/setting.h"
#include "tests/test.h"
#include "tests/unit/planner_case.h"
#include <math.h>

static struct config config;

static int fresh(void **state)
{
    (void)state;
    char text[2048];
    snprintf(text, sizeof text,
             "%strigger \"a.b\" { on = dff(\"vta\"), above = z(2), release = z(1) }\n"
             "trigger \"dip\" { on = residual(\"vta\", \"td_csc\"), below = z(-2) }\n"
             "function trial() return { state \"x\" { after = { sec(2), done } } } end",
             planner_case_uses);
    assert_string_equal(planner_case_task(text), "");
    config = planner_case.config;
    task_free(planner_case.task);
    planner_case.task = NULL;
    return 0;
}

static uint32_t target(const char *path)
{
    struct error err = {0};
    uint32_t found = 0;
    assert_true(setting_find(&config, path, &found, &err));
    return found;
}

static void a_path_leads_to_its_field_and_back(void **state)
{
    (void)state;
    char path[SETTING_NAME];
    assert_int_equal(target("trigger.a.b.threshold"), 0x01000000); /* names may have dots */
    assert_int_equal(target("trigger.dip.hold"), 0x01000104);
    assert_string_equal(setting_path(&config, 0x01000104, path), "trigger.dip.hold");
    assert_string_equal(setting_unit(&config, 0x01000104), "ns");
    assert_string_equal(setting_unit(&config, 0x01000000), "");
    assert_string_equal(setting_path(&config, target("model.vta.td_csc.alpha"), path), "model.vta.td_csc.alpha");
    assert_int_equal(setting_entry(target("model.vta.td_csc.alpha")), 1); /* models are sorted by name */
}

static void what_does_not_exist_is_not_found(void **state)
{
    (void)state;
    static const char *const paths[] = {"",
                                        "trigger",
                                        "trigger.dip",
                                        "trigger.dip.",
                                        "trigger.dip.thresh",
                                        "trigger.dop.threshold",
                                        "trigger.dip.threshold.x",
                                        "model.vta.td_csc",
                                        "model.vtb.td_csc.alpha",
                                        "laser.power"};
    char path[SETTING_NAME];
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct error err = {0};
        uint32_t found;
        assert_false(setting_find(&config, paths[i], &found, &err));
        assert_int_equal(err.kind, ERROR_USAGE);
    }
    static const uint32_t targets[] = {0, 0x01000200, 0x0100000b, 0x02000200, 0x03000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        assert_false(setting_exists(&config, targets[i]));
        assert_string_equal(setting_path(&config, targets[i], path), "");
        assert_false(setting_apply(&config, targets[i], 1));
    }
}

static void a_change_is_in_the_config(void **state)
{
    (void)state;
    assert_true(setting_apply(&config, target("trigger.dip.threshold"), -3.5));
    assert_true(config.triggers[1].threshold <= -3.5 && config.triggers[1].threshold >= -3.5);
    assert_true(setting_apply(&config, target("trigger.dip.hold"), 4e7));
    assert_int_equal(config.triggers[1].hold_ns, 40 * MS);
    assert_true(setting_apply(&config, target("trigger.dip.enabled"), 0));
    assert_int_equal(config.triggers[1].enabled, 0);
    assert_true(setting_apply(&config, target("trigger.dip.max_per"), 1e9));
    assert_true(setting_apply(&config, target("trigger.dip.max_n"), 5));
    assert_int_equal(config.triggers[1].max_n, 5);
    assert_true(setting_apply(&config, target("trigger.dip.max_count"), 4294967295.0)); /* no limit again */
}

static void what_is_out_of_range_changes_nothing(void **state)
{
    (void)state;
    const struct {
        const char *path;
        double value;
    } rows[] = {
        {"trigger.a.b.threshold", 0.5             }, /* below its release */
        {"trigger.a.b.release",   2.5             },
        {"trigger.a.b.sham",      1.01            },
        {"trigger.a.b.sham",      (double)NAN     },
        {"trigger.a.b.threshold", (double)INFINITY},
        {"trigger.a.b.hold",      -1              },
        {"trigger.a.b.hold",      0.5             }, /* no whole number of ns */
        {"trigger.a.b.hold",      1e30            },
        {"trigger.a.b.max_n",     5               }, /* no time that goes with it */
        {"trigger.a.b.max_n",     -1              },
        {"trigger.a.b.max_count", 5e9             },
        {"trigger.a.b.enabled",   2               },
    };
    const struct config before = config;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(setting_apply(&config, target(rows[i].path), rows[i].value));
        assert_memory_equal(&config.triggers, &before.triggers, sizeof before.triggers);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(a_path_leads_to_its_field_and_back, fresh),
    cmocka_unit_test_setup(what_does_not_exist_is_not_found, fresh),
    cmocka_unit_test_setup(a_change_is_in_the_config, fresh),
    cmocka_unit_test_setup(what_is_out_of_range_changes_nothing, fresh),
};
TEST_MAIN(tests)
