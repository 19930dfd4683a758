/* The tables' names, columns, units and meanings: what a reader of the files has to know. */
#include "session/export.h"
#include <stdio.h>
#include <string.h>

struct fixed {
    const char *name, *help;
    enum export_kind kind;
    struct export_column columns[8];
};

#define TIME                                                                                                           \
    {                                                                                                                  \
        "time_s", "s", "session time", EXPORT_NUMBER                                                                   \
    }

/* Those that every session has. */
static const struct fixed fixed[] = {
    {"edges",
     "changes of the digital inputs",                                             EXPORT_EDGES,
     {TIME,
      {"input", "", "its name in the rig file", EXPORT_TEXT},
      {"rising", "1", "1 rising, 0 falling", EXPORT_WHOLE},
      {"late", "1", "1: it came out of order and was moved behind this input's newest", EXPORT_WHOLE},
      {"device_time_s", "s", "as the device said it, in its own clock where it has one", EXPORT_NUMBER}}          },
    {"licks",
     "onsets of licks: edges without bounces",                                    EXPORT_LICKS,
     {TIME, {"input", "", "the lick sensor's name", EXPORT_TEXT}}                                                 },
    {"outputs",
     "what was really applied to each output",                                    EXPORT_OUTPUTS,
     {TIME,
      {"output", "", "its name in the rig file", EXPORT_TEXT},
      {"level", "1", "0 off; 1 on; mA for an LED", EXPORT_NUMBER}}                                                },
    {"trials",
     "one row a finished trial",                                                  EXPORT_TRIALS,
     {{"start_s", "s", "logical start of the trial", EXPORT_NUMBER},
      {"stop_s", "s", "its end", EXPORT_NUMBER},
      {"trial", "1", "number, from 1", EXPORT_WHOLE},
      {"last_state", "", "the state in which it ended", EXPORT_TEXT},
      {"licks", "1", "licks in it", EXPORT_WHOLE},
      {"reward_ul", "ul", "volume granted in it", EXPORT_NUMBER},
      {"fired", "1", "triggers that fired in it", EXPORT_WHOLE},
      {"sham", "1", "triggers whose firing was a sham", EXPORT_WHOLE}}                                            },
    {"states",
     "one row a state that was entered and left",                                 EXPORT_STATES,
     {{"start_s", "s", "logical time of its entry", EXPORT_NUMBER},
      {"stop_s", "s", "when it was left", EXPORT_NUMBER},
      {"trial", "1", "number of its trial", EXPORT_WHOLE},
      {"state", "", "its name in the task", EXPORT_TEXT}}                                                         },
    {"rewards",
     "deliveries that were granted",                                              EXPORT_REWARDS,
     {TIME, {"output", "", "the valve's name", EXPORT_TEXT}, {"volume_ul", "ul", "granted volume", EXPORT_NUMBER}}},
    {"triggers",
     "what the triggers did",                                                     EXPORT_TRIGGERS,
     {TIME,
      {"trigger", "", "its name in the task", EXPORT_TEXT},
      {"outcome", "", "trigger_fired, trigger_sham, trigger_locked", EXPORT_TEXT},
      {"value", "1", "what the trigger saw", EXPORT_NUMBER}}                                                      },
    {"model-events",
     "what all models were told",                                                 EXPORT_MODEL_EVENTS,
     {TIME,
      {"event", "", "cs_on, cs_off, us, ...", EXPORT_TEXT},
      {"which", "1", "the cue's or outcome's number", EXPORT_WHOLE},
      {"magnitude", "1", "salience; microlitres of an outcome", EXPORT_NUMBER}}                                   },
    {"scores",
     "events whose measured response was compared with a prediction made before", EXPORT_SCORES,
     {TIME,
      {"model", "", "its name", EXPORT_TEXT},
      {"signal", "", "the signal that it predicts", EXPORT_TEXT},
      {"residual", "dF/F", "measured minus predicted response", EXPORT_NUMBER}}                                   },
    {"latency",
     "one row a write to an output: the latency ledger",                          EXPORT_LATENCY,
     {{"cause_s", "s", "session time of the sample, edge or timer that caused it", EXPORT_NUMBER},
      {"wake_s", "s", "when the loop woke for the tick that decided it", EXPORT_NUMBER},
      {"decided_s", "s", "when it was decided", EXPORT_NUMBER},
      {"output", "", "its name in the rig file", EXPORT_TEXT},
      {"level", "1", "written level", EXPORT_NUMBER}}                                                             },
    {"status",
     "what happened to the devices",                                              EXPORT_STATUS,
     {TIME,
      {"device", "", "its name in the rig file", EXPORT_TEXT},
      {"kind", "1", "1 lost, 2 back, 3 samples lost, 4 recording over", EXPORT_WHOLE},
      {"value", "1", "samples that were lost", EXPORT_WHOLE}}                                                     },
    {"commands",
     "what was asked for from outside",                                           EXPORT_COMMANDS,
     {TIME,
      {"kind", "1", "1 stop, 2 emergency stop; others: docs/journal.md", EXPORT_WHOLE},
      {"target", "1", "what it is about", EXPORT_WHOLE},
      {"value", "1", "its value", EXPORT_NUMBER}}                                                                 },
    {"decisions",
     "every decision but digests, as the engine made it",                         EXPORT_DECISIONS,
     {TIME,
      {"tick", "1", "number of the tick", EXPORT_WHOLE},
      {"decision", "", "its kind", EXPORT_TEXT},
      {"which", "1", "number of the state, output, trigger, ... that it is about", EXPORT_WHOLE},
      {"value", "1", "its value", EXPORT_NUMBER}}                                                                 },
    {"anchors",
     "session time beside the wall clock",                                        EXPORT_ANCHORS,
     {TIME,
      {"unix_s", "s", "seconds since 1970 UTC", EXPORT_NUMBER},
      {"tai_minus_utc_s", "s", "as the kernel had it; 0: it did not know", EXPORT_NUMBER}}                        },
};

static const struct export_column channel_columns[] = {
    TIME,
    {"counts", "1", "as the device gave it",           EXPORT_WHOLE },
    {"volts",  "V", "with the rig file's calibration", EXPORT_NUMBER},
};

static const struct export_column signal_columns[] = {
    TIME,
    {"dff",     "dF/F", "corrected signal, a fraction",                                EXPORT_NUMBER},
    {"slope",   "1",    "of the control regression",                                   EXPORT_NUMBER},
    {"trusted", "1",    "1: correction and baseline have settled, nothing is clipped", EXPORT_WHOLE },
    {"flags",   "1",    "bits of engine/signal/photometry.h",                          EXPORT_WHOLE },
};

#define LENGTH(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

static void add_columns(struct export_table *table, const struct export_column *columns, uint32_t n)
{
    for (uint32_t i = 0; i < n && columns[i].name[0] != '\0'; i++)
        table->columns[table->n_columns++] = columns[i];
}

static void add_model_column(struct export_table *table, const char *what, const char *model, const char *help)
{
    struct export_column *column = &table->columns[table->n_columns++];
    *column = (struct export_column){.unit = "dF/F", .help = help, .type = EXPORT_NUMBER};
    snprintf(column->name, sizeof column->name, "%s_%s", what, model);
}

static void make_signal(const struct config *config, uint32_t i, struct export_table *table)
{
    table->help = "one fibre after processing, and what each model predicted";
    add_columns(table, signal_columns, LENGTH(signal_columns));
    for (uint32_t m = 0; m < config->n_models; m++) {
        if (config->models[m].signal != i)
            continue;
        add_model_column(table, "predicted", config->models[m].name, "predicted by this model");
        add_model_column(table, "residual", config->models[m].name, "measured minus predicted");
    }
}

static void begin(struct export_table *table, enum export_kind kind, uint32_t index, const char *group,
                  const char *name)
{
    *table = (struct export_table){.kind = kind, .index = index};
    snprintf(table->name, sizeof table->name, "%s%s%s", group, group[0] != '\0' ? "-" : "", name);
    for (char *c = table->name; *c != '\0'; c++)
        if (*c == '/' || *c == ' ')
            *c = '_'; /* it becomes a file's name */
}

uint32_t export_tables(const struct config *config, struct export_table *tables)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < config->n_channels; i++) {
        begin(&tables[n], EXPORT_CHANNEL, i, "channel", config->channels[i].name);
        tables[n].help = "one analog channel, every sample";
        add_columns(&tables[n++], channel_columns, LENGTH(channel_columns));
    }
    for (uint32_t i = 0; i < config->n_signals; i++) {
        begin(&tables[n], EXPORT_SIGNAL, i, "signal", config->signals[i].name);
        make_signal(config, i, &tables[n++]);
    }
    for (uint32_t i = 0; i < LENGTH(fixed); i++) {
        begin(&tables[n], fixed[i].kind, 0, "", fixed[i].name);
        tables[n].help = fixed[i].help;
        add_columns(&tables[n++], fixed[i].columns, LENGTH(fixed[i].columns));
    }
    return n;
}

const char *export_type_name(enum export_type type)
{
    switch (type) {
    case EXPORT_NUMBER:
        return "f64";
    case EXPORT_WHOLE:
        return "i64";
    case EXPORT_TEXT:
        return "text";
    }
    return "";
}
