#include "cli/plot.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define FONT "font-family=\"Helvetica, Arial, sans-serif\""

static const double TICK = 4, LETTER = 6.2; /* px: a tick's length; a letter's mean width at 11 px */

struct plot_style plot_style(uint32_t i)
{
    static const struct plot_style styles[] = {
        {"#000000", ""    },
        {"#0072b2", ""    },
        {"#d55e00", "6 2" },
        {"#009e73", "2 2" },
        {"#cc79a7", "8 3" },
        {"#e69f00", "4 4" },
        {"#56b4e9", "10 4"},
    };
    const uint32_t n = sizeof styles / sizeof *styles;
    return i < n ? styles[i] : styles[1 + (i - 1) % (n - 1)];
}

static void put_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default: /* control characters are no XML */
            fputc((unsigned char)*text < 0x20 ? ' ' : *text, out);
        }
}

void plot_begin(FILE *out, double width, double height, const char *title, const char *description)
{
    fprintf(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%g\" height=\"%g\" viewBox=\"0 0 %g %g\" role=\"img\" " FONT
        ">\n<title>",
        width, height, width, height);
    put_text(out, title);
    fputs("</title>\n<desc>", out);
    put_text(out, description);
    fputs("</desc>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n", out);
}

void plot_end(FILE *out)
{
    fputs("</svg>\n", out);
}

void plot_text(FILE *out, double x, double y, double size, const char *anchor, const char *text)
{
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%g\" text-anchor=\"%s\">", x, y, size, anchor);
    put_text(out, text);
    fputs("</text>\n", out);
}

double plot_step(double span, int n)
{
    const double raw = span / n, power = pow(10, floor(log10(raw))), share = raw / power;
    return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
}

static double px(const struct plot_frame *frame, double x)
{
    return frame->left + (x - frame->x_from) / (frame->x_to - frame->x_from) * frame->width;
}

static double py(const struct plot_frame *frame, double y)
{
    return frame->top + (frame->y_to - y) / (frame->y_to - frame->y_from) * frame->height;
}

static void put_segment(FILE *out, double x1, double y1, double x2, double y2, const char *colour)
{
    fprintf(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2, colour);
}

static void put_ticks(FILE *out, const struct plot_frame *frame)
{
    const double bottom = frame->top + frame->height, rounding = 1e-9;
    char text[32];
    const double x_step = plot_step(frame->x_to - frame->x_from, 5);
    for (double k = ceil(frame->x_from / x_step - rounding); k * x_step <= frame->x_to + rounding * x_step; k++) {
        put_segment(out, px(frame, k * x_step), bottom, px(frame, k * x_step), bottom + TICK, "#000000");
        snprintf(text, sizeof text, "%g", k * x_step + 0.0); /* no "-0" */
        plot_text(out, px(frame, k * x_step), bottom + 16, 11, "middle", text);
    }
    const double y_step = plot_step(frame->y_to - frame->y_from, 5);
    for (double k = ceil(frame->y_from / y_step - rounding); k * y_step <= frame->y_to + rounding * y_step; k++) {
        put_segment(out, frame->left - TICK, py(frame, k * y_step), frame->left, py(frame, k * y_step), "#000000");
        snprintf(text, sizeof text, "%g", k * y_step + 0.0);
        plot_text(out, frame->left - 7, py(frame, k * y_step) + 4, 11, "end", text);
    }
}

void plot_axes(FILE *out, const struct plot_frame *frame, const char *title, const char *x_label, const char *y_label)
{
    const double bottom = frame->top + frame->height, right = frame->left + frame->width;
    const double middle = frame->top + frame->height / 2;
    if (frame->x_from < 0 && frame->x_to > 0)
        put_segment(out, px(frame, 0), frame->top, px(frame, 0), bottom, "#cccccc");
    if (frame->y_from < 0 && frame->y_to > 0)
        put_segment(out, frame->left, py(frame, 0), right, py(frame, 0), "#cccccc");
    put_segment(out, frame->left, bottom, right, bottom, "#000000");
    put_segment(out, frame->left, frame->top, frame->left, bottom, "#000000");
    put_ticks(out, frame);
    plot_text(out, frame->left + frame->width / 2, frame->top - 10, 12, "middle", title);
    plot_text(out, frame->left + frame->width / 2, bottom + 32, 11, "middle", x_label);
    fprintf(out, "<text transform=\"translate(%.1f %.1f) rotate(-90)\" font-size=\"11\" text-anchor=\"middle\">",
            frame->left - 40, middle);
    put_text(out, y_label);
    fputs("</text>\n", out);
}

void plot_line(FILE *out, const struct plot_frame *frame, const double *x, const double *y, size_t n,
               struct plot_style style)
{
    bool down = false;
    fputs("<path d=\"", out);
    for (size_t i = 0; i < n; i++) {
        const bool there = isfinite(x[i]) && isfinite(y[i]);
        if (there)
            fprintf(out, "%s%.1f %.1f", down ? " L" : " M", px(frame, x[i]), py(frame, y[i]));
        down = there;
    }
    fprintf(out, "\" fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" stroke-dasharray=\"%s\"/>\n", style.colour,
            style.dashes[0] != '\0' ? style.dashes : "none");
}

void plot_band(FILE *out, const struct plot_frame *frame, const double *x, const double *low, const double *high,
               size_t n, struct plot_style style)
{
    fputs("<polygon points=\"", out);
    for (size_t i = 0; i < n; i++)
        if (isfinite(low[i]) && isfinite(high[i]))
            fprintf(out, " %.1f,%.1f", px(frame, x[i]), py(frame, low[i]));
    for (size_t i = n; i-- > 0;)
        if (isfinite(low[i]) && isfinite(high[i]))
            fprintf(out, " %.1f,%.1f", px(frame, x[i]), py(frame, high[i]));
    fprintf(out, "\" fill=\"%s\" fill-opacity=\"0.15\" stroke=\"none\"/>\n", style.colour);
}

double plot_key(FILE *out, double x, double y, const char *name, struct plot_style style)
{
    fprintf(out,
            "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"2\" "
            "stroke-dasharray=\"%s\"/>\n",
            x, y - 4, x + 26, y - 4, style.colour, style.dashes[0] != '\0' ? style.dashes : "none");
    plot_text(out, x + 32, y, 11, "start", name);
    return 50 + LETTER * (double)strlen(name);
}
