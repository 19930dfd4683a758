#include "engine/task/trial.h"
#include "tests/test.h"
#include <math.h>

static struct config config;
static struct trial trial;

/* A config with one of each, and a trial of two states that uses them all. */
static int fresh(void **state)
{
    (void)state;
    config = (struct config){.n_inputs = 2, .n_outputs = 2, .n_cues = 1, .n_triggers = 1, .n_trains = 1};
    config.inputs[0].kind = CONFIG_INPUT_LICK;
    config.inputs[1].kind = CONFIG_INPUT_DIGITAL;
    config.outputs[0] = (struct config_output){.kind = CONFIG_OUTPUT_VALVE, .max_on_ns = 100, .max_session_ul = 50};
    config.outputs[1].kind = CONFIG_OUTPUT_LASER;
    trial = (struct trial){.number = 1, .n_states = 2};
    trial.states[0] =
        (struct trial_state){.name = "a", .after_ns = 5, .after_to = 1, .arm = 1, .n_enter = 2, .n_on = 3};
    trial.states[0].enter[0].kind = TRIAL_CS;
    trial.states[0].enter[1] = (struct trial_action){.kind = TRIAL_DELIVER, .duration_ns = 100, .ul = 50};
    trial.states[0].on[0] = (struct trial_on){.event = TRIAL_ON_LICK, .to = TRIAL_STAY};
    trial.states[0].on[1] = (struct trial_on){.event = TRIAL_ON_RISE, .id = 1, .to = TRIAL_DONE};
    trial.states[0].on[2] = (struct trial_on){.event = TRIAL_ON_TRIGGER, .to = 1, .action.kind = TRIAL_TRAIN};
    trial.states[1] = (struct trial_state){.name = "b", .after_ns = INT64_MAX, .n_on = 1};
    trial.states[1].on[0] = (struct trial_on){.event = TRIAL_ON_LICK, .to = TRIAL_DONE};
    return 0;
}

static const char *check(void)
{
    static char line[512];
    struct error err = {0};
    const bool ok = trial_check(&trial, &config, &err);
    assert_int_equal(ok, err.kind == ERROR_NONE);
    return error_line(&err, line, sizeof line);
}

/* Sets one field, expects the line, and puts everything back. */
#define EXPECT(assignment, line)                                                                                       \
    do {                                                                                                               \
        assignment;                                                                                                    \
        assert_string_equal(check(), line);                                                                            \
        fresh(NULL);                                                                                                   \
    } while (0)

static void a_correct_trial_passes(void **state)
{
    (void)state;
    assert_string_equal(check(), "");
    trial = (struct trial){.number = 3, .over = 1};
    assert_string_equal(check(), "");
}

static void counts_are_checked_before_anything_is_read(void **state)
{
    (void)state;
    EXPECT(trial.number = 0, "trial.number = 0: expected at least 1");
    EXPECT(trial.over = 2, "trial.over = 2: expected 0..1");
    EXPECT(trial.over = 1, "trial.n_states = 2: expected of a trial that is over 0");
    EXPECT(trial.n_states = 0, "trial.n_states = 0: expected 1..32");
    EXPECT(trial.n_states = 33, "trial.n_states = 33: expected 1..32");
    EXPECT(trial.states[1].n_enter = 9, "trial.states[1].n_enter = 9: expected 0..8");
    EXPECT(trial.states[1].n_on = UINT32_MAX, "trial.states[1].n_on = 4294967295: expected 0..12");
    EXPECT(trial.states[1].n_exit = 5, "trial.states[1].n_exit = 5: expected 0..4");
    EXPECT(trial.n_timers = 9, "trial.n_timers = 9: expected 0..8");
    EXPECT(trial.fallback = 2, "trial.fallback = 2: expected 0..1");
}

static void names_are_texts(void **state)
{
    (void)state;
    EXPECT(trial.states[1].name[0] = '\0', "trial.states[1].name = 0: expected a length of 1..31");
    EXPECT(memset(trial.states[1].name, 'x', CONFIG_NAME), "trial.states[1].name = 32: expected a length of 1..31");
}

static void times_are_checked(void **state)
{
    (void)state;
    EXPECT(trial.states[0].after_ns = 3600000000000, "");
    EXPECT(trial.states[0].after_ns = 3600000000001,
           "trial.states[0].after_ns = 3.6e+12: expected no timer, or 0..3.6e+12");
    EXPECT(trial.states[0].after_ns = -1, "trial.states[0].after_ns = -1: expected no timer, or 0..3.6e+12");
    EXPECT(trial.states[0].after_to = 2, "trial.states[0].after_to = 2: expected done, or a state, below 2");
    EXPECT(trial.states[0].after_to = TRIAL_STAY, "trial.states[0].after_to = 254: expected done, or a state, below 2");
}

static void deliveries_fit_the_outputs_limits(void **state)
{
    (void)state;
    EXPECT(trial.states[0].enter[1].duration_ns = 101, "trial.states[0].deliver.duration_ns = 101: expected 1..100");
    EXPECT(trial.states[0].enter[1].duration_ns = 0, "trial.states[0].deliver.duration_ns = 0: expected 1..100");
    EXPECT(trial.states[0].enter[1].ul = 50.5, "trial.states[0].deliver.ul = 50.5: expected above 0, at most 50");
    EXPECT(trial.states[0].enter[1].ul = 0, "trial.states[0].deliver.ul = 0: expected above 0, at most 50");
    EXPECT(trial.states[0].enter[1].target = 1, "trial.states[0].deliver.target = 1: expected a valve, below 2");
    EXPECT(trial.states[0].enter[1].target = 2, "trial.states[0].deliver.target = 2: expected a valve, below 2");
    trial.states[0].enter[1].ul = (double)NAN;
    assert_int_not_equal(strlen(check()), 0);
    fresh(NULL);
    config.outputs[0].max_session_ul = trial.states[0].enter[1].ul = (double)INFINITY;
    assert_int_not_equal(strlen(check()), 0);
}

static void actions_and_events_exist(void **state)
{
    (void)state;
    EXPECT(trial.states[0].enter[0].kind = 8, "trial.states[0].action.kind = 8: expected 0..7");
    EXPECT(trial.states[0].enter[0].target = 1, "trial.states[0].cs.target = 1: expected a cue, below 1");
    EXPECT(trial.states[0].on[2].action.target = 1, "trial.states[0].train.target = 1: expected a train, below 1");
    EXPECT(trial.states[0].on[0].event = 0, "trial.states[0].on.event = 0: expected 1..11");
    EXPECT(trial.states[0].on[0].id = 1, "trial.states[0].on.id = 1: expected a lick input, below 2");
    EXPECT(trial.states[0].on[1].id = 0,
           "trial.states[0].on.id = 0: expected an input that is no lick sensor, below 2");
    EXPECT(trial.states[0].on[1].id = 2,
           "trial.states[0].on.id = 2: expected an input that is no lick sensor, below 2");
    EXPECT(trial.states[0].on[2].id = 1, "trial.states[0].on.id = 1: expected a trigger, below 1");
    EXPECT(trial.states[0].on[2].event = TRIAL_ON_TRAIN_END;
           trial.states[0].on[2].id = 1, "trial.states[0].on.id = 1: expected a train, below 1");
    EXPECT(trial.states[0].on[0].to = 2, "trial.states[0].on.to = 2: expected stay, done, or a state, below 2");
    EXPECT(trial.states[0].arm = 3, "trial.states[0].arm = 3: expected bits of the triggers, of which there are 1");
}

static void what_belongs_to_the_trial_exists(void **state)
{
    (void)state;
    EXPECT(trial.states[0].enter[0].kind = TRIAL_TIMER,
           "trial.states[0].timer.target = 0: expected a timer of the trial, below 0");
    EXPECT(trial.states[0].enter[0].kind = TRIAL_RESET,
           "trial.states[0].counter.target = 0: expected a counter, below 0");
    EXPECT(trial.states[0].on[0].event = TRIAL_ON_MESSAGE, "trial.states[0].on.id = 0: expected a message, below 0");
    EXPECT(trial.states[0].on[1].event = TRIAL_ON_BOUT_END,
           "trial.states[0].on.id = 1: expected a lick input, below 2");
    EXPECT(trial.states[0].on[1].from_ns = -1, "trial.states[0].on.from_ns = -1: expected 0..3.6e+12");
    EXPECT(trial.states[0].on[1].until_ns = -1, "trial.states[0].on.until_ns = -1: expected more than 0");
    EXPECT(trial.states[0].on[1].count = 1,
           "trial.states[0].on.count = 1: expected only with a counter, and then at least 1");
    trial.states[0].n_exit = 1;
    EXPECT(trial.states[0].exit[0].kind = TRIAL_CS,
           "trial.states[0].exit.kind = 1: expected an action that needs no state: other than 1");
}

static void timers_fit_their_outputs(void **state)
{
    (void)state;
    static const struct trial_timer good = {.name = "t", .on_ns = 200000, .off_ns = 1, .output = 1, .loops = 3};
    config.outputs[1].max_on_ns = 300000;
    trial.n_timers = 1;
    trial.timers[0] = good;
    assert_string_equal(check(), "");
    static const struct {
        struct trial_timer timer;
        const char *says;
    } rows[] = {
        {{.on_ns = 200000, .output = 1},                              "trial.timers[0].name = 0: expected a name"          },
        {{.name = "t", .on_ns = 99999, .output = 1},                  "trial.timers[0].on_ns = 99999: expected 100 us..1 h"},
        {{.name = "t", .on_ns = 300001, .output = 1},
         "trial.timers[0].on_ns = 300001: expected no longer than the output's max_on_ns"                                  },
        {{.name = "t", .on_ns = 200000, .delay_ns = -1, .output = 1}, "trial.timers[0].delay_ns = -1: expected 0..1 h"     },
        {{.name = "t", .on_ns = 200000, .off_ns = -1, .output = 1},   "trial.timers[0].off_ns = -1: expected 0..1 h"       },
        {{.name = "t", .on_ns = 200000, .output = 0},
         "trial.timers[0].output = 0: expected a sound, laser or digital output"                                           },
        {{.name = "t", .on_ns = 200000, .output = 2},
         "trial.timers[0].output = 2: expected a sound, laser or digital output"                                           },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        trial.timers[0] = rows[i].timer;
        assert_string_equal(check(), rows[i].says);
    }
    trial.timers[0] = good;
    trial.timers[0].output = UINT32_MAX;
    assert_string_equal(check(), "");
}

static void every_state_can_be_left(void **state)
{
    (void)state;
    EXPECT(trial.states[1].on[0].to = TRIAL_STAY,
           "trial.states[1].n_on = 1: expected a timer, or reactions that leave the state: at least 1");
    EXPECT(trial.states[1].n_on = 0,
           "trial.states[1].n_on = 0: expected a timer, or reactions that leave the state: at least 1");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(a_correct_trial_passes, fresh),
    cmocka_unit_test_setup(counts_are_checked_before_anything_is_read, fresh),
    cmocka_unit_test_setup(names_are_texts, fresh),
    cmocka_unit_test_setup(times_are_checked, fresh),
    cmocka_unit_test_setup(deliveries_fit_the_outputs_limits, fresh),
    cmocka_unit_test_setup(actions_and_events_exist, fresh),
    cmocka_unit_test_setup(what_belongs_to_the_trial_exists, fresh),
    cmocka_unit_test_setup(timers_fit_their_outputs, fresh),
    cmocka_unit_test_setup(every_state_can_be_left, fresh),
};

TEST_MAIN(tests)
