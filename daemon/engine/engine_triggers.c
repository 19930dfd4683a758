#include "engine/engine_triggers.h"
#include "engine/base/det.h"
#include "engine/base/units.h"
#include "engine/engine_state.h"
#include <math.h>

enum { YOKED_A_TICK = 4 }; /* after a late loop; what is left waits for the next one */

bool engine_triggers_init(struct engine *engine, struct error *err)
{
    const struct config *config = &engine->config;
    for (uint32_t i = 0; i < config->n_triggers; i++) {
        const struct config_trigger *trigger = &config->triggers[i];
        struct engine_sight *sight = &engine->sights[i];
        trigger_init(&engine->triggers[i], trigger, config->seed);
        watch_init(&sight->watch, trigger->slope_ns, trigger->zscore != 0);
        sight->t_ns = sight->judged_ns = INT64_MIN;
        if (trigger->source.kind != CONFIG_SOURCE_PHASE)
            continue;
        const uint32_t channel = config->signals[trigger->source.signal].channel_signal;
        if (!phase_init(&sight->phase, config->channels[channel].rate_hz, trigger->low_hz, trigger->high_hz, err))
            return false;
    }
    return true;
}

void engine_triggers_dff(struct engine *engine, uint32_t s)
{
    const struct photometry *fibre = &engine->fibres[s];
    for (uint32_t i = 0; i < engine->config.n_triggers; i++) {
        const struct config_trigger *config = &engine->config.triggers[i];
        struct engine_sight *sight = &engine->sights[i];
        if (config->source.signal != s ||
            (config->source.kind != CONFIG_SOURCE_DFF && config->source.kind != CONFIG_SOURCE_PHASE))
            continue;
        sight->t_ns = fibre->dff_ns;
        if (config->source.kind == CONFIG_SOURCE_DFF) {
            sight->value = watch_feed(&sight->watch, fibre->dff_ns, fibre->trusted ? fibre->dff : (double)NAN);
            continue;
        }
        double sine, cosine;
        det_sincos(config->at_rad, &sine, &cosine);
        phase_feed(&sight->phase, fibre->dff);
        sight->passed |= phase_passed(&sight->phase, sine, cosine);
        sight->value = fibre->trusted ? phase_amplitude(&sight->phase) : (double)NAN;
    }
}

static double variable_of(const struct model_out *out, uint32_t variable)
{
    switch (variable) {
    case CONFIG_VARIABLE_VALUE:
        return out->value;
    case CONFIG_VARIABLE_DELTA:
        return out->delta;
    case CONFIG_VARIABLE_ASSOC:
        return out->assoc;
    case CONFIG_VARIABLE_UNCERTAINTY:
        return out->uncertainty;
    case CONFIG_VARIABLE_AVG_REWARD:
        return out->avg_reward;
    case CONFIG_VARIABLE_LICK_RATE:
        return out->lick_rate;
    default:
        return out->aux[variable - CONFIG_VARIABLES];
    }
}

static int64_t earlier(int64_t a_ns, int64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

/* The source's number, and the time that it speaks of. */
static double read_source(const struct engine *engine, const struct config_source *source, int64_t *t_ns)
{
    const struct photometry *fibre = &engine->fibres[source->signal];
    if (source->kind == CONFIG_SOURCE_DFF) {
        *t_ns = fibre->dff_ns;
        return fibre->trusted ? fibre->dff : (double)NAN;
    }
    const struct predict *model = engine->models[source->model];
    *t_ns = trace_end_ns(&model->trace); /* of the last closed observation step */
    if (source->kind == CONFIG_SOURCE_PREDICTED)
        return model->predicted;
    if (source->kind == CONFIG_SOURCE_RESIDUAL) {
        *t_ns = earlier(*t_ns, fibre->dff_ns);
        return model->residual_usable ? model->residual_low : (double)NAN;
    }
    *t_ns = model->n_steps > 0 ? model->n_steps * model->step_ns : INT64_MIN;
    return variable_of(&model->out, source->variable);
}

/* Brings a source that is not fed sample by sample up to date. */
static void look(struct engine *engine, uint32_t i)
{
    const struct config_trigger *config = &engine->config.triggers[i];
    struct engine_sight *sight = &engine->sights[i];
    const uint32_t kind = config->source.kind;
    int64_t t_ns;
    if (kind == CONFIG_SOURCE_DFF || kind == CONFIG_SOURCE_PHASE || kind == CONFIG_SOURCE_YOKE)
        return;
    const double x = read_source(engine, &config->source, &t_ns);
    if (t_ns <= sight->t_ns)
        return;
    sight->t_ns = t_ns;
    if (kind == CONFIG_SOURCE_RESIDUAL && config->zscore != 0 && config->slope_ns == 0)
        sight->value = engine->models[config->source.model]->residual_z;
    else
        sight->value = watch_feed(&sight->watch, t_ns, x);
}

static bool holds(const struct engine *engine, const struct config_condition *condition)
{
    const int64_t now_ns = engine->now_ns, from_ns = now_ns - condition->window_ns;
    const struct lately *licks = &engine->lately[condition->input];
    int64_t t_ns;
    switch ((enum config_condition_kind)condition->kind) {
    case CONFIG_CONDITION_LICKED:
        return lately_count(licks, from_ns, now_ns) > 0;
    case CONFIG_CONDITION_NOT_LICKED: /* a lick of the last late_ns may still be under way */
        return lately_count(licks, from_ns - engine->config.inputs[condition->input].late_ns, now_ns) == 0;
    case CONFIG_CONDITION_LICK_RATE:
        return lately_count(licks, from_ns, now_ns) >= condition->level * units_s(condition->window_ns);
    case CONFIG_CONDITION_ABOVE:
        return read_source(engine, &condition->source, &t_ns) > condition->level;
    case CONFIG_CONDITION_BELOW:
        return read_source(engine, &condition->source, &t_ns) < condition->level;
    }
    return false;
}

static bool allowed(const struct engine *engine, uint32_t i)
{
    const struct config_trigger *config = &engine->config.triggers[i];
    for (uint32_t k = 0; k < config->n_conditions; k++)
        if (!holds(engine, &config->conditions[k]))
            return false;
    return true;
}

/* Writes a verdict down, and tells the task of what is due. */
static void take_verdict(struct engine *engine, uint32_t i, enum trigger_verdict verdict, int64_t t_ns, double value,
                         struct frame_out *out)
{
    switch (verdict) {
    case TRIGGER_NOTHING:
        break;
    case TRIGGER_FIRED:
        engine->n_fired++;
        frame_decide(out, FRAME_TRIGGER_FIRED, i, t_ns, value);
        break;
    case TRIGGER_SHAM:
        engine->n_sham++;
        frame_decide(out, FRAME_TRIGGER_SHAM, i, t_ns, value);
        break;
    case TRIGGER_LOCKED:
        engine->n_locked++;
        frame_decide(out, FRAME_TRIGGER_LOCKED, i, t_ns, value);
        break;
    case TRIGGER_LIMITED:
    case TRIGGER_USED_UP:
    case TRIGGER_MISSED:
        frame_decide(out, FRAME_TRIGGER_REFUSED, i, t_ns, (double)verdict);
        break;
    }
    if (trigger_due(&engine->triggers[i], engine->now_ns, &t_ns))
        machine_event(&engine->machine, TRIAL_ON_TRIGGER, i, t_ns);
}

static void run_yoke(struct engine *engine, uint32_t i, struct frame_out *out)
{
    struct trigger *trigger = &engine->triggers[i];
    for (int k = 0; k < YOKED_A_TICK; k++) {
        int64_t t_ns = engine->now_ns;
        const enum trigger_verdict verdict =
            trigger_feed_yoke(trigger, engine->config.yoke, engine->now_ns, allowed(engine, i), &t_ns);
        take_verdict(engine, i, verdict, t_ns, 0.0, out);
        if (verdict == TRIGGER_NOTHING)
            break;
    }
}

static void run(struct engine *engine, uint32_t i, struct frame_out *out)
{
    const struct config_trigger *config = &engine->config.triggers[i];
    struct engine_sight *sight = &engine->sights[i];
    struct trigger *trigger = &engine->triggers[i];
    const bool passed = sight->passed;
    sight->passed = false;
    look(engine, i);
    trigger_arm(trigger, config->enabled != 0 && (machine_armed(&engine->machine) >> i & 1) != 0);
    if (config->source.kind == CONFIG_SOURCE_YOKE) {
        run_yoke(engine, i, out);
        return;
    }
    enum trigger_verdict verdict = TRIGGER_NOTHING;
    if (trigger->armed && sight->t_ns > sight->judged_ns && sight->t_ns >= engine->machine.entered_ns) {
        sight->judged_ns = sight->t_ns;
        verdict = config->source.kind == CONFIG_SOURCE_PHASE
                      ? trigger_feed_phase(trigger, sight->t_ns, sight->value, passed, allowed(engine, i))
                      : trigger_feed(trigger, sight->t_ns, sight->value, allowed(engine, i));
    }
    take_verdict(engine, i, verdict, sight->t_ns, sight->value, out);
}

void engine_triggers_run(struct engine *engine, struct frame_out *out)
{
    for (uint32_t i = 0; i < engine->config.n_triggers; i++)
        run(engine, i, out);
}
