#include "engine/model/predict.h"
#include "engine/base/det.h"
#include "engine/base/units.h"
#include "engine/model/intake.h"
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define OBS_MIN_NS     (1 * MS)
#define OBS_MAX_NS     (10 * MS)
#define FIT_NS         (50 * MS) /* one step of the gain fit */
#define FIT_BEHIND_NS  (1 * S)   /* the fit waits this long, because its windows reach back before the cue */
#define FIT_BACK_NS    (1 * S)   /* fit windows: from here before an event */
#define FIT_FORWARD_NS (5 * S)   /* to here after it */
#define FIT_TAU_S      300.0
/* Before the first fit: light that no sensor made dilutes a fibre's dF/F to a few percent of the chain's. Starting from
 * 1 would make the first event an outlier that the noise and the scores remember for long. */
#define GAIN_START       0.05
#define NOISE_TAU_S      60.0
#define NOISE_FIRST_S    10.0
#define NOISE_CLIP       3.0
#define NOISE_SD_MIN     1e-4 /* dF/F; below any photodetector's noise */
#define SAMPLE_AGE_NS    (250 * MS)
#define STEP_HARD_MIN_NS (5 * MS)

static bool out_of_range(const char *what, const char *expected, struct error *err)
{
    return error_set(err, ERROR_INPUT, NULL, what, NULL, "%s", expected);
}

static bool times_check(const struct predict *p, const struct predict_config *config, int64_t obs_ns, struct error *err)
{
    if (config->tick_ns <= 0)
        return out_of_range("tick", "more than 0", err);
    if (obs_ns < OBS_MIN_NS || obs_ns > OBS_MAX_NS || obs_ns % config->tick_ns != 0 || FIT_NS % obs_ns != 0)
        return out_of_range("obs_ns", "1..10 ms, a multiple of the tick and a divisor of 50 ms", err);
    if (p->step_ns < p->ops->step_ns_min || p->step_ns > p->ops->step_ns_max || p->step_ns < STEP_HARD_MIN_NS)
        return error_set(err, ERROR_INPUT, NULL, "model step", NULL, "%g..%g ms for %s",
                         units_s(p->ops->step_ns_min) * 1e3, units_s(p->ops->step_ns_max) * 1e3, p->ops->name);
    if (p->step_ns % config->tick_ns != 0 || p->step_ns % obs_ns != 0)
        return out_of_range("model step", "a multiple of the tick and of the observation step", err);
    return true;
}

static bool chain_init(struct predict *p, const struct predict_config *config, int64_t obs_ns, struct error *err)
{
    const char *sensor_name = config->sensor != NULL ? config->sensor : "dLight1.1";
    const char *region_name = config->region != NULL ? config->region : "dorsal-striatum";
    const struct observe_sensor *sensor = observe_sensor_find(sensor_name);
    const struct observe_region *region = observe_region_find(region_name);
    if (sensor == NULL)
        return error_set(err, ERROR_INPUT, NULL, "sensor", sensor_name,
                         "a known sensor, such as dLight1.1 or GRAB-DA2m");
    if (region == NULL)
        return error_set(err, ERROR_INPUT, NULL, "region", region_name, "dorsal-striatum, ventral-striatum or pfc");
    return observe_init(&p->observe,
                        &(struct observe_config){
                            .sensor = *sensor, .region = *region, .firing = observe_firing_default, .step_ns = obs_ns},
                        err);
}

/* The model and its state. `state` stays NULL on a measuring arena. */
static bool model_init(struct predict *p, const struct predict_config *config, struct arena *arena, struct error *err)
{
    double params[MODEL_PARAMS_MAX];
    model_defaults(p->ops, params);
    if (config->params != NULL && p->ops->n_params > 0)
        memcpy(params, config->params, (size_t)p->ops->n_params * sizeof *params);
    const int us_gain = model_param_index(p->ops, "us_gain_0");
    if (config->mag_ref < 0)
        return out_of_range("mag_ref", "more than 0", err);
    if (config->mag_ref > 0 && us_gain >= 0)
        params[us_gain] = 1 / config->mag_ref;
    if (!model_params_check(p->ops, params, err))
        return false;
    const double dt = units_s(p->step_ns);
    const size_t size = p->ops->state_size(params, dt);
    p->state = arena_take(arena, size);
    return p->state == NULL || p->ops->init(p->state, size, params, dt, config->seed, err);
}

bool predict_init(struct predict *p, const struct predict_config *config, struct arena *arena, struct error *err)
{
    *p = (struct predict){.sample_ns = INT64_MIN, .fit_always = config->fit_always};
    const int64_t obs_ns = config->obs_ns != 0 ? config->obs_ns : PREDICT_OBS_NS;
    p->ops = model_find(config->model);
    if (p->ops == NULL)
        return error_set(err, ERROR_INPUT, NULL, "model", config->model, "a known model, such as %s", model_names()[0]);
    p->null = p->ops->null;
    p->step_ns = config->step_ns != 0 ? config->step_ns : p->ops->step_ns;
    const struct windows_config windows =
        config->windows.omission_max_ns != 0 ? config->windows : windows_config_default();
    if (!times_check(p, config, obs_ns, err) || !chain_init(p, config, obs_ns, err) ||
        !windows_init(&p->windows, &windows, err) || !model_init(p, config, arena, err))
        return false;
    p->close_after_ns = config->stagger_ticks % (p->step_ns / config->tick_ns) * config->tick_ns;
    const int64_t fit_reach_ns = FIT_BEHIND_NS + FIT_NS, reach_ns = windows_reach_ns(&windows);
    (void)trace_init(&p->trace, arena, obs_ns, reach_ns > fit_reach_ns ? reach_ns : fit_reach_ns); /* or it measures */
    const bool start = config->gain_start > 0;
    gain_init(&p->gain, units_s(FIT_NS), FIT_TAU_S, start ? config->gain_start : GAIN_START,
              start ? config->offset_start : 0);
    p->fit_from_ns = p->fit_to_ns = p->fit_before_ns = INT64_MIN;
    const double dt = units_s(obs_ns);
    p->low_rate = 1 - det_exp(-dt / PREDICT_LOW_TAU_S);
    p->noise_keep = det_exp(-dt / NOISE_TAU_S);
    p->n_noise_first = (uint32_t)(NOISE_FIRST_S / dt);
    p->predicted = p->gain.o;
    p->next_ns = obs_ns;
    return true;
}

/* A fit window around the event. Earlier windows that end before it begins are only needed until the fit, a second
 * behind, has passed them. */
static void fit_window(struct predict *p, int64_t t_ns)
{
    const int64_t from_ns = t_ns - FIT_BACK_NS, to_ns = t_ns + FIT_FORWARD_NS;
    if (from_ns > p->fit_to_ns) {
        p->fit_before_ns = p->fit_to_ns;
        p->fit_from_ns = from_ns;
    } else if (from_ns < p->fit_from_ns)
        p->fit_from_ns = from_ns; /* a late event */
    p->fit_to_ns = to_ns > p->fit_to_ns ? to_ns : p->fit_to_ns;
}

static void session_event(struct predict *p, uint8_t id)
{
    p->paused = id == EVENT_SESSION_PAUSE || id == EVENT_SESSION_END;
    if (id == EVENT_SESSION_BEGIN)
        gain_reset(&p->gain);
}

void predict_event(struct predict *p, const struct model_event *event)
{
    if (event->kind >= EV_KINDS || p->n_events == PREDICT_EVENTS_MAX) {
        p->dropped_events++;
        return;
    }
    p->late_events += event->t_ns < p->n_steps * p->step_ns;
    uint32_t at = p->n_events++;
    for (; at > 0 && model_event_after(&p->events[at - 1], event); at--)
        p->events[at] = p->events[at - 1];
    p->events[at] = *event;
    windows_event(&p->windows, event);
    if (event->kind == EV_CS_ON || event->kind == EV_US)
        fit_window(p, event->t_ns);
    if (event->kind == EV_SESSION)
        session_event(p, event->id);
}

void predict_sample(struct predict *p, int64_t t_ns, double y, bool usable)
{
    usable = usable && fabs(y) <= DBL_MAX; /* no NaN gets into a sum */
    double yhat = 0;
    if (trace_sample(&p->trace, t_ns, y, usable, &yhat) && usable) {
        p->fresh_sum += y - (p->gain.g * yhat + p->gain.o);
        p->n_fresh++;
    }
    if (t_ns >= p->sample_ns) {
        p->sample_ns = t_ns;
        p->sample_usable = usable;
    }
}

/* Hands the events of the step that ends at end_ns to the model. */
static void events_deliver(struct predict *p, int64_t end_ns)
{
    uint32_t n = 0;
    for (; n < p->n_events && p->events[n].t_ns < end_ns; n++) {
        if (n < MODEL_STEP_EVENTS_MAX && !p->frozen)
            p->ops->event(p->state, &p->events[n]);
        p->dropped_events += n >= MODEL_STEP_EVENTS_MAX;
    }
    if (n == 0)
        return;
    p->n_events -= n;
    memmove(p->events, p->events + n, p->n_events * sizeof *p->events);
}

static void model_step(struct predict *p)
{
    events_deliver(p, (p->n_steps + 1) * p->step_ns);
    if (!p->frozen) {
        struct model_out out;
        p->ops->step(p->state, p->n_steps, &out);
        p->frozen = !model_out_finite(&out, p->ops->n_aux);
        if (!p->frozen) {
            p->out = out;
            observe_impulse(&p->observe, out.drive_t_ns, out.drive_area);
        }
    }
    p->digest = model_out_digest(p->digest, &p->out, p->ops->n_aux);
    p->n_steps++;
    p->n_closed++;
}

/* The running residual and its z, from the samples that came since the step before. */
static void residual_step(struct predict *p, const struct trace_bin *bin, int64_t now_ns)
{
    const double sum = p->fresh_sum + (bin->y_sum - bin->n_usable * p->predicted);
    const uint32_t n = p->n_fresh + bin->n_usable;
    p->fresh_sum = 0;
    p->n_fresh = 0;
    p->residual_usable = p->sample_usable && now_ns - p->sample_ns <= SAMPLE_AGE_NS;
    if (n > 0)
        p->residual = sum / n;
    if (!p->residual_usable) {
        p->residual_z = 0;
        return;
    }
    p->residual_low += p->low_rate * (p->residual - p->residual_low);
    const double sd = p->noise_n > 0 ? sqrt(p->noise_sum / p->noise_n) : 0;
    const double floor_sd = sd > NOISE_SD_MIN ? sd : NOISE_SD_MIN;
    const bool ready = p->n_noise >= p->n_noise_first;
    const double clip = NOISE_CLIP * floor_sd, size = fabs(p->residual_low);
    const double term = ready && size > clip ? clip : size;
    p->residual_z = ready ? p->residual_low / floor_sd : 0;
    p->noise_sum = p->noise_keep * p->noise_sum + term * term;
    p->noise_n = p->noise_keep * p->noise_n + 1;
    p->n_noise += !ready;
}

/* The fit steps whose data are a second old. */
static void fit_step(struct predict *p, int64_t now_ns)
{
    const int64_t from_ns = p->fit_next_ns, to_ns = from_ns + FIT_NS;
    if (now_ns < to_ns + FIT_BEHIND_NS)
        return;
    p->fit_next_ns = to_ns;
    const bool wanted =
        p->fit_always || (to_ns > p->fit_from_ns && from_ns < p->fit_to_ns) || from_ns < p->fit_before_ns;
    if (!wanted)
        return;
    const struct trace_window data = trace_between(&p->trace, from_ns, to_ns);
    if (data.n_usable == 0 || data.n_usable < data.n_samples || data.paused)
        return;
    score_trace(&p->score, data.y, p->gain.g * data.yhat + p->gain.o);
    gain_step(&p->gain, data.yhat, data.y);
}

static bool mostly_usable(const struct trace_window *window)
{
    return window->n_usable > 0 && 2 * window->n_usable >= window->n_samples;
}

static void score_step(struct predict *p, int64_t now_ns)
{
    windows_pass(&p->windows, now_ns, p->gain.g);
    struct windows_pending event;
    while (p->n_scored < PREDICT_SCORED_MAX && windows_take(&p->windows, now_ns, p->sample_ns, &event)) {
        const struct windows_span *span = windows_span_of(&p->windows, event.type);
        const struct trace_window base =
            trace_between(&p->trace, event.t_ns + span->base_from_ns, event.t_ns + span->base_to_ns);
        const struct trace_window resp =
            trace_between(&p->trace, event.t_ns + span->resp_from_ns, event.t_ns + span->resp_to_ns);
        if (!mostly_usable(&base) || !mostly_usable(&resp)) {
            p->n_events_unusable++;
            continue;
        }
        struct predict_scored *scored = &p->scored[p->n_scored++];
        *scored = (struct predict_scored){.t_ns = event.t_ns, .type = event.type, .m = resp.y - base.y};
        scored->p = p->ops->event_mean ? score_mean(&p->score, event.type) : event.g * (resp.yhat - base.yhat);
        scored->score = score_add(&p->score, event.type, scored->m, scored->p);
        p->n_events_scored++;
    }
}

static void observation_step(struct predict *p)
{
    p->yhat = observe_step(&p->observe);
    const struct trace_bin *bin = trace_close(&p->trace, p->yhat, p->paused);
    const int64_t now_ns = trace_end_ns(&p->trace);
    p->predicted = p->gain.g * p->yhat + p->gain.o;
    residual_step(p, bin, now_ns);
    fit_step(p, now_ns);
    if (p->windows.n_pending > 0)
        score_step(p, now_ns);
}

void predict_advance(struct predict *p, int64_t now_ns)
{
    p->n_closed = 0;
    p->n_scored = 0;
    if (now_ns < p->next_ns)
        return;
    for (;;) {
        const int64_t model_ns = (p->n_steps + 1) * p->step_ns + p->close_after_ns;
        const int64_t obs_ns = observe_due_ns(&p->observe);
        p->next_ns = model_ns < obs_ns ? model_ns : obs_ns;
        if (p->next_ns > now_ns)
            return;
        if (model_ns > obs_ns) {
            observation_step(p);
            continue;
        }
        if (p->n_closed == PREDICT_STEPS_PER_TICK) {
            p->lag_steps += (uint64_t)((now_ns - model_ns) / p->step_ns) + 1;
            return;
        }
        model_step(p);
    }
}

bool predict_set_param(struct predict *p, int index, double value)
{
    return p->ops->set_param(p->state, index, value);
}
