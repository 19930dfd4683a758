#include "cli/check_plan.h"
#include "engine/base/units.h"
#include "engine/latency.h"
#include "engine/model/model.h"
#include "engine/signal/photometry.h"
#include "realtime/shared.h"
#include <string.h>

enum { WIDTH = 100 }; /* characters of a line of text, about */

static double ms(int64_t ns)
{
    return (double)ns / (double)MS;
}

/* null where there is no limit. */
static json_t *limit_ms(int64_t ns)
{
    return ns == INT64_MAX ? json_null() : json_real(ms(ns));
}

static const struct driver_ops *driver_of(const struct check_plan *plan, const struct config_device *device)
{
    for (size_t i = 0; i < plan->n_drivers; i++)
        if (strcmp(plan->drivers[i]->name, device->driver) == 0)
            return plan->drivers[i];
    return NULL;
}

static json_t *device_json(const struct check_plan *plan, uint32_t i)
{
    const struct config_device *device = &plan->config->devices[i];
    const struct driver_ops *ops = driver_of(plan, device);
    json_t *options = json_object();
    for (uint32_t k = 0; k < device->n_settings; k++)
        json_object_set_new(options, device->settings[k].name, json_real(device->settings[k].value));
    return json_pack("{s:s, s:s, s:f, s:f, s:s, s:o}", "name", device->name, "driver", device->driver, "rate_hz",
                     device->rate_hz, "write_us_max", ops != NULL ? (double)ops->about.worst_case_write_ns / 1e3 : 0.0,
                     "what", ops != NULL ? ops->about.help : "", "options", options);
}

static json_t *channel_json(const struct check_plan *plan, uint32_t i)
{
    const struct config_channel *channel = &plan->config->channels[i];
    return json_pack("{s:s, s:s, s:I, s:f}", "name", channel->name, "device",
                     plan->config->devices[channel->device].name, "line", (json_int_t)channel->line, "rate_hz",
                     channel->rate_hz);
}

static json_t *input_json(const struct check_plan *plan, uint32_t i)
{
    static const char *const kinds[] = {"digital", "lick", "event", "estop",
                                        "estop_opens"}; /* enum config_input_kind */
    const struct config_input *input = &plan->config->inputs[i];
    return json_pack("{s:s, s:s, s:I, s:s, s:f}", "name", input->name, "device",
                     plan->config->devices[input->device].name, "line", (json_int_t)input->line, "kind",
                     kinds[input->kind], "debounce_ms", ms(input->refractory_ns));
}

/* What becomes of an output that is on at the moment when the whole computer dies. */
static const char *if_all_dies(const struct config_output *output, char text[128])
{
    switch ((enum config_guard)output->guard) {
    case CONFIG_GUARD_NONE:
        break;
    case CONFIG_GUARD_DEVICE_TIMED:
        snprintf(text, 128, "the device ends the pulse that it was given by itself: on for at most %.6g ms",
                 ms(output->max_on_ns));
        return text;
    case CONFIG_GUARD_DEVICE_WATCHDOG:
        return "the device goes to its safe level when it hears nothing more";
    case CONFIG_GUARD_INTERLOCK:
        return "an interlock outside this computer ends it";
    }
    return "stays on until someone switches it off";
}

static json_t *limit_if(bool limited, double value)
{
    return limited ? json_real(value) : json_null();
}

static json_t *count_if(uint32_t n)
{
    return n > 0 ? json_integer((json_int_t)n) : json_null();
}

/* What safety holds the output to, null where there is no limit. */
static void add_limits(json_t *json, const struct config *config, const struct config_output *output)
{
    const bool duty = output->duty_per_ns > 0, energy = output->energy_per_ns > 0;
    json_t *excludes = json_array();
    for (uint32_t i = 0; i < config->n_outputs; i++)
        if ((output->exclude >> i & 1) != 0)
            json_array_append_new(excludes, json_string(config->outputs[i].name));
    json_t *limits = json_pack(
        "{s:o, s:f, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "max_on_ms", limit_ms(output->max_on_ns),
        "min_gap_ms", ms(output->min_gap_ns), "max_session_ul",
        limit_if(output->kind == CONFIG_OUTPUT_VALVE && output->max_session_ul <= 1e300, output->max_session_ul),
        "max_day_ul", limit_if(output->max_day_ul > 0, output->max_day_ul), "max_count",
        count_if(output->max_session_n), "max_day_count", count_if(output->max_day_n), "duty",
        limit_if(duty, output->duty), "duty_per_ms", limit_if(duty, ms(output->duty_per_ns)), "power_mw",
        limit_if(output->power_mw > 0, output->power_mw), "max_energy_mj", limit_if(energy, output->max_energy_mj),
        "energy_per_ms", limit_if(energy, ms(output->energy_per_ns)), "max_level",
        limit_if(output->max_level > 0, output->max_level), "excludes", excludes);
    json_object_update(json, limits);
    json_decref(limits);
}

static json_t *output_json(const struct check_plan *plan, uint32_t i)
{
    static const char *const kinds[] = {"digital", "valve", "laser", "sound", "led"}; /* enum config_output_kind */
    static const char *const guards[] = {"none", "device_timed", "device_watchdog", "interlock"}; /* config_guard */
    const struct config_output *output = &plan->config->outputs[i];
    char text[128];
    json_t *json = json_pack("{s:s, s:s, s:I, s:s, s:s}", "name", output->name, "device",
                             plan->config->devices[output->device].name, "line", (json_int_t)output->line, "kind",
                             kinds[output->kind], "guard", guards[output->guard]);
    add_limits(json, plan->config, output);
    json_object_set_new(json, "if_the_computer_dies", json_string(if_all_dies(output, text)));
    return json;
}

/* How late dF/F is by the low-pass; 0 if the signal's settings are refused, which the engine has found before. */
static double delay_ms(const struct config *config, uint32_t i)
{
    const struct config_signal *signal = &config->signals[i];
    const struct photometry_config settings = {.sample_hz = config->channels[signal->channel_signal].rate_hz,
                                               .lowpass_hz = signal->lowpass_hz,
                                               .tau_baseline_s = signal->tau_baseline_s,
                                               .tau_fit_s = signal->tau_fit_s,
                                               .clip_low_v = signal->clip_low_v,
                                               .clip_high_v = signal->clip_high_v,
                                               .has_control = signal->channel_control != UINT32_MAX};
    struct photometry fibre;
    struct error ignored;
    return photometry_init(&fibre, &settings, &ignored) ? 1e3 * photometry_delay_s(&fibre) : 0;
}

static json_t *signal_json(const struct check_plan *plan, uint32_t i)
{
    const struct config *config = plan->config;
    const struct config_signal *signal = &config->signals[i];
    const bool has_control = signal->channel_control != UINT32_MAX;
    return json_pack("{s:s, s:s, s:s, s:o, s:s, s:f, s:f}", "name", signal->name, "sensor", signal->sensor, "channel",
                     config->channels[signal->channel_signal].name, "control",
                     has_control ? json_string(config->channels[signal->channel_control].name) : json_null(), "region",
                     signal->region, "lowpass_hz", signal->lowpass_hz, "delay_ms", delay_ms(config, i));
}

static json_t *model_json(const struct check_plan *plan, uint32_t i)
{
    const struct config_model *model = &plan->config->models[i];
    json_t *params = json_object();
    for (uint32_t k = 0; k < model->n_settings; k++)
        json_object_set_new(params, model->settings[k].name, json_real(model->settings[k].value));
    return json_pack("{s:s, s:s, s:f, s:f, s:o}", "name", model->name, "signal",
                     plan->config->signals[model->signal].name, "step_ms", ms(model->step_ns), "standard_reward_ul",
                     model->mag_ref, "params", params);
}

static json_t *cue_json(const struct check_plan *plan, uint32_t i)
{
    const struct config_cue *cue = &plan->config->cues[i];
    return json_pack("{s:s, s:o}", "name", cue->name, "output",
                     cue->output == UINT32_MAX ? json_null() : json_string(plan->config->outputs[cue->output].name));
}

static json_t *observe_json(const struct check_plan *plan, uint32_t i)
{
    const struct config_observe *observe = &plan->config->observes[i];
    const bool cue = observe->kind == EV_CS_ON;
    return json_pack("{s:s, s:o, s:o}", "name", plan->config->inputs[observe->input].name, "cue",
                     cue ? json_string(plan->config->cues[observe->id].name) : json_null(), "reward_ul",
                     cue ? json_null() : json_real(observe->mag));
}

/* What lies between a change in the fibre and the decision, part by part; what is 0 is left out. */
static json_t *latency_json(const struct config *config, uint32_t i)
{
    const struct latency latency = latency_of(config, i);
    const struct {
        const char *name;
        int64_t ns;
    } parts[] = {
        {"filter_ms",                   latency.filter_ns   },
        {"smoothing_ms",                latency.smoothing_ns},
        {"step_ms",                     latency.update_ns   },
        {"stagger_ms",                  latency.stagger_ns  },
        {"tick_ms",                     latency.tick_ns     },
        {"hold_ms",                     latency.hold_ns     },
        {"prediction_behind_events_ms", latency.behind_ns   },
    };
    json_t *json = json_pack("{s:f}", "total_ms", ms(latency.total_ns));
    for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
        if (parts[k].ns > 0)
            json_object_set_new(json, parts[k].name, json_real(ms(parts[k].ns)));
    return json;
}

static const char *source_text(const struct config *config, const struct config_source *source, char text[128])
{
    static const char *const words[] = {"", "residual", "dff", "predicted", "variable", "phase", "yoke"};
    const bool has_model = source->kind == CONFIG_SOURCE_RESIDUAL || source->kind == CONFIG_SOURCE_PREDICTED ||
                           source->kind == CONFIG_SOURCE_VARIABLE;
    snprintf(text, 128, "%s%s%s%s%s", words[source->kind], source->kind == CONFIG_SOURCE_YOKE ? "" : " of ",
             source->kind == CONFIG_SOURCE_YOKE ? "" : config->signals[source->signal].name, has_model ? " by " : "",
             has_model ? config->models[source->model].name : "");
    return text;
}

/* When it fires, in words. */
static const char *rule_text(const struct config_trigger *trigger, char text[192])
{
    const char *side = trigger->below != 0 ? "below" : "above", *unit = trigger->zscore != 0 ? " z" : "";
    if (trigger->source.kind == CONFIG_SOURCE_YOKE)
        snprintf(text, 192, "at %u times of an earlier session", (unsigned)trigger->n_yoke);
    else if (trigger->source.kind == CONFIG_SOURCE_PHASE)
        snprintf(text, 192, "at %.6g deg of %.6g..%.6g Hz, amplitude above %.6g",
                 trigger->at_rad * 180 / 3.14159265358979, trigger->low_hz, trigger->high_hz, trigger->threshold);
    else if (trigger->drop > 0)
        snprintf(text, 192, "at a peak %s %.6g%s, once back by %.6g%s", side, trigger->threshold, unit, trigger->drop,
                 unit);
    else
        snprintf(text, 192, "%s %.6g%s%s", side, trigger->threshold, unit,
                 trigger->slope_ns > 0 ? " a second: slope" : "");
    return text;
}

static json_t *trigger_json(const struct check_plan *plan, uint32_t i)
{
    const struct config_trigger *trigger = &plan->config->triggers[i];
    char source[128], rule[192], rate[64];
    snprintf(rate, sizeof rate, "%u in %.6g s", (unsigned)trigger->max_n, (double)trigger->max_per_ns * 1e-9);
    const bool yoke = trigger->source.kind == CONFIG_SOURCE_YOKE;
    return json_pack("{s:s, s:s, s:s, s:o, s:f, s:f, s:f, s:f, s:o, s:o, s:I, s:b, s:o}", "name", trigger->name, "on",
                     source_text(plan->config, &trigger->source, source), "fires", rule_text(trigger, rule), "release",
                     yoke ? json_null() : json_real(trigger->release), "hold_ms", ms(trigger->hold_ns), "lockout_ms",
                     ms(trigger->lockout_ns), "delay_ms", ms(trigger->delay_ns), "sham", trigger->sham, "max_rate",
                     trigger->max_n > 0 ? json_string(rate) : json_null(), "max_count",
                     trigger->max_count != UINT32_MAX ? json_integer(trigger->max_count) : json_null(), "conditions",
                     (json_int_t)trigger->n_conditions, "enabled", (int)trigger->enabled, "latency",
                     latency_json(plan->config, i));
}

static json_t *train_json(const struct check_plan *plan, uint32_t i)
{
    static const char *const shapes[] = {"pulses", "constant", "sine", "tone", "noise", "chirp", "clicks"};
    const struct config_train *train = &plan->config->trains[i];
    const bool pulses = train->shape == CONFIG_SHAPE_PULSES;
    const double rate_hz = pulses ? 1e9 / (double)train->period_ns : train->hz;
    return json_pack("{s:s, s:s, s:s, s:f, s:f, s:f, s:f, s:f, s:f, s:o, s:o}", "name", train->name, "output",
                     plan->config->outputs[train->output].name, "shape", shapes[train->shape], "width_ms",
                     ms(train->width_ns), "rate_hz", rate_hz, "duration_ms", ms(train->duration_ns), "jitter_ms",
                     ms(train->jitter_ns), "ramp_ms", ms(train->ramp_ns), "level", pulses ? 1.0 : train->level,
                     "max_count", train->max_count > 0 ? json_integer(train->max_count) : json_null(), "max_light_ms",
                     train->max_light_ns > 0 ? json_real(ms(train->max_light_ns)) : json_null());
}

static json_t *params_json(const struct check_plan *plan)
{
    json_t *params = json_array();
    for (size_t i = 0; plan->task != NULL && i < task_n_params(plan->task); i++)
        json_array_append_new(params, json_string(task_param(plan->task, i)));
    return params;
}

/* "1 s: delay", "lick: reward (deliver water 4 ul)": where the state leads. */
static json_t *ways_json(const struct check_states *states, uint32_t from)
{
    json_t *ways = json_array();
    for (uint32_t i = 0; i < states->n_edges; i++) {
        const struct check_edge *edge = &states->edges[i];
        char after[64], text[256];
        if (edge->from != from)
            continue;
        if (edge->max_s > edge->min_s)
            snprintf(after, sizeof after, "%.3g..%.3g s", edge->min_s, edge->max_s);
        else
            snprintf(after, sizeof after, "%.6g s", edge->min_s);
        snprintf(text, sizeof text, "%s: %s%s%s%s", edge->cause[0] != '\0' ? edge->cause : after,
                 edge->to == CHECK_DONE ? "done" : states->states[edge->to].name, edge->action[0] != '\0' ? " (" : "",
                 edge->action, edge->action[0] != '\0' ? ")" : "");
        json_array_append_new(ways, json_string(text));
    }
    return ways;
}

static json_t *states_json(const struct check_states *states)
{
    json_t *list = json_array();
    for (uint32_t i = 0; states != NULL && i < states->n_states; i++) {
        const struct check_state *state = &states->states[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:i, s:s, s:s, s:o, s:f}", "name", state->name, "line", state->line,
                                        "enter", state->enter, "arm", state->arm, "ways", ways_json(states, i), "share",
                                        (double)state->n_reachable / states->n_trials));
    }
    return list;
}

static json_t *trials_json(const struct check_plan_trials *trials)
{
    if (trials->n == 0)
        return json_null();
    return json_pack("{s:I, s:f, s:f, s:I, s:f, s:b}", "planned", (json_int_t)trials->n, "shortest_s",
                     trials->shortest_s, "longest_s", trials->longest_s, "rewards", (json_int_t)trials->n_rewards,
                     "reward_ul", trials->reward_ul, "over", (int)trials->over);
}

json_t *check_plan_json(const struct check_plan *plan)
{
    const struct config *config = plan->config;
    const struct {
        const char *name;
        uint32_t n;
        json_t *(*make)(const struct check_plan *plan, uint32_t i);
    } lists[] = {
        {"devices",  config->n_devices,  device_json },
        {"channels", config->n_channels, channel_json},
        {"inputs",   config->n_inputs,   input_json  },
        {"outputs",  config->n_outputs,  output_json },
        {"signals",  config->n_signals,  signal_json },
        {"models",   config->n_models,   model_json  },
        {"cues",     config->n_cues,     cue_json    },
        {"observed", config->n_observes, observe_json},
        {"triggers", config->n_triggers, trigger_json},
        {"trains",   config->n_trains,   train_json  },
    };
    json_t *json = json_pack("{s:s, s:o, s:f, s:I}", "rig", config->rig, "task",
                             plan->task != NULL ? json_string(config->task) : json_null(), "tick_ms",
                             ms(config->period_ns), "ring_mib", (json_int_t)(shared_ring_size(config) >> 20));
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        json_t *list = json_array();
        for (uint32_t i = 0; i < lists[k].n; i++)
            json_array_append_new(list, lists[k].make(plan, i));
        json_object_set_new(json, lists[k].name, list);
    }
    json_object_set_new(json, "states", states_json(plan->states));
    json_object_set_new(json, "params", params_json(plan));
    json_object_set_new(json, "trials", trials_json(&plan->trials));
    return json;
}

/* A number or text; nothing if there is nothing to say. */
static void value_text(const json_t *value, char *text, size_t size)
{
    text[0] = '\0';
    if (json_is_string(value))
        snprintf(text, size, "%s", json_string_value(value));
    else if (json_is_number(value))
        snprintf(text, size, "%.6g", json_number_value(value));
    else if (json_is_boolean(value))
        snprintf(text, size, "%s", json_is_true(value) ? "yes" : "no");
    for (size_t i = 0, n = 0; json_is_array(value) && i < json_array_size(value) && n < size; i++, n = strlen(text))
        snprintf(text + n, size - n, "%s%s", i > 0 ? " and " : "", json_string_value(json_array_get(value, i)));
}

/* "max_on_ms" and 200 as people read it: "max on 200 ms". Empty if there is no value. */
static void item_text(const char *key, json_t *value, char *text, size_t size)
{
    static const char *const units[] = {"_ms", "_us", "_s", "_hz", "_ul", "_mw", "_mj", "_mib"};
    const char *inner_key, *unit = "";
    json_t *inner;
    char shown[160], part[128];
    size_t n = strlen(key), used;
    value_text(value, shown, sizeof shown);
    text[0] = '\0';
    if (!json_is_object(value) && shown[0] == '\0')
        return;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const size_t length = strlen(units[i]);
        if (json_is_number(value) && n > length && strcmp(key + n - length, units[i]) == 0) {
            unit = units[i];
            n -= length;
            break;
        }
    }
    snprintf(text, size, "%.*s %s%s%s", (int)n, key, shown, unit[0] != '\0' ? " " : "",
             unit[0] != '\0' ? unit + 1 : "");
    for (size_t i = 0; i < n; i++)
        text[i] = text[i] == '_' ? ' ' : text[i];
    json_object_foreach(value, inner_key, inner)
    {
        item_text(inner_key, inner, part, sizeof part);
        used = strlen(text);
        snprintf(text + used, size - used, "%s%s", text[used - 1] == ' ' ? "" : ", ", part);
    }
}

/* Texts, one after another. */
static void list_text(const json_t *list, char *text, size_t size)
{
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < json_array_size(list) && n < size; i++)
        n +=
            (size_t)snprintf(text + n, size - n, "%s%s", i > 0 ? "; " : "", json_string_value(json_array_get(list, i)));
}

/* "  water  device daq, line 4, kind valve": long ones go on in the next line, under the first. */
static void print_entry(FILE *out, json_t *entry, int indent)
{
    const char *key;
    json_t *value;
    int column = indent;
    json_object_foreach(entry, key, value)
    {
        char text[384];
        if (json_is_array(value)) {
            list_text(value, text, sizeof text);
        } else if (strcmp(key, "line") == 0 && json_object_get(entry, "ways") != NULL) {
            continue; /* of the file, which a reader has at hand */
        } else if (json_is_string(value) && json_string_length(value) == 0) {
            continue;
        } else {
            item_text(key, value, text, sizeof text);
        }
        const int n = (int)strlen(text);
        if (strcmp(key, "name") == 0 || n == 0 || (json_is_object(value) && json_object_size(value) == 0))
            continue;
        const bool first = column == indent, wraps = !first && (column + n > WIDTH || json_is_object(value));
        if (wraps)
            fprintf(out, ",\n%*s", indent, "");
        else if (!first)
            fputs(", ", out);
        fputs(text, out);
        column = (wraps ? indent : column) + n + 2;
    }
    fputc('\n', out);
}

static void print_list(FILE *out, const char *title, const json_t *list)
{
    int width = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_object_get(json_array_get(list, i), "name"));
        width = name != NULL && (int)strlen(name) > width ? (int)strlen(name) : width;
    }
    fprintf(out, "%s\n", title);
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *entry = json_array_get(list, i);
        if (json_is_string(entry)) {
            fprintf(out, "  %s\n", json_string_value(entry));
            continue;
        }
        fprintf(out, "  %-*s  ", width, json_string_value(json_object_get(entry, "name")));
        print_entry(out, entry, width + 4);
    }
}

void check_plan_print(FILE *out, json_t *plan)
{
    const char *key;
    json_t *value;
    json_object_foreach(plan, key, value)
    {
        char text[384];
        if (json_is_array(value)) {
            if (json_array_size(value) > 0)
                print_list(out, key, value);
            continue;
        }
        item_text(key, value, text, sizeof text);
        if (text[0] != '\0')
            fprintf(out, "%s\n", text);
    }
}
