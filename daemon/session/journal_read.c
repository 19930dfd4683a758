#include "session/journal.h"
#include "session/journal_chunks.h"
#include "session/journal_format.h"
#include "session/journal_tick.h"
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct journal_reader {
    struct journal_chunks_reader chunks;
    uint64_t chunk_at;       /* where the chunk starts whose records are being read */
    uint32_t chunk_sequence; /* and its number */
    enum journal_origin origin;
    uint32_t engine_version;
    bool salvage, has_config, ended;
    bool has_plan;      /* the next tick takes `trial` in */
    bool after_block;   /* the next tick opens a block that comes after damage */
    struct error fault; /* of the record at hand */
    struct error error; /* the one that ended the reading */
    struct config config;
    struct journal_tick_deltas deltas;
    struct journal_tick_order order;
    uint64_t run;          /* ticks of an idle run still to hand out */
    struct bytes_in ticks; /* ticks of a record still to read */
    struct journal_counts counts;
    struct frame_in in;
    struct frame_out out;
    struct record_times times;
    struct trial trial;
    struct record_anchor anchor;
    struct record_close close;
};

/* Puts the place before a fault in the chunk's content. */
static bool bad_record(struct journal_reader *reader, struct error *err)
{
    snprintf(err->where, sizeof err->where, "%.220s: byte %" PRIu64, reader->chunks.path, reader->chunk_at);
    err->kind = ERROR_INPUT;
    return false;
}

/* A tick follows: counts it and what is missing before it. */
static void count_tick(struct journal_reader *reader, int64_t n_before, int64_t n)
{
    const uint64_t gap = (uint64_t)(n - n_before - 1);
    if (reader->after_block)
        reader->counts.lost_ticks += gap;
    else
        reader->counts.skipped_ticks += gap;
    reader->after_block = false;
    reader->counts.ticks++;
}

static void next_idle(struct journal_reader *reader, enum journal_event *event)
{
    const int64_t n = reader->in.n + 1;
    journal_tick_set_idle(n, &reader->config, &reader->in, &reader->out, &reader->times);
    reader->run--;
    reader->counts.ticks++;
    *event = JOURNAL_TICK;
}

static void take_plan(struct journal_reader *reader)
{
    reader->in.plan = reader->has_plan ? &reader->trial : NULL;
    reader->has_plan = false;
}

static bool read_idle(struct journal_reader *reader, struct bytes_in *payload, struct error *err)
{
    const uint64_t gap = bytes_get_varint(payload), run = bytes_get_varint(payload);
    const uint64_t first = (uint64_t)reader->deltas.n + 1 + gap;
    const uint64_t max = (uint64_t)reader->order.n_max;
    const bool whole = payload->ok && payload->used == payload->size;
    if (!whole || run < 1 || gap > max || first > max || run - 1 > max - first)
        return error_set(err, ERROR_INPUT, NULL, "idle run", NULL, "a run of ticks");
    const int64_t n_before = reader->order.n;
    journal_tick_set_idle((int64_t)first, &reader->config, &reader->in, &reader->out, &reader->times);
    if (!journal_tick_check(&reader->order, &reader->config, &reader->in, &reader->out, &reader->times, err))
        return false;
    take_plan(reader);
    count_tick(reader, n_before, (int64_t)first);
    reader->run = run - 1;
    reader->deltas.n = reader->order.n = (int64_t)(first + run - 1);
    reader->order.wake_ns = reader->order.n * reader->config.period_ns;
    return true;
}

/* The next of the ticks in a record. */
static bool read_tick(struct journal_reader *reader, struct error *err)
{
    const int64_t n_before = reader->order.n;
    frame_in_clear(&reader->in);
    frame_out_clear(&reader->out);
    journal_tick_get(&reader->deltas, &reader->config, &reader->in, &reader->out, &reader->times, &reader->ticks);
    if (!reader->ticks.ok)
        return error_set(err, ERROR_INPUT, NULL, "tick record", NULL, "whole fields");
    if (!journal_tick_check(&reader->order, &reader->config, &reader->in, &reader->out, &reader->times, err))
        return false;
    take_plan(reader);
    count_tick(reader, n_before, reader->in.n);
    return true;
}

static bool read_config(struct journal_reader *reader, struct bytes_in *payload, struct error *err)
{
    fields_get(&fields_config, payload, &reader->config);
    if (!payload->ok)
        return error_set(err, ERROR_INPUT, NULL, "config record", NULL, "whole fields");
    if (!config_check(&reader->config, err))
        return false;
    journal_tick_order_init(&reader->order, &reader->config);
    reader->has_config = true;
    return true;
}

static bool read_fixed(const struct fields *table, void *record, struct bytes_in *payload, struct error *err)
{
    fields_get(table, payload, record);
    return payload->ok || error_set(err, ERROR_INPUT, NULL, table->name, NULL, "whole fields");
}

static bool read_plan(struct journal_reader *reader, struct bytes_in *payload, struct error *err)
{
    reader->has_plan =
        read_fixed(&fields_trial, &reader->trial, payload, err) && trial_check(&reader->trial, &reader->config, err);
    return reader->has_plan;
}

/* One record of a known type. *event is the config's JOURNAL_END: nothing to tell. */
static bool read_known(struct journal_reader *reader, enum journal_format_type type, struct bytes_in *payload,
                       enum journal_event *event, struct error *err)
{
    if ((type == JOURNAL_FORMAT_CONFIG) == reader->has_config)
        return error_set(err, ERROR_INPUT, NULL, "config record", NULL, "one, before all others");
    switch (type) {
    case JOURNAL_FORMAT_CONFIG:
        return read_config(reader, payload, err);
    case JOURNAL_FORMAT_TICK:
        reader->ticks = *payload; /* at least one */
        payload->used = payload->size;
        *event = JOURNAL_TICK;
        return read_tick(reader, err);
    case JOURNAL_FORMAT_IDLE:
        *event = JOURNAL_TICK;
        return read_idle(reader, payload, err);
    case JOURNAL_FORMAT_PLAN:
        *event = JOURNAL_PLAN;
        return read_plan(reader, payload, err);
    case JOURNAL_FORMAT_ANCHOR:
        *event = JOURNAL_ANCHOR;
        return read_fixed(&journal_format_anchor, &reader->anchor, payload, err);
    case JOURNAL_FORMAT_CLOSE:
        *event = JOURNAL_CLOSE;
        reader->counts.closed = read_fixed(&journal_format_close, &reader->close, payload, err);
        return reader->counts.closed;
    }
    return false;
}

/* Reads one record of the chunk, or the next tick of the record at hand; *event stays JOURNAL_END if it is none that
 * callers see. */
static bool read_record(struct journal_reader *reader, enum journal_event *event, struct error *err)
{
    if (reader->ticks.used < reader->ticks.size) {
        *event = JOURNAL_TICK;
        return read_tick(reader, err) || bad_record(reader, err);
    }
    struct bytes_in *records = &reader->chunks.records;
    const uint8_t type = bytes_get_u8(records), version = bytes_get_u8(records);
    const uint64_t size = bytes_get_varint(records);
    const uint8_t *bytes = size <= JOURNAL_FORMAT_RAW_MAX ? bytes_get(records, (size_t)size) : NULL;
    if (bytes == NULL) {
        error_set(err, ERROR_INPUT, NULL, "record", NULL, "whole records in a chunk");
        return bad_record(reader, err);
    }
    if (type < JOURNAL_FORMAT_CONFIG || type > JOURNAL_FORMAT_CLOSE) {
        reader->counts.unknown_records++;
        return true;
    }
    if (version != JOURNAL_FORMAT_RECORD_VERSION) {
        error_set(err, ERROR_INPUT, NULL, "record version", NULL, "1");
        return bad_record(reader, err);
    }
    struct bytes_in payload = bytes_reader(bytes, (size_t)size);
    if (!read_known(reader, (enum journal_format_type)type, &payload, event, err))
        return bad_record(reader, err);
    if (payload.used != payload.size) {
        error_set(err, ERROR_INPUT, NULL, "record length", NULL, "that of its content");
        return bad_record(reader, err);
    }
    return true;
}

/* Goes to the next chunk; *end if there is none. */
static bool next_chunk(struct journal_reader *reader, bool *end, struct error *err)
{
    struct journal_format_chunk chunk;
    enum journal_chunks_found found;
    reader->chunk_at = reader->chunks.next;
    reader->chunk_sequence = reader->chunks.sequence;
    if (!journal_chunks_find(&reader->chunks, &found, &chunk, err))
        return false;
    *end = found != JOURNAL_CHUNKS_WHOLE;
    reader->counts.cut = found == JOURNAL_CHUNKS_CUT;
    if (*end)
        return true;
    if ((chunk.flags & JOURNAL_FORMAT_STARTS) != 0)
        journal_tick_restart(&reader->deltas);
    return journal_chunks_take(&reader->chunks, &chunk, true, err);
}

/* Steps over damage to the next block. False: there is none. */
static bool rescue(struct journal_reader *reader)
{
    uint64_t lost;
    reader->chunks.sequence = reader->chunk_sequence;
    const bool found = journal_chunks_skip(&reader->chunks, reader->chunk_at, &lost);
    reader->counts.damaged_chunks += lost;
    reader->has_plan = false; /* its tick may be among the lost */
    reader->run = 0;
    reader->ticks = bytes_reader(NULL, 0);
    reader->after_block = true;
    return found;
}

bool journal_next(struct journal_reader *reader, enum journal_event *event, struct error *err)
{
    if (reader->run > 0) {
        next_idle(reader, event);
        return true;
    }
    *event = JOURNAL_END;
    while (!reader->ended && reader->error.kind == ERROR_NONE) {
        struct error *fault = &reader->fault;
        const bool inside =
            reader->chunks.records.used < reader->chunks.records.size || reader->ticks.used < reader->ticks.size;
        const bool ok = inside ? read_record(reader, event, fault) : next_chunk(reader, &reader->ended, fault);
        if (ok && *event != JOURNAL_END)
            return true;
        if (ok)
            continue;
        *event = JOURNAL_END;
        if (reader->salvage && fault->kind == ERROR_INPUT)
            reader->ended = !rescue(reader);
        else
            reader->error = *fault;
    }
    if (reader->error.kind != ERROR_NONE && err != NULL)
        *err = reader->error;
    return reader->error.kind == ERROR_NONE;
}

bool journal_open(struct journal_reader **result, const char *path, struct error *err)
{
    const uint8_t *front;
    size_t n, length;
    bool end = false;
    *result = NULL;
    struct journal_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return error_system(err, path, "journal", ENOMEM);
    if (!journal_chunks_reader_open(&reader->chunks, path, &front, &n, err))
        goto fail;
    if (!journal_format_get_header(front, n, path, &length, &reader->origin, &reader->engine_version, err))
        goto fail;
    journal_chunks_reader_start(&reader->chunks, length);
    journal_tick_restart(&reader->deltas);
    enum journal_event event = JOURNAL_END;
    if (!next_chunk(reader, &end, &reader->fault) || (!end && !read_record(reader, &event, &reader->fault))) {
        if (err != NULL)
            *err = reader->fault;
        goto fail;
    }
    if (end || !reader->has_config) {
        journal_format_error(err, path, length, "first chunk", end ? "cut" : NULL, "a whole chunk with the config");
        goto fail;
    }
    *result = reader;
    return true;
fail:
    journal_close(reader);
    return false;
}

void journal_set_salvage(struct journal_reader *reader, bool salvage)
{
    reader->salvage = salvage;
}

const struct config *journal_config(const struct journal_reader *reader)
{
    return &reader->config;
}

uint32_t journal_engine_version(const struct journal_reader *reader)
{
    return reader->engine_version;
}

enum journal_origin journal_origin(const struct journal_reader *reader)
{
    return reader->origin;
}

const struct frame_in *journal_frame_in(const struct journal_reader *reader)
{
    return &reader->in;
}

const struct frame_out *journal_frame_out(const struct journal_reader *reader)
{
    return &reader->out;
}

const struct record_times *journal_times(const struct journal_reader *reader)
{
    return &reader->times;
}

const struct trial *journal_trial(const struct journal_reader *reader)
{
    return &reader->trial;
}

const struct record_anchor *journal_anchor(const struct journal_reader *reader)
{
    return &reader->anchor;
}

const struct record_close *journal_close_record(const struct journal_reader *reader)
{
    return &reader->close;
}

void journal_count(const struct journal_reader *reader, struct journal_counts *counts)
{
    *counts = reader->counts;
    counts->file_bytes = journal_chunks_file_bytes(&reader->chunks);
    counts->last_whole_byte = reader->chunks.whole;
}

void journal_close(struct journal_reader *reader)
{
    if (reader == NULL)
        return;
    journal_chunks_reader_close(&reader->chunks);
    free(reader);
}
