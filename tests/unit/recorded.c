#include "tests/unit/recorded.h"
#include "session/folder.h"
#include "session/journal.h"
#include "tests/test.h"
#include "tests/unit/frames.h"
#include "tests/unit/scratch.h"
#include <sys/mman.h>

struct recorded recorded;

void recorded_ok(bool ok, const struct error *err)
{
    char line[1024];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

void recorded_begin(uint64_t seed)
{
    static struct frames frames;
    if (recorded.ring == NULL) {
        frames_init(&frames, seed, false);
        recorded.config = frames.config;
        for (int i = 0; i < RECORDED_TICKS; i++) {
            frames_next(&frames);
            recorded.ticks[i] = (struct recorded_tick){frames.in, frames.out, frames.times};
        }
        frames_trial(1, &recorded.trial);
        recorded.ring = mmap(NULL, sizeof(struct ring) + RECORDED_RING + 64, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        assert_true(recorded.ring != MAP_FAILED);
        recorded.n_pushed = (int *)(void *)((char *)recorded.ring + sizeof(struct ring) + RECORDED_RING);
    }
    ring_init(recorded.ring, RECORDED_RING);
    *recorded.n_pushed = 0;
}

/* What the core does: tick i with what stands before it. Pushed as a whole or, in a killed process, not at all. */
static void push_tick(int i)
{
    static uint64_t buffer[RECORD_TICK_MAX / 8 + 1];
    const struct recorded_tick *tick = &recorded.ticks[i];
    recorded.trial.number = i / 100 + 1;
    if (i % 100 == 0)
        assert_true(ring_push(recorded.ring, RECORD_PLAN, &recorded.trial, sizeof recorded.trial));
    if (i % 250 == 0)
        assert_true(ring_push(recorded.ring, RECORD_ANCHOR, &(struct record_anchor){i, 2 * i, 37},
                              sizeof(struct record_anchor)));
    const size_t n = record_pack_tick(&tick->in, &tick->out, &tick->times, buffer);
    assert_true(ring_push(recorded.ring, RECORD_TICK, buffer, (uint32_t)n));
    *recorded.n_pushed = i + 1;
}

void recorded_push(int n)
{
    while (*recorded.n_pushed < n)
        push_tick(*recorded.n_pushed);
}

void recorded_push_close(void)
{
    const struct record_close close = {.ticks = RECORDED_TICKS, .reason = FRAME_END_STOP};
    assert_true(ring_push(recorded.ring, RECORD_CLOSE, &close, sizeof close));
}

uint64_t recorded_waiting(void)
{
    return atomic_load(&recorded.ring->head) - atomic_load(&recorded.ring->tail);
}

const char *recorded_folder(const char *name)
{
    struct error err = {0};
    const char *folder = scratch_path(name);
    recorded_ok(folder_create(folder, &err), &err);
    return folder;
}

struct recorder *recorded_open(const char *folder)
{
    struct recorder *recorder;
    struct error err = {0};
    recorded_ok(recorder_open(&recorder, folder, &recorded.config, recorded.ring, &err), &err);
    return recorder;
}

void recorded_expect(const char *folder, int n, bool closed)
{
    char path[FOLDER_PATH_MAX];
    struct error err = {0};
    struct journal_reader *reader;
    enum journal_event event;
    int i = 0, n_anchors = 0;
    bool has_close = false;
    recorded_ok(folder_path(folder, FOLDER_JOURNAL, path, &err), &err);
    recorded_ok(journal_open(&reader, path, &err), &err);
    for (;;) {
        recorded_ok(journal_next(reader, &event, &err), &err);
        if (event == JOURNAL_END)
            break;
        assert_false(has_close);
        has_close = event == JOURNAL_CLOSE;
        if (event == JOURNAL_ANCHOR)
            assert_int_equal(journal_anchor(reader)->session_ns, 250 * n_anchors++);
        if (event != JOURNAL_TICK)
            continue;
        assert_true(i < n);
        const struct recorded_tick *tick = &recorded.ticks[i];
        frames_expect_same(journal_frame_in(reader), journal_frame_out(reader), journal_times(reader), &tick->in,
                           &tick->out, &tick->times);
        const struct trial *plan = journal_frame_in(reader)->plan;
        assert_int_equal(plan != NULL, i % 100 == 0);
        if (plan != NULL)
            assert_int_equal(plan->number, i / 100 + 1);
        i++;
    }
    assert_int_equal(i, n);
    assert_int_equal(n_anchors, (n + 249) / 250);
    assert_int_equal(has_close, closed);
    journal_close(reader);
}
