/* entry: the program called as a function, with what it writes on stdout and stderr. (tests/cli/entry.h) */
#pragma once

/* What the last call wrote. */
extern char entry_out[1 << 16], entry_err[1 << 12];

/* Calls phasic with these words (a list that ends with NULL, at most eight); returns its exit status. It has the
 * simulated rig's driver. */
int entry_call(const char *const *words);
#define ENTRY_CALL(...) entry_call((const char *const[]){__VA_ARGS__, NULL})
