#include "engine/task/train.h"
#include <math.h>
#include <string.h>

void train_init(struct train *train, const struct config_train *config, uint64_t seed)
{
    char purpose[sizeof "train:" + CONFIG_NAME] = "train:";
    memcpy(purpose + strlen(purpose), config->name, strlen(config->name));
    *train = (struct train){.config = config};
    rng_init(&train->rng, seed, purpose);
}

static int64_t n_pulses(const struct config_train *config)
{
    return (config->duration_ns + config->period_ns - 1) / config->period_ns;
}

static void pulse(struct train *train, uint32_t id, int64_t now_ns, int64_t cause_ns, struct safety *safety,
                  struct frame_out *out)
{
    const struct config_train *config = train->config;
    const uint32_t n_writes = out->n_writes;
    train->next++;
    if (config->jitter_ns > 0)
        train->later_ns = (int64_t)floor(rng_uniform(&train->rng) * (double)config->jitter_ns);
    if (safety_on(safety, config->output, config->width_ns, 0.0, now_ns, cause_ns, out) != SAFETY_GRANTED ||
        config->shape == CONFIG_SHAPE_PULSES || out->n_writes == n_writes)
        return;
    out->writes[n_writes].wave = id + 1; /* what was granted, played by its description */
    out->writes[n_writes].level *= config->level;
}

void train_start(struct train *train, uint32_t id, int64_t now_ns, int64_t cause_ns, struct safety *safety,
                 struct frame_out *out)
{
    const struct config_train *config = train->config;
    if (train->running)
        return;
    const int64_t light_ns = n_pulses(config) * config->width_ns;
    if ((config->max_count > 0 && train->n_started >= config->max_count) ||
        (config->max_light_ns > 0 && light_ns > config->max_light_ns - train->light_ns)) {
        frame_decide(out, FRAME_DOSE_OVER, id, now_ns, 0.0);
        return;
    }
    train->n_started++;
    train->light_ns += light_ns;
    train->running = true;
    train->start_ns = now_ns;
    train->next = 0;
    frame_decide(out, FRAME_TRAIN, id, now_ns, 1.0);
    pulse(train, id, now_ns, cause_ns, safety, out);
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
    const int64_t elapsed_ns = now_ns - train->start_ns, n = n_pulses(config);
    const int64_t due = elapsed_ns / config->period_ns; /* index of the newest pulse whose period has begun */
    if (train->next < n && due >= train->next) {
        const int64_t now = due < n ? due : n; /* a whole period has passed for every pulse before it */
        train->n_skipped += (uint32_t)(now - train->next);
        train->next = now;
        const int64_t at_ns = now * config->period_ns + train->later_ns;
        if (now < n && elapsed_ns >= at_ns)
            pulse(train, id, now_ns, train->start_ns + at_ns, safety, out);
    }
    if (elapsed_ns < config->duration_ns || train->next < n)
        return false;
    train->running = false;
    *end_ns = train->start_ns + config->duration_ns;
    frame_decide(out, FRAME_TRAIN, id, *end_ns, 0.0);
    return true;
}
