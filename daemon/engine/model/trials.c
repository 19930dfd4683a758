#include "engine/model/trials.h"
#include "engine/base/units.h"
#include "engine/model/intake.h"
#include <math.h>
#include <string.h>

#define LIGHT_AFTER_NS (500 * MS) /* light counts for events this long after it went on, even if it was shorter */

/* True if the event matters here. */
static bool accepts(const struct model_event *event)
{
    const int64_t id_max[EV_KINDS] = {[EV_CS_ON] = MODEL_CS_MAX,
                                      [EV_ACTION] = MODEL_ACTION_MAX,
                                      [EV_US] = MODEL_US_MAX,
                                      [EV_AVERSIVE] = MODEL_AVERSIVE_MAX,
                                      [EV_OPTO_OFF] = 1,
                                      [EV_OPTO_ON] = 1,
                                      [EV_CONTEXT] = MODEL_CONTEXT_MAX};
    return event->kind < EV_KINDS && event->id < id_max[event->kind];
}

void trials_event(struct trials *trials, const struct model_event *event)
{
    if (event->kind == EV_SESSION && event->id == EVENT_SESSION_BEGIN) {
        for (int i = 0; i < TRIALS_SLOTS; i++)
            trials->window[i].open = false;
        trials->light_on = trials->light_seen = false;
        trials->n = 0;
        return;
    }
    if (accepts(event) && trials->n < MODEL_STEP_EVENTS_MAX)
        trials->queue[trials->n++] = *event;
}

/* Takes in the light of all events up to t_ns: also of those that come later in the order of one instant. */
static void light_until(struct trials *trials, int64_t t_ns)
{
    for (; trials->i_light < trials->n && trials->queue[trials->i_light].t_ns <= t_ns; trials->i_light++) {
        const struct model_event *event = &trials->queue[trials->i_light];
        if (event->kind == EV_OPTO_ON) {
            trials->light_on = trials->light_seen = true;
            trials->light_ns = event->t_ns;
            trials->light_mag = event->mag;
        } else if (event->kind == EV_OPTO_OFF)
            trials->light_on = false;
    }
}

static void end_windows(struct trials *trials, uint32_t slots)
{
    for (int i = 0; i < TRIALS_SLOTS; i++)
        if ((slots >> i & 1) != 0)
            trials->window[i].open = false;
}

/* The open windows that end at end_ns. */
static uint32_t ending_at(const struct trials *trials, int64_t end_ns)
{
    uint32_t slots = 0;
    for (uint32_t i = 0; i < TRIALS_SLOTS; i++)
        if (trials->window[i].open && trials->window[i].end_ns == end_ns)
            slots |= 1U << i;
    return slots;
}

static uint32_t all_open(const struct trials *trials)
{
    uint32_t slots = 0;
    for (uint32_t i = 0; i < TRIALS_SLOTS; i++)
        slots |= (uint32_t)trials->window[i].open << i;
    return slots;
}

static void give(struct trials *trials, enum trials_kind kind, int64_t t_ns, uint32_t closed,
                 struct trials_event *event)
{
    light_until(trials, t_ns);
    end_windows(trials, closed);
    *event = (struct trials_event){.t_ns = t_ns, .kind = kind, .closed = closed, .light = trials->light_mag};
    event->lit = trials->light_on ||
                 (trials->light_seen && t_ns >= trials->light_ns && t_ns - trials->light_ns <= LIGHT_AFTER_NS);
}

/* The earliest end of an open window, INT64_MAX if none is open. */
static int64_t next_end_ns(const struct trials *trials)
{
    int64_t end_ns = INT64_MAX;
    for (int i = 0; i < TRIALS_SLOTS; i++)
        if (trials->window[i].open && trials->window[i].end_ns < end_ns)
            end_ns = trials->window[i].end_ns;
    return end_ns;
}

/* Where the compound ends that a cue joins at t_ns: another's end, or its own. */
static int64_t compound_end_ns(const struct trials *trials, const double *own, int64_t t_ns)
{
    for (int i = 0; i < MODEL_CS_MAX; i++) {
        const struct trials_window *window = &trials->window[i];
        if (window->open && t_ns - window->onset_ns < units_ns(own[TRIALS_COMPOUND]))
            return window->end_ns;
    }
    return t_ns + units_ns(own[TRIALS_WINDOW]);
}

static double reward_of(const double *params, const struct model_event *event)
{
    const double reward = event->kind == EV_US ? params[INTAKE_US_GAIN + event->id] * event->mag
                                               : -params[INTAKE_AVERSIVE_GAIN] * event->mag;
    return reward * params[INTAKE_US_VALUE];
}

/* Hands out what `given`, the next event of the queue, is to a model. False: nothing. */
static bool take(struct trials *trials, const double *params, const double *own, struct trials_event *event)
{
    const struct model_event given = trials->queue[trials->i];
    const bool choice = given.kind == EV_ACTION;
    if (choice || given.kind == EV_CS_ON) {
        struct trials_window *window = &trials->window[choice ? TRIALS_CHOICE_SLOT : given.id];
        if (window
                ->open) { /* again before an outcome: what was open ends first, and the event is looked at once more */
            const uint32_t same = choice ? TRIALS_CHOICE : ending_at(trials, window->end_ns) & TRIALS_CUES;
            give(trials, TRIALS_OMISSION, given.t_ns, same, event);
            return true;
        }
        const int64_t end_ns =
            choice ? given.t_ns + units_ns(own[TRIALS_WINDOW]) : compound_end_ns(trials, own, given.t_ns);
        *window = (struct trials_window){.open = true, .onset_ns = given.t_ns, .end_ns = end_ns, .salience = given.mag};
    }
    trials->i++;
    if (given.kind == EV_OPTO_ON || given.kind == EV_OPTO_OFF)
        return false;
    const bool outcome = given.kind == EV_US || given.kind == EV_AVERSIVE;
    const enum trials_kind kind = outcome                    ? TRIALS_OUTCOME
                                  : choice                   ? TRIALS_ACTION
                                  : given.kind == EV_CONTEXT ? TRIALS_CONTEXT
                                                             : TRIALS_ONSET;
    give(trials, kind, given.t_ns, outcome ? all_open(trials) : 0, event);
    event->id = given.id;
    event->punishment = given.kind == EV_AVERSIVE;
    event->mag = outcome ? reward_of(params, &given) : given.mag;
    for (; outcome && !trials->apart && trials->i < trials->n; trials->i++) {
        const struct model_event *more = &trials->queue[trials->i];
        if (more->t_ns != given.t_ns || (more->kind != EV_US && more->kind != EV_AVERSIVE))
            break;
        event->mag += reward_of(params, more);
    }
    return true;
}

bool trials_next(struct trials *trials, const double *params, const double *own, int64_t end_ns,
                 struct trials_event *event)
{
    for (;;) {
        const bool more = trials->i < trials->n;
        const int64_t expires_ns = next_end_ns(trials);
        if (expires_ns < (more ? trials->queue[trials->i].t_ns : end_ns)) {
            give(trials, TRIALS_OMISSION, expires_ns, ending_at(trials, expires_ns), event);
            return true;
        }
        if (!more)
            break;
        if (take(trials, params, own, event))
            return true;
    }
    light_until(trials, INT64_MAX);
    trials->n = trials->i = trials->i_light = 0;
    return false;
}

double trials_opto(const double *params, const struct trials_event *event, double *delta)
{
    if (!event->lit)
        return *delta;
    const double natural = *delta, added = params[INTAKE_OPTO_GAIN] * event->light;
    switch ((enum opto_mode)(int)params[INTAKE_OPTO_MODE]) {
    case OPTO_ADD:
        *delta = natural + added;
        return *delta;
    case OPTO_CLAMP:
        *delta = params[INTAKE_OPTO_LEVEL];
        return *delta;
    case OPTO_RELEASE_ONLY:
        return natural + added;
    case OPTO_TEACH_ONLY:
        *delta = natural + added;
        return natural;
    }
    return natural;
}

void trials_drive(const struct trials_event *event, double delta, double release, struct model_out *out)
{
    out->delta += delta;
    out->drive_area += release;
    out->drive_t_ns = event->t_ns;
}

static void event_fields(struct model_event *event, struct state_io *io)
{
    struct model_event read = *event;
    read.kind = (uint8_t)state_count(io, event->kind, EV_KINDS - 1);
    read.id = (uint8_t)state_count(io, event->id, UINT8_MAX);
    io->bad |= !accepts(&read);
    if (state_stores(io))
        *event = read;
    state_i64(io, &event->t_ns);
    state_f64(io, &event->mag, 1);
}

void trials_fields(struct trials *trials, struct state_io *io)
{
    state_passing(io);
    for (int i = 0; i < TRIALS_SLOTS; i++) {
        state_flag(io, &trials->window[i].open);
        state_i64(io, &trials->window[i].onset_ns);
        state_i64(io, &trials->window[i].end_ns);
        state_f64(io, &trials->window[i].salience, 1);
    }
    state_flag(io, &trials->light_on);
    state_flag(io, &trials->light_seen);
    state_i64(io, &trials->light_ns);
    state_f64(io, &trials->light_mag, 1);
    const uint32_t n = state_count(io, trials->n, MODEL_STEP_EVENTS_MAX);
    for (uint32_t i = 0; i < n; i++)
        event_fields(&trials->queue[i], io);
    if (state_stores(io))
        trials->n = n;
}
