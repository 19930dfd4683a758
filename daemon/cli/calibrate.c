/* calibrate: `phasic calibrate valve RIG OUTPUT`: pulses into a cup, weights typed in, a fit. (cli/calibrate.c)
 *
 * The pulses are those of a task, written into the rig's state folder and run by the engine behind its limits. Only
 * simulated boards can be driven yet, in virtual time. */
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/simulation.h"
#include "engine/base/units.h"
#include "planner/rig.h"
#include "realtime/clock.h"
#include "session/calibration.h"
#include "session/sheet.h"
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PULSES = 100, OPENINGS = 5, VALID_DAYS = 30 };

static const int64_t REST_NS = 20 * MS; /* between two pulses, beyond the rig's min_gap */

struct calibrate_options {
    const char *kind, *rig, *output;
    double pulses, openings, valid_days;
    size_t n_pulses, n_openings, n_valid_days;
    bool scale, json;
};

struct calibrate {
    const struct calibrate_options *options;
    const struct cli *cli;
    struct config config;
    uint32_t output;
    char task[FOLDER_PATH_MAX];
    struct calibration calibration;
};

/* The valve that was named, and what is asked of it. */
static bool prepare(struct calibrate *calibrate, struct error *err)
{
    const struct calibrate_options *options = calibrate->options;
    struct config *config = &calibrate->config;
    struct calibration *calibration = &calibrate->calibration;
    char path[FOLDER_PATH_MAX];
    int64_t tai_s;
    if (strcmp(options->kind, "valve") != 0)
        return error_set(err, ERROR_USAGE, "phasic calibrate", "KIND", options->kind, "valve");
    if (!rig_load(options->rig, calibrate->cli->drivers, calibrate->cli->n_drivers, config, err))
        return false;
    while (calibrate->output < config->n_outputs &&
           (strcmp(config->outputs[calibrate->output].name, options->output) != 0 ||
            config->outputs[calibrate->output].kind != CONFIG_OUTPUT_VALVE))
        calibrate->output++;
    if (calibrate->output == config->n_outputs)
        return error_set(err, ERROR_USAGE, options->rig, "OUTPUT", options->output, "a valve of the rig");
    snprintf(calibration->rig, CONFIG_NAME, "%s", config->rig);
    snprintf(calibration->output, CONFIG_NAME, "%s", options->output);
    sheet_time(clock_realtime(&tai_s), calibration->date);
    calibration->pulses = options->n_pulses > 0 ? (uint32_t)options->pulses : PULSES;
    calibration->n_points = options->n_openings > 0 ? (uint32_t)options->openings : OPENINGS;
    calibration->valid_days = options->n_valid_days > 0 ? (uint32_t)options->valid_days : VALID_DAYS;
    return folder_kept("rigs", config->rig, "the rig's name", path, err) && folder_ensure(path, err) &&
           folder_path(path, "calibrate.lua", calibrate->task, err);
}

/* The task of one opening: so many pulses of the volume that the rig's own table has there. */
static bool write_task(const struct calibrate *calibrate, double ul, struct error *err)
{
    const struct config_output *output = &calibrate->config.outputs[calibrate->output];
    char text[512], folder[FOLDER_PATH_MAX];
    const double rest_ms = (double)(output->max_on_ns + output->min_gap_ns + REST_NS) / (double)MS;
    const int n =
        snprintf(text, sizeof text,
                 "-- Written by phasic calibrate: pulses into a cup.\n"
                 "uses { outputs = { \"%s\" } }\n"
                 "function trial(n)\n"
                 "  if n > %u then return nil end\n"
                 "  return { state \"pulse\" { enter = { deliver(\"%s\", ul(%.17g)) }, after = { ms(%.9g), done } } }\n"
                 "end\n",
                 output->name, (unsigned)calibrate->calibration.pulses, output->name, ul, rest_ms);
    snprintf(folder, sizeof folder, "%s", calibrate->task);
    char *slash = strrchr(folder, '/');
    *slash = '\0';
    return folder_write(folder, slash + 1, text, (size_t)n, err);
}

/* Gives the pulses. *weight_mg is what the rig's scale shows then, NaN without one. */
static bool give(const struct calibrate *calibrate, double *weight_mg, struct error *err)
{
    struct simulation *simulation;
    struct simulation_tick tick;
    const struct simulation_setup setup = {.rig = calibrate->options->rig,
                                           .task = calibrate->task,
                                           .seed = 1,
                                           .drivers = calibrate->cli->drivers,
                                           .n_drivers = calibrate->cli->n_drivers};
    uint32_t n = 0;
    if (!simulation_open(&simulation, &setup, err))
        return false;
    while (simulation_step(simulation, &tick, err))
        for (uint32_t i = 0; i < tick.out->n_decisions; i++)
            n += tick.out->decisions[i].kind == FRAME_REWARD;
    *weight_mg = simulation_weigh(simulation, calibrate->output);
    simulation_close(simulation);
    if (err->kind == ERROR_NONE && n != calibrate->calibration.pulses)
        error_set(err, ERROR_DEVICE, calibrate->options->output, "pulses", NULL,
                  "%u, not %u: the rig's limits cut some", (unsigned)calibrate->calibration.pulses, (unsigned)n);
    return err->kind == ERROR_NONE;
}

/* "215 mg" or "0.215g" in mg; false: it is neither. */
static bool parse_weight(const char *text, double *weight_mg)
{
    char *end;
    const double number = strtod(text, &end);
    end += strspn(end, " \t");
    const size_t n = strcspn(end, " \t\r\n");
    const bool mg = n == 2 && strncmp(end, "mg", 2) == 0, g = n == 1 && end[0] == 'g';
    *weight_mg = mg ? number : 1000 * number;
    return end != text && (mg || g) && isfinite(number) && number > 0 && end[n + strspn(end + n, " \t\r\n")] == '\0';
}

/* Asks until a weight is typed; the end of the input is the end of the calibration. */
static bool ask_weight(const struct calibration_point *point, uint32_t pulses, double *weight_mg, struct error *err)
{
    char line[128];
    for (;;) {
        fprintf(stderr, "%u pulses of %.6g ms are in the cup. Its weight, without the cup's own: ", (unsigned)pulses,
                point->open_ms);
        if (fgets(line, sizeof line, stdin) == NULL)
            return error_set(err, ERROR_INPUT, NULL, "weight", "end of input", "as 215 mg or 0.215 g");
        if (parse_weight(line, weight_mg))
            return true;
        fprintf(stderr, "expected a weight with its unit, as 215 mg or 0.215 g\n");
    }
}

/* One opening. */
static bool measure(struct calibrate *calibrate, uint32_t i, struct error *err)
{
    struct calibration *calibration = &calibrate->calibration;
    const struct config_output *output = &calibrate->config.outputs[calibrate->output];
    struct calibration_point *point = &calibration->point[i];
    const double low = output->opening[0].ul, high = output->opening[output->n_opening - 1].ul;
    const double ul = low + (high - low) * i / (calibration->n_points - 1);
    int64_t open_ns;
    double weight_mg;
    if (!config_opening_ns(output, ul < high ? ul : high, &open_ns))
        return error_set(err, ERROR_INPUT, calibrate->options->rig, "opening", NULL, "a table of volumes that grow");
    point->open_ms = (double)open_ns / (double)MS;
    if (!write_task(calibrate, ul < high ? ul : high, err) || !give(calibrate, &weight_mg, err))
        return false;
    if (!calibrate->options->scale && !ask_weight(point, calibration->pulses, &weight_mg, err))
        return false;
    if (isnan(weight_mg))
        return error_set(err, ERROR_USAGE, calibrate->options->rig, "--scale", NULL, "a rig with a scale");
    point->ul = weight_mg / calibration->pulses; /* water has 1 mg a ul, at 20 C within 0.2 % */
    return true;
}

static void print(const struct calibration *calibration)
{
    printf("%s of %s, %s, %u pulses an opening\n", calibration->output, calibration->rig, calibration->date,
           (unsigned)calibration->pulses);
    for (uint32_t i = 0; i < calibration->n_points; i++)
        printf("  %8.4g ms  %8.4g ul  %+6.2f %% off the fit\n", calibration->point[i].open_ms, calibration->point[i].ul,
               100 * calibration->point[i].residual);
    printf("  ul = %.4g + %.4g t + %.4g t^2 (t in ms), valid for %u days\n", calibration->a_ul,
           calibration->b_ul_per_ms, calibration->c_ul_per_ms2, (unsigned)calibration->valid_days);
}

static json_t *calibrate_json(const struct calibration *calibration, const char *path)
{
    json_t *points = json_array();
    for (uint32_t i = 0; i < calibration->n_points; i++)
        json_array_append_new(points, json_pack("{s:f, s:f, s:f}", "open_ms", calibration->point[i].open_ms, "ul",
                                                calibration->point[i].ul, "residual", calibration->point[i].residual));
    return json_pack("{s:s, s:s, s:s, s:I, s:o, s:f, s:f, s:f, s:s}", "rig", calibration->rig, "output",
                     calibration->output, "date", calibration->date, "pulses", (json_int_t)calibration->pulses,
                     "points", points, "a_ul", calibration->a_ul, "b_ul_per_ms", calibration->b_ul_per_ms,
                     "c_ul_per_ms2", calibration->c_ul_per_ms2, "file", path);
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    static struct calibrate calibrate;
    char path[FOLDER_PATH_MAX];
    calibrate = (struct calibrate){.options = given, .cli = cli};
    struct calibration *calibration = &calibrate.calibration;
    bool ok = prepare(&calibrate, err);
    for (uint32_t i = 0; ok && i < calibration->n_points; i++)
        ok = measure(&calibrate, i, err);
    ok = ok && calibration_fit(calibration, err) && calibration_write(calibration, err) &&
         calibration_path(calibration->rig, calibration->output, path, err);
    if (ok && calibrate.options->json)
        ok = output_json(calibrate_json(calibration, path), err);
    else if (ok) {
        print(calibration);
        printf("  file %s\n", path);
    }
    return ok ? 0 : error_exit_status(err);
}

#define AT(field) offsetof(struct calibrate_options, field)
static const struct options_row rows[] = {
    {.name = "KIND",                      .type = OPTIONS_ARGUMENT, .help = "what to calibrate: valve", .offset = AT(kind)},
    {.name = "RIG", .type = OPTIONS_ARGUMENT, .help = "the rig file", .offset = AT(rig)},
    {.name = "OUTPUT",                                   .type = OPTIONS_ARGUMENT, .help = "the valve's name in it", .offset = AT(output)},
    {.name = "pulses",
     .type = OPTIONS_NUMBER,
     .value = "N",
     .help = "of each opening, weighed together; without it 100",
     .offset = AT(pulses),
     .given = AT(n_pulses),
     .min = 1,
     .max = 10000},
    {.name = "openings",
     .type = OPTIONS_NUMBER,
     .value = "N",
     .help = "how many, from the first to the last of the rig's own table; without it 5",
     .offset = AT(openings),
     .given = AT(n_openings),
     .min = CALIBRATION_POINTS_MIN,
     .max = CALIBRATION_POINTS_MAX},
    {.name = "valid",
     .type = OPTIONS_NUMBER,
     .value = "DAYS",
     .help = "how long it holds; without it 30",
     .offset = AT(valid_days),
     .given = AT(n_valid_days),
     .min = 1,
     .max = 365},
    {.name = "scale",
     .type = OPTIONS_FLAG,
     .help = "read the rig's own scale instead of asking; a simulated rig has one",
     .offset = AT(scale)},
    OPTIONS_JSON(calibrate_options),
    {0                                  },
};

const struct cli_command calibrate_command = {
    .name = "calibrate",
    .help = "weigh what a valve gives, and keep the fit with the rig",
    .more =
        "Pulses of several openings are given into a cup; after each the weight is asked for. A fit of volume by\n"
        "opening time is written into the rig's folder in $PHASIC_DATA, never into the rig file; `run` and `check`\n"
        "use it between its smallest and its largest opening until it is too old.\n",
    .example = "  phasic calibrate valve rig-configs/sim.lua water --scale\n",
    .options = rows,
    .size = sizeof(struct calibrate_options),
    .act = act,
};
