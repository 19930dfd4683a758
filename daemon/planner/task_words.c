#include "planner/task_words.h"
#include "engine/model/model.h"
#include "planner/source_words.h"
#include "planner/suggest.h"
#include "planner/train_words.h"
#include "planner/trigger_words.h"
#include <assert.h>
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ANY QUANTITY_NUMBER, 0, 0

enum { NAMES_MAX = 64, LIST_MAX = 32 };

struct task *task_words_owner(lua_State *lua)
{
    return sandbox_of(lua)->owner;
}

/* Marks the rig's entries that the list at `key` names. */
static uint32_t mark(const struct declare *declare, const char *key, const char *noun, const void *entries, uint32_t n,
                     size_t stride, bool *used)
{
    const uint32_t n_items = declare_list(declare, key, LIST_MAX);
    struct declare list;
    char path[SANDBOX_TEXT], position[12];
    if (n_items == 0)
        return 0;
    declare_inner(declare, key, &list, path);
    for (uint32_t i = 1; i <= n_items; i++) {
        snprintf(position, sizeof position, "%u", (unsigned)i);
        used[declare_refer(&list, position, declare_list_text(declare, key, i), noun, entries, n, stride, NULL)] = true;
    }
    lua_pop(declare->lua, 1);
    return n_items;
}

/* The row of a model's parameter, in the units of the language. */
static struct declare_key param_key(const struct model_param *param)
{
    const enum quantity_dimension dimension = quantity_dimension_of(param->unit);
    const double scale = dimension == QUANTITY_TIME ? 1e9 : 1; /* tables are in seconds */
    return (struct declare_key){
        .key = param->name,
        .type = DECLARE_NUMBER,
        .dimension = dimension,
        .min = param->lo * scale,
        .max = param->hi * scale,
    };
}

/* Reads `name = { step = ..., alpha = ... }` into `model`. */
static void read_model(const struct declare *models, const char *name, struct config_model *model)
{
    const struct model_ops *ops = model_find(name);
    struct declare declare;
    char path[SANDBOX_TEXT], text[SUGGEST_TEXT];
    size_t n_names = 0;
    while (model_names()[n_names])
        n_names++;
    if (!ops)
        declare_fail(models, name, "", "%s", suggest_text(text, "a model", name, model_names(), n_names));
    *model = (struct config_model){.step_ns = ops->step_ns, .mag_ref = 4};
    snprintf(model->name, sizeof model->name, "%s", name);
    struct declare_key keys[MODEL_PARAMS_MAX + 3] = {
        {"step",    DECLARE_NS,     false, QUANTITY_TIME,   (double)ops->step_ns_min, (double)ops->step_ns_max,
         offsetof(struct config_model,                                                                                                        step_ns), NULL},
        {"mag_ref", DECLARE_NUMBER, false, QUANTITY_VOLUME, 1e-3,                     1e5,                      offsetof(struct config_model, mag_ref), NULL},
    };
    for (int i = 0; i < ops->n_params; i++) {
        keys[i + 2] = param_key(&ops->params[i]);
        keys[i + 2].type = DECLARE_OTHER; /* read below: each has a place of its own */
    }
    declare_inner(models, name, &declare, path);
    declare_keys(&declare, keys, model);
    for (int i = 0; i < ops->n_params; i++) {
        const struct declare_key key = param_key(&ops->params[i]);
        double value = 0;
        if (!declare_key(&declare, &key, &value))
            continue;
        value = quantity_si((struct quantity){.value = value, .dimension = key.dimension});
        if (!model_param_allows(&ops->params[i], value))
            declare_fail(&declare, key.key, NULL, "a whole number %g..%g", ops->params[i].lo, ops->params[i].hi);
        if (model->n_settings == CONFIG_PARAMS_MAX)
            declare_fail(&declare, NULL, "", "at most %d parameters", CONFIG_PARAMS_MAX);
        struct config_setting *setting = &model->settings[model->n_settings++];
        snprintf(setting->name, sizeof setting->name, "%s", key.key);
        setting->value = value;
    }
    lua_pop(declare.lua, 1);
}

/* One instance a signal and model: signals in the rig's order, models by name. */
static void read_models(const struct declare *declare, uint32_t n_signals)
{
    struct task *task = task_words_owner(declare->lua);
    struct config *config = &task->config;
    struct declare models;
    char path[SANDBOX_TEXT];
    const char *names[NAMES_MAX];
    if (!declare_inner(declare, "models", &models, path))
        return;
    const uint32_t n = declare_names(&models, names, NAMES_MAX);
    if (n > 0 && n_signals == 0)
        declare_fail(declare, "models", "", "signals = { ... } as well: a model predicts a signal");
    for (uint32_t signal = 0; signal < config->n_signals; signal++)
        for (uint32_t i = 0; i < n && task->uses_signal[signal]; i++) {
            if (config->n_models == CONFIG_MODELS_MAX)
                declare_fail(declare, "models", "", "at most %d models times signals", CONFIG_MODELS_MAX);
            struct config_model *model = &config->models[config->n_models++];
            read_model(&models, names[i], model);
            model->signal = signal;
        }
    lua_pop(declare->lua, 1);
}

static int read_uses(struct declare *declare)
{
    static const struct declare_key keys[] = {
        {"inputs",       DECLARE_OTHER, false, ANY, 0, NULL},
        {"outputs",         DECLARE_OTHER, false, ANY, 0, NULL},
        {"signals",             DECLARE_OTHER, false, ANY, 0, NULL},
        {"models",              DECLARE_OTHER, false, ANY, 0, NULL},
        {0},
    };
    struct task *task = task_words_owner(declare->lua);
    const struct config *config = &task->config;
    if (task->has_uses)
        declare_fail(declare, NULL, "", "one uses { ... } in a file");
    task->has_uses = true;
    declare_keys(declare, keys, NULL);
    mark(declare, "inputs", "an input of the rig", config->inputs, config->n_inputs, sizeof *config->inputs,
         task->uses_input);
    mark(declare, "outputs", "an output of the rig", config->outputs, config->n_outputs, sizeof *config->outputs,
         task->uses_output);
    const uint32_t n_signals = mark(declare, "signals", "a signal of the rig", config->signals, config->n_signals,
                                    sizeof *config->signals, task->uses_signal);
    read_models(declare, n_signals);
    return 0;
}

uint32_t task_words_output(const struct declare *declare, const char *key, const char *name, const char *noun,
                           unsigned kinds)
{
    const struct task *task = task_words_owner(declare->lua);
    bool allowed[FRAME_OUTPUTS_MAX];
    for (uint32_t i = 0; i < task->config.n_outputs; i++)
        allowed[i] = task->uses_output[i] && (kinds >> task->config.outputs[i].kind & 1) != 0;
    return declare_refer(declare, key, name, noun, task->config.outputs, task->config.n_outputs,
                         sizeof *task->config.outputs, allowed);
}

struct cue_form {
    char output[CONFIG_NAME];
};

static int read_cue(struct declare *declare)
{
    static const struct declare_key keys[] = {
        {"output", DECLARE_TEXT, false, ANY, offsetof(struct cue_form, output), NULL},
        {0  },
    };
    struct config *config = &task_words_owner(declare->lua)->config;
    declare_unique(declare, config->cues, config->n_cues, sizeof *config->cues);
    declare_room(declare, config->n_cues, CONFIG_CUES_MAX, "cues");
    struct cue_form form = {0};
    declare_keys(declare, keys, &form);
    struct config_cue *cue = &config->cues[config->n_cues];
    *cue = (struct config_cue){.output = UINT32_MAX};
    if (form.output[0] != '\0')
        cue->output = task_words_output(declare, "output", form.output, "a sound or digital output that the task uses",
                                        1u << CONFIG_OUTPUT_SOUND | 1u << CONFIG_OUTPUT_DIGITAL);
    memcpy(cue->name, declare->name, strlen(declare->name) + 1);
    config->n_cues++;
    return 0;
}

struct observe_form {
    char cs[CONFIG_NAME];
    double us_ul, aversive;
    uint32_t action, context;
};

/* The kind of event that the one key given stands for; anything but one key is an error. */
static enum model_event_kind observe_kind(const struct declare *declare)
{
    static const struct {
        const char *key;
        enum model_event_kind kind;
    } words[] = {
        {"cs",       EV_CS_ON   },
        {"us",       EV_US      },
        {"action",   EV_ACTION  },
        {"aversive", EV_AVERSIVE},
        {"context",  EV_CONTEXT }
    };
    enum model_event_kind kind = EV_KINDS;
    int n = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (declare_has(declare, words[i].key)) {
            kind = words[i].kind;
            n++;
        }
    if (n != 1)
        declare_fail(declare, NULL, "", "one of cs = \"cue\", us = ul(x), action = n, aversive = x, context = n");
    return kind;
}

/* observe "input" { cs = "A" }: every rising edge of the input is that event for the models. */
static int read_observe(struct declare *declare)
{
    static const struct declare_key keys[] = {
        {"cs",                          DECLARE_TEXT, false, ANY, offsetof(struct observe_form, cs), NULL},
        {"us",                        DECLARE_NUMBER, false, QUANTITY_VOLUME, 0, 1e5, offsetof(struct observe_form, us_ul), NULL},
        {"action", DECLARE_WHOLE, false, QUANTITY_NUMBER, 0, MODEL_ACTION_MAX - 1,
         offsetof(struct observe_form, action), NULL},
        {"aversive",                         DECLARE_NUMBER, false, QUANTITY_NUMBER, 0, 1e3, offsetof(struct observe_form, aversive), NULL},
        {"context",                          DECLARE_WHOLE, false, QUANTITY_NUMBER, 0, MODEL_CONTEXT_MAX - 1,
         offsetof(struct observe_form, context), NULL},
        {0                       },
    };
    struct task *task = task_words_owner(declare->lua);
    struct config *config = &task->config;
    declare_room(declare, config->n_observes, CONFIG_OBSERVES_MAX, "observed inputs");
    struct observe_form form = {0};
    declare_keys(declare, keys, &form);
    const enum model_event_kind kind = observe_kind(declare);
    struct config_observe *made = &config->observes[config->n_observes];
    *made = (struct config_observe){
        .mag = kind == EV_CS_ON ? 1 : form.us_ul + form.aversive, /* a cue's salience; the other amounts are 0 */
        .input = declare_refer(declare, NULL, declare->name, "an input that the task uses", config->inputs,
                               config->n_inputs, sizeof *config->inputs, task->uses_input),
        .kind = (uint32_t)kind,
        .id = form.action + form.context, /* of the one that was given */
    };
    if (kind == EV_CS_ON)
        made->id = declare_refer(declare, "cs", form.cs, "a cue declared above", config->cues, config->n_cues,
                                 sizeof *config->cues, NULL);
    for (uint32_t i = 0; i < config->n_observes; i++)
        if (config->observes[i].input == made->input)
            declare_fail(declare, NULL, "", "one observe \"%s\"", declare->name);
    config->n_observes++;
    return 0;
}

void task_words_install(lua_State *lua)
{
    static const struct declare_word words[] = {
        {"uses",    false, read_uses   },
        {"cue",     true,  read_cue    },
        {"observe", true,  read_observe},
        {NULL,      false, NULL        },
    };
    declare_install(lua, words);
    source_words_install(lua);
    trigger_words_install(lua);
    train_words_install(lua);
}
