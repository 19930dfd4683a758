/* locate: finds the line on which a key of a declaration stands. (planner/locate.h)
 *
 * A Lua table forgets the lines of its keys, so the source is read once more by a small lexer: from the declaration's
 * line on it looks for `word "name" {` and counts braces. Threads: any, not real-time. No state. */
#pragma once
#include <stddef.h>

/* Line of the key `path` in the declaration `word "name" { ... }` that begins on `line` of source[0..n). In `path` dots
 * lead into inner tables, and a number is the position of an item without a key: "models.td_csc.step", "opening.2".
 * `name` NULL: the declaration has none. What can't be found (a table that was built by code) is on the nearest line
 * that was. */
int locate_key(const char *source, size_t n, int line, const char *word, const char *name, const char *path);
