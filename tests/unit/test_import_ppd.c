#include "drivers/replay.h"
#include "planner/rig.h"
#include "planner/task.h"
#include "session/folder.h"
#include "session/import_ppd.h"
#include "session/journal.h"
#include "session/ppd.h"
#include "tests/test.h"
#include "tests/unit/scratch.h"
#include "wire/fields.h"
#include <math.h>

static const char recording[] = "tests/data/akam-ppd/m53_NAc_L-2019-11-24-093939.ppd";
static const char cues[] = "tests/data/akam-ppd/reward_cue_times.npy";

static void expect_ok(bool ok, const struct error *err)
{
    char line[512];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static void expect_near(double x, double expected, double tolerance)
{
    if (!(fabs(x - expected) <= tolerance))
        fail_msg("%.12g: expected %.12g", x, expected);
}

/* What a pass over the imported journal adds up. */
struct sums {
    uint64_t n_samples, n_events;
    double sum[2], sum_squares[2], first[2], last[2], min[2], max[2];
    int32_t counts[2][4];
    int64_t last_sample_ns, rising_ns[3][4], last_rising_ns[3];
    uint64_t n_rising[3]; /* digital1, digital2, cue */
    int64_t n_ticks;
};

static void add_sample(struct sums *sums, const struct frame_in *in, size_t i, double volts_per_count)
{
    const struct frame_samples *samples = &in->samples[i];
    assert_true(samples->n <= 1);
    if (samples->n == 0)
        return;
    const double v = samples->counts[0] * volts_per_count;
    const uint64_t k = sums->n_samples;
    if (k < 4)
        sums->counts[i][k] = samples->counts[0];
    if (k == 0)
        sums->first[i] = sums->min[i] = sums->max[i] = v;
    sums->last[i] = v;
    sums->sum[i] += v;
    sums->sum_squares[i] += (v - 1.45) * (v - 1.45);
    sums->min[i] = fmin(sums->min[i], v);
    sums->max[i] = fmax(sums->max[i], v);
    /* sample k is at k / 130 s; both channels share the time; it is in the first tick that is not before it */
    assert_int_equal(samples->first_ns, llround((double)k * 1e9 / 130));
    assert_true(samples->first_ns <= in->wake_ns && samples->first_ns > in->wake_ns - 1000000);
    sums->last_sample_ns = samples->first_ns;
}

static void sum_up(const char *folder, struct sums *sums)
{
    struct journal_reader *reader;
    struct error err = {0};
    char path[FOLDER_PATH_MAX];
    enum journal_event event = JOURNAL_TICK;
    *sums = (struct sums){0};
    expect_ok(folder_path(folder, FOLDER_JOURNAL, path, &err), &err);
    expect_ok(journal_open(&reader, path, &err), &err);
    assert_int_equal(journal_origin(reader), JOURNAL_IMPORT);
    const struct config *config = journal_config(reader);
    while (event != JOURNAL_END) {
        expect_ok(journal_next(reader, &event, &err), &err);
        if (event != JOURNAL_TICK)
            continue;
        const struct frame_in *in = journal_frame_in(reader);
        assert_int_equal(in->n, sums->n_ticks++);
        assert_int_equal(in->wake_ns, in->n * 1000000);
        for (size_t i = 0; i < 2; i++)
            add_sample(sums, in, i, config->channels[i].volts_per_count);
        sums->n_samples += in->samples[0].n;
        for (uint32_t i = 0; i < in->n_edges; i++) {
            const struct frame_edge *edge = &in->edges[i];
            if (edge->rising == 0)
                continue;
            if (sums->n_rising[edge->input] < 4)
                sums->rising_ns[edge->input][sums->n_rising[edge->input]] = edge->t_ns;
            sums->last_rising_ns[edge->input] = edge->t_ns;
            sums->n_rising[edge->input]++;
        }
    }
    struct journal_counts counts;
    journal_count(reader, &counts);
    assert_true(counts.closed);
    assert_int_equal(journal_close_record(reader)->ticks, sums->n_ticks);
    journal_close(reader);
}

/* Expected: tests/data/akam-ppd/README.md, computed by others with NumPy. */
static void a_real_recording_arrives_in_the_journal(void **state)
{
    (void)state;
    struct error err = {0};
    struct import_ppd_report report;
    struct sums sums;
    const struct import_ppd_options options = {recording, cues, scratch_path("real"), "test"};
    expect_ok(import_ppd(&options, &report, &err), &err);
    assert_string_equal(report.notice, "");
    assert_int_equal(report.samples, 705249);
    assert_int_equal(report.events, 137);
    sum_up(scratch_path("real"), &sums);
    assert_int_equal(sums.n_samples, 705249);
    assert_int_equal(report.ticks, sums.n_ticks);
    const int32_t words[2][4] = {
        {29716, 29744, 29508, 29776},
        {28364, 28262, 28360, 28552}
    };
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(sums.counts[i][k], words[i][k] / 2);
    expect_near((double)sums.last_sample_ns * 1e-9, 5424.984615, 5e-7);
    const double n = 705249;
    const double mean[2] = {1.478049386, 1.449147210}, sd[2] = {0.030050189, 0.016919417};
    const double first[2] = {1.50392676, 1.43550204}, last[2] = {1.43944962, 1.4681961};
    const double min[2] = {1.366774, 1.349971}, max[2] = {1.627415, 1.525790};
    for (size_t i = 0; i < 2; i++) {
        const double m = sums.sum[i] / n;
        expect_near(m, mean[i], 5e-10);
        expect_near(sqrt(sums.sum_squares[i] / n - (m - 1.45) * (m - 1.45)), sd[i], 5e-10);
        expect_near(sums.first[i], first[i], 1e-12);
        expect_near(sums.last[i], last[i], 1e-12);
        expect_near(sums.min[i], min[i], 5e-7);
        expect_near(sums.max[i], max[i], 5e-7);
    }
    const int64_t at[2][4] = {
        {3027, 5377, 7450, 9139},
        {2166, 3030, 3665, 3797}
    };
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(sums.rising_ns[i][k], llround((double)at[i][k] * 1e9 / 130));
    assert_int_equal(sums.n_rising[0], 137);
    assert_int_equal(sums.n_rising[1], 1046);
    assert_int_equal(sums.n_rising[2], 137);
    expect_near((double)sums.last_rising_ns[0] * 1e-9, 4975.276923, 5e-7);
    expect_near((double)sums.last_rising_ns[1] * 1e-9, 5414.492308, 5e-7);
    expect_near((double)sums.rising_ns[2][0] * 1e-9, 22.776840, 5e-7);
    expect_near((double)sums.rising_ns[2][1] * 1e-9, 40.860109, 5e-7);
    expect_near((double)sums.rising_ns[2][2] * 1e-9, 56.800317, 5e-7);
    expect_near((double)sums.last_rising_ns[2] * 1e-9, 4974.771898, 5e-7);
}

static void the_folder_says_what_was_imported_and_what_was_assumed(void **state)
{
    (void)state;
    static struct folder_session session;
    struct error err = {0};
    size_t n;
    expect_ok(folder_read_session_json(scratch_path("real"), &session, &err), &err);
    assert_string_equal(session.origin, "import");
    assert_string_equal(session.animal, "m53_NAc_L");
    assert_string_equal(session.started, "2019-11-24T09:39:39");
    assert_int_equal(session.n_assumptions, 1);
    assert_non_null(strstr(session.assumptions[0], "marks the reward"));
    char *task = (char *)scratch_read(scratch_path("real/task.lua"), &n);
    char *rig = (char *)scratch_read(scratch_path("real/rig.lua"), &n);
    assert_non_null(strstr(task, "-- An assumption:\n-- The pulse on digital input 1"));
    assert_non_null(strstr(task, "\nobserve \"cue\" { cs = \"A\" }\nobserve \"digital1\" { us = ul(4) }\n"));
    assert_non_null(strstr(task, "models = { td_csc = { step = ms(100) } }"));
    assert_non_null(strstr(rig, "device \"recording\" { driver = \"replay\", rate = hz(130) }\n"));
    assert_non_null(
        strstr(rig, "channel \"signal\" { device = \"recording\", line = 0, volts_per_count = 0.00010122 }\n"));
    assert_non_null(strstr(rig, "input \"cue\" { device = \"recording\", line = 8, sensor = \"event\" }\n"));
    free(task);
    free(rig);
    struct import_ppd_report report;
    const struct import_ppd_options again = {recording, cues, scratch_path("real"), "test"};
    assert_false(import_ppd(&again, &report, &err)); /* the folder is not empty any more */
    assert_int_equal(err.kind, ERROR_USAGE);
}

/* The folder's two Lua files, read by the planner, say what the config in the journal says. */
static void the_lua_files_and_the_journal_say_the_same(void **state)
{
    (void)state;
    static const struct driver_ops *const drivers[] = {&replay_driver};
    static struct config config;
    struct task *task;
    struct journal_reader *reader;
    struct error err = {0};
    char path[128], lua[64], journal[64];
    expect_ok(rig_load(scratch_path("real/rig.lua"), drivers, 1, &config, &err), &err);
    expect_ok(task_load(&task, scratch_path("real/task.lua"), NULL, 0, 0, &config, &err), &err);
    task_free(task);
    expect_ok(journal_open(&reader, scratch_path("real/journal.phj"), &err), &err);
    memcpy(config.animal, "m53_NAc_L", 10); /* that is neither the rig's nor the task's */
    if (fields_differ(&fields_config, &config, journal_config(reader), path, sizeof path, lua, journal, sizeof lua))
        fail_msg("config.%s: %s in Lua, %s in the journal", path, lua, journal);
    journal_close(reader);
}

/* A .ppd in memory. */
static size_t make(uint8_t *file, const char *json, const uint16_t *words, size_t n_words)
{
    const size_t length = strlen(json);
    file[0] = (uint8_t)length;
    file[1] = (uint8_t)(length >> 8);
    memcpy(file + 2, json, length);
    for (size_t i = 0; i < n_words; i++) {
        file[2 + length + 2 * i] = (uint8_t)words[i];
        file[3 + length + 2 * i] = (uint8_t)(words[i] >> 8);
    }
    return 2 + length + 2 * n_words;
}

#define VOLTS "\"volts_per_division\": [0.0001, 0.0002]"

/* Expected: by hand from the format's description in session/ppd.h. */
static void every_version_has_its_layout_of_words(void **state)
{
    (void)state;
    const uint16_t words[] = {21, 30, 41, 50, 61, 70, 81, 90, 101, 110, 121, 130};
    uint8_t file[512];
    struct ppd ppd;
    struct error err = {0};
    size_t n = make(file, "{\"version\": 0.3, \"sampling_rate\": 130, " VOLTS "}", words, 12);
    expect_ok(ppd_parse(file, n, "a.ppd", &ppd, &err), &err);
    assert_int_equal(ppd.n_frames, 6);
    assert_int_equal(ppd_sample(&ppd, 1, 0), 20);
    assert_int_equal(ppd_sample(&ppd, 1, 1), 25);
    assert_true(ppd_digital(&ppd, 1, 0));
    assert_false(ppd_digital(&ppd, 1, 1));
    assert_true(ppd.volts_per_count[0] == 0.0001 && ppd.volts_per_count[1] == 0.0002);

    n = make(file,
             "{\"version\": \"1.0.1\", \"sampling_rate\": 130, \"n_analog_signals\": 3, \"n_digital_signals\": 2, "
             "\"mode\": \"3EX_2EM_pulsed\", " VOLTS "}",
             words, 12);
    expect_ok(ppd_parse(file, n, "a.ppd", &ppd, &err), &err);
    assert_int_equal(ppd.n_frames, 4);
    assert_int_equal(ppd_sample(&ppd, 1, 2), 35);
    assert_false(ppd.pulsed);

    n = make(file,
             "{\"version\": \"1.1\", \"sampling_rate\": 130, \"n_analog_signals\": 2, \"n_digital_signals\": 1, "
             "\"mode\": \"2EX_1EM_pulsed\", \"ADC_max_value\": 1000, " VOLTS "}",
             words, 12);
    expect_ok(ppd_parse(file, n, "a.ppd", &ppd, &err), &err);
    assert_int_equal(ppd.n_frames, 3);
    assert_int_equal(ppd_sample(&ppd, 1, 0), 30 - 35); /* on minus off, and negative */
    assert_int_equal(ppd_sample(&ppd, 2, 1), 60 - 65);
    assert_true(ppd_digital(&ppd, 2, 0));
    expect_near(ppd.clip_v, 0.098, 1e-12);
}

static void a_cut_file_is_imported_and_says_so(void **state)
{
    (void)state;
    const uint16_t words[] = {20, 30, 41, 50, 61};
    uint8_t file[512];
    struct sums sums;
    struct error err = {0};
    struct import_ppd_report report;
    const size_t n =
        make(file, "{\"version\": 0.2, \"sampling_rate\": 130, \"volts_per_division\": [0.0001]}", words, 5);
    scratch_write(scratch_path("cut.ppd"), file, n - 1); /* an odd byte and half a frame */
    const struct import_ppd_options options = {scratch_path("cut.ppd"), NULL, scratch_path("cut"), "test"};
    expect_ok(import_ppd(&options, &report, &err), &err);
    assert_non_null(strstr(report.notice, "its last 1 bytes are left out"));
    assert_int_equal(report.samples, 2);
    assert_int_equal(report.edges, 1);
    sum_up(scratch_path("cut"), &sums);
    assert_int_equal(sums.n_ticks, 9); /* 1 / 130 s is in tick 8 */
    assert_int_equal(sums.n_rising[0], 1);
    assert_int_equal(sums.rising_ns[0][0], 7692308);
}

static void what_is_wrong_is_said_with_its_byte(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        size_t n_words;
        const char *line;
    } rows[] = {
        {"{\"version\": 0.2, ",                                                            2, "a.ppd: byte 19: ppd header: expected JSON"                      },
        {"[1]",                                                                            2, "a.ppd: byte 2: ppd header: expected a JSON object"              },
        {"{\"sampling_rate\": 0, " VOLTS "}",                                              2, "a.ppd: byte 3: sampling_rate = 0: expected 1..50000"            },
        {"{\"x\": 1, \"sampling_rate\": \"a\", " VOLTS "}",                                2,
         "a.ppd: byte 11: sampling_rate = no number: expected 1..50000"                                                                                        },
        {"{" VOLTS "}",                                                                    2, "a.ppd: byte 2: sampling_rate = absent: expected 1..50000"       },
        {"{\"sampling_rate\": 130, " VOLTS ", \"version\": \"x\"}",                        2,
         "a.ppd: byte 65: version: expected a version number such as 1.0"                                                                                      },
        {"{\"sampling_rate\": 130, " VOLTS ", \"version\": 1, \"n_analog_signals\": 0}",   2,
         "a.ppd: byte 79: n_analog_signals = 0: expected 1..8"                                                                                                 },
        {"{\"sampling_rate\": 130, " VOLTS ", \"version\": 1, \"n_analog_signals\": 1.5}", 2,
         "a.ppd: byte 79: n_analog_signals: expected a whole number"                                                                                           },
        {"{\"sampling_rate\": 130, \"volts_per_division\": [0]}",                          2,
         "a.ppd: byte 25: volts_per_division: expected a list of voltages: volts a count, above 0"                                                             },
        {"{\"sampling_rate\": 130, " VOLTS "}",                                            1, "a.ppd: byte 64: ppd samples = none: expected at least one frame"},
    };
    const uint16_t words[2] = {0};
    uint8_t file[512];
    struct ppd ppd;
    char line[512];
    struct error err = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t n = make(file, rows[i].json, words, rows[i].n_words);
        assert_false(ppd_parse(file, n, "a.ppd", &ppd, &err));
        assert_string_equal(error_line(&err, line, sizeof line), rows[i].line);
        assert_int_equal(error_exit_status(&err), 2);
    }
    file[0] = 0xff;
    file[1] = 0x7f;
    assert_false(ppd_parse(file, 100, "a.ppd", &ppd, &err));
    assert_string_equal(error_line(&err, line, sizeof line),
                        "a.ppd: byte 0: ppd header length = 32767: expected at most the file's length");
    assert_false(ppd_parse(file, 1, "a.ppd", &ppd, &err));
    assert_false(ppd_parse(file, 0, "a.ppd", &ppd, &err));
}

static void events_outside_the_recording_or_out_of_order_are_named(void **state)
{
    (void)state;
    static const char front[] = "\x93NUMPY\x01\x00\x40\x00"
                                "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }      \n";
    static const struct {
        double times[2];
        const char *line;
    } rows[] = {
        {{1, 5425},        "events[1] = 5425: expected 0..5424.984615 s, a time within the recording"},
        {{-0.5, 1},        "events[0] = -0.5: expected 0..5424.984615 s, a time within the recording"},
        {{2, 1},           "events[1] = 1: expected a time after events[0] = 2"                      },
        {{(double)NAN, 1}, "events[0] = nan: expected 0..5424.984615 s, a time within the recording" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t file[sizeof front - 1 + 16];
        char line[512], name[16];
        struct error err = {0};
        struct import_ppd_report report;
        memcpy(file, front, sizeof front - 1);
        memcpy(file + sizeof front - 1, rows[i].times, 16);
        scratch_write(scratch_path("events.npy"), file, sizeof file);
        snprintf(name, sizeof name, "events%zu", i);
        const struct import_ppd_options options = {recording, scratch_path("events.npy"), scratch_path(name), "test"};
        assert_false(import_ppd(&options, &report, &err));
        const char *found = error_line(&err, line, sizeof line);
        if (strstr(found, rows[i].line) == NULL)
            fail_msg("%s", found);
        assert_int_equal(error_exit_status(&err), 2);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_real_recording_arrives_in_the_journal),
    cmocka_unit_test(the_folder_says_what_was_imported_and_what_was_assumed),
    cmocka_unit_test(the_lua_files_and_the_journal_say_the_same),
    cmocka_unit_test(every_version_has_its_layout_of_words),
    cmocka_unit_test(a_cut_file_is_imported_and_says_so),
    cmocka_unit_test(what_is_wrong_is_said_with_its_byte),
    cmocka_unit_test(events_outside_the_recording_or_out_of_order_are_named),
};
TEST_MAIN(tests)
