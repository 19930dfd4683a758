/* task_words: a task's declarations: uses, cue, observe; trigger and train are in files of their own.
 * (planner/task_words.h)
 *
 * A part of task.h, for the planner only. Threads: the sandbox's. */
#pragma once
#include "engine/base/rng.h"
#include "planner/declare.h"
#include "planner/task.h"

enum { TASK_WORDS_PARAMS_MAX = 64, TASK_WORDS_SET_MAX = 64, TASK_WORDS_PARAM_TEXT = 128 };

struct task_words_param {
    char name[CONFIG_NAME];
    char text[TASK_WORDS_PARAM_TEXT]; /* "volume = 4 ul" */
    bool bare;                        /* a plain number without both min and max */
};

/* A task; the sandbox's owner. */
struct task {
    struct sandbox sandbox;
    struct rng rng;
    struct config config; /* the rig's half, then the task's too */
    bool has_uses;
    bool uses_input[FRAME_INPUTS_MAX], uses_output[FRAME_OUTPUTS_MAX], uses_signal[CONFIG_SIGNALS_MAX];
    const char *const *set; /* "name=value", during the load only */
    size_t n_set;
    bool set_used[TASK_WORDS_SET_MAX];
    size_t n_params;
    struct task_words_param params[TASK_WORDS_PARAMS_MAX];
    struct trial trial;                /* the newest plan: its state names are what `last` calls them */
    int state_lines[TRIAL_STATES_MAX]; /* of that plan's states */
    const struct task_outcome *last;
};

struct task *task_words_owner(lua_State *lua);

/* The output that the text `name` at `key` names, if the task uses it and `kinds` has its kind's bit. */
uint32_t task_words_output(const struct declare *declare, const char *key, const char *name, const char *noun,
                           unsigned kinds);

/* Adds the words. */
void task_words_install(lua_State *lua);
