#include "engine/model/model.h"
#include "session/import_ppd.h"
#include "session/ppd.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the config says, and what is written into the two Lua files: side by side, because they must agree. */

static const int64_t period_ns = 1000000;
static const int64_t model_step_ns = 100000000;
static const double reward_ul = 4;

const char *import_ppd_assumption(const struct config *config)
{
    if (config->n_observes == 2)
        return "The pulse on digital input 1, about half a second after each cue, marks the reward. What it marks is "
               "not "
               "documented with the recording; half a second would fit a delay to reward.";
    if (config->n_observes == 1 && config->observes[0].kind == EV_US)
        return "Digital input 1 marks the reward. The recording itself does not say what its inputs mean.";
    return NULL;
}

static void set_name(char name[CONFIG_NAME], const char *text)
{
    snprintf(name, CONFIG_NAME, "%s", text);
}

static void add_input(struct config *config, const char *name, uint32_t line, enum config_input_kind kind)
{
    struct config_input *input = &config->inputs[config->n_inputs++];
    set_name(input->name, name);
    input->line = line;
    input->kind = kind;
}

static void add_observe(struct config *config, uint32_t input, uint32_t kind, double mag)
{
    config->observes[config->n_observes++] = (struct config_observe){.mag = mag, .input = input, .kind = kind};
}

/* What the models are told: cues are the times of the events file, and digital input 1 is taken for the reward. */
static void set_observes(const struct ppd *ppd, bool has_events, struct config *config)
{
    if (has_events) {
        set_name(config->cues[0].name, "A");
        config->cues[0].output = UINT32_MAX;
        config->n_cues = 1;
        add_observe(config, ppd->n_digital, EV_CS_ON, 1);
    }
    if (ppd->n_digital > 0)
        add_observe(config, 0, EV_US, reward_ul);
}

void import_ppd_config(const struct ppd *ppd, bool has_events, struct config *config)
{
    *config = (struct config){.period_ns = period_ns, .duration_ns = INT64_MAX, .n_devices = 1, .n_signals = 1};
    set_name(config->rig, "rig");
    set_name(config->task, "task");
    set_name(config->animal, ppd->subject);
    set_name(config->devices[0].name, "recording");
    set_name(config->devices[0].driver, "replay");
    config->devices[0].rate_hz = ppd->rate_hz;
    for (uint32_t i = 0; i < ppd->n_analog; i++) {
        struct config_channel *channel = &config->channels[config->n_channels++];
        snprintf(channel->name, CONFIG_NAME, i == 0 ? "signal" : i == 1 ? "control" : "analog%" PRIu32, i + 1);
        channel->volts_per_count = ppd->volts_per_count[i];
        channel->rate_hz = ppd->rate_hz;
        channel->line = i;
    }
    for (uint32_t i = 0; i < ppd->n_digital; i++) {
        char name[CONFIG_NAME];
        snprintf(name, sizeof name, "digital%" PRIu32, i + 1);
        add_input(config, name, i, CONFIG_INPUT_DIGITAL);
    }
    if (has_events)
        add_input(config, "cue", PPD_ANALOG_MAX, CONFIG_INPUT_EVENT);
    struct config_signal *signal = &config->signals[0];
    set_name(signal->name, "dlight");
    set_name(signal->sensor, "dLight1.1");
    set_name(signal->region, "ventral-striatum");
    signal->lowpass_hz = ppd->rate_hz > 50 ? 20 : ppd->rate_hz * 0.4;
    signal->tau_baseline_s = 60;
    signal->tau_fit_s = 120;
    signal->clip_low_v = ppd->pulsed ? -ppd->clip_v : 0;
    signal->clip_high_v = ppd->clip_v;
    signal->channel_signal = 0;
    signal->channel_control = ppd->n_analog > 1 ? 1 : UINT32_MAX;
    set_observes(ppd, has_events, config);
    if (config->n_observes == 0)
        return;
    set_name(config->models[0].name, "td_csc");
    config->models[0].step_ns = model_step_ns;
    config->models[0].mag_ref = reward_ul;
    config->n_models = 1;
}

/* A number as Lua reads it back to the same bits. */
static void put_number(FILE *file, double x)
{
    char text[32];
    const bool whole = x >= 0 && x < 1e15 && (double)(int64_t)x == x;
    snprintf(text, sizeof text, "%.0f", x);
    for (int digits = 1; digits <= 17 && !whole; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    fputs(text, file);
}

char *import_ppd_rig(const struct ppd *ppd, const struct config *config, const char *name)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL)
        return NULL;
    fprintf(file,
            "-- The rig of an imported recording: %s\n"
            "-- Every line is what the file says; the sensor and the region are this import's defaults.\n\n"
            "device \"recording\" { driver = \"replay\", rate = hz(",
            name);
    put_number(file, ppd->rate_hz);
    fputs(") }\n\n", file);
    for (uint32_t i = 0; i < config->n_channels; i++) {
        fprintf(file, "channel \"%s\" { device = \"recording\", line = %" PRIu32 ", volts_per_count = ",
                config->channels[i].name, config->channels[i].line);
        put_number(file, config->channels[i].volts_per_count);
        fputs(" }\n", file);
    }
    fputs("\n", file);
    for (uint32_t i = 0; i < config->n_inputs; i++)
        fprintf(file, "input \"%s\" { device = \"recording\", line = %" PRIu32 ", sensor = \"%s\" }\n",
                config->inputs[i].name, config->inputs[i].line,
                config->inputs[i].kind == CONFIG_INPUT_EVENT ? "event" : "digital");
    const struct config_signal *signal = &config->signals[0];
    fprintf(file, "\nsignal \"%s\" {\n  signal = \"signal\",%s mode = \"time-division\",\n", signal->name,
            signal->channel_control == UINT32_MAX ? "" : " control = \"control\",");
    fprintf(file, "  sensor = \"%s\", region = \"%s\",\n  lowpass = hz(", signal->sensor, signal->region);
    put_number(file, signal->lowpass_hz);
    fprintf(file, "), tau_baseline = sec(%g), tau_fit = sec(%g),\n  clip_low = v(", signal->tau_baseline_s,
            signal->tau_fit_s);
    put_number(file, signal->clip_low_v);
    fputs("), clip_high = v(", file);
    put_number(file, signal->clip_high_v);
    fputs("),\n}\n", file);
    return fclose(file) == 0 ? text : NULL;
}

/* `text` as Lua comments of at most about a hundred letters a line. */
static void put_comment(FILE *file, const char *text)
{
    for (const char *at = text; *at != 0;) {
        size_t n = strlen(at);
        if (n > 100)
            for (n = 100; at[n] != ' ';)
                n--;
        fprintf(file, "-- %.*s\n", (int)n, at);
        at += n;
        at += *at == ' ' ? 1 : 0;
    }
}

char *import_ppd_task(const struct config *config, const char *name)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (file == NULL)
        return NULL;
    fprintf(file, "-- What the models are told of an imported recording: %s   rig: rig.lua\n", name);
    if (import_ppd_assumption(config) != NULL) {
        fputs("-- An assumption:\n", file);
        put_comment(file, import_ppd_assumption(config));
    } else if (config->n_observes == 0)
        fputs("-- It has no events: add a line observe \"input\" { us = ul(x) } for what you know of it.\n", file);
    fputs("\nuses {\n  inputs = {", file);
    for (uint32_t i = 0; i < config->n_observes; i++)
        fprintf(file, "%s \"%s\"", i == 0 ? "" : ",", config->inputs[config->observes[i].input].name);
    fprintf(file, " },\n  signals = { \"%s\" },\n", config->signals[0].name);
    if (config->n_models > 0)
        fprintf(file, "  models = { td_csc = { step = ms(%" PRId64 ") } },\n", config->models[0].step_ns / 1000000);
    fputs("}\n", file);
    for (uint32_t i = 0; i < config->n_cues; i++)
        fprintf(file, "\ncue \"%s\" {}\n", config->cues[i].name);
    for (uint32_t i = 0; i < config->n_observes; i++) {
        const struct config_observe *observe = &config->observes[i];
        const char *input = config->inputs[observe->input].name;
        if (observe->kind == EV_US) {
            fprintf(file, "observe \"%s\" { us = ul(", input);
            put_number(file, observe->mag);
            fputs(") }\n", file);
        } else
            fprintf(file, "observe \"%s\" { cs = \"%s\" }\n", input, config->cues[observe->id].name);
    }
    return fclose(file) == 0 ? text : NULL;
}
