#include "planner/plan_events.h"
#include "planner/plan_words.h"
#include "planner/suggest.h"
#include "planner/task_words.h"
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

enum {
    ON_KEYS_MAX = 64,
    EVENTS_MAX = 4 * FRAME_INPUTS_MAX + CONFIG_TRIGGERS_MAX + CONFIG_TRAINS_MAX + 2 * TRIAL_TIMERS_MAX +
                 CONFIG_MESSAGES_MAX + CONFIG_COUNTERS_MAX,
    EVENT_NAME = CONFIG_NAME + 10, /* with the longest ending */
};

const char plan_events_done[] = "done";

/* All that can happen in the trial, by name. */
struct events {
    uint32_t n;
    struct {
        char name[EVENT_NAME];
        uint32_t kind, id;
    } rows[EVENTS_MAX];
};

uint32_t plan_events_target(const struct declare *declare, const char *key, const struct trial *trial)
{
    if (luaL_testudata(declare->lua, -1, plan_events_done))
        return TRIAL_DONE;
    if (lua_type(declare->lua, -1) != LUA_TSTRING)
        declare_fail(declare, key, NULL, "a state's name in quotes, or done");
    return declare_refer(declare, key, lua_tostring(declare->lua, -1), "a state of this trial, or done", trial->states,
                         trial->n_states, sizeof *trial->states, NULL);
}

static void add(struct events *events, const char *name, const char *ending, enum trial_event_kind kind, uint32_t id)
{
    snprintf(events->rows[events->n].name, EVENT_NAME, "%s%s", name, ending);
    events->rows[events->n].kind = kind;
    events->rows[events->n++].id = id;
}

/* Names without endings come first: they win where two are equal. */
static void collect(const struct task *task, const struct trial *trial, struct events *events)
{
    const struct config *config = &task->config;
    bool lick[FRAME_INPUTS_MAX], used[FRAME_INPUTS_MAX];
    events->n = 0;
    for (uint32_t i = 0; i < config->n_inputs; i++) {
        used[i] = task->uses_input[i] && config->inputs[i].kind != CONFIG_INPUT_EVENT;
        lick[i] = config->inputs[i].kind == CONFIG_INPUT_LICK;
        if (used[i])
            add(events, config->inputs[i].name, "", lick[i] ? TRIAL_ON_LICK : TRIAL_ON_RISE, i);
    }
    for (uint32_t i = 0; i < config->n_triggers; i++)
        add(events, config->triggers[i].name, "", TRIAL_ON_TRIGGER, i);
    for (uint32_t i = 0; i < config->n_counters; i++)
        add(events, config->counters[i].name, "", TRIAL_ON_COUNT, i);
    for (uint32_t i = 0; i < config->n_messages; i++)
        add(events, config->messages[i].name, "", TRIAL_ON_MESSAGE, i);
    for (uint32_t i = 0; i < trial->n_timers; i++)
        add(events, trial->timers[i].name, "", TRIAL_ON_TIMER, i);
    for (uint32_t i = 0; i < config->n_inputs; i++) {
        if (used[i])
            add(events, config->inputs[i].name, "_off", TRIAL_ON_FALL, i);
        if (used[i] && lick[i])
            add(events, config->inputs[i].name, "_bout", TRIAL_ON_BOUT, i);
        if (used[i] && lick[i])
            add(events, config->inputs[i].name, "_bout_end", TRIAL_ON_BOUT_END, i);
    }
    for (uint32_t i = 0; i < config->n_trains; i++)
        add(events, config->trains[i].name, "_end", TRIAL_ON_TRAIN_END, i);
    for (uint32_t i = 0; i < trial->n_timers; i++)
        add(events, trial->timers[i].name, "_end", TRIAL_ON_TIMER_END, i);
}

/* Which event a key of `on` means. */
static void compile_event(const struct declare *on, const char *key, const struct events *events,
                          const struct trial_state *state, struct trial_on *row)
{
    const char *names[EVENTS_MAX];
    char text[SUGGEST_TEXT];
    for (uint32_t i = 0; i < events->n; i++) {
        names[i] = events->rows[i].name;
        if (strcmp(names[i], key) != 0)
            continue;
        row->event = events->rows[i].kind;
        row->id = events->rows[i].id;
        if (row->event == TRIAL_ON_TRIGGER && (state->arm >> row->id & 1) == 0)
            declare_fail(on, key, "", "arm = { \"%s\" } in the same state: it never fires here", key);
        return;
    }
    declare_fail(on, key, "", "%s",
                 suggest_text(text, "an input that the task uses, a trigger or another event", key, names, events->n));
}

/* What happens then: the value on top is an action, a target, or { action, target }. */
static void compile_reaction(const struct declare *on, const char *key, const struct trial *trial, struct trial_on *row)
{
    lua_State *lua = on->lua;
    row->to = TRIAL_STAY;
    if (lua_type(lua, -1) == LUA_TTABLE) {
        lua_rawgeti(lua, -1, 1);
        const bool acts = plan_words_resolve(on, key, trial, &row->action);
        if (!acts || lua_rawlen(lua, -2) != 2)
            declare_fail(on, key, NULL, "an action, a state, done, or { action, state }");
        lua_rawgeti(lua, -2, 2);
        row->to = plan_events_target(on, key, trial);
        lua_pop(lua, 2);
    } else if (!plan_words_resolve(on, key, trial, &row->action)) {
        row->to = plan_events_target(on, key, trial);
    }
    if (row->action.kind == TRIAL_CS)
        declare_fail(on, key, "", "a state with enter = { cs ... }: a cue belongs to a state");
}

/* reach(n, target), which a counter needs. */
static void compile_reach(const struct declare *on, const char *key, const struct trial *trial, struct trial_on *row)
{
    const uint32_t *count = luaL_testudata(on->lua, -1, plan_words_reach);
    if (!count)
        declare_fail(on, key, NULL, "reach(n, \"state\"): what to do when the counter is at n");
    row->count = *count;
    lua_getiuservalue(on->lua, -1, 1);
    row->to = plan_events_target(on, key, trial);
    lua_pop(on->lua, 1);
}

/* Takes within(...) off the value on top, if it is there: then the reaction in it is pushed. */
static bool unwrap(const struct declare *on, const char *key, const struct trial_state *state, struct trial_on *row)
{
    const struct plan_words_window *window = luaL_testudata(on->lua, -1, plan_words_within);
    if (!window)
        return false;
    row->from_ns = window->from_ns;
    row->until_ns = window->until_ns;
    char text[QUANTITY_TEXT];
    quantity_text((struct quantity){.value = (double)state->after_ns, .dimension = QUANTITY_TIME}, text);
    if (window->from_ns >= state->after_ns)
        declare_fail(on, key, "", "a window that opens before the state ends, after %s", text);
    lua_getiuservalue(on->lua, -1, 1);
    return true;
}

void plan_events_compile(const struct declare *declare, const struct trial *trial, struct trial_state *state)
{
    struct declare on;
    struct events events;
    char path[SANDBOX_TEXT];
    const char *keys[ON_KEYS_MAX];
    if (!declare_inner(declare, "on", &on, path))
        return;
    const uint32_t n = declare_names(&on, keys, ON_KEYS_MAX);
    if (n > TRIAL_ON_MAX)
        declare_fail(declare, "on", NULL, "at most %d reactions", TRIAL_ON_MAX);
    collect(task_words_owner(declare->lua), trial, &events);
    for (uint32_t i = 0; i < n; i++) {
        struct trial_on *row = &state->on[state->n_on++];
        compile_event(&on, keys[i], &events, state, row);
        declare_push(&on, keys[i]);
        const int top = lua_gettop(declare->lua);
        if (row->event == TRIAL_ON_COUNT)
            compile_reach(&on, keys[i], trial, row);
        else {
            (void)unwrap(&on, keys[i], state, row);
            compile_reaction(&on, keys[i], trial, row);
        }
        lua_settop(declare->lua, top - 1);
    }
    lua_pop(declare->lua, 1);
}
