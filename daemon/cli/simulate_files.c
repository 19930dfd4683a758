#include "cli/simulate_files.h"
#include "cli/plot.h"
#include "engine/base/units.h"
#include "session/folder.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 3, MEASURES_MAX = 16 };

static const double PANEL_WIDTH = 300, PANEL_HEIGHT = 220; /* px, the axes' own */
static const double LEFT = 70, TOP = 90, GAP_X = 80, GAP_Y = 120, MARGIN = 30;
static const double KEY_Y = 52, KEY_STEP = 15; /* of the names under a panel */
static const double PERCENT = 100, AIR = 0.08; /* share of the y range that stays free at both ends */

/* A number, or nothing where there is none. */
static void put_number(FILE *out, double value)
{
    if (isnan(value))
        fputc(',', out);
    else
        fprintf(out, ",%.9g", value);
}

static void put_time(FILE *out, int64_t ns)
{
    put_number(out, ns == INT64_MIN ? (double)NAN : units_s(ns));
}

static void put_trial(FILE *out, const struct config *config, size_t animal, const struct learning_trial *trial)
{
    fprintf(out, "%zu,%u,%s,%s", animal + 1, (unsigned)trial->number,
            trial->cue != LEARNING_NONE ? config->cues[trial->cue].name : "", trial->last_state);
    put_time(out, trial->start_ns);
    put_time(out, trial->cue_ns);
    put_time(out, trial->response_ns);
    put_time(out, trial->reward_ns);
    put_time(out, trial->end_ns);
    fprintf(out, ",%s,%u,%u", trial->response_input != LEARNING_NONE ? config->inputs[trial->response_input].name : "",
            (unsigned)trial->n_licks, (unsigned)trial->n_rewards);
    put_number(out, trial->reward_ul);
    put_number(out, trial->anticipation_hz);
    fprintf(out, ",%u,%u,%u", (unsigned)trial->n_trains, (unsigned)trial->n_fired, (unsigned)trial->n_sham);
    for (uint32_t s = 0; s < config->n_signals; s++) {
        put_number(out, trial->at_cue.measured[s]);
        put_number(out, trial->at_outcome.measured[s]);
    }
    fputc('\n', out);
}

static void put_trials(FILE *out, const struct simulate_files *files)
{
    const struct config *config = files->animals[0].config;
    fputs("animal,trial,cue,last_state,start_s,cue_s,response_s,reward_s,end_s,response,licks,rewards,reward_ul,"
          "anticipatory_lick_hz,stimulations,triggers_fired,triggers_sham",
          out);
    for (uint32_t s = 0; s < config->n_signals; s++)
        fprintf(out, ",%s_cue_dff,%s_outcome_dff", config->signals[s].name, config->signals[s].name);
    fputc('\n', out);
    for (size_t a = 0; a < files->n_animals; a++)
        for (size_t i = 0; i < files->animals[a].n_trials && i < files->n_trials; i++)
            put_trial(out, config, a, &files->animals[a].trials[i]);
}

static void put_curves(FILE *out, const struct simulate_files *files)
{
    const struct curves *curves = files->curves;
    const struct config *config = files->animals[0].config;
    fputs("measure,cue,input,signal,model,first_trial,last_trial,n,mean,sem\n", out);
    for (uint32_t i = 0; i < curves->n; i++) {
        const struct curve *curve = &curves->curve[i];
        for (uint32_t b = 0; b < curves->n_blocks; b++) {
            const uint32_t last = (b + 1) * curves->block;
            fprintf(out, "%s,%s,%s,%s,%s,%u,%u,%u", curve->measure,
                    curve->cue != LEARNING_NONE ? config->cues[curve->cue].name : "",
                    curve->input != LEARNING_NONE ? config->inputs[curve->input].name : "",
                    curve->signal != LEARNING_NONE ? config->signals[curve->signal].name : "",
                    curve->model != LEARNING_NONE ? config->models[curve->model].name : "",
                    (unsigned)(b * curves->block + 1), (unsigned)(last < files->n_trials ? last : files->n_trials),
                    (unsigned)curve->n[b]);
            put_number(out, curve->mean[b]);
            put_number(out, curve->sem[b]);
            fputc('\n', out);
        }
    }
}

/* One panel: the curves that share an axis. */
struct panel {
    const char *axis;
    uint32_t n, curve[CURVES_MAX];
    double y_from, y_to, scale;
};

static uint32_t survey(const struct curves *curves, struct panel panels[MEASURES_MAX])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < curves->n; i++) {
        const struct curve *curve = &curves->curve[i];
        uint32_t p = 0;
        while (p < n && strcmp(panels[p].axis, curve->axis) != 0)
            p++;
        if (p == MEASURES_MAX)
            continue;
        if (p == n)
            panels[n++] = (struct panel){
                .axis = curve->axis, .y_from = 0, .y_to = 0, .scale = strchr(curve->axis, '%') != NULL ? PERCENT : 1};
        struct panel *panel = &panels[p];
        panel->curve[panel->n++] = i;
        for (uint32_t b = 0; b < curves->n_blocks; b++) { /* fmin and fmax ignore a NaN */
            panel->y_from = fmin(panel->y_from, panel->scale * (curve->mean[b] - curve->sem[b]));
            panel->y_to = fmax(panel->y_to, panel->scale * (curve->mean[b] + curve->sem[b]));
        }
    }
    for (uint32_t p = 0; p < n; p++) {
        const double air = AIR * (panels[p].y_to - panels[p].y_from);
        panels[p].y_to = panels[p].y_to > panels[p].y_from ? panels[p].y_to + air : panels[p].y_from + 1;
        panels[p].y_from -= panels[p].y_from < 0 ? air : 0;
    }
    return n;
}

static void draw_curve(FILE *out, const struct plot_frame *frame, const struct curves *curves,
                       const struct curve *curve, double scale, struct plot_style style)
{
    double x[CURVES_BLOCKS_MAX], y[CURVES_BLOCKS_MAX], low[CURVES_BLOCKS_MAX], high[CURVES_BLOCKS_MAX];
    for (uint32_t b = 0; b < curves->n_blocks; b++) {
        x[b] = (b + 0.5) * curves->block;
        y[b] = scale * curve->mean[b];
        low[b] = scale * (curve->mean[b] - curve->sem[b]);
        high[b] = scale * (curve->mean[b] + curve->sem[b]);
    }
    plot_band(out, frame, x, low, high, curves->n_blocks, style);
    plot_line(out, frame, x, y, curves->n_blocks, style);
}

static void draw_panel(FILE *out, const struct simulate_files *files, const struct panel *panel, double left,
                       double top)
{
    const struct plot_frame frame = {.left = left,
                                     .top = top,
                                     .width = PANEL_WIDTH,
                                     .height = PANEL_HEIGHT,
                                     .x_from = 0,
                                     .x_to = files->curves->n_blocks * files->curves->block,
                                     .y_from = panel->y_from,
                                     .y_to = panel->y_to};
    double x = left, y = top + PANEL_HEIGHT + KEY_Y;
    plot_axes(out, &frame, panel->axis, "trial", panel->axis);
    for (uint32_t k = 0; k < panel->n; k++) {
        const struct curve *curve = &files->curves->curve[panel->curve[k]];
        char name[128];
        curves_name(curve, files->animals[0].config, name);
        draw_curve(out, &frame, files->curves, curve, panel->scale, plot_style(k));
        if (name[0] == '\0')
            continue;
        x += plot_key(out, x, y, name, plot_style(k));
        if (x > left + PANEL_WIDTH / 2) {
            x = left;
            y += KEY_STEP;
        }
    }
}

static void put_page(FILE *out, const struct simulate_files *files)
{
    static struct panel panels[MEASURES_MAX];
    const uint32_t n = survey(files->curves, panels);
    const uint32_t n_rows = n == 0 ? 1 : (n + COLUMNS - 1) / COLUMNS;
    double height[MEASURES_MAX] = {0}, total = TOP;
    for (uint32_t i = 0; i < n; i++) /* a row is as high as its panel with the most names */
        height[i / COLUMNS] = fmax(height[i / COLUMNS], PANEL_HEIGHT + GAP_Y + KEY_STEP * (panels[i].n / 2.0));
    for (uint32_t row = 0; row < n_rows; row++)
        total += height[row];
    plot_begin(out, LEFT + COLUMNS * PANEL_WIDTH + (COLUMNS - 1) * GAP_X + MARGIN, total + MARGIN, "learning curves",
               files->title);
    plot_text(out, LEFT, 28, 16, "start", "Learning curves of the simulated animal");
    plot_text(out, LEFT, 47, 11, "start", files->title);
    double top = TOP;
    for (uint32_t i = 0; i < n; i++) {
        draw_panel(out, files, &panels[i], LEFT + (i % COLUMNS) * (PANEL_WIDTH + GAP_X), top);
        if (i % COLUMNS == COLUMNS - 1)
            top += height[i / COLUMNS];
    }
    plot_end(out);
}

static bool write_file(const struct simulate_files *files, const char *folder, const char *name,
                       void (*put)(FILE *out, const struct simulate_files *files), struct error *err)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return error_system(err, name, "writing", errno);
    put(out, files);
    const bool made = ferror(out) == 0;
    const bool closed = fclose(out) == 0;
    const bool ok =
        made && closed ? folder_write(folder, name, text, size, err) : error_system(err, name, "writing", ENOMEM);
    free(text);
    return ok;
}

bool simulate_files_write(const struct simulate_files *files, const char *folder, struct error *err)
{
    return write_file(files, folder, "trials.csv", put_trials, err) &&
           write_file(files, folder, "curves.csv", put_curves, err) &&
           write_file(files, folder, "curves.svg", put_page, err);
}
