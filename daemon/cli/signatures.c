#include "cli/cli.h"
#include "cli/output.h"
#include "cli/signature.h"
#include "cli/signature_picture.h"
#include "planner/suggest.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { MODELS_MAX = 32, CASES_MAX = 512 };

struct signatures_options {
    const char *models[MODELS_MAX], *ids[MODELS_MAX];
    size_t n_models, n_ids;
    double seeds;
    const char *out;
    bool json;
};

static const char *const expect_words[] = {"must", "must_not", "report"};

static bool among(const char *const *words, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return n == 0;
}

/* Every given name is one there is. */
static bool check_names(const struct signatures_options *options, struct error *err)
{
    const char *ids[CASES_MAX];
    const char *models[CASES_MAX];
    size_t n_models = 0;
    char text[SUGGEST_TEXT];
    for (int i = 0; i < signature_n; i++)
        ids[i] = signature_list[i].id;
    for (int i = 0; i < signature_n_cases; i++)
        if (n_models == 0 || !among(models, n_models, signature_cases[i].model))
            models[n_models++] = signature_cases[i].model;
    for (size_t i = 0; i < options->n_models; i++)
        if (!among(models, n_models, options->models[i]))
            return error_set(err, ERROR_USAGE, NULL, "--model", options->models[i], "%s",
                             suggest_text(text, "a model with signatures", options->models[i], models, n_models));
    for (size_t i = 0; i < options->n_ids; i++)
        if (!among(ids, (size_t)signature_n, options->ids[i]))
            return error_set(err, ERROR_USAGE, NULL, "--only", options->ids[i], "%s",
                             suggest_text(text, "a signature", options->ids[i], ids, (size_t)signature_n));
    return true;
}

static const char *verdict(const struct signature_result *result)
{
    if (result->of->expect == SIGNATURE_REPORT)
        return result->shown ? "shown" : "not shown";
    return result->ok ? "as expected" : "DISAGREES";
}

static void print_result(const struct signature_result *result)
{
    const struct signature_case *of = result->of;
    printf("  %-14s %-31s %-8s %-11s %2d/%-2d ", of->model, of->variant, expect_words[of->expect], verdict(result),
           result->n_shown, result->n_seeds);
    for (int i = 0; i < SIGNATURE_VALUES_MAX && result->signature->values[i] != NULL; i++)
        printf(" %s %.3g", result->signature->values[i], result->values[i]);
    printf("\n");
    if (!result->ok && signature_known(of) != NULL)
        printf("  %-14s known: %s\n", "", signature_known(of));
}

static void print_all(const struct signature_result *results, int n)
{
    const struct signature *last = NULL;
    int n_asked = 0, n_ok = 0;
    for (int i = 0; i < n; i++) {
        if (results[i].signature != last)
            printf("%s: %s\n  %s (%s)\n", results[i].signature->id, results[i].signature->protocol,
                   results[i].signature->criterion, results[i].signature->citation);
        last = results[i].signature;
        print_result(&results[i]);
        n_asked += results[i].of->expect != SIGNATURE_REPORT;
        n_ok += results[i].of->expect != SIGNATURE_REPORT && results[i].ok;
    }
    printf("%d of %d as expected\n", n_ok, n_asked);
}

static json_t *result_json(const struct signature_result *result)
{
    json_t *values = json_object(), *settings = json_object();
    for (int i = 0; i < SIGNATURE_VALUES_MAX && result->signature->values[i] != NULL; i++)
        json_object_set_new(values, result->signature->values[i], json_real(result->values[i]));
    for (int i = 0; i < SIGNATURE_SETTINGS_MAX && result->of->settings[i].name != NULL; i++)
        json_object_set_new(settings, result->of->settings[i].name, json_real(result->of->settings[i].value));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:i, s:i, s:b, s:s?}", "signature", result->signature->id,
                     "model", result->of->model, "variant", result->of->variant, "expect",
                     expect_words[result->of->expect], "settings", settings, "values", values, "shown", result->shown,
                     "seeds_shown", result->n_shown, "seeds", result->n_seeds, "ok", result->ok, "known",
                     result->ok ? NULL : signature_known(result->of));
}

static bool print_json(const struct signature_result *results, int n, struct error *err)
{
    json_t *signatures = json_array(), *cells = json_array();
    for (int i = 0; i < signature_n; i++)
        json_array_append_new(signatures,
                              json_pack("{s:s, s:s, s:s, s:s}", "id", signature_list[i].id, "protocol",
                                        signature_list[i].protocol, "criterion", signature_list[i].criterion,
                                        "citation", signature_list[i].citation));
    for (int i = 0; i < n; i++)
        json_array_append_new(cells, result_json(&results[i]));
    return output_json(json_pack("{s:o, s:o}", "signatures", signatures, "cells", cells), err);
}

/* Runs what was asked for into results[]; the number of them in *n. */
static bool run_all(const struct signatures_options *options, struct signature_result *results, int *n,
                    struct error *err)
{
    struct output_progress progress;
    const int n_seeds = options->seeds > 0 ? (int)options->seeds : 10;
    bool ok = true;
    *n = 0;
    output_progress_start(&progress, "signatures");
    for (int i = 0; ok && i < signature_n_cases; i++) {
        const struct signature_case *of = &signature_cases[i];
        if (!among(options->models, options->n_models, of->model) ||
            !among(options->ids, options->n_ids, of->signature))
            continue;
        ok = signature_run(of, n_seeds, &results[*n], err);
        *n += ok;
        output_progress_at(&progress, i);
    }
    output_progress_end(&progress);
    return ok;
}

static int act(const struct cli *cli, const void *given, struct error *err)
{
    const struct signatures_options *options = given;
    int n = 0;
    (void)cli;
    if (!check_names(options, err))
        return error_exit_status(err);
    struct signature_result *results = calloc((size_t)signature_n_cases, sizeof *results);
    if (results == NULL) {
        error_system(err, NULL, "memory", ENOMEM);
        return error_exit_status(err);
    }
    bool ok = run_all(options, results, &n, err);
    if (ok && options->out != NULL)
        ok = signature_picture_write(options->out, results, n, err);
    if (ok && options->json)
        ok = print_json(results, n, err);
    else if (ok)
        print_all(results, n);
    free(results);
    return ok ? 0 : error_exit_status(err);
}

#define AT(field) offsetof(struct signatures_options, field)
static const struct options_row rows[] = {
    {.name = "model",
     .type = OPTIONS_LIST,
     .value = "M",
     .help = "only this model; all that have signatures otherwise",
     .offset = AT(models),
     .given = AT(n_models),
     .n_max = MODELS_MAX},
    {.name = "only",
     .type = OPTIONS_LIST,
     .value = "ID",
     .help = "only this signature",
     .offset = AT(ids),
     .given = AT(n_ids),
     .n_max = MODELS_MAX},
    {.name = "seeds",
     .type = OPTIONS_NUMBER,
     .value = "N",
     .help = "simulated animals a case, 10 if not given",
     .offset = AT(seeds),
     .min = 1,
     .max = SIGNATURE_SEEDS_MAX},
    {.name = "out",
     .letter = 'o',
     .type = OPTIONS_TEXT,
     .value = "FILE",
     .help = "draw the matrix into this file (.svg)",
     .offset = AT(out)},
    OPTIONS_JSON(signatures_options),
    {0      },
};

const struct cli_command signatures_command = {
    .name = "signatures",
    .help = "run published results as experiments on the models",
    .more =
        "Each model must show some, must not show others, and is only reported on for the rest. The inequality must\n"
        "hold for the mean over simulated animals and for four in five of them. A disagreement does not change\n"
        "the exit status: it is a finding. All of it with ten animals takes about ten minutes.\n",
    .example = "  phasic signatures --model td_csc --seeds 2\n",
    .options = rows,
    .size = sizeof(struct signatures_options),
    .act = act,
};
