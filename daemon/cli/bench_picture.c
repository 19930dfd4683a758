#include "cli/bench_picture.h"
#include "cli/plot.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>

static const double WIDTH = 640, HEIGHT = 420;
static const struct plot_frame FRAME = {
    .left = 70, .top = 90, .width = 540, .height = 270, .x_from = 0, .x_to = 5, .y_from = -6, .y_to = 0};

/* log10 of the share that was later than each bin, over log10 of its us. */
static void draw(FILE *out, const struct percentiles *late, uint32_t style)
{
    double *x = malloc(2 * PERCENTILES_BINS * sizeof *x);
    double *y = x == NULL ? NULL : x + PERCENTILES_BINS;
    uint64_t beyond = late->n;
    size_t n = 0;
    for (uint32_t i = 0; x != NULL && i < PERCENTILES_BINS; i++) {
        beyond -= late->bins[i];
        if (late->bins[i] == 0 || beyond == 0)
            continue;
        x[n] = fmin(fmax(log10((double)percentiles_value(i) / 1e3), FRAME.x_from), FRAME.x_to);
        y[n++] = fmax(log10((double)beyond / (double)late->n), FRAME.y_from);
    }
    if (n > 0)
        plot_line(out, &FRAME, x, y, n, plot_style(style));
    free(x);
}

bool bench_picture_write(const char *path, const struct percentiles *cyclictest, const struct percentiles *phasic,
                         const char *what, struct error *err)
{
    FILE *out = fopen(path, "we");
    if (out == NULL)
        return error_system(err, path, "picture", errno);
    plot_begin(out, WIDTH, HEIGHT, "due to wake",
               "the share of waits later than a time, of phasic and of cyclictest, both axes logarithmic");
    plot_text(out, FRAME.left, 28, 15, "start", "How late a tick is");
    plot_text(out, FRAME.left, 48, 11, "start", what);
    const double key = plot_key(out, FRAME.left, 68, "cyclictest", plot_style(0));
    (void)plot_key(out, FRAME.left + key, 68, "phasic", plot_style(2));
    plot_axes(out, &FRAME, "", "lateness, log10 of us", "share that is later, log10");
    draw(out, cyclictest, 0);
    draw(out, phasic, 2);
    plot_end(out);
    const bool written = ferror(out) == 0;
    if (fclose(out) != 0 || !written)
        return error_system(err, path, "picture", errno);
    return true;
}
