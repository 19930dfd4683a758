/* windows: a million licks against a reference that knows all of them beforehand. Through builder and engine, two
 * spouts with a lateness each, licks on, before and after the windows' edges, several in a tick, some later than their
 * input declares, ticks of uneven length, plans that come late. No reward may be lost, early, late or double. */
#include "engine/base/units.h"
#include "engine/engine.h"
#include "engine/task/trial.h"
#include "realtime/builder.h"
#include "tests/property/gen.h"
#include "tests/test.h"
#include <stdlib.h>

enum { SPOUTS = 2, LICKS_MAX = 300, TICKS_MAX = 8000, TRIALS_MAX = 400, GRID_NS = 500000 };
enum { ITI, WINDOW, REWARD, MISS, STATES };
static const int64_t REFRACTORY_NS = 1 * MS;

struct lick_seen {
    int64_t t_ns, arrives_ns;
    uint32_t i_tick; /* it arrives with */
    bool kept;       /* not within the refractory time of the lick before it */
};

struct trial_story {
    int64_t after_ns[STATES];
    uint32_t plan_ticks; /* from the request to the plan */
};

struct found {
    int64_t t_ns; /* logical */
    uint32_t i_tick;
};

/* What happened, or should have. */
struct outcome {
    uint32_t n_rewards, n_ends, n_late;
    struct found rewards[TRIALS_MAX], ends[TRIALS_MAX];
    uint32_t licks[TRIALS_MAX];
};

static struct {
    struct config config;
    uint32_t n_licks[SPOUTS], n_ticks;
    struct lick_seen licks[SPOUTS][LICKS_MAX];
    struct trial_story trials[TRIALS_MAX];
    int64_t tick_ns[TICKS_MAX];
} story;
static struct outcome expected, got;
static uint64_t n_licks_all, n_rewards_all, n_late_all;

/* Making a story. Times lie on a grid, so that many of them are equal, or a nanosecond beside it. */

static int64_t on_grid(struct gen *gen, int64_t min_ns, int64_t max_ns)
{
    return gen_between(gen, min_ns / GRID_NS, max_ns / GRID_NS) * GRID_NS;
}

static void make_config(struct gen *gen)
{
    struct config *config = &story.config;
    *config = (struct config){.rig = "r",
                              .task = "t",
                              .animal = "a",
                              .period_ns = MS,
                              .duration_ns = INT64_MAX,
                              .has_task = 1,
                              .n_devices = 1,
                              .n_inputs = SPOUTS,
                              .n_outputs = 1};
    config->devices[0] = (struct config_device){.name = "d", .driver = "sim", .rate_hz = 1000};
    for (uint32_t i = 0; i < SPOUTS; i++)
        config->inputs[i] = (struct config_input){.name = {(char)('l' + i)},
                                                  .line = i,
                                                  .kind = CONFIG_INPUT_LICK,
                                                  .refractory_ns = REFRACTORY_NS,
                                                  .bout_gap_ns = S,
                                                  .late_ns = gen_chance(gen, 60) ? on_grid(gen, 0, 10 * MS) : 0};
    config->outputs[0] = (struct config_output){
        .name = "water",
        .kind = CONFIG_OUTPUT_VALVE,
        .on_level = 1,
        .max_on_ns = 100 * MS,
        .max_session_ul = 1e9,
        .n_opening = 2,
        .opening = {{.ul = 1, .open_ns = 100 * US}, {.ul = 2, .open_ns = 200 * US}}
    };
}

static void make_licks(struct gen *gen, uint32_t spout)
{
    const int64_t declared_ns = story.config.inputs[spout].late_ns;
    int64_t t_ns = 0, arrives_ns = 0;
    story.n_licks[spout] = (uint32_t)gen_below(gen, LICKS_MAX);
    for (uint32_t i = 0; i < story.n_licks[spout]; i++) {
        t_ns += gen_chance(gen, 70) ? on_grid(gen, GRID_NS, 8 * MS) : gen_between(gen, GRID_NS, 8 * MS);
        const int64_t dated_ns = t_ns + (gen_chance(gen, 10) ? gen_between(gen, 0, 2) - 1 : 0);
        int64_t late_ns = declared_ns > 0 ? gen_between(gen, 0, declared_ns) : 0;
        if (gen_chance(gen, 2))
            late_ns = gen_between(gen, 0, 30 * MS); /* no promise kept */
        arrives_ns = dated_ns + late_ns > arrives_ns ? dated_ns + late_ns : arrives_ns;
        story.licks[spout][i] = (struct lick_seen){.t_ns = dated_ns, .arrives_ns = arrives_ns};
    }
}

static void make_story(struct gen *gen)
{
    int64_t last_ns = 0, now_ns = 0;
    make_config(gen);
    for (uint32_t k = 0; k < SPOUTS; k++) {
        make_licks(gen, k);
        if (story.n_licks[k] > 0 && story.licks[k][story.n_licks[k] - 1].arrives_ns > last_ns)
            last_ns = story.licks[k][story.n_licks[k] - 1].arrives_ns;
    }
    for (uint32_t i = 0; i < TRIALS_MAX; i++) {
        struct trial_story *trial = &story.trials[i];
        trial->after_ns[ITI] = on_grid(gen, 20 * MS, 40 * MS);
        for (int k = WINDOW; k < STATES; k++)
            trial->after_ns[k] = on_grid(gen, 4 * MS, 20 * MS);
        trial->plan_ticks = gen_chance(gen, 20) ? 1 + (uint32_t)gen_below(gen, 4) : 1;
    }
    story.n_ticks = 0;
    while (now_ns < last_ns + 200 * MS && story.n_ticks < TICKS_MAX) {
        story.tick_ns[story.n_ticks++] = now_ns;
        now_ns += gen_chance(gen, 50) ? on_grid(gen, GRID_NS, 2 * MS) : gen_between(gen, GRID_NS, 3 * MS);
    }
}

/* The reference. */

static uint32_t first_tick(int64_t t_ns, uint32_t from)
{
    while (from < story.n_ticks && story.tick_ns[from] < t_ns)
        from++;
    return from;
}

static uint32_t later(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Which licks are licks, and when they arrive. */
static void reference_licks(void)
{
    for (uint32_t k = 0; k < SPOUTS; k++) {
        int64_t last_ns = -S;
        for (uint32_t i = 0; i < story.n_licks[k]; i++) {
            struct lick_seen *lick = &story.licks[k][i];
            lick->i_tick = first_tick(lick->arrives_ns, i > 0 ? lick[-1].i_tick : 0);
            lick->kept = lick->t_ns - last_ns >= REFRACTORY_NS;
            last_ns = lick->kept ? lick->t_ns : last_ns;
        }
    }
}

/* The lick that answers in the window [start, end) which was entered in tick `entered` and is closed in tick
 * answer->i_tick: the one that can be acted on first. Returns its spout; SPOUTS and answer as it was if none does. */
static uint32_t reference_answer(int64_t start_ns, int64_t end_ns, uint32_t entered, struct found *answer)
{
    const uint32_t closed = answer->i_tick;
    uint32_t spout = SPOUTS;
    for (uint32_t k = 0; k < SPOUTS; k++)
        for (uint32_t i = 0; i < story.n_licks[k]; i++) {
            const struct lick_seen *lick = &story.licks[k][i];
            const uint32_t at = later(lick->i_tick, entered);
            if (!lick->kept || lick->t_ns < start_ns || lick->t_ns >= end_ns || at > closed)
                continue;
            if (spout < SPOUTS && (at > answer->i_tick || (at == answer->i_tick && lick->t_ns >= answer->t_ns)))
                continue;
            spout = k;
            *answer = (struct found){.t_ns = lick->t_ns, .i_tick = at};
        }
    return spout;
}

/* The three transitions of trial `number` after `last`, the end of the one before. Returns the spout that answered. */
static uint32_t reference_trial(uint32_t number, struct found last, struct found steps[3])
{
    const struct trial_story *trial = &story.trials[number];
    const int64_t *late_ns = (const int64_t[]){story.config.inputs[0].late_ns, story.config.inputs[1].late_ns};
    const int64_t settle_ns = late_ns[0] > late_ns[1] ? late_ns[0] : late_ns[1];
    const int64_t start_ns = last.t_ns + trial->after_ns[ITI], end_ns = start_ns + trial->after_ns[WINDOW];
    const uint32_t begun = last.i_tick + (number == 0 ? 0 : trial->plan_ticks);
    steps[0] = (struct found){start_ns, later(begun, first_tick(start_ns, 0))};
    steps[1] = (struct found){end_ns, later(steps[0].i_tick, first_tick(end_ns + settle_ns, 0))};
    const uint32_t spout = reference_answer(start_ns, end_ns, steps[0].i_tick, &steps[1]);
    const int64_t done_ns = steps[1].t_ns + trial->after_ns[spout == 0 ? REWARD : MISS];
    steps[2] = (struct found){done_ns, later(steps[1].i_tick, first_tick(done_ns, 0))};
    return spout;
}

/* How many licks came when their state was over, and how many each trial had: those between the ends of the trial
 * before and its own that came before anything later had been decided. */
static void reference_counts(const struct found *steps, uint32_t n_steps)
{
    for (uint32_t k = 0; k < SPOUTS; k++)
        for (uint32_t i = 0; i < story.n_licks[k]; i++) {
            const struct lick_seen *lick = &story.licks[k][i];
            bool late = false;
            for (uint32_t j = 0; j < n_steps && steps[j].i_tick < lick->i_tick; j++)
                late |= steps[j].t_ns > lick->t_ns;
            expected.n_late += lick->kept && late;
            for (uint32_t j = 0; lick->kept && !late && j < expected.n_ends; j++)
                if (lick->t_ns < expected.ends[j].t_ns) {
                    expected.licks[j]++;
                    break;
                }
        }
}

static void reference(void)
{
    static struct found steps[TRIALS_MAX][3];
    uint32_t n = 0;
    memset(&expected, 0, sizeof expected);
    reference_licks();
    for (struct found last = {0}; n < TRIALS_MAX && last.i_tick < story.n_ticks; n++) {
        const uint32_t spout = reference_trial(n, last, steps[n]);
        last = steps[n][2];
        if (spout == 0 && steps[n][1].i_tick < story.n_ticks)
            expected.rewards[expected.n_rewards++] = steps[n][1];
        if (last.i_tick < story.n_ticks)
            expected.ends[expected.n_ends++] = last;
    }
    reference_counts(&steps[0][0], 3 * n);
}

/* The engine. */

static void make_plan(int64_t number, struct trial *plan)
{
    static const char *const names[] = {"iti", "window", "reward", "miss"};
    *plan = (struct trial){.number = number, .n_states = STATES};
    for (uint32_t i = 0; i < STATES; i++) {
        snprintf(plan->states[i].name, CONFIG_NAME, "%s", names[i]);
        plan->states[i].after_ns = story.trials[number - 1].after_ns[i];
        plan->states[i].after_to = i == ITI ? WINDOW : i == WINDOW ? MISS : TRIAL_DONE;
    }
    struct trial_state *window = &plan->states[WINDOW];
    window->n_on = 2;
    window->on[0] = (struct trial_on){.event = TRIAL_ON_LICK, .id = 0, .to = REWARD};
    window->on[1] = (struct trial_on){.event = TRIAL_ON_LICK, .id = 1, .to = MISS};
    plan->states[REWARD].n_enter = 1;
    plan->states[REWARD].enter[0] =
        (struct trial_action){.kind = TRIAL_DELIVER, .target = 0, .duration_ns = 100 * US, .ul = 1};
}

/* The edges that have arrived by tick i, the second spout's first: across inputs no order is promised. */
static void add_edges(struct frame_in *in, uint32_t i, uint32_t next[SPOUTS])
{
    for (uint32_t k = SPOUTS; k-- > 0;)
        for (; next[k] < story.n_licks[k] && story.licks[k][next[k]].arrives_ns <= story.tick_ns[i]; next[k]++) {
            const int64_t t_ns = story.licks[k][next[k]].t_ns;
            (void)frame_edge_add(in, &(struct frame_edge){.t_ns = t_ns, .raw_ns = t_ns, .input = k, .rising = 1});
        }
}

/* Takes in one tick's decisions. False: something that must not be. */
static bool note(struct gen *gen, const struct frame_out *out, uint32_t i, uint32_t *wanted)
{
    if (out->n_dropped > 0)
        return gen_say(gen, "decisions were dropped");
    for (uint32_t k = 0; k < out->n_decisions; k++) {
        const struct frame_decision *decision = &out->decisions[k];
        if (decision->kind == FRAME_LIMITED || decision->kind == FRAME_EVENTS_DROPPED || decision->kind == FRAME_END)
            return gen_say(gen, "%s at %lld", frame_decision_name(decision->kind), (long long)decision->t_ns);
        if (decision->kind == FRAME_REWARD)
            got.rewards[got.n_rewards++] = (struct found){decision->t_ns, i};
        got.n_late += decision->kind == FRAME_LATE && decision->id >> 8 == TRIAL_ON_LICK;
        if (decision->kind == FRAME_TRIAL_END) {
            got.licks[got.n_ends] = (uint32_t)decision->value;
            got.ends[got.n_ends++] = (struct found){decision->t_ns, i};
        }
        if (decision->kind == FRAME_PLAN_WANTED && decision->id <= TRIALS_MAX)
            *wanted = i + story.trials[decision->id - 1].plan_ticks;
    }
    return true;
}

static bool run(struct gen *gen, struct engine *engine)
{
    static struct frame_in frames[2];
    static struct frame_out out;
    static struct trial plan;
    struct builder builder;
    uint32_t next[SPOUTS] = {0}, wanted = 0, n_planned = 0;
    memset(&got, 0, sizeof got);
    builder_init(&builder);
    frame_in_clear(&frames[0]);
    for (uint32_t i = 0; i < story.n_ticks; i++) {
        struct frame_in *in = &frames[i % 2], *after = &frames[(i + 1) % 2];
        in->n = i;
        in->due_ns = in->wake_ns = story.tick_ns[i];
        add_edges(in, i, next);
        builder_order(&builder, in);
        if (i == wanted && n_planned < TRIALS_MAX) {
            make_plan(++n_planned, &plan);
            in->plan = &plan;
        }
        engine_tick(engine, in, &out);
        if (!note(gen, &out, i, &wanted))
            return false;
        frame_in_clear(after);
        for (uint32_t k = 0; k < out.n_writes; k++)
            (void)frame_applied_add(after, out.writes[k].output, out.writes[k].level, story.tick_ns[i]);
    }
    return true;
}

static bool same_found(struct gen *gen, const char *what, const struct found *a, const struct found *b, uint32_t n_a,
                       uint32_t n_b)
{
    for (uint32_t i = 0; i < n_a && i < n_b; i++)
        if (a[i].t_ns != b[i].t_ns || a[i].i_tick != b[i].i_tick)
            return gen_say(gen, "%s %u: expected at %lld in tick %u, got %lld in tick %u", what, i,
                           (long long)a[i].t_ns, a[i].i_tick, (long long)b[i].t_ns, b[i].i_tick);
    return n_a == n_b || gen_say(gen, "%s: expected %u, got %u", what, n_a, n_b);
}

static bool every_reward_comes_once_and_when_it_must(struct gen *gen)
{
    struct error err = {0};
    struct engine *engine;
    struct arena arena;
    char line[512];
    make_story(gen);
    const size_t size = (engine_size(&story.config, &err) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    void *memory = size > 0 ? aligned_alloc(ARENA_ALIGN, size) : NULL;
    if (memory == NULL)
        return gen_say(gen, "%s", error_line(&err, line, sizeof line));
    memset(memory, 0, size);
    arena_init(&arena, memory, size);
    const bool ran = engine_init(&engine, &story.config, &arena, &err) && run(gen, engine);
    free(memory);
    if (!ran)
        return false;
    reference();
    for (uint32_t k = 0; k < SPOUTS; k++)
        n_licks_all += story.n_licks[k];
    n_rewards_all += expected.n_rewards;
    n_late_all += expected.n_late;
    if (!same_found(gen, "reward", expected.rewards, got.rewards, expected.n_rewards, got.n_rewards) ||
        !same_found(gen, "trial end", expected.ends, got.ends, expected.n_ends, got.n_ends))
        return false;
    for (uint32_t i = 0; i < expected.n_ends; i++)
        if (expected.licks[i] != got.licks[i])
            return gen_say(gen, "trial %u: expected %u licks, got %u", i + 1, expected.licks[i], got.licks[i]);
    return expected.n_late == got.n_late || gen_say(gen, "expected %u late, got %u", expected.n_late, got.n_late);
}

static void of_a_million_licks_none_is_rewarded_wrongly(void **state)
{
    (void)state;
    gen_check(every_reward_comes_once_and_when_it_must, test_seed, 3600);
    print_message("# %llu licks, %llu rewards, %llu licks that came too late\n", (unsigned long long)n_licks_all,
                  (unsigned long long)n_rewards_all, (unsigned long long)n_late_all);
    assert_true(n_rewards_all > n_licks_all / 100); /* there was something to lose */
    assert_true(n_late_all > n_licks_all / 1000);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(of_a_million_licks_none_is_rewarded_wrongly),
};
TEST_MAIN(tests)
