#include "planner/trigger_words.h"
#include "engine/base/units.h"
#include "engine/latency.h"
#include "engine/signal/phase.h"
#include "planner/source_words.h"
#include "planner/task_words.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ANY QUANTITY_NUMBER, 0, 0

static const double hour_ns = 3.6e12, radians = 3.14159265358979323846 / 180;

/* What the keys of a trigger say before its source is known. */
struct trigger_form {
    double at_deg;
    bool enabled;
    struct config_trigger made;
};

/* The level at `key`: in the source's unit, or a z-score. False: absent. */
static bool read_level(const struct declare *declare, const char *key, enum quantity_dimension unit,
                       struct quantity *level)
{
    declare_push(declare, key);
    const bool has = !lua_isnil(declare->lua, -1);
    const bool is = has && quantity_get(declare->lua, -1, level) && isfinite(level->value) &&
                    (level->dimension == unit || level->dimension == QUANTITY_Z);
    lua_pop(declare->lua, 1);
    if (has && !is)
        declare_fail(declare, key, NULL, "%s, or z(x)", quantity_expected(unit));
    if (has && fabs(level->value) > (level->dimension == QUANTITY_Z ? 100 : 1e6))
        declare_fail(declare, key, NULL, "%s", level->dimension == QUANTITY_Z ? "z(-100)..z(100)" : "-1e6..1e6");
    return has;
}

static void same_kind(const struct declare *declare, const char *key, const struct quantity *level,
                      const struct quantity *threshold)
{
    if (level->dimension != threshold->dimension)
        declare_fail(declare, key, NULL, "the threshold's kind: %s", quantity_expected(threshold->dimension));
}

static void read_levels(const struct declare *declare, const struct source_words *source, struct config_trigger *made)
{
    const enum quantity_dimension unit = source_words_unit(source);
    struct quantity threshold = {.dimension = unit}, release, above;
    const bool is_phase = source->source.kind == CONFIG_SOURCE_PHASE;
    const bool below = read_level(declare, "below", unit, &threshold);
    const bool has_above = read_level(declare, "above", unit, &above);
    if (is_phase && (below || (has_above && above.dimension == QUANTITY_Z)))
        declare_fail(declare, below ? "below" : "above", NULL, "above = percent(x) for a phase: its least amplitude");
    if (below == has_above && !(is_phase && !has_above))
        declare_fail(declare, below ? "above" : NULL, below ? NULL : "",
                     "either below or above: z(x), or a level in the unit of `on`");
    if (has_above)
        threshold = above;
    made->below = below;
    made->threshold = made->release = threshold.value;
    made->zscore = threshold.dimension == QUANTITY_Z;
    if (read_level(declare, "release", unit, &release)) {
        same_kind(declare, "release", &release, &threshold);
        made->release = release.value;
    }
    if (below ? made->release < made->threshold : made->release > made->threshold)
        declare_fail(declare, "release", NULL, "a level on the quiet side of %s", below ? "below" : "above");
    made->drop = source->drop.value;
    if (made->drop > 0)
        same_kind(declare, "on", &source->drop, &threshold);
}

/* max_rate = { 5, per = sec(60) } */
static void read_max_rate(const struct declare *declare, struct config_trigger *made)
{
    static const struct declare_key keys[] = {
        {"1",   DECLARE_WHOLE, true, QUANTITY_NUMBER, 1, CONFIG_DECISIONS_MAX, offsetof(struct config_trigger, max_n),
         NULL},
        {"per", DECLARE_NS, true, QUANTITY_TIME, 1e6, 3.6e12, offsetof(struct config_trigger, max_per_ns), NULL},
        {0   },
    };
    struct declare inner;
    char path[SANDBOX_TEXT];
    if (!declare_inner(declare, "max_rate", &inner, path))
        return;
    declare_keys(&inner, keys, made);
    lua_pop(declare->lua, 1);
}

static void read_conditions(const struct declare *declare, struct config_trigger *made)
{
    struct declare list;
    char path[SANDBOX_TEXT], position[12];
    made->n_conditions = declare_list(declare, "when", CONFIG_CONDITIONS_MAX);
    if (!declare_inner(declare, "when", &list, path))
        return;
    for (uint32_t i = 0; i < made->n_conditions; i++) {
        snprintf(position, sizeof position, "%u", (unsigned)i + 1);
        declare_push(&list, position);
        const struct config_condition *condition = source_words_condition(declare->lua, -1);
        if (!condition)
            declare_fail(&list, position, NULL,
                         "licked, not_licked, lick_rate, is_above or is_below, as in licked(\"lick\", ms(500))");
        made->conditions[i] = *condition;
        lua_pop(declare->lua, 1);
    }
    lua_pop(declare->lua, 1);
}

/* What the number is: the source, and for a phase its band and angle. */
static void read_source(const struct declare *declare, const struct source_words *source, double at_deg,
                        struct config_trigger *made)
{
    const struct config *config = &task_words_owner(declare->lua)->config;
    made->source = source->source;
    made->slope_ns = source->slope_ns;
    const bool is_phase = source->source.kind == CONFIG_SOURCE_PHASE;
    if (declare_has(declare, "at") != is_phase)
        declare_fail(declare, is_phase ? NULL : "at", is_phase ? "" : NULL,
                     is_phase ? "at = deg(x): the phase to fire at; 0 is the oscillation's maximum"
                              : "no angle: only a phase has one");
    if (!is_phase)
        return;
    made->low_hz = source->low_hz;
    made->high_hz = source->high_hz;
    made->at_rad = at_deg * radians;
    const double rate_hz = config->channels[config->signals[source->source.signal].channel_signal].rate_hz;
    if (!phase_band_good(rate_hz, made->low_hz, made->high_hz))
        declare_fail(declare, "on", "",
                     "a band within hz(0.01)..hz(%.10g), a tenth of the signal's rate, 1/20 to 1 of its middle wide",
                     rate_hz / 10);
}

/* A hold shorter than the time between two numbers would be none. */
static void check_hold(const struct declare *declare, const struct config *config, uint32_t i)
{
    const struct latency latency = latency_of(config, i);
    const int64_t least_ns = latency.update_ns > latency.tick_ns ? latency.update_ns : latency.tick_ns;
    char text[QUANTITY_TEXT];
    quantity_text((struct quantity){.value = (double)least_ns, .dimension = QUANTITY_TIME}, text);
    if (latency.hold_ns > 0 && latency.hold_ns < least_ns)
        declare_fail(declare, "hold", NULL, "none, or at least %s: so often there is a new number", text);
}

static int read_trigger(struct declare *declare)
{
#define MADE(field) offsetof(struct trigger_form, made.field)
    static const struct declare_key keys[] = {
        {"on",           DECLARE_OTHER, true, ANY, 0, NULL},
        {"below",          DECLARE_OTHER, false, ANY, 0, NULL},
        {"above",             DECLARE_OTHER, false, ANY, 0, NULL},
        {"release",              DECLARE_OTHER, false, ANY, 0, NULL},
        {"at",DECLARE_NUMBER, false, QUANTITY_ANGLE, -180, 180, offsetof(struct trigger_form, at_deg), NULL},
        {"hold",           DECLARE_NS, false, QUANTITY_TIME, 0, 1e10, MADE(hold_ns), NULL},
        {"lockout",          DECLARE_NS, false, QUANTITY_TIME, 0, hour_ns, MADE(lockout_ns), NULL},
        {"delay",        DECLARE_NS, false, QUANTITY_TIME, 0, 6e10, MADE(delay_ns), NULL},
        {"sham",         DECLARE_NUMBER, false, QUANTITY_NUMBER, 0, 1, MADE(sham), NULL},
        {"max_rate",             DECLARE_OTHER, false, ANY, 0, NULL},
        {"max_count",              DECLARE_WHOLE, false, QUANTITY_NUMBER, 1, 1e6, MADE(max_count), NULL},
        {"when",DECLARE_OTHER, false, ANY, 0, NULL},
        {"enabled",           DECLARE_FLAG, false, ANY, offsetof(struct trigger_form, enabled), NULL},
        {0         },
    };
#undef MADE
    struct config *config = &task_words_owner(declare->lua)->config;
    const uint32_t n = config->n_triggers;
    declare_unique(declare, config->triggers, n, sizeof *config->triggers);
    declare_room(declare, n, CONFIG_TRIGGERS_MAX, "triggers");
    for (uint32_t i = 0; i < config->n_inputs; i++)
        if (strcmp(config->inputs[i].name, declare->name) == 0)
            declare_fail(declare, NULL, "", "another name: the rig has an input \"%s\"", declare->name);
    struct trigger_form form = {.enabled = true, .made.max_count = UINT32_MAX};
    struct config_trigger *made = &form.made;
    declare_keys(declare, keys, &form);
    declare_push(declare, "on");
    const struct source_words *source = source_words_get(declare->lua, -1);
    if (!source)
        declare_fail(
            declare, "on", NULL,
            "what to look at: dff, residual, predicted, variable, slope, peak, phase or yoke, as in dff(\"signal\")");
    read_source(declare, source, form.at_deg, made);
    if (source->source.kind != CONFIG_SOURCE_YOKE)
        read_levels(declare, source, made);
    else if (declare_has(declare, "above") || declare_has(declare, "below") || declare_has(declare, "release"))
        declare_fail(declare, NULL, "", "no threshold: a yoke has its times");
    memcpy(made->yoke_train, source->train, sizeof made->yoke_train);
    made->enabled = form.enabled;
    read_max_rate(declare, made);
    read_conditions(declare, made);
    memcpy(made->name, declare->name, strlen(declare->name) + 1);
    config->triggers[n] = *made;
    check_hold(declare, config, n);
    config->n_triggers++;
    return 0;
}

void trigger_words_install(lua_State *lua)
{
    static const struct declare_word words[] = {
        {"trigger", true,  read_trigger},
        {NULL,      false, NULL        },
    };
    declare_install(lua, words);
}
