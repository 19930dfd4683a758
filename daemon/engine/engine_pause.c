#include "engine/engine_pause.h"
#include "engine/engine_state.h"

enum { CAUSES = 32 };

static bool is_led(const struct engine *engine, uint32_t output)
{
    return engine->config.outputs[output].kind == CONFIG_OUTPUT_LED;
}

void engine_pause_begin(struct engine *engine, uint32_t cause, struct frame_out *out)
{
    const struct machine_hands hands = {&engine->safety, engine->trains, engine->reward_ul};
    const int64_t now_ns = engine->now_ns;
    const bool first = engine->paused == 0;
    if (cause >= CAUSES || engine->ended)
        return;
    engine->paused |= 1u << cause;
    if (!first)
        return;
    frame_decide(out, FRAME_PAUSED, engine->paused, now_ns, 1.0);
    if (engine->config.has_task != 0)
        machine_interrupt(&engine->machine, now_ns, &hands, out);
    for (uint32_t i = 0; i < engine->config.n_trains; i++)
        train_stop(&engine->trains[i], i, now_ns, out);
    for (uint32_t i = 0; i < engine->config.n_outputs; i++)
        if (!is_led(engine, i))
            safety_off(&engine->safety, i, now_ns, now_ns, out);
    engine_tell_models(engine, EV_SESSION, EVENT_SESSION_PAUSE, 0.0, now_ns, out);
}

void engine_pause_end(struct engine *engine, uint32_t cause, struct frame_out *out)
{
    if (cause >= CAUSES || engine->ended || (engine->paused >> cause & 1) == 0)
        return;
    engine->paused &= ~(1u << cause);
    if (engine->paused != 0)
        return;
    frame_decide(out, FRAME_PAUSED, 0, engine->now_ns, 0.0);
    if (engine->config.has_task != 0)
        machine_resume(&engine->machine, engine->now_ns);
    engine_tell_models(engine, EV_SESSION, EVENT_SESSION_RESUME, 0.0, engine->now_ns, out);
}

void engine_pause_device(struct engine *engine, uint32_t device, bool lost, struct frame_out *out)
{
    for (uint32_t i = 0; i < engine->config.n_outputs; i++) {
        if (engine->config.outputs[i].device != device)
            continue;
        safety_away(&engine->safety, i, lost);
        if (!lost)
            continue;
        if (is_led(engine, i))
            engine->dark |= 1u << i;
        safety_off(&engine->safety, i, engine->now_ns, engine->now_ns, out);
    }
    if (engine->config.devices[device].on_loss != CONFIG_ON_LOSS_PAUSE)
        return;
    if (lost)
        engine_pause_begin(engine, FRAME_PAUSE_DEVICE + device, out);
    else
        engine_pause_end(engine, FRAME_PAUSE_DEVICE + device, out);
}

void engine_pause_light(struct engine *engine, struct frame_out *out)
{
    for (uint32_t i = 0; i < engine->config.n_outputs; i++)
        if ((engine->dark >> i & 1) != 0 && safety_is_free(&engine->safety, i)) {
            engine->dark &= ~(1u << i);
            (void)safety_on(&engine->safety, i, INT64_MAX, 0.0, engine->now_ns, engine->now_ns, out);
        }
}
