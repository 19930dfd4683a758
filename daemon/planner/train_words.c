#include "planner/train_words.h"
#include "planner/task_words.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

#define ANY QUANTITY_NUMBER, 0, 0

static const double hour_ns = 3.6e12;

/* What a train's shape may be called: enum config_shape up to the sounds. */
static const char *const shapes[] = {"pulses", "constant", "sine", NULL};

struct train_form {
    char output[CONFIG_NAME];
    double rate_hz;
    struct config_train made;
};
#define MADE(field) offsetof(struct train_form, made.field)

/* A form with the defaults, for a new entry. */
static struct train_form begin(const struct declare *declare, const char *noun)
{
    const struct config *config = &task_words_owner(declare->lua)->config;
    declare_unique(declare, config->trains, config->n_trains, sizeof *config->trains);
    declare_room(declare, config->n_trains, CONFIG_TRAINS_MAX, noun);
    return (struct train_form){.made.level = 1};
}

/* Refuses `key` where it has no meaning. */
static void without(const struct declare *declare, const char *key, const char *shape)
{
    if (declare_has(declare, key))
        declare_fail(declare, key, NULL, "no such key with shape \"%s\"", shape);
}

static void within_max_on(const struct declare *declare, const char *key, int64_t ns,
                          const struct config_output *output)
{
    char text[QUANTITY_TEXT];
    quantity_text((struct quantity){.value = (double)output->max_on_ns, .dimension = QUANTITY_TIME}, text);
    if (ns > output->max_on_ns)
        declare_fail(declare, key, NULL, "at most %s, max_on of %s", text, output->name);
}

static void check_pulses(const struct declare *declare, struct config_train *made, double rate_hz,
                         const struct config_output *output)
{
    char text[QUANTITY_TEXT];
    if (!declare_has(declare, "width") || !declare_has(declare, "rate"))
        declare_fail(declare, NULL, "", "width = ms(x) and rate = hz(x)");
    without(declare, "ramp", "pulses");
    without(declare, "level", "pulses");
    made->period_ns = (int64_t)rint(1e9 / rate_hz);
    within_max_on(declare, "width", made->width_ns, output);
    const int64_t gap_ns = made->period_ns - made->width_ns - made->jitter_ns;
    quantity_text((struct quantity){.value = (double)output->min_gap_ns, .dimension = QUANTITY_TIME}, text);
    if (gap_ns <= 0 || gap_ns < output->min_gap_ns)
        declare_fail(declare, made->jitter_ns > 0 ? "jitter" : "rate", NULL,
                     "pulses with gaps of %s or more, min_gap of %s", text, output->name);
    if (made->duration_ns < made->width_ns)
        declare_fail(declare, "duration", NULL, "at least one width");
}

/* A wave's times are all its duration. */
static void check_wave(const struct declare *declare, struct config_train *made, const struct config_output *output)
{
    made->width_ns = made->period_ns = made->duration_ns;
    within_max_on(declare, "duration", made->duration_ns, output);
    if (made->ramp_ns > made->duration_ns / 2)
        declare_fail(declare, declare_has(declare, "gate") ? "gate" : "ramp", NULL, "at most half of the duration");
    if ((output->shapes >> made->shape & 1) == 0)
        declare_fail(declare, NULL, "", "an output whose device plays such a shape; that of %s does not", output->name);
}

static void add(const struct declare *declare, struct config_train *made)
{
    struct config *config = &task_words_owner(declare->lua)->config;
    memcpy(made->name, declare->name, strlen(declare->name) + 1);
    config->trains[config->n_trains++] = *made;
}

static int read_train(struct declare *declare)
{
    static const struct declare_key keys[] = {
        {"output",                    DECLARE_TEXT, true, ANY, offsetof(struct train_form, output), NULL},
        {"shape",                       DECLARE_WORD, false, ANY, MADE(shape), shapes},
        {"width", DECLARE_NS, false, QUANTITY_TIME, 1e5, 1e10, MADE(width_ns), NULL},
        {"rate",                       DECLARE_NUMBER, false, QUANTITY_FREQUENCY, 0.01, 1000, offsetof(struct train_form, rate_hz), NULL},
        {"duration",                     DECLARE_NS, true, QUANTITY_TIME, 1e5, hour_ns, MADE(duration_ns), NULL},
        {"jitter",                      DECLARE_NS, false, QUANTITY_TIME, 0, 1e10, MADE(jitter_ns), NULL},
        {"ramp",                DECLARE_NS, false, QUANTITY_TIME, 0, 1e10, MADE(ramp_ns), NULL},
        {"level",                           DECLARE_NUMBER, false, QUANTITY_NUMBER, 0.001, 1, MADE(level), NULL},
        {"max_count",                 DECLARE_WHOLE, false, QUANTITY_NUMBER, 1, 1e6, MADE(max_count), NULL},
        {"max_light",              DECLARE_NS, false, QUANTITY_TIME, 1e5, hour_ns, MADE(max_light_ns), NULL},
        {0                      },
    };
    struct train_form form = begin(declare, "trains");
    struct config_train *made = &form.made;
    declare_keys(declare, keys, &form);
    const bool pulses = made->shape == CONFIG_SHAPE_PULSES;
    made->output =
        task_words_output(declare, "output", form.output,
                          pulses ? "a laser or digital output that the task uses" : "a laser that the task uses",
                          1u << CONFIG_OUTPUT_LASER | (pulses ? 1u << CONFIG_OUTPUT_DIGITAL : 0));
    const struct config_output *output = &task_words_owner(declare->lua)->config.outputs[made->output];
    if (pulses) {
        check_pulses(declare, made, form.rate_hz, output);
    } else {
        const bool sine = made->shape == CONFIG_SHAPE_SINE;
        without(declare, "width", shapes[made->shape]);
        without(declare, "jitter", shapes[made->shape]);
        if (!sine)
            without(declare, "rate", shapes[made->shape]);
        if (sine && !declare_has(declare, "rate"))
            declare_fail(declare, NULL, "", "rate = hz(x): how often the light goes up and down a second");
        made->hz = sine ? form.rate_hz : 0;
        check_wave(declare, made, output);
    }
    add(declare, made);
    return 0;
}

/* chirp = { khz(2), khz(8) }, noise = { khz(1), khz(20) }: into hz and hz_end. */
static void read_band(const struct declare *declare, const char *key, struct config_train *made)
{
    static const struct declare_key keys[] = {
        {"1",   DECLARE_NUMBER, true, QUANTITY_FREQUENCY, 20, 1e5, offsetof(struct config_train, hz), NULL},
        {"2", DECLARE_NUMBER, true, QUANTITY_FREQUENCY, 20, 1e5, offsetof(struct config_train, hz_end), NULL},
        {0  },
    };
    struct declare inner;
    char path[SANDBOX_TEXT];
    if (!declare_inner(declare, key, &inner, path))
        return;
    declare_keys(&inner, keys, made);
    if (made->shape == CONFIG_SHAPE_NOISE && made->hz >= made->hz_end)
        declare_fail(declare, key, NULL, "a lower and a higher frequency");
    lua_pop(declare->lua, 1);
}

static int read_sound(struct declare *declare)
{
    static const struct declare_key keys[] = {
        {"output",                    DECLARE_TEXT, true, ANY, offsetof(struct train_form, output), NULL},
        {"tone",                       DECLARE_NUMBER, false, QUANTITY_FREQUENCY, 20, 1e5, MADE(hz), NULL},
        {"noise", DECLARE_OTHER, false, ANY, 0, NULL},
        {"chirp",                       DECLARE_OTHER, false, ANY, 0, NULL},
        {"clicks",                      DECLARE_NUMBER, false, QUANTITY_FREQUENCY, 0.1, 1000, MADE(hz), NULL},
        {"duration",                      DECLARE_NS, true, QUANTITY_TIME, 1e5, hour_ns, MADE(duration_ns), NULL},
        {"gate",                         DECLARE_NS, false, QUANTITY_TIME, 0, 1e10, MADE(ramp_ns), NULL},
        {"level",                   DECLARE_NUMBER, false, QUANTITY_NUMBER, 0.001, 1, MADE(level), NULL},
        {"max_count",                           DECLARE_WHOLE, false, QUANTITY_NUMBER, 1, 1e6, MADE(max_count), NULL},
        {0             },
    };
    static const struct {
        const char *key;
        enum config_shape shape;
    } kinds[] = {
        {"tone",   CONFIG_SHAPE_TONE  },
        {"noise",  CONFIG_SHAPE_NOISE },
        {"chirp",  CONFIG_SHAPE_CHIRP },
        {"clicks", CONFIG_SHAPE_CLICKS},
    };
    struct train_form form = begin(declare, "sounds and trains");
    struct config_train *made = &form.made;
    declare_keys(declare, keys, &form);
    int n = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (declare_has(declare, kinds[i].key)) {
            made->shape = kinds[i].shape;
            n++;
        }
    if (n != 1)
        declare_fail(declare, NULL, "",
                     "one of tone = hz(x), noise = { low, high }, chirp = { from, to }, clicks = hz(x)");
    if (made->shape == CONFIG_SHAPE_NOISE)
        read_band(declare, "noise", made);
    if (made->shape == CONFIG_SHAPE_CHIRP)
        read_band(declare, "chirp", made);
    made->output = task_words_output(declare, "output", form.output, "a sound output that the task uses",
                                     1u << CONFIG_OUTPUT_SOUND);
    check_wave(declare, made, &task_words_owner(declare->lua)->config.outputs[made->output]);
    add(declare, made);
    return 0;
}

void train_words_install(lua_State *lua)
{
    static const struct declare_word words[] = {
        {"train", true,  read_train},
        {"sound", true,  read_sound},
        {NULL,    false, NULL      },
    };
    declare_install(lua, words);
}
