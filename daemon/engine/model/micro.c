#include "engine/model/micro.h"
#include "engine/base/det.h"
#include "engine/base/units.h"

#define TRACE_MIN     1e-3
#define EXPONENT_MAX  40.0 /* a detector further off than this is 0: e^-40 is 4e-18 */
#define INV_SQRT_2_PI 0.3989422804014327

void micro_init(struct micro *micro, bool outcomes)
{
    *micro = (struct micro){.n_stimuli = outcomes ? MICRO_STIMULI_MAX : MODEL_CS_MAX};
}

void micro_rest(struct micro *micro)
{
    for (uint32_t j = 0; j < micro->n_stimuli; j++)
        micro->stimuli[j].seen = false;
}

void micro_event(struct micro *micro, const struct model_event *event)
{
    if (event->kind == EV_SESSION && event->id == EVENT_SESSION_BEGIN)
        micro_rest(micro);
    const bool cue = event->kind == EV_CS_ON && event->id < MODEL_CS_MAX;
    const bool outcome = event->kind == EV_US && event->id < MODEL_US_MAX && micro->n_stimuli > MODEL_CS_MAX;
    if (!cue && !outcome)
        return;
    micro->stimuli[cue ? event->id : MODEL_CS_MAX + event->id] =
        (struct micro_stimulus){.seen = true, .onset_ns = event->t_ns, .salience = cue ? event->mag : 1};
}

double micro_height(const double *p, double y, uint32_t i)
{
    const double off = y - i / p[MICRO_N], sigma = p[MICRO_SIGMA];
    const double exponent = off * off / (2 * sigma * sigma);
    return exponent > EXPONENT_MAX ? 0 : y * INV_SQRT_2_PI * det_exp(-exponent);
}

void micro_light(const struct micro *micro, const double *p, int64_t close_ns, struct td *td)
{
    const uint32_t m = (uint32_t)p[MICRO_N];
    for (uint32_t j = 0; j < micro->n_stimuli; j++) {
        const struct micro_stimulus *stimulus = &micro->stimuli[j];
        if (!stimulus->seen)
            continue;
        const double y = det_exp(-units_s(close_ns - stimulus->onset_ns) / p[MICRO_TAU_Y]);
        for (uint32_t i = 1; i <= m && y >= TRACE_MIN; i++)
            td_feature(td, j * m + i - 1, stimulus->salience * micro_height(p, y, i));
    }
}

void micro_fields(struct micro *micro, struct state_io *io)
{
    state_learned(io);
    state_shape(io, micro->n_stimuli);
    state_passing(io);
    for (uint32_t j = 0; j < micro->n_stimuli; j++) {
        state_flag(io, &micro->stimuli[j].seen);
        state_i64(io, &micro->stimuli[j].onset_ns);
        state_f64(io, &micro->stimuli[j].salience, 1);
    }
}
