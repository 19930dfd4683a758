#include "planner/train_words.h"
#include "planner/task_words.h"
#include <math.h>
#include <string.h>

#define ANY QUANTITY_NUMBER, 0, 0

static const double hour_ns = 3.6e12;

struct train_form {
    char output[CONFIG_NAME];
    double rate_hz;
    struct config_train made;
};

static int read_train(struct declare *declare)
{
    static const struct declare_key keys[] = {
        {"output",                    DECLARE_TEXT, true, ANY, offsetof(struct train_form, output), NULL},
        {"width",                       DECLARE_NS, true, QUANTITY_TIME, 1e5, 1e10, offsetof(struct train_form, made.width_ns), NULL},
        {"rate", DECLARE_NUMBER, true, QUANTITY_FREQUENCY, 0.01, 1000, offsetof(struct train_form, rate_hz), NULL},
        {"duration",                       DECLARE_NS, true, QUANTITY_TIME, 1e5, hour_ns, offsetof(struct train_form, made.duration_ns),
         NULL},
        {0                    },
    };
    struct config *config = &task_words_owner(declare->lua)->config;
    declare_unique(declare, config->trains, config->n_trains, sizeof *config->trains);
    declare_room(declare, config->n_trains, CONFIG_TRAINS_MAX, "trains");
    struct train_form form = {0};
    char text[QUANTITY_TEXT];
    declare_keys(declare, keys, &form);
    struct config_train *made = &form.made;
    made->output = task_words_output(declare, "output", form.output, "a laser or digital output that the task uses",
                                     1u << CONFIG_OUTPUT_LASER | 1u << CONFIG_OUTPUT_DIGITAL);
    const struct config_output *output = &config->outputs[made->output];
    made->period_ns = (int64_t)rint(1e9 / form.rate_hz);
    quantity_text((struct quantity){.value = (double)output->max_on_ns, .dimension = QUANTITY_TIME}, text);
    if (made->width_ns > output->max_on_ns)
        declare_fail(declare, "width", NULL, "at most %s, max_on of %s", text, output->name);
    quantity_text((struct quantity){.value = (double)output->min_gap_ns, .dimension = QUANTITY_TIME}, text);
    if (made->period_ns - made->width_ns <= 0 || made->period_ns - made->width_ns < output->min_gap_ns)
        declare_fail(declare, "rate", NULL, "pulses with gaps of %s or more, min_gap of %s", text, output->name);
    if (made->duration_ns < made->width_ns)
        declare_fail(declare, "duration", NULL, "at least one width");
    memcpy(made->name, declare->name, strlen(declare->name) + 1);
    config->trains[config->n_trains++] = *made;
    return 0;
}

void train_words_install(lua_State *lua)
{
    static const struct declare_word words[] = {
        {"train", true,  read_train},
        {NULL,    false, NULL      },
    };
    declare_install(lua, words);
}
