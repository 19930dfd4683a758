#include "realtime/offs.h"

void offs_init(struct offs *offs, const struct config *config)
{
    *offs = (struct offs){.config = config};
    for (uint32_t i = 0; i < FRAME_OUTPUTS_MAX; i++)
        offs->since_ns[i] = INT64_MIN;
}

static bool is_safe(const struct offs *offs, uint32_t output, double level)
{
    const double safe = offs->config->outputs[output].safe_level;
    return level >= safe && level <= safe;
}

void offs_confirm(struct offs *offs, const struct frame_in *in)
{
    for (uint32_t i = 0; i < in->n_status; i++) {
        if (in->status[i].kind == FRAME_DEVICE_LOST)
            offs->away |= 1u << in->status[i].device;
        if (in->status[i].kind != FRAME_DEVICE_BACK)
            continue;
        offs->away &= ~(1u << in->status[i].device);
        for (uint32_t o = 0; o < offs->config->n_outputs; o++) /* what was ordered meanwhile could not arrive */
            if (offs->config->outputs[o].device == in->status[i].device)
                offs->since_ns[o] = INT64_MIN;
    }
    for (uint32_t i = 0; i < in->n_applied; i++) {
        const struct frame_applied *applied = &in->applied[i];
        if (is_safe(offs, applied->output, applied->level) && applied->t_ns >= offs->since_ns[applied->output])
            offs->since_ns[applied->output] = INT64_MIN;
    }
}

void offs_order(struct offs *offs, const struct frame_out *out, int64_t now_ns)
{
    for (uint32_t i = 0; i < out->n_writes; i++) {
        int64_t *since_ns = &offs->since_ns[out->writes[i].output];
        if (!is_safe(offs, out->writes[i].output, out->writes[i].level))
            *since_ns = INT64_MIN;
        else if (*since_ns == INT64_MIN) /* written again it is no younger */
            *since_ns = now_ns;
    }
}

void offs_publish(const struct offs *offs, int64_t now_ns, struct shared *shared)
{
    int64_t age_ns[CONFIG_DEVICES_MAX] = {0};
    for (uint32_t o = 0; o < offs->config->n_outputs; o++) {
        const uint32_t d = offs->config->outputs[o].device;
        if (offs->since_ns[o] != INT64_MIN && (offs->away >> d & 1) == 0 && now_ns - offs->since_ns[o] > age_ns[d])
            age_ns[d] = now_ns - offs->since_ns[o];
    }
    atomic_store_explicit(&shared->away, offs->away, memory_order_relaxed);
    for (uint32_t d = 0; d < offs->config->n_devices; d++)
        atomic_store_explicit(&shared->off_age_ns[d], age_ns[d], memory_order_relaxed);
}
