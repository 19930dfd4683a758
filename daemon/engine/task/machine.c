#include "engine/task/machine.h"
#include <assert.h>
#include <string.h>

void machine_init(struct machine *machine, const struct config *config)
{
    memset(machine, 0, sizeof *machine);
    machine->config = config;
    machine->wanted_ns = INT64_MIN;
}

void machine_plan(struct machine *machine, const struct trial *trial)
{
    machine->next = *trial;
    machine->has_next = true;
}

/* The order of events: by time, then kind, then id. */
static bool before(const struct machine_event *a, const struct machine_event *b)
{
    if (a->t_ns != b->t_ns)
        return a->t_ns < b->t_ns;
    return a->kind != b->kind ? a->kind < b->kind : a->id < b->id;
}

void machine_event(struct machine *machine, enum trial_event_kind kind, uint32_t id, int64_t t_ns)
{
    const struct machine_event event = {.t_ns = t_ns, .kind = kind, .id = id};
    if (machine->n_events == MACHINE_EVENTS_MAX) {
        machine->n_dropped++;
        return;
    }
    uint32_t i = machine->n_events++;
    for (; i > 0 && before(&event, &machine->events[i - 1]); i--)
        machine->events[i] = machine->events[i - 1];
    machine->events[i] = event;
}

static const struct trial_state *here(const struct machine *machine)
{
    return &machine->trial.states[machine->state];
}

static void act(struct machine *machine, const struct trial_action *action, int64_t cause_ns, int64_t now_ns,
                const struct machine_hands *hands, struct frame_out *out)
{
    const uint32_t id = action->target;
    switch ((enum trial_action_kind)action->kind) {
    case TRIAL_NOTHING:
        break;
    case TRIAL_CS: {
        const uint32_t output = machine->config->cues[id].output;
        if ((machine->lit >> id & 1) != 0)
            break;
        if (output != UINT32_MAX &&
            safety_on(hands->safety, output, INT64_MAX, 0.0, now_ns, cause_ns, out) != SAFETY_GRANTED)
            break;
        machine->lit |= 1u << id;
        frame_decide(out, FRAME_CUE, id, cause_ns, 1.0);
        break;
    }
    case TRIAL_DELIVER:
        if (safety_on(hands->safety, id, action->duration_ns, action->ul, now_ns, cause_ns, out) == SAFETY_GRANTED) {
            hands->reward_ul[id] = action->ul;
            frame_decide(out, FRAME_REWARD, id, cause_ns, action->ul);
        }
        break;
    case TRIAL_TRAIN:
        train_start(&hands->trains[id], id, now_ns, cause_ns, hands->safety, out);
        break;
    }
}

static void leave(struct machine *machine, int64_t t_ns, int64_t now_ns, const struct machine_hands *hands,
                  struct frame_out *out)
{
    for (uint32_t id = 0; machine->lit != 0 && id < machine->config->n_cues; id++)
        if ((machine->lit >> id & 1) != 0) {
            const uint32_t output = machine->config->cues[id].output;
            if (output != UINT32_MAX)
                safety_off(hands->safety, output, now_ns, t_ns, out);
            frame_decide(out, FRAME_CUE, id, t_ns, 0.0);
        }
    machine->lit = 0;
}

/* How late the news of the inputs that a state listens to may come. */
static int64_t settle_ns(const struct config *config, const struct trial_state *state)
{
    int64_t largest_ns = 0;
    for (uint32_t i = 0; i < state->n_on; i++) {
        const struct trial_on *on = &state->on[i];
        const bool of_input = on->event == TRIAL_ON_LICK || on->event == TRIAL_ON_RISE;
        if (of_input && config->inputs[on->id].late_ns > largest_ns)
            largest_ns = config->inputs[on->id].late_ns;
    }
    return largest_ns;
}

static void enter(struct machine *machine, uint32_t state, int64_t t_ns, int64_t now_ns,
                  const struct machine_hands *hands, struct frame_out *out)
{
    machine->state = state;
    machine->entered_ns = t_ns;
    machine->settle_ns = settle_ns(machine->config, here(machine));
    frame_decide(out, FRAME_STATE, state, t_ns, (double)machine->trial.number);
    const struct trial_state *st = here(machine);
    for (uint32_t i = 0; i < st->n_enter; i++)
        act(machine, &st->enter[i], t_ns, now_ns, hands, out);
}

/* Goes to `to` at logical time t_ns. */
static void go(struct machine *machine, uint32_t to, int64_t t_ns, int64_t now_ns, const struct machine_hands *hands,
               struct frame_out *out)
{
    leave(machine, t_ns, now_ns, hands, out);
    if (to != TRIAL_DONE) {
        enter(machine, to, t_ns, now_ns, hands, out);
        return;
    }
    machine->running = false;
    machine->last_state = machine->state;
    machine->ended_ns = t_ns;
    frame_decide(out, FRAME_TRIAL_END, machine->state, t_ns, (double)machine->n_licks);
}

/* The first row of the running state that answers the event; NULL if none does. */
static const struct trial_on *answer(const struct machine *machine, const struct machine_event *event)
{
    const struct trial_state *st = here(machine);
    for (uint32_t i = 0; i < st->n_on; i++)
        if (st->on[i].event == event->kind && st->on[i].id == event->id)
            return &st->on[i];
    return NULL;
}

static void take(struct machine *machine, struct machine_event *event)
{
    *event = machine->events[0];
    machine->n_events--;
    memmove(machine->events, machine->events + 1, machine->n_events * sizeof machine->events[0]);
}

/* Starts the waiting plan, dated from the last trial's end; from now if it was waited for and has to act at once. */
static void start(struct machine *machine, int64_t now_ns, const struct machine_hands *hands, struct frame_out *out)
{
    const bool waited = machine->wanted_ns != INT64_MIN;
    machine->has_next = false;
    machine->wanted_ns = INT64_MIN;
    if (machine->next.over != 0) {
        machine->over = true;
        return;
    }
    machine->trial = machine->next;
    machine->running = true;
    machine->number = machine->trial.number;
    machine->n_licks = 0;
    const bool late = waited && machine->trial.states[0].n_enter > 0;
    const int64_t start_ns = late ? now_ns : machine->ended_ns;
    machine->n_late_starts += late;
    frame_decide(out, FRAME_TRIAL_START, (uint32_t)machine->number, start_ns, (double)(start_ns - machine->ended_ns));
    enter(machine, 0, start_ns, now_ns, hands, out);
}

/* The earliest event. */
static void answer_event(struct machine *machine, int64_t now_ns, int *n_left, const struct machine_hands *hands,
                         struct frame_out *out)
{
    struct machine_event event;
    take(machine, &event);
    if (event.t_ns < machine->entered_ns) {
        machine->n_late++;
        frame_decide(out, FRAME_LATE, event.kind << 8 | event.id, event.t_ns, 0.0);
        return;
    }
    machine->n_licks += event.kind == TRIAL_ON_LICK;
    const struct trial_on *row = answer(machine, &event);
    if (row == NULL)
        return;
    act(machine, &row->action, event.t_ns, now_ns, hands, out);
    if (row->to != TRIAL_STAY) {
        (*n_left)--;
        go(machine, row->to, event.t_ns, now_ns, hands, out);
    }
}

/* One step: the earlier of the timer and the next event. False if nothing is due. */
static bool step(struct machine *machine, int64_t now_ns, int *n_left, const struct machine_hands *hands,
                 struct frame_out *out)
{
    const struct trial_state *st = here(machine);
    const int64_t timer_ns = st->after_ns == INT64_MAX ? INT64_MAX : machine->entered_ns + st->after_ns;
    if (machine->n_events > 0 && machine->events[0].t_ns < timer_ns) {
        answer_event(machine, now_ns, n_left, hands, out);
        return true;
    }
    if (timer_ns == INT64_MAX || now_ns - timer_ns < machine->settle_ns)
        return false;
    (*n_left)--;
    go(machine, st->after_to, timer_ns, now_ns, hands, out);
    return true;
}

void machine_tick(struct machine *machine, int64_t now_ns, const struct machine_hands *hands, struct frame_out *out)
{
    if (machine->n_dropped != machine->n_dropped_said)
        frame_decide(out, FRAME_EVENTS_DROPPED, 0, now_ns, (double)(machine->n_dropped - machine->n_dropped_said));
    machine->n_dropped_said = machine->n_dropped;
    for (int n_left = MACHINE_TRANSITIONS_MAX; n_left > 0 && !machine->over;) {
        if (!machine->running && machine->has_next)
            start(machine, now_ns, hands, out);
        if (!machine->running)
            break;
        if (!step(machine, now_ns, &n_left, hands, out))
            break;
    }
    if (machine->over)
        machine->n_events = 0;
    else if (!machine->running && !machine->has_next && machine->wanted_ns == INT64_MIN) {
        machine->wanted_ns = now_ns;
        frame_decide(out, FRAME_PLAN_WANTED, (uint32_t)machine->number + 1, now_ns,
                     machine->number == 0 ? -1.0 : (double)machine->last_state);
    }
}

void machine_interrupt(struct machine *machine, int64_t now_ns, const struct machine_hands *hands,
                       struct frame_out *out)
{
    machine->n_events = 0;
    if (!machine->running)
        return;
    leave(machine, now_ns, now_ns, hands, out);
    machine->running = false;
    machine->last_state = machine->state;
    machine->ended_ns = now_ns;
    frame_decide(out, FRAME_TRIAL_CUT, machine->state, now_ns, (double)machine->n_licks);
}

void machine_resume(struct machine *machine, int64_t now_ns)
{
    machine->n_events = 0;
    machine->ended_ns = now_ns;
    if (machine->wanted_ns != INT64_MIN)
        machine->wanted_ns = now_ns;
}

uint32_t machine_armed(const struct machine *machine)
{
    return machine->running ? here(machine)->arm : 0;
}

const char *machine_state(const struct machine *machine)
{
    return machine->running ? here(machine)->name : "";
}
