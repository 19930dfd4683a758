/* null: the models that every other one has to beat. (engine/model/null.c)
 *
 * null_zero never drives dopamine. null_mean predicts, for each event, the running mean of the measured responses to
 * earlier events of its type; that is done where the measured responses are (see predict), so here it drives nothing
 * either. */
#include "engine/base/units.h"
#include "engine/model/model.h"
#include <assert.h>
#include <string.h>

enum { VERSION = 1 };

struct null {
    int64_t step_ns;
};

static size_t state_size(const double *params, double dt)
{
    (void)params, (void)dt;
    return sizeof(struct null);
}

static bool init(void *state, size_t size, const double *params, double dt, uint64_t seed, struct error *err)
{
    (void)params, (void)seed, (void)err;
    assert(size >= sizeof(struct null));
    *(struct null *)state = (struct null){.step_ns = units_ns(dt)};
    return true;
}

static void event(void *state, const struct model_event *ev)
{
    (void)state, (void)ev;
}

static void step(void *state, int64_t k, struct model_out *out)
{
    const struct null *m = state;
    *out = (struct model_out){.drive_t_ns = k * m->step_ns};
}

static bool set_param(void *state, int index, double value)
{
    (void)state, (void)index, (void)value;
    return false; /* there are none */
}

static void save_as(const char *name, struct blob *out)
{
    blob_begin(out, name, VERSION);
    (void)blob_end(out);
}

static bool load_as(const char *name, const struct blob *in, struct error *err)
{
    struct blob_reader reader;
    if (!blob_open(&reader, in, name, VERSION, err))
        return false;
    return blob_done(&reader) ||
           error_set(err, ERROR_INPUT, NULL, "saved model state", NULL, "no fields in a state of %s", name);
}

static void save_mean(const void *state, struct blob *out)
{
    (void)state;
    save_as("null_mean", out);
}

static void save_zero(const void *state, struct blob *out)
{
    (void)state;
    save_as("null_zero", out);
}

static bool load_mean(void *state, const struct blob *in, int flags, struct error *err)
{
    (void)state, (void)flags;
    return load_as("null_mean", in, err);
}

static bool load_zero(void *state, const struct blob *in, int flags, struct error *err)
{
    (void)state, (void)flags;
    return load_as("null_zero", in, err);
}

#define NULL_MODEL                                                                                                     \
    .version = VERSION, .null = true, .step_ns = 100 * MS, .step_ns_min = 5 * MS, .step_ns_max = 200 * MS,             \
    .state_size = state_size, .init = init, .event = event, .step = step, .set_param = set_param

const struct model_ops null_mean_ops = {NULL_MODEL, .name = "null_mean", .event_mean = true, .save = save_mean,
                                        .load = load_mean};
const struct model_ops null_zero_ops = {NULL_MODEL, .name = "null_zero", .save = save_zero, .load = load_zero};
