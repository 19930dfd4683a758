/* export: a session as plain tables, for tools that phasic did not write. (session/export.h)
 *
 * The engine runs once more over the journal; what went in and what came out is handed, row by row and in order of
 * time, to a sink that writes one kind of file. Nothing is kept in memory but a row and the running trial, so a day's
 * session exports like a minute's. Every table has its columns with unit and meaning in one list (export_tables), from
 * which come the files' headers, columns.csv and docs/export.md. Threads: one, not real-time. */
#pragma once
#include "engine/base/error.h"
#include "engine/config.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    EXPORT_COLUMNS_MAX = 8 + 2 * CONFIG_MODELS_MAX, /* a signal with its models' predictions and residuals */
    EXPORT_NAME = 2 * CONFIG_NAME,                  /* bytes of a table's or column's name with its terminator */
    EXPORT_TABLES_MAX = 16 + FRAME_CHANNELS_MAX + CONFIG_SIGNALS_MAX,
};

enum export_type {
    EXPORT_NUMBER, /* double; NaN: unknown */
    EXPORT_WHOLE,  /* int64_t */
    EXPORT_TEXT,   /* shorter than CONFIG_NAME bytes */
};

struct export_column {
    char name[EXPORT_NAME];
    const char *unit; /* "s", "V", "ul", "1" */
    const char *help; /* what it is, half a sentence */
    enum export_type type;
};

/* What a table is about, for sinks whose format tells kinds apart. */
enum export_kind {
    EXPORT_CHANNEL, /* index: config.channels */
    EXPORT_SIGNAL,  /* index: config.signals */
    EXPORT_EDGES,
    EXPORT_LICKS,
    EXPORT_OUTPUTS,
    EXPORT_TRIALS,
    EXPORT_STATES,
    EXPORT_REWARDS,
    EXPORT_TRIGGERS,
    EXPORT_MODEL_EVENTS,
    EXPORT_SCORES,
    EXPORT_LATENCY,
    EXPORT_STATUS,
    EXPORT_COMMANDS,
    EXPORT_DECISIONS,
    EXPORT_ANCHORS,
};

struct export_table {
    char name[EXPORT_NAME]; /* "licks", "channel-vta_470": also the file's name without its ending */
    const char *help;
    enum export_kind kind;
    uint32_t index;
    uint32_t n_columns;
    struct export_column columns[EXPORT_COLUMNS_MAX];
};

union export_value {
    double number;
    int64_t whole;
    const char *text; /* valid during the call */
};

/* What writes one kind of file. Each function: false and *err ends the export. */
struct export_sink {
    void *context;
    /* Once for each table, before its rows; `i` names it from then on. */
    bool (*table)(void *context, uint32_t i, const struct export_table *table, struct error *err);
    /* One row: table->n_columns values. Rows of a table come in order of its first column. */
    bool (*row)(void *context, uint32_t i, const union export_value *values, struct error *err);
};

/* Fills `tables` with those that a session with `config` has; returns their number, at most EXPORT_TABLES_MAX. */
uint32_t export_tables(const struct config *config, struct export_table *tables);

/* Exports `session` (a session's folder, or a journal in one) to `sink`. *n_rows, if not NULL: rows handed out. False
 * and *err: no such session, a damaged journal (with its byte offset), or what the sink said. A journal that is cut is
 * exported to its last whole chunk; *cut, if not NULL, says so. */
MUST_CHECK bool export_session(const char *session, const struct export_sink *sink, int64_t *n_rows, bool *cut,
                               struct error *err);

/* "column" as text, for headers: "f64", "i64", "text". */
const char *export_type_name(enum export_type type);
