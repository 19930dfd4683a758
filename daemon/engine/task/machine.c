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

void machine_event(struct machine *machine, enum trial_event_kind kind, uint32_t id, int64_t t_ns)
{
    if (machine->n_events == MACHINE_EVENTS_MAX) {
        machine->n_dropped++;
        return;
    }
    uint32_t i = machine->n_events++;
    for (; i > 0 && machine->events[i - 1].t_ns > t_ns; i--)
        machine->events[i] = machine->events[i - 1];
    machine->events[i] = (struct machine_event){.t_ns = t_ns, .kind = kind, .id = id};
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

static void enter(struct machine *machine, uint32_t state, int64_t t_ns, int64_t now_ns,
                  const struct machine_hands *hands, struct frame_out *out)
{
    machine->state = state;
    machine->entered_ns = t_ns;
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

/* Starts the waiting plan, dated from the last trial's end. */
static void start(struct machine *machine, int64_t now_ns, const struct machine_hands *hands, struct frame_out *out)
{
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
    machine->n_late_starts += machine->trial.states[0].n_enter > 0 && now_ns > machine->ended_ns;
    frame_decide(out, FRAME_TRIAL_START, (uint32_t)machine->number, machine->ended_ns, 0.0);
    enter(machine, 0, machine->ended_ns, now_ns, hands, out);
}

/* One step: the earlier of the timer and the next event. False if nothing is due. */
static bool step(struct machine *machine, int64_t now_ns, int *n_left, const struct machine_hands *hands,
                 struct frame_out *out)
{
    const struct trial_state *st = here(machine);
    const int64_t timer_ns = st->after_ns == INT64_MAX ? INT64_MAX : machine->entered_ns + st->after_ns;
    const bool has_event = machine->n_events > 0 && machine->events[0].t_ns < timer_ns;
    if (!has_event) {
        if (timer_ns > now_ns)
            return false;
        (*n_left)--;
        go(machine, st->after_to, timer_ns, now_ns, hands, out);
        return true;
    }
    struct machine_event event;
    take(machine, &event);
    if (event.t_ns < machine->entered_ns)
        return true;
    machine->n_licks += event.kind == TRIAL_ON_LICK;
    const struct trial_on *row = answer(machine, &event);
    if (row == NULL)
        return true;
    act(machine, &row->action, event.t_ns, now_ns, hands, out);
    if (row->to != TRIAL_STAY) {
        (*n_left)--;
        go(machine, row->to, event.t_ns, now_ns, hands, out);
    }
    return true;
}

void machine_tick(struct machine *machine, int64_t now_ns, const struct machine_hands *hands, struct frame_out *out)
{
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

uint32_t machine_armed(const struct machine *machine)
{
    return machine->running ? here(machine)->arm : 0;
}

const char *machine_state(const struct machine *machine)
{
    return machine->running ? here(machine)->name : "";
}
