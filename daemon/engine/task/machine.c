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
    if (trial->number <= machine->number)
        return;
    machine->next = *trial;
    machine->has_next = true;
}

bool machine_repeat(struct machine *machine)
{
    if (machine->number == 0)
        return false;
    machine->next = machine->trial;
    machine->next.number = machine->number + 1;
    machine->next.fallback = 1;
    machine->has_next = true;
    return true;
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
    case TRIAL_TIMER:
        timer_start(&machine->timers[id], &machine->trial.timers[id], cause_ns, now_ns, hands->safety, out);
        break;
    case TRIAL_STOP:
        timer_stop(&machine->timers[id], &machine->trial.timers[id], cause_ns, now_ns, hands->safety, out);
        break;
    case TRIAL_COUNT:
        machine->counts[id]++;
        machine->counted_ns = cause_ns;
        break;
    case TRIAL_RESET:
        machine->counts[id] = 0;
        break;
    }
}

static void leave(struct machine *machine, int64_t t_ns, int64_t now_ns, const struct machine_hands *hands,
                  struct frame_out *out)
{
    const struct trial_state *st = here(machine);
    for (uint32_t i = 0; i < st->n_exit; i++)
        act(machine, &st->exit[i], t_ns, now_ns, hands, out);
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
        if (trial_event_of_input(on->event) && config->inputs[on->id].late_ns > largest_ns)
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
    for (uint32_t i = 0; i < machine->trial.n_timers; i++)
        timer_stop(&machine->timers[i], &machine->trial.timers[i], t_ns, now_ns, hands->safety, out);
    for (uint32_t i = 0; i < machine->config->n_counters; i++)
        frame_decide(out, FRAME_COUNT, i, t_ns, (double)machine->counts[i]);
    machine->running = false;
    machine->last_state = machine->state;
    machine->ended_ns = t_ns;
    frame_decide(out, FRAME_TRIAL_END, machine->state, t_ns, (double)machine->n_licks);
}

/* The first row of the running state that answers the event; NULL if none does. */
static const struct trial_on *answer(const struct machine *machine, const struct machine_event *event)
{
    const struct trial_state *st = here(machine);
    const int64_t since_ns = event->t_ns - machine->entered_ns;
    for (uint32_t i = 0; i < st->n_on; i++) {
        const struct trial_on *on = &st->on[i];
        const bool open = on->until_ns == 0 || (since_ns >= on->from_ns && since_ns < on->until_ns);
        if (on->event == event->kind && on->id == event->id && open)
            return on;
    }
    return NULL;
}

/* The first row of the running state whose counter is high enough; NULL if there is none. */
static const struct trial_on *reached(const struct machine *machine)
{
    const struct trial_state *st = here(machine);
    for (uint32_t i = 0; i < st->n_on; i++)
        if (st->on[i].event == TRIAL_ON_COUNT && machine->counts[st->on[i].id] >= st->on[i].count)
            return &st->on[i];
    return NULL;
}

/* The timer whose edge comes first; TRIAL_TIMERS_MAX if none runs. */
static uint32_t first_timer(const struct machine *machine)
{
    uint32_t first = TRIAL_TIMERS_MAX;
    for (uint32_t i = 0; i < machine->trial.n_timers; i++)
        if (machine->timers[i].running &&
            (first == TRIAL_TIMERS_MAX || machine->timers[i].next_ns < machine->timers[first].next_ns))
            first = i;
    return first;
}

/* Takes a timer's edge and tells the states. */
static void take_timer(struct machine *machine, uint32_t id, int64_t now_ns, const struct machine_hands *hands,
                       struct frame_out *out)
{
    int64_t t_ns;
    const enum timer_edge edge =
        timer_step(&machine->timers[id], &machine->trial.timers[id], now_ns, hands->safety, out, &t_ns);
    frame_decide(out, FRAME_TIMER, id, t_ns, edge == TIMER_ON);
    if (edge != TIMER_OFF)
        machine_event(machine, edge == TIMER_ON ? TRIAL_ON_TIMER : TRIAL_ON_TIMER_END, id, t_ns);
}

static void take(struct machine *machine, struct machine_event *event)
{
    *event = machine->events[0];
    machine->n_events--;
    memmove(machine->events, machine->events + 1, machine->n_events * sizeof machine->events[0]);
}

/* When the waiting plan's trial begins: at the last one's end. If it was waited for and its first state has to act at
 * once, now; if that state's time is over already, so that it ends now: what follows can't act in the past. */
static int64_t start_of(const struct machine *machine, int64_t now_ns)
{
    const struct trial_state *first = &machine->next.states[0];
    if (machine->wanted_ns == INT64_MIN)
        return machine->ended_ns;
    if (first->n_enter > 0)
        return now_ns;
    const int64_t over_ns = first->after_ns == INT64_MAX ? INT64_MIN : now_ns - first->after_ns;
    return over_ns > machine->ended_ns ? over_ns : machine->ended_ns;
}

static void start(struct machine *machine, int64_t now_ns, const struct machine_hands *hands, struct frame_out *out)
{
    const int64_t start_ns = start_of(machine, now_ns);
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
    memset(machine->counts, 0, sizeof machine->counts);
    machine->counted_ns = INT64_MIN;
    if (machine->trial.fallback != 0)
        frame_decide(out, FRAME_FALLBACK, (uint32_t)machine->number, now_ns, 0.0);
    machine->n_late_starts += start_ns > machine->ended_ns;
    frame_decide(out, FRAME_TRIAL_START, (uint32_t)machine->number, start_ns, (double)(start_ns - machine->ended_ns));
    enter(machine, 0, start_ns, now_ns, hands, out);
}

/* Does what a row of the running state says. */
static void follow(struct machine *machine, const struct trial_on *row, int64_t t_ns, int64_t now_ns, int *n_left,
                   const struct machine_hands *hands, struct frame_out *out)
{
    act(machine, &row->action, t_ns, now_ns, hands, out);
    if (row->to == TRIAL_STAY)
        return;
    (*n_left)--;
    go(machine, row->to, t_ns, now_ns, hands, out);
}

/* The earliest event. */
static void answer_event(struct machine *machine, int64_t now_ns, int *n_left, const struct machine_hands *hands,
                         struct frame_out *out)
{
    struct machine_event event;
    take(machine, &event);
    if (event.t_ns < machine->entered_ns) {
        if (event.kind == TRIAL_ON_BOUT || event.kind == TRIAL_ON_BOUT_END)
            return; /* what the licks were that it follows from has been said */
        machine->n_late++;
        frame_decide(out, FRAME_LATE, event.kind << 8 | event.id, event.t_ns, 0.0);
        return;
    }
    machine->n_licks += event.kind == TRIAL_ON_LICK;
    const struct trial_on *row = answer(machine, &event);
    if (row == NULL)
        return;
    follow(machine, row, event.t_ns, now_ns, n_left, hands, out);
}

/* One step: a count that was waited for, else the earliest of event, state's timer and trial's timers. False if nothing
 * is due. */
static bool step(struct machine *machine, int64_t now_ns, int *n_left, const struct machine_hands *hands,
                 struct frame_out *out)
{
    const struct trial_on *row = reached(machine);
    if (row != NULL) {
        const int64_t t_ns = machine->counted_ns > machine->entered_ns ? machine->counted_ns : machine->entered_ns;
        follow(machine, row, t_ns, now_ns, n_left, hands, out);
        return true;
    }
    const struct trial_state *st = here(machine);
    const uint32_t timer = first_timer(machine);
    const int64_t end_ns = st->after_ns == INT64_MAX ? INT64_MAX : machine->entered_ns + st->after_ns;
    const int64_t edge_ns = timer < TRIAL_TIMERS_MAX ? machine->timers[timer].next_ns : INT64_MAX;
    const int64_t event_ns = machine->n_events > 0 ? machine->events[0].t_ns : INT64_MAX;
    const bool ends = end_ns != INT64_MAX && now_ns - end_ns >= machine->settle_ns;
    if (event_ns < end_ns && event_ns <= edge_ns)
        answer_event(machine, now_ns, n_left, hands, out);
    else if (ends && end_ns <= edge_ns) {
        (*n_left)--;
        go(machine, st->after_to, end_ns, now_ns, hands, out);
    } else if (edge_ns <= now_ns)
        take_timer(machine, timer, now_ns, hands, out);
    else
        return false;
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
