/* safety: the last stage before any output. (engine/safety/safety.h)
 *
 * Nothing else creates a frame_write. A pulse is granted as a whole, with its end, or refused as a whole; every line
 * has a longest on-time, a shortest gap and a volume for the session, and what is on for too long is switched off
 * whoever asked for it. On-times are measured from what was really applied (frame_in.applied) and from the loop's wake
 * time, so a late loop can't stretch a limit by counting ticks. An OFF that nobody confirms is written again, tick
 * after tick. Threads: real-time; touches only its own struct. Memory: the caller's. */
#pragma once
#include "engine/config.h"
#include "engine/frame.h"

enum safety_verdict {
    SAFETY_GRANTED,
    SAFETY_BUSY,   /* the line is on, or its OFF is not confirmed yet */
    SAFETY_GAP,    /* the shortest gap has not passed */
    SAFETY_LENGTH, /* the pulse is longer than the longest on-time, or not longer than 0 */
    SAFETY_VOLUME, /* it would exceed the session's volume */
    SAFETY_ENDED,  /* the session is over: nothing is granted any more */
    SAFETY_CUT,    /* it had been on for as long as it may: switched off */
};

struct safety_line {
    double applied;     /* level last confirmed */
    int64_t on_ns;      /* when it was confirmed to leave the safe level; INT64_MIN while safe */
    int64_t off_ns;     /* when it was confirmed to be safe again; INT64_MIN before the first time */
    double wanted;      /* level last written */
    int64_t written_ns; /* when */
    int64_t asked_ns;   /* when `wanted` last changed: a confirmation from before that says nothing about it */
    int64_t end_ns;     /* when the granted pulse ends; INT64_MAX: open, until safety_off or the longest on-time */
    double granted_ul;  /* in this session */
    uint64_t n_granted, n_refused, n_repeated;
};

struct safety {
    const struct config *config;
    bool ended;
    struct safety_line lines[FRAME_OUTPUTS_MAX];
};

/* All lines safe, nothing counted. `config` (checked) must outlive `safety`. */
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

/* Once a tick, last: ends what is due, cuts what is on too long, repeats what was not confirmed. */
void safety_tick(struct safety *safety, int64_t now_ns, struct frame_out *out) RT_SAFE;

/* Ends the session for good: every line to its safe level, nothing is granted any more. */
void safety_end(struct safety *safety, int64_t now_ns, struct frame_out *out) RT_SAFE;

/* True if every line is confirmed at its safe level. */
bool safety_all_safe(const struct safety *safety) RT_SAFE;

/* The verdict in words, for summaries: "gap", "volume", ... */
const char *safety_words(enum safety_verdict verdict);
