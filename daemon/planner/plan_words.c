#include "planner/plan_words.h"
#include "planner/suggest.h"
#include "planner/task_words.h"
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ANY QUANTITY_NUMBER, 0, 0

static const double hour_ns = 3.6e12, on_min_ns = 1e5;

const char plan_words_action[] = "action", plan_words_timer[] = "timer", plan_words_within[] = "within",
           plan_words_reach[] = "reach";

static void push(lua_State *lua, const void *value, size_t size, const char *kind)
{
    memcpy(lua_newuserdatauv(lua, size, 1), value, size);
    luaL_setmetatable(lua, kind);
}

void plan_words_push(lua_State *lua, const struct trial_action *action)
{
    push(lua, action, sizeof *action, plan_words_action);
}

void plan_words_push_timer(lua_State *lua, enum trial_action_kind kind, const char *name)
{
    plan_words_push(lua, &(struct trial_action){.kind = kind, .target = UINT32_MAX});
    lua_pushstring(lua, name);
    lua_setiuservalue(lua, -2, 1);
}

/* A stand-in for errors of words that are calls, not declarations. */
static struct declare call_of(lua_State *lua, const char *word)
{
    return (struct declare){.lua = lua, .table = 1, .word = word, .line = sandbox_line(lua)};
}

static const char *name_of(const struct declare *call)
{
    char got[SANDBOX_TEXT];
    if (lua_type(call->lua, 1) != LUA_TSTRING)
        declare_fail(call, NULL, sandbox_text(call->lua, 1, got), "a name in quotes");
    return lua_tostring(call->lua, 1);
}

static int stop(lua_State *lua)
{
    const struct declare call = call_of(lua, "stop");
    plan_words_push_timer(lua, TRIAL_STOP, name_of(&call));
    return 1;
}

static int on_counter(lua_State *lua, const char *word, enum trial_action_kind kind)
{
    const struct declare call = call_of(lua, word);
    const struct config *config = &task_words_owner(lua)->config;
    plan_words_push(lua,
                    &(struct trial_action){.kind = kind,
                                           .target = declare_refer(&call, NULL, name_of(&call), "a counter of the task",
                                                                   config->counters, config->n_counters,
                                                                   sizeof *config->counters, NULL)});
    return 1;
}

static int count(lua_State *lua)
{
    return on_counter(lua, "count", TRIAL_COUNT);
}

static int reset(lua_State *lua)
{
    return on_counter(lua, "reset", TRIAL_RESET);
}

static int64_t time_of(const struct declare *call, int index)
{
    struct quantity time;
    char got[SANDBOX_TEXT];
    sandbox_text(call->lua, index, got);
    if (!quantity_get(call->lua, index, &time) || time.dimension != QUANTITY_TIME)
        declare_fail(call, NULL, got, "%s", quantity_expected(QUANTITY_TIME));
    if (!(time.value >= 0 && time.value <= hour_ns))
        declare_fail(call, NULL, got, "us(0)..sec(3600)");
    return (int64_t)rint(time.value);
}

static int within(lua_State *lua)
{
    const struct declare call = call_of(lua, "within");
    char got[SANDBOX_TEXT];
    const struct plan_words_window window = {.from_ns = time_of(&call, 1), .until_ns = time_of(&call, 2)};
    if (window.until_ns <= window.from_ns)
        declare_fail(&call, NULL, sandbox_text(lua, 2, got), "an end after the beginning, which still counts");
    if (lua_isnoneornil(lua, 3))
        declare_fail(&call, NULL, "", "what happens: within(sec(1), sec(2), \"reward\")");
    push(lua, &window, sizeof window, plan_words_within);
    lua_pushvalue(lua, 3);
    lua_setiuservalue(lua, -2, 1);
    return 1;
}

static int reach(lua_State *lua)
{
    const struct declare call = call_of(lua, "reach");
    char got[SANDBOX_TEXT];
    sandbox_text(lua, 1, got);
    int is_whole = 0;
    const lua_Integer n = lua_type(lua, 1) == LUA_TNUMBER ? lua_tointegerx(lua, 1, &is_whole) : 0;
    if (!is_whole || n < 1 || n > 1000000)
        declare_fail(&call, NULL, got, "a whole number 1..1000000");
    if (lua_isnoneornil(lua, 2))
        declare_fail(&call, NULL, "", "where to go then: reach(%d, \"reward\")", (int)n);
    const uint32_t reached = (uint32_t)n;
    push(lua, &reached, sizeof reached, plan_words_reach);
    lua_pushvalue(lua, 2);
    lua_setiuservalue(lua, -2, 1);
    return 1;
}

struct timer_form {
    char output[CONFIG_NAME];
    struct trial_timer made;
};

/* A timer's output is its own: neither a cue nor a train has it. */
static uint32_t own_output(const struct declare *declare, const struct timer_form *form)
{
    const struct task *task = task_words_owner(declare->lua);
    const struct config *config = &task->config;
    bool allowed[FRAME_OUTPUTS_MAX];
    char text[QUANTITY_TEXT];
    for (uint32_t i = 0; i < config->n_outputs; i++)
        allowed[i] = task->uses_output[i] && config->outputs[i].kind != CONFIG_OUTPUT_VALVE &&
                     config->outputs[i].kind != CONFIG_OUTPUT_LED;
    const uint32_t output =
        declare_refer(declare, "output", form->output, "a sound, laser or digital output that the task uses",
                      config->outputs, config->n_outputs, sizeof *config->outputs, allowed);
    for (uint32_t i = 0; i < config->n_cues; i++)
        if (config->cues[i].output == output)
            declare_fail(declare, "output", NULL, "an output of its own: the cue %s has this one",
                         config->cues[i].name);
    for (uint32_t i = 0; i < config->n_trains; i++)
        if (config->trains[i].output == output)
            declare_fail(declare, "output", NULL, "an output of its own: the train %s has this one",
                         config->trains[i].name);
    quantity_text((struct quantity){.value = (double)config->outputs[output].max_on_ns, .dimension = QUANTITY_TIME},
                  text);
    if (form->made.on_ns > config->outputs[output].max_on_ns)
        declare_fail(declare, "on", NULL, "at most %s, max_on of %s", text, config->outputs[output].name);
    return output;
}

static int read_timer(struct declare *declare)
{
    static const struct declare_key keys[] = {
        {"output",                    DECLARE_TEXT, false, ANY, offsetof(struct timer_form, output), NULL},
        {"delay",                      DECLARE_NS, false, QUANTITY_TIME, 0, hour_ns, offsetof(struct timer_form, made.delay_ns), NULL},
        {"on", DECLARE_NS, true, QUANTITY_TIME, on_min_ns, hour_ns, offsetof(struct timer_form, made.on_ns), NULL},
        {"off",                       DECLARE_NS, false, QUANTITY_TIME, 0, hour_ns, offsetof(struct timer_form, made.off_ns), NULL},
        {"loops",                     DECLARE_WHOLE, false, QUANTITY_NUMBER, 0, 1e6, offsetof(struct timer_form, made.loops), NULL},
        {0                     },
    };
    struct timer_form form = {
        .made = {.output = UINT32_MAX, .loops = 1}
    };
    struct plan_words_clock made = {.line = declare->line};
    declare_keys(declare, keys, &form);
    declare_name(declare->lua, "timer", declare->name, form.made.name);
    if (form.output[0] != '\0')
        form.made.output = own_output(declare, &form);
    made.timer = form.made;
    push(declare->lua, &made, sizeof made, plan_words_timer);
    return 1;
}

/* Ends with an error if something that can happen has this name already. */
static void check_label(const struct declare *declare)
{
    const struct config *config = &task_words_owner(declare->lua)->config;
    const struct {
        const char *noun;
        const void *entries;
        uint32_t n;
        size_t stride;
    } takers[] = {
        {"the rig has an input", config->inputs,   config->n_inputs,   sizeof *config->inputs  },
        {"there is a trigger",   config->triggers, config->n_triggers, sizeof *config->triggers},
        {"there is a counter",   config->counters, config->n_counters, sizeof *config->counters},
        {"there is a message",   config->messages, config->n_messages, sizeof *config->messages},
    };
    for (size_t k = 0; k < sizeof takers / sizeof *takers; k++)
        for (uint32_t i = 0; i < takers[k].n; i++)
            if (strcmp((const char *)takers[k].entries + i * takers[k].stride, declare->name) == 0)
                declare_fail(declare, NULL, "", "another name: %s \"%s\"", takers[k].noun, declare->name);
}

static void read_label(struct declare *declare, struct config_label *labels, uint32_t *n, uint32_t max,
                       const char *noun)
{
    static const struct declare_key keys[] = {{0}};
    declare_keys(declare, keys, NULL);
    check_label(declare);
    declare_room(declare, *n, max, noun);
    declare_name(declare->lua, declare->word, declare->name, labels[(*n)++].name);
}

static int read_counter(struct declare *declare)
{
    struct config *config = &task_words_owner(declare->lua)->config;
    read_label(declare, config->counters, &config->n_counters, CONFIG_COUNTERS_MAX, "counters");
    return 0;
}

static int read_message(struct declare *declare)
{
    struct config *config = &task_words_owner(declare->lua)->config;
    read_label(declare, config->messages, &config->n_messages, CONFIG_MESSAGES_MAX, "messages");
    return 0;
}

static int read_policy(struct declare *declare)
{
    static const char *const words[] = {"end", "repeat", NULL}; /* enum config_no_plan */
    static const struct declare_key keys[] = {
        {"no_plan", DECLARE_WORD, true, ANY, offsetof(struct config, no_plan), words},
        {0    },
    };
    declare_keys(declare, keys, &task_words_owner(declare->lua)->config);
    return 0;
}

void plan_words_install(lua_State *lua)
{
    static const struct declare_word words[] = {
        {"timer",   true,  read_timer  },
        {"counter", true,  read_counter},
        {"message", true,  read_message},
        {"policy",  false, read_policy },
        {NULL,      false, NULL        },
    };
    static const luaL_Reg functions[] = {
        {"stop",   stop  },
        {"count",  count },
        {"reset",  reset },
        {"within", within},
        {"reach",  reach },
        {NULL,     NULL  },
    };
    const char *const kinds[] = {plan_words_action, plan_words_timer, plan_words_within, plan_words_reach};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        luaL_newmetatable(lua, kinds[i]);
        lua_pop(lua, 1);
    }
    declare_install(lua, words);
    for (const luaL_Reg *row = functions; row->name; row++) {
        lua_pushcfunction(lua, row->func);
        sandbox_word(lua, row->name);
    }
}

bool plan_words_resolve(const struct declare *declare, const char *key, const struct trial *trial,
                        struct trial_action *action)
{
    lua_State *lua = declare->lua;
    const struct trial_action *found = luaL_testudata(lua, -1, plan_words_action);
    if (!found)
        return false;
    *action = *found;
    if (found->target != UINT32_MAX)
        return true;
    const struct config *config = &task_words_owner(lua)->config;
    const char *names[CONFIG_TRAINS_MAX + TRIAL_TIMERS_MAX];
    char text[SUGGEST_TEXT], got[SANDBOX_TEXT];
    size_t n = 0;
    lua_getiuservalue(lua, -1, 1);
    const char *name = lua_tostring(lua, -1);
    lua_pop(lua, 1); /* the action keeps it */
    for (uint32_t i = 0; i < trial->n_timers; i++) {
        names[n++] = trial->timers[i].name;
        if (strcmp(trial->timers[i].name, name) == 0) {
            action->target = i;
            return true;
        }
    }
    const bool starts = found->kind == TRIAL_TIMER;
    for (uint32_t i = 0; i < config->n_trains && starts; i++)
        names[n++] = config->trains[i].name;
    snprintf(got, sizeof got, "%s \"%s\"", starts ? "start" : "stop", name);
    declare_fail(declare, key, got, "%s",
                 suggest_text(text, starts ? "a train of the task or a timer of this trial" : "a timer of this trial",
                              name, names, n));
}

bool plan_words_add_timer(lua_State *lua, struct trial *trial)
{
    const struct plan_words_clock *made = luaL_testudata(lua, -1, plan_words_timer);
    if (!made)
        return false;
    const struct declare declare = {
        .lua = lua, .table = lua_gettop(lua), .word = "timer", .name = made->timer.name, .line = made->line};
    declare_unique(&declare, trial->timers, trial->n_timers, sizeof *trial->timers);
    declare_room(&declare, trial->n_timers, TRIAL_TIMERS_MAX, "timers");
    const struct config *config = &task_words_owner(lua)->config;
    for (uint32_t i = 0; i < trial->n_timers; i++)
        if (made->timer.output != UINT32_MAX && trial->timers[i].output == made->timer.output)
            declare_fail(&declare, "output", config->outputs[made->timer.output].name,
                         "an output of its own: the timer %s has this one", trial->timers[i].name);
    trial->timers[trial->n_timers++] = made->timer;
    return true;
}
