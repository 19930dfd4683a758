/* safety: the last stage before any output. (engine/safety/safety.h)
 *
 * Nothing else creates a frame_write. A pulse is granted as a whole, with its end, or refused as a whole, and what is
 * on for too long is switched off whoever asked for it. The rules, each of them in the rig file and none in a task's
 * reach: on-time   no pulse is longer than max_on; an open line is switched off before it is on for longer. gap       a
 * line is off for min_gap, from its confirmed OFF on, before it goes on again. count     at most max_session_n grants a
 * session, max_day_n an animal and day. volume    at most max_session_ul a session, max_day_ul an animal and day. A
 * pulse that is ended early counts whole. duty      in no window of duty_per the line is on for more than `duty` of it.
 *   energy    in no window of energy_per its light is more than max_energy: power times on-time.
 *   exclusion no two lines that exclude each other are on together; what is not confirmed off may be on.
 *   level     a line has its safe level or its on level, never above its max_level.
 * Duty and energy: a pulse is debited whole when it is granted, an open line for the longest it may be on. Once it is
 * confirmed off, a pulse that its device timed counts whole, and everything else from the confirmed ON (or, if that
 * was lost, from the grant) to the confirmed OFF, or to when its device ended it. On-times are measured from what was
 * really applied (frame_in.applied) and from the loop's wake time, so a late loop can't stretch a limit by counting
 * ticks. An OFF that nobody confirms is written again, tick after tick; to a device that times a pulse itself it is the
 * abort. Threads: real-time; touches only its own struct. Memory: the caller's. */
#pragma once
#include "engine/config.h"
#include "engine/frame.h"
#include "engine/safety/ontime.h"

/* Journaled as a number: a new one goes to the end. */
enum safety_verdict {
    SAFETY_GRANTED,
    SAFETY_BUSY,     /* the line is on, or its OFF is not confirmed yet, or its device is away */
    SAFETY_GAP,      /* the shortest gap has not passed */
    SAFETY_LENGTH,   /* the pulse is longer than the longest on-time, or not longer than 0 */
    SAFETY_VOLUME,   /* it would exceed the session's volume */
    SAFETY_ENDED,    /* the session is over: nothing is granted any more */
    SAFETY_CUT,      /* it had been on for as long as it may: switched off */
    SAFETY_COUNT,    /* as many as a session may have were granted */
    SAFETY_DAY,      /* it would exceed the animal's volume or count of this day */
    SAFETY_DUTY,     /* it would be on for too much of the duty's window */
    SAFETY_ENERGY,   /* its light would be too much for the energy's window */
    SAFETY_EXCLUDED, /* a line that excludes it is on, or not confirmed off */
    SAFETY_VERDICTS, /* how many there are */
};

struct safety_line {
    double applied;     /* level last confirmed */
    int64_t on_ns;      /* when it was confirmed to leave the safe level; INT64_MIN while safe */
    int64_t off_ns;     /* when it was confirmed to be safe again; INT64_MIN before the first time */
    int64_t heard_ns;   /* time of the newest confirmation: what comes behind it and is older says nothing */
    double wanted;      /* level last written */
    int64_t written_ns; /* when */
    int64_t asked_ns;   /* when `wanted` last changed: a confirmation from before that says nothing about it */
    int64_t end_ns;     /* when the granted pulse ends; INT64_MAX: open, until safety_off or the longest on-time */
    double granted_ul;  /* in this session */
    uint64_t n_granted, n_refused, n_repeated;
    int64_t began_ns; /* of the on-time that is not booked yet: its grant, then its confirmed ON; INT64_MIN: none */
    int64_t timed_ns; /* how long its device lets it be on; 0: until the OFF */
    bool whole;       /* it counts whole, also if it is aborted */
    bool seen_on;     /* its ON was confirmed */
    struct ontime duty, energy; /* on-times that are over */
    bool away;                  /* its device is lost */
};

struct safety {
    const struct config *config;
    bool ended;
    struct safety_line lines[FRAME_OUTPUTS_MAX];
};

/* All lines safe, nothing counted but what config says of earlier sessions of the day. `config` (checked) must outlive
 * `safety`. */
void safety_init(struct safety *safety, const struct config *config);

/* Takes in a confirmed level. */
void safety_applied(struct safety *safety, const struct frame_applied *applied) RT_SAFE;

/* Asks for output `output` to go to its on level at now_ns for length_ns (INT64_MAX: open), giving `ul` (0 if it is no
 * valve). Granted: the write is in `out`. Refused: nothing moves, and `out` has a FRAME_LIMITED decision. */
enum safety_verdict safety_on(struct safety *safety, uint32_t output, int64_t length_ns, double ul, int64_t now_ns,
                              int64_t cause_ns, struct frame_out *out) RT_SAFE;

/* Back to the safe level, always allowed. Nothing happens if that was its last write: safety_tick repeats it. */
void safety_off(struct safety *safety, uint32_t output, int64_t now_ns, int64_t cause_ns,
                struct frame_out *out) RT_SAFE;

/* The output's device is lost, or back: meanwhile nothing is granted there. */
void safety_away(struct safety *safety, uint32_t output, bool away) RT_SAFE;

/* True if an ON could be granted: confirmed at its safe level, its device there. */
bool safety_is_free(const struct safety *safety, uint32_t output) RT_SAFE;

/* Once a tick, last: ends what is due, cuts what is on too long, repeats what was not confirmed. */
void safety_tick(struct safety *safety, int64_t now_ns, struct frame_out *out) RT_SAFE;

/* Ends the session for good: every line to its safe level, nothing is granted any more. */
void safety_end(struct safety *safety, int64_t now_ns, struct frame_out *out) RT_SAFE;

/* The longest that the line may be on: its max_on, or less if its duty or energy allows less. INT64_MAX: for ever. */
int64_t safety_longest_ns(const struct config_output *limits) RT_SAFE;

/* True if every line is confirmed at its safe level. */
bool safety_all_safe(const struct safety *safety) RT_SAFE;

/* The verdict in words, for summaries: "gap", "volume", ... */
const char *safety_words(enum safety_verdict verdict);
