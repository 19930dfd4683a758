#include "realtime/devices.h"
#include <string.h>

static const struct driver_ops *find(const char *name, const struct driver_ops *const *drivers, size_t n_drivers)
{
    for (size_t i = 0; i < n_drivers; i++)
        if (strcmp(drivers[i]->name, name) == 0)
            return drivers[i];
    return NULL;
}

/* The rig's lines on one device. */
struct lines {
    struct driver_channel channels[FRAME_CHANNELS_MAX];
    struct driver_input inputs[FRAME_INPUTS_MAX];
    struct driver_output outputs[FRAME_OUTPUTS_MAX];
    struct driver_wave waves[CONFIG_TRAINS_MAX];
};

static void collect(struct driver_setup *setup, struct lines *lines, const struct config *config)
{
    for (uint32_t i = 0; i < config->n_channels; i++) {
        const struct config_channel *c = &config->channels[i];
        if (c->device == setup->device)
            lines->channels[setup->n_channels++] =
                (struct driver_channel){c->rate_hz, c->volts_per_count, c->volts_at_zero, i, c->line};
    }
    for (uint32_t i = 0; i < config->n_inputs; i++) {
        const struct config_input *c = &config->inputs[i];
        if (c->device == setup->device)
            lines->inputs[setup->n_inputs++] = (struct driver_input){i, c->line, c->kind == CONFIG_INPUT_LICK};
    }
    for (uint32_t i = 0; i < config->n_outputs; i++) {
        const struct config_output *c = &config->outputs[i];
        if (c->device == setup->device)
            lines->outputs[setup->n_outputs++] =
                (struct driver_output){c->safe_level, c->on_level, i, c->line, c->kind, c->guard};
    }
    for (uint32_t i = 0; i < config->n_trains; i++) {
        const struct config_train *c = &config->trains[i];
        if (c->shape != CONFIG_SHAPE_PULSES && config->outputs[c->output].device == setup->device)
            lines->waves[setup->n_waves++] =
                (struct driver_wave){i, c->output, c->shape, c->duration_ns, c->ramp_ns, c->hz, c->hz_end};
    }
    setup->waves = lines->waves;
    setup->channels = lines->channels;
    setup->inputs = lines->inputs;
    setup->outputs = lines->outputs;
}

static void fill_options(struct driver_setup *setup, const struct driver_ops *ops, const struct config_device *device)
{
    for (uint32_t k = 0; k < ops->n_options && k < DRIVER_OPTIONS_MAX; k++) {
        setup->options[k] = ops->options[k].def;
        for (uint32_t s = 0; s < device->n_settings; s++)
            if (strcmp(device->settings[s].name, ops->options[k].name) == 0)
                setup->options[k] = device->settings[s].value;
    }
}

bool devices_open(struct devices *devices, const struct config *config, const struct driver_ops *const *drivers,
                  size_t n_drivers, const struct driver_recording *recording, struct error *err)
{
    *devices = (struct devices){0};
    for (uint32_t d = 0; d < config->n_devices; d++) {
        const struct config_device *device = &config->devices[d];
        const struct driver_ops *ops = find(device->driver, drivers, n_drivers);
        struct lines lines;
        struct driver_setup setup = {.name = device->name,
                                     .seed = config->seed,
                                     .device = d,
                                     .rate_hz = device->rate_hz,
                                     .recording = recording};
        if (ops == NULL) {
            error_set(err, ERROR_INPUT, device->name, "driver", device->driver, "a driver that this program has");
            goto fail;
        }
        collect(&setup, &lines, config);
        fill_options(&setup, ops, device);
        if (!ops->open(&devices->device[d].driver, &setup, err))
            goto fail;
        devices->device[d].ops = ops;
        devices->n = d + 1;
    }
    return true;
fail:
    devices_close(devices);
    return false;
}

bool devices_start(struct devices *devices, struct error *err)
{
    for (uint32_t i = 0; i < devices->n; i++)
        if (!devices->device[i].ops->start(devices->device[i].driver, err)) {
            devices_stop(devices);
            return false;
        }
    return true;
}

void devices_read(struct devices *devices, struct frame_in *in)
{
    for (uint32_t i = 0; i < devices->n; i++)
        devices->device[i].ops->read(devices->device[i].driver, in);
}

void devices_write(struct devices *devices, const struct frame_out *out, int64_t now_ns, struct frame_in *confirmed)
{
    if (out->n_writes == 0)
        return;
    for (uint32_t i = 0; i < devices->n; i++)
        devices->device[i].ops->write(devices->device[i].driver, out->writes, out->n_writes, now_ns, confirmed);
}

void devices_request_safe(struct devices *devices, int64_t now_ns)
{
    for (uint32_t i = 0; i < devices->n; i++)
        devices->device[i].ops->request_safe(devices->device[i].driver, now_ns);
}

bool devices_force_safe(struct devices *devices, int64_t now_ns)
{
    bool all = true;
    for (uint32_t i = 0; i < devices->n; i++)
        all = devices->device[i].ops->force_safe(devices->device[i].driver, now_ns) && all;
    return all;
}

bool devices_all_safe(struct devices *devices, const struct config *config, int64_t now_ns)
{
    for (uint32_t i = 0; i < config->n_outputs; i++) {
        const uint32_t d = config->outputs[i].device;
        if (d >= devices->n || devices->device[d].ops->level == NULL)
            return false;
        const double level = devices->device[d].ops->level(devices->device[d].driver, i, now_ns);
        if (level < config->outputs[i].safe_level || level > config->outputs[i].safe_level)
            return false;
    }
    return true;
}

void devices_stop(struct devices *devices)
{
    for (uint32_t i = 0; i < devices->n; i++)
        devices->device[i].ops->stop(devices->device[i].driver);
}

void devices_close(struct devices *devices)
{
    for (uint32_t i = devices->n; i-- > 0;)
        devices->device[i].ops->close(devices->device[i].driver);
    *devices = (struct devices){0};
}
