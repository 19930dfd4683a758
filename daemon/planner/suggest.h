/* suggest: finds the word that somebody probably meant. (planner/suggest.h)
 *
 * By edit distance (insert, delete, change, swap neighbours): at most two edits in words of six letters and more, one
 * in those of three to five, none in shorter ones. The first of the nearest wins: the order of the candidates decides
 * ties. Threads: any, not real-time. No state. */
#pragma once
#include <stddef.h>

enum { SUGGEST_TEXT = 192 }; /* room for a whole sentence */

/* Index of the nearest of candidates[0..n), or -1 if none is near. */
int suggest_nearest(const char *word, const char *const *candidates, size_t n);

/* What to expect instead of `word`, as the end of "expected ...": `noun`, then the near miss as a question, or all
 * candidates as far as they fit. `word` may be NULL. Returns `text`. */
const char *suggest_text(char text[SUGGEST_TEXT], const char *noun, const char *word, const char *const *candidates,
                         size_t n);
