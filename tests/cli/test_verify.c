/* replay --verify on sessions of the simulated rig, through the program's own entry: same, changed, added to. */
#include "tests/cli/entry.h"
#include "tests/test.h"
#include "tests/unit/journaled.h"
#include <jansson.h>

#define REPLAY(...) ENTRY_CALL("replay", __VA_ARGS__)

static json_t *answer(void)
{
    json_t *json = json_loads(entry_out, 0, NULL);
    assert_non_null(json);
    return json;
}

static json_int_t whole(json_t *json, const char *key)
{
    assert_true(json_is_integer(json_object_get(json, key)));
    return json_integer_value(json_object_get(json, key));
}

static void the_same_session_is_identical(void **state)
{
    (void)state;
    char line[128];
    assert_int_equal(REPLAY(journaled_folder(), "--verify"), 0);
    snprintf(line, sizeof line, "replay identical: %lld ticks, %lld decisions\n", (long long)journaled.ticks,
             (long long)journaled.entries);
    assert_true(strncmp(entry_out, line, strlen(line)) == 0);
    assert_null(strstr(entry_out, "recover")); /* it ended in order */
    assert_string_equal(entry_err, "");
}

static void the_same_in_json(void **state)
{
    (void)state;
    assert_int_equal(REPLAY(journaled_folder(), "--verify", "--json"), 0);
    json_t *json = answer();
    assert_int_equal(whole(json, "mismatches"), 0);
    assert_true(json_is_null(json_object_get(json, "first_mismatch")));
    assert_int_equal(whole(json, "ticks"), journaled.ticks);
    assert_int_equal(whole(json, "decisions"), journaled.entries);
    json_decref(json);
}

static void a_changed_decision_ends_with_status_3_and_its_place(void **state)
{
    (void)state;
    char line[512];
    journaled_folder();
    const char *copy = journaled_copy("changed.phj", &journaled.reward_tick, journaled_change_reward);
    assert_int_equal(REPLAY(copy, "--verify"), 3);
    snprintf(line, sizeof line, "%s: tick %lld, reward, decisions[%u].value = 4: expected 3.5, as recorded\n", copy,
             (long long)journaled.reward_tick, (unsigned)journaled.reward_place);
    assert_string_equal(entry_err, line);
    assert_true(strncmp(entry_out, "replay differs: in 1 of ", strlen("replay differs: in 1 of ")) == 0);
}

static void a_changed_decision_in_json(void **state)
{
    (void)state;
    const char *copy = journaled_copy("changed.phj2", &journaled.reward_tick, journaled_change_reward);
    assert_int_equal(REPLAY(copy, "--verify", "--json"), 3);
    json_t *json = answer(), *first = json_object_get(json, "first_mismatch");
    assert_int_equal(whole(json, "mismatches"), 1);
    assert_int_equal(whole(first, "tick"), journaled.reward_tick);
    assert_string_equal(json_string_value(json_object_get(first, "recorded")), "3.5");
    assert_string_equal(json_string_value(json_object_get(first, "now")), "4");
    json_decref(json);
}

static void without_verify_nothing_is_compared(void **state)
{
    (void)state;
    const char *copy = journaled_copy("unlooked.phj", &journaled.reward_tick, journaled_change_reward);
    assert_int_equal(REPLAY(copy, "--json", "--model", "null_mean"), 0);
    json_t *json = answer();
    assert_true(json_is_null(json_object_get(json, "mismatches")));
    assert_int_equal(json_array_size(json_object_get(json, "models")), 2);
    json_decref(json);
}

static void a_session_without_an_end_is_verified_and_named(void **state)
{
    (void)state;
    const char *copy = journaled_copy("open.phj", &journaled.reward_tick, NULL);
    assert_int_equal(REPLAY(copy, "--verify"), 0);
    assert_non_null(strstr(entry_out, "replay identical: "));
    assert_non_null(strstr(entry_out, "the journal has no close record: phasic recover"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_same_session_is_identical),
    cmocka_unit_test(the_same_in_json),
    cmocka_unit_test(a_changed_decision_ends_with_status_3_and_its_place),
    cmocka_unit_test(a_changed_decision_in_json),
    cmocka_unit_test(without_verify_nothing_is_compared),
    cmocka_unit_test(a_session_without_an_end_is_verified_and_named),
};

TEST_MAIN(tests)
