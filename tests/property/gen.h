/* gen: properties that must hold for every case, and the smallest case for which one does not. (tests/property/gen.h)
 *
 * A property is a function that draws its case from a `struct gen`, number after number, and says whether all was as it
 * must be. gen_check tries it on random cases. A case is nothing but the list of numbers that it drew, so one that
 * fails is shrunk without knowing what it means: pieces of the list are left out, halves first, and its numbers are
 * halved, as long as it still fails. Every number below is therefore drawn such that smaller is simpler.
 * A failure prints the seed; the seed joins the list of the property's test. Threads: one. */
#pragma once
#include "engine/base/rt.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    GEN_DRAWS_MAX = 20000, /* numbers a case may draw; all later ones are 0 */
    GEN_SHRINKS_MAX = 4000 /* runs spent on shrinking */
};

struct gen; /* one case */

/* True: it held. False, after gen_say: it did not. Must be a function of what it draws. An assertion that fails inside
 * ends the test at once: nothing is shrunk, and the seed that is printed is that of the first case. */
typedef bool (*gen_property_fn)(struct gen *gen);

/* 0 .. n-1 (n >= 1); 0 is the simplest. */
uint64_t gen_below(struct gen *gen, uint64_t n);

/* min .. max; min is the simplest. */
int64_t gen_between(struct gen *gen, int64_t min, int64_t max);

/* True `percent` times of a hundred; false is the simplest. */
bool gen_chance(struct gen *gen, unsigned percent);

/* Notes what was wrong; returns false, so that a property can end with `return gen_say(...)`. */
bool gen_say(struct gen *gen, const char *what, ...) PRINTF_LIKE(2, 3);

/* What gen_find found. */
struct gen_found {
    uint64_t seed;   /* of the case that failed */
    size_t n_draws;  /* numbers in the smallest one */
    uint64_t sum;    /* of those numbers */
    char first[256]; /* what the property said about it */
    char last[256];  /* what it said about the smallest one */
};

/* Runs `property` on the n_cases cases of seed, seed + 1, ... True and *found: one of them failed. */
bool gen_find(gen_property_fn property, uint64_t seed, unsigned n_cases, struct gen_found *found);

/* The same as a test: fails, with the seed. Sanitized builds take an eighth of the cases. */
void gen_check(gen_property_fn property, uint64_t seed, unsigned n_cases);
