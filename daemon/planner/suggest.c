#include "planner/suggest.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 31 }; /* longer words are compared by their beginnings */

static unsigned min_of(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance. */
static unsigned distance(const char *a, const char *b)
{
    unsigned rows[WORD_MAX + 1][WORD_MAX + 1];
    const size_t n_a = strnlen(a, WORD_MAX), n_b = strnlen(b, WORD_MAX);
    for (size_t i = 0; i <= n_a; i++)
        rows[i][0] = (unsigned)i;
    for (size_t j = 0; j <= n_b; j++)
        rows[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n_a; i++)
        for (size_t j = 1; j <= n_b; j++) {
            const unsigned changed = rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            rows[i][j] = min_of(changed, 1 + min_of(rows[i - 1][j], rows[i][j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                rows[i][j] = min_of(rows[i][j], rows[i - 2][j - 2] + 1);
        }
    return rows[n_a][n_b];
}

int suggest_nearest(const char *word, const char *const *candidates, size_t n)
{
    const size_t length = strnlen(word, WORD_MAX);
    unsigned best = length >= 6 ? 3 : length >= 3 ? 2 : 1; /* one more than is still near */
    int nearest = -1;
    for (size_t i = 0; i < n; i++) {
        const unsigned d = distance(word, candidates[i]);
        if (d < best) {
            best = d;
            nearest = (int)i;
        }
    }
    return nearest;
}

const char *suggest_text(char text[SUGGEST_TEXT], const char *noun, const char *word, const char *const *candidates,
                         size_t n)
{
    const int nearest = word ? suggest_nearest(word, candidates, n) : -1;
    if (nearest >= 0) {
        snprintf(text, SUGGEST_TEXT, "%s: did you mean %s?", noun, candidates[nearest]);
        return text;
    }
    int used = snprintf(text, SUGGEST_TEXT, "%s: %s", noun, n == 0 ? "there is none" : "");
    for (size_t i = 0; i < n && used < SUGGEST_TEXT; i++) {
        const size_t room = SUGGEST_TEXT - (size_t)used, need = strlen(candidates[i]) + 2;
        if (need + sizeof ", ..." > room) {
            snprintf(text + used, room, "%s", i == 0 ? "..." : ", ...");
            break;
        }
        used += snprintf(text + used, room, "%s%s", i == 0 ? "" : ", ", candidates[i]);
    }
    return text;
}
