/* plot: a small SVG writer for figures of lines and bands. (cli/plot.h)
 *
 * One page holds frames with axes of their own; coordinates are the data's. Colours are Okabe and Ito's (2008), which
 * colour-blind readers can tell apart, and lines differ in their dashes too. Threads: one a FILE. Write errors stay in
 * the FILE (ferror). */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* A frame on the page: its place in px, and what it shows. */
struct plot_frame {
    double left, top, width, height;
    double x_from, x_to, y_from, y_to;
};

/* How a line looks. 0 is black and solid, for what was measured; 1, 2 ... are told apart by colour and dashes. */
struct plot_style {
    const char *colour; /* "#0072b2" */
    const char *dashes; /* SVG's, "" solid */
};
struct plot_style plot_style(uint32_t i);

/* Begins and ends a page with a white ground, a title for readers' eyes and a description for those who can't see it.
 */
void plot_begin(FILE *out, double width, double height, const char *title, const char *description);
void plot_end(FILE *out);

/* Text at a place on the page in px; `anchor`: "start", "middle", "end". */
void plot_text(FILE *out, double x, double y, double size, const char *anchor, const char *text);

/* The frame's axes with nice ticks and labels, a title above it, and faint lines where x or y is 0. */
void plot_axes(FILE *out, const struct plot_frame *frame, const char *title, const char *x_label, const char *y_label);

/* A line through n points; at a NaN it is interrupted. */
void plot_line(FILE *out, const struct plot_frame *frame, const double *x, const double *y, size_t n,
               struct plot_style style);

/* The band from low to high, faint, in the style's colour; points with a NaN are left out. */
void plot_band(FILE *out, const struct plot_frame *frame, const double *x, const double *low, const double *high,
               size_t n, struct plot_style style);

/* One entry of a legend at a place in px: a piece of line and its name. Returns its width. */
double plot_key(FILE *out, double x, double y, const char *name, struct plot_style style);

/* The distance between ticks for about `n` of them over `span` > 0: 1, 2 or 5 times a power of ten. */
double plot_step(double span, int n);
