/* safety, by the rules: an auditor sits at the device's own terminals, and knows the limits of the rig file and what
 * was asked; of safety it believes nothing. Its rules are written from the sentences of DESIGN section 9: maximum
 * on-time   what a line is granted, and what its device is told, is never longer minimum gap       from the edge that
 * ended the line's last on-time to the one that begins the next count and volume  of grants, in the session and with
 * what the day had before duty, energy      when a line goes on, what it is granted and what it really was on for fit
 * into one window together exclusion         no two that exclude each other are on together safe value        a line
 * has its on level or its safe level, and a line that nobody wants on is written off each tick refusals          each
 * has its reason, and one that has none is granted Ticks come late or twice at one time, confirmations late or never,
 * lines go on by themselves, the clock jumps. */
#include "engine/base/units.h"
#include "engine/safety/safety.h"
#include "tests/property/gen.h"
#include "tests/test.h"
#include <math.h>

enum { LINES = 3, TICKS_MAX = 40, SPANS_MAX = 256, CONFIRMS_MAX = 512 };

struct span {
    int64_t on_ns, off_ns; /* as the terminal had it */
    int64_t billed_ns;     /* when it ends by the rules: a timed pulse counts whole */
};

/* What the auditor knows of a line. */
struct line {
    struct span spans[SPANS_MAX]; /* the last one has no end yet if `on` */
    uint32_t n_spans, n;
    double ul;
    bool on, glitch;      /* on; by itself */
    int64_t last_ns;      /* of its newest write */
    int64_t end_ns;       /* when its device ends it; INT64_MAX: never */
    int64_t granted_ns;   /* the newest grant, */
    int64_t length_ns;    /* its length, or the longest if it was open, */
    bool open, wanted;    /* and whether no OFF was written since */
    bool told_off;        /* the OFF since then was confirmed */
    int64_t off_asked_ns; /* when it was written first */
    int64_t off_again_ns; /* and last */
    int64_t off_told_ns;  /* time of the newest OFF that safety was told of; INT64_MIN: none */
};

struct confirm {
    int64_t arrives_ns;
    struct frame_applied applied;
};

struct world {
    struct gen *gen;
    struct line lines[LINES];
    struct confirm confirms[CONFIRMS_MAX];
    uint32_t n_confirms, first_confirm;
    unsigned lost_percent, late_percent, glitch_percent, deaf_percent; /* confirmations, ticks, lines, devices */
    bool ended, reports_ends;
    int64_t now_ns;
};

/* Too large to be made anew for each of a hundred thousand programs. */
static struct config config;
static struct safety safety;
static struct frame_out out;

static void begin_limits(struct gen *gen, struct config_output *limits)
{
    *limits = (struct config_output){
        .max_on_ns = gen_chance(gen, 10) ? INT64_MAX : gen_between(gen, 2 * MS, 60 * MS),
        .min_gap_ns = gen_chance(gen, 40) ? gen_between(gen, 0, 20 * MS) : 0,
        .max_session_ul = gen_chance(gen, 30) ? (double)gen_between(gen, 0, 20) : (double)INFINITY,
        .max_day_ul = gen_chance(gen, 20) ? (double)gen_between(gen, 1, 30) : 0,
        .day_ul = gen_chance(gen, 50) ? (double)gen_between(gen, 0, 10) : 0,
        .max_session_n = gen_chance(gen, 20) ? (uint32_t)gen_between(gen, 1, 6) : 0,
        .max_day_n = gen_chance(gen, 20) ? (uint32_t)gen_between(gen, 1, 8) : 0,
        .day_n = gen_chance(gen, 50) ? (uint32_t)gen_between(gen, 0, 4) : 0,
        .on_level = 1,
        .guard = gen_chance(gen, 50) ? CONFIG_GUARD_DEVICE_TIMED : CONFIG_GUARD_NONE,
    };
    if (gen_chance(gen, 60)) {
        limits->duty_per_ns = gen_between(gen, 10 * MS, 400 * MS);
        limits->duty = (double)gen_between(gen, 5, 100) / 100;
    }
    if (gen_chance(gen, 40)) {
        limits->energy_per_ns = gen_between(gen, 10 * MS, 800 * MS);
        limits->power_mw = (double)gen_between(gen, 1, 20);
        limits->max_energy_mj = limits->power_mw * (double)gen_between(gen, 2, 90) / 1000; /* 2 .. 90 ms of light */
    }
}

static void begin(struct world *world)
{
    struct gen *gen = world->gen;
    config.period_ns = MS;
    config.n_outputs = LINES;
    for (uint32_t i = 0; i < LINES; i++) {
        begin_limits(gen, &config.outputs[i]);
        world->lines[i].n_spans = world->lines[i].n = 0;
        world->lines[i].ul = 0;
        world->lines[i].on = world->lines[i].glitch = world->lines[i].wanted = false;
        world->lines[i].told_off = true;
        world->lines[i].last_ns = 0;
        world->lines[i].off_told_ns = world->lines[i].off_asked_ns = world->lines[i].off_again_ns = INT64_MIN;
    }
    for (uint32_t i = 1; i < LINES; i++)
        if (gen_chance(gen, 40)) {
            config.outputs[i].exclude |= 1u << (i - 1);
            config.outputs[i - 1].exclude |= 1u << i;
        }
    world->lost_percent = gen_chance(gen, 50) ? (unsigned)gen_below(gen, 80) : 0;
    world->late_percent = gen_chance(gen, 50) ? (unsigned)gen_below(gen, 40) : 0;
    world->deaf_percent = gen_chance(gen, 30) ? 30 : 0;
    world->glitch_percent = gen_chance(gen, 15) ? 5 : 0;
    world->reports_ends = gen_chance(gen, 50);
    world->n_confirms = world->first_confirm = 0;
    world->ended = false;
    world->now_ns = 0;
    safety_init(&safety, &config);
}

/* The rules' own arithmetic: what the line may be on for within a window, in ns. What allows a whole window or more
 * forbids nothing. */
static double duty_allows_ns(const struct config_output *limits)
{
    const double ns = limits->duty * (double)limits->duty_per_ns;
    return ns < (double)limits->duty_per_ns ? ns : HUGE_VAL;
}

static double energy_allows_ns(const struct config_output *limits)
{
    const double ns = limits->energy_per_ns > 0 ? limits->max_energy_mj / limits->power_mw * 1e9 : 0;
    return ns < (double)limits->energy_per_ns ? ns : HUGE_VAL;
}

static int64_t longest_ns(const struct config_output *limits)
{
    const double windows_ns = fmin(duty_allows_ns(limits), energy_allows_ns(limits));
    return windows_ns < (double)limits->max_on_ns ? (int64_t)(windows_ns + 1) : limits->max_on_ns;
}

static void confirm(struct world *world, uint32_t output, double level, int64_t t_ns)
{
    if (gen_chance(world->gen, world->lost_percent) || world->n_confirms == CONFIRMS_MAX)
        return;
    const int64_t before_ns = world->n_confirms > 0 ? world->confirms[world->n_confirms - 1].arrives_ns : 0;
    const int64_t arrives_ns = t_ns + gen_between(world->gen, 0, 3 * MS);
    world->confirms[world->n_confirms++] = (struct confirm){
        .arrives_ns = arrives_ns > before_ns ? arrives_ns : before_ns, /* in the order in which they happened */
        .applied = {.t_ns = t_ns, .level = level, .output = output},
    };
}

static void goes_off(struct line *line, int64_t t_ns)
{
    struct span *span = &line->spans[line->n_spans - 1];
    span->off_ns = t_ns;
    if (span->billed_ns < t_ns)
        span->billed_ns = t_ns;
    line->on = line->glitch = false;
}

/* The device ends what it times. */
static void settle(struct world *world, uint32_t output, int64_t now_ns)
{
    struct line *line = &world->lines[output];
    if (!line->on || line->end_ns > now_ns)
        return;
    goes_off(line, line->end_ns);
    if (world->reports_ends)
        confirm(world, output, 0, line->end_ns);
}

/* How long the terminal was on in [from_ns, to_ns); or what is billed for it. */
static int64_t on_within(const struct line *line, int64_t from_ns, int64_t to_ns, bool billed)
{
    int64_t sum_ns = 0;
    for (uint32_t i = 0; i < line->n_spans; i++) {
        const struct span *span = &line->spans[i];
        const int64_t off_ns = billed ? span->billed_ns : line->on && i == line->n_spans - 1 ? to_ns : span->off_ns;
        const int64_t first_ns = span->on_ns > from_ns ? span->on_ns : from_ns;
        const int64_t last_ns = off_ns < to_ns ? off_ns : to_ns;
        sum_ns += last_ns > first_ns ? last_ns - first_ns : 0;
    }
    return sum_ns;
}

/* A grant of length_ns from t_ns on, with what was, within a window. */
static bool within(const struct line *line, int64_t per_ns, double allows_ns, int64_t t_ns)
{
    return isinf(allows_ns) ||
           (double)(on_within(line, t_ns + line->length_ns - per_ns, t_ns, false) + line->length_ns) <= allows_ns + 1;
}

static bool goes_on(struct world *world, uint32_t o, const struct frame_write *write, int64_t t_ns)
{
    struct gen *gen = world->gen;
    struct line *line = &world->lines[o];
    const struct config_output *limits = &config.outputs[o];
    const struct span *last = line->n_spans > 0 ? &line->spans[line->n_spans - 1] : NULL;
    if (!line->wanted || world->ended)
        return gen_say(gen, "line %u goes on and nobody asked", o);
    if (last != NULL && line->granted_ns - last->off_ns < limits->min_gap_ns)
        return gen_say(gen, "line %u was off for %lld ns", o, (long long)(line->granted_ns - last->off_ns));
    if (limits->max_on_ns != INT64_MAX && line->length_ns > limits->max_on_ns)
        return gen_say(gen, "line %u is granted %lld ns", o, (long long)line->length_ns);
    if (limits->guard == CONFIG_GUARD_DEVICE_TIMED && line->length_ns != INT64_MAX &&
        (write->pulse_ns <= 0 || write->pulse_ns > line->length_ns))
        return gen_say(gen, "line %u: its device is told %lld ns", o, (long long)write->pulse_ns);
    if (!within(line, limits->duty_per_ns, duty_allows_ns(limits), t_ns))
        return gen_say(gen, "line %u: duty", o);
    if (!within(line, limits->energy_per_ns, energy_allows_ns(limits), t_ns))
        return gen_say(gen, "line %u: energy", o);
    for (uint32_t i = 0; i < LINES; i++) {
        settle(world, i, t_ns);
        if ((limits->exclude >> i & 1) != 0 && world->lines[i].on && !world->lines[i].glitch)
            return gen_say(gen, "lines %u and %u are on together", o, i);
    }
    if (line->n_spans == SPANS_MAX)
        return gen_say(gen, "more spans than the test has room for");
    line->on = true;
    line->end_ns = write->pulse_ns > 0 ? t_ns + write->pulse_ns : INT64_MAX;
    line->spans[line->n_spans++] =
        (struct span){.on_ns = t_ns, .billed_ns = write->pulse_ns > 0 && !line->open ? t_ns + write->pulse_ns : t_ns};
    return true;
}

static bool apply(struct world *world, const struct frame_write *write)
{
    const uint32_t o = write->output;
    struct line *line = &world->lines[o];
    int64_t t_ns = world->now_ns + gen_between(world->gen, 0, 100 * US);
    t_ns = t_ns < line->last_ns ? line->last_ns : t_ns; /* one line's writes keep their order */
    line->last_ns = t_ns;
    settle(world, o, t_ns);
    if (!(write->level >= 0 && write->level <= 0) && !(write->level >= 1 && write->level <= 1))
        return gen_say(world->gen, "line %u: a level of %g", o, write->level);
    if (!(write->level > 0)) {
        if (line->wanted || line->off_asked_ns == INT64_MIN)
            line->off_asked_ns = world->now_ns;
        line->wanted = false;
        line->off_again_ns = world->now_ns;
    }
    if (gen_chance(world->gen, world->deaf_percent))
        return true; /* it never gets to the device, and nobody confirms it */
    if (write->level > 0 && !line->on && !goes_on(world, o, write, t_ns))
        return false;
    if (!(write->level > 0) && line->on)
        goes_off(line, t_ns);
    confirm(world, o, write->level, t_ns);
    return true;
}

/* True if the auditor, too, can't be sure that the line is off. */
static bool may_be_on(const struct line *line)
{
    return line->wanted || !line->told_off;
}

/* A refusal for how long the line was on. What safety rounds up by, a 64th of the window, and a span that reaches into
 * the window count on its side; what was lost does, too. */
static bool had_reason(const struct world *world, const struct line *line, int64_t per_ns, double allows_ns,
                       int64_t length_ns)
{
    const int64_t from_ns = world->now_ns + length_ns - per_ns - per_ns / 64 - 100 * MS;
    return world->lost_percent + world->deaf_percent > 0 || (per_ns > 0 && length_ns > per_ns) ||
           (double)(on_within(line, from_ns, INT64_MAX, true) + length_ns) > allows_ns - 1;
}

static bool refused(struct world *world, uint32_t o, int64_t length_ns, double ul, enum safety_verdict verdict)
{
    const struct config_output *limits = &config.outputs[o];
    const struct line *line = &world->lines[o];
    const int64_t debit_ns = length_ns == INT64_MAX ? longest_ns(limits) : length_ns;
    bool reason = false;
    switch (verdict) {
    case SAFETY_BUSY:
        reason = may_be_on(line);
        break;
    case SAFETY_GAP:
        reason = line->off_told_ns != INT64_MIN && world->now_ns - line->off_told_ns < limits->min_gap_ns;
        break;
    case SAFETY_LENGTH:
        reason = length_ns <= 0 || length_ns > limits->max_on_ns;
        break;
    case SAFETY_VOLUME:
        reason = line->ul + ul > limits->max_session_ul;
        break;
    case SAFETY_ENDED:
        reason = world->ended;
        break;
    case SAFETY_COUNT:
        reason = line->n == limits->max_session_n;
        break;
    case SAFETY_DAY:
        reason = (limits->max_day_n > 0 && line->n + limits->day_n >= limits->max_day_n) ||
                 (limits->max_day_ul > 0 && line->ul + limits->day_ul + ul > limits->max_day_ul);
        break;
    case SAFETY_DUTY:
        reason = had_reason(world, line, limits->duty_per_ns, duty_allows_ns(limits), debit_ns);
        break;
    case SAFETY_ENERGY:
        reason = had_reason(world, line, limits->energy_per_ns, energy_allows_ns(limits), debit_ns);
        break;
    case SAFETY_EXCLUDED:
        for (uint32_t i = 0; i < LINES; i++)
            reason |= (limits->exclude >> i & 1) != 0 && may_be_on(&world->lines[i]);
        break;
    case SAFETY_GRANTED:
    case SAFETY_CUT:
    case SAFETY_VERDICTS:
        break;
    }
    return reason || gen_say(world->gen, "line %u: refused for \"%s\"", o, safety_words(verdict));
}

static bool granted(struct world *world, uint32_t o, int64_t length_ns, double ul)
{
    const struct config_output *limits = &config.outputs[o];
    struct line *line = &world->lines[o];
    line->n++;
    line->ul += ul;
    if (line->ul > limits->max_session_ul || (limits->max_day_ul > 0 && line->ul + limits->day_ul > limits->max_day_ul))
        return gen_say(world->gen, "line %u gave %g ul", o, line->ul);
    if ((limits->max_session_n > 0 && line->n > limits->max_session_n) ||
        (limits->max_day_n > 0 && line->n + limits->day_n > limits->max_day_n))
        return gen_say(world->gen, "line %u was granted %u times", o, line->n);
    line->open = length_ns == INT64_MAX;
    line->length_ns = line->open ? longest_ns(limits) : length_ns;
    line->granted_ns = world->now_ns;
    line->wanted = true;
    line->told_off = false;
    return true;
}

static bool ask(struct world *world)
{
    struct gen *gen = world->gen;
    const uint32_t o = (uint32_t)gen_below(gen, LINES);
    if (gen_chance(gen, 15)) {
        safety_off(&safety, o, world->now_ns, world->now_ns, &out);
        return true;
    }
    const int64_t length_ns = gen_chance(gen, 25) ? INT64_MAX : gen_between(gen, -MS, 62 * MS);
    const double ul = gen_chance(gen, 30) ? (double)gen_between(gen, 1, 8) : 0.0;
    const enum safety_verdict verdict = safety_on(&safety, o, length_ns, ul, world->now_ns, world->now_ns, &out);
    return verdict == SAFETY_GRANTED ? granted(world, o, length_ns, ul) : refused(world, o, length_ns, ul, verdict);
}

/* A line goes on by itself, and safety hears of it. */
static bool glitch(struct world *world)
{
    const uint32_t o = (uint32_t)gen_below(world->gen, LINES);
    struct line *line = &world->lines[o];
    settle(world, o, world->now_ns);
    if (line->on || may_be_on(line) || line->off_again_ns == world->now_ns)
        return true;
    if (line->n_spans == SPANS_MAX)
        return gen_say(world->gen, "more spans than the test has room for");
    line->on = line->glitch = true;
    line->end_ns = INT64_MAX;
    line->spans[line->n_spans++] = (struct span){.on_ns = world->now_ns, .billed_ns = world->now_ns};
    line->told_off = false;
    line->off_asked_ns = INT64_MIN;
    safety_applied(&safety, &(struct frame_applied){.t_ns = world->now_ns, .level = 1, .output = o});
    return true;
}

static void tell(struct world *world)
{
    for (; world->first_confirm < world->n_confirms; world->first_confirm++) {
        const struct confirm *next = &world->confirms[world->first_confirm];
        struct line *line = &world->lines[next->applied.output];
        if (next->arrives_ns > world->now_ns)
            return;
        safety_applied(&safety, &next->applied);
        if (next->applied.level > 0 || (line->glitch && next->applied.t_ns < line->spans[line->n_spans - 1].on_ns))
            continue;
        line->off_told_ns = next->applied.t_ns;
        line->told_off |= !line->wanted && next->applied.t_ns >= line->off_asked_ns;
    }
}

/* What must hold at a tick's end. */
static bool all_well(struct world *world)
{
    for (uint32_t i = 0; i < LINES; i++) {
        struct line *line = &world->lines[i];
        settle(world, i, world->now_ns);
        if (line->on && !line->wanted && line->off_again_ns != world->now_ns)
            return gen_say(world->gen, "line %u is on and nobody wants it", i);
        if (line->on && line->wanted && line->length_ns != INT64_MAX &&
            world->now_ns - line->spans[line->n_spans - 1].on_ns > line->length_ns)
            return gen_say(world->gen, "line %u is on for too long", i);
        if (!line->wanted && !line->told_off && line->off_again_ns != world->now_ns)
            return gen_say(world->gen, "line %u: its OFF is not confirmed, and not written again", i);
    }
    return out.n_dropped == 0 || gen_say(world->gen, "%u entries did not fit", out.n_dropped);
}

static bool tick(struct world *world)
{
    struct gen *gen = world->gen;
    world->now_ns += gen_chance(gen, 5) ? 0 : gen_between(gen, 100 * US, 4 * MS);
    if (gen_chance(gen, world->late_percent))
        world->now_ns += gen_between(gen, 0, 300 * MS);
    if (gen_chance(gen, 1))
        world->now_ns += gen_between(gen, 0, 3600 * S); /* the clock jumps */
    frame_out_clear(&out);
    for (uint32_t i = 0; i < LINES; i++)
        settle(world, i, world->now_ns);
    if (gen_chance(gen, world->glitch_percent) && !glitch(world))
        return false;
    tell(world);
    for (uint64_t n = gen_below(gen, 3); n > 0; n--)
        if (!ask(world))
            return false;
    safety_tick(&safety, world->now_ns, &out);
    for (uint32_t i = 0; i < out.n_writes; i++)
        if (!apply(world, &out.writes[i]))
            return false;
    return all_well(world);
}

/* At the end, over all of it: no window has more than its share of what a device timed. */
static bool windows_hold(struct world *world)
{
    for (uint32_t i = 0; i < LINES; i++) {
        const struct config_output *limits = &config.outputs[i];
        const struct line *line = &world->lines[i];
        if (limits->guard != CONFIG_GUARD_DEVICE_TIMED || limits->duty_per_ns == 0 || world->glitch_percent > 0)
            continue;
        for (uint32_t k = 0; k < line->n_spans; k++) {
            const int64_t end_ns = line->spans[k].off_ns;
            if (!(line->on && k == line->n_spans - 1) &&
                (double)on_within(line, end_ns - limits->duty_per_ns, end_ns, false) > duty_allows_ns(limits) + 1)
                return gen_say(world->gen, "line %u: more than its duty before %lld ns", i, (long long)end_ns);
        }
    }
    return true;
}

static bool rules_hold(struct gen *gen)
{
    static struct world world;
    world.gen = gen;
    begin(&world);
    for (uint64_t n = gen_below(gen, TICKS_MAX); n > 0; n--)
        if (!tick(&world))
            return false;
    if (!windows_hold(&world))
        return false;
    frame_out_clear(&out);
    safety_end(&safety, world.now_ns, &out);
    world.ended = true;
    for (uint32_t i = 0; i < out.n_writes; i++)
        if (!apply(&world, &out.writes[i]))
            return false;
    for (uint32_t i = 0; i < LINES; i++)
        if (world.lines[i].on && world.deaf_percent == 0 && !world.lines[i].glitch)
            return gen_say(gen, "line %u is on after the end", i);
    return tick(&world);
}

static void a_hundred_thousand_random_programs_keep_the_rules(void **state)
{
    (void)state;
    gen_check(rules_hold, test_seed, 120000);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_hundred_thousand_random_programs_keep_the_rules),
};
TEST_MAIN(tests)
