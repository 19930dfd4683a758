#include "planner/plan.h"
#include "planner/declare.h"
#include "planner/suggest.h"
#include "planner/task_words.h"
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ANY QUANTITY_NUMBER, 0, 0

enum { ON_ROWS_MAX = 64 };
static const double hour_ns = 3.6e12;

const char plan_source_name[] = "residual";
static const char action_name[] = "action", state_name[] = "state", done_name[] = "done";

/* A state before its names are resolved; the userdata's user value is its table. */
struct state {
    char name[CONFIG_NAME];
    int line;
};

static void push(lua_State *lua, const void *value, size_t size, const char *name)
{
    memcpy(lua_newuserdatauv(lua, size, 0), value, size);
    luaL_setmetatable(lua, name);
}

/* A stand-in for errors of words that are calls, not declarations. */
static struct declare called(lua_State *lua, const char *word)
{
    return (struct declare){.lua = lua, .table = 1, .word = word, .line = sandbox_line(lua)};
}

/* Argument `index` of the call, a name. */
static const char *name_argument(const struct declare *call, int index)
{
    char got[SANDBOX_TEXT];
    if (lua_type(call->lua, index) != LUA_TSTRING)
        declare_fail(call, NULL, sandbox_text(call->lua, index, got), "a name in quotes");
    return lua_tostring(call->lua, index);
}

static int cs(lua_State *lua)
{
    const struct declare call = called(lua, "cs");
    const struct config *config = &task_words_owner(lua)->config;
    const struct trial_action action = {
        .kind = TRIAL_CS,
        .target = declare_refer(&call, NULL, name_argument(&call, 1), "a cue of the task", config->cues, config->n_cues,
                                sizeof *config->cues, NULL),
    };
    push(lua, &action, sizeof action, action_name);
    return 1;
}

static int start(lua_State *lua)
{
    const struct declare call = called(lua, "start");
    const struct config *config = &task_words_owner(lua)->config;
    const struct trial_action action = {
        .kind = TRIAL_TRAIN,
        .target = declare_refer(&call, NULL, name_argument(&call, 1), "a train of the task", config->trains,
                                config->n_trains, sizeof *config->trains, NULL),
    };
    push(lua, &action, sizeof action, action_name);
    return 1;
}

static int deliver(lua_State *lua)
{
    const struct declare call = called(lua, "deliver");
    const struct task *task = task_words_owner(lua);
    bool valves[FRAME_OUTPUTS_MAX];
    for (uint32_t i = 0; i < task->config.n_outputs; i++)
        valves[i] = task->uses_output[i] && task->config.outputs[i].kind == CONFIG_OUTPUT_VALVE;
    struct trial_action action = {
        .kind = TRIAL_DELIVER,
        .target = declare_refer(&call, NULL, name_argument(&call, 1), "a valve that the task uses",
                                task->config.outputs, task->config.n_outputs, sizeof *task->config.outputs, valves),
    };
    const struct config_output *output = &task->config.outputs[action.target];
    struct quantity volume;
    char got[SANDBOX_TEXT], max_on[QUANTITY_TEXT];
    sandbox_text(lua, 2, got);
    if (!quantity_get(lua, 2, &volume) || volume.dimension != QUANTITY_VOLUME)
        declare_fail(&call, NULL, got, "%s", quantity_expected(QUANTITY_VOLUME));
    if (!config_opening_ns(output, volume.value, &action.duration_ns))
        declare_fail(&call, NULL, got, "ul(%.10g)..ul(%.10g), the calibration of %s", output->opening[0].ul,
                     output->opening[output->n_opening - 1].ul, output->name);
    quantity_text((struct quantity){.value = (double)output->max_on_ns, .dimension = QUANTITY_TIME}, max_on);
    if (action.duration_ns > output->max_on_ns)
        declare_fail(&call, NULL, got, "a volume that %s gives within its max_on, %s", output->name, max_on);
    if (volume.value > output->max_session_ul)
        declare_fail(&call, NULL, got, "at most ul(%.10g), max_session of %s", output->max_session_ul, output->name);
    action.ul = volume.value;
    push(lua, &action, sizeof action, action_name);
    return 1;
}

static int residual(lua_State *lua)
{
    const struct declare call = called(lua, "residual");
    const struct task *task = task_words_owner(lua);
    const struct config *config = &task->config;
    struct plan_source source = {
        .signal = declare_refer(&call, NULL, name_argument(&call, 1), "a signal that the task uses", config->signals,
                                config->n_signals, sizeof *config->signals, task->uses_signal),
    };
    bool models[CONFIG_MODELS_MAX];
    for (uint32_t i = 0; i < config->n_models; i++)
        models[i] = config->models[i].signal == source.signal;
    source.model = declare_refer(&call, NULL, name_argument(&call, 2), "a model that the task uses", config->models,
                                 config->n_models, sizeof *config->models, models);
    push(lua, &source, sizeof source, plan_source_name);
    return 1;
}

static int read_state(struct declare *declare)
{
    static const struct declare_key keys[] = {
        {"after",        DECLARE_OTHER, false, ANY, 0, NULL},
        {"enter",         DECLARE_OTHER, false, ANY, 0, NULL},
        {"arm",             DECLARE_OTHER, false, ANY, 0, NULL},
        {"on",              DECLARE_OTHER, false, ANY, 0, NULL},
        {0},
    };
    declare_keys(declare, keys, NULL);
    struct state state = {.line = declare->line};
    declare_name(declare->lua, "state", declare->name, state.name);
    memcpy(lua_newuserdatauv(declare->lua, sizeof state, 1), &state, sizeof state);
    lua_pushvalue(declare->lua, declare->table);
    lua_setiuservalue(declare->lua, -2, 1);
    luaL_setmetatable(declare->lua, state_name);
    return 1;
}

void plan_install(lua_State *lua)
{
    static const struct declare_word words[] = {
        {"state", true,  read_state},
        {NULL,    false, NULL      }
    };
    static const luaL_Reg functions[] = {
        {"cs",       cs      },
        {"start",    start   },
        {"deliver",  deliver },
        {"residual", residual},
        {NULL,       NULL    },
    };
    const char *const kinds[] = {plan_source_name, action_name, state_name, done_name};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        luaL_newmetatable(lua, kinds[i]);
        lua_pop(lua, 1);
    }
    declare_install(lua, words);
    for (const luaL_Reg *row = functions; row->name; row++) {
        lua_pushcfunction(lua, row->func);
        sandbox_word(lua, row->name);
    }
    push(lua, "", 1, done_name);
    sandbox_word(lua, "done");
}

/* The state that the value on top names, or TRIAL_DONE. `key` is where it stands. */
static uint32_t target(const struct declare *declare, const char *key, const struct trial *trial)
{
    if (luaL_testudata(declare->lua, -1, done_name))
        return TRIAL_DONE;
    if (lua_type(declare->lua, -1) != LUA_TSTRING)
        declare_fail(declare, key, NULL, "a state's name in quotes, or done");
    return declare_refer(declare, key, lua_tostring(declare->lua, -1), "a state of this trial, or done", trial->states,
                         trial->n_states, sizeof *trial->states, NULL);
}

static void compile_after(const struct declare *declare, const struct trial *trial, struct trial_state *state)
{
    static const struct declare_key keys[] = {
        {"1",   DECLARE_NS, true, QUANTITY_TIME, 0, hour_ns, offsetof(struct trial_state, after_ns), NULL},
        {"2", DECLARE_OTHER, true, ANY, 0, NULL},
        {0   },
    };
    struct declare pair;
    char path[SANDBOX_TEXT];
    state->after_ns = INT64_MAX;
    if (!declare_inner(declare, "after", &pair, path))
        return;
    if (lua_rawlen(declare->lua, pair.table) != 2)
        declare_fail(declare, "after", NULL, "a time and a target: { sec(1), \"next\" }");
    declare_keys(&pair, keys, state);
    declare_push(&pair, "2");
    state->after_to = target(&pair, "2", trial);
    lua_pop(declare->lua, 2);
}

/* A cue must not last longer than its output may. */
static void check_cue(const struct declare *declare, const struct trial_action *action, const struct trial_state *state)
{
    const struct config *config = &task_words_owner(declare->lua)->config;
    const uint32_t i = config->cues[action->target].output;
    if (i == UINT32_MAX || state->after_ns == INT64_MAX || state->after_ns <= config->outputs[i].max_on_ns)
        return;
    char text[QUANTITY_TEXT];
    quantity_text((struct quantity){.value = (double)config->outputs[i].max_on_ns, .dimension = QUANTITY_TIME}, text);
    declare_fail(declare, "after", "", "at most %s while a cue is on, max_on of %s", text, config->outputs[i].name);
}

static void compile_enter(const struct declare *declare, struct trial_state *state)
{
    struct declare list;
    char path[SANDBOX_TEXT], position[12];
    state->n_enter = declare_list(declare, "enter", TRIAL_ENTER_MAX);
    if (!declare_inner(declare, "enter", &list, path))
        return;
    for (uint32_t i = 0; i < state->n_enter; i++) {
        snprintf(position, sizeof position, "%u", (unsigned)i + 1);
        declare_push(&list, position);
        const struct trial_action *action = luaL_testudata(declare->lua, -1, action_name);
        if (!action)
            declare_fail(&list, position, NULL, "cs \"cue\", deliver(\"valve\", ul(x)) or start \"train\"");
        if (action->kind == TRIAL_CS)
            check_cue(declare, action, state);
        state->enter[i] = *action;
        lua_pop(declare->lua, 1);
    }
    lua_pop(declare->lua, 1);
}

static void compile_arm(const struct declare *declare, struct trial_state *state)
{
    const struct config *config = &task_words_owner(declare->lua)->config;
    const uint32_t n = declare_list(declare, "arm", CONFIG_TRIGGERS_MAX);
    for (uint32_t i = 1; i <= n; i++)
        state->arm |= 1u << declare_refer(declare, "arm", declare_list_text(declare, "arm", i), "a trigger of the task",
                                          config->triggers, config->n_triggers, sizeof *config->triggers, NULL);
}

/* Which event a key of `on` means. */
static void compile_event(const struct declare *on, const char *key, const struct trial_state *state,
                          struct trial_on *row)
{
    const struct task *task = task_words_owner(on->lua);
    const struct config *config = &task->config;
    const char *names[ON_ROWS_MAX];
    char text[SUGGEST_TEXT];
    size_t n = 0;
    for (uint32_t i = 0; i < config->n_inputs; i++) {
        const struct config_input *input = &config->inputs[i];
        if (!task->uses_input[i] || input->kind == CONFIG_INPUT_EVENT)
            continue;
        names[n++] = input->name;
        if (strcmp(input->name, key) == 0) {
            row->event = input->kind == CONFIG_INPUT_LICK ? TRIAL_ON_LICK : TRIAL_ON_RISE;
            row->id = i;
            return;
        }
    }
    for (uint32_t i = 0; i < config->n_triggers; i++) {
        names[n++] = config->triggers[i].name;
        if (strcmp(config->triggers[i].name, key) == 0) {
            row->event = TRIAL_ON_TRIGGER;
            row->id = i;
            if ((state->arm >> i & 1) == 0)
                declare_fail(on, key, "", "arm = { \"%s\" } in the same state: it never fires here", key);
            return;
        }
    }
    declare_fail(on, key, "", "%s", suggest_text(text, "an input that the task uses or a trigger", key, names, n));
}

/* What happens then: the value on top is an action, a target, or { action, target }. */
static void compile_reaction(const struct declare *on, const char *key, const struct trial *trial, struct trial_on *row)
{
    lua_State *lua = on->lua;
    const struct trial_action *action = luaL_testudata(lua, -1, action_name);
    row->to = TRIAL_STAY;
    if (action) {
        row->action = *action;
    } else if (lua_type(lua, -1) == LUA_TTABLE) {
        lua_rawgeti(lua, -1, 1);
        action = luaL_testudata(lua, -1, action_name);
        if (!action || lua_rawlen(lua, -2) != 2)
            declare_fail(on, key, NULL, "an action, a state, done, or { action, state }");
        row->action = *action;
        lua_rawgeti(lua, -2, 2);
        row->to = target(on, key, trial);
        lua_pop(lua, 2);
    } else {
        row->to = target(on, key, trial);
    }
    if (row->action.kind == TRIAL_CS)
        declare_fail(on, key, "", "a state with enter = { cs ... }: a cue belongs to a state");
}

static void compile_on(const struct declare *declare, const struct trial *trial, struct trial_state *state)
{
    struct declare on;
    char path[SANDBOX_TEXT];
    const char *keys[ON_ROWS_MAX];
    if (!declare_inner(declare, "on", &on, path))
        return;
    const uint32_t n = declare_names(&on, keys, ON_ROWS_MAX);
    if (n > TRIAL_ON_MAX)
        declare_fail(declare, "on", NULL, "at most %d reactions", TRIAL_ON_MAX);
    for (uint32_t i = 0; i < n; i++) {
        struct trial_on *row = &state->on[state->n_on++];
        compile_event(&on, keys[i], state, row);
        declare_push(&on, keys[i]);
        compile_reaction(&on, keys[i], trial, row);
        lua_pop(declare->lua, 1);
    }
    lua_pop(declare->lua, 1);
}

/* Collects the names, so that states can refer to later ones. */
static void collect(lua_State *lua, int list, int line, struct trial *trial)
{
    static const char expected[] = "a list of 1..%d states: { state \"name\" { ... }, ... }";
    char got[SANDBOX_TEXT], what[SANDBOX_TEXT];
    const lua_Unsigned n = lua_type(lua, list) == LUA_TTABLE ? lua_rawlen(lua, list) : 0;
    if (n == 0 || n > TRIAL_STATES_MAX)
        sandbox_fail(lua, line, "trial()", sandbox_text(lua, list, got), expected, TRIAL_STATES_MAX);
    for (lua_Unsigned i = 0; i < n; i++) {
        lua_rawgeti(lua, list, (lua_Integer)i + 1);
        const struct state *state = luaL_testudata(lua, -1, state_name);
        snprintf(what, sizeof what, "trial()[%u]", (unsigned)i + 1);
        if (!state)
            sandbox_fail(lua, line, what, sandbox_text(lua, -1, got), "state \"name\" { ... }");
        const struct declare declare = {
            .lua = lua, .table = list, .word = "state", .name = state->name, .line = state->line};
        declare_unique(&declare, trial->states, trial->n_states, sizeof *trial->states);
        memcpy(trial->states[trial->n_states++].name, state->name, CONFIG_NAME);
        lua_pop(lua, 1);
    }
}

void plan_compile(lua_State *lua, int line, struct trial *trial)
{
    const int64_t number = trial->number;
    const int list = lua_gettop(lua);
    *trial = (struct trial){.number = number, .over = lua_isnil(lua, list)};
    if (!trial->over)
        collect(lua, list, line, trial);
    for (uint32_t i = 0; i < trial->n_states; i++) {
        struct trial_state *made = &trial->states[i];
        lua_rawgeti(lua, list, (lua_Integer)i + 1);
        const struct state *state = lua_touserdata(lua, -1);
        task_words_owner(lua)->state_lines[i] = state->line;
        lua_getiuservalue(lua, -1, 1);
        const struct declare declare = {
            .lua = lua, .table = lua_gettop(lua), .word = "state", .name = state->name, .line = state->line};
        compile_after(&declare, trial, made);
        compile_enter(&declare, made);
        compile_arm(&declare, made);
        compile_on(&declare, trial, made);
        bool leaves = made->after_ns != INT64_MAX;
        for (uint32_t j = 0; j < made->n_on; j++)
            leaves |= made->on[j].to != TRIAL_STAY;
        if (!leaves)
            declare_fail(&declare, NULL, "", "a way out: after = { time, state } or a state in on");
        lua_pop(lua, 2);
    }
    lua_pop(lua, 1);
}
