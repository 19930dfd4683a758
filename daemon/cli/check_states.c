#include "cli/check_states.h"
#include "engine/base/rng.h"
#include "engine/base/units.h"
#include <stdarg.h>
#include <string.h>

enum { STEPS_MAX = 256 }; /* states visited in one trial before the walk is given up */

static const uint64_t SEED = 1; /* of the outcomes */

/* One trial while it is looked at. */
struct look {
    struct check_states *states;
    const struct config *config;
    const struct task *task;
    const struct trial *trial;
    bool reachable[TRIAL_STATES_MAX], ends[TRIAL_STATES_MAX]; /* from the first state; can come to the trial's end */
};

void check_states_find(struct check_states *states, bool is_error, int line, const char *what, ...)
{
    char text[CHECK_TEXT];
    va_list args;
    va_start(args, what);
    vsnprintf(text, sizeof text, what, args);
    va_end(args);
    for (uint32_t i = 0; i < states->n_findings; i++)
        if (states->findings[i].line == line && strcmp(states->findings[i].what, text) == 0)
            return;
    if (states->n_findings == CHECK_FINDINGS_MAX) {
        states->n_more++;
        return;
    }
    struct check_finding *finding = &states->findings[states->n_findings++];
    finding->line = line;
    finding->is_error = is_error;
    memcpy(finding->what, text, sizeof text);
}

/* The output that an action drives; UINT32_MAX: none. */
static uint32_t output_of(const struct config *config, const struct trial_action *action)
{
    switch (action->kind) {
    case TRIAL_CS:
        return config->cues[action->target].output;
    case TRIAL_DELIVER:
        return action->target;
    case TRIAL_TRAIN:
        return config->trains[action->target].output;
    default: /* drives none, or is no one's alone */
        return UINT32_MAX;
    }
}

static void note_action(struct check_states *states, const struct config *config, const struct trial_action *action)
{
    const uint32_t output = output_of(config, action);
    states->cues |= action->kind == TRIAL_CS ? 1u << action->target : 0;
    states->trains |= action->kind == TRIAL_TRAIN ? 1u << action->target : 0;
    states->outputs |= output != UINT32_MAX ? 1u << output : 0;
}

/* Appends "deliver water" or its like. */
static void append_action(char *text, size_t size, const struct config *config, const struct trial_action *action)
{
    const size_t n = strlen(text);
    const char *comma = n > 0 ? ", " : "";
    if (action->kind == TRIAL_CS)
        snprintf(text + n, size - n, "%scs %s", comma, config->cues[action->target].name);
    else if (action->kind == TRIAL_DELIVER)
        snprintf(text + n, size - n, "%sdeliver %s %.4g ul", comma, config->outputs[action->target].name, action->ul);
    else if (action->kind == TRIAL_TRAIN)
        snprintf(text + n, size - n, "%sstart %s", comma, config->trains[action->target].name);
    else if (action->kind != TRIAL_NOTHING)
        snprintf(text + n, size - n, "%sanother action", comma);
}

static const char *event_name(const struct config *config, const struct trial_on *on)
{
    if (on->event == TRIAL_ON_LICK || on->event == TRIAL_ON_RISE)
        return config->inputs[on->id].name;
    return on->event == TRIAL_ON_TRIGGER ? config->triggers[on->id].name : "another event";
}

/* The state of this name in the picture; CHECK_STATES_MAX: there is no room. */
static uint32_t place_of(struct check_states *states, const char *name)
{
    uint32_t i = 0;
    while (i < states->n_states && strcmp(states->states[i].name, name) != 0)
        i++;
    if (i == states->n_states && i < CHECK_STATES_MAX) {
        states->states[i] = (struct check_state){0};
        memcpy(states->states[i].name, name, CONFIG_NAME);
        states->n_states++;
    }
    return i;
}

static void add_edge(const struct look *look, uint32_t from, uint32_t to, const char *cause,
                     const struct trial_action *action, double s)
{
    struct check_states *states = look->states;
    struct check_edge edge = {.min_s = s, .max_s = s};
    edge.from = place_of(states, look->trial->states[from].name);
    edge.to = to == TRIAL_DONE ? CHECK_DONE : place_of(states, look->trial->states[to == TRIAL_STAY ? from : to].name);
    if (edge.from == CHECK_STATES_MAX || edge.to == CHECK_STATES_MAX)
        return;
    snprintf(edge.cause, sizeof edge.cause, "%s", cause);
    if (action != NULL)
        append_action(edge.action, sizeof edge.action, look->config, action);
    for (uint32_t i = 0; i < states->n_edges; i++) {
        struct check_edge *old = &states->edges[i];
        if (old->from != edge.from || old->to != edge.to || strcmp(old->cause, edge.cause) != 0)
            continue;
        old->min_s = s < old->min_s ? s : old->min_s;
        old->max_s = s > old->max_s ? s : old->max_s;
        return;
    }
    if (states->n_edges < CHECK_EDGES_MAX)
        states->edges[states->n_edges++] = edge;
}

/* Which states can be reached, and from which the trial can end: both grow until nothing changes. */
static void explore(struct look *look)
{
    const struct trial *trial = look->trial;
    bool grows = true;
    look->reachable[0] = true;
    while (grows) {
        grows = false;
        for (uint32_t i = 0; i < trial->n_states; i++) {
            const struct trial_state *state = &trial->states[i];
            for (uint32_t k = 0; k <= state->n_on; k++) { /* the last is the timer */
                if (k == state->n_on && state->after_ns == INT64_MAX)
                    continue;
                const uint32_t to = k < state->n_on ? state->on[k].to : state->after_to;
                if (to == TRIAL_STAY)
                    continue;
                if (to != TRIAL_DONE && look->reachable[i] && !look->reachable[to])
                    grows = look->reachable[to] = true;
                if (!look->ends[i] && (to == TRIAL_DONE || look->ends[to]))
                    grows = look->ends[i] = true;
            }
        }
    }
}

/* Two actions of one state on one output. */
static void check_owners(const struct look *look, uint32_t i, int line)
{
    const struct trial_state *state = &look->trial->states[i];
    uint32_t owned = 0, lit = 0;
    for (uint32_t k = 0; k < state->n_enter; k++) {
        const uint32_t output = output_of(look->config, &state->enter[k]);
        if (output == UINT32_MAX)
            continue;
        if ((owned >> output & 1) != 0)
            check_states_find(look->states, true, line, "state.%s.enter: expected one action on %s, not two",
                              state->name, look->config->outputs[output].name);
        owned |= 1u << output;
        lit |= state->enter[k].kind == TRIAL_CS ? 1u << output : 0;
    }
    for (uint32_t k = 0; k < state->n_on; k++) {
        const uint32_t output = output_of(look->config, &state->on[k].action);
        if (output != UINT32_MAX && (lit >> output & 1) != 0)
            check_states_find(look->states, true, line, "state.%s.on.%s: expected another output: a cue has %s here",
                              state->name, event_name(look->config, &state->on[k]), look->config->outputs[output].name);
    }
}

/* What the state waits for must be able to happen in its time. */
static void check_window(const struct look *look, uint32_t i, int line)
{
    const struct config *config = look->config;
    const struct trial_state *state = &look->trial->states[i];
    if (state->after_ns == INT64_MAX) {
        bool alone = state->n_on > 0;
        for (uint32_t k = 0; k < state->n_on; k++)
            alone &= state->on[k].event == TRIAL_ON_LICK || state->on[k].event == TRIAL_ON_TRIGGER ||
                     state->on[k].to == TRIAL_STAY;
        if (alone)
            check_states_find(look->states, false, line,
                              "state.%s: expected after = { time, state } as well: without an event it lasts for ever",
                              state->name);
        return;
    }
    if (state->n_on > 0 && state->after_ns < config->period_ns)
        check_states_find(look->states, true, line,
                          "state.%s.after = %.6g ms: expected at least a tick, %.6g ms: "
                          "nothing can happen in this window",
                          state->name, 1e3 * units_s(state->after_ns), 1e3 * units_s(config->period_ns));
    for (uint32_t t = 0; t < config->n_triggers; t++) {
        const struct config_trigger *trigger = &config->triggers[t];
        if ((state->arm >> t & 1) != 0 && state->after_ns < trigger->hold_ns + config->period_ns)
            check_states_find(look->states, true, line,
                              "state.%s.after = %.6g ms: expected more than %.6g ms, the hold of %s and a tick: it can "
                              "never fire here",
                              state->name, 1e3 * units_s(state->after_ns),
                              1e3 * units_s(trigger->hold_ns + config->period_ns), trigger->name);
    }
}

static void look_at_state(const struct look *look, uint32_t i)
{
    struct check_states *states = look->states;
    const struct trial_state *state = &look->trial->states[i];
    const int line = task_state_line(look->task, i);
    const uint32_t place = place_of(states, state->name);
    if (place == CHECK_STATES_MAX)
        return;
    struct check_state *seen = &states->states[place];
    seen->line = line;
    seen->n_planned++;
    seen->n_reachable += look->reachable[i];
    if (!look->reachable[i])
        return;
    if (!look->ends[i])
        check_states_find(states, true, line, "state.%s: expected a way that ends in done: the trial never ends",
                          state->name);
    check_owners(look, i, line);
    check_window(look, i, line);
    seen->enter[0] = seen->arm[0] = '\0';
    for (uint32_t k = 0; k < state->n_enter; k++) {
        note_action(states, look->config, &state->enter[k]);
        append_action(seen->enter, sizeof seen->enter, look->config, &state->enter[k]);
    }
    for (uint32_t k = 0; k < state->n_on; k++) {
        note_action(states, look->config, &state->on[k].action);
        add_edge(look, i, state->on[k].to, event_name(look->config, &state->on[k]), &state->on[k].action, 0);
    }
    for (uint32_t t = 0; t < look->config->n_triggers; t++)
        if ((state->arm >> t & 1) != 0) {
            const size_t n = strlen(seen->arm);
            snprintf(seen->arm + n, sizeof seen->arm - n, "%s%s", n > 0 ? ", " : "", look->config->triggers[t].name);
        }
    states->triggers |= state->arm;
    if (state->after_ns != INT64_MAX)
        add_edge(look, i, state->after_to, "", NULL, units_s(state->after_ns));
}

static void count_action(const struct trial_action *action, struct task_outcome *outcome)
{
    if (action->kind == TRIAL_DELIVER) {
        outcome->n_rewards++;
        outcome->reward_ul += action->ul;
    }
}

/* A way through the trial in which everything that may come next is as likely. */
static void walk(const struct trial *trial, struct rng *rng, struct task_outcome *outcome)
{
    uint32_t at = 0;
    *outcome = (struct task_outcome){.number = trial->number};
    for (int step = 0; step < STEPS_MAX && at < trial->n_states; step++) {
        const struct trial_state *state = &trial->states[at];
        const uint32_t n = state->n_on + (state->after_ns != INT64_MAX);
        const uint32_t k = (uint32_t)(rng_uniform(rng) * n);
        outcome->last_state = at;
        for (uint32_t i = 0; i < state->n_enter; i++)
            count_action(&state->enter[i], outcome);
        if (k >= state->n_on) {
            at = n > 0 ? state->after_to : TRIAL_DONE;
            continue;
        }
        count_action(&state->on[k].action, outcome);
        outcome->n_licks += state->on[k].event == TRIAL_ON_LICK;
        at = state->on[k].to == TRIAL_STAY ? at : state->on[k].to;
    }
}

bool check_states_survey(struct check_states *states, struct task *task, const struct config *config, struct error *err)
{
    struct task_outcome outcome = {0};
    struct trial trial;
    struct rng rng;
    *states = (struct check_states){0};
    rng_init(&rng, SEED, "check");
    while (states->n_trials < CHECK_TRIALS) {
        if (!task_plan(task, &outcome, &trial, err))
            return false;
        if (trial.over != 0)
            break;
        struct look look = {.states = states, .config = config, .task = task, .trial = &trial};
        explore(&look);
        for (uint32_t i = 0; i < trial.n_states; i++)
            look_at_state(&look, i);
        walk(&trial, &rng, &outcome);
        states->n_trials++;
    }
    for (uint32_t i = 0; i < states->n_states; i++)
        if (states->states[i].n_reachable == 0)
            check_states_find(states, false, states->states[i].line,
                              "state.%s: expected something that leads here: nothing did in %u planned trials",
                              states->states[i].name, (unsigned)states->n_trials);
    return true;
}

bool check_states_bad(const struct check_states *states)
{
    for (uint32_t i = 0; i < states->n_findings; i++)
        if (states->findings[i].is_error)
            return true;
    return false;
}

/* A text inside a DOT string. */
static void put_quoted(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
}

void check_states_dot(const struct check_states *states, const char *name, FILE *out)
{
    fputs("digraph \"", out);
    put_quoted(out, name);
    fputs("\" {\n  rankdir = LR;\n  node [shape = box, style = rounded, fontname = \"sans-serif\"];\n"
          "  edge [fontname = \"sans-serif\", fontsize = 10];\n  done [shape = doublecircle, label = \"\", width = "
          "0.2];\n",
          out);
    for (uint32_t i = 0; i < states->n_states; i++) {
        const struct check_state *state = &states->states[i];
        fprintf(out, "  s%u [label = \"", (unsigned)i);
        put_quoted(out, state->name);
        for (size_t k = 0; k < 2; k++) {
            const char *more = k == 0 ? state->enter : state->arm;
            if (more[0] == '\0')
                continue;
            fputs(k == 0 ? "\\n" : "\\narm ", out);
            put_quoted(out, more);
        }
        fprintf(out, "\"%s];\n", state->n_reachable == 0 ? ", style = \"rounded,dashed\"" : "");
    }
    for (uint32_t i = 0; i < states->n_edges; i++) {
        const struct check_edge *edge = &states->edges[i];
        char target[16];
        snprintf(target, sizeof target, "s%u", (unsigned)edge->to);
        fprintf(out, "  s%u -> %s [label = \"", (unsigned)edge->from, edge->to == CHECK_DONE ? "done" : target);
        put_quoted(out, edge->cause);
        if (edge->cause[0] == '\0' && edge->max_s > edge->min_s)
            fprintf(out, "%.3g..%.3g s", edge->min_s, edge->max_s);
        else if (edge->cause[0] == '\0')
            fprintf(out, "%.6g s", edge->min_s);
        if (edge->action[0] != '\0')
            fputs("\\n", out);
        put_quoted(out, edge->action);
        fprintf(out, "\"%s];\n", edge->cause[0] != '\0' ? ", style = dashed" : "");
    }
    fputs("}\n", out);
}
