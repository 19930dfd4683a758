#include "cli/status_line.h"
#include "engine/base/units.h"
#include "tests/test.h"
#include <string.h>

static struct config config;
static struct shared_snapshot snapshot;

static int fresh(void **state)
{
    (void)state;
    config = (struct config){.has_task = 1, .n_signals = 1, .n_models = 1};
    strcpy(config.signals[0].name, "vta");
    snapshot = (struct shared_snapshot){.skipped_ticks = 2, .late_max_ns = 38 * US + 900};
    snapshot.view.now_ns = 12 * S;
    snapshot.view.trial = 3;
    strcpy(snapshot.view.state, "delay");
    snapshot.view.n_licks = 41;
    snapshot.view.n_rewards = 2;
    snapshot.view.reward_ul = 8.5;
    snapshot.view.signals[0].dff = 0.0124;
    snapshot.view.signals[0].trusted = 1;
    snapshot.view.models[0].predicted = -0.002;
    return 0;
}

static void a_running_task_is_one_line(void **state)
{
    (void)state;
    char line[256];
    assert_string_equal(status_line(&config, &snapshot, line, sizeof line),
                        "  12 s  trial 3 delay      licks 41  rewards 2 (8.5 ul)  vta dF/F +1.24 %, predicted -0.20 %  "
                        "late 38 us  skipped 2");
}

static void a_pause_says_why(void **state)
{
    (void)state;
    char line[256];
    static const struct {
        uint32_t paused;
        const char *words;
    } rows[] = {
        {1,          "  12 s  paused: by you  licks 41"                      },
        {2,          "  12 s  paused: the journal can't be written  licks 41"},
        {1 << 8 | 2, "  12 s  paused: the journal can't be written  licks 41"},
        {1 << 9,     "  12 s  paused: a device is away  licks 41"            },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snapshot.view.paused = rows[i].paused;
        status_line(&config, &snapshot, line, sizeof line);
        assert_memory_equal(line, rows[i].words, strlen(rows[i].words));
    }
}

static void a_recording_has_no_trials(void **state)
{
    (void)state;
    char line[256];
    config.has_task = 0;
    config.n_models = 0;
    snapshot.view.signals[0].trusted = 0;
    assert_string_equal(status_line(&config, &snapshot, line, sizeof line),
                        "  12 s  licks 41  vta dF/F +1.24 % (settling)  late 38 us  skipped 2");
}

static void a_line_is_cut_to_its_room(void **state)
{
    (void)state;
    char line[10];
    assert_string_equal(status_line(&config, &snapshot, line, sizeof line), "  12 s  t");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(a_running_task_is_one_line, fresh),
    cmocka_unit_test_setup(a_pause_says_why, fresh),
    cmocka_unit_test_setup(a_recording_has_no_trials, fresh),
    cmocka_unit_test_setup(a_line_is_cut_to_its_room, fresh),
};

TEST_MAIN(tests)
