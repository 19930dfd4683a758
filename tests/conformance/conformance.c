#include "tests/test.h"

#include "tests/conformance/conformance.h"
#include <malloc.h>
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/base/kinds.h"
#include "engine/base/units.h"

enum { OUTSIDE = 30 }; /* an output that lies on another device */

static const struct conformance_subject *subject;
static struct conformance_rig rig;
static struct frame_in in, confirmed;
static struct driver *driver;
static pid_t core_pid; /* 0: none runs */

void conformance_usual_rig(struct conformance_rig *usual, const struct driver_ops *ops)
{
    *usual = (struct conformance_rig){
        .setup = {.name = "daq",                                       .seed = 1, .device = 2,                 .n_channels = 2,                                             .n_inputs = 1, .n_outputs = 5},
        .inputs = {{.index = 2, .line = 0, .is_lick = 1}                                                  },
        .outputs = {{0, 1, 1, 4, CONFIG_OUTPUT_VALVE, CONFIG_GUARD_DEVICE_TIMED},
                  {0, 1, 6, 5, CONFIG_OUTPUT_LASER, CONFIG_GUARD_DEVICE_TIMED},
                  {0, 1, 7, 0, CONFIG_OUTPUT_SOUND, CONFIG_GUARD_NONE},
                  {0, 50, 8, 0, CONFIG_OUTPUT_LED, CONFIG_GUARD_NONE},
                  {0, 50, 9, 1, CONFIG_OUTPUT_LED, CONFIG_GUARD_NONE}                                                                                                           },
    };
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX + 1; i++)
        usual->channels[i] = (struct driver_channel){.rate_hz = 1000,
                                                     .volts_per_count = ops->about.volts_per_count,
                                                     .volts_at_zero = ops->about.volts_at_zero,
                                                     .index = i == 0   ? 3
                                                              : i == 1 ? 5
                                                                       : 0,
                                                     .line = i};
    for (uint32_t i = 0; i < ops->n_options; i++)
        usual->setup.options[i] = ops->options[i].def;
    usual->setup.rate_hz = 1000;
    usual->setup.channels = usual->channels;
    usual->setup.inputs = usual->inputs;
    usual->setup.outputs = usual->outputs;
}

static void make_rig(void)
{
    conformance_usual_rig(&rig, subject->ops);
    if (subject->make != NULL)
        subject->make(&rig);
}

static void open_driver(void)
{
    struct error err = {0};
    char line[512];
    make_rig();
    if (!subject->ops->open(&driver, &rig.setup, &err))
        fail_msg("open: %s", error_line(&err, line, sizeof line));
    assert_non_null(driver);
}

static void start_driver(void)
{
    struct error err = {0};
    open_driver();
    assert_true(subject->ops->start(driver, &err));
}

static void end_core(void)
{
    kill(core_pid, SIGKILL);
    waitpid(core_pid, NULL, 0);
    core_pid = 0;
}

static int close_driver(void **state)
{
    (void)state;
    if (core_pid > 0)
        end_core(); /* its test failed half-way */
    subject->ops->close(driver);
    driver = NULL;
    return 0;
}

static void wait_for(int64_t t_ns)
{
    if (subject->wait != NULL)
        subject->wait(t_ns);
}

/* One tick at t_ns. */
static void tick(int64_t t_ns)
{
    wait_for(t_ns);
    frame_in_clear(&in);
    in.n = t_ns / MS;
    in.due_ns = in.n * MS;
    in.wake_ns = t_ns;
    subject->ops->read(driver, &in);
    assert_int_equal(in.n_dropped, 0);
}

static void write_output(const struct driver_output *output, double level, int64_t pulse_ns, int64_t now_ns)
{
    const struct frame_write write = {
        .cause_ns = now_ns, .pulse_ns = pulse_ns, .level = level, .output = output->index};
    wait_for(now_ns);
    subject->ops->write(driver, &write, 1, now_ns, &confirmed);
}

static double level(const struct driver_output *output, int64_t now_ns)
{
    wait_for(now_ns);
    return subject->ops->level(driver, output->index, now_ns);
}

static void assert_all_safe(int64_t now_ns)
{
    for (uint32_t i = 0; i < rig.setup.n_outputs; i++)
        assert_true(level(&rig.outputs[i], now_ns) == rig.outputs[i].safe_level);
}

static void all_on(int64_t now_ns)
{
    frame_in_clear(&confirmed);
    for (uint32_t i = 0; i < rig.setup.n_outputs; i++)
        write_output(&rig.outputs[i], rig.outputs[i].on_level, 0, now_ns);
}

static void opening_and_closing_can_be_repeated(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        open_driver();
        subject->ops->close(driver);
    }
    driver = NULL;
}

static void closing_and_stopping_need_nothing_open_or_started(void **state)
{
    (void)state;
    subject->ops->stop(NULL);
    subject->ops->close(NULL);
    open_driver();
    subject->ops->stop(driver);
    subject->ops->stop(driver);
}

static void assert_refused(void)
{
    struct error err = {0};
    driver = (struct driver *)1;
    assert_false(subject->ops->open(&driver, &rig.setup, &err));
    assert_null(driver);
    assert_int_not_equal(err.kind, ERROR_NONE);
    assert_true(err.what[0] != 0 && err.expected[0] != 0);
}

static void a_rig_with_more_lines_than_the_device_is_refused(void **state)
{
    (void)state;
    const struct driver_about *about = &subject->ops->about;
    const uint32_t most[] = {about->channels_max, about->inputs_max, about->outputs_max};
    uint32_t *const counts[] = {&rig.setup.n_channels, &rig.setup.n_inputs, &rig.setup.n_outputs};
    for (int i = 0; i < 3; i++) {
        make_rig();
        *counts[i] = most[i] + 1;
        assert_refused();
    }
}

static void a_sample_rate_out_of_range_is_refused(void **state)
{
    (void)state;
    const double bad_hz[] = {subject->ops->about.rate_hz_min / 2, subject->ops->about.rate_hz_max * 2, (double)NAN, -1};
    for (size_t i = 0; i < sizeof bad_hz / sizeof *bad_hz; i++) {
        make_rig();
        rig.setup.rate_hz = rig.channels[0].rate_hz = rig.channels[1].rate_hz = bad_hz[i];
        assert_refused();
    }
}

static void a_line_that_the_device_does_not_have_is_refused(void **state)
{
    (void)state;
    uint32_t *const lines[] = {&rig.channels[1].line, &rig.inputs[0].line, &rig.outputs[0].line};
    for (int i = 0; i < 3; i++) {
        make_rig();
        *lines[i] = subject->unknown_line;
        assert_refused();
    }
}

static void after_open_every_output_is_safe(void **state)
{
    (void)state;
    open_driver();
    assert_all_safe(0);
}

static void starting_twice_is_refused_and_works_again_after_a_stop(void **state)
{
    (void)state;
    struct error err = {0};
    start_driver();
    assert_false(subject->ops->start(driver, &err));
    assert_int_equal(err.kind, ERROR_DEVICE);
    subject->ops->stop(driver);
    assert_true(subject->ops->start(driver, &err));
}

/* Adds what `frame` confirms to the list; counts. */
static uint32_t collect(struct frame_applied *list, uint32_t n, const struct frame_in *frame)
{
    for (uint32_t i = 0; i < frame->n_applied; i++) {
        assert_true(n < 16);
        list[n++] = frame->applied[i];
    }
    return n;
}

static void a_write_is_confirmed_once_with_its_level_and_time(void **state)
{
    (void)state;
    const int64_t slack_ns = subject->ops->about.worst_case_write_ns;
    const double levels[] = {1, 1, 0, 30, 0};
    const int which[] = {0, 1, 0, 3, 1};
    struct frame_applied got[16];
    uint32_t n = 0;
    start_driver();
    for (int i = 0; i < 5; i++) {
        tick((10 * i + 10) * MS);
        n = collect(got, n, &in);
        frame_in_clear(&confirmed);
        write_output(&rig.outputs[which[i]], levels[i], 0, (10 * i + 10) * MS);
        n = collect(got, n, &confirmed);
    }
    for (int64_t t_ns = 51 * MS; t_ns <= 100 * MS + slack_ns; t_ns += MS) {
        tick(t_ns);
        n = collect(got, n, &in);
    }
    assert_int_equal(n, 5);
    for (int i = 0; i < 5; i++) {
        const int64_t written_ns = (10 * i + 10) * MS;
        assert_int_equal(got[i].output, rig.outputs[which[i]].index);
        assert_true(got[i].level == levels[i]);
        assert_true(got[i].t_ns >= written_ns && got[i].t_ns <= written_ns + slack_ns);
    }
}

static void a_written_level_stays_until_the_next_write(void **state)
{
    (void)state;
    start_driver();
    tick(10 * MS);
    all_on(10 * MS);
    tick(500 * MS);
    for (uint32_t i = 0; i < rig.setup.n_outputs; i++)
        assert_true(level(&rig.outputs[i], 500 * MS) == rig.outputs[i].on_level);
    write_output(&rig.outputs[0], 0, 0, 501 * MS);
    assert_true(level(&rig.outputs[0], 510 * MS) == 0);
    assert_true(level(&rig.outputs[1], 510 * MS) == rig.outputs[1].on_level);
}

static void a_write_for_another_device_is_ignored(void **state)
{
    (void)state;
    struct frame_applied got[16];
    start_driver();
    const struct frame_write writes[] = {
        {.level = 1, .output = OUTSIDE             },
        {.level = 1, .output = rig.outputs[1].index}
    };
    tick(10 * MS);
    frame_in_clear(&confirmed);
    subject->ops->write(driver, writes, 2, 10 * MS, &confirmed);
    uint32_t n = collect(got, 0, &confirmed);
    for (int64_t t_ns = 11 * MS; t_ns < 60 * MS; t_ns += MS) {
        tick(t_ns);
        n = collect(got, n, &in);
    }
    assert_int_equal(n, 1);
    assert_int_equal(got[0].output, rig.outputs[1].index);
}

static void a_timed_pulse_ends_without_any_further_call(void **state)
{
    (void)state;
    start_driver();
    tick(10 * MS);
    frame_in_clear(&confirmed);
    write_output(&rig.outputs[0], 1, 100 * MS, 10 * MS);
    assert_true(level(&rig.outputs[0], 60 * MS) == 1);
    assert_true(level(&rig.outputs[0], 160 * MS) == 0);
}

static void a_safe_request_makes_every_output_safe(void **state)
{
    (void)state;
    start_driver();
    tick(10 * MS);
    all_on(10 * MS);
    subject->ops->request_safe(driver, 20 * MS);
    tick(21 * MS);
    assert_all_safe(50 * MS);
}

static void stopping_makes_every_output_safe(void **state)
{
    (void)state;
    start_driver();
    tick(10 * MS);
    all_on(10 * MS);
    subject->ops->stop(driver);
    assert_all_safe(50 * MS);
}

/* Plays the core in a child process: starts, puts every output on, says so and then either closes or waits for its
 * end. Returns once the outputs are on (or closed again). */
static void fork_core(bool closes)
{
    int ready[2];
    char byte = 0;
    struct error err = {0};
    assert_int_equal(pipe(ready), 0);
    core_pid = fork();
    assert_true(core_pid >= 0);
    if (core_pid == 0) {
        if (!subject->ops->start(driver, &err))
            _exit(1);
        all_on(10 * MS);
        if (closes)
            subject->ops->close(driver);
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
}

static void the_keeper_makes_the_device_of_a_dead_core_safe(void **state)
{
    (void)state;
    open_driver();
    fork_core(false);
    end_core();
    for (uint32_t i = 0; i < rig.setup.n_outputs; i++)
        assert_true(level(&rig.outputs[i], 20 * MS) == rig.outputs[i].on_level);
    assert_true(subject->ops->force_safe(driver, 30 * MS));
    assert_all_safe(40 * MS);
    assert_true(subject->ops->force_safe(driver, 50 * MS)); /* the keeper sends it twice */
    assert_all_safe(60 * MS);
}

static void closing_leaves_every_output_safe(void **state)
{
    (void)state;
    open_driver();
    fork_core(true);
    assert_all_safe(20 * MS);
}

struct stream {
    int64_t last_ns, n;
};

static void follow(struct stream *stream, const struct driver_channel *channel)
{
    const struct frame_samples *samples = &in.samples[channel->index];
    const double period_ns = (double)S / channel->rate_hz;
    assert_true(samples->n <= FRAME_SAMPLES_MAX);
    if (samples->n == 0)
        return;
    assert_int_equal(samples->period_ns, samples->n < 2 ? 0 : llrint(period_ns));
    if (stream->n > 0)
        assert_true(fabs((double)(samples->first_ns - stream->last_ns) - period_ns) < 100); /* no gap, no overlap */
    stream->last_ns = samples->first_ns + (samples->n - 1) * samples->period_ns;
    stream->n += samples->n;
    assert_true(stream->last_ns <= in.wake_ns);
}

/* Ticks of 1 ms up to end_ns, with one late by 500 ms at late_ns; every channel has all its samples in order. */
static void read_streams(int64_t late_ns, int64_t end_ns)
{
    struct stream streams[FRAME_CHANNELS_MAX] = {{0}};
    start_driver();
    for (int64_t t_ns = MS; t_ns <= end_ns; t_ns += t_ns == late_ns ? 500 * MS : MS) {
        tick(t_ns);
        assert_int_equal(in.n_status, 0);
        for (uint32_t i = 0; i < rig.setup.n_channels; i++)
            follow(&streams[i], &rig.channels[i]);
    }
    for (uint32_t i = 0; i < rig.setup.n_channels; i++)
        assert_true(fabs((double)streams[i].n - units_s(end_ns) * rig.channels[i].rate_hz) <= 1);
}

static void samples_come_in_order_at_the_declared_rate(void **state)
{
    (void)state;
    read_streams(0, 2 * S);
}

static void a_tick_that_is_half_a_second_late_loses_no_sample(void **state)
{
    (void)state;
    read_streams(700 * MS, 2 * S);
}

static void edges_of_an_input_come_in_strict_order(void **state)
{
    (void)state;
    int64_t last_ns[FRAME_INPUTS_MAX] = {0};
    int level_now[FRAME_INPUTS_MAX] = {0};
    uint32_t n = 0;
    start_driver();
    frame_in_clear(&confirmed);
    for (int64_t t_ns = 4 * MS; t_ns <= 20 * S; t_ns += 4 * MS) {
        tick(t_ns);
        for (uint32_t i = 0; i < in.n_edges; i++, n++) {
            const struct frame_edge *edge = &in.edges[i];
            assert_true(edge->input < FRAME_INPUTS_MAX);
            assert_true(edge->t_ns > last_ns[edge->input] && edge->t_ns <= t_ns);
            assert_int_equal(edge->rising, !level_now[edge->input]); /* a line can't rise twice */
            last_ns[edge->input] = edge->t_ns;
            level_now[edge->input] = edge->rising;
        }
        if (t_ns % S == 0) {
            frame_in_clear(&confirmed);
            write_output(&rig.outputs[0], 1, 40 * MS, t_ns);
        }
        if (t_ns % S == 40 * MS)
            write_output(&rig.outputs[0], 0, 0, t_ns);
    }
    assert_true(!subject->has_edges || n > 20);
}

static void reading_and_writing_allocate_nothing(void **state)
{
    (void)state;
    start_driver();
    tick(MS);
    const struct mallinfo2 before = mallinfo2();
    for (int64_t t_ns = 2 * MS; t_ns < 3 * S; t_ns += MS) {
        tick(t_ns);
        frame_in_clear(&confirmed);
        write_output(&rig.outputs[t_ns / MS % 2], (double)(t_ns / MS % 4 / 2), 5 * MS, t_ns);
    }
    subject->ops->request_safe(driver, 3 * S);
    const struct mallinfo2 after = mallinfo2();
    assert_true(after.uordblks == before.uordblks && after.hblkhd == before.hblkhd);
}

enum { NEEDS_LEVEL = 1, NEEDS_TIMED = 2, NEEDS_LINES = 4 };

static const struct {
    struct CMUnitTest test;
    unsigned needs;
} suite[] = {
    {cmocka_unit_test_teardown(opening_and_closing_can_be_repeated,                    close_driver), 0                        },
    {cmocka_unit_test_teardown(closing_and_stopping_need_nothing_open_or_started,      close_driver), 0                        },
    {cmocka_unit_test_teardown(a_rig_with_more_lines_than_the_device_is_refused,       close_driver), 0                        },
    {cmocka_unit_test_teardown(a_sample_rate_out_of_range_is_refused,                  close_driver), 0                        },
    {cmocka_unit_test_teardown(a_line_that_the_device_does_not_have_is_refused,        close_driver), NEEDS_LINES              },
    {cmocka_unit_test_teardown(after_open_every_output_is_safe,                        close_driver), NEEDS_LEVEL              },
    {cmocka_unit_test_teardown(starting_twice_is_refused_and_works_again_after_a_stop, close_driver), 0                        },
    {cmocka_unit_test_teardown(a_write_is_confirmed_once_with_its_level_and_time,      close_driver), 0                        },
    {cmocka_unit_test_teardown(a_written_level_stays_until_the_next_write,             close_driver), NEEDS_LEVEL              },
    {cmocka_unit_test_teardown(a_write_for_another_device_is_ignored,                  close_driver), 0                        },
    {cmocka_unit_test_teardown(a_timed_pulse_ends_without_any_further_call,            close_driver), NEEDS_LEVEL | NEEDS_TIMED},
    {cmocka_unit_test_teardown(a_safe_request_makes_every_output_safe,                 close_driver), NEEDS_LEVEL              },
    {cmocka_unit_test_teardown(stopping_makes_every_output_safe,                       close_driver), NEEDS_LEVEL              },
    {cmocka_unit_test_teardown(the_keeper_makes_the_device_of_a_dead_core_safe,        close_driver), NEEDS_LEVEL              },
    {cmocka_unit_test_teardown(closing_leaves_every_output_safe,                       close_driver), NEEDS_LEVEL              },
    {cmocka_unit_test_teardown(samples_come_in_order_at_the_declared_rate,             close_driver), 0                        },
    {cmocka_unit_test_teardown(a_tick_that_is_half_a_second_late_loses_no_sample,      close_driver), 0                        },
    {cmocka_unit_test_teardown(edges_of_an_input_come_in_strict_order,                 close_driver), 0                        },
    {cmocka_unit_test_teardown(reading_and_writing_allocate_nothing,                   close_driver), 0                        },
};

int conformance_run(const struct conformance_subject *tested)
{
    struct CMUnitTest tests[sizeof suite / sizeof *suite];
    size_t n = 0;
    subject = tested;
    const unsigned has = (subject->ops->level != NULL ? NEEDS_LEVEL : 0u) |
                         (subject->ops->about.device_timed ? NEEDS_TIMED : 0u) |
                         (subject->unknown_line != UINT32_MAX ? NEEDS_LINES : 0u);
    for (size_t i = 0; i < sizeof suite / sizeof *suite; i++)
        if ((suite[i].needs & ~has) == 0)
            tests[n++] = suite[i].test;
    return _cmocka_run_group_tests(subject->ops->name, tests, n, NULL, NULL);
}
