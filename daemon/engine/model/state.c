#include "engine/model/state.h"
#include "engine/model/model.h"
#include <float.h>
#include <math.h>

void state_learned(struct state_io *io)
{
    io->passing = false;
}

void state_passing(struct state_io *io)
{
    io->passing = true;
}

bool state_stores(const struct state_io *io)
{
    return io->mode == STATE_LOAD && (io->exact || !io->passing);
}

void state_f64(struct state_io *io, double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        state_f64_in(io, &x[i], -DBL_MAX, DBL_MAX);
}

void state_f64_in(struct state_io *io, double *x, double lo, double hi)
{
    if (io->mode == STATE_SAVE) {
        blob_put_f64(io->out, *x);
        return;
    }
    const double value = blob_get_f64(&io->in);
    io->bad |= !(value >= lo && value <= hi);
    if (state_stores(io))
        *x = value;
}

void state_i64(struct state_io *io, int64_t *x)
{
    if (io->mode == STATE_SAVE) {
        blob_put_i64(io->out, *x);
        return;
    }
    const int64_t value = blob_get_i64(&io->in);
    if (state_stores(io))
        *x = value;
}

void state_flag(struct state_io *io, bool *x)
{
    if (io->mode == STATE_SAVE) {
        blob_put_u8(io->out, *x);
        return;
    }
    const uint8_t value = blob_get_u8(&io->in);
    io->bad |= value > 1;
    if (state_stores(io))
        *x = value != 0;
}

void state_u32(struct state_io *io, uint32_t *x, uint32_t max)
{
    if (io->mode == STATE_SAVE) {
        blob_put_u32(io->out, *x);
        return;
    }
    const uint32_t value = blob_get_u32(&io->in);
    io->bad |= value > max;
    if (state_stores(io))
        *x = value;
}

uint32_t state_count(struct state_io *io, uint32_t n, uint32_t max)
{
    if (io->mode == STATE_SAVE) {
        blob_put_u32(io->out, n);
        return n;
    }
    const uint32_t value = blob_get_u32(&io->in);
    io->bad |= value > max;
    return value > max ? 0 : value;
}

double state_number(struct state_io *io, double x)
{
    if (io->mode == STATE_SAVE) {
        blob_put_f64(io->out, x);
        return x;
    }
    const double value = blob_get_f64(&io->in);
    io->bad |= !(fabs(value) <= DBL_MAX);
    return value;
}

void state_shape(struct state_io *io, uint32_t n)
{
    if (io->mode == STATE_SAVE)
        blob_put_u32(io->out, n);
    else
        io->bad |= blob_get_u32(&io->in) != n;
}

/* Saving only reads through the list, but the list is written once, for loading too. */
static void *writable(const void *model)
{
    union {
        const void *given;
        void *writable;
    } pointer = {model};
    return pointer.writable;
}

void state_save(const char *name, uint32_t version, state_fields *fields, const void *model, struct blob *out)
{
    struct state_io io = {.mode = STATE_SAVE, .out = out};
    blob_begin(out, name, version);
    fields(writable(model), &io);
    (void)blob_end(out); /* used > size tells the caller */
}

bool state_load(const char *name, uint32_t version, state_fields *fields, void *model, const struct blob *in, int flags,
                struct error *err)
{
    struct state_io io = {.mode = STATE_CHECK, .exact = (flags & MODEL_LOAD_EXACT) != 0};
    struct blob_reader start;
    if (!blob_open(&start, in, name, version, err))
        return false;
    io.in = start;
    fields(model, &io);
    if (io.bad || !blob_done(&io.in))
        return error_set(err, ERROR_INPUT, NULL, "saved model state", NULL,
                         "finite numbers in a state of the same shape: the same counts, lines and features of %s",
                         name);
    io.mode = STATE_LOAD;
    io.passing = false;
    io.in = start;
    fields(model, &io);
    return true;
}
