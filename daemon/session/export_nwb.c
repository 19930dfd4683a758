#include "session/export_nwb.h"
#include "session/nwb.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a table's rows go. A series has its timestamps; a table its row numbers. */
struct target {
    enum export_kind kind;
    uint32_t n_columns;
    enum export_type types[EXPORT_COLUMNS_MAX];
    struct nwb_column *columns[EXPORT_COLUMNS_MAX]; /* NULL: this column is not written */
    struct nwb_column *also;                        /* the row's number, or an event's data */
    int64_t n_rows;
};

struct export_nwb {
    struct nwb *file;
    const struct config *config;
    struct target targets[EXPORT_TABLES_MAX];
};

/* Tables that are tables in NWB, too. The others have a shape of their own below. */
static const struct {
    enum export_kind kind;
    const char *group, *type;
} table_groups[] = {
    {EXPORT_EDGES,        "/acquisition",           "DynamicTable" },
    {EXPORT_OUTPUTS,      "/stimulus/presentation", "DynamicTable" },
    {EXPORT_TRIALS,       "/intervals",             "TimeIntervals"},
    {EXPORT_STATES,       "/intervals",             "TimeIntervals"},
    {EXPORT_REWARDS,      "/processing/behavior",   "DynamicTable" },
    {EXPORT_TRIGGERS,     "/processing/phasic",     "DynamicTable" },
    {EXPORT_MODEL_EVENTS, "/processing/phasic",     "DynamicTable" },
    {EXPORT_SCORES,       "/processing/phasic",     "DynamicTable" },
    {EXPORT_LATENCY,      "/processing/phasic",     "DynamicTable" },
    {EXPORT_STATUS,       "/processing/phasic",     "DynamicTable" },
    {EXPORT_COMMANDS,     "/processing/phasic",     "DynamicTable" },
    {EXPORT_DECISIONS,    "/processing/phasic",     "DynamicTable" },
    {EXPORT_ANCHORS,      "/processing/phasic",     "DynamicTable" },
};

static void write_devices(struct export_nwb *nwb)
{
    char path[NWB_PATH], text[NWB_PATH];
    for (uint32_t i = 0; i < nwb->config->n_devices; i++) {
        const struct config_device *device = &nwb->config->devices[i];
        snprintf(path, sizeof path, "/general/devices/%s", device->name);
        snprintf(text, sizeof text, "driver %s, %g Hz", device->driver, device->rate_hz);
        nwb_group(nwb->file, path, "core", "Device", text);
    }
}

static void write_general(struct export_nwb *nwb, const struct export_nwb_options *options)
{
    const struct folder_session *session = options->session;
    char notes[FOLDER_PARAMS_MAX * (FOLDER_TEXT + 1) + 512];
    int n = snprintf(notes, sizeof notes, "phasic %s, engine %u, seed %llu, origin %s, outcome %s (%s)\n",
                     session->phasic, session->engine, (unsigned long long)session->seed, session->origin,
                     session->outcome, session->reason);
    for (uint32_t i = 0; i < session->n_params; i++)
        n += snprintf(notes + n, sizeof notes - (size_t)n, "%s\n", session->params[i]);
    nwb_text(nwb->file, "/general/notes", notes);
    nwb_text(nwb->file, "/general/session_id", options->config->task);
    nwb_text(nwb->file, "/general/source_script", "phasic export");
    nwb_attribute(nwb->file, "/general/source_script", "file_name", options->phasic);
    if (options->rig != NULL)
        nwb_text(nwb->file, "/general/data_collection", options->rig);
    if (options->task != NULL)
        nwb_text(nwb->file, "/general/protocol", options->task);
    if (session->animal[0] != '\0') {
        nwb_group(nwb->file, "/general/subject", "core", "Subject", NULL);
        nwb_text(nwb->file, "/general/subject/subject_id", session->animal);
    }
    write_devices(nwb);
}

/* An import may not know its time zone; NWB wants one. */
static void write_times(struct export_nwb *nwb, const struct export_nwb_options *options)
{
    char start[CONFIG_NAME + 8];
    const char *zone = strpbrk(options->session->started, "Z+") == NULL ? "Z" : "";
    snprintf(start, sizeof start, "%s%s", options->session->started, zone);
    nwb_text(nwb->file, "/session_start_time", start);
    nwb_text(nwb->file, "/timestamps_reference_time", start);
    nwb_append_text(nwb_column(nwb->file, "/file_create_date", NWB_UTF8), options->created);
}

bool export_nwb_open(struct export_nwb **made, const struct export_nwb_options *options, struct error *err)
{
    char identifier[NWB_PATH], description[NWB_PATH];
    struct export_nwb *nwb = *made = calloc(1, sizeof *nwb);
    if (nwb == NULL)
        return error_system(err, options->path, "export", ENOMEM);
    nwb->config = options->config;
    snprintf(identifier, sizeof identifier, "%s %s %s %s", options->session->started, options->config->rig,
             options->session->animal, options->config->task);
    if (!nwb_create(&nwb->file, options->path, identifier, err)) {
        free(nwb);
        *made = NULL;
        return false;
    }
    snprintf(description, sizeof description, "task %s on rig %s", options->config->task, options->config->rig);
    nwb_text(nwb->file, "/identifier", identifier);
    nwb_text(nwb->file, "/session_description", description);
    write_times(nwb, options);
    static const char *const groups[] = {"/acquisition", "/analysis", "/processing", "/stimulus/presentation",
                                         "/stimulus/templates"};
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        nwb_group(nwb->file, groups[i], NULL, NULL, NULL);
    write_general(nwb, options);
    nwb_group(nwb->file, "/processing/photometry", "core", "ProcessingModule", "dF/F and what the models predicted");
    nwb_group(nwb->file, "/processing/behavior", "core", "ProcessingModule", "licks and rewards");
    nwb_group(nwb->file, "/processing/phasic", "core", "ProcessingModule", "decisions, latencies, scores and faults");
    nwb_group(nwb->file, "/processing/behavior/licks", "core", "BehavioralEvents", NULL);
    return true;
}

static void begin_channel(struct export_nwb *nwb, const struct export_table *table, struct target *target)
{
    const struct config_channel *channel = &nwb->config->channels[table->index];
    char path[NWB_PATH], data[NWB_PATH + 8];
    snprintf(path, sizeof path, "/acquisition/%s", channel->name);
    snprintf(data, sizeof data, "%s/data", path);
    const struct nwb_series series =
        nwb_series(nwb->file, path, "TimeSeries", "raw samples as the device gave them", "volts", NWB_I32, NULL);
    nwb_attribute_f32(nwb->file, data, "conversion", channel->volts_per_count);
    nwb_attribute_f32(nwb->file, data, "offset", channel->volts_at_zero);
    target->columns[0] = series.timestamps;
    target->columns[1] = series.data;
}

/* One series a column; all share the first one's timestamps. */
static void begin_signal(struct export_nwb *nwb, const struct export_table *table, struct target *target)
{
    const struct config_signal *signal = &nwb->config->signals[table->index];
    char path[NWB_PATH], first[NWB_PATH], text[NWB_PATH];
    for (uint32_t c = 1; c < table->n_columns; c++) {
        const struct export_column *column = &table->columns[c];
        snprintf(path, sizeof path, "/processing/photometry/%s_%s", signal->name, column->name);
        snprintf(text, sizeof text, "%s; %s in %s", column->help, signal->sensor, signal->region);
        const struct nwb_series series =
            nwb_series(nwb->file, path, "TimeSeries", text, column->unit,
                       column->type == EXPORT_WHOLE ? NWB_I32 : NWB_F64, c == 1 ? NULL : first);
        if (c == 1) {
            target->columns[0] = series.timestamps;
            snprintf(first, sizeof first, "%s", path);
        }
        target->columns[c] = series.data;
    }
}

static void begin_licks(struct export_nwb *nwb, struct target *target)
{
    const struct nwb_series series = nwb_series(nwb->file, "/processing/behavior/licks/licks", "TimeSeries",
                                                "onset times of licks; the data are 1", "n/a", NWB_I32, NULL);
    target->columns[0] = series.timestamps;
    target->also = series.data;
}

static enum nwb_type column_type(enum export_type type)
{
    return type == EXPORT_NUMBER ? NWB_F64 : type == EXPORT_WHOLE ? NWB_I64 : NWB_UTF8;
}

/* TimeIntervals call their first two columns start_time and stop_time. */
static void begin_rows(struct export_nwb *nwb, const struct export_table *table, const char *group, const char *type,
                       struct target *target)
{
    const char *names[EXPORT_COLUMNS_MAX];
    char path[NWB_PATH];
    const bool intervals = strcmp(type, "TimeIntervals") == 0;
    snprintf(path, sizeof path, "%s/%s", group, table->name);
    for (uint32_t c = 0; c < table->n_columns; c++)
        names[c] = intervals && c < 2 ? (c == 0 ? "start_time" : "stop_time") : table->columns[c].name;
    target->also = nwb_table(nwb->file, path, type, table->help, names, table->n_columns);
    for (uint32_t c = 0; c < table->n_columns; c++)
        target->columns[c] =
            nwb_table_column(nwb->file, path, names[c], table->columns[c].help, column_type(table->columns[c].type));
}

static bool add_table(void *context, uint32_t i, const struct export_table *table, struct error *err)
{
    struct export_nwb *nwb = context;
    struct target *target = &nwb->targets[i];
    (void)err; /* what is refused is said at the end */
    target->kind = table->kind;
    target->n_columns = table->n_columns;
    for (uint32_t c = 0; c < table->n_columns; c++)
        target->types[c] = table->columns[c].type;
    if (table->kind == EXPORT_CHANNEL)
        begin_channel(nwb, table, target);
    else if (table->kind == EXPORT_SIGNAL)
        begin_signal(nwb, table, target);
    else if (table->kind == EXPORT_LICKS)
        begin_licks(nwb, target);
    for (size_t t = 0; t < sizeof table_groups / sizeof *table_groups; t++)
        if (table_groups[t].kind == table->kind)
            begin_rows(nwb, table, table_groups[t].group, table_groups[t].type, target);
    return true;
}

static bool add_row(void *context, uint32_t i, const union export_value *values, struct error *err)
{
    struct export_nwb *nwb = context;
    struct target *target = &nwb->targets[i];
    (void)err;
    for (uint32_t c = 0; c < target->n_columns; c++)
        switch (target->types[c]) {
        case EXPORT_NUMBER:
            nwb_append_number(target->columns[c], values[c].number);
            break;
        case EXPORT_WHOLE:
            nwb_append_whole(target->columns[c], values[c].whole);
            break;
        case EXPORT_TEXT:
            nwb_append_text(target->columns[c], values[c].text);
            break;
        }
    nwb_append_whole(target->also, target->kind == EXPORT_LICKS ? 1 : target->n_rows);
    target->n_rows++;
    return true;
}

struct export_sink export_nwb_sink(struct export_nwb *nwb)
{
    return (struct export_sink){.context = nwb, .table = add_table, .row = add_row};
}

bool export_nwb_close(struct export_nwb *nwb, bool keep, struct error *err)
{
    bool ok = true;
    if (nwb == NULL)
        return true;
    if (keep)
        ok = nwb_close(nwb->file, err);
    else
        nwb_abandon(nwb->file);
    free(nwb);
    return ok;
}
