#include "drivers/setup.h"
#include <math.h>
#include <stdio.h>

static bool check_count(const struct driver_setup *setup, const char *what, uint32_t n, uint32_t most,
                        struct error *err)
{
    char got[16];
    if (n <= most)
        return true;
    snprintf(got, sizeof got, "%u", n);
    return error_set(err, ERROR_INPUT, setup->name, what, got, "at most %u on this device", most);
}

static bool check_channel(const struct driver_setup *setup, const struct driver_channel *channel,
                          const struct driver_about *about, struct error *err)
{
    char got[32];
    if (!(channel->rate_hz >= about->rate_hz_min && channel->rate_hz <= about->rate_hz_max)) {
        snprintf(got, sizeof got, "%g", channel->rate_hz);
        return error_set(err, ERROR_INPUT, setup->name, "rate", got, "%g..%g Hz", about->rate_hz_min,
                         about->rate_hz_max);
    }
    if (!isfinite(channel->volts_per_count) || channel->volts_per_count == 0 || !isfinite(channel->volts_at_zero)) {
        snprintf(got, sizeof got, "%g, %g", channel->volts_per_count, channel->volts_at_zero);
        return error_set(err, ERROR_INPUT, setup->name, "volts a count, volts at zero", got,
                         "finite numbers, the first not 0");
    }
    return true;
}

bool setup_check(const struct driver_setup *setup, const struct driver_about *about, struct error *err)
{
    if (!check_count(setup, "channels", setup->n_channels, about->channels_max, err) ||
        !check_count(setup, "inputs", setup->n_inputs, about->inputs_max, err) ||
        !check_count(setup, "outputs", setup->n_outputs, about->outputs_max, err))
        return false;
    for (uint32_t i = 0; i < setup->n_channels; i++)
        if (!check_channel(setup, &setup->channels[i], about, err))
            return false;
    return true;
}

bool setup_check_line(const struct driver_setup *setup, const char *what, uint32_t line, uint32_t n_lines,
                      struct error *err)
{
    char got[16], words[64];
    if (line < n_lines)
        return true;
    snprintf(got, sizeof got, "%u", line);
    snprintf(words, sizeof words, "%s line", what);
    return error_set(err, ERROR_INPUT, setup->name, words, got, "0..%u", n_lines - 1);
}
