/* engine: one tick in, one tick out. (engine/engine.h)
 *
 * engine_tick is a pure function of the engine's state and the frame: no I/O, no clock, no lock, no allocation, and
 * every bit of its output follows from the config and the frames so far. Order inside a tick (it never changes, ties
 * depend on it): 1 confirmed outputs -> safety's record, model events (a reward counts when the valve was really
 * opened) 2 samples -> photometry -> dF/F      3 edges -> licks, observed events      4 commands 5 models: due steps,
 * observation, scores      6 triggers      7 trains: pulses that are due, ends      8 the trial's machine: timers and
 * events in time order      9 safety -> writes, digests Threads: init not real-time; tick real-time, one thread.
 * Memory: one arena, sized by a measuring run. */
#pragma once
#include "engine/base/arena.h"
#include "engine/base/error.h"
#include "engine/config.h"
#include "engine/frame.h"

struct engine;
struct posterior;
struct predict;

/* Everything an observer may want to see after a tick: for telemetry, the terminal line, summaries. Plain data. */
struct engine_view {
    int64_t now_ns;
    int64_t trial;   /* number of the running trial, 0 before the first */
    uint32_t paused; /* why, a bit each: enum frame_pause_cause; 0: it is not */
    uint32_t reserved;
    char state[CONFIG_NAME];
    uint64_t n_licks, n_rewards, n_fired, n_sham, n_locked, n_limited;
    double reward_ul;
    uint32_t n_signals, n_models;
    struct {
        double dff, slope;
        int64_t dff_ns; /* time of the newest sample in it */
        uint32_t trusted, flags;
    } signals[CONFIG_SIGNALS_MAX];
    struct {
        double predicted, residual, residual_z, gain, offset, r;
    } models[CONFIG_MODELS_MAX];
};

/* Builds an engine in `arena`. With a measuring arena nothing is built and *engine is NULL: arena->used then tells the
 * size. False and *err: the config is out of range (config_check) or the arena too small. Not real-time. */
MUST_CHECK bool engine_init(struct engine **engine, const struct config *config, struct arena *arena,
                            struct error *err);

/* Bytes that engine_init needs for `config`. 0 and *err if the config is out of range. Not real-time. */
size_t engine_size(const struct config *config, struct error *err);

/* One tick. `out` is cleared first. */
void engine_tick(struct engine *engine, const struct frame_in *in, struct frame_out *out) RT_SAFE;

/* Fills `view`; bounded copying. */
void engine_look(const struct engine *engine, struct engine_view *view) RT_SAFE;

/* Model instance i, for scores and traces (read only); NULL beyond the last. */
const struct predict *engine_model(const struct engine *engine, uint32_t i) RT_SAFE;

/* The weights of the models that watch signal i: instance k there is the k-th model of the config with that signal.
 * NULL beyond the last, or if no model watches it. */
const struct posterior *engine_posterior(const struct engine *engine, uint32_t i) RT_SAFE;
