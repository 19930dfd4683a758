#include "cli/signature_picture.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS_MAX = 32, LEFT = 150, TOP = 110, WIDTH = 62, HEIGHT = 22, MARGIN = 12 };

/* Colours that colour-blind eyes tell apart (Okabe & Ito). */
#define AGREES    "#56b4e9"
#define DISAGREES "#d55e00"
#define REPORTED  "#dddddd"

static int column_of(const char **models, int *n, const char *model)
{
    for (int i = 0; i < *n; i++)
        if (strcmp(models[i], model) == 0)
            return i;
    if (*n == COLUMNS_MAX)
        return COLUMNS_MAX - 1;
    models[*n] = model;
    return (*n)++;
}

/* A cell may hold several variants of one model, side by side. */
static void cell(FILE *file, const struct signature_result *result, int x, int y, int width)
{
    static const char *const letters[] = {"M", "N", "r"};
    const char *colour = result->of->expect == SIGNATURE_REPORT ? REPORTED : result->ok ? AGREES : DISAGREES;
    fprintf(file, "<rect x='%d' y='%d' width='%d' height='%d' fill='%s' stroke='white'><title>%s, %s %s:", x, y, width,
            HEIGHT, colour, result->signature->id, result->of->model, result->of->variant);
    for (int i = 0; i < SIGNATURE_VALUES_MAX && result->signature->values[i] != NULL; i++)
        fprintf(file, " %s %.3g", result->signature->values[i], result->values[i]);
    fprintf(file, "</title></rect><text x='%d' y='%d' text-anchor='middle'>%s%s</text>\n", x + width / 2,
            y + HEIGHT - 7, letters[result->of->expect], result->shown ? "+" : "-");
}

static int n_variants(const struct signature_result *results, int n, const struct signature_result *like, int *before)
{
    int count = 0;
    *before = 0;
    for (int i = 0; i < n; i++)
        if (results[i].signature == like->signature && strcmp(results[i].of->model, like->of->model) == 0) {
            *before += &results[i] < like;
            count++;
        }
    return count;
}

static void draw(FILE *file, const struct signature_result *results, int n)
{
    const char *models[COLUMNS_MAX];
    int n_models = 0, n_rows = 0;
    for (int i = 0; i < n; i++)
        (void)column_of(models, &n_models, results[i].of->model);
    const int width = LEFT + n_models * WIDTH + MARGIN, height = TOP + signature_n * HEIGHT + 3 * MARGIN;
    fprintf(file,
            "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='sans-serif' font-size='11'>\n"
            "<rect width='100%%' height='100%%' fill='white'/>\n",
            width, height);
    for (int i = 0; i < n_models; i++)
        fprintf(file, "<text transform='translate(%d,%d) rotate(-60)'>%s</text>\n", LEFT + i * WIDTH + WIDTH / 2,
                TOP - MARGIN, models[i]);
    for (int s = 0; s < signature_n; s++) {
        bool any = false;
        for (int i = 0; i < n; i++) {
            if (results[i].signature != &signature_list[s])
                continue;
            int before = 0;
            const int own = WIDTH / n_variants(results, n, &results[i], &before);
            const int column = column_of(models, &n_models, results[i].of->model);
            cell(file, &results[i], LEFT + column * WIDTH + before * own, TOP + n_rows * HEIGHT, own);
            any = true;
        }
        if (any)
            fprintf(file, "<text x='%d' y='%d'>%s</text>\n", MARGIN, TOP + n_rows++ * HEIGHT + HEIGHT - 7,
                    signature_list[s].id);
    }
    fprintf(
        file,
        "<text x='%d' y='%d'>M must, N must not, r reported; + shown, - not. Blue: as expected. Orange: not.</text>\n"
        "</svg>\n",
        MARGIN, TOP + n_rows * HEIGHT + 2 * MARGIN);
}

bool signature_picture_write(const char *path, const struct signature_result *results, int n, struct error *err)
{
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return error_system(err, path, "writing the picture", errno);
    draw(file, results, n);
    const bool written = ferror(file) == 0;
    if (fclose(file) != 0 || !written)
        return error_system(err, path, "writing the picture", errno);
    return true;
}
