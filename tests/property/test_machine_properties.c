/* machine: any legal trial, any events. The logical course must follow from trials and events alone: the same events
 * under other ticks give the same course, whatever the ticks' times are. */
#include "engine/base/units.h"
#include "engine/task/machine.h"
#include "tests/property/gen.h"
#include "tests/test.h"
#include <math.h>

enum { TRIALS = 6, STATES_MAX = 6, EVENTS_MAX = 200, COURSE_MAX = 4096, CUES = 3, LICK = 0, PORT = 1 };
static const int64_t SESSION_NS = 400 * MS;

struct event {
    int64_t t_ns, late_ns; /* arrives with the first tick from t_ns + late_ns on */
    uint32_t kind, id;
    bool arrived;
};

/* What one case is made of. */
struct story {
    struct config config;
    uint32_t n_events;
    struct event events[EVENTS_MAX];
    struct trial trials[TRIALS];
};

/* One machine that lives it. */
struct life {
    struct safety safety;
    struct train trains[CONFIG_TRAINS_MAX];
    double reward_ul[FRAME_OUTPUTS_MAX];
    struct machine machine;
    struct frame_out out;
    int64_t now_ns, newest_ns; /* newest_ns: logical time of the newest decision */
    uint32_t n_planned, lit;
    bool in_order; /* every event arrives before a later one does */
    uint32_t n_course;
    struct frame_decision course[COURSE_MAX]; /* states and trials */
};

static void make_config(struct config *config)
{
    *config =
        (struct config){.period_ns = MS, .n_outputs = 4, .n_inputs = 2, .n_cues = CUES, .n_trains = 1, .n_triggers = 1};
    for (uint32_t i = 0; i < 4; i++)
        config->outputs[i] = (struct config_output){
            .kind = CONFIG_OUTPUT_SOUND, .max_on_ns = 50 * MS, .max_session_ul = (double)INFINITY, .on_level = 1};
    config->outputs[0].kind = CONFIG_OUTPUT_VALVE;
    config->outputs[3].kind = CONFIG_OUTPUT_LASER;
    config->inputs[LICK].kind = CONFIG_INPUT_LICK;
    config->cues[0].output = 1;
    config->cues[1].output = 2;
    config->cues[2].output = UINT32_MAX;
    config->trains[0] =
        (struct config_train){.width_ns = 2 * MS, .period_ns = 10 * MS, .duration_ns = 30 * MS, .output = 3};
}

static struct trial_action make_action(struct gen *gen)
{
    switch (gen_below(gen, 4)) {
    case 1:
        return (struct trial_action){.kind = TRIAL_CS, .target = (uint32_t)gen_below(gen, CUES)};
    case 2:
        return (struct trial_action){.kind = TRIAL_DELIVER, .duration_ns = gen_between(gen, MS, 20 * MS), .ul = 1};
    case 3:
        return (struct trial_action){.kind = TRIAL_TRAIN};
    default:
        return (struct trial_action){.kind = TRIAL_NOTHING};
    }
}

static void make_trial(struct gen *gen, int64_t number, struct trial *trial)
{
    *trial = (struct trial){.number = number, .n_states = 1 + (uint32_t)gen_below(gen, STATES_MAX)};
    for (uint32_t i = 0; i < trial->n_states; i++) {
        struct trial_state *state = &trial->states[i];
        const uint32_t to = (uint32_t)gen_below(gen, trial->n_states + 1);
        snprintf(state->name, sizeof state->name, "s%u", i);
        state->after_ns = gen_between(gen, 500 * US, 30 * MS); /* no circle without time: it would never end */
        if (i == 0)
            state->after_ns += 45 * MS; /* longer than any plan is waited for: else it ends with a tick */
        state->after_to = to == trial->n_states ? TRIAL_DONE : to;
        state->n_enter = i == 0 ? 0 : (uint32_t)gen_below(gen, 4); /* a first state that acts begins with a tick */
        for (uint32_t k = 0; k < state->n_enter; k++)
            state->enter[k] = make_action(gen);
        state->n_on = (uint32_t)gen_below(gen, 4);
        for (uint32_t k = 0; k < state->n_on; k++) {
            const uint32_t on_to = (uint32_t)gen_below(gen, trial->n_states + 2);
            const uint32_t kind = 1 + (uint32_t)gen_below(gen, 3);
            state->on[k] = (struct trial_on){.event = kind,
                                             .id = kind == TRIAL_ON_RISE ? PORT : 0,
                                             .to = on_to == trial->n_states       ? TRIAL_STAY
                                                   : on_to == trial->n_states + 1 ? TRIAL_DONE
                                                                                  : on_to,
                                             .action = make_action(gen)};
        }
    }
}

static bool make_story(struct gen *gen, struct story *story)
{
    make_config(&story->config);
    for (int i = 0; i < TRIALS; i++) {
        struct error err = {0};
        char line[512];
        make_trial(gen, i + 1, &story->trials[i]);
        if (!trial_check(&story->trials[i], &story->config, &err))
            return gen_say(gen, "%s", error_line(&err, line, sizeof line));
    }
    story->n_events = (uint32_t)gen_below(gen, EVENTS_MAX);
    for (uint32_t i = 0; i < story->n_events; i++) {
        const uint32_t kind = 1 + (uint32_t)gen_below(gen, 3);
        story->events[i] = (struct event){
            .t_ns = gen_between(gen, 0, SESSION_NS), .kind = kind, .id = kind == TRIAL_ON_RISE ? PORT : 0};
        for (uint32_t k = 0; k < i; k++) /* ties are decided by arrival, which the ticks change */
            if (story->events[k].t_ns == story->events[i].t_ns)
                story->events[i].t_ns = INT64_MAX; /* never */
    }
    return true;
}

static bool is_course(uint32_t kind)
{
    return kind == FRAME_STATE || kind == FRAME_TRIAL_START || kind == FRAME_TRIAL_END;
}

static bool note_cue(struct gen *gen, struct life *life, const struct frame_decision *decision)
{
    const uint32_t bit = 1u << decision->id;
    if (((life->lit & bit) != 0) == (decision->value > 0))
        return gen_say(gen, "cue %u is switched %s twice", decision->id, decision->value > 0 ? "on" : "off");
    life->lit ^= bit;
    return true;
}

/* Looks at one tick's decisions; keeps the course. */
static bool note(struct gen *gen, struct life *life)
{
    int n_transitions = 0;
    for (uint32_t i = 0; i < life->out.n_decisions; i++) {
        const struct frame_decision *decision = &life->out.decisions[i];
        const bool logical = is_course(decision->kind) ||
                             (life->in_order && (decision->kind == FRAME_CUE || decision->kind == FRAME_REWARD));
        if (decision->t_ns > life->now_ns)
            return gen_say(gen, "a decision of the future");
        if (logical && decision->t_ns < life->newest_ns)
            return gen_say(gen, "%s goes back from %lld to %lld", frame_decision_name(decision->kind),
                           (long long)life->newest_ns, (long long)decision->t_ns);
        if (logical)
            life->newest_ns = decision->t_ns;
        n_transitions += decision->kind == FRAME_STATE || decision->kind == FRAME_TRIAL_END;
        n_transitions -= decision->kind == FRAME_TRIAL_START; /* its first state is no transition */
        if (decision->kind == FRAME_CUE && !note_cue(gen, life, decision))
            return false;
        if (is_course(decision->kind) && life->n_course < COURSE_MAX)
            life->course[life->n_course++] = *decision;
    }
    if (n_transitions > MACHINE_TRANSITIONS_MAX)
        return gen_say(gen, "%d transitions in a tick", n_transitions);
    if (life->lit != life->machine.lit)
        return gen_say(gen, "lit %x, said %x", life->machine.lit, life->lit);
    return life->out.n_dropped == 0 || gen_say(gen, "decisions were dropped");
}

static bool tick(struct gen *gen, struct story *story, struct life *life, int64_t now_ns)
{
    const struct machine_hands hands = {&life->safety, life->trains, life->reward_ul};
    const bool wanted = life->machine.wanted_ns != INT64_MIN;
    life->now_ns = now_ns;
    for (uint32_t i = 0; i < story->n_events; i++) {
        struct event *event = &story->events[i];
        if (event->arrived || event->t_ns > now_ns - event->late_ns)
            continue;
        event->arrived = true;
        machine_event(&life->machine, (enum trial_event_kind)event->kind, event->id, event->t_ns);
    }
    if (wanted) {
        struct trial *trial = &story->trials[life->n_planned % TRIALS];
        trial->number = ++life->n_planned;
        machine_plan(&life->machine, trial);
    }
    frame_out_clear(&life->out);
    int64_t end_ns;
    if (train_tick(&life->trains[0], 0, now_ns, &life->safety, &life->out, &end_ns))
        machine_event(&life->machine, TRIAL_ON_TRAIN_END, 0, end_ns);
    machine_tick(&life->machine, now_ns, &hands, &life->out);
    safety_tick(&life->safety, now_ns, &life->out);
    for (uint32_t i = 0; i < life->out.n_writes; i++)
        safety_applied(&life->safety, &(struct frame_applied){.t_ns = now_ns,
                                                              .level = life->out.writes[i].level,
                                                              .output = life->out.writes[i].output});
    return note(gen, life);
}

static void begin(struct story *story, struct life *life)
{
    memset(life, 0, sizeof *life);
    life->in_order = true;
    safety_init(&life->safety, &story->config);
    train_init(&life->trains[0], &story->config.trains[0], 1);
    machine_init(&life->machine, &story->config);
    for (uint32_t i = 0; i < story->n_events; i++)
        story->events[i].arrived = false;
}

/* Lives the story with ticks about `pace_ns` apart. */
static bool live(struct gen *gen, struct story *story, struct life *life, int64_t pace_ns)
{
    begin(story, life);
    for (int64_t now_ns = 0; now_ns < SESSION_NS; now_ns += gen_between(gen, pace_ns / 10, pace_ns))
        if (!tick(gen, story, life, now_ns))
            return false;
    for (int i = 0; i < 200; i++) /* what eight transitions a tick have left over */
        if (!tick(gen, story, life, SESSION_NS))
            return false;
    return true;
}

static bool the_course_does_not_depend_on_the_ticks(struct gen *gen)
{
    static struct story story;
    static struct life punctual, late;
    memset(&story, 0, sizeof story);
    if (!make_story(gen, &story) || !live(gen, &story, &punctual, MS) || !live(gen, &story, &late, 20 * MS))
        return false;
    if (punctual.machine.n_dropped + late.machine.n_dropped > 0)
        return gen_say(gen, "events were dropped");
    for (uint32_t i = 0; i < punctual.n_course && i < late.n_course; i++) {
        const struct frame_decision *a = &punctual.course[i], *b = &late.course[i];
        if (a->kind == FRAME_TRIAL_START && b->kind == FRAME_TRIAL_START && (a->value > 0 || b->value > 0))
            return true; /* the plan came when its interval was over: it begins with a tick */
        if (memcmp(a, b, sizeof *a) != 0)
            return gen_say(gen, "decision %u: %s %u at %lld, and %s %u at %lld", i, frame_decision_name(a->kind), a->id,
                           (long long)a->t_ns, frame_decision_name(b->kind), b->id, (long long)b->t_ns);
    }
    return punctual.n_course == late.n_course || gen_say(gen, "%u decisions, and %u", punctual.n_course, late.n_course);
}

/* Two machines side by side; events up to 10 ms late, so that some are older than their state. */
static bool late_events_break_nothing(struct gen *gen)
{
    static struct story story, again;
    static struct life one, two;
    memset(&story, 0, sizeof story);
    if (!make_story(gen, &story))
        return false;
    for (uint32_t i = 0; i < story.n_events; i++)
        story.events[i].late_ns = gen_chance(gen, 30) ? gen_between(gen, 0, 10 * MS) : 0;
    memcpy(&again, &story, sizeof again);
    begin(&story, &one);
    begin(&again, &two);
    one.in_order = two.in_order = false;
    for (int64_t now_ns = 0; now_ns < SESSION_NS; now_ns += gen_between(gen, 200 * US, 5 * MS)) {
        if (!tick(gen, &story, &one, now_ns) || !tick(gen, &again, &two, now_ns))
            return false;
        if (one.out.n_writes != two.out.n_writes || one.out.n_decisions != two.out.n_decisions ||
            memcmp(one.out.writes, two.out.writes, one.out.n_writes * sizeof one.out.writes[0]) != 0 ||
            memcmp(one.out.decisions, two.out.decisions, one.out.n_decisions * sizeof one.out.decisions[0]) != 0)
            return gen_say(gen, "the same inputs, but other outputs at %lld", (long long)now_ns);
    }
    return true;
}

static void the_logical_course_does_not_depend_on_the_ticks(void **state)
{
    (void)state;
    gen_check(the_course_does_not_depend_on_the_ticks, test_seed, 1500);
}

static void late_events_break_no_rule_and_equal_inputs_give_equal_outputs(void **state)
{
    (void)state;
    gen_check(late_events_break_nothing, test_seed, 1500);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_logical_course_does_not_depend_on_the_ticks),
    cmocka_unit_test(late_events_break_no_rule_and_equal_inputs_give_equal_outputs),
};
TEST_MAIN(tests)
