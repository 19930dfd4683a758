/* frame: what goes into a tick and what comes out of it. (engine/frame.h)
 *
 * Everything that can influence a decision enters the engine through a frame_in or through the start-up config;
 * everything that the engine decides leaves it through a frame_out. Both are journaled, which is what makes replay
 * exact. A frame is reused from tick to tick: frame_clear sets the counts to zero, and only entries below a count are
 * valid. Times are session time: ns since session start. Reaching a maximum below is counted in n_dropped, never
 * silent. Threads: real-time; each frame belongs to one thread. Memory: the caller's, fixed size. */
#pragma once
#include "engine/base/rt.h"
#include <stdbool.h>
#include <stdint.h>

struct trial;

enum {
    FRAME_CHANNELS_MAX = 16, /* analog channels of a rig: 4 fibres x 3 wavelengths and 4 more */
    FRAME_SAMPLES_MAX = 64,  /* samples a channel and tick: a backlog drains at 64 kHz at 1 ms ticks */
    FRAME_INPUTS_MAX = 32,   /* digital inputs of a rig */
    FRAME_OUTPUTS_MAX = 32,  /* outputs of a rig, LEDs among them */
    FRAME_EDGES_MAX = 64,    /* edges a tick; the driver keeps the surplus in its queue */
    FRAME_STATUS_MAX = 16,   /* device status changes a tick */
    FRAME_COMMANDS_MAX = 8,  /* commands a tick */
    FRAME_APPLIED_MAX = 64,  /* outputs confirmed a tick: an on and an off for each */
    FRAME_WRITES_MAX = 64,   /* outputs written a tick */
    FRAME_DECISIONS_MAX =
        128, /* decisions a tick: 8 transitions with their actions, triggers, licks, timers, digests */
};

/* One analog channel's samples of this tick: sample i was taken at first_ns + i * period_ns. */
struct frame_samples {
    int64_t first_ns;
    int64_t period_ns; /* 0 if n < 2 */
    uint32_t n;
    int32_t counts[FRAME_SAMPLES_MAX]; /* as the device gave them; config_channel turns them into volts */
};

struct frame_edge {
    int64_t t_ns;   /* mapped to session time, strictly increasing for each input */
    int64_t raw_ns; /* as the device said it, in its own clock where it has one */
    uint32_t input; /* index into config.inputs */
    uint8_t rising; /* 1 rising, 0 falling */
    uint8_t late;   /* 1 if it came older than this input's newest and was moved to newest + 1 ns */
    uint8_t reserved[2];
};

enum frame_status_kind {
    FRAME_DEVICE_LOST = 1,
    FRAME_DEVICE_BACK,
    FRAME_SAMPLES_LOST,   /* value: how many */
    FRAME_RECORDING_OVER, /* what a replayed device had is read: a session on it ends in order */
};

struct frame_status {
    int64_t t_ns;
    int64_t value;
    uint32_t device; /* index into config.devices */
    uint32_t kind;   /* enum frame_status_kind */
};

enum frame_command_kind {
    FRAME_STOP = 1, /* end in order: outputs safe, then finished */
    FRAME_ESTOP,    /* the same at once, with outcome "estop" */
    FRAME_SET,      /* target: what to change (engine/setting.h); value: to what */
    FRAME_MESSAGE,  /* for the task: target is the message's index in the config */
    FRAME_PAUSE,    /* the running trial is cut, outputs go to safe, models don't learn; until FRAME_RESUME */
    FRAME_RESUME,   /* takes the same cause back; with the last one the task goes on with a new trial */
};

/* Why a session is paused: the target of FRAME_PAUSE and FRAME_RESUME, and a bit each in FRAME_PAUSED. */
enum frame_pause_cause {
    FRAME_PAUSE_OPERATOR,
    FRAME_PAUSE_JOURNAL,    /* the journal can't be written: config.journal_on_fault */
    FRAME_PAUSE_DEVICE = 8, /* plus its index: a device is away whose on_loss is pause; no command, but a status */
};
enum { FRAME_COMMAND_LAST = FRAME_RESUME };

struct frame_command {
    uint64_t id; /* of the request, so that a retry acts once */
    double value;
    uint32_t kind;   /* enum frame_command_kind */
    uint32_t target; /* of FRAME_STOP: FRAME_END_JOURNAL if that is why, else 0; of a pause: its cause; of FRAME_SET and
                        FRAME_MESSAGE as said above */
};

/* What was really written to an output since the last tick, and when. */
struct frame_applied {
    int64_t t_ns;
    double level;
    uint32_t output; /* index into config.outputs */
    uint32_t reserved;
};

struct frame_in {
    int64_t n;                /* tick number; gaps are skipped ticks */
    int64_t due_ns;           /* n * period */
    int64_t wake_ns;          /* when the loop really woke: the engine's "now" */
    const struct trial *plan; /* the next trial, checked; NULL if none arrived */
    uint32_t n_edges, n_status, n_commands, n_applied;
    uint32_t n_dropped;                               /* entries that did not fit above */
    struct frame_samples samples[FRAME_CHANNELS_MAX]; /* by index into config.channels */
    struct frame_edge edges[FRAME_EDGES_MAX];
    struct frame_status status[FRAME_STATUS_MAX];
    struct frame_command commands[FRAME_COMMANDS_MAX];
    struct frame_applied applied[FRAME_APPLIED_MAX];
};

/* An output to be written now. Only engine/safety creates these. */
struct frame_write {
    int64_t cause_ns; /* time of the input sample, edge or timer that caused it: the latency ledger's start */
    int64_t
        pulse_ns; /* > 0: a device that times pulses itself ends it after this long; the engine also writes the end */
    double level; /* 0 off; 1 on; mA for an LED */
    uint32_t output; /* index into config.outputs */
    uint32_t wave;   /* 0: switch to the level; k + 1: play config.trains[k] at that level. Its end is an order of its
                        own, too */
};

enum frame_decision_kind {
    FRAME_TRIAL_START =
        1,               /* id trial number; t_ns its logical start; value: ns that it began after the last one's end */
    FRAME_TRIAL_END,     /* id last state's index, value licks in the trial */
    FRAME_STATE,         /* id state index entered; t_ns logical */
    FRAME_CUE,           /* id cue; value 1 on, 0 off */
    FRAME_LICK,          /* id input */
    FRAME_REWARD,        /* id output; value granted microlitres */
    FRAME_TRAIN,         /* id train; value 1 start, 0 end */
    FRAME_TRIGGER_FIRED, /* id trigger; value what it saw */
    FRAME_TRIGGER_SHAM,  /* the same, but the draw said sham: no action */
    FRAME_TRIGGER_LOCKED,  /* the same, inside the lockout */
    FRAME_LIMITED,         /* id output; value enum safety_verdict: safety refused or cut a request */
    FRAME_MODEL_EVENT,     /* all models were told: id model event kind << 8 | its id; value magnitude */
    FRAME_SCORE,           /* id model; value residual of a scored event; t_ns the event's time */
    FRAME_DIGEST,          /* id model + 1, 0 the signals; digest of everything computed since the last one */
    FRAME_PLAN_WANTED,     /* id number of the trial wanted; value last state's index, -1 before the first */
    FRAME_PLAN_LATE,       /* no plan within a second: the session ends */
    FRAME_STEP_LAG,        /* id model; value model steps that are behind */
    FRAME_DEVICE,          /* id device; value enum frame_status_kind */
    FRAME_END,             /* value enum frame_end_reason */
    FRAME_LATE,            /* an event came when its state was over and changed nothing: id its kind << 8 | its id */
    FRAME_EVENTS_DROPPED,  /* value: how many events found no room in the machine's queue */
    FRAME_TRIGGER_REFUSED, /* id trigger; value enum trigger_verdict: a limit of its own kept it from firing */
    FRAME_SETTING,         /* id the target of a FRAME_SET; value what it is now */
    FRAME_SETTING_REFUSED, /* the same, but there is no such setting or the value is out of range: nothing changed */
    FRAME_DOSE_OVER,       /* id train: it is not started, its light or its count for the session is used up */
    FRAME_COUNT,           /* id counter; value where it stood when the trial ended */
    FRAME_TIMER,           /* id timer of the trial; value 1 on, 0 off */
    FRAME_FALLBACK,        /* id trial number: it runs the last good plan again, for want of its own */
    FRAME_PAUSED,          /* id the causes that hold now, a bit each; value 1 the pause begins, 0 it is over */
    FRAME_TRIAL_CUT,       /* as FRAME_TRIAL_END, of a trial that a pause cut */
};
enum { FRAME_DECISION_LAST = FRAME_TRIAL_CUT }; /* the highest kind */

enum frame_end_reason {
    FRAME_END_DURATION = 1, /* --duration is over, or the recording is */
    FRAME_END_STOP,         /* asked to stop */
    FRAME_END_ESTOP,
    FRAME_END_NO_PLAN,   /* the planner gave no trial within a second */
    FRAME_END_DEVICE,    /* a device went away and its rig entry says stop */
    FRAME_END_TASK,      /* the task said it is over */
    FRAME_END_RING_FULL, /* the journal could not keep up: said by the core, not the engine */
    FRAME_END_KEEPER,    /* the keeper stopped breathing: said by the core */
    FRAME_END_CORE,      /* the core died or hung: said by the keeper */
    FRAME_END_JOURNAL,   /* the journal could not be written, and the rig says stop */
};

struct frame_decision {
    int64_t t_ns; /* the decision's logical time, at or before wake_ns */
    double value;
    uint64_t digest; /* FRAME_DIGEST and FRAME_SCORE; 0 elsewhere */
    uint32_t kind;   /* enum frame_decision_kind */
    uint32_t id;
};

struct frame_out {
    uint32_t n_writes, n_decisions;
    uint32_t n_dropped; /* entries that did not fit */
    uint32_t finished;  /* 1: outputs are safe and the session is over; every later tick says the same */
    struct frame_write writes[FRAME_WRITES_MAX];
    struct frame_decision decisions[FRAME_DECISIONS_MAX];
};

/* Sets all counts to zero. Bounded. */
void frame_in_clear(struct frame_in *in) RT_SAFE;
void frame_out_clear(struct frame_out *out) RT_SAFE;

/* Appends a decision; counts it as dropped if there is no room. */
void frame_decide(struct frame_out *out, uint32_t kind, uint32_t id, int64_t t_ns, double value) RT_SAFE;

/* Appends an edge or a confirmed output to `in`; false and counted as dropped if there is no room. */
bool frame_edge_add(struct frame_in *in, const struct frame_edge *edge) RT_SAFE;
bool frame_applied_add(struct frame_in *in, uint32_t output, double level, int64_t t_ns) RT_SAFE;

/* The words of an end reason ("duration", "stop", ...), as summary.json prints them; "unknown" otherwise. */
const char *frame_end_words(uint32_t reason);

/* A decision kind's name ("trigger_fired"); "unknown" otherwise. */
const char *frame_decision_name(uint32_t kind);
