#include "engine/base/units.h"
#include "session/ending.h"
#include "tests/test.h"

static void expect(const struct record_close *close, const char *sentence)
{
    char text[ENDING_TEXT];
    ending_say(close, text);
    assert_string_equal(text, sentence);
}

static void each_reason_has_its_sentence(void **state)
{
    (void)state;
    char text[ENDING_TEXT];
    expect(&(struct record_close){.reason = FRAME_END_DURATION, .safe_after_ns = MS},
           "Its time was over. Outputs safe after 1 ms.");
    expect(&(struct record_close){.reason = FRAME_END_JOURNAL, .safe_after_ns = 400 * US},
           "The journal could not be written. Outputs safe after 0.4 ms.");
    for (uint32_t reason = FRAME_END_DURATION; reason <= FRAME_END_JOURNAL; reason++) {
        ending_say(&(struct record_close){.reason = reason}, text);
        assert_null(strstr(text, "unknown"));
    }
    expect(&(struct record_close){.reason = 99}, "For a reason unknown here. Outputs safe after 0 ms.");
}

static void a_death_names_its_signal(void **state)
{
    (void)state;
    expect(&(struct record_close){.reason = FRAME_END_CORE, .signal = 11, .safe_after_ns = 500 * US},
           "The core died by signal 11. Outputs safe after 0.5 ms.");
    expect(&(struct record_close){.reason = FRAME_END_CORE, .signal = 9},
           "The core died by signal 9, somebody's or the keeper's because it hung. Outputs safe after 0 ms.");
    expect(&(struct record_close){.reason = FRAME_END_DEVICE, .signal = 9, .safe_after_ns = -1},
           "A device did not confirm that an output is off. Outputs were not confirmed safe.");
}

static void without_a_close_record_nobody_was_left(void **state)
{
    (void)state;
    expect(NULL, "Nobody was left to say why: all processes were killed, or the power went.");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_reason_has_its_sentence),
    cmocka_unit_test(a_death_names_its_signal),
    cmocka_unit_test(without_a_close_record_nobody_was_left),
};
TEST_MAIN(tests)
