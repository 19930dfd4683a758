#define _POSIX_C_SOURCE 200809L /* strerror_r, the POSIX one that returns int */
#include "engine/base/error.h"
#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Turns control characters into '?'. If the text fills its room it was probably cut: then a UTF-8 character whose end
 * is missing goes too, since half a micro sign breaks every reader of the line. */
static void tidy(char *text, size_t size)
{
    const size_t n = strlen(text);
    size_t start = n; /* of the last character */
    for (size_t i = 0; i < n; i++) {
        const uint8_t byte = (uint8_t)text[i];
        if (byte < 0x20 || byte == 0x7f)
            text[i] = '?';
        if ((byte & 0xc0) != 0x80)
            start = i;
    }
    if (n + 1 < size || start == n)
        return;
    const uint8_t lead = (uint8_t)text[start];
    const size_t need = lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (n - start < need)
        text[start] = '\0';
}

static void put(char *room, size_t size, const char *text)
{
    const size_t n = text ? strnlen(text, size - 1) : 0;
    if (n > 0)
        memcpy(room, text, n);
    room[n] = '\0';
    tidy(room, size);
}

bool error_set(struct error *err, enum error_kind kind, const char *where, const char *what, const char *got,
               const char *expected, ...)
{
    assert(kind != ERROR_NONE);
    if (!err)
        return false;
    struct error made = {.kind = kind}; /* apart from *err, whose own text may be among the arguments */
    put(made.where, sizeof made.where, where);
    put(made.what, sizeof made.what, what);
    put(made.got, sizeof made.got, got);
    va_list args;
    va_start(args, expected);
    if (vsnprintf(made.expected, sizeof made.expected, expected, args) < 0)
        made.expected[0] = '\0';
    va_end(args);
    tidy(made.expected, sizeof made.expected);
    *err = made;
    return false;
}

bool error_system(struct error *err, const char *where, const char *what, int errnum)
{
    char words[sizeof err->expected];
    if (strerror_r(errnum, words, sizeof words) != 0)
        snprintf(words, sizeof words, "system error %d", errnum);
    return error_set(err, ERROR_SYSTEM, where, what, NULL, "%s", words);
}

const char *error_line(const struct error *err, char *line, size_t size)
{
    const bool has_subject = err->what[0] != '\0' || err->got[0] != '\0';
    const bool has_words = err->expected[0] != '\0';
    const char *const parts[] = {
        err->where,
        err->where[0] != '\0' && (has_subject || has_words) ? ": " : "",
        err->what,
        err->what[0] != '\0' && err->got[0] != '\0' ? " = " : "",
        err->got,
        has_subject && has_words ? ": " : "",
        has_words && err->kind != ERROR_SYSTEM ? "expected " : "",
        err->expected,
    };
    assert(size > 0);
    size_t used = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const size_t n = strnlen(parts[i], size - 1 - used);
        memcpy(line + used, parts[i], n);
        used += n;
    }
    line[used] = '\0';
    tidy(line, size);
    return line;
}

int error_exit_status(const struct error *err)
{
    switch (err->kind) {
    case ERROR_NONE:
        return 0;
    case ERROR_DEVICE:
    case ERROR_SYSTEM:
        return 1;
    case ERROR_USAGE:
    case ERROR_INPUT:
        return 2;
    case ERROR_DIFFER:
        return 3;
    }
    assert(false && "a kind that is not in the enum");
    return 1;
}
