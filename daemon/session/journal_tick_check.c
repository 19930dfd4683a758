#include "engine/task/trial.h"
#include "session/journal_tick.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void journal_tick_order_init(struct journal_tick_order *order, const struct config *config)
{
    order->n = -1;
    order->n_max = JOURNAL_TICK_TIME_MAX / config->period_ns;
    order->wake_ns = -JOURNAL_TICK_TIME_MAX;
    for (size_t i = 0; i < FRAME_INPUTS_MAX; i++)
        order->edge_ns[i] = INT64_MIN;
}

/* One tick under inspection. `ok` is false after the first fault, which is then in *err. */
struct gate {
    const struct frame_in *in;
    struct error *err;
    bool ok;
};

static void refuse(struct gate *gate, const char *list, uint32_t i, const char *field, const char *got,
                   const char *expected)
{
    char what[128];
    if (list[0] == 0)
        snprintf(what, sizeof what, "tick %" PRId64 ": %s", gate->in->n, field);
    else
        snprintf(what, sizeof what, "tick %" PRId64 ": %s[%" PRIu32 "].%s", gate->in->n, list, i, field);
    gate->ok = error_set(gate->err, ERROR_INPUT, NULL, what, got, "%s", expected);
}

static void below(struct gate *gate, const char *list, uint32_t i, const char *field, uint64_t x, uint64_t n)
{
    if (!gate->ok || x < n)
        return;
    char got[32], expected[64];
    snprintf(got, sizeof got, "%" PRIu64, x);
    snprintf(expected, sizeof expected, "a number below %" PRIu64, n);
    refuse(gate, list, i, field, got, expected);
}

static void kind_in(struct gate *gate, const char *list, uint32_t i, uint32_t kind, uint32_t max)
{
    if (!gate->ok || (kind >= 1 && kind <= max))
        return;
    char got[32], expected[64];
    snprintf(got, sizeof got, "%" PRIu32, kind);
    snprintf(expected, sizeof expected, "1..%" PRIu32, max);
    refuse(gate, list, i, "kind", got, expected);
}

static void time_in(struct gate *gate, const char *list, uint32_t i, const char *field, int64_t t_ns, int64_t min_ns)
{
    if (!gate->ok || (t_ns >= min_ns && t_ns <= JOURNAL_TICK_TIME_MAX))
        return;
    char got[32], expected[64];
    snprintf(got, sizeof got, "%" PRId64, t_ns);
    snprintf(expected, sizeof expected, "%" PRId64 "..%" PRId64 " ns", min_ns, JOURNAL_TICK_TIME_MAX);
    refuse(gate, list, i, field, got, expected);
}

static void is_number(struct gate *gate, const char *list, uint32_t i, const char *field, double x)
{
    if (gate->ok && !isfinite(x))
        refuse(gate, list, i, field, "not finite", "a number");
}

static void check_times(struct gate *gate, const struct journal_tick_order *order, const struct record_times *times)
{
    const struct frame_in *in = gate->in;
    char got[32], expected[64];
    if (in->n <= order->n || in->n > order->n_max) {
        snprintf(got, sizeof got, "%" PRId64, in->n);
        snprintf(expected, sizeof expected, "%" PRId64 "..%" PRId64, order->n + 1, order->n_max);
        refuse(gate, "", 0, "n", got, expected);
    }
    time_in(gate, "", 0, "due_ns", in->due_ns, 0);
    time_in(gate, "", 0, "wake_ns", in->wake_ns, order->wake_ns);
    time_in(gate, "", 0, "decided_ns", times->decided_ns, -JOURNAL_TICK_TIME_MAX);
    time_in(gate, "", 0, "written_ns", times->written_ns, -JOURNAL_TICK_TIME_MAX);
}

static void check_samples(struct gate *gate, const struct config *config)
{
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX; i++) {
        const struct frame_samples *samples = &gate->in->samples[i];
        if (samples->n == 0)
            continue;
        below(gate, "samples", i, "channel", i, config->n_channels);
        below(gate, "samples", i, "n", samples->n, FRAME_SAMPLES_MAX + 1);
        time_in(gate, "samples", i, "first_ns", samples->first_ns, -JOURNAL_TICK_TIME_MAX);
        time_in(gate, "samples", i, "period_ns", samples->period_ns, 0);
        if (gate->ok && samples->period_ns > JOURNAL_TICK_TIME_MAX / FRAME_SAMPLES_MAX)
            refuse(gate, "samples", i, "period_ns", "too long", "samples within 36 years");
    }
}

static void check_edges(struct gate *gate, int64_t *edge_ns, const struct config *config)
{
    const struct frame_in *in = gate->in;
    below(gate, "", 0, "n_edges", in->n_edges, FRAME_EDGES_MAX + 1);
    for (uint32_t i = 0; gate->ok && i < in->n_edges; i++) {
        const struct frame_edge *edge = &in->edges[i];
        below(gate, "edges", i, "input", edge->input, config->n_inputs);
        below(gate, "edges", i, "rising", edge->rising, 2);
        below(gate, "edges", i, "late", edge->late, 2);
        time_in(gate, "edges", i, "t_ns", edge->t_ns, -JOURNAL_TICK_TIME_MAX);
        if (gate->ok && edge->t_ns <= edge_ns[edge->input])
            refuse(gate, "edges", i, "t_ns", "not later", "later than this input's edge before");
        if (gate->ok)
            edge_ns[edge->input] = edge->t_ns;
    }
}

static void check_inputs(struct gate *gate, const struct config *config)
{
    const struct frame_in *in = gate->in;
    below(gate, "", 0, "n_status", in->n_status, FRAME_STATUS_MAX + 1);
    for (uint32_t i = 0; gate->ok && i < in->n_status; i++) {
        below(gate, "status", i, "device", in->status[i].device, config->n_devices);
        kind_in(gate, "status", i, in->status[i].kind, FRAME_RECORDING_OVER);
        time_in(gate, "status", i, "t_ns", in->status[i].t_ns, -JOURNAL_TICK_TIME_MAX);
    }
    below(gate, "", 0, "n_commands", in->n_commands, FRAME_COMMANDS_MAX + 1);
    for (uint32_t i = 0; gate->ok && i < in->n_commands; i++) {
        kind_in(gate, "commands", i, in->commands[i].kind, FRAME_COMMAND_LAST);
        if (in->commands[i].kind == FRAME_MESSAGE)
            below(gate, "commands", i, "target", in->commands[i].target, config->n_messages);
        is_number(gate, "commands", i, "value", in->commands[i].value);
    }
    below(gate, "", 0, "n_applied", in->n_applied, FRAME_APPLIED_MAX + 1);
    for (uint32_t i = 0; gate->ok && i < in->n_applied; i++) {
        below(gate, "applied", i, "output", in->applied[i].output, config->n_outputs);
        time_in(gate, "applied", i, "t_ns", in->applied[i].t_ns, -JOURNAL_TICK_TIME_MAX);
        is_number(gate, "applied", i, "level", in->applied[i].level);
    }
}

/* How many things a decision's id can name. */
static uint64_t ids(uint32_t kind, const struct config *config)
{
    switch ((enum frame_decision_kind)kind) {
    case FRAME_TRIAL_END:
    case FRAME_TRIAL_CUT:
    case FRAME_STATE:
        return TRIAL_STATES_MAX;
    case FRAME_CUE:
        return config->n_cues;
    case FRAME_LICK:
        return config->n_inputs;
    case FRAME_REWARD:
    case FRAME_LIMITED:
        return config->n_outputs;
    case FRAME_TRAIN:
    case FRAME_DOSE_OVER:
        return config->n_trains;
    case FRAME_TRIGGER_FIRED:
    case FRAME_TRIGGER_SHAM:
    case FRAME_TRIGGER_LOCKED:
    case FRAME_TRIGGER_REFUSED:
        return config->n_triggers;
    case FRAME_SCORE:
    case FRAME_STEP_LAG:
        return config->n_models;
    case FRAME_DIGEST:
        return config->n_models + 1;
    case FRAME_DEVICE:
        return config->n_devices;
    case FRAME_COUNT:
        return config->n_counters;
    case FRAME_TIMER:
        return TRIAL_TIMERS_MAX;
    case FRAME_TRIAL_START:
    case FRAME_MODEL_EVENT:
    case FRAME_PLAN_WANTED:
    case FRAME_PLAN_LATE:
    case FRAME_END:
    case FRAME_LATE:
    case FRAME_EVENTS_DROPPED:
    case FRAME_PAUSED:
    case FRAME_SETTING:
    case FRAME_SETTING_REFUSED:
    case FRAME_FALLBACK:
        break;
    }
    return (uint64_t)UINT32_MAX + 1;
}

static void check_outputs(struct gate *gate, const struct config *config, const struct frame_out *out)
{
    below(gate, "", 0, "n_writes", out->n_writes, FRAME_WRITES_MAX + 1);
    below(gate, "", 0, "finished", out->finished, 2);
    for (uint32_t i = 0; gate->ok && i < out->n_writes; i++) {
        const struct frame_write *write = &out->writes[i];
        below(gate, "writes", i, "output", write->output, config->n_outputs);
        time_in(gate, "writes", i, "cause_ns", write->cause_ns, -JOURNAL_TICK_TIME_MAX);
        time_in(gate, "writes", i, "pulse_ns", write->pulse_ns, 0);
        is_number(gate, "writes", i, "level", write->level);
        below(gate, "writes", i, "wave", write->wave, (uint64_t)config->n_trains + 1);
    }
    below(gate, "", 0, "n_decisions", out->n_decisions, FRAME_DECISIONS_MAX + 1);
    for (uint32_t i = 0; gate->ok && i < out->n_decisions; i++) {
        const struct frame_decision *decision = &out->decisions[i];
        kind_in(gate, "decisions", i, decision->kind, FRAME_DECISION_LAST);
        below(gate, "decisions", i, "id", decision->id, ids(decision->kind, config));
        time_in(gate, "decisions", i, "t_ns", decision->t_ns, -JOURNAL_TICK_TIME_MAX);
    }
}

bool journal_tick_check(struct journal_tick_order *order, const struct config *config, const struct frame_in *in,
                        const struct frame_out *out, const struct record_times *times, struct error *err)
{
    struct gate gate = {in, err, true};
    int64_t edge_ns[FRAME_INPUTS_MAX];
    memcpy(edge_ns, order->edge_ns, sizeof edge_ns);
    check_times(&gate, order, times);
    check_samples(&gate, config);
    check_edges(&gate, edge_ns, config);
    check_inputs(&gate, config);
    check_outputs(&gate, config, out);
    if (!gate.ok)
        return false;
    order->n = in->n;
    order->wake_ns = in->wake_ns;
    if (in->n_edges > 0)
        memcpy(order->edge_ns, edge_ns, sizeof edge_ns);
    return true;
}
