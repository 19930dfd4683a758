#include "cli/status_line.h"
#include "engine/base/units.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add(char *line, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);

static void add(char *line, size_t size, const char *format, ...)
{
    const size_t n = strlen(line);
    va_list args;
    va_start(args, format);
    vsnprintf(line + n, size - n, format, args);
    va_end(args);
}

/* The first of the causes. */
static const char *pause_words(uint32_t paused)
{
    if ((paused >> FRAME_PAUSE_OPERATOR & 1) != 0)
        return "by you";
    return (paused >> FRAME_PAUSE_JOURNAL & 1) != 0 ? "the journal can't be written" : "a device is away";
}

const char *status_line(const struct config *config, const struct shared_snapshot *snapshot, char *line, size_t size)
{
    const struct engine_view *view = &snapshot->view;
    line[0] = '\0';
    add(line, size, "%4.0f s  ", units_s(view->now_ns));
    if (view->paused != 0)
        add(line, size, "paused: %s  ", pause_words(view->paused));
    else if (config->has_task != 0)
        add(line, size, "trial %lld %-10s ", (long long)view->trial, view->state);
    add(line, size, "licks %llu  ", (unsigned long long)view->n_licks);
    if (config->has_task != 0)
        add(line, size, "rewards %llu (%.4g ul)  ", (unsigned long long)view->n_rewards, view->reward_ul);
    for (uint32_t i = 0; i < config->n_signals; i++) {
        add(line, size, "%s dF/F %+.2f %%", config->signals[i].name, 100 * view->signals[i].dff);
        for (uint32_t m = 0; m < config->n_models; m++)
            if (config->models[m].signal == i) {
                add(line, size, ", predicted %+.2f %%", 100 * view->models[m].predicted);
                break; /* the first model's; the others are for the page */
            }
        add(line, size, view->signals[i].trusted != 0 ? "  " : " (settling)  ");
    }
    add(line, size, "late %lld us  skipped %lld", (long long)(snapshot->late_max_ns / US),
        (long long)snapshot->skipped_ticks);
    return line;
}
