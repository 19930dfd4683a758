/* rng: seeded random numbers, one stream a purpose. (engine/base/rng.h)
 *
 * xoshiro256** (Blackman & Vigna 2018), seeded by four successive outputs of splitmix64 that starts at
 * seed ^ fnv1a64(purpose). A purpose is a name such as "task", "sim" or "trigger:dip", so that adding a consumer shifts
 * nobody else's draws. Every function takes exactly one 64-bit number from the stream unless it says otherwise, so
 * draws per decision are known.
 * Threads: any, real-time; touches only its own struct. */
#pragma once
#include "engine/base/rt.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rng {
    uint64_t s[4];
};

/* Starts the stream of `seed` and `purpose` at its beginning. */
void rng_init(struct rng *rng, uint64_t seed, const char *purpose) RT_SAFE;

/* The next 64 random bits. */
uint64_t rng_next(struct rng *rng) RT_SAFE;

/* Uniform in [0, 1): the top 53 bits times 2^-53. */
double rng_uniform(struct rng *rng) RT_SAFE;

/* True with probability p: rng_uniform < p. p <= 0 is never, p >= 1 always; one draw all the same. */
bool rng_bernoulli(struct rng *rng, double p) RT_SAFE;

/* Exponential with this mean (> 0), any unit: -mean * log(1 - u). */
double rng_exponential(struct rng *rng, double mean) RT_SAFE;

/* Normal with this mean and standard deviation (>= 0), by the inverse distribution function of one uniform number
 * (Wichura 1988, AS 241 PPND16, relative error about 1e-16); a uniform 0 counts as 2^-54, so results stay within
 * 8.3 standard deviations. */
double rng_normal(struct rng *rng, double mean, double sd) RT_SAFE;

/* The same law, given that it is within `cut` standard deviations of the mean (0.01..8): the quantile of a uniform
 * number between the law's values at both ends, so one draw. */
double rng_normal_cut(struct rng *rng, double mean, double sd, double cut) RT_SAFE;

/* Index in 0..n-1 with probability weights[i] / sum, cumulative in index order. n >= 1, weights >= 0 with a sum > 0.
 * An index of weight 0 is never drawn. Takes n steps. */
size_t rng_choice(struct rng *rng, const double *weights, size_t n) RT_SAFE;

/* FNV-1a, 64 bits, over a text without its terminator: the hash of purposes and names. */
uint64_t rng_hash(const char *text) RT_SAFE;
