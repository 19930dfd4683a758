/* engine_state: what an engine consists of. (engine/engine_state.h)
 *
 * For engine.c, engine_start.c and engine_pause.c only; everyone else sees engine.h. Threads: as engine.h says. */
#pragma once
#include "engine/engine.h"
#include "engine/model/posterior.h"
#include "engine/model/predict.h"
#include "engine/safety/safety.h"
#include "engine/signal/lick.h"
#include "engine/signal/phase.h"
#include "engine/signal/photometry.h"
#include "engine/task/lately.h"
#include "engine/task/machine.h"
#include "engine/task/trigger.h"
#include "engine/task/watch.h"

#define ENGINE_NO_CUE UINT32_MAX

/* What a trigger sees. */
struct engine_sight {
    struct watch watch;
    struct phase phase;
    bool passed; /* the phase, its angle, since the trigger was run last */
    double value;
    int64_t t_ns, judged_ns; /* of the value; of the one that the trigger saw last */
};

struct engine {
    struct config config;
    struct safety safety;
    struct machine machine;
    struct train trains[CONFIG_TRAINS_MAX];
    struct trigger triggers[CONFIG_TRIGGERS_MAX];
    struct engine_sight sights[CONFIG_TRIGGERS_MAX];
    struct lately lately[FRAME_INPUTS_MAX];
    struct lick licks[FRAME_INPUTS_MAX];
    struct photometry fibres[CONFIG_SIGNALS_MAX];
    struct predict *models[CONFIG_MODELS_MAX];
    struct posterior posteriors[CONFIG_SIGNALS_MAX];
    uint32_t place[CONFIG_MODELS_MAX]; /* of the model among those of its signal */
    uint64_t lag_steps[CONFIG_MODELS_MAX];
    uint32_t cue_of[FRAME_OUTPUTS_MAX];  /* the cue that the output shows or showed last, or ENGINE_NO_CUE */
    double reward_ul[FRAME_OUTPUTS_MAX]; /* what the valve's next confirmed opening gives */
    uint64_t digest;                     /* of everything that photometry gave */
    int64_t digest_ns;
    int64_t now_ns;
    int64_t ended_ns;
    bool started, ended, finished;
    uint32_t paused; /* why, a bit each: enum frame_pause_cause */
    uint32_t dark;   /* LEDs that went off with their device, a bit each: to be lit again */
    uint64_t n_licks, n_rewards, n_fired, n_sham, n_locked, n_limited;
    double rewarded_ul;
};

/* Tells every model of an event, and the journal. */
void engine_tell_models(struct engine *engine, enum model_event_kind kind, uint32_t id, double mag, int64_t t_ns,
                        struct frame_out *out) RT_SAFE;
