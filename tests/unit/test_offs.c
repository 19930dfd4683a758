#include "engine/base/units.h"
#include "realtime/offs.h"
#include "tests/test.h"

/* Outputs 0 and 1 on device 0, output 2 on device 1; all are safe at 0. */
static struct config config;
static struct shared shared;
static struct offs offs;

static int fresh(void **state)
{
    (void)state;
    memset(&config, 0, sizeof config);
    memset(&shared, 0, sizeof shared);
    config.n_devices = 2;
    config.n_outputs = 3;
    config.outputs[2].device = 1;
    offs_init(&offs, &config);
    return 0;
}

static void order(uint32_t output, double level, int64_t now_ns)
{
    const struct frame_out out = {.n_writes = 1, .writes = {{.level = level, .output = output}}};
    offs_order(&offs, &out, now_ns);
}

static void confirm(uint32_t output, double level, int64_t t_ns)
{
    struct frame_in in = {.n_applied = 1, .applied = {{.t_ns = t_ns, .level = level, .output = output}}};
    offs_confirm(&offs, &in);
}

static void say(uint32_t device, uint32_t kind)
{
    struct frame_in in = {.n_status = 1, .status = {{.device = device, .kind = kind}}};
    offs_confirm(&offs, &in);
}

static int64_t age_ns(uint32_t device, int64_t now_ns)
{
    offs_publish(&offs, now_ns, &shared);
    return atomic_load(&shared.off_age_ns[device]);
}

static void an_off_ages_until_it_is_confirmed(void **state)
{
    (void)state;
    assert_int_equal(age_ns(0, 50 * MS), 0);
    order(0, 1, 50 * MS);
    assert_int_equal(age_ns(0, 60 * MS), 0); /* an ON is nobody's concern */
    order(0, 0, 100 * MS);
    assert_int_equal(age_ns(0, 112 * MS), 12 * MS);
    confirm(0, 0, 101 * MS);
    assert_int_equal(age_ns(0, 113 * MS), 0);
}

static void written_again_it_is_no_younger(void **state)
{
    (void)state;
    order(0, 0, 100 * MS);
    order(0, 0, 105 * MS);
    assert_int_equal(age_ns(0, 110 * MS), 10 * MS);
}

static void what_was_confirmed_before_the_order_does_not_count(void **state)
{
    (void)state;
    order(0, 0, 100 * MS);
    confirm(0, 0, 99 * MS);
    confirm(0, 1, 101 * MS);
    confirm(1, 0, 101 * MS);
    assert_int_equal(age_ns(0, 110 * MS), 10 * MS);
}

static void each_device_has_its_oldest(void **state)
{
    (void)state;
    order(1, 0, 100 * MS);
    order(0, 0, 90 * MS);
    order(2, 0, 105 * MS);
    assert_int_equal(age_ns(0, 110 * MS), 20 * MS);
    assert_int_equal(age_ns(1, 110 * MS), 5 * MS);
}

static void a_device_that_is_away_is_not_waited_for(void **state)
{
    (void)state;
    order(0, 0, 100 * MS);
    say(0, FRAME_DEVICE_LOST);
    assert_int_equal(age_ns(0, 200 * MS), 0);
    assert_int_equal(atomic_load(&shared.away), 1);
    say(0, FRAME_DEVICE_BACK);
    assert_int_equal(age_ns(0, 300 * MS), 0); /* what was ordered meanwhile could not arrive */
    assert_int_equal(atomic_load(&shared.away), 0);
    order(0, 0, 300 * MS);
    assert_int_equal(age_ns(0, 311 * MS), 11 * MS);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(an_off_ages_until_it_is_confirmed, fresh),
    cmocka_unit_test_setup(written_again_it_is_no_younger, fresh),
    cmocka_unit_test_setup(what_was_confirmed_before_the_order_does_not_count, fresh),
    cmocka_unit_test_setup(each_device_has_its_oldest, fresh),
    cmocka_unit_test_setup(a_device_that_is_away_is_not_waited_for, fresh),
};
TEST_MAIN(tests)
