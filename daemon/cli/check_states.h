/* check_states: what a task's trials can do, found by planning many of them. (cli/check_states.h)
 *
 * Trials are planned one after another with outcomes drawn at random: every timer, lick and trigger may be what comes
 * next, so adaptive tasks show all their sides. Each planned trial is checked as a graph; the graphs of all trials
 * together, by the names of their states, are the picture of the task. What is found is an error if a trial can't work,
 * else a warning. Threads: any. Memory: the caller's. */
#pragma once
#include "engine/config.h"
#include "planner/task.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    CHECK_STATES_MAX = 64,   /* names of states in all trials together */
    CHECK_EDGES_MAX = 256,   /* transitions */
    CHECK_FINDINGS_MAX = 64, /* the rest is counted */
    CHECK_TRIALS = 1000,     /* planned for a look */
    CHECK_TEXT = 256,        /* bytes of a finding */
    CHECK_DONE = UINT32_MAX, /* as a target: the end of the trial */
};

/* Something to say about the file. */
struct check_finding {
    int line;              /* 0: of no line */
    bool is_error, of_rig; /* of_rig: the rig's file, not the task's */
    char what[CHECK_TEXT]; /* "state.cue.enter: expected ..." */
};

/* A way from one state to another, in any trial. */
struct check_edge {
    uint32_t from, to;
    char cause[CONFIG_NAME]; /* the event's name; "" the timer */
    char action[64];         /* what is done on the way; "" nothing */
    double min_s, max_s;     /* the timer, over all trials */
};

struct check_state {
    char name[CONFIG_NAME];
    int line;
    uint32_t n_planned, n_reachable; /* trials that have it; in which something leads there */
    char enter[128], arm[128];       /* "cs A, deliver water"; of the last trial that has it */
};

struct check_states {
    uint32_t n_trials, n_states, n_edges, n_findings, n_more; /* n_more: findings without room */
    struct check_state states[CHECK_STATES_MAX];
    struct check_edge edges[CHECK_EDGES_MAX];
    struct check_finding findings[CHECK_FINDINGS_MAX];
    uint32_t cues, trains, triggers, outputs; /* a bit each: used by a trial */
};

/* Adds a finding, once. */
void check_states_find(struct check_states *states, bool is_error, int line, const char *what, ...) PRINTF_LIKE(4, 5);

/* Plans CHECK_TRIALS trials of a freshly loaded task (fewer if it ends by itself), and looks at each. False and *err:
 * the task fails in one of them. */
MUST_CHECK bool check_states_survey(struct check_states *states, struct task *task, const struct config *config,
                                    struct error *err);

/* True if one of the findings is an error. */
bool check_states_bad(const struct check_states *states);

/* The task as a picture for Graphviz: `dot -Tsvg`. */
void check_states_dot(const struct check_states *states, const char *name, FILE *out);
