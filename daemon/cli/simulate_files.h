/* simulate_files: what `phasic simulate --out` writes: trials.csv, curves.csv, curves.svg. (cli/simulate_files.h)
 *
 * Threads: one. Memory: the caller's. */
#pragma once
#include "cli/curves.h"
#include "engine/base/error.h"

/* What was simulated. */
struct simulate_files {
    const char *title; /* "bandit on sim-two-spouts, 1000 trials, 4 animals" */
    const struct learning *animals;
    size_t n_animals;
    uint32_t n_trials; /* of each animal */
    const struct curves *curves;
};

/* Writes all three into the folder `folder`, which exists. False and *err: writing failed. */
MUST_CHECK bool simulate_files_write(const struct simulate_files *files, const char *folder, struct error *err);
