/* signature: published results as experiments on simulated animals, and which models must show them.
 * (cli/signature.h)
 *
 * A signature is a protocol, numbers measured in it, and an inequality. A case runs it on one model with settings of
 * its own, over seeds; the inequality must hold for the means over seeds and for four seeds in five. What a model is
 * expected to do stands in the table (signature_table.c) and comes from the literature and its equations, never from
 * the measurement. Reward 1, delay 2 s, cue until the outcome, 4..40 s (12 s on average) from outcome to next cue,
 * unless the protocol says otherwise. Threads: one. Memory: an animal's state is its own. */
#pragma once
#include "engine/base/error.h"
#include "engine/base/rng.h"
#include "engine/model/model.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    SIGNATURE_STEPS_MAX = 1024, /* steps of one trial that are kept */
    SIGNATURE_VALUES_MAX = 6,   /* numbers a protocol measures */
    SIGNATURE_SETTINGS_MAX = 8, /* settings of one case */
    SIGNATURE_SEEDS_MAX = 100,
};

struct signature_setting {
    const char *name;
    double value;
};

/* A model, its clock, its draws, and what it released in the last trial. */
struct signature_animal {
    const struct model_ops *ops;
    double params[MODEL_PARAMS_MAX];
    uint64_t seed;
    void *state, *copy; /* a megabyte each */
    int64_t step_ns, k;
    struct rng rng;
    struct model_out out;
    int n_drive;
    double drive[SIGNATURE_STEPS_MAX]; /* by step since the cue */
};

/* One trial. Times in seconds from the first cue; multiples of 0.2 s fall on every model's steps. */
struct signature_trial {
    uint32_t cues, later; /* bits: cues that begin at 0, and at later_s */
    double later_s;
    double us_s;    /* of the outcome, or where it would be: cues end then */
    double reward;  /* 0: none */
    double light_s; /* light on dopamine neurons from us_s on; 0: none */
};

/* A fresh animal of this seed in the memory of `animal`. False and *err: settings the model refuses. */
MUST_CHECK bool signature_animal_start(struct signature_animal *animal, const struct model_ops *ops,
                                       const struct signature_setting *settings, double step_s, uint64_t seed,
                                       struct error *err);
void signature_animal_free(struct signature_animal *animal);

/* The same animal, fresh; its draws go on. */
void signature_animal_again(struct signature_animal *animal);

void signature_event(struct signature_animal *animal, enum model_event_kind kind, uint32_t id, double mag);
void signature_step(struct signature_animal *animal);

/* Steps for `s` seconds in which nothing happens. */
void signature_wait(struct signature_animal *animal, double s);

/* A trial of us_s + 2 s and the rest of an interval. */
void signature_run_trial(struct signature_animal *animal, const struct signature_trial *trial);
void signature_run_trials(struct signature_animal *animal, int n, const struct signature_trial *trial);

/* The drive of [from_s, to_s) that this trial would give now; the animal learns nothing from it. */
double signature_probe(struct signature_animal *animal, const struct signature_trial *trial, double from_s,
                       double to_s);

/* The mean of eight such probes, an interval apart. */
double signature_probes(struct signature_animal *animal, const struct signature_trial *trial, double from_s,
                        double to_s);

/* The drive of the last trial in [from_s, to_s). */
double signature_drive(const struct signature_animal *animal, double from_s, double to_s);

/* The model's parameter, or `otherwise` if it has none of this name. */
double signature_param(const struct signature_animal *animal, const char *name, double otherwise);

enum signature_expect { SIGNATURE_MUST, SIGNATURE_MUST_NOT, SIGNATURE_REPORT };

struct signature {
    const char *id, *protocol, *criterion, *citation;
    const char *values[SIGNATURE_VALUES_MAX]; /* names of what is measured; NULL after the last */
    void (*measure)(struct signature_animal *animal, double *values);
    bool (*shows)(const struct signature_animal *animal, const double *values); /* of one seed, or of the means */
    bool once;                                                                  /* no draws: one seed is all */
};

struct signature_case {
    const char *signature, *model;
    const char *variant; /* in words; "" the plain model */
    enum signature_expect expect;
    double step_s; /* 0: the model's default */
    struct signature_setting settings[SIGNATURE_SETTINGS_MAX];
};

struct signature_result {
    const struct signature *signature;
    const struct signature_case *of;
    int n_seeds, n_shown;
    double values[SIGNATURE_VALUES_MAX]; /* means over seeds */
    bool shown, ok;                      /* ok: as expected, or only reported */
};

extern const struct signature signature_list[];
extern const int signature_n;
extern const struct signature_case signature_cases[];
extern const int signature_n_cases;

const struct signature *signature_find(const char *id);

/* Why the measurement is known to contradict what is expected of this case; NULL: it is not. */
const char *signature_known(const struct signature_case *of);

/* Runs a case on seeds 1..n_seeds. False and *err: settings that the model refuses. */
MUST_CHECK bool signature_run(const struct signature_case *of, int n_seeds, struct signature_result *result,
                              struct error *err);

/* The protocols, by what they are about. */
#define SIGNATURE_PROTOCOLS(ROW)                                                                                       \
    ROW(acq_shift)                                                                                                     \
    ROW(omission_dip)                                                                                                  \
    ROW(blocking)                                                                                                      \
    ROW(unblocking)                                                                                                    \
    ROW(overexpectation)                                                                                               \
    ROW(cond_inhibition)                                                                                               \
    ROW(latent_inhibition)                                                                                             \
    ROW(extinction)                                                                                                    \
    ROW(spont_recovery)                                                                                                \
    ROW(opto_unblocking)                                                                                               \
    ROW(second_order)                                                                                                  \
    ROW(precond)                                                                                                       \
    ROW(backward_blocking)                                                                                             \
    ROW(delay_certain)                                                                                                 \
    ROW(delay_90)                                                                                                      \
    ROW(magnitude)                                                                                                     \
    ROW(adaptive_coding)                                                                                               \
    ROW(probability)                                                                                                   \
    ROW(dist_reversal)                                                                                                 \
    ROW(subtractive)                                                                                                   \
    ROW(ramp)                                                                                                          \
    ROW(teleport)                                                                                                      \
    ROW(trial_spacing)                                                                                                 \
    ROW(random_rewards)                                                                                                \
    ROW(prior_iri)                                                                                                     \
    ROW(gradual_shift)                                                                                                 \
    ROW(vigor)                                                                                                         \
    ROW(cocaine_surge)                                                                                                 \
    ROW(sensor_times)                                                                                                  \
    ROW(dat_block)

#define SIGNATURE_DECLARE(id)                                                                                          \
    void signature_##id(struct signature_animal *animal, double *values);                                              \
    bool signature_##id##_shows(const struct signature_animal *animal, const double *values);
SIGNATURE_PROTOCOLS(SIGNATURE_DECLARE)
#undef SIGNATURE_DECLARE
