/* error: one value type for everything the world can do wrong. (engine/base/error.h)
 *
 * A function that may fail returns bool, is MUST_CHECK and takes `struct error *err` last. The error is made where it
 * is first known and travels up unchanged; a caller may add `where`, nothing else. It prints as one line:
 *     rig-configs/box1.lua:14: output.water.max_on = 900: expected 1..500 ms
 * Threads: any, not real-time (formats text). Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include <stdbool.h>
#include <stddef.h>

enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,  /* the command line is wrong: exit status 2 */
    ERROR_INPUT,  /* a file or message from outside is wrong: exit status 2 */
    ERROR_DEVICE, /* a board failed: exit status 1 */
    ERROR_SYSTEM, /* the operating system refused something: exit status 1 */
    ERROR_DIFFER, /* a verification found a difference: exit status 3 */
};

struct error {
    enum error_kind kind;
    char where[256];    /* file:line, file: byte offset, device path; empty if there is none */
    char what[128];     /* the thing, in the user's own words */
    char got[96];       /* its value as the user wrote it; empty if there is none */
    char expected[192]; /* what would have been right; a suggestion for a misspelt key; ERROR_SYSTEM: what happened */
};

/* Fills `err` (NULL is allowed: then nothing happens) and returns false, so that a failing function can end with
 * `return error_set(...)`. `where`, `what`, `got` may be NULL or empty; `expected` is a printf format. Too long parts
 * are cut, never overrun; control characters become '?', so that one error stays one line. */
bool error_set(struct error *err, enum error_kind kind, const char *where, const char *what, const char *got,
               const char *expected, ...) PRINTF_LIKE(6, 7);

/* Like error_set with ERROR_SYSTEM: `expected` becomes the system's words for `errnum` ("No such file or directory").
 */
bool error_system(struct error *err, const char *where, const char *what, int errnum);

/* Writes the one line, without a newline, into `line` (cut to `size` >= 1 bytes with its terminator); returns `line`.
 * Absent parts leave no punctuation behind. The word "expected" is put before the last part, except for ERROR_SYSTEM,
 * whose words say what happened and stand alone. */
const char *error_line(const struct error *err, char *line, size_t size);

/* The program's exit status for this error: 0 none, 1 device and system, 2 usage and input, 3 differ. */
int error_exit_status(const struct error *err);
