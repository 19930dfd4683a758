/* model: what every learning model is to the engine: events in, one output per step, parameters, saved state.
 * (engine/model/model.h)
 *
 * Step k of a model covers [k * step, (k + 1) * step) of session time. Between two calls of `step` the model is handed
 * the events of the open step in their order (time, then kind, then id, then arrival); `step` closes it. A model is one
 * file that defines a `struct model_ops` and one row in MODEL_LIST. Threads: `event`, `step` and `set_param` are called
 * by the real-time thread, the rest before it starts or after it ends. Memory: the caller's, `state_size` bytes aligned
 * to ARENA_ALIGN. */
#pragma once
#include "engine/base/error.h"
#include "engine/model/blob.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MODEL_CS_MAX = 8,           /* cues */
    MODEL_US_MAX = 4,           /* outcomes, 0 is the main reward */
    MODEL_ACTION_MAX = 4,       /* choices */
    MODEL_AVERSIVE_MAX = 2,     /* punishments */
    MODEL_CONTEXT_MAX = 8,      /* contexts */
    MODEL_FEATURES_MAX = 1024,  /* features of one instance */
    MODEL_AUX_MAX = 32,         /* model-specific outputs */
    MODEL_PARAMS_MAX = 64,      /* parameters of one model */
    MODEL_STEP_EVENTS_MAX = 64, /* events of one step; a mouse licks ten times a second */
    MODEL_INSTANCES_MAX = 16,   /* instances in one session */
};

/* What happened. The order is that in which events of the same time are handled. */
enum model_event_kind {
    EV_SESSION,  /* id: enum model_session_event */
    EV_CS_OFF,   /* cue `id` ends */
    EV_CS_ON,    /* cue `id` begins; mag: salience, 1 by default */
    EV_ACTION,   /* the animal chose `id` */
    EV_US,       /* outcome `id` was delivered; mag: amount in task units (ul) */
    EV_AVERSIVE, /* air puff, shock; mag: amount */
    EV_OPTO_OFF, /* stimulation light `id` ends */
    EV_OPTO_ON,  /* stimulation light `id` begins; mag: +1 excites .. -1 inhibits. id 0 is the dopamine neurons */
    EV_LICK,     /* one lick at spout `id` */
    EV_POSITION, /* mag: 0..1 of the way to the goal */
    EV_CONTEXT,  /* the visible context becomes `id` */
    EV_KINDS,
};

enum model_session_event { EVENT_SESSION_BEGIN, EVENT_SESSION_END, EVENT_SESSION_PAUSE, EVENT_SESSION_RESUME };

struct model_event {
    int64_t t_ns; /* session time */
    uint8_t kind; /* enum model_event_kind */
    uint8_t id;
    double mag;
};

/* One closed step. All numbers are finite. */
struct model_out {
    double delta;                      /* teaching signal, the standard reward is 1 */
    double drive_area;                 /* dopamine to be released: the area of the burst, in RPE units */
    int64_t drive_t_ns;                /* the last point event of the step, else the step's start */
    double value;                      /* V of the current state */
    double value_cs[MODEL_CS_MAX];     /* V of each cue's onset state */
    double assoc;                      /* associability or effective learning rate, 0..1 */
    double uncertainty;                /* variance-like; 0 where undefined */
    double avg_reward;                 /* reward units per second; 0 where undefined */
    double lick_rate;                  /* predicted lick rate, Hz */
    double action_p[MODEL_ACTION_MAX]; /* choice probabilities; all 0 where there is no choice */
    double aux[MODEL_AUX_MAX];         /* named by the model's aux_names */
};

enum model_param_kind {
    MODEL_PARAM_LIVE,   /* any number in range, changeable while running */
    MODEL_PARAM_FIXED,  /* any number in range, at start only */
    MODEL_PARAM_CHOICE, /* a whole number, changeable while running */
    MODEL_PARAM_COUNT,  /* a whole number, at start only: it sets the size or shape of the state */
};

/* One row of a model's parameter table. */
struct model_param {
    const char *name, *unit, *source;
    double def, lo, hi;
    enum model_param_kind kind;
};

enum {
    MODEL_LOAD_EXACT = 1, /* go on where the saved one stopped, bit for bit; otherwise: keep what was learned, start the
                             traces, windows and lines from rest */
};

struct model_ops {
    const char *name;
    uint32_t version; /* of the saved state */
    const struct model_param *params;
    int n_params; /* at most MODEL_PARAMS_MAX */
    const char *const *aux_names;
    int n_aux;                                 /* at most MODEL_AUX_MAX */
    int64_t step_ns, step_ns_min, step_ns_max; /* default and allowed width of a step */
    bool event_mean; /* an event's predicted response is the mean of the earlier ones of its type, not the chain's */
    bool null;       /* a null model, there only to be compared with */

    /* Bytes of state at these parameters (all in range), at most 1 MiB. `dt` is the step in seconds. */
    size_t (*state_size)(const double *params, double dt);
    /* Makes a fresh state of step 0. False and *err: parameters that are in range but don't go together. */
    bool (*init)(void *state, size_t size, const double *params, double dt, uint64_t seed, struct error *err);
    /* One event of the open step. Kinds the model has no use for are ignored. RT_SAFE. */
    void (*event)(void *state, const struct model_event *event);
    /* Closes step k; calls come with k = 0, 1, 2 ... RT_SAFE. */
    void (*step)(void *state, int64_t k, struct model_out *out);
    /* Changes parameter `index` from the next closed step on. False: out of range, or fixed at start. RT_SAFE. */
    bool (*set_param)(void *state, int index, double value);
    /* Writes the state as a blob; out->used > out->size if it did not fit. */
    void (*save)(const void *state, struct blob *out);
    /* Reads a saved state into an initialised one. On false *err says why and the state is as fresh. */
    bool (*load)(void *state, const struct blob *in, int flags, struct error *err);
};

/* The registry. A new model is one file and one row here. */
#define MODEL_LIST(ROW)                                                                                                \
    ROW(rw)                                                                                                            \
    ROW(td_csc)                                                                                                        \
    ROW(td_micro)                                                                                                      \
    ROW(td_belief)                                                                                                     \
    ROW(td_semi_markov)                                                                                                \
    ROW(td_dist)                                                                                                       \
    ROW(ph)                                                                                                            \
    ROW(td_ph)                                                                                                         \
    ROW(kalman_td)                                                                                                     \
    ROW(anccr)                                                                                                         \
    ROW(retro)                                                                                                         \
    ROW(q_softmax)                                                                                                     \
    ROW(actor_critic)                                                                                                  \
    ROW(r_learning)                                                                                                    \
    ROW(vkf)                                                                                                           \
    ROW(vkf_binary)                                                                                                    \
    ROW(bayes_vol)                                                                                                     \
    ROW(null_mean)                                                                                                     \
    ROW(null_zero)

#define MODEL_DECLARE(model) extern const struct model_ops model##_ops;
MODEL_LIST(MODEL_DECLARE)
#undef MODEL_DECLARE

/* The model of this name, or NULL. */
const struct model_ops *model_find(const char *name) RT_SAFE;

/* All names, ending with NULL, in the registry's order. */
const char *const *model_names(void);

/* The index of a parameter, or -1. */
int model_param_index(const struct model_ops *ops, const char *name);

/* Fills params[0..n_params) with the defaults. */
void model_defaults(const struct model_ops *ops, double *params);

/* True if `value` is allowed for this parameter: a number in its range, and whole where it must be. */
bool model_param_allows(const struct model_param *param, double value) RT_SAFE;

/* True if parameter `index` exists, may change while running, and allows `value`. */
bool model_param_live(const struct model_ops *ops, int index, double value) RT_SAFE;

/* False and *err, naming parameter, value and range, if one of params[0..n_params) is not allowed. */
MUST_CHECK bool model_params_check(const struct model_ops *ops, const double *params, struct error *err);

/* True if event `a` comes after event `b` in the order of handling; equal ones keep the order of their arrival. */
bool model_event_after(const struct model_event *a, const struct model_event *b) RT_SAFE;

/* True if every number of `out` is finite. */
bool model_out_finite(const struct model_out *out, int n_aux) RT_SAFE;

/* `digest` chained with every number of `out` (and its time), in the order of the struct. */
uint64_t model_out_digest(uint64_t digest, const struct model_out *out, int n_aux) RT_SAFE;
