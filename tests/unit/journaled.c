#include "tests/unit/journaled.h"
#include "engine/base/rng.h"
#include "engine/base/units.h"
#include "engine/setting.h"
#include "session/folder.h"
#include "session/journal.h"
#include "tests/test.h"
#include "tests/unit/closed_loop.h"
#include "tests/unit/scratch.h"

static const int64_t SESSION_NS = 20 * S;

struct journaled journaled;

static void expect_ok(bool ok, const struct error *err)
{
    char line[1024];
    if (!ok)
        fail_msg("%s", error_line(err, line, sizeof line));
}

static void note_tick(int64_t n)
{
    const struct frame_out *out = &closed_loop.out;
    journaled.ticks++;
    journaled.entries += out->n_decisions + out->n_writes;
    for (uint32_t i = 0; i < out->n_decisions; i++) {
        journaled.settings += out->decisions[i].kind == FRAME_SETTING;
        journaled.refusals += out->decisions[i].kind == FRAME_SETTING_REFUSED;
        if (out->decisions[i].kind == FRAME_REWARD && journaled.reward_tick == 0) {
            journaled.reward_tick = n;
            journaled.reward_place = i;
        }
    }
    if (out->n_writes > 0 && journaled.reward_tick != 0 && n > journaled.reward_tick && journaled.write_tick == 0)
        journaled.write_tick = n;
}

static void add_tick(struct journal_writer *journal)
{
    struct error err = {0};
    const struct frame_in *in = &closed_loop.frames[0];
    const struct record_times times = {in->wake_ns, in->wake_ns};
    if (in->plan != NULL)
        expect_ok(journal_add_plan(journal, in->plan, &err), &err);
    expect_ok(journal_add_tick(journal, in, &closed_loop.out, &times, &err), &err);
}

/* In the 5000th tick somebody changes the trigger's threshold, and asks for something that is refused. */
static void change_live(void)
{
    struct error err = {0};
    struct frame_in *in = closed_loop_frame();
    in->n_commands = 2;
    in->commands[0] = (struct frame_command){.id = 1, .kind = FRAME_SET, .value = -1.5};
    in->commands[1] = (struct frame_command){.id = 2, .kind = FRAME_SET, .target = UINT32_MAX, .value = 1};
    expect_ok(setting_find(&closed_loop.config, "trigger.dip.threshold", &in->commands[0].target, &err), &err);
}

static void record(void)
{
    struct error err = {0};
    struct journal_writer *journal;
    struct rng rng;
    char path[FOLDER_PATH_MAX];
    expect_ok(folder_create(scratch_path("whole"), &err), &err);
    expect_ok(folder_path(scratch_path("whole"), FOLDER_JOURNAL, path, &err), &err);
    rng_init(&rng, 1, "late");
    closed_loop_open_for("protocols/pavlovian.lua", (const char *const[]){"iti=1s", NULL}, 3, SESSION_NS);
    expect_ok(journal_create(&journal, path, JOURNAL_RUN, &closed_loop.config, &err), &err);
    while (closed_loop.out.finished == 0) {
        const bool late = rng_uniform(&rng) < 0.01;
        if (late)
            closed_loop_skip(2);
        const int64_t n = closed_loop.n;
        if (journaled.ticks == 5000)
            change_live();
        closed_loop_tick(late ? 300 * US : 0);
        note_tick(n);
        add_tick(journal);
        if (journaled.ticks % 1000 == 0)
            expect_ok(journal_flush(journal, 0, true, false, &err), &err);
    }
    const struct record_close close = {
        .session_ns = SESSION_NS, .ticks = journaled.ticks, .reason = FRAME_END_DURATION};
    expect_ok(journal_add_close(journal, &close, &err), &err);
    expect_ok(journal_finish(journal, 0, &err), &err);
    (void)closed_loop_close(NULL);
}

const char *journaled_folder(void)
{
    if (journaled.ticks == 0)
        record();
    return scratch_path("whole");
}

const char *journaled_copy(const char *name, const int64_t *tick, void (*change)(struct frame_out *out))
{
    struct error err = {0};
    struct journal_reader *reader;
    struct journal_writer *writer;
    enum journal_event event = JOURNAL_TICK;
    static struct frame_out out;
    char path[FOLDER_PATH_MAX];
    const char *copy = scratch_path(name);
    expect_ok(folder_path(journaled_folder(), FOLDER_JOURNAL, path, &err), &err);
    expect_ok(journal_open(&reader, path, &err), &err);
    expect_ok(journal_create_like(&writer, copy, reader, &err), &err);
    bool stopped = false;
    while (event != JOURNAL_END && !stopped) {
        expect_ok(journal_next(reader, &event, &err), &err);
        if (event == JOURNAL_CLOSE)
            expect_ok(journal_add_close(writer, journal_close_record(reader), &err), &err);
        if (event != JOURNAL_TICK)
            continue;
        const struct frame_in *in = journal_frame_in(reader);
        out = *journal_frame_out(reader);
        stopped = in->n == *tick && change == NULL;
        if (in->n == *tick && !stopped)
            change(&out);
        if (!stopped && in->plan != NULL)
            expect_ok(journal_add_plan(writer, in->plan, &err), &err);
        if (!stopped)
            expect_ok(journal_add_tick(writer, in, &out, journal_times(reader), &err), &err);
    }
    journal_close(reader);
    expect_ok(journal_finish(writer, 0, &err), &err);
    return copy;
}

void journaled_change_reward(struct frame_out *out)
{
    out->decisions[journaled.reward_place].value = 3.5;
}
