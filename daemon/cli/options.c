#include "cli/options.h"
#include "planner/suggest.h"
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_FIRST = 256, LONG_HELP = 255 }; /* what getopt_long returns for a row and for --help: above every letter */

static const struct options_row help_row = {.name = "help", .letter = 'h', .type = OPTIONS_FLAG, .help = "this text"};

static bool is_argument(const struct options_row *row)
{
    return row->type <= OPTIONS_ARGUMENTS;
}

static const char *dashed(const char *name, char text[OPTIONS_NAME + 2])
{
    snprintf(text, OPTIONS_NAME + 2, "--%s", name);
    return text;
}

static size_t count_one(const struct options_row *row, void *into)
{
    size_t n = 0;
    if (row->given == 0)
        return n;
    memcpy(&n, (char *)into + row->given, sizeof n);
    n++;
    memcpy((char *)into + row->given, &n, sizeof n);
    return n - 1;
}

/* A value as an error shows it. */
static const char *shown(const char *text)
{
    return text[0] != '\0' ? text : "\"\"";
}

static bool read_number(const struct options_row *row, const char *text, void *into, struct error *err)
{
    char name[OPTIONS_NAME + 2], word[64] = "";
    double value = row->max;
    if (row->type == OPTIONS_NUMBER_OR_WORD)
        snprintf(word, sizeof word, " or %s", row->word);
    if (row->type != OPTIONS_NUMBER_OR_WORD || strcmp(text, row->word) != 0) {
        char *end;
        const size_t n = strlen(text);
        const bool plain = n > 0 && n < 64 && strspn(text, "0123456789.eE+-") == n; /* strtod knows hex, inf and nan */
        value = strtod(text, &end);
        if (!plain || *end != '\0' || value < row->min || value > row->max)
            return error_set(err, ERROR_USAGE, NULL, dashed(row->name, name), shown(text), "a number %.10g..%.10g%s",
                             row->min, row->max, word);
    }
    memcpy((char *)into + row->offset, &value, sizeof value);
    return true;
}

static bool read_whole(const struct options_row *row, const char *text, void *into, struct error *err)
{
    char name[OPTIONS_NAME + 2];
    const size_t n = strlen(text);
    errno = 0;
    const uint64_t value = strtoull(text, NULL, 10);
    if (n == 0 || strspn(text, "0123456789") != n || errno == ERANGE)
        return error_set(err, ERROR_USAGE, NULL, dashed(row->name, name), shown(text), "a whole number 0..%llu",
                         (unsigned long long)UINT64_MAX);
    memcpy((char *)into + row->offset, &value, sizeof value);
    return true;
}

static bool read_text(const struct options_row *row, const char *text, size_t i, void *into, struct error *err)
{
    char name[OPTIONS_NAME + 2];
    const char *what = is_argument(row) ? row->name : dashed(row->name, name);
    const bool many = row->type == OPTIONS_LIST || row->type == OPTIONS_ARGUMENTS;
    if (text[0] == '\0')
        return error_set(err, ERROR_USAGE, NULL, what, shown(text), "something that is not empty");
    if (many && i >= row->n_max)
        return error_set(err, ERROR_USAGE, NULL, what, text, "at most %zu of them", row->n_max);
    memcpy((char *)into + row->offset + (many ? i * sizeof text : 0), &text, sizeof text);
    return true;
}

/* Puts one value into the command's struct. */
static bool take(const struct options_row *row, const char *text, void *into, struct error *err)
{
    const size_t i = count_one(row, into);
    switch (row->type) {
    case OPTIONS_FLAG:
        memcpy((char *)into + row->offset, &(bool){true}, sizeof(bool));
        return true;
    case OPTIONS_ARGUMENT:
    case OPTIONS_OPTIONAL:
    case OPTIONS_ARGUMENTS:
    case OPTIONS_TEXT:
    case OPTIONS_LIST:
        return read_text(row, text, i, into, err);
    case OPTIONS_NUMBER:
    case OPTIONS_NUMBER_OR_WORD:
        return read_number(row, text, into, err);
    case OPTIONS_WHOLE:
        return read_whole(row, text, into, err);
    }
    assert(false && "a type that is not in the enum");
    return false;
}

/* What getopt_long wants to know of the rows. `letters` has room for three characters a row and three more. */
static void describe(const struct options_row *rows, struct option *longs, char *letters)
{
    size_t n = 0;
    *letters++ = ':'; /* a missing value is told apart from an unknown option */
    for (size_t i = 0; rows[i].name != NULL; i++) {
        if (is_argument(&rows[i]))
            continue;
        const int value = rows[i].type == OPTIONS_FLAG ? no_argument : required_argument;
        longs[n++] = (struct option){.name = rows[i].name, .has_arg = value, .val = LONG_FIRST + (int)i};
        if (rows[i].letter == 0)
            continue;
        *letters++ = rows[i].letter;
        if (value == required_argument)
            *letters++ = ':';
    }
    *letters++ = help_row.letter;
    *letters = '\0';
    longs[n++] = (struct option){.name = help_row.name, .has_arg = no_argument, .val = LONG_HELP};
    longs[n] = (struct option){0};
}

static const struct options_row *row_of(const struct options_row *rows, int found)
{
    if (found >= LONG_FIRST)
        return &rows[found - LONG_FIRST];
    for (; rows->name != NULL; rows++)
        if (!is_argument(rows) && rows->letter != 0 && rows->letter == found)
            return rows;
    return NULL;
}

/* `last`: the element of argv that getopt_long looked at last. */
static bool fail_option(const struct options_row *rows, int found, const char *last, struct error *err)
{
    const char *names[OPTIONS_MAX + 1];
    char text[SUGGEST_TEXT], what[64] = {'-', (char)optopt, '\0'};
    const bool is_long = optopt == 0 || optopt >= LONG_HELP; /* 0: not known */
    const char *value = is_long ? strchr(last, '=') : NULL;
    size_t n = 0;
    for (const struct options_row *row = rows; row->name != NULL; row++)
        if (!is_argument(row))
            names[n++] = row->name;
    names[n++] = help_row.name;
    if (is_long)
        snprintf(what, sizeof what, "%.*s", (int)strcspn(last, "="), last);
    if (found == ':')
        return error_set(err, ERROR_USAGE, NULL, what, NULL, "a value after it");
    if (is_long && optopt != 0)
        return error_set(err, ERROR_USAGE, NULL, what, value != NULL ? value + 1 : NULL, "no value");
    return error_set(err, ERROR_USAGE, NULL, what, NULL, "%s",
                     suggest_text(text, "an option", is_long ? what + 2 : NULL, names, n));
}

static bool take_arguments(const struct options_row *rows, int argc, char **argv, void *into, struct error *err)
{
    int i = optind;
    for (; rows->name != NULL && is_argument(rows); rows++) {
        if (i == argc && rows->type != OPTIONS_OPTIONAL)
            return error_set(err, ERROR_USAGE, NULL, rows->name, NULL, "%s", rows->help);
        do {
            if (i < argc && !take(rows, argv[i++], into, err))
                return false;
        } while (rows->type == OPTIONS_ARGUMENTS && i < argc);
    }
    return i == argc || error_set(err, ERROR_USAGE, NULL, argv[i], NULL, "no further argument");
}

bool options_parse(const struct options_row *rows, int argc, char **argv, void *into, bool *help, struct error *err)
{
    struct option longs[OPTIONS_MAX + 2];
    char letters[3 * OPTIONS_MAX + 4];
    size_t n = 0;
    while (rows[n].name != NULL)
        n++;
    assert(n <= OPTIONS_MAX);
    describe(rows, longs, letters);
    *help = false;
    opterr = 0;
    optind = 0; /* glibc: begin anew */
    for (;;) {
        const int found = getopt_long(argc, argv, letters, longs, NULL);
        if (found < 0)
            return take_arguments(rows, argc, argv, into, err);
        if (found == LONG_HELP || found == help_row.letter) {
            *help = true;
            return true;
        }
        const struct options_row *row = found == '?' || found == ':' ? NULL : row_of(rows, found);
        if (row == NULL)
            return fail_option(rows, found, argv[optind - 1], err);
        if (!take(row, optarg, into, err))
            return false;
    }
}

void options_print_usage(const struct options_row *rows, FILE *out)
{
    for (; rows->name != NULL; rows++) {
        const char *more = rows->type == OPTIONS_ARGUMENTS || rows->type == OPTIONS_LIST ? "..." : "";
        if (rows->type == OPTIONS_OPTIONAL)
            fprintf(out, " [%s]", rows->name);
        else if (is_argument(rows))
            fprintf(out, " %s%s", rows->name, more);
        else if (rows->type == OPTIONS_FLAG)
            fprintf(out, " [--%s]", rows->name);
        else
            fprintf(out, " [--%s %s]%s", rows->name, rows->value, more);
    }
}

/* "-o, --out DIR": returns its length. */
static int label(const struct options_row *row, char *text, size_t size)
{
    char letter[8] = "";
    if (is_argument(row))
        return snprintf(text, size, "%s", row->name);
    if (row->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", row->letter);
    return snprintf(text, size, "%s--%s%s%s", letter, row->name, row->value != NULL ? " " : "",
                    row->value != NULL ? row->value : "");
}

void options_print_help(const struct options_row *rows, FILE *out)
{
    char text[80];
    int width = label(&help_row, text, sizeof text);
    for (const struct options_row *row = rows; row->name != NULL; row++) {
        const int n = label(row, text, sizeof text);
        width = n > width ? n : width;
    }
    for (const struct options_row *row = rows; row->name != NULL; row++) {
        label(row, text, sizeof text);
        fprintf(out, "  %-*s  %s\n", width, text, row->help);
    }
    label(&help_row, text, sizeof text);
    fprintf(out, "  %-*s  %s\n", width, text, help_row.help);
}
