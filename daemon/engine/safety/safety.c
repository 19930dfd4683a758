#include "engine/safety/safety.h"
#include "engine/base/units.h"
#include <assert.h>
#include <math.h>
#include <string.h>

/* `share_ns` of a window; INT64_MAX: the window is no limit, or not longer than what it allows. */
static int64_t limit_ns(double share_ns, int64_t per_ns)
{
    return per_ns > 0 && share_ns < (double)per_ns ? (int64_t)rint(share_ns) : INT64_MAX;
}

/* How long the line may be on within duty_per_ns, and within energy_per_ns. */
static int64_t duty_ns(const struct config_output *limits)
{
    return limit_ns(limits->duty * (double)limits->duty_per_ns, limits->duty_per_ns);
}

static int64_t energy_ns(const struct config_output *limits)
{
    return limit_ns(limits->max_energy_mj / limits->power_mw * (double)S, limits->energy_per_ns); /* mJ / mW = s */
}

int64_t safety_longest_ns(const struct config_output *limits)
{
    int64_t longest_ns = limits->max_on_ns;
    longest_ns = duty_ns(limits) < longest_ns ? duty_ns(limits) : longest_ns;
    return energy_ns(limits) < longest_ns ? energy_ns(limits) : longest_ns;
}

void safety_init(struct safety *safety, const struct config *config)
{
    memset(safety, 0, sizeof *safety);
    safety->config = config;
    for (uint32_t i = 0; i < config->n_outputs; i++) {
        struct safety_line *line = &safety->lines[i];
        line->applied = line->wanted = config->outputs[i].safe_level;
        line->on_ns = line->off_ns = line->written_ns = line->asked_ns = INT64_MIN;
        line->end_ns = INT64_MAX;
        line->began_ns = line->heard_ns = INT64_MIN;
        ontime_init(&line->duty, config->outputs[i].duty_per_ns);
        ontime_init(&line->energy, config->outputs[i].energy_per_ns);
    }
}

static bool same_level(double a, double b)
{
    return a >= b && a <= b;
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

/* The line is safe again: what it was on for counts from now on. */
static void book(struct safety_line *line)
{
    const int64_t timed_ns = line->began_ns + line->timed_ns;
    int64_t end_ns = line->off_ns;
    if (line->timed_ns > 0 && line->seen_on)
        end_ns = line->whole || timed_ns < end_ns ? timed_ns : end_ns;
    else if (line->timed_ns > 0 && line->whole)
        end_ns = timed_ns > end_ns ? timed_ns : end_ns;
    ontime_add(&line->duty, line->began_ns, end_ns);
    ontime_add(&line->energy, line->began_ns, end_ns);
    line->began_ns = INT64_MIN;
    line->seen_on = false;
    line->timed_ns = 0;
}

void safety_applied(struct safety *safety, const struct frame_applied *applied)
{
    assert(applied->output < safety->config->n_outputs);
    struct safety_line *line = &safety->lines[applied->output];
    if (applied->t_ns < line->heard_ns)
        return; /* an OFF of before must not hide that the line is on since */
    line->heard_ns = applied->t_ns;
    const bool safe = same_level(applied->level, safety->config->outputs[applied->output].safe_level);
    if (safe) {
        if (line->on_ns != INT64_MIN || line->off_ns < line->asked_ns) /* an OFF written twice does not move the gap */
            line->off_ns = applied->t_ns;
        line->on_ns = INT64_MIN;
    } else {
        if (line->on_ns == INT64_MIN)
            line->on_ns = applied->t_ns;
        if (!line->seen_on && applied->t_ns >= line->began_ns) { /* also if it came on by itself: nothing was granted */
            line->began_ns = applied->t_ns;
            line->seen_on = true;
        }
    }
    line->applied = applied->level;
    if (line->began_ns != INT64_MIN && is_safe(safety, applied->output))
        book(line);
}

/* True if being on from now_ns for length_ns, after all that is booked, is within a window's limit. */
static bool fits(const struct ontime *ontime, int64_t most_ns, int64_t length_ns, int64_t now_ns)
{
    const int64_t per_ns = ontime->window_ns;
    if (most_ns == INT64_MAX)
        return true;
    if (length_ns > most_ns)
        return false;
    return ontime_since(ontime, now_ns + length_ns - per_ns) <= most_ns - length_ns;
}

static bool excluded(const struct safety *safety, uint32_t output)
{
    const uint32_t exclude = safety->config->outputs[output].exclude;
    for (uint32_t i = 0; exclude != 0 && i < safety->config->n_outputs; i++)
        if ((exclude >> i & 1) != 0 && !is_safe(safety, i))
            return true;
    return false;
}

/* The limits on how many and how much. */
static enum safety_verdict judge_amount(const struct config_output *limits, const struct safety_line *line, double ul)
{
    if (!(ul >= 0.0) || line->granted_ul + ul > limits->max_session_ul)
        return SAFETY_VOLUME;
    if (limits->max_session_n > 0 && line->n_granted >= limits->max_session_n)
        return SAFETY_COUNT;
    if (limits->max_day_n > 0 && limits->day_n + line->n_granted >= limits->max_day_n)
        return SAFETY_DAY;
    if (limits->max_day_ul > 0 && limits->day_ul + line->granted_ul + ul > limits->max_day_ul)
        return SAFETY_DAY;
    return SAFETY_GRANTED;
}

bool safety_is_free(const struct safety *safety, uint32_t output)
{
    return is_safe(safety, output) && !safety->lines[output].away;
}

void safety_away(struct safety *safety, uint32_t output, bool away)
{
    safety->lines[output].away = away;
}

static enum safety_verdict judge(const struct safety *safety, uint32_t output, int64_t length_ns, double ul,
                                 int64_t now_ns)
{
    const struct config_output *limits = &safety->config->outputs[output];
    const struct safety_line *line = &safety->lines[output];
    if (safety->ended)
        return SAFETY_ENDED;
    if (!safety_is_free(safety, output))
        return SAFETY_BUSY;
    if (length_ns <= 0 || (length_ns != INT64_MAX && length_ns > limits->max_on_ns))
        return SAFETY_LENGTH;
    if (line->off_ns != INT64_MIN && now_ns - line->off_ns < limits->min_gap_ns)
        return SAFETY_GAP;
    const enum safety_verdict amount = judge_amount(limits, line, ul);
    if (amount != SAFETY_GRANTED)
        return amount;
    const int64_t debit_ns = length_ns == INT64_MAX ? safety_longest_ns(limits) : length_ns;
    if (!fits(&line->duty, duty_ns(limits), debit_ns, now_ns))
        return SAFETY_DUTY;
    if (!fits(&line->energy, energy_ns(limits), debit_ns, now_ns))
        return SAFETY_ENERGY;
    return excluded(safety, output) ? SAFETY_EXCLUDED : SAFETY_GRANTED;
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
    const int64_t longest_ns = open ? safety_longest_ns(limits) : length_ns;
    line->granted_ul += ul;
    line->n_granted++;
    line->asked_ns = now_ns;
    line->end_ns = open ? INT64_MAX : now_ns + length_ns;
    const int64_t pulse_ns = timed && longest_ns != INT64_MAX ? longest_ns : 0; /* what the device ends by itself */
    line->began_ns = now_ns;
    line->seen_on = false;
    line->timed_ns = pulse_ns;
    line->whole = !open; /* an open line is aborted when it is switched off: that is its on-time */
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
    const int64_t longest_ns = safety_longest_ns(&safety->config->outputs[output]);
    const int64_t since_ns = line->on_ns != INT64_MIN ? line->on_ns : line->asked_ns; /* unconfirmed: from the asking */
    const bool pulse = line->end_ns != INT64_MAX; /* ends by itself at end_ns, which judge() has checked */
    return longest_ns != INT64_MAX && now_ns - since_ns > longest_ns - (pulse ? 0 : safety->config->period_ns);
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
    static const char *const words[SAFETY_VERDICTS] = {
        [SAFETY_GRANTED] = "granted", [SAFETY_BUSY] = "busy",     [SAFETY_GAP] = "gap",
        [SAFETY_LENGTH] = "length",   [SAFETY_VOLUME] = "volume", [SAFETY_ENDED] = "ended",
        [SAFETY_CUT] = "cut",         [SAFETY_COUNT] = "count",   [SAFETY_DAY] = "day",
        [SAFETY_DUTY] = "duty",       [SAFETY_ENERGY] = "energy", [SAFETY_EXCLUDED] = "excluded",
    };
    return verdict < SAFETY_VERDICTS ? words[verdict] : "unknown";
}
