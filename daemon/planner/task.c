#include "planner/task.h"
#include "planner/adaptive.h"
#include "planner/chance.h"
#include "planner/plan.h"
#include "planner/suggest.h"
#include "planner/task_words.h"
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY QUANTITY_NUMBER, 0, 0

static const char params_key[] = "phasic.params"; /* in the registry: what `p` shows */

/* The value that --set gives to this parameter; NULL: none. The last one counts. */
static const char *set_value(struct task *task, const char *name)
{
    const size_t n = strlen(name);
    const char *value = NULL;
    for (size_t i = 0; i < task->n_set; i++)
        if (strncmp(task->set[i], name, n) == 0 && task->set[i][n] == '=') {
            value = task->set[i] + n + 1;
            task->set_used[i] = true;
        }
    return value;
}

struct param_form {
    struct quantity value;
    double min, max;
};

/* What values the parameter may have, in words. */
static const char *range(const struct param_form *form, bool has_min, bool has_max, char text[SUGGEST_TEXT])
{
    char low[QUANTITY_TEXT], high[QUANTITY_TEXT];
    const enum quantity_dimension dimension = form->value.dimension;
    quantity_text((struct quantity){.value = form->min, .dimension = dimension}, low);
    quantity_text((struct quantity){.value = form->max, .dimension = dimension}, high);
    if (has_min && has_max)
        snprintf(text, SUGGEST_TEXT, "%s..%s", low, high);
    else if (has_min || has_max)
        snprintf(text, SUGGEST_TEXT, "at %s %s", has_min ? "least" : "most", has_min ? low : high);
    else
        snprintf(text, SUGGEST_TEXT, "%s", quantity_expected(dimension));
    return text;
}

/* Takes the value of --set over the default. */
static void override(const struct declare *declare, const char *value, struct param_form *form, bool has_min,
                     bool has_max)
{
    char text[SUGGEST_TEXT], plain[QUANTITY_TEXT];
    struct quantity set;
    struct error err;
    const bool right = quantity_parse(value, &set) && set.dimension == form->value.dimension;
    if (right && set.value >= form->min && set.value <= form->max) {
        form->value = set;
        return;
    }
    if (right)
        range(form, has_min, has_max, text);
    else
        snprintf(text, sizeof text, "a value like its default, %s", quantity_plain(form->value, plain));
    error_set(&err, ERROR_USAGE, "--set", declare->name, value, "%s", text);
    sandbox_raise(declare->lua, &err);
}

static int read_param(struct declare *declare)
{
    lua_State *lua = declare->lua;
    struct task *task = task_words_owner(lua);
    struct param_form form = {.min = -HUGE_VAL, .max = HUGE_VAL};
    declare_unique(declare, task->params, (uint32_t)task->n_params, sizeof *task->params);
    declare_room(declare, (uint32_t)task->n_params, TASK_WORDS_PARAMS_MAX, "parameters");
    declare_push(declare, "1");
    if (!quantity_get(lua, -1, &form.value))
        declare_fail(declare, NULL, "", "a default first: param \"%s\" { ul(4), min = ..., max = ... }", declare->name);
    lua_pop(lua, 1);
    const struct declare_key keys[] = {
        {"1",                         DECLARE_NUMBER, true, form.value.dimension, 0, 0, offsetof(struct param_form, value.value), NULL},
        {"min",                       DECLARE_NUMBER, false, form.value.dimension, 0, 0, offsetof(struct param_form, min), NULL},
        {"max",                          DECLARE_NUMBER, false, form.value.dimension, 0, 0, offsetof(struct param_form, max), NULL},
        {"help", DECLARE_OTHER, false, ANY, 0, NULL},
        {0                      },
    };
    declare_keys(declare, keys, &form);
    const bool has_min = declare_has(declare, "min"), has_max = declare_has(declare, "max");
    char text[SUGGEST_TEXT], plain[QUANTITY_TEXT];
    if (form.min > form.max)
        declare_fail(declare, "max", NULL, "no less than min");
    if (form.value.value < form.min || form.value.value > form.max)
        declare_fail(declare, NULL, quantity_text(form.value, plain), "%s", range(&form, has_min, has_max, text));
    declare_push(declare, "help");
    if (!lua_isnil(lua, -1) && lua_type(lua, -1) != LUA_TSTRING)
        declare_fail(declare, "help", NULL, "a text");
    const char *value = set_value(task, declare->name);
    if (value)
        override(declare, value, &form, has_min, has_max);
    struct task_words_param *param = &task->params[task->n_params++];
    snprintf(param->name, sizeof param->name, "%s", declare->name);
    snprintf(param->text, sizeof param->text, "%s = %s", declare->name, quantity_plain(form.value, plain));
    param->bare = form.value.dimension == QUANTITY_NUMBER && !(has_min && has_max);
    lua_getfield(lua, LUA_REGISTRYINDEX, params_key);
    quantity_push(lua, form.value);
    lua_setfield(lua, -2, declare->name);
    return 0;
}

static int install(lua_State *lua)
{
    static const struct declare_word words[] = {
        {"param", true,  read_param},
        {NULL,    false, NULL      }
    };
    struct task *task = task_words_owner(lua);
    quantity_install(lua);
    declare_install(lua, words);
    task_words_install(lua);
    plan_install(lua);
    chance_install(lua, &task->rng);
    adaptive_install(lua);
    lua_newtable(lua);
    lua_pushvalue(lua, -1);
    lua_setfield(lua, LUA_REGISTRYINDEX, params_key);
    sandbox_seal(lua, "p");
    sandbox_word(lua, "p");
    return 0;
}

static int finish(lua_State *lua)
{
    struct task *task = task_words_owner(lua);
    declare_finish(lua);
    task->config.has_task = sandbox_push_word(lua, "trial");
    if (!task->config.has_task && task->config.n_observes == 0)
        return sandbox_fail(lua, 0, "task", NULL, "function trial(n, last) ... end, or an observe \"input\" { ... }");
    return 0;
}

/* Every --set must have met its parameter. */
static bool check_set(const struct task *task, struct error *err)
{
    const char *names[TASK_WORDS_PARAMS_MAX];
    char name[TASK_WORDS_PARAM_TEXT], text[SUGGEST_TEXT];
    for (size_t i = 0; i < task->n_params; i++)
        names[i] = task->params[i].name;
    for (size_t i = 0; i < task->n_set; i++) {
        if (task->set_used[i])
            continue;
        const size_t n = strcspn(task->set[i], "=");
        snprintf(name, sizeof name, "%.*s", (int)n, task->set[i]);
        if (task->set[i][n] != '=')
            return error_set(err, ERROR_USAGE, "--set", task->set[i], NULL, "name=value");
        return error_set(err, ERROR_USAGE, "--set", name, task->set[i] + n + 1, "%s",
                         suggest_text(text, "a parameter of the task", name, names, task->n_params));
    }
    return true;
}

bool task_load(struct task **task, const char *path, const char *const *set, size_t n_set, uint64_t seed,
               struct config *config, struct error *err)
{
    *task = NULL;
    if (n_set > TASK_WORDS_SET_MAX)
        return error_set(err, ERROR_USAGE, NULL, "--set", NULL, "at most %d of them", TASK_WORDS_SET_MAX);
    struct task *made = calloc(1, sizeof *made);
    if (!made)
        return error_system(err, path, NULL, ENOMEM);
    made->config = *config;
    made->set = set;
    made->n_set = n_set;
    rng_init(&made->rng, seed, "task");
    sandbox_stem(path, made->config.task, sizeof made->config.task);
    if (!sandbox_open(&made->sandbox, path, made, err))
        goto fail;
    static const char *const inner[] = {"state", "timer", NULL};
    made->sandbox.defines = "trial";
    made->sandbox.inner = inner;
    if (!sandbox_setup(&made->sandbox, install, err) || !sandbox_load(&made->sandbox, err) ||
        !sandbox_setup(&made->sandbox, finish, err) || !check_set(made, err) || !config_check(&made->config, err))
        goto fail;
    made->set = NULL;
    made->n_set = 0;
    *config = made->config;
    *task = made;
    return true;
fail:
    task_free(made);
    return false;
}

static void push_time(lua_State *lua, int64_t ns)
{
    quantity_push(lua, (struct quantity){.value = (double)ns, .dimension = QUANTITY_TIME});
}

/* Pushes the tables visits, at and counts into the table on top. */
static void push_tables(lua_State *lua, const struct task *task)
{
    const struct task_outcome *last = task->last;
    lua_newtable(lua);
    lua_newtable(lua);
    for (uint32_t i = 0; i < task->trial.n_states; i++) {
        lua_pushinteger(lua, last->visits[i]);
        lua_setfield(lua, -3, task->trial.states[i].name);
        if (last->visits[i] == 0)
            continue;
        push_time(lua, last->entered_ns[i]);
        lua_setfield(lua, -2, task->trial.states[i].name);
    }
    lua_setfield(lua, -3, "at");
    sandbox_seal(lua, "last.visits");
    lua_setfield(lua, -2, "visits");
    lua_newtable(lua);
    for (uint32_t i = 0; i < task->config.n_counters; i++) {
        lua_pushinteger(lua, last->counts[i]);
        lua_setfield(lua, -2, task->config.counters[i].name);
    }
    sandbox_seal(lua, "last.counts");
    lua_setfield(lua, -2, "counts");
}

/* Pushes `last` as the task sees it. */
static void push_last(lua_State *lua, const struct task *task)
{
    const struct task_outcome *last = task->last;
    if (last->number == 0) {
        lua_pushnil(lua);
        return;
    }
    lua_newtable(lua);
    lua_pushinteger(lua, last->number);
    lua_setfield(lua, -2, "number");
    lua_pushstring(lua, last->last_state < task->trial.n_states ? task->trial.states[last->last_state].name : "");
    lua_setfield(lua, -2, "state");
    lua_pushinteger(lua, last->n_licks);
    lua_setfield(lua, -2, "licks");
    lua_pushinteger(lua, last->n_rewards);
    lua_setfield(lua, -2, "rewards");
    quantity_push(lua, (struct quantity){.value = last->reward_ul, .dimension = QUANTITY_VOLUME});
    lua_setfield(lua, -2, "reward");
    push_time(lua, last->duration_ns);
    lua_setfield(lua, -2, "duration");
    push_tables(lua, task);
    sandbox_seal(lua, "last");
}

static int plan(lua_State *lua)
{
    struct task *task = task_words_owner(lua);
    lua_Debug defined;
    sandbox_push_word(lua, "trial");
    lua_pushvalue(lua, -1);
    lua_getinfo(lua, ">S", &defined);
    lua_pushinteger(lua, task->last->number + 1);
    push_last(lua, task);
    lua_call(lua, 2, 1);
    plan_compile(lua, defined.linedefined, &task->trial);
    declare_finish(lua);
    return 0;
}

bool task_plan(struct task *task, const struct task_outcome *last, struct trial *trial, struct error *err)
{
    assert(task->config.has_task);
    const struct trial before = task->trial;
    task->last = last;
    const bool planned = sandbox_call(&task->sandbox, plan, "a trial", err);
    task->last = NULL;
    task->trial.number = last->number + 1;
    task->trial.fallback = 0;
    if (!planned || !trial_check(&task->trial, &task->config, err)) {
        task->trial = before;
        return false;
    }
    *trial = task->trial;
    return true;
}

bool task_fallback(const struct task *task, const struct task_outcome *last, struct trial *trial)
{
    if (task->config.no_plan != CONFIG_NO_PLAN_REPEAT || task->trial.n_states == 0)
        return false;
    *trial = task->trial;
    trial->number = last->number + 1;
    trial->fallback = 1;
    return true;
}

size_t task_n_params(const struct task *task)
{
    return task->n_params;
}

const char *task_param(const struct task *task, size_t i)
{
    assert(i < task->n_params);
    return task->params[i].text;
}

const char *task_param_name(const struct task *task, size_t i)
{
    assert(i < task->n_params);
    return task->params[i].name;
}

bool task_param_is_bare(const struct task *task, size_t i)
{
    assert(i < task->n_params);
    return task->params[i].bare;
}

int task_state_line(const struct task *task, uint32_t i)
{
    return i < task->trial.n_states ? task->state_lines[i] : 0;
}

void task_free(struct task *task)
{
    if (!task)
        return;
    sandbox_close(&task->sandbox);
    free(task);
}
