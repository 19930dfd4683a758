/* state: one list of a model's fields serves saving, checking and loading. (engine/model/state.h)
 *
 * A model writes down its fields once, in a function of type state_fields that hands each to one of the functions
 * below. state_save runs it to write a blob; state_load runs it twice: first to check every field without touching the
 * model, then to take the fields over. Fields come in two kinds: learned ones are always taken over, passing ones
 * (traces, open windows, times) only by an exact load. Threads: one at a time, not for the tick. Memory: the caller's.
 */
#pragma once
#include "engine/base/error.h"
#include "engine/model/blob.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum state_mode { STATE_SAVE, STATE_CHECK, STATE_LOAD };

struct state_io {
    enum state_mode mode;
    struct blob *out;      /* saving */
    struct blob_reader in; /* checking and loading */
    bool exact;            /* passing fields are taken over too */
    bool passing;          /* the fields that follow are passing */
    bool bad;              /* a field holds what no state of this shape can */
};

typedef void state_fields(void *model, struct state_io *io);

/* The fields that follow are learned, or passing. A list begins with learned ones. */
void state_learned(struct state_io *io);
void state_passing(struct state_io *io);

/* True if fields read now are to be stored. */
bool state_stores(const struct state_io *io);

/* n numbers; only finite ones are accepted. */
void state_f64(struct state_io *io, double *x, size_t n);

/* One number within [lo, hi]; lo and hi may be infinite. */
void state_f64_in(struct state_io *io, double *x, double lo, double hi);

void state_i64(struct state_io *io, int64_t *x);
void state_flag(struct state_io *io, bool *x);

/* A count or an index, at most `max`. */
void state_u32(struct state_io *io, uint32_t *x, uint32_t max);

/* A count (at most `max`) or a number on whose value it depends what follows: writes the given one and returns it, or
 * returns the one read; 0 if that is bad. Storing it is the caller's. */
uint32_t state_count(struct state_io *io, uint32_t n, uint32_t max);
double state_number(struct state_io *io, double x);

/* A number that must be the same in the saved model: the shape of what follows. */
void state_shape(struct state_io *io, uint32_t n);

/* Writes the state as a blob of this model and version; out->used > out->size if it did not fit. */
void state_save(const char *name, uint32_t version, state_fields *fields, const void *model, struct blob *out);

/* Reads it into an initialised model; `flags` are model.h's MODEL_LOAD_EXACT or 0. On false *err says why and the model
 * is untouched. */
MUST_CHECK bool state_load(const char *name, uint32_t version, state_fields *fields, void *model, const struct blob *in,
                           int flags, struct error *err);
