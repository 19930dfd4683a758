/* replay: the driver's rules, and a made-up recording that comes out as it went in. */
#include "tests/test.h"

#include "drivers/replay.h"
#include "engine/base/units.h"
#include "tests/conformance/conformance.h"

/* A recording with 1 kHz on the usual rig's two channels (sample k at (k + 1) ms) and a lick every 200 ms. */
static struct tape {
    int64_t next_sample, next_edge, end_ns;
} tape;

static bool tape_read(void *context, uint32_t device, struct frame_in *in)
{
    struct tape *t = context;
    assert_int_equal(device, 2);
    const int64_t until_ns = in->n * MS, first = t->next_sample;
    uint32_t n = 0;
    for (; n < FRAME_SAMPLES_MAX && (first + n + 1) * MS <= until_ns; n++)
        in->samples[3].counts[n] = in->samples[5].counts[n] = (int32_t)(first + n);
    in->samples[3].first_ns = in->samples[5].first_ns = (first + 1) * MS;
    in->samples[3].period_ns = in->samples[5].period_ns = n > 1 ? MS : 0;
    in->samples[3].n = in->samples[5].n = n;
    t->next_sample += n;
    for (; t->next_edge * 100 * MS <= until_ns; t->next_edge++) {
        const int64_t t_ns = t->next_edge * 100 * MS;
        frame_edge_add(
            in, &(struct frame_edge){.t_ns = t_ns, .raw_ns = t_ns + 7, .input = 2, .rising = t->next_edge % 2 == 1});
    }
    frame_applied_add(in, 1, 1, until_ns); /* what the recorded session did */
    return until_ns < t->end_ns;
}

static const struct driver_recording recording = {.context = &tape, .read = tape_read};

static void make(struct conformance_rig *rig)
{
    tape = (struct tape){.next_edge = 1, .end_ns = INT64_MAX};
    rig->setup.recording = &recording;
}

static struct driver *open_tape(int64_t end_ns)
{
    static struct conformance_rig rig;
    struct driver *driver;
    struct error err = {0};
    conformance_usual_rig(&rig, &replay_driver);
    make(&rig);
    tape.end_ns = end_ns;
    assert_true(replay_driver.open(&driver, &rig.setup, &err));
    assert_true(replay_driver.start(driver, &err));
    return driver;
}

static struct frame_in in;

static void tick(struct driver *driver, int64_t n)
{
    frame_in_clear(&in);
    in.n = n;
    in.due_ns = in.wake_ns = n * MS;
    replay_driver.read(driver, &in);
}

static void the_recording_comes_out_as_it_went_in(void **state)
{
    (void)state;
    struct driver *driver = open_tape(S);
    tick(driver, 100);
    assert_int_equal(in.samples[5].n, 64);
    assert_int_equal(in.samples[5].first_ns, MS);
    assert_int_equal(in.samples[5].counts[63], 63);
    assert_int_equal(in.n_edges, 1);
    assert_int_equal(in.edges[0].t_ns, 100 * MS);
    assert_int_equal(in.edges[0].raw_ns, 100 * MS + 7);
    assert_int_equal(in.edges[0].rising, 1);
    replay_driver.close(driver);
}

static void what_the_recorded_session_applied_is_left_out(void **state)
{
    (void)state;
    struct driver *driver = open_tape(S);
    tick(driver, 1);
    assert_int_equal(in.n_applied, 0);
    replay_driver.close(driver);
}

static void the_end_of_the_recording_is_a_lost_device_once(void **state)
{
    (void)state;
    struct driver *driver = open_tape(100 * MS);
    for (int64_t n = 1; n < 100; n++) {
        tick(driver, n);
        assert_int_equal(in.n_status, 0);
    }
    tick(driver, 100);
    assert_int_equal(in.samples[3].n, 1); /* what came with the end is kept */
    assert_int_equal(in.n_status, 1);
    assert_int_equal(in.status[0].kind, FRAME_RECORDING_OVER);
    assert_int_equal(in.status[0].device, 2);
    assert_int_equal(in.status[0].value, 0);
    assert_int_equal(in.status[0].t_ns, 100 * MS);
    for (int64_t n = 101; n < 200; n++) {
        tick(driver, n);
        assert_int_equal(in.n_status + in.samples[3].n, 0);
    }
    replay_driver.close(driver);
}

static void without_a_recording_it_does_not_open(void **state)
{
    (void)state;
    static struct conformance_rig rig;
    struct driver *driver;
    struct error err = {0};
    conformance_usual_rig(&rig, &replay_driver);
    assert_false(replay_driver.open(&driver, &rig.setup, &err));
    assert_string_equal(err.expected, "a recorded session to read from");
    assert_null(driver);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_recording_comes_out_as_it_went_in),
    cmocka_unit_test(what_the_recorded_session_applied_is_left_out),
    cmocka_unit_test(the_end_of_the_recording_is_a_lost_device_once),
    cmocka_unit_test(without_a_recording_it_does_not_open),
};

int main(int argc, char **argv)
{
    const struct conformance_subject subject = {
        .ops = &replay_driver, .make = make, .unknown_line = UINT32_MAX, .has_edges = true};
    const int failed = test_run(argv[0], tests, sizeof tests / sizeof *tests, argc, argv);
    if (failed == 2)
        return 2; /* the command line was wrong */
    return conformance_run(&subject) != 0 || failed != 0;
}
