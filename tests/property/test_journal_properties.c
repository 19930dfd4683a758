/* journal: any ticks, flushed whenever, cut anywhere: what was flushed before the cut comes back as it was. */
#include "session/journal.h"
#include "tests/property/gen.h"
#include "tests/test.h"
#include "tests/unit/frames.h"
#include "tests/unit/scratch.h"
#include <unistd.h>

enum { TICKS_MAX = 60 };

struct tick {
    struct frame_in in;
    struct frame_out out;
    struct record_times times;
    size_t safe_bytes; /* the file's length once the tick was flushed; SIZE_MAX before */
};

static struct tick ticks[TICKS_MAX];

static bool say(struct gen *gen, const struct error *err)
{
    char line[512];
    return gen_say(gen, "%s", error_line(err, line, sizeof line));
}

static void flushed(uint64_t n, const char *path)
{
    const size_t bytes = scratch_size(path);
    for (uint64_t i = 0; i < n; i++)
        if (ticks[i].safe_bytes == SIZE_MAX)
            ticks[i].safe_bytes = bytes;
}

/* Writes `n` ticks, made from a seed. The file is complete but for its close record. */
static bool record(struct gen *gen, const char *path, uint64_t n)
{
    static struct frames frames;
    struct error err = {0};
    struct journal_writer *writer = NULL;
    frames_init(&frames, gen_below(gen, 1 << 20), gen_chance(gen, 50));
    unlink(path);
    if (!journal_create(&writer, path, JOURNAL_RUN, &frames.config, &err))
        return say(gen, &err);
    bool ok = true;
    for (uint64_t i = 0; i < n && ok; i++) {
        frames_next(&frames);
        ticks[i] = (struct tick){frames.in, frames.out, frames.times, SIZE_MAX};
        ok = journal_add_tick(writer, &frames.in, &frames.out, &frames.times, &err);
        if (ok && gen_chance(gen, 20)) {
            ok = journal_flush(writer, i + 1, gen_chance(gen, 30), false, &err);
            flushed(i + 1, path);
        }
    }
    if (!ok) {
        journal_abandon(writer);
        return say(gen, &err);
    }
    if (!journal_finish(writer, n, &err))
        return say(gen, &err);
    flushed(n, path);
    return true;
}

/* Reads the file from its beginning: ticks that are those written, at least the n_safe first ones. */
static bool read_back(struct gen *gen, const char *path, uint64_t n, uint64_t n_safe)
{
    struct error err = {0};
    struct journal_reader *reader;
    if (!journal_open(&reader, path, &err))
        return say(gen, &err);
    uint64_t n_read = 0;
    enum journal_event event = JOURNAL_END;
    bool ok = true;
    while ((ok = journal_next(reader, &event, &err)) && event == JOURNAL_TICK && n_read < n) {
        const struct tick *tick = &ticks[n_read++];
        frames_expect_same(journal_frame_in(reader), journal_frame_out(reader), journal_times(reader), &tick->in,
                           &tick->out, &tick->times);
    }
    journal_close(reader);
    if (!ok)
        return say(gen, &err);
    return (event == JOURNAL_END && n_read >= n_safe) ||
           gen_say(gen, "%u ticks of %u, of which %u were flushed", (unsigned)n_read, (unsigned)n, (unsigned)n_safe);
}

static bool what_is_written_is_read(struct gen *gen)
{
    const char *path = scratch_path("journal");
    const uint64_t n = gen_below(gen, TICKS_MAX);
    return record(gen, path, n) && read_back(gen, path, n, n);
}

static bool what_was_flushed_survives_a_cut(struct gen *gen)
{
    const char *path = scratch_path("cut");
    const uint64_t n = gen_below(gen, TICKS_MAX);
    if (!record(gen, path, 0))
        return false;
    const size_t front = scratch_size(path); /* header and config: without them there is no journal */
    if (!record(gen, path, n))
        return false;
    const size_t bytes = scratch_size(path);
    const size_t left = bytes - gen_below(gen, bytes - front + 1);
    uint64_t n_safe = 0;
    while (n_safe < n && ticks[n_safe].safe_bytes <= left)
        n_safe++;
    if (truncate(path, (off_t)left) != 0)
        return gen_say(gen, "the file can't be cut");
    return read_back(gen, path, n, n_safe);
}

static void any_ticks_come_back_as_they_were_written(void **state)
{
    (void)state;
    gen_check(what_is_written_is_read, test_seed, 300);
}

static void whatever_was_flushed_survives_a_cut(void **state)
{
    (void)state;
    gen_check(what_was_flushed_survives_a_cut, test_seed, 300);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(any_ticks_come_back_as_they_were_written),
    cmocka_unit_test(whatever_was_flushed_survives_a_cut),
};
TEST_MAIN(tests)
