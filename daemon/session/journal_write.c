#include "session/journal.h"
#include "session/journal_chunks.h"
#include "session/journal_format.h"
#include "session/journal_tick.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAYLOAD_MAX = JOURNAL_FORMAT_RECORD_MAX - 16 }; /* of a record: type, version and length take up to 12 bytes */
static_assert(sizeof(struct config) < PAYLOAD_MAX && sizeof(struct trial) < PAYLOAD_MAX, "encoded, they are smaller");
enum { TICKS_FULL = 8192 }; /* bytes: then a record of ticks ends */
static_assert(TICKS_FULL + 3 * RECORD_TICK_MAX < PAYLOAD_MAX, "a count takes 84 bits at most, not 32");

struct journal_writer {
    struct journal_chunks_writer chunks;
    struct config config;
    struct journal_tick_deltas deltas;
    struct journal_tick_order order;
    uint64_t run_gap, run;  /* the idle ticks that are not added yet, and how many are missing before them */
    struct bytes_out ticks; /* the other ticks that are not added yet: their record's payload */
    uint8_t payload[PAYLOAD_MAX];
};

static struct journal_writer *writer_new(const char *path, struct error *err)
{
    struct journal_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        error_system(err, path, "journal", ENOMEM);
        return NULL;
    }
    writer->chunks.fd = -1;
    writer->ticks = bytes_writer(writer->payload, PAYLOAD_MAX);
    return writer;
}

static void writer_free(struct journal_writer *writer)
{
    if (writer == NULL)
        return;
    journal_chunks_writer_close(&writer->chunks);
    free(writer);
}

/* Appends one record; a full chunk is ended. */
static bool add_record(struct journal_writer *writer, enum journal_format_type type, const struct bytes_out *payload,
                       struct error *err)
{
    assert(payload->ok);
    struct bytes_out *raw = &writer->chunks.raw;
    bytes_put_u8(raw, (uint8_t)type);
    bytes_put_u8(raw, JOURNAL_FORMAT_RECORD_VERSION);
    bytes_put_varint(raw, payload->used);
    bytes_put(raw, payload->data, payload->used);
    assert(raw->ok);
    return raw->used < JOURNAL_FORMAT_RAW_FULL || journal_chunks_end(&writer->chunks, false, 0, false, err);
}

/* Adds what has gathered: a run of idle ticks, or a record of other ticks; never both. */
static bool add_pending(struct journal_writer *writer, struct error *err)
{
    if (writer->ticks.used > 0) {
        const struct bytes_out payload = writer->ticks;
        writer->ticks.used = 0;
        return add_record(writer, JOURNAL_FORMAT_TICK, &payload, err);
    }
    if (writer->run == 0)
        return true;
    struct bytes_out payload = bytes_writer(writer->payload, PAYLOAD_MAX);
    bytes_put_varint(&payload, writer->run_gap);
    bytes_put_varint(&payload, writer->run);
    writer->run = 0;
    return add_record(writer, JOURNAL_FORMAT_IDLE, &payload, err);
}

static bool add_fields(struct journal_writer *writer, enum journal_format_type type, const struct fields *table,
                       const void *record, struct error *err)
{
    if (!add_pending(writer, err))
        return false;
    struct bytes_out payload = bytes_writer(writer->payload, PAYLOAD_MAX);
    fields_put(table, record, &payload);
    return add_record(writer, type, &payload, err);
}

static void begin(struct journal_writer *writer, const struct config *config)
{
    writer->config = *config;
    journal_tick_restart(&writer->deltas);
    journal_tick_order_init(&writer->order, config);
}

static bool create(struct journal_writer **result, const char *path, enum journal_origin origin,
                   uint32_t engine_version, const struct config *config, struct error *err)
{
    *result = NULL;
    if (!config_check(config, err))
        return false;
    struct journal_writer *writer = writer_new(path, err);
    if (writer == NULL)
        return false;
    begin(writer, config);
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        if (errno == EEXIST)
            error_set(err, ERROR_USAGE, path, "journal", "exists", "a new file");
        else
            error_system(err, path, "creating the journal", errno);
        goto fail;
    }
    if (!journal_chunks_writer_open(&writer->chunks, fd, path, 0, 0, err))
        goto fail;
    const size_t n = journal_format_put_header(writer->chunks.packed, origin, engine_version);
    const ssize_t written = write(fd, writer->chunks.packed, n);
    if (written != (ssize_t)n) {
        error_system(err, path, "writing the journal", written < 0 ? errno : ENOSPC);
        goto fail;
    }
    if (!add_fields(writer, JOURNAL_FORMAT_CONFIG, &fields_config, config, err))
        goto fail;
    if (!journal_flush(writer, 0, true, false, err))
        goto fail;
    *result = writer;
    return true;
fail:
    writer_free(writer);
    return false;
}

bool journal_create(struct journal_writer **writer, const char *path, enum journal_origin origin,
                    const struct config *config, struct error *err)
{
    return create(writer, path, origin, ENGINE_VERSION, config, err);
}

bool journal_create_like(struct journal_writer **writer, const char *path, const struct journal_reader *like,
                         struct error *err)
{
    return create(writer, path, journal_origin(like), journal_engine_version(like), journal_config(like), err);
}

/* Where the journal ends that a writer can go on from. */
struct resume_point {
    uint64_t at, ring_position;
    uint32_t sequence;
};

/* Walks over all chunks without unpacking them. */
static bool find_resume_point(const char *path, struct resume_point *point, struct error *err)
{
    struct journal_chunks_reader chunks;
    const uint8_t *front;
    size_t n, length;
    enum journal_origin origin;
    uint32_t engine_version;
    enum journal_chunks_found found = JOURNAL_CHUNKS_END;
    *point = (struct resume_point){0};
    bool ok = journal_chunks_reader_open(&chunks, path, &front, &n, err) &&
              journal_format_get_header(front, n, path, &length, &origin, &engine_version, err);
    if (ok)
        journal_chunks_reader_start(&chunks, length);
    for (struct journal_format_chunk chunk; ok;) {
        ok = journal_chunks_find(&chunks, &found, &chunk, err);
        if (!ok || found != JOURNAL_CHUNKS_WHOLE)
            break;
        ok = journal_chunks_take(&chunks, &chunk, false, err);
        if ((chunk.flags & JOURNAL_FORMAT_FLUSH) != 0)
            *point = (struct resume_point){chunks.whole, chunk.ring_position, chunks.sequence};
    }
    journal_chunks_reader_close(&chunks);
    if (ok && point->at == 0)
        return journal_format_error(err, path, length, "journal", NULL, "a whole chunk that ends at a flush");
    return ok;
}

bool journal_resume(struct journal_writer **result, const char *path, uint64_t *ring_position, struct error *err)
{
    struct journal_reader *reader = NULL;
    struct resume_point point;
    *result = NULL;
    if (!find_resume_point(path, &point, err) || !journal_open(&reader, path, err))
        return false;
    struct journal_writer *writer = writer_new(path, err);
    if (writer == NULL)
        goto fail;
    begin(writer, journal_config(reader));
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        error_system(err, path, "opening the journal", errno);
        goto fail;
    }
    if (!journal_chunks_writer_open(&writer->chunks, fd, path, point.sequence, point.ring_position, err))
        goto fail;
    if (ftruncate(fd, (off_t)point.at) != 0 || lseek(fd, 0, SEEK_END) != (off_t)point.at) {
        error_system(err, path, "cutting the journal's tail", errno);
        goto fail;
    }
    journal_close(reader);
    *ring_position = point.ring_position;
    *result = writer;
    return true;
fail:
    journal_close(reader);
    writer_free(writer);
    return false;
}

bool journal_add_tick(struct journal_writer *writer, const struct frame_in *in, const struct frame_out *out,
                      const struct record_times *times, struct error *err)
{
    if (!journal_tick_check(&writer->order, &writer->config, in, out, times, err)) {
        if (err != NULL)
            snprintf(err->where, sizeof err->where, "%.255s", writer->chunks.path);
        return false;
    }
    const bool idle = journal_tick_is_idle(in, out, times, &writer->config);
    if (idle && writer->run > 0 && in->n == writer->deltas.n + 1) {
        writer->run++;
        writer->deltas.n++;
        return true;
    }
    if ((idle || writer->run > 0) && !add_pending(writer, err))
        return false;
    if (idle) {
        writer->run = 1;
        writer->run_gap = (uint64_t)(in->n - writer->deltas.n - 1);
        writer->deltas.n = in->n;
        return true;
    }
    journal_tick_put(&writer->deltas, &writer->config, in, out, times, &writer->ticks);
    return writer->ticks.used < TICKS_FULL || add_pending(writer, err);
}

bool journal_add_plan(struct journal_writer *writer, const struct trial *trial, struct error *err)
{
    if (!trial_check(trial, &writer->config, err))
        return false;
    return add_fields(writer, JOURNAL_FORMAT_PLAN, &fields_trial, trial, err);
}

bool journal_add_anchor(struct journal_writer *writer, const struct record_anchor *anchor, struct error *err)
{
    return add_fields(writer, JOURNAL_FORMAT_ANCHOR, &journal_format_anchor, anchor, err);
}

bool journal_add_close(struct journal_writer *writer, const struct record_close *close, struct error *err)
{
    return add_fields(writer, JOURNAL_FORMAT_CLOSE, &journal_format_close, close, err);
}

bool journal_flush(struct journal_writer *writer, uint64_t ring_position, bool end_block, bool sync, struct error *err)
{
    if (!add_pending(writer, err) || !journal_chunks_end(&writer->chunks, true, ring_position, end_block, err))
        return false;
    if (end_block)
        journal_tick_restart(&writer->deltas);
    return !sync || journal_chunks_sync(&writer->chunks, err);
}

bool journal_keep(struct journal_writer *writer, bool *restored, struct error *err)
{
    return journal_chunks_keep(&writer->chunks, restored, err);
}

bool journal_finish(struct journal_writer *writer, uint64_t ring_position, struct error *err)
{
    if (writer == NULL)
        return true;
    const bool ok = journal_flush(writer, ring_position, true, true, err);
    writer_free(writer);
    return ok;
}

void journal_abandon(struct journal_writer *writer)
{
    writer_free(writer);
}
