#include "engine/model/intake.h"
#include "engine/base/units.h"
#include <string.h>

#define OPTO_UNIT_S 0.2 /* this much light equals opto_gain RPE units */

void intake_init(struct intake *intake, int64_t step_ns)
{
    *intake = (struct intake){.step_ns = step_ns, .us_ns = INT64_MIN};
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void interval_off(struct intake_interval *interval, int64_t t_ns, int64_t start_ns)
{
    if (interval->on)
        interval->covered_ns += later(0, t_ns - later(interval->since_ns, start_ns));
    interval->on = false;
}

static void interval_on(struct intake_interval *interval, int64_t t_ns, int64_t start_ns)
{
    interval_off(interval, t_ns, start_ns); /* a second onset goes on from the first one's coverage */
    interval->on = true;
    interval->since_ns = t_ns;
}

/* The interval's share of the open step; the next step starts without any. */
static double interval_close(struct intake_interval *interval, int64_t start_ns, int64_t end_ns)
{
    int64_t covered_ns = interval->covered_ns;
    if (interval->on)
        covered_ns += later(0, end_ns - later(interval->since_ns, start_ns));
    interval->covered_ns = 0;
    const int64_t step_ns = end_ns - start_ns;
    return covered_ns >= step_ns ? 1.0 : (double)covered_ns / (double)step_ns;
}

static void interval_fields(struct intake_interval *interval, struct state_io *io)
{
    state_flag(io, &interval->on);
    state_i64(io, &interval->since_ns);
    state_i64(io, &interval->covered_ns);
}

void intake_event(struct intake *intake, const struct model_event *event)
{
    const int64_t t_ns = event->t_ns;
    if (event->kind >= EV_KINDS)
        return;
    switch ((enum model_event_kind)event->kind) {
    case EV_SESSION:
        intake->paused = event->id == EVENT_SESSION_PAUSE || event->id == EVENT_SESSION_END;
        return;
    case EV_CS_OFF:
        if (event->id < MODEL_CS_MAX)
            interval_off(&intake->cue[event->id], t_ns, intake->start_ns);
        return;
    case EV_CS_ON:
        if (event->id >= MODEL_CS_MAX)
            return;
        interval_on(&intake->cue[event->id], t_ns, intake->start_ns);
        break;
    case EV_US:
        if (event->id >= MODEL_US_MAX)
            return;
        intake->us_sum[event->id] += event->mag;
        intake->us_ns = later(intake->us_ns, t_ns);
        break;
    case EV_AVERSIVE:
        intake->aversive_sum += event->mag;
        break;
    case EV_OPTO_OFF:
        if (event->id == 0)
            interval_off(&intake->opto, t_ns, intake->start_ns);
        return;
    case EV_OPTO_ON:
        if (event->id != 0)
            return;
        interval_on(&intake->opto, t_ns, intake->start_ns);
        intake->opto_mag = event->mag;
        return;
    case EV_ACTION:
    case EV_LICK:
        break;
    case EV_POSITION:
    case EV_CONTEXT:
    case EV_KINDS:
        return;
    }
    intake->point_ns = later(intake->point_ns, t_ns);
}

void intake_close(struct intake *intake, const double *params, struct intake_step *step)
{
    const int64_t end_ns = intake->start_ns + intake->step_ns;
    double reward = 0;
    for (int i = 0; i < MODEL_US_MAX; i++) {
        reward += params[INTAKE_US_GAIN + i] * intake->us_sum[i];
        intake->us_sum[i] = 0;
    }
    reward -= params[INTAKE_AVERSIVE_GAIN] * intake->aversive_sum;
    intake->aversive_sum = 0;
    step->reward = reward * params[INTAKE_US_VALUE];
    for (int i = 0; i < MODEL_CS_MAX; i++)
        step->cue_coverage[i] = interval_close(&intake->cue[i], intake->start_ns, end_ns);
    step->opto_coverage = interval_close(&intake->opto, intake->start_ns, end_ns);
    step->opto_mag = intake->opto_mag;
    step->drive_t_ns = intake->point_ns;
    step->paused = intake->paused;
    intake->start_ns = end_ns;
    intake->point_ns = end_ns;
}

double intake_opto(const struct intake *intake, const struct intake_step *step, const double *params, double *delta)
{
    if (!(step->opto_coverage > 0))
        return *delta;
    const double added =
        params[INTAKE_OPTO_GAIN] * step->opto_coverage * step->opto_mag * (units_s(intake->step_ns) / OPTO_UNIT_S);
    const double natural = *delta;
    switch ((enum opto_mode)(int)params[INTAKE_OPTO_MODE]) {
    case OPTO_ADD:
        *delta = natural + added;
        return *delta;
    case OPTO_CLAMP:
        if (step->opto_coverage > 0.5)
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

void intake_fields(struct intake *intake, struct state_io *io)
{
    state_passing(io);
    state_i64(io, &intake->start_ns);
    for (int i = 0; i < MODEL_CS_MAX; i++)
        interval_fields(&intake->cue[i], io);
    interval_fields(&intake->opto, io);
    state_f64(io, &intake->opto_mag, 1);
    state_f64(io, intake->us_sum, MODEL_US_MAX);
    state_f64(io, &intake->aversive_sum, 1);
    state_i64(io, &intake->point_ns);
    state_i64(io, &intake->us_ns);
    state_flag(io, &intake->paused);
}
