/* windows: which events of a signal are to be scored, and when. (engine/model/windows.h)
 *
 * Every cue and outcome opens a window around itself. A missing outcome is an event too: once a cue has been followed
 * by an outcome, the running mean of that delay says when the next one is due, and if none has come until that window
 * has passed, the due time is scored as an omission. An outcome, or the same cue again, withdraws it. Threads: one at a
 * time, real-time after init. Memory: the caller's. */
#pragma once
#include "engine/base/error.h"
#include "engine/base/rt.h"
#include "engine/model/model.h"
#include "engine/model/score.h"
#include <stdbool.h>
#include <stdint.h>

enum { WINDOWS_PENDING_MAX = 32 }; /* windows last a second or two: more than ten events a second */

/* Half-open spans around an event, in ns from it: m is the mean over resp minus the mean over base. */
struct windows_span {
    int64_t base_from_ns, base_to_ns, resp_from_ns, resp_to_ns; /* -2 s .. 3 s, each from < to */
};
extern const struct windows_span windows_span_default; /* base [-0.5, 0), resp [0.1, 1.0) s */

struct windows_config {
    struct windows_span cue, us; /* us is also the omission's */
    int64_t omission_max_ns;     /* an outcome later than this after a cue is not that cue's; 0.1 .. 60 s */
    int64_t settle_ns;           /* how long a window waits for samples that have not come, 0 .. 1 s */
};

struct windows_pending {
    int64_t t_ns;
    int type;    /* enum in score.h */
    int cue;     /* the cue that made an omission due, else -1 */
    bool passed; /* its time has come: g is set */
    double g;    /* the fit's gain as of the event */
};

struct windows_cue {
    bool open; /* no outcome yet since onset_ns */
    int64_t onset_ns;
    int64_t delay_ns; /* running mean from onset to outcome, 0 before the first */
};

struct windows {
    struct windows_config config;
    struct windows_pending pending[WINDOWS_PENDING_MAX];
    uint32_t n_pending;
    uint32_t n_dropped; /* events that found no room */
    struct windows_cue cue[MODEL_CS_MAX];
};

/* The defaults for every span. */
struct windows_config windows_config_default(void);

/* False and *err: a value out of range. */
MUST_CHECK bool windows_init(struct windows *windows, const struct windows_config *config, struct error *err);

/* The span of events of `type`. */
const struct windows_span *windows_span_of(const struct windows *windows, int type) RT_SAFE;

/* The longest way back from, and forward of, an event that any window reaches. */
int64_t windows_reach_ns(const struct windows_config *config) RT_SAFE;

/* Cue onsets and outcomes count, the rest is ignored. */
void windows_event(struct windows *windows, const struct model_event *event) RT_SAFE;

/* Marks the events whose time is before `now_ns` with the gain that holds now. */
void windows_pass(struct windows *windows, int64_t now_ns, double g) RT_SAFE;

/* Takes the next event whose response window is complete at `now_ns`: predictions reach that far, and samples do
 * (`sample_ns` is the newest one's time) or have had their time. False if there is none. */
bool windows_take(struct windows *windows, int64_t now_ns, int64_t sample_ns, struct windows_pending *done) RT_SAFE;
