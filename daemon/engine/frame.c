#include "engine/frame.h"
#include <stddef.h>

static const char *const end_words[] = {
    [FRAME_END_DURATION] = "duration",   [FRAME_END_STOP] = "stop",     [FRAME_END_ESTOP] = "estop",
    [FRAME_END_NO_PLAN] = "no_plan",     [FRAME_END_DEVICE] = "device", [FRAME_END_TASK] = "task",
    [FRAME_END_RING_FULL] = "ring_full", [FRAME_END_KEEPER] = "keeper", [FRAME_END_CORE] = "core",
    [FRAME_END_JOURNAL] = "journal",
};

static const char *const decision_names[] = {
    [FRAME_TRIAL_START] = "trial_start",
    [FRAME_TRIAL_END] = "trial_end",
    [FRAME_STATE] = "state",
    [FRAME_CUE] = "cue",
    [FRAME_LICK] = "lick",
    [FRAME_REWARD] = "reward",
    [FRAME_TRAIN] = "train",
    [FRAME_TRIGGER_FIRED] = "trigger_fired",
    [FRAME_TRIGGER_SHAM] = "trigger_sham",
    [FRAME_TRIGGER_LOCKED] = "trigger_locked",
    [FRAME_LIMITED] = "limited",
    [FRAME_MODEL_EVENT] = "model_event",
    [FRAME_SCORE] = "score",
    [FRAME_DIGEST] = "digest",
    [FRAME_PLAN_WANTED] = "plan_wanted",
    [FRAME_PLAN_LATE] = "plan_late",
    [FRAME_STEP_LAG] = "step_lag",
    [FRAME_DEVICE] = "device",
    [FRAME_END] = "end",
    [FRAME_LATE] = "late",
    [FRAME_EVENTS_DROPPED] = "events_dropped",
    [FRAME_PAUSED] = "paused",
    [FRAME_TRIAL_CUT] = "trial_cut",
    [FRAME_TRIGGER_REFUSED] = "trigger_refused",
    [FRAME_SETTING] = "setting",
    [FRAME_SETTING_REFUSED] = "setting_refused",
    [FRAME_DOSE_OVER] = "dose_over",
    [FRAME_COUNT] = "count",
    [FRAME_TIMER] = "timer",
    [FRAME_FALLBACK] = "fallback",
};

static const char *word(const char *const *words, size_t n, uint32_t i)
{
    return i < n && words[i] != NULL ? words[i] : "unknown";
}

void frame_in_clear(struct frame_in *in)
{
    in->plan = NULL; /* a plan that stayed would be handed over twice */
    in->n_edges = in->n_status = in->n_commands = in->n_applied = in->n_dropped = 0;
    for (size_t i = 0; i < FRAME_CHANNELS_MAX; i++)
        in->samples[i].n = 0;
}

void frame_out_clear(struct frame_out *out)
{
    out->n_writes = out->n_decisions = out->n_dropped = out->finished = 0;
}

void frame_decide(struct frame_out *out, uint32_t kind, uint32_t id, int64_t t_ns, double value)
{
    if (out->n_decisions >= FRAME_DECISIONS_MAX) {
        out->n_dropped++;
        return;
    }
    out->decisions[out->n_decisions++] = (struct frame_decision){.t_ns = t_ns, .value = value, .kind = kind, .id = id};
}

bool frame_edge_add(struct frame_in *in, const struct frame_edge *edge)
{
    if (in->n_edges >= FRAME_EDGES_MAX) {
        in->n_dropped++;
        return false;
    }
    in->edges[in->n_edges++] = *edge;
    return true;
}

bool frame_applied_add(struct frame_in *in, uint32_t output, double level, int64_t t_ns)
{
    if (in->n_applied >= FRAME_APPLIED_MAX) {
        in->n_dropped++;
        return false;
    }
    in->applied[in->n_applied++] = (struct frame_applied){.t_ns = t_ns, .level = level, .output = output};
    return true;
}

const char *frame_end_words(uint32_t reason)
{
    return word(end_words, sizeof end_words / sizeof *end_words, reason);
}

const char *frame_decision_name(uint32_t kind)
{
    return word(decision_names, sizeof decision_names / sizeof *decision_names, kind);
}
