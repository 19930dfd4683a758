#include "session/export.h"
#include "engine/base/units.h"
#include "engine/model/model.h"
#include "session/folder.h"
#include "session/journal.h"
#include "session/rerun.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { PLANS = 2 }; /* the running trial's and the next one's */

/* An export under way. */
struct export
{
    const struct export_sink *sink;
    const struct config *config;
    struct export_table tables[EXPORT_TABLES_MAX];
    uint32_t n_tables;
    uint32_t first[EXPORT_ANCHORS + 1]; /* the first table of each kind */
    int64_t n_rows;
    bool failed;
    struct error err;

    struct trial plans[PLANS];
    int64_t trial, trial_start_ns, state_start_ns; /* the running one; trial 0: none */
    uint32_t state;                                /* index; UINT32_MAX: none */
    int64_t n_licks, n_fired, n_sham;
    double reward_ul;
    int64_t dff_ns[CONFIG_SIGNALS_MAX]; /* of the newest row */
};

#define NUMBER(x) ((union export_value){.number = (x)})
#define TIME(ns)  NUMBER(units_s(ns))
#define WHOLE(x)  ((union export_value){.whole = (int64_t)(x)})
#define TEXT(x)   ((union export_value){.text = (x)})

static void add(struct export *export, enum export_kind kind, uint32_t index, const union export_value *values)
{
    if (export->failed)
        return;
    export->failed = !export->sink->row(export->sink->context, export->first[kind] + index, values, &export->err);
    export->n_rows += !export->failed;
}

#define ADD(export, kind, index, ...) add(export, kind, index, (const union export_value[]){__VA_ARGS__})

static void add_samples(struct export *export, const struct frame_in *in)
{
    for (uint32_t c = 0; c < export->config->n_channels; c++) {
        const struct frame_samples *samples = &in->samples[c];
        const struct config_channel *channel = &export->config->channels[c];
        for (uint32_t i = 0; i < samples->n; i++)
            ADD(export, EXPORT_CHANNEL, c, TIME(samples->first_ns + i * samples->period_ns), WHOLE(samples->counts[i]),
                NUMBER(channel->volts_at_zero + channel->volts_per_count * samples->counts[i]));
    }
}

static void add_signals(struct export *export, const struct rerun_tick *tick)
{
    struct engine_view view;
    bool any = false;
    for (uint32_t c = 0; c < export->config->n_channels; c++)
        any |= tick->in->samples[c].n > 0;
    if (!any)
        return;
    engine_look(tick->engine, &view);
    for (uint32_t i = 0; i < view.n_signals; i++) {
        union export_value values[EXPORT_COLUMNS_MAX];
        uint32_t n = 0;
        if (view.signals[i].dff_ns <= export->dff_ns[i])
            continue;
        export->dff_ns[i] = view.signals[i].dff_ns;
        values[n++] = TIME(view.signals[i].dff_ns);
        values[n++] = NUMBER(view.signals[i].dff);
        values[n++] = NUMBER(view.signals[i].slope);
        values[n++] = WHOLE(view.signals[i].trusted);
        values[n++] = WHOLE(view.signals[i].flags);
        for (uint32_t m = 0; m < view.n_models; m++) {
            if (export->config->models[m].signal != i)
                continue;
            values[n++] = NUMBER(view.models[m].predicted);
            values[n++] = NUMBER(view.models[m].residual);
        }
        add(export, EXPORT_SIGNAL, i, values);
    }
}

static void add_inputs(struct export *export, const struct frame_in *in)
{
    const struct config *config = export->config;
    for (uint32_t i = 0; i < in->n_edges; i++)
        ADD(export, EXPORT_EDGES, 0, TIME(in->edges[i].t_ns), TEXT(config->inputs[in->edges[i].input].name),
            WHOLE(in->edges[i].rising), WHOLE(in->edges[i].late), TIME(in->edges[i].raw_ns));
    for (uint32_t i = 0; i < in->n_applied; i++)
        ADD(export, EXPORT_OUTPUTS, 0, TIME(in->applied[i].t_ns), TEXT(config->outputs[in->applied[i].output].name),
            NUMBER(in->applied[i].level));
    for (uint32_t i = 0; i < in->n_status; i++)
        ADD(export, EXPORT_STATUS, 0, TIME(in->status[i].t_ns), TEXT(config->devices[in->status[i].device].name),
            WHOLE(in->status[i].kind), WHOLE(in->status[i].value));
    for (uint32_t i = 0; i < in->n_commands; i++)
        ADD(export, EXPORT_COMMANDS, 0, TIME(in->wake_ns), WHOLE(in->commands[i].kind), WHOLE(in->commands[i].target),
            NUMBER(in->commands[i].value));
}

static const char *state_name(const struct export *export)
{
    const struct trial *plan = &export->plans[export->trial % PLANS];
    return plan->number == export->trial && export->state < plan->n_states ? plan->states[export->state].name : "";
}

/* The running state ends at t_ns. */
static void leave_state(struct export *export, int64_t t_ns)
{
    if (export->trial > 0 && export->state != UINT32_MAX)
        ADD(export, EXPORT_STATES, 0, TIME(export->state_start_ns), TIME(t_ns), WHOLE(export->trial),
            TEXT(state_name(export)));
}

static void end_trial(struct export *export, int64_t t_ns)
{
    leave_state(export, t_ns);
    if (export->trial > 0)
        ADD(export, EXPORT_TRIALS, 0, TIME(export->trial_start_ns), TIME(t_ns), WHOLE(export->trial),
            TEXT(state_name(export)), WHOLE(export->n_licks), NUMBER(export->reward_ul), WHOLE(export->n_fired),
            WHOLE(export->n_sham));
    export->trial = 0;
}

static void begin_trial(struct export *export, const struct frame_decision *decision)
{
    export->trial = decision->id;
    export->trial_start_ns = decision->t_ns;
    export->state = UINT32_MAX;
    export->n_licks = export->n_fired = export->n_sham = 0;
    export->reward_ul = 0;
}

static const char *const event_names[EV_KINDS] = {
    [EV_SESSION] = "session",
    [EV_CS_OFF] = "cs_off",
    [EV_CS_ON] = "cs_on",
    [EV_ACTION] = "action",
    [EV_US] = "us",
    [EV_AVERSIVE] = "aversive",
    [EV_OPTO_ON] = "opto_on",
    [EV_OPTO_OFF] = "opto_off",
    [EV_POSITION] = "position",
    [EV_CONTEXT] = "context",
    [EV_LICK] = "lick",
};

/* The rows that a decision makes beside its own in `decisions`. */
static void add_meaning(struct export *export, const struct frame_decision *decision)
{
    const struct config *config = export->config;
    const uint32_t id = decision->id;
    const uint32_t event = id >> 8 < EV_KINDS ? id >> 8 : 0;
    switch (decision->kind) {
    case FRAME_TRIAL_START:
        begin_trial(export, decision);
        break;
    case FRAME_STATE:
        leave_state(export, decision->t_ns);
        export->state = id;
        export->state_start_ns = decision->t_ns;
        break;
    case FRAME_TRIAL_END:
        end_trial(export, decision->t_ns);
        break;
    case FRAME_LICK:
        export->n_licks++;
        ADD(export, EXPORT_LICKS, 0, TIME(decision->t_ns), TEXT(config->inputs[id].name));
        break;
    case FRAME_REWARD:
        export->reward_ul += decision->value;
        ADD(export, EXPORT_REWARDS, 0, TIME(decision->t_ns), TEXT(config->outputs[id].name), NUMBER(decision->value));
        break;
    case FRAME_TRIGGER_FIRED:
    case FRAME_TRIGGER_SHAM:
    case FRAME_TRIGGER_LOCKED:
        export->n_fired += decision->kind == FRAME_TRIGGER_FIRED;
        export->n_sham += decision->kind == FRAME_TRIGGER_SHAM;
        ADD(export, EXPORT_TRIGGERS, 0, TIME(decision->t_ns), TEXT(config->triggers[id].name),
            TEXT(frame_decision_name(decision->kind)), NUMBER(decision->value));
        break;
    case FRAME_MODEL_EVENT:
        ADD(export, EXPORT_MODEL_EVENTS, 0, TIME(decision->t_ns), TEXT(event_names[event]), WHOLE(id & 0xff),
            NUMBER(decision->value));
        break;
    case FRAME_SCORE:
        ADD(export, EXPORT_SCORES, 0, TIME(decision->t_ns), TEXT(config->models[id].name),
            TEXT(config->signals[config->models[id].signal].name), NUMBER(decision->value));
        break;
    default: /* the others are in `decisions` only */
        break;
    }
}

static void add_outputs(struct export *export, const struct rerun_tick *tick)
{
    /* an import has no decisions of its own: then those of the engine that reads it now */
    const struct frame_out *out = tick->recorded->n_decisions > 0 ? tick->recorded : tick->now;
    for (uint32_t i = 0; i < out->n_decisions; i++) {
        const struct frame_decision *decision = &out->decisions[i];
        add_meaning(export, decision);
        if (decision->kind != FRAME_DIGEST)
            ADD(export, EXPORT_DECISIONS, 0, TIME(decision->t_ns), WHOLE(tick->in->n),
                TEXT(frame_decision_name(decision->kind)), WHOLE(decision->id), NUMBER(decision->value));
    }
    for (uint32_t i = 0; i < tick->recorded->n_writes; i++) {
        const struct frame_write *write = &tick->recorded->writes[i];
        ADD(export, EXPORT_LATENCY, 0, TIME(write->cause_ns), TIME(tick->in->wake_ns), TIME(tick->times->decided_ns),
            TEXT(export->config->outputs[write->output].name), NUMBER(write->level));
    }
}

static void watch(void *context, const struct rerun_tick *tick)
{
    struct export *export = context;
    if (tick->in->plan != NULL)
        export->plans[tick->in->plan->number % PLANS] = *tick->in->plan;
    add_samples(export, tick->in);
    add_signals(export, tick);
    add_inputs(export, tick->in);
    add_outputs(export, tick);
}

static bool begin(struct export *export, struct error *err)
{
    export->state = UINT32_MAX;
    export->n_tables = export_tables(export->config, export->tables);
    for (uint32_t i = 0; i < CONFIG_SIGNALS_MAX; i++)
        export->dff_ns[i] = INT64_MIN;
    for (uint32_t i = export->n_tables; i-- > 0;)
        export->first[export->tables[i].kind] = i;
    for (uint32_t i = 0; i < export->n_tables; i++)
        if (!export->sink->table(export->sink->context, i, &export->tables[i], err))
            return false;
    return true;
}

/* The wall clock's anchors are not the engine's business: they come from a second, quick reading. */
static bool add_anchors(struct export *export, const char *session, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    struct journal_reader *reader = NULL;
    enum journal_event event = JOURNAL_TICK;
    if (!folder_journal(session, path, err) || !journal_open(&reader, path, err))
        return false;
    bool ok = true;
    while (ok && event != JOURNAL_END) {
        ok = journal_next(reader, &event, err);
        if (ok && event == JOURNAL_ANCHOR)
            ADD(export, EXPORT_ANCHORS, 0, TIME(journal_anchor(reader)->session_ns),
                NUMBER((double)journal_anchor(reader)->realtime_ns * 1e-9),
                NUMBER((double)journal_anchor(reader)->tai_offset_s));
    }
    journal_close(reader);
    return ok;
}

bool export_session(const char *session, const struct export_sink *sink, int64_t *n_rows, bool *cut, struct error *err)
{
    struct rerun *rerun = NULL;
    struct rerun_report report = {0};
    struct export *export = calloc(1, sizeof *export);
    if (export == NULL)
        return error_system(err, session, "export", ENOMEM);
    bool ok = rerun_open(&rerun, session, err);
    if (ok) {
        export->sink = sink;
        export->config = rerun_config(rerun);
        const struct rerun_options options = {.watch = watch, .context = export};
        ok = begin(export, err) && rerun_run(rerun, &options, &report, err) && add_anchors(export, session, err);
    }
    if (ok && export->failed) {
        *err = export->err;
        ok = false;
    }
    if (n_rows != NULL)
        *n_rows = export->n_rows;
    if (cut != NULL)
        *cut = report.cut;
    rerun_close(rerun);
    free(export);
    return ok;
}
