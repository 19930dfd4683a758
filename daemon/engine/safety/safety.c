#include "engine/safety/safety.h"
#include <assert.h>
#include <string.h>

void safety_init(struct safety *safety, const struct config *config)
{
    memset(safety, 0, sizeof *safety);
    safety->config = config;
    for (uint32_t i = 0; i < config->n_outputs; i++) {
        struct safety_line *line = &safety->lines[i];
        line->applied = line->wanted = config->outputs[i].safe_level;
        line->on_ns = line->off_ns = line->written_ns = line->asked_ns = INT64_MIN;
        line->end_ns = INT64_MAX;
    }
}

static bool same_level(double a, double b)
{
    return a >= b && a <= b;
}

void safety_applied(struct safety *safety, const struct frame_applied *applied)
{
    assert(applied->output < safety->config->n_outputs);
    struct safety_line *line = &safety->lines[applied->output];
    const bool safe = same_level(applied->level, safety->config->outputs[applied->output].safe_level);
    if (safe) {
        if (line->on_ns != INT64_MIN || line->off_ns < line->asked_ns) /* an OFF written twice does not move the gap */
            line->off_ns = applied->t_ns;
        line->on_ns = INT64_MIN;
    } else if (line->on_ns == INT64_MIN)
        line->on_ns = applied->t_ns;
    line->applied = applied->level;
}

static void write_level(struct safety *safety, uint32_t output, double level, int64_t pulse_ns, int64_t now_ns,
                        int64_t cause_ns, struct frame_out *out)
{
    struct safety_line *line = &safety->lines[output];
    line->wanted = level;
    line->written_ns = now_ns;
    if (out->n_writes == FRAME_WRITES_MAX) { /* twice the number of outputs fit: only a broken caller gets here */
        out->n_dropped++;
        return;
    }
    out->writes[out->n_writes++] =
        (struct frame_write){.cause_ns = cause_ns, .pulse_ns = pulse_ns, .level = level, .output = output};
}

static bool wanted_on(const struct safety *safety, uint32_t output)
{
    return !same_level(safety->lines[output].wanted, safety->config->outputs[output].safe_level);
}

/* An ON whose confirmation was lost leaves `applied` as it was: only a confirmation of its OFF itself makes safe. */
static bool is_safe(const struct safety *safety, uint32_t output)
{
    const struct safety_line *line = &safety->lines[output];
    return !wanted_on(safety, output) && line->off_ns >= line->asked_ns &&
           same_level(line->applied, safety->config->outputs[output].safe_level);
}

static enum safety_verdict judge(const struct safety *safety, uint32_t output, int64_t length_ns, double ul,
                                 int64_t now_ns)
{
    const struct config_output *limits = &safety->config->outputs[output];
    const struct safety_line *line = &safety->lines[output];
    if (safety->ended)
        return SAFETY_ENDED;
    if (!is_safe(safety, output))
        return SAFETY_BUSY;
    if (length_ns <= 0 || (length_ns != INT64_MAX && length_ns > limits->max_on_ns))
        return SAFETY_LENGTH;
    if (line->off_ns != INT64_MIN && now_ns - line->off_ns < limits->min_gap_ns)
        return SAFETY_GAP;
    if (!(ul >= 0.0) || line->granted_ul + ul > limits->max_session_ul)
        return SAFETY_VOLUME;
    return SAFETY_GRANTED;
}

enum safety_verdict safety_on(struct safety *safety, uint32_t output, int64_t length_ns, double ul, int64_t now_ns,
                              int64_t cause_ns, struct frame_out *out)
{
    assert(output < safety->config->n_outputs);
    struct safety_line *line = &safety->lines[output];
    const enum safety_verdict verdict = judge(safety, output, length_ns, ul, now_ns);
    if (verdict != SAFETY_GRANTED) {
        line->n_refused++;
        frame_decide(out, FRAME_LIMITED, output, now_ns, (double)verdict);
        return verdict;
    }
    const struct config_output *limits = &safety->config->outputs[output];
    const bool timed = limits->guard == CONFIG_GUARD_DEVICE_TIMED;
    const bool open = length_ns == INT64_MAX;
    const int64_t longest_ns = open ? limits->max_on_ns : length_ns;
    line->granted_ul += ul;
    line->n_granted++;
    line->asked_ns = now_ns;
    line->end_ns = open ? INT64_MAX : now_ns + length_ns;
    const int64_t pulse_ns = timed && longest_ns != INT64_MAX ? longest_ns : 0; /* what the device ends by itself */
    write_level(safety, output, limits->on_level, pulse_ns, now_ns, cause_ns, out);
    return SAFETY_GRANTED;
}

void safety_off(struct safety *safety, uint32_t output, int64_t now_ns, int64_t cause_ns, struct frame_out *out)
{
    assert(output < safety->config->n_outputs);
    if (!wanted_on(safety, output))
        return; /* an OFF that is not confirmed is safety_tick's */
    safety->lines[output].asked_ns = now_ns;
    safety->lines[output].end_ns = INT64_MAX;
    write_level(safety, output, safety->config->outputs[output].safe_level, 0, now_ns, cause_ns, out);
}

/* True if the line, wanted on, will have been on for longer than it may before the next tick can act. */
static bool too_long(const struct safety *safety, uint32_t output, int64_t now_ns)
{
    const struct safety_line *line = &safety->lines[output];
    const int64_t max_on_ns = safety->config->outputs[output].max_on_ns;
    const int64_t since_ns = line->on_ns != INT64_MIN ? line->on_ns : line->asked_ns; /* unconfirmed: from the asking */
    const bool pulse = line->end_ns != INT64_MAX; /* ends by itself at end_ns, which judge() has checked */
    return max_on_ns != INT64_MAX && now_ns - since_ns > max_on_ns - (pulse ? 0 : safety->config->period_ns);
}

void safety_tick(struct safety *safety, int64_t now_ns, struct frame_out *out)
{
    for (uint32_t i = 0; i < safety->config->n_outputs; i++) {
        struct safety_line *line = &safety->lines[i];
        if (wanted_on(safety, i)) {
            if (line->end_ns != INT64_MAX && now_ns >= line->end_ns) {
                safety_off(safety, i, now_ns, line->end_ns, out);
            } else if (too_long(safety, i, now_ns)) {
                frame_decide(out, FRAME_LIMITED, i, now_ns, (double)SAFETY_CUT);
                safety_off(safety, i, now_ns, now_ns, out);
            }
        } else if (!is_safe(safety, i) && now_ns > line->written_ns) {
            line->n_repeated++;
            write_level(safety, i, safety->config->outputs[i].safe_level, 0, now_ns, now_ns, out);
        }
    }
}

void safety_end(struct safety *safety, int64_t now_ns, struct frame_out *out)
{
    safety->ended = true;
    for (uint32_t i = 0; i < safety->config->n_outputs; i++)
        safety_off(safety, i, now_ns, now_ns, out);
}

bool safety_all_safe(const struct safety *safety)
{
    for (uint32_t i = 0; i < safety->config->n_outputs; i++)
        if (!is_safe(safety, i))
            return false;
    return true;
}

const char *safety_words(enum safety_verdict verdict)
{
    switch (verdict) {
    case SAFETY_GRANTED:
        return "granted";
    case SAFETY_BUSY:
        return "busy";
    case SAFETY_GAP:
        return "gap";
    case SAFETY_LENGTH:
        return "length";
    case SAFETY_VOLUME:
        return "volume";
    case SAFETY_ENDED:
        return "ended";
    case SAFETY_CUT:
        return "cut";
    }
    return "unknown";
}
