/* mouse: the animal in front of the simulated rig: it learns, licks and releases dopamine. (drivers/sim/mouse.h)
 *
 * A cue's value follows the rewards behind it (Rescorla-Wagner at the reward, temporal difference from cue to cue), and
 * the mouse learns when a reward is due: value makes it lick before, and an unkept date is an omission. Dopamine is the
 * prediction error, 80 ms later. Licks come in bouts at 6..8 Hz with contacts of 30..50 ms. Cues that begin together
 * share one expectation (Rescorla and Wagner 1972: what is predicted already teaches nothing). Light on its dopamine
 * neurons adds to the error of the cues it comes with (Steinberg et al. 2013). Rewards out of nowhere bring back a part
 * of what extinction took from a cue (reinstatement). Where there are two spouts, a lick after a cue is a choice,
 * drawn by softmax from what each spout gave after that cue (Sutton and Barto 2018, chapter 2).
 * The mouse lives on a fixed grid of steps; what it does depends on its seed and on what happened to it, never on how
 * often it is looked at. Threads: any one, real-time; touches only its own struct. */
#pragma once
#include "engine/base/rng.h"
#include "engine/frame.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    MOUSE_CUES_MAX = FRAME_OUTPUTS_MAX, /* any output may be a cue */
    MOUSE_PENDING_MAX = 32,             /* errors on their way to the fibre: 80 ms of them */
    MOUSE_SPOUTS = 2,
    MOUSE_TOGETHER_MAX = 4, /* cues that begin together */
};

struct mouse_config {
    double lick_hz;        /* rhythm inside a bout, 5..10 */
    double learning_rate;  /* share of the error that a trial corrects, 0..1 */
    double spontaneous_hz; /* transients of dopamine for no reason */
    uint32_t n_spouts;     /* within reach: 1 or 2 */
};

/* What the mouse expects after a cue. */
struct mouse_cue {
    double value;               /* in standard rewards */
    double delay_s;             /* cue to reward, running mean; 0: never rewarded yet */
    double spread_s;            /* running mean of |delay - its mean| */
    double best;                /* the highest value it ever had */
    double spout[MOUSE_SPOUTS]; /* what a lick there gives after it, in standard rewards */
};

struct mouse_lick {
    int64_t on_ns, off_ns; /* tongue on and off the spout */
    uint32_t spout;
};

struct mouse {
    struct mouse_config config;
    struct rng rng, spontaneous, choices;
    struct mouse_cue cue[MOUSE_CUES_MAX];
    int open_cue;    /* the newest cue that may still be credited; -1: none */
    uint32_t n_with; /* others that began together with it */
    int with[MOUSE_TOGETHER_MAX];
    uint32_t n_lit; /* cues that light still teaches, until lit_until_ns */
    int lit[MOUSE_TOGETHER_MAX + 1];
    int64_t lit_until_ns;
    uint32_t spout, drink_spout;      /* of the running bout; where the last reward was */
    int64_t chosen_ns;                /* when the running cue's choice was made; INT64_MAX: not yet */
    uint32_t chosen;                  /* its spout */
    bool choice_open;                 /* its outcome is not known */
    int64_t cue_ns;                   /* its onset */
    int64_t pip_ns;                   /* the last onset, of the same or another cue */
    bool given_up;                    /* its reward is overdue */
    double expected;                  /* what is still expected of it, in standard rewards */
    int64_t next_ns;                  /* next lick of the bout; INT64_MAX: not in a bout */
    int64_t drink_ns, drink_until_ns; /* consummatory bout */
    uint32_t n_pending;
    struct {
        int64_t t_ns;
        double amount;
    } pending[MOUSE_PENDING_MAX];
};

/* A naive mouse at session time 0. */
void mouse_init(struct mouse *mouse, const struct mouse_config *config, uint64_t seed);

/* Cue `cue` (0..MOUSE_CUES_MAX-1) went on at t_ns. */
void mouse_cue(struct mouse *mouse, int cue, int64_t t_ns) RT_SAFE;

/* `amount` standard rewards were there at t_ns, at this spout. */
void mouse_reward(struct mouse *mouse, double amount, uint32_t spout, int64_t t_ns) RT_SAFE;

/* Light on the dopamine neurons in the step up to t_ns, worth this many responses to one standard reward. Not 0. */
void mouse_light(struct mouse *mouse, double amount, int64_t t_ns) RT_SAFE;

/* The mouse at t_ns, one step after the last call. Returns the dopamine that is released in this step, in responses to
 * one unexpected standard reward. True in *licks: a lick begins within (t_ns, t_ns + step_ns]. */
double mouse_step(struct mouse *mouse, int64_t t_ns, int64_t step_ns, bool *licks, struct mouse_lick *lick) RT_SAFE;
