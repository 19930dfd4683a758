#include "engine/task/train.h"

void train_init(struct train *train, const struct config_train *config)
{
    *train = (struct train){.config = config};
}

static void pulse(struct train *train, int64_t now_ns, int64_t cause_ns, struct safety *safety, struct frame_out *out)
{
    train->next++;
    (void)safety_on(safety, train->config->output, train->config->width_ns, 0.0, now_ns, cause_ns, out);
}

void train_start(struct train *train, uint32_t id, int64_t now_ns, int64_t cause_ns, struct safety *safety,
                 struct frame_out *out)
{
    if (train->running)
        return;
    train->running = true;
    train->start_ns = now_ns;
    train->next = 0;
    frame_decide(out, FRAME_TRAIN, id, now_ns, 1.0);
    pulse(train, now_ns, cause_ns, safety, out);
}

void train_stop(struct train *train, uint32_t id, int64_t now_ns, struct frame_out *out)
{
    if (!train->running)
        return;
    train->running = false;
    frame_decide(out, FRAME_TRAIN, id, now_ns, 0.0);
}

bool train_tick(struct train *train, uint32_t id, int64_t now_ns, struct safety *safety, struct frame_out *out,
                int64_t *end_ns)
{
    if (!train->running)
        return false;
    const struct config_train *config = train->config;
    const int64_t elapsed_ns = now_ns - train->start_ns;
    const int64_t n_pulses = (config->duration_ns + config->period_ns - 1) / config->period_ns;
    const int64_t due = elapsed_ns / config->period_ns; /* index of the newest pulse whose time has come */
    if (train->next < n_pulses && due >= train->next) {
        const int64_t now = due < n_pulses ? due : n_pulses; /* a whole period has passed for every pulse before it */
        train->n_skipped += (uint32_t)(now - train->next);
        train->next = now;
        if (now < n_pulses)
            pulse(train, now_ns, train->start_ns + now * config->period_ns, safety, out);
    }
    if (elapsed_ns < config->duration_ns || train->next < n_pulses)
        return false;
    train->running = false;
    *end_ns = train->start_ns + config->duration_ns;
    frame_decide(out, FRAME_TRAIN, id, *end_ns, 0.0);
    return true;
}
