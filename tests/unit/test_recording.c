#include "engine/base/units.h"
#include "session/journal.h"
#include "session/recording.h"
#include "tests/test.h"
#include "tests/unit/frames.h"
#include "tests/unit/scratch.h"

enum { TICKS = 300 };

static struct frames frames;

static void expect_ok(bool ok, const struct error *err)
{
    char line[512];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

/* Records the ticks of `seed`, and flips a byte at the end if asked to. */
static const char *record(bool damaged)
{
    struct journal_writer *writer;
    struct error err = {0};
    static int number;
    char name[32];
    snprintf(name, sizeof name, "recording%d.phj", number++);
    const char *path = scratch_path(name);
    frames_init(&frames, test_seed, false);
    expect_ok(journal_create(&writer, path, JOURNAL_RUN, &frames.config, &err), &err);
    for (size_t i = 0; i < TICKS; i++) {
        frames_next(&frames);
        expect_ok(journal_add_tick(writer, &frames.in, &frames.out, &frames.times, &err), &err);
        if (i % 20 == 19)
            expect_ok(journal_flush(writer, i, i % 100 == 99, false, &err), &err);
    }
    expect_ok(journal_finish(writer, 0, &err), &err);
    if (damaged) {
        size_t n;
        uint8_t *bytes = scratch_read(path, &n);
        bytes[n - 1] ^= 1;
        scratch_write(path, bytes, n);
        free(bytes);
    }
    return path;
}

/* Keeps what belongs to one device. */
static void only(const struct frame_in *all, uint32_t device, struct frame_in *part)
{
    *part = *all;
    part->n_edges = part->n_status = part->n_applied = part->n_commands = part->n_dropped = 0;
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX; i++)
        if (frames.config.channels[i].device != device)
            part->samples[i].n = 0;
    for (uint32_t i = 0; i < all->n_edges; i++)
        if (frames.config.inputs[all->edges[i].input].device == device)
            part->edges[part->n_edges++] = all->edges[i];
    for (uint32_t i = 0; i < all->n_status; i++)
        if (all->status[i].device == device)
            part->status[part->n_status++] = all->status[i];
}

static void each_device_gets_its_own_in_the_tick_it_had_it(void **state)
{
    (void)state;
    struct recording *recording;
    struct error err = {0};
    static struct frame_in in, expected;
    static const struct frame_out out;
    static const struct record_times times;
    expect_ok(recording_open(&recording, record(false), &err), &err);
    const struct driver_recording *source = recording_source(recording);
    frames_init(&frames, test_seed, false);
    int64_t n = -1;
    for (size_t i = 0; i < TICKS; i++) {
        frames_next(&frames);
        for (n++; n < frames.in.n; n++) /* ticks that were skipped then: nothing comes early */
            for (uint32_t device = 0; device < 2; device++) {
                frame_in_clear(&in);
                in.n = n;
                assert_true(source->read(source->context, device, &in));
                assert_int_equal(in.n_edges, 0);
                assert_int_equal(in.samples[device].n, 0);
            }
        for (uint32_t device = 0; device < 2; device++) {
            frame_in_clear(&in);
            in.n = n;
            in.due_ns = frames.in.due_ns;
            in.wake_ns = frames.in.wake_ns;
            assert_true(source->read(source->context, device, &in));
            only(&frames.in, device, &expected);
            frames_expect_same(&in, &out, &times, &expected, &out, &times);
        }
    }
    in.n = n + 1;
    frame_in_clear(&in);
    assert_false(source->read(source->context, 0, &in));
    assert_false(source->read(source->context, 1, &in));
    assert_false(source->read(source->context, 7, &in)); /* no such device */
    assert_false(recording_failed(recording, &err));
    recording_close(recording);
}

/* Ticks that the replay skips lose nothing, whatever comes in how many pieces. */
static void skipped_ticks_lose_nothing(void **state)
{
    (void)state;
    struct recording *recording;
    struct error err = {0};
    static struct frame_in in;
    uint64_t n_samples[2] = {0}, n_edges[2] = {0}, expected_samples[2] = {0}, expected_edges[2] = {0};
    int64_t last_ns = INT64_MIN;
    const char *path = record(false);
    frames_init(&frames, test_seed, false);
    for (size_t i = 0; i < TICKS; i++) {
        frames_next(&frames);
        for (uint32_t k = 0; k < FRAME_CHANNELS_MAX; k++)
            expected_samples[k % 2] += frames.in.samples[k].n;
        for (uint32_t k = 0; k < frames.in.n_edges; k++)
            expected_edges[frames.in.edges[k].input % 2]++;
    }
    expect_ok(recording_open(&recording, path, &err), &err);
    const struct driver_recording *source = recording_source(recording);
    bool more = true;
    for (in.n = 0; more; in.n += 97) {
        more = false;
        for (uint32_t device = 0; device < 2; device++) {
            frame_in_clear(&in);
            more |= source->read(source->context, device, &in);
            n_edges[device] += in.n_edges;
            for (uint32_t k = 0; k < FRAME_CHANNELS_MAX; k++)
                n_samples[device] += in.samples[k].n;
            if (device == 0 && in.samples[0].n > 0) {
                assert_true(in.samples[0].first_ns > last_ns);
                last_ns = in.samples[0].first_ns;
            }
        }
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(n_samples[i], expected_samples[i]);
        assert_int_equal(n_edges[i], expected_edges[i]);
        assert_true(n_edges[i] > 10);
    }
    recording_close(recording);
}

static void damage_ends_the_recording_with_an_error(void **state)
{
    (void)state;
    struct recording *recording;
    struct error err = {0};
    static struct frame_in in;
    expect_ok(recording_open(&recording, record(true), &err), &err);
    const struct driver_recording *source = recording_source(recording);
    in.n = 0;
    assert_true(source->read(source->context, 0, &in));
    bool more = true;
    while (more && in.n < 1000000) {
        in.n += 100;
        more = false;
        for (uint32_t device = 0; device < 2; device++) {
            frame_in_clear(&in);
            more |= source->read(source->context, device, &in);
        }
    }
    assert_false(more);
    assert_true(recording_failed(recording, &err));
    assert_int_equal(err.kind, ERROR_INPUT);
    recording_close(recording);
    recording_close(NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_device_gets_its_own_in_the_tick_it_had_it),
    cmocka_unit_test(skipped_ticks_lose_nothing),
    cmocka_unit_test(damage_ends_the_recording_with_an_error),
};
TEST_MAIN(tests)
