/* contingency: learning by looking back from outcomes: the common core of anccr and retro.
 * (engine/model/contingency.h)
 *
 * Jeong 2022. Event types are the cues, the outcomes, and, if wanted, an omission; punishments are none. Each leaves a
 * decaying trace E; M[i][j] is the mean of E[i] at times of j, B[i] its mean at any time (a sampling clock), and their
 * difference is the predecessor contingency PRC. Bayes' rule turns it into the successor contingency SRC; both are
 * mixed to NC. Times the outcome's magnitude R, less what other recent events explain, that is the adjusted contingency
 * G; dopamine at an event is the sum of G over meaningful targets. `retro` leaves out the forward part and the
 * adjustment. Threads: the model's. Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include "engine/model/stepped.h"
#include "engine/model/trials.h"

enum {
    CONTINGENCY_US = MODEL_CS_MAX, /* the first outcome's type */
    CONTINGENCY_OMISSION = MODEL_CS_MAX + MODEL_US_MAX,
    CONTINGENCY_TYPES,
};

/* The rows that both models have, in this order. */
#define CONTINGENCY_PARAMS                                                                                               \
    STEPPED_PARAMS, TRIALS_PARAMS, {"alpha", "per event", "Jeong 2022 public code", 0.02, 1e-4, 1, MODEL_PARAM_LIVE},    \
        {"alpha_init", "per event", "Jeong 2022", 0.25, 1e-4, 1, MODEL_PARAM_LIVE},                                      \
        {"alpha_decay", "per event", "Jeong 2022: 0.1 for random rewards; 0: alpha stays", 0, 0, 10, MODEL_PARAM_LIVE},  \
        {"k", "-", "Jeong 2022: 1; 0.01 with intervals of 100 s", 1, 1e-4, 1, MODEL_PARAM_LIVE},                         \
        {"theta", "-", "Jeong 2022; 0.5 for ramps", 0.6, 0, 1, MODEL_PARAM_LIVE},                                        \
        {"t_ratio", "x interval", "Jeong 2022", 1.2, 0.1, 5, MODEL_PARAM_LIVE},                                          \
        {"t_mode", "-", "mean interval between rewards: 0 iri_s, 1 tracked, from iri_s on", 1, 0, 1, MODEL_PARAM_COUNT}, \
        {"iri_s", "s", "mean interval between rewards, at the start; chosen", 20, 0.5, 3600, MODEL_PARAM_FIXED},         \
        {"min_rate", "/s", "Jeong 2022", 1e-3, 0, 1, MODEL_PARAM_LIVE},                                                  \
        {"sample_s", "s", "Jeong 2022", 0.2, 0.05, 1, MODEL_PARAM_FIXED},                                                \
        {"beta_us", "-", "innate meaning; Jeong 2022", 1, 0, 2, MODEL_PARAM_FIXED},                                      \
        {"beta_cs", "-", "innate meaning; Jeong 2022", 0, 0, 2, MODEL_PARAM_FIXED},                                      \
        {"da_beta", "-", "1: innate meaning drives dopamine too", 0, 0, 1, MODEL_PARAM_CHOICE},                          \
        {"tie_sep_s", "s", "between events of one instant; Jeong 2022 jitters by 0.1 s", 0.1, 0, 0.5, MODEL_PARAM_LIVE}, \
        {"alpha_iri_scaling", "-", "Burke 2024: 1: alpha times interval over iri_ref", 0, 0, 1, MODEL_PARAM_CHOICE},     \
        {"iri_ref", "s", "chosen", 60, 1, 3600, MODEL_PARAM_LIVE},                                                       \
    {                                                                                                                    \
        "use_omission", "-", "1: an omitted outcome is an event too", 0, 0, 1, MODEL_PARAM_CHOICE                        \
    }
enum {
    CONTINGENCY_TRIALS = STEPPED_N_PARAMS,
    CONTINGENCY_ALPHA = CONTINGENCY_TRIALS + TRIALS_N_PARAMS,
    CONTINGENCY_ALPHA_INIT,
    CONTINGENCY_ALPHA_DECAY,
    CONTINGENCY_K,
    CONTINGENCY_THETA,
    CONTINGENCY_T_RATIO,
    CONTINGENCY_T_MODE,
    CONTINGENCY_IRI,
    CONTINGENCY_MIN_RATE,
    CONTINGENCY_SAMPLE,
    CONTINGENCY_BETA_US,
    CONTINGENCY_BETA_CS,
    CONTINGENCY_DA_BETA,
    CONTINGENCY_TIE_SEP,
    CONTINGENCY_IRI_SCALING,
    CONTINGENCY_IRI_REF,
    CONTINGENCY_USE_OMISSION,
    CONTINGENCY_N_PARAMS,
};

enum { CONTINGENCY_AUX_IRI, CONTINGENCY_AUX_T, CONTINGENCY_AUX_EVENTS, CONTINGENCY_AUX_PRC, CONTINGENCY_N_AUX = 11 };
extern const char *const contingency_aux_names[CONTINGENCY_N_AUX];

struct contingency {
    const double *params; /* the model's, CONTINGENCY_PARAMS first */
    bool retro;
    double w;       /* weight of SRC; set by the model before a step */
    double alpha_r; /* rate of R; set by the model before a step */
    struct stepped stepped;
    struct trials trials;
    double e[CONTINGENCY_TYPES], d[CONTINGENCY_TYPES]; /* accumulating trace; recency */
    double b[CONTINGENCY_TYPES], count[CONTINGENCY_TYPES];
    double m[CONTINGENCY_TYPES][CONTINGENCY_TYPES], r[CONTINGENCY_TYPES][CONTINGENCY_TYPES];
    double g[CONTINGENCY_TYPES][CONTINGENCY_TYPES], nc[CONTINGENCY_TYPES][CONTINGENCY_TYPES];
    bool target[CONTINGENCY_TYPES]; /* meaningful causal target */
    double n_events, iri_s;
    bool us_seen;
    int64_t us_ns;         /* the newest outcome */
    int64_t t_ns;          /* E and D are as of then */
    int64_t k_sample;      /* the next sample is at k_sample * sample_s */
    int64_t tie_ns, n_tie; /* time of the newest event as it was given, and how many before it had the same */
    double value;          /* of the newest event */
};

/* A fresh core inside a model whose parameters are at `params` for good. */
void contingency_init(struct contingency *core, const double *params, bool retro, double dt);

void contingency_event(struct contingency *core, const struct model_event *event) RT_SAFE;
void contingency_step(struct contingency *core, int64_t k, struct model_out *out) RT_SAFE;

/* Contingencies, magnitudes, baselines and the interval are learned; traces, windows and times passing. */
void contingency_fields(struct contingency *core, struct state_io *io);
