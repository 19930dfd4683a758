#include "planner/source_words.h"
#include "engine/base/units.h"
#include "engine/model/model.h"
#include "planner/declare.h"
#include "planner/suggest.h"
#include "planner/task_words.h"
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char source_name[] = "source", condition_name[] = "condition";

static const char *const variables[CONFIG_VARIABLES] = {
    [CONFIG_VARIABLE_VALUE] = "value",           [CONFIG_VARIABLE_DELTA] = "delta",
    [CONFIG_VARIABLE_ASSOC] = "assoc",           [CONFIG_VARIABLE_UNCERTAINTY] = "uncertainty",
    [CONFIG_VARIABLE_AVG_REWARD] = "avg_reward", [CONFIG_VARIABLE_LICK_RATE] = "lick_rate",
};

static int push_source(lua_State *lua, const struct source_words *source)
{
    memcpy(lua_newuserdatauv(lua, sizeof *source, 0), source, sizeof *source);
    luaL_setmetatable(lua, source_name);
    return 1;
}

const struct source_words *source_words_get(lua_State *lua, int index)
{
    return luaL_testudata(lua, index, source_name);
}

const struct config_condition *source_words_condition(lua_State *lua, int index)
{
    return luaL_testudata(lua, index, condition_name);
}

enum quantity_dimension source_words_unit(const struct source_words *source)
{
    return source->source.kind == CONFIG_SOURCE_VARIABLE ? QUANTITY_NUMBER : QUANTITY_DFF;
}

/* Argument `index`, a quantity of this dimension in min..max. */
static double amount(const struct declare *call, int index, enum quantity_dimension dimension, double min, double max)
{
    struct quantity quantity;
    char got[SANDBOX_TEXT], low[QUANTITY_TEXT], high[QUANTITY_TEXT];
    sandbox_text(call->lua, index, got);
    if (!quantity_get(call->lua, index, &quantity) || quantity.dimension != dimension)
        declare_fail(call, NULL, got, "%s", quantity_expected(dimension));
    quantity_text((struct quantity){.value = min, .dimension = dimension}, low);
    quantity_text((struct quantity){.value = max, .dimension = dimension}, high);
    if (!(quantity.value >= min && quantity.value <= max))
        declare_fail(call, NULL, got, "%s..%s", low, high);
    return quantity.value;
}

static uint32_t signal_argument(const struct declare *call)
{
    const struct task *task = task_words_owner(call->lua);
    const struct config *config = &task->config;
    return declare_refer(call, NULL, declare_call_name(call, 1), "a signal that the task uses", config->signals,
                         config->n_signals, sizeof *config->signals, task->uses_signal);
}

/* Arguments 1 and 2: a signal and one of its models. */
static struct config_source model_argument(const struct declare *call, enum config_source_kind kind)
{
    const struct config *config = &task_words_owner(call->lua)->config;
    struct config_source source = {.kind = kind, .signal = signal_argument(call)};
    bool models[CONFIG_MODELS_MAX];
    for (uint32_t i = 0; i < config->n_models; i++)
        models[i] = config->models[i].signal == source.signal;
    source.model = declare_refer(call, NULL, declare_call_name(call, 2), "a model that the task uses", config->models,
                                 config->n_models, sizeof *config->models, models);
    return source;
}

static int residual(lua_State *lua)
{
    const struct declare call = declare_call(lua, "residual");
    return push_source(lua, &(struct source_words){.source = model_argument(&call, CONFIG_SOURCE_RESIDUAL)});
}

static int predicted(lua_State *lua)
{
    const struct declare call = declare_call(lua, "predicted");
    return push_source(lua, &(struct source_words){.source = model_argument(&call, CONFIG_SOURCE_PREDICTED)});
}

static int dff(lua_State *lua)
{
    const struct declare call = declare_call(lua, "dff");
    return push_source(lua, &(struct source_words){
                                .source = {.kind = CONFIG_SOURCE_DFF, .signal = signal_argument(&call)}
    });
}

static int variable(lua_State *lua)
{
    const struct declare call = declare_call(lua, "variable");
    struct source_words made = {.source = model_argument(&call, CONFIG_SOURCE_VARIABLE)};
    const struct config *config = &task_words_owner(lua)->config;
    const struct model_ops *ops = model_find(config->models[made.source.model].name);
    const char *names[CONFIG_VARIABLES + MODEL_AUX_MAX], *name = declare_call_name(&call, 3);
    char text[SUGGEST_TEXT];
    const uint32_t n = CONFIG_VARIABLES + (uint32_t)ops->n_aux;
    for (uint32_t i = 0; i < n; i++)
        names[i] = i < CONFIG_VARIABLES ? variables[i] : ops->aux_names[i - CONFIG_VARIABLES];
    while (made.source.variable < n && strcmp(names[made.source.variable], name) != 0)
        made.source.variable++;
    if (made.source.variable == n)
        declare_fail(&call, NULL, name, "%s", suggest_text(text, "a number of the model", name, names, n));
    return push_source(lua, &made);
}

/* Argument 1: a number, also a slope if `or_slope`, but no peak yet. */
static struct source_words number_argument(const struct declare *call, bool or_slope)
{
    const struct source_words *source = source_words_get(call->lua, 1);
    char got[SANDBOX_TEXT];
    if (!source || source->source.kind > CONFIG_SOURCE_VARIABLE || source->drop.value > 0 ||
        (source->slope_ns > 0 && !or_slope))
        declare_fail(call, NULL, sandbox_text(call->lua, 1, got),
                     "dff(\"signal\"), or residual, predicted or variable of a model");
    return *source;
}

static int slope(lua_State *lua)
{
    const struct declare call = declare_call(lua, "slope");
    struct source_words made = number_argument(&call, false);
    made.slope_ns = (int64_t)rint(amount(&call, 2, QUANTITY_TIME, (double)(10 * MS), (double)(10 * S)));
    return push_source(lua, &made);
}

static int peak(lua_State *lua)
{
    const struct declare call = declare_call(lua, "peak");
    struct source_words made = number_argument(&call, true);
    char got[SANDBOX_TEXT];
    const enum quantity_dimension unit = source_words_unit(&made);
    if (!quantity_get(lua, 2, &made.drop) || !(made.drop.value > 0) || !isfinite(made.drop.value) ||
        (made.drop.dimension != unit && made.drop.dimension != QUANTITY_Z))
        declare_fail(&call, NULL, sandbox_text(lua, 2, got), "how far it has come back by, above 0: %s, or z(x)",
                     quantity_expected(unit));
    return push_source(lua, &made);
}

static int phase(lua_State *lua)
{
    const struct declare call = declare_call(lua, "phase");
    struct source_words made = {
        .source = {.kind = CONFIG_SOURCE_PHASE, .signal = signal_argument(&call)}
    };
    made.low_hz = amount(&call, 2, QUANTITY_FREQUENCY, 0.01, 1e4);
    made.high_hz = amount(&call, 3, QUANTITY_FREQUENCY, 0.01, 1e4);
    return push_source(lua, &made);
}

static int yoke(lua_State *lua)
{
    const struct declare call = declare_call(lua, "yoke");
    struct source_words made = {.source.kind = CONFIG_SOURCE_YOKE};
    declare_name(lua, "yoke", declare_call_name(&call, 1), made.train);
    return push_source(lua, &made);
}

static int push_condition(lua_State *lua, const struct config_condition *condition)
{
    memcpy(lua_newuserdatauv(lua, sizeof *condition, 0), condition, sizeof *condition);
    luaL_setmetatable(lua, condition_name);
    return 1;
}

/* Argument 1 is a lick sensor, argument `window` a time. */
static struct config_condition lick_condition(const struct declare *call, enum config_condition_kind kind, int window)
{
    const struct task *task = task_words_owner(call->lua);
    const struct config *config = &task->config;
    bool sensors[FRAME_INPUTS_MAX];
    for (uint32_t i = 0; i < config->n_inputs; i++)
        sensors[i] = task->uses_input[i] && config->inputs[i].kind == CONFIG_INPUT_LICK;
    return (struct config_condition){
        .kind = kind,
        .input = declare_refer(call, NULL, declare_call_name(call, 1), "a lick sensor that the task uses",
                               config->inputs, config->n_inputs, sizeof *config->inputs, sensors),
        .window_ns = (int64_t)rint(
            amount(call, window, QUANTITY_TIME, (double)config->period_ns, (double)(600 * S))), /* a tick: it sees */
    };
}

static int licked(lua_State *lua)
{
    const struct declare call = declare_call(lua, "licked");
    const struct config_condition made = lick_condition(&call, CONFIG_CONDITION_LICKED, 2);
    return push_condition(lua, &made);
}

static int not_licked(lua_State *lua)
{
    const struct declare call = declare_call(lua, "not_licked");
    const struct config_condition made = lick_condition(&call, CONFIG_CONDITION_NOT_LICKED, 2);
    return push_condition(lua, &made);
}

static int lick_rate(lua_State *lua)
{
    const struct declare call = declare_call(lua, "lick_rate");
    struct config_condition made = lick_condition(&call, CONFIG_CONDITION_LICK_RATE, 3);
    made.level = amount(&call, 2, QUANTITY_FREQUENCY, 0.01, CONFIG_LICKS_MAX / units_s(made.window_ns));
    return push_condition(lua, &made);
}

static int compare(lua_State *lua, const char *word, enum config_condition_kind kind)
{
    const struct declare call = declare_call(lua, word);
    const struct source_words source = number_argument(&call, false);
    return push_condition(lua,
                          &(struct config_condition){.kind = kind,
                                                     .source = source.source,
                                                     .level = amount(&call, 2, source_words_unit(&source), -1e6, 1e6)});
}

static int is_above(lua_State *lua)
{
    return compare(lua, "is_above", CONFIG_CONDITION_ABOVE);
}

static int is_below(lua_State *lua)
{
    return compare(lua, "is_below", CONFIG_CONDITION_BELOW);
}

void source_words_install(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        {"residual",   residual  },
        {"dff",        dff       },
        {"predicted",  predicted },
        {"variable",   variable  },
        {"slope",      slope     },
        {"peak",       peak      },
        {"phase",      phase     },
        {"yoke",       yoke      },
        {"licked",     licked    },
        {"not_licked", not_licked},
        {"lick_rate",  lick_rate },
        {"is_above",   is_above  },
        {"is_below",   is_below  },
        {NULL,         NULL      },
    };
    luaL_newmetatable(lua, source_name);
    luaL_newmetatable(lua, condition_name);
    lua_pop(lua, 2);
    for (const luaL_Reg *row = functions; row->name; row++) {
        lua_pushcfunction(lua, row->func);
        sandbox_word(lua, row->name);
    }
}
