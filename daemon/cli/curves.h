/* curves: learning curves: what animals did, averaged over blocks of trials. (cli/curves.h)
 *
 * A measure is one number a trial, or none; each has a row with its name, its axis and what it is split by: cue, spout,
 * signal, model. A curve is one measure of one of those: the mean over a block's trials of each animal, then mean and
 * standard error over the animals. Curves without a single value are left out. Threads: any. Memory: the caller's. */
#pragma once
#include "cli/learning.h"

enum {
    CURVES_BLOCKS_MAX = 50, /* points of a curve */
    CURVES_MAX = 256,       /* curves of a simulation; 16 models on 8 cues fill half of it */
};

struct curve {
    const char *measure;                /* "anticipatory_lick_hz": a name that stays */
    const char *axis;                   /* "anticipatory licks (1/s)" */
    uint32_t cue, input, signal, model; /* indices into the config's lists; LEARNING_NONE: not split by it */
    double mean[CURVES_BLOCKS_MAX], sem[CURVES_BLOCKS_MAX]; /* NaN: no trial of that block has a value */
    uint32_t n[CURVES_BLOCKS_MAX];                          /* trials in it, of all animals */
};

struct curves {
    uint32_t n_blocks, block; /* trials a block; the last one may be shorter */
    uint32_t n;
    struct curve curve[CURVES_MAX];
};

/* The curves of `n_animals` animals, each over its first n_trials trials. They have run on configs that differ in the
 * seed only. */
void curves_make(const struct learning *animals, size_t n_animals, uint32_t n_trials, struct curves *curves);

/* The curve that shows the learning best: choices for a task with several spouts (rewards a trial), licks that expect
 * a reward where there is a cue, else rewards a trial. */
const struct curve *curves_main(const struct curves *curves);

/* What a curve is of, beside its measure: "cue A, vta, td_csc"; "" nothing. */
void curves_name(const struct curve *curve, const struct config *config, char text[128]);
