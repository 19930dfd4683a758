#include "cli/compare_page.h"
#include "cli/plot.h"
#include "session/folder.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 3 };

static const double PANEL_WIDTH = 300, PANEL_HEIGHT = 220; /* px, the axes' own */
static const double LEFT = 70, TOP = 110, GAP_X = 80, GAP_Y = 90, MARGIN = 30, LEGEND_Y = 68;
static const double PERCENT = 100, AIR = 0.08; /* share of the y range that stays free at both ends */

struct page {
    FILE *out;
    const struct config *config;
    uint32_t signal;
    const struct aligned *aligned;
    uint32_t n_types, types[ALIGNED_TYPES]; /* those with events */
    double y_from, y_to;                    /* %, the same in all panels */
};

/* One panel's curve in %: its middle, and both ends of the standard error. */
struct curve {
    double x[ALIGNED_BINS], y[ALIGNED_BINS], low[ALIGNED_BINS], high[ALIGNED_BINS];
};

static void curve_of(const struct aligned_mean *mean, struct curve *curve)
{
    double sem;
    for (uint32_t i = 0; i < ALIGNED_BINS; i++) {
        const double value = aligned_value(mean, i, &sem);
        curve->x[i] = aligned_time_s(i);
        curve->y[i] = PERCENT * value;
        curve->low[i] = PERCENT * (value - sem);
        curve->high[i] = PERCENT * (value + sem);
    }
}

static void widen(struct page *page, const struct aligned_mean *mean)
{
    struct curve curve;
    curve_of(mean, &curve);
    for (uint32_t i = 0; i < ALIGNED_BINS; i++) {
        page->y_from = fmin(page->y_from, curve.low[i]); /* fmin and fmax ignore a NaN */
        page->y_to = fmax(page->y_to, curve.high[i]);
    }
}

static bool watches(const struct page *page, uint32_t model)
{
    return page->config->models[model].signal == page->signal;
}

static void survey(struct page *page)
{
    page->y_from = HUGE_VAL;
    page->y_to = -HUGE_VAL;
    for (uint32_t t = 0; t < ALIGNED_TYPES; t++) {
        const struct aligned_type *type = aligned_type(page->aligned, t);
        if (type->n_events == 0)
            continue;
        page->types[page->n_types++] = t;
        widen(page, &type->measured);
        for (uint32_t i = 0; i < page->config->n_models; i++)
            if (watches(page, i))
                widen(page, &type->predicted[i]);
    }
    if (!(page->y_to > page->y_from)) {
        page->y_from = -1;
        page->y_to = 1;
    }
    const double air = AIR * (page->y_to - page->y_from);
    page->y_from -= air;
    page->y_to += air;
}

/* What the event is, in words. */
static void name_of(const struct page *page, uint32_t type, char text[64])
{
    const struct config *config = page->config;
    if (type == SCORE_OMISSION)
        snprintf(text, 64, "outcome omitted");
    else if (type >= SCORE_US)
        snprintf(text, 64, type == SCORE_US ? "outcome (reward)" : "outcome %u", (unsigned)(type - SCORE_US));
    else if (type < config->n_cues)
        snprintf(text, 64, "cue %s", config->cues[type].name);
    else
        snprintf(text, 64, "cue %u", (unsigned)type);
}

static void draw_panel(const struct page *page, uint32_t place)
{
    const struct aligned_type *type = aligned_type(page->aligned, page->types[place]);
    const struct plot_frame frame = {.left = LEFT + (place % COLUMNS) * (PANEL_WIDTH + GAP_X),
                                     .top = TOP + (double)(place / COLUMNS) * (PANEL_HEIGHT + GAP_Y),
                                     .width = PANEL_WIDTH,
                                     .height = PANEL_HEIGHT,
                                     .x_from = ALIGNED_FROM_S,
                                     .x_to = ALIGNED_TO_S,
                                     .y_from = page->y_from,
                                     .y_to = page->y_to};
    struct curve curve;
    char name[64], title[96];
    name_of(page, page->types[place], name);
    snprintf(title, sizeof title, "%s, n = %u", name, (unsigned)type->n_events);
    plot_axes(page->out, &frame, title, "time from event (s)", "dF/F (%)");
    curve_of(&type->measured, &curve);
    plot_band(page->out, &frame, curve.x, curve.low, curve.high, ALIGNED_BINS, plot_style(0));
    plot_line(page->out, &frame, curve.x, curve.y, ALIGNED_BINS, plot_style(0));
    for (uint32_t i = 0, k = 1; i < page->config->n_models; i++) {
        if (!watches(page, i))
            continue;
        curve_of(&type->predicted[i], &curve);
        plot_line(page->out, &frame, curve.x, curve.y, ALIGNED_BINS, plot_style(k++));
    }
}

static void draw_legend(const struct page *page)
{
    double x = LEFT + plot_key(page->out, LEFT, LEGEND_Y, "measured, mean and SEM", plot_style(0));
    char name[CONFIG_NAME + 16];
    for (uint32_t i = 0, k = 1; i < page->config->n_models; i++) {
        if (!watches(page, i))
            continue;
        snprintf(name, sizeof name, "%s, predicted", page->config->models[i].name);
        x += plot_key(page->out, x, LEGEND_Y, name, plot_style(k++));
    }
}

static void draw(const struct page *page, const char *session)
{
    const struct config_signal *signal = &page->config->signals[page->signal];
    const uint32_t n = page->n_types > 0 ? page->n_types : 1;
    const uint32_t columns = n < 2 ? 2 : n < COLUMNS ? n : COLUMNS; /* two at least, for the legend */
    const uint32_t n_rows = (n + COLUMNS - 1) / COLUMNS;
    char title[256], line[256];
    snprintf(title, sizeof title, "%s: measured and predicted dF/F", signal->name);
    snprintf(line, sizeof line, "%.150s, %s in %s, animal %s", session, signal->sensor, signal->region,
             page->config->animal[0] != '\0' ? page->config->animal : "not named");
    plot_begin(page->out, LEFT + columns * PANEL_WIDTH + (columns - 1) * GAP_X + MARGIN,
               TOP + n_rows * PANEL_HEIGHT + (n_rows - 1) * GAP_Y + 2 * MARGIN, title, line);
    plot_text(page->out, LEFT, 28, 16, "start", title);
    plot_text(page->out, LEFT, 47, 11, "start", line);
    draw_legend(page);
    for (uint32_t i = 0; i < page->n_types; i++)
        draw_panel(page, i);
    if (page->n_types == 0)
        plot_text(page->out, LEFT, TOP + 20, 12, "start", "no cue and no outcome with a whole window around it");
    plot_end(page->out);
}

bool compare_page_write(const char *folder, const char *name, const char *session, const struct config *config,
                        uint32_t signal, const struct aligned *aligned, struct error *err)
{
    char *text = NULL;
    size_t size = 0;
    struct page page = {.config = config, .signal = signal, .aligned = aligned};
    page.out = open_memstream(&text, &size);
    if (page.out == NULL)
        return error_system(err, name, "drawing", errno);
    survey(&page);
    draw(&page, session);
    const bool drawn = ferror(page.out) == 0;
    const bool ok = (fclose(page.out) == 0 && drawn) || error_system(err, name, "drawing", ENOMEM);
    const bool written = ok && folder_write(folder, name, text, size, err);
    free(text);
    return written;
}
