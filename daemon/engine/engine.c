#include "engine/engine.h"
#include "engine/base/det.h"
#include "engine/base/units.h"
#include "engine/engine_pause.h"
#include "engine/engine_state.h"
#include "engine/engine_triggers.h"
#include "engine/setting.h"
#include <string.h>

static const int64_t DIGEST_NS = 100 * MS; /* between two digests: a difference in a replay is found this close */
static const int64_t PLAN_LATE_NS = 1 * S; /* a task that can't say what comes next within this has failed */
static const int64_t END_NS = 100 * MS;    /* outputs have this long to confirm that they are safe */

void engine_tell_models(struct engine *engine, enum model_event_kind kind, uint32_t id, double mag, int64_t t_ns,
                        struct frame_out *out)
{
    const struct model_event event = {.t_ns = t_ns, .kind = (uint8_t)kind, .id = (uint8_t)id, .mag = mag};
    for (uint32_t i = 0; i < engine->config.n_models; i++)
        predict_event(engine->models[i], &event);
    if (kind != EV_LICK) /* a lick is a decision of its own already */
        frame_decide(out, FRAME_MODEL_EVENT, (uint32_t)kind << 8 | id, t_ns, mag);
}

static void end(struct engine *engine, enum frame_end_reason reason, struct frame_out *out)
{
    if (engine->ended)
        return;
    engine->ended = true;
    engine->ended_ns = engine->now_ns;
    safety_end(&engine->safety, engine->now_ns, out);
    frame_decide(out, FRAME_END, 0, engine->now_ns, (double)reason);
}

/* A cue, a reward, a light is an event for the models when the output has really changed. */
static void take_applied(struct engine *engine, const struct frame_applied *applied, struct frame_out *out)
{
    const uint32_t o = applied->output;
    const bool was_on = engine->safety.lines[o].on_ns != INT64_MIN;
    safety_applied(&engine->safety, applied);
    const bool on = engine->safety.lines[o].on_ns != INT64_MIN;
    if (on == was_on)
        return;
    const uint32_t kind = engine->config.outputs[o].kind;
    if (kind == CONFIG_OUTPUT_VALVE && on && engine->reward_ul[o] > 0.0) {
        engine_tell_models(engine, EV_US, 0, engine->reward_ul[o], applied->t_ns, out);
        engine->reward_ul[o] = 0.0;
    }
    if (kind == CONFIG_OUTPUT_LASER)
        engine_tell_models(engine, on ? EV_OPTO_ON : EV_OPTO_OFF, 0, on ? 1.0 : 0.0, applied->t_ns, out);
    if (engine->cue_of[o] != ENGINE_NO_CUE)
        engine_tell_models(engine, on ? EV_CS_ON : EV_CS_OFF, engine->cue_of[o], on ? 1.0 : 0.0, applied->t_ns, out);
}

static void take_dff(struct engine *engine, uint32_t s)
{
    const struct photometry *fibre = &engine->fibres[s];
    engine->digest = det_digest(engine->digest, fibre->dff);
    for (uint32_t i = 0; i < engine->config.n_models; i++)
        if (engine->config.models[i].signal == s)
            predict_sample(engine->models[i], fibre->dff_ns, fibre->dff, fibre->trusted);
    engine_triggers_dff(engine, s);
}

static double volts(const struct engine *engine, uint32_t channel, int32_t counts)
{
    const struct config_channel *c = &engine->config.channels[channel];
    return counts * c->volts_per_count + c->volts_at_zero;
}

/* Both wavelengths' samples of the tick, in the order of their times, the signal's first where they are equal. */
static void take_samples(struct engine *engine, uint32_t s, const struct frame_in *in)
{
    const struct config_signal *signal = &engine->config.signals[s];
    const bool has_control = signal->channel_control != UINT32_MAX;
    const struct frame_samples *a = &in->samples[signal->channel_signal];
    const struct frame_samples *b = has_control ? &in->samples[signal->channel_control] : NULL;
    const uint32_t n_b = has_control ? b->n : 0;
    for (uint32_t i = 0, k = 0; i < a->n || k < n_b;) {
        const int64_t a_ns = i < a->n ? a->first_ns + i * a->period_ns : INT64_MAX;
        const int64_t b_ns = k < n_b ? b->first_ns + k * b->period_ns : INT64_MAX;
        bool fresh;
        if (a_ns <= b_ns) {
            fresh = photometry_signal(&engine->fibres[s], a_ns, volts(engine, signal->channel_signal, a->counts[i]));
            i++;
        } else {
            fresh = photometry_control(&engine->fibres[s], b_ns, volts(engine, signal->channel_control, b->counts[k]));
            k++;
        }
        if (fresh)
            take_dff(engine, s);
    }
}

static void tell_task(struct engine *engine, enum trial_event_kind kind, uint32_t id, int64_t t_ns)
{
    if (engine->config.has_task != 0 && engine->paused == 0)
        machine_event(&engine->machine, kind, id, t_ns);
}

/* A lick sensor's falling edge is an event only if the rising one was a lick. */
static void take_fall(struct engine *engine, const struct frame_edge *edge)
{
    const bool is_lick = engine->config.inputs[edge->input].kind == CONFIG_INPUT_LICK;
    if (!is_lick || lick_release(&engine->licks[edge->input]))
        tell_task(engine, TRIAL_ON_FALL, edge->input, edge->t_ns);
}

static void take_edge(struct engine *engine, const struct frame_edge *edge, struct frame_out *out)
{
    if (edge->rising == 0) {
        take_fall(engine, edge);
        return;
    }
    const uint32_t i = edge->input;
    if (engine->config.inputs[i].kind != CONFIG_INPUT_LICK)
        tell_task(engine, TRIAL_ON_RISE, i, edge->t_ns);
    else if (lick_edge(&engine->licks[i], edge->t_ns)) {
        engine->n_licks++;
        lately_add(&engine->lately[i], edge->t_ns);
        frame_decide(out, FRAME_LICK, i, edge->t_ns, 0.0);
        engine_tell_models(engine, EV_LICK, 0, 1.0, edge->t_ns, out);
        tell_task(engine, TRIAL_ON_LICK, i, edge->t_ns);
        if (engine->licks[i].begins_bout)
            tell_task(engine, TRIAL_ON_BOUT, i, edge->t_ns);
    }
    for (uint32_t k = 0; k < engine->config.n_observes; k++) {
        const struct config_observe *observe = &engine->config.observes[k];
        if (observe->input == i)
            engine_tell_models(engine, (enum model_event_kind)observe->kind, observe->id, observe->mag, edge->t_ns,
                               out);
    }
}

static void take_status(struct engine *engine, const struct frame_status *status, struct frame_out *out)
{
    frame_decide(out, FRAME_DEVICE, status->device, engine->now_ns, (double)status->kind);
    if (status->kind == FRAME_RECORDING_OVER)
        end(engine, FRAME_END_DURATION, out);
    else if (status->kind == FRAME_DEVICE_LOST && engine->config.devices[status->device].on_loss == CONFIG_ON_LOSS_STOP)
        end(engine, FRAME_END_DEVICE, out);
    else if (status->kind == FRAME_DEVICE_LOST || status->kind == FRAME_DEVICE_BACK)
        engine_pause_device(engine, status->device, status->kind == FRAME_DEVICE_LOST, out);
}

static void run_models(struct engine *engine, struct frame_out *out)
{
    for (uint32_t i = 0; i < engine->config.n_models; i++) {
        struct predict *model = engine->models[i];
        predict_advance(model, engine->now_ns);
        for (uint32_t k = 0; k < model->n_scored; k++) {
            const struct predict_scored *scored = &model->scored[k];
            frame_decide(out, FRAME_SCORE, i, scored->t_ns, scored->score.residual);
            if (out->n_dropped == 0)
                out->decisions[out->n_decisions - 1].digest = det_digest(det_digest(0, scored->m), scored->p);
            (void)posterior_add(&engine->posteriors[engine->config.models[i].signal], engine->place[i], scored->type,
                                scored->t_ns, scored->m, scored->p, &scored->score);
        }
        if (model->lag_steps != engine->lag_steps[i])
            frame_decide(out, FRAME_STEP_LAG, i, engine->now_ns, (double)(model->lag_steps - engine->lag_steps[i]));
        engine->lag_steps[i] = model->lag_steps;
    }
}

/* What the machine has just begun: which output shows which cue; and the counts. */
static void note_actions(struct engine *engine, const struct frame_out *out, uint32_t first)
{
    for (uint32_t i = first; i < out->n_decisions; i++) {
        const struct frame_decision *decision = &out->decisions[i];
        if (decision->kind == FRAME_CUE && engine->config.cues[decision->id].output != UINT32_MAX)
            engine->cue_of[engine->config.cues[decision->id].output] = decision->id;
        engine->n_rewards += decision->kind == FRAME_REWARD;
        engine->rewarded_ul += decision->kind == FRAME_REWARD ? decision->value : 0.0;
        engine->n_limited += decision->kind == FRAME_LIMITED;
    }
}

/* Cues without an output of their own are events as soon as they are decided. */
static void tell_bare_cues(struct engine *engine, uint32_t first, struct frame_out *out)
{
    const uint32_t n = out->n_decisions;
    for (uint32_t i = first; i < n; i++) {
        const struct frame_decision decision = out->decisions[i];
        if (decision.kind == FRAME_CUE && engine->config.cues[decision.id].output == UINT32_MAX)
            engine_tell_models(engine, decision.value > 0.0 ? EV_CS_ON : EV_CS_OFF, decision.id, decision.value,
                               decision.t_ns, out);
    }
}

/* No plan within a second: all that moves is made safe, then the last good plan runs again, or the session ends. */
static void do_without_plan(struct engine *engine, struct frame_out *out)
{
    frame_decide(out, FRAME_PLAN_LATE, (uint32_t)engine->machine.number + 1, engine->now_ns, 0.0);
    if (engine->config.no_plan != CONFIG_NO_PLAN_REPEAT || !machine_repeat(&engine->machine)) {
        end(engine, FRAME_END_NO_PLAN, out);
        return;
    }
    for (uint32_t i = 0; i < engine->config.n_outputs; i++)
        if (engine->config.outputs[i].kind != CONFIG_OUTPUT_LED) /* the photometry goes on */
            safety_off(&engine->safety, i, engine->now_ns, engine->now_ns, out);
}

static void run_task(struct engine *engine, struct frame_out *out)
{
    const uint32_t first = out->n_decisions;
    const struct machine_hands hands = {&engine->safety, engine->trains, engine->reward_ul};
    int64_t end_ns;
    for (uint32_t i = 0; i < engine->config.n_trains; i++)
        if (train_tick(&engine->trains[i], i, engine->now_ns, &engine->safety, out, &end_ns))
            machine_event(&engine->machine, TRIAL_ON_TRAIN_END, i, end_ns);
    machine_tick(&engine->machine, engine->now_ns, &hands, out);
    if (out->n_decisions > first) {
        note_actions(engine, out, first);
        tell_bare_cues(engine, first, out);
    }
    if (engine->machine.over)
        end(engine, FRAME_END_TASK, out);
    else if (engine->machine.wanted_ns != INT64_MIN && engine->now_ns - engine->machine.wanted_ns > PLAN_LATE_NS)
        do_without_plan(engine, out);
}

static void decide_digest(const struct engine *engine, uint32_t id, uint64_t digest, struct frame_out *out)
{
    frame_decide(out, FRAME_DIGEST, id, engine->now_ns, 0.0);
    if (out->n_dropped == 0)
        out->decisions[out->n_decisions - 1].digest = digest;
}

static void run_digests(struct engine *engine, struct frame_out *out)
{
    engine->digest_ns = engine->now_ns - engine->now_ns % DIGEST_NS + DIGEST_NS;
    decide_digest(engine, 0, engine->digest, out);
    for (uint32_t i = 0; i < engine->config.n_models; i++) {
        const struct predict *model = engine->models[i];
        const uint64_t digest = det_digest(det_digest(model->digest, model->predicted), model->residual_z);
        decide_digest(engine, i + 1, digest, out);
    }
}

static void begin(struct engine *engine, struct frame_out *out)
{
    engine->started = true;
    for (uint32_t i = 0; i < engine->config.n_outputs; i++)
        if (engine->config.outputs[i].kind == CONFIG_OUTPUT_LED)
            (void)safety_on(&engine->safety, i, INT64_MAX, 0.0, engine->now_ns, engine->now_ns, out);
}

/* After the end nothing runs but the guard over the outputs. */
static void wind_down(struct engine *engine, struct frame_out *out)
{
    safety_tick(&engine->safety, engine->now_ns, out);
    engine->finished = safety_all_safe(&engine->safety) || engine->now_ns - engine->ended_ns >= END_NS;
    out->finished = engine->finished;
}

/* A live change, or its refusal. */
static void set(struct engine *engine, const struct frame_command *command, struct frame_out *out)
{
    const uint32_t target = command->target;
    bool ok = setting_exists(&engine->config, target);
    if (ok && target >> 24 == SETTING_MODEL)
        ok = predict_set_param(engine->models[setting_entry(target)], (int)setting_field(target), command->value);
    else if (ok)
        ok = setting_apply(&engine->config, target, command->value);
    frame_decide(out, ok ? FRAME_SETTING : FRAME_SETTING_REFUSED, target, engine->now_ns, command->value);
}

static void end_bouts(struct engine *engine)
{
    for (uint32_t i = 0; i < engine->config.n_inputs; i++) {
        const struct config_input *input = &engine->config.inputs[i];
        int64_t end_ns;
        if (input->kind == CONFIG_INPUT_LICK &&
            lick_bout_over(&engine->licks[i], engine->now_ns, input->late_ns, &end_ns))
            tell_task(engine, TRIAL_ON_BOUT_END, i, end_ns);
    }
}

static void take_command(struct engine *engine, const struct frame_command *command, struct frame_out *out)
{
    switch ((enum frame_command_kind)command->kind) {
    case FRAME_STOP:
        end(engine, command->target == FRAME_END_JOURNAL ? FRAME_END_JOURNAL : FRAME_END_STOP, out);
        break;
    case FRAME_ESTOP:
        end(engine, FRAME_END_ESTOP, out);
        break;
    case FRAME_SET:
        set(engine, command, out);
        break;
    case FRAME_PAUSE:
        engine_pause_begin(engine, command->target, out);
        break;
    case FRAME_RESUME:
        engine_pause_end(engine, command->target, out);
        break;
    case FRAME_MESSAGE:
        if (command->target < engine->config.n_messages)
            tell_task(engine, TRIAL_ON_MESSAGE, command->target, engine->now_ns);
        break;
    }
}

static void take_in(struct engine *engine, const struct frame_in *in, struct frame_out *out)
{
    for (uint32_t i = 0; i < engine->config.n_signals; i++)
        take_samples(engine, i, in);
    for (uint32_t i = 0; i < in->n_edges; i++)
        take_edge(engine, &in->edges[i], out);
    end_bouts(engine);
    for (uint32_t i = 0; i < in->n_commands; i++)
        take_command(engine, &in->commands[i], out);
    for (uint32_t i = 0; i < in->n_status; i++)
        take_status(engine, &in->status[i], out);
    if (in->plan != NULL)
        machine_plan(&engine->machine, in->plan);
}

void engine_tick(struct engine *engine, const struct frame_in *in, struct frame_out *out)
{
    frame_out_clear(out);
    out->finished = engine->finished;
    if (engine->finished)
        return;
    engine->now_ns = in->wake_ns > engine->now_ns ? in->wake_ns : engine->now_ns;
    for (uint32_t i = 0; i < in->n_applied; i++)
        take_applied(engine, &in->applied[i], out);
    if (engine->ended) {
        wind_down(engine, out);
        return;
    }
    if (!engine->started)
        begin(engine, out);
    take_in(engine, in, out);
    run_models(engine, out);
    if (engine->dark != 0 && !engine->ended)
        engine_pause_light(engine, out);
    if (engine->config.has_task != 0 && engine->paused == 0 && !engine->ended) {
        engine_triggers_run(engine, out);
        run_task(engine, out);
    }
    if (engine->now_ns >= engine->config.duration_ns)
        end(engine, FRAME_END_DURATION, out);
    if (!engine->ended)
        safety_tick(&engine->safety, engine->now_ns, out);
    if (engine->now_ns >= engine->digest_ns || engine->ended)
        run_digests(engine, out);
}

void engine_look(const struct engine *engine, struct engine_view *view)
{
    memset(view, 0, sizeof *view);
    view->now_ns = engine->now_ns;
    view->paused = engine->paused;
    view->trial = engine->machine.number;
    memcpy(view->state, machine_state(&engine->machine), strlen(machine_state(&engine->machine)));
    view->n_licks = engine->n_licks;
    view->n_rewards = engine->n_rewards;
    view->n_fired = engine->n_fired;
    view->n_sham = engine->n_sham;
    view->n_locked = engine->n_locked;
    view->n_limited = engine->n_limited;
    view->reward_ul = engine->rewarded_ul;
    view->n_signals = engine->config.n_signals;
    view->n_models = engine->config.n_models;
    for (uint32_t i = 0; i < view->n_signals; i++) {
        const struct photometry *fibre = &engine->fibres[i];
        view->signals[i].dff = fibre->dff;
        view->signals[i].slope = fibre->slope;
        view->signals[i].dff_ns = fibre->dff_ns;
        view->signals[i].trusted = fibre->trusted;
        view->signals[i].flags = fibre->flags;
    }
    for (uint32_t i = 0; i < view->n_models; i++) {
        const struct predict *model = engine->models[i];
        view->models[i].predicted = model->predicted;
        view->models[i].residual = model->residual;
        view->models[i].residual_z = model->residual_z;
        view->models[i].gain = model->gain.g;
        view->models[i].offset = model->gain.o;
        view->models[i].r = score_r(&model->score.type[SCORE_POOLED].all);
    }
}

const struct predict *engine_model(const struct engine *engine, uint32_t i)
{
    return i < engine->config.n_models ? engine->models[i] : NULL;
}

const struct posterior *engine_posterior(const struct engine *engine, uint32_t i)
{
    return i < engine->config.n_signals && engine->posteriors[i].n > 0 ? &engine->posteriors[i] : NULL;
}
