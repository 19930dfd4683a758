#include "planner/plan.h"
#include "planner/declare.h"
#include "planner/plan_events.h"
#include "planner/plan_words.h"
#include "planner/suggest.h"
#include "planner/task_words.h"
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ANY QUANTITY_NUMBER, 0, 0

static const double hour_ns = 3.6e12;

static const char state_name[] = "state";

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

static int cs(lua_State *lua)
{
    const struct declare call = declare_call(lua, "cs");
    const struct config *config = &task_words_owner(lua)->config;
    const struct trial_action action = {
        .kind = TRIAL_CS,
        .target = declare_refer(&call, NULL, declare_call_name(&call, 1), "a cue of the task", config->cues,
                                config->n_cues, sizeof *config->cues, NULL),
    };
    plan_words_push(lua, &action);
    return 1;
}

/* A train of the task, or else a timer that the trial will have. */
static int start(lua_State *lua)
{
    const struct declare call = declare_call(lua, "start");
    const struct config *config = &task_words_owner(lua)->config;
    const char *name = declare_call_name(&call, 1);
    for (uint32_t i = 0; i < config->n_trains; i++)
        if (strcmp(config->trains[i].name, name) == 0) {
            plan_words_push(lua, &(struct trial_action){.kind = TRIAL_TRAIN, .target = i});
            return 1;
        }
    plan_words_push_timer(lua, TRIAL_TIMER, name);
    return 1;
}

static int deliver(lua_State *lua)
{
    const struct declare call = declare_call(lua, "deliver");
    const struct task *task = task_words_owner(lua);
    bool valves[FRAME_OUTPUTS_MAX];
    for (uint32_t i = 0; i < task->config.n_outputs; i++)
        valves[i] = task->uses_output[i] && task->config.outputs[i].kind == CONFIG_OUTPUT_VALVE;
    struct trial_action action = {
        .kind = TRIAL_DELIVER,
        .target = declare_refer(&call, NULL, declare_call_name(&call, 1), "a valve that the task uses",
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
    plan_words_push(lua, &action);
    return 1;
}

static int read_state(struct declare *declare)
{
    static const struct declare_key keys[] = {
        {"after",        DECLARE_OTHER, false, ANY, 0, NULL},
        {"enter",         DECLARE_OTHER, false, ANY, 0, NULL},
        {"exit",             DECLARE_OTHER, false, ANY, 0, NULL},
        {"arm",              DECLARE_OTHER, false, ANY, 0, NULL},
        {"on",DECLARE_OTHER, false, ANY, 0, NULL},
        {0          },
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
        {"cs",      cs     },
        {"start",   start  },
        {"deliver", deliver},
        {NULL,      NULL   },
    };
    const char *const kinds[] = {state_name, plan_events_done};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        luaL_newmetatable(lua, kinds[i]);
        lua_pop(lua, 1);
    }
    declare_install(lua, words);
    plan_words_install(lua);
    for (const luaL_Reg *row = functions; row->name; row++) {
        lua_pushcfunction(lua, row->func);
        sandbox_word(lua, row->name);
    }
    push(lua, "", 1, plan_events_done);
    sandbox_word(lua, "done");
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
    state->after_to = plan_events_target(&pair, "2", trial);
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

/* The actions in the list at `key`; returns how many. */
static uint32_t compile_actions(const struct declare *declare, const char *key, const struct trial *trial,
                                const struct trial_state *state, struct trial_action *actions, uint32_t max)
{
    struct declare list;
    char path[SANDBOX_TEXT], position[12];
    const uint32_t n = declare_list(declare, key, max);
    if (!declare_inner(declare, key, &list, path))
        return 0;
    for (uint32_t i = 0; i < n; i++) {
        snprintf(position, sizeof position, "%u", (unsigned)i + 1);
        declare_push(&list, position);
        if (!plan_words_resolve(&list, position, trial, &actions[i]))
            declare_fail(&list, position, NULL,
                         "cs \"cue\", deliver(\"valve\", ul(x)), start \"train\" or another action");
        if (actions[i].kind == TRIAL_CS && actions == state->exit)
            declare_fail(&list, position, "", "a state with enter = { cs ... }: a cue belongs to a state");
        if (actions[i].kind == TRIAL_CS)
            check_cue(declare, &actions[i], state);
        lua_pop(declare->lua, 1);
    }
    lua_pop(declare->lua, 1);
    return n;
}

static void compile_arm(const struct declare *declare, struct trial_state *state)
{
    const struct config *config = &task_words_owner(declare->lua)->config;
    const uint32_t n = declare_list(declare, "arm", CONFIG_TRIGGERS_MAX);
    for (uint32_t i = 1; i <= n; i++)
        state->arm |= 1u << declare_refer(declare, "arm", declare_list_text(declare, "arm", i), "a trigger of the task",
                                          config->triggers, config->n_triggers, sizeof *config->triggers, NULL);
}

/* Collects the names, so that states can refer to later ones. */
static void collect(lua_State *lua, int list, int line, struct trial *trial)
{
    static const char expected[] = "a list of 1..%d states: { state \"name\" { ... }, ... }",
                      item[] = "state \"name\" { ... } or timer \"name\" { ... }";
    char got[SANDBOX_TEXT], what[SANDBOX_TEXT];
    const lua_Unsigned n = lua_type(lua, list) == LUA_TTABLE ? lua_rawlen(lua, list) : 0;
    if (n == 0 || n > TRIAL_STATES_MAX + TRIAL_TIMERS_MAX)
        sandbox_fail(lua, line, "trial()", sandbox_text(lua, list, got), expected, TRIAL_STATES_MAX);
    for (lua_Unsigned i = 0; i < n; i++) {
        lua_rawgeti(lua, list, (lua_Integer)i + 1);
        const struct state *state = luaL_testudata(lua, -1, state_name);
        snprintf(what, sizeof what, "trial()[%u]", (unsigned)i + 1);
        if (!state && plan_words_add_timer(lua, trial)) {
            lua_pop(lua, 1);
            continue;
        }
        if (!state)
            sandbox_fail(lua, line, what, sandbox_text(lua, -1, got), "%s", item);
        const struct declare declare = {
            .lua = lua, .table = list, .word = "state", .name = state->name, .line = state->line};
        declare_unique(&declare, trial->states, trial->n_states, sizeof *trial->states);
        declare_room(&declare, trial->n_states, TRIAL_STATES_MAX, "states");
        memcpy(trial->states[trial->n_states++].name, state->name, CONFIG_NAME);
        lua_pop(lua, 1);
    }
}

/* The state on top of the stack. */
static void compile_state(lua_State *lua, const struct state *state, const struct trial *trial,
                          struct trial_state *made)
{
    lua_getiuservalue(lua, -1, 1);
    const struct declare declare = {
        .lua = lua, .table = lua_gettop(lua), .word = "state", .name = state->name, .line = state->line};
    compile_after(&declare, trial, made);
    made->n_enter = compile_actions(&declare, "enter", trial, made, made->enter, TRIAL_ENTER_MAX);
    made->n_exit = compile_actions(&declare, "exit", trial, made, made->exit, TRIAL_EXIT_MAX);
    compile_arm(&declare, made);
    plan_events_compile(&declare, trial, made);
    bool leaves = made->after_ns != INT64_MAX;
    for (uint32_t j = 0; j < made->n_on; j++)
        leaves |= made->on[j].to != TRIAL_STAY;
    if (!leaves)
        declare_fail(&declare, NULL, "", "a way out: after = { time, state } or a state in on");
    lua_pop(lua, 1);
}

void plan_compile(lua_State *lua, int line, struct trial *trial)
{
    const int64_t number = trial->number;
    const int list = lua_gettop(lua);
    *trial = (struct trial){.number = number, .over = lua_isnil(lua, list)};
    if (!trial->over)
        collect(lua, list, line, trial);
    if (!trial->over && trial->n_states == 0)
        sandbox_fail(lua, line, "trial()", "", "at least one state: { state \"name\" { ... }, ... }");
    for (uint32_t item = 1, i = 0; i < trial->n_states; item++) {
        lua_rawgeti(lua, list, (lua_Integer)item);
        const struct state *state = luaL_testudata(lua, -1, state_name);
        if (state) {
            task_words_owner(lua)->state_lines[i] = state->line;
            compile_state(lua, state, trial, &trial->states[i++]);
        }
        lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
}
