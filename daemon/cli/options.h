/* options: what a command takes, as a table. (cli/options.h)
 *
 * One row an argument or option: name, help, range, and where its value goes in the command's own struct. From the same
 * rows come the parser, the usage line, --help and docs/cli.md. Options may stand before or after arguments; long names
 * may be shortened as long as they stay unique; `--` ends the options. Threads: one (getopt). Memory: the caller's;
 * texts point into argv. */
#pragma once
#include "engine/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { OPTIONS_MAX = 24, OPTIONS_NAME = 32 }; /* rows of a command; bytes of a long name */

enum options_type {
    OPTIONS_ARGUMENT,       /* const char *: an argument, by position */
    OPTIONS_OPTIONAL,       /* the same, may be left out: then NULL. After those that may not */
    OPTIONS_ARGUMENTS,      /* const char *[n_max]: one argument or more; the last such row */
    OPTIONS_FLAG,           /* bool: --name */
    OPTIONS_TEXT,           /* const char *: --name VALUE, not empty */
    OPTIONS_LIST,           /* const char *[n_max]: --name VALUE, any number of times */
    OPTIONS_NUMBER,         /* double, min..max: --name 1.5 */
    OPTIONS_NUMBER_OR_WORD, /* the same, or `word`, which stands for max */
    OPTIONS_WHOLE,          /* uint64_t, any: --name 7 */
};

struct options_row {
    const char *name; /* "duration"; an argument's as it is shown: "RIG" */
    char letter;      /* its short form: 'o' for -o; 0: none */
    enum options_type type;
    const char *value; /* how the value is shown: "S"; NULL for flags and arguments */
    const char *help;  /* half a sentence, with the default */
    size_t offset;     /* of the value in the command's struct */
    size_t given;      /* of a size_t: how often it was given; 0: not wanted. Lists and ARGUMENTS need it */
    size_t n_max;      /* OPTIONS_LIST, OPTIONS_ARGUMENTS: elements of the array */
    double min, max;   /* OPTIONS_NUMBER: inclusive */
    const char *word;  /* OPTIONS_NUMBER_OR_WORD */
};

/* The row that every command with JSON has: {"json", ...}. `st` is the command's struct with a bool `json`. */
#define OPTIONS_JSON(st)                                                                                               \
    {                                                                                                                  \
        .name = "json", .type = OPTIONS_FLAG, .help = "print one JSON object instead of text",                         \
        .offset = offsetof(struct st, json)                                                                            \
    }

/* Reads argv[1..argc) by `rows`, which end with one without a name, into `into`: values that are not given stay as they
 * are. argv is reordered. --help and -h set *help and end the reading. False and *err: ERROR_USAGE. */
MUST_CHECK bool options_parse(const struct options_row *rows, int argc, char **argv, void *into, bool *help,
                              struct error *err);

/* " RIG TASK [--animal ID] [--set NAME=VALUE]...": what follows the command's name. Without a newline. */
void options_print_usage(const struct options_row *rows, FILE *out);

/* One line a row, --help among them: "  --animal ID   its name in the files". */
void options_print_help(const struct options_row *rows, FILE *out);
