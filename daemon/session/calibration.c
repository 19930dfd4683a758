#include "session/calibration.h"
#include "engine/base/units.h"
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { TERMS = 3, DAY_S = 86400 };

static double fitted_ul(const struct calibration *calibration, double open_ms)
{
    return calibration->a_ul + open_ms * (calibration->b_ul_per_ms + open_ms * calibration->c_ul_per_ms2);
}

/* Solves m x = v by elimination with pivots; false: singular. */
static bool solve(double m[TERMS][TERMS], double v[TERMS])
{
    for (int i = 0; i < TERMS; i++) {
        int best = i;
        for (int k = i + 1; k < TERMS; k++)
            best = fabs(m[k][i]) > fabs(m[best][i]) ? k : best;
        if (fabs(m[best][i]) < 1e-12)
            return false;
        for (int j = 0; j < TERMS; j++) {
            const double held = m[i][j];
            m[i][j] = m[best][j];
            m[best][j] = held;
        }
        const double held = v[i];
        v[i] = v[best];
        v[best] = held;
        for (int k = 0; k < TERMS; k++) {
            if (k == i)
                continue;
            const double factor = m[k][i] / m[i][i];
            for (int j = 0; j < TERMS; j++)
                m[k][j] -= factor * m[i][j];
            v[k] -= factor * v[i];
        }
    }
    for (int i = 0; i < TERMS; i++)
        v[i] /= m[i][i];
    return true;
}

/* Least squares of relative errors, with times in units of the longest, so that the sums are of one size. */
static bool fit(struct calibration *calibration)
{
    const double scale = calibration->point[calibration->n_points - 1].open_ms;
    double m[TERMS][TERMS] = {{0}}, v[TERMS] = {0};
    for (uint32_t i = 0; i < calibration->n_points; i++) {
        const double x = calibration->point[i].open_ms / scale, ul = calibration->point[i].ul;
        const double powers[TERMS] = {1, x, x * x};
        for (int r = 0; r < TERMS; r++) {
            for (int c = 0; c < TERMS; c++)
                m[r][c] += powers[r] * powers[c] / (ul * ul);
            v[r] += powers[r] / ul;
        }
    }
    if (!solve(m, v))
        return false;
    calibration->a_ul = v[0];
    calibration->b_ul_per_ms = v[1] / scale;
    calibration->c_ul_per_ms2 = v[2] / (scale * scale);
    return true;
}

/* The fit grows all the way if it does at both ends: its slope is a straight line. */
static bool grows(const struct calibration *calibration)
{
    const double first = calibration->point[0].open_ms, last = calibration->point[calibration->n_points - 1].open_ms;
    return calibration->b_ul_per_ms + 2 * calibration->c_ul_per_ms2 * first > 0 &&
           calibration->b_ul_per_ms + 2 * calibration->c_ul_per_ms2 * last > 0 && fitted_ul(calibration, first) > 0;
}

bool calibration_fit(struct calibration *calibration, struct error *err)
{
    char what[64], got[64];
    if (calibration->n_points < CALIBRATION_POINTS_MIN || calibration->n_points > CALIBRATION_POINTS_MAX)
        return error_set(err, ERROR_INPUT, NULL, "openings", NULL, "%d..%d of them", CALIBRATION_POINTS_MIN,
                         CALIBRATION_POINTS_MAX);
    for (uint32_t i = 0; i < calibration->n_points; i++) {
        const struct calibration_point *point = &calibration->point[i];
        snprintf(what, sizeof what, "volume at %.6g ms", point->open_ms);
        snprintf(got, sizeof got, "%.4g ul", point->ul);
        if (!(point->ul > 0) || !isfinite(point->ul) ||
            (i > 0 && (!(point->open_ms > point[-1].open_ms) || !(point->ul > point[-1].ul))))
            return error_set(err, ERROR_INPUT, calibration->output, what, got, "more than at the opening before");
    }
    if (!fit(calibration) || !grows(calibration))
        return error_set(err, ERROR_INPUT, calibration->output, "fit", NULL, "volumes that grow with the time");
    for (uint32_t i = 0; i < calibration->n_points; i++) {
        struct calibration_point *point = &calibration->point[i];
        const double ul = fitted_ul(calibration, point->open_ms);
        point->residual = (point->ul - ul) / ul;
        snprintf(what, sizeof what, "volume at %.6g ms", point->open_ms);
        snprintf(got, sizeof got, "%.4g ul", point->ul);
        if (fabs(point->residual) > CALIBRATION_RESIDUAL_MAX)
            return error_set(err, ERROR_INPUT, calibration->output, what, got,
                             "%.4g ul, which the other openings say, within a tenth: weigh again", ul);
    }
    return true;
}

bool calibration_path(const char *rig, const char *output, char path[FOLDER_PATH_MAX], struct error *err)
{
    char folder[FOLDER_PATH_MAX], name[CONFIG_NAME + 16];
    snprintf(name, sizeof name, "valve-%s.json", output);
    return folder_kept("rigs", rig, "the rig's name", folder, err) && folder_path(folder, name, path, err);
}

bool calibration_write(const struct calibration *calibration, struct error *err)
{
    char path[FOLDER_PATH_MAX];
    json_t *points = json_array();
    for (uint32_t i = 0; i < calibration->n_points; i++)
        json_array_append_new(points, json_pack("{s:f, s:f, s:f}", "open_ms", calibration->point[i].open_ms, "ul",
                                                calibration->point[i].ul, "residual", calibration->point[i].residual));
    json_t *root =
        json_pack("{s:i, s:s, s:s, s:s, s:i, s:i, s:f, s:f, s:f, s:o}", "format", CALIBRATION_FORMAT, "rig",
                  calibration->rig, "output", calibration->output, "date", calibration->date, "pulses",
                  (int)calibration->pulses, "valid_days", (int)calibration->valid_days, "a_ul", calibration->a_ul,
                  "b_ul_per_ms", calibration->b_ul_per_ms, "c_ul_per_ms2", calibration->c_ul_per_ms2, "points", points);
    char *text = json_dumps(root, JSON_INDENT(2));
    json_decref(root);
    if (text == NULL)
        return error_system(err, calibration->output, "calibration", ENOMEM);
    bool ok = calibration_path(calibration->rig, calibration->output, path, err);
    if (ok) {
        char *slash = strrchr(path, '/');
        *slash = '\0';
        ok = folder_ensure(path, err) && folder_write(path, slash + 1, text, strlen(text), err);
    }
    free(text);
    return ok;
}

static bool get_text(const json_t *root, const char *key, char text[CONFIG_NAME])
{
    const char *value = json_string_value(json_object_get(root, key));
    return value != NULL && snprintf(text, CONFIG_NAME, "%s", value) < CONFIG_NAME;
}

static bool get_count(const json_t *root, const char *key, uint32_t max, uint32_t *n)
{
    const json_t *value = json_object_get(root, key);
    *n = (uint32_t)json_integer_value(value);
    return json_is_integer(value) && json_integer_value(value) > 0 && json_integer_value(value) <= max;
}

/* The fit is made again from the points: nobody has to trust the file's sums. */
static bool take(const json_t *root, struct calibration *calibration, struct error *err)
{
    uint32_t format;
    const json_t *points = json_object_get(root, "points");
    *calibration = (struct calibration){0};
    if (!get_count(root, "format", CALIBRATION_FORMAT, &format) || !get_text(root, "rig", calibration->rig) ||
        !get_text(root, "output", calibration->output) || !get_text(root, "date", calibration->date) ||
        !get_count(root, "pulses", 1000000, &calibration->pulses) ||
        !get_count(root, "valid_days", 10000, &calibration->valid_days) || !json_is_array(points) ||
        json_array_size(points) > CALIBRATION_POINTS_MAX)
        return error_set(err, ERROR_INPUT, NULL, "calibration", NULL, "a file as phasic calibrate writes it");
    for (; calibration->n_points < json_array_size(points); calibration->n_points++) {
        const json_t *point = json_array_get(points, calibration->n_points);
        calibration->point[calibration->n_points] =
            (struct calibration_point){.open_ms = json_number_value(json_object_get(point, "open_ms")),
                                       .ul = json_number_value(json_object_get(point, "ul"))};
    }
    return calibration_fit(calibration, err);
}

bool calibration_read(const char *rig, const char *output, struct calibration *calibration, bool *found,
                      struct error *err)
{
    char path[FOLDER_PATH_MAX];
    struct stat st;
    uint8_t *text;
    size_t n;
    json_error_t fault;
    *found = false;
    if (!calibration_path(rig, output, path, err))
        return false;
    if (stat(path, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return true;
    if (!folder_read_file(path, FOLDER_FILE_MAX, &text, &n, err))
        return false;
    json_t *root = json_loadb((const char *)text, n, JSON_REJECT_DUPLICATES, &fault);
    free(text);
    *found = take(root, calibration, err);
    json_decref(root);
    if (!*found)
        snprintf(err->where, sizeof err->where, "%.127s", path);
    return *found;
}

/* Days from its date to now_ns; NaN: it has no date. */
static double age_days(const struct calibration *calibration, int64_t now_ns)
{
    struct tm utc = {0};
    const char *end = strptime(calibration->date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return end == NULL || *end != '\0' ? (double)NAN : ((double)now_ns / (double)S - (double)timegm(&utc)) / DAY_S;
}

/* As many points of the fit as a table has, evenly in time. */
static void tabulate(const struct calibration *calibration, struct config_output *output)
{
    const double first = calibration->point[0].open_ms, last = calibration->point[calibration->n_points - 1].open_ms;
    output->n_opening = CONFIG_OPENING_MAX;
    for (uint32_t i = 0; i < CONFIG_OPENING_MAX; i++) {
        const double open_ms = first + (last - first) * i / (CONFIG_OPENING_MAX - 1);
        output->opening[i] =
            (struct config_opening){.ul = fitted_ul(calibration, open_ms), .open_ns = llrint(open_ms * (double)MS)};
    }
}

bool calibration_apply(struct config *config, int64_t now_ns, uint32_t *n, struct error *err)
{
    *n = 0;
    for (uint32_t i = 0; i < config->n_outputs; i++) {
        struct calibration calibration;
        bool found;
        char path[FOLDER_PATH_MAX], where[128];
        if (config->outputs[i].kind != CONFIG_OUTPUT_VALVE)
            continue;
        if (!calibration_read(config->rig, config->outputs[i].name, &calibration, &found, err))
            return false;
        if (!found)
            continue;
        const double age = age_days(&calibration, now_ns);
        if (!(age <= calibration.valid_days)) {
            if (!calibration_path(config->rig, config->outputs[i].name, path, err))
                return false;
            snprintf(where, sizeof where, "%.127s", path);
            return error_set(err, ERROR_INPUT, where, "date", calibration.date,
                             "a calibration of the last %u days: phasic calibrate valve, or remove the file",
                             (unsigned)calibration.valid_days);
        }
        tabulate(&calibration, &config->outputs[i]);
        (*n)++;
    }
    return true;
}
