/* Protocols of conditioning: what is learned of which cue. (cli/signature.h) */
#include "cli/signature.h"
#include "engine/base/units.h"
#include <math.h>
#include <string.h>

enum { A = 1, B = 2, X = 4, Y = 8, C = 16, D = 32 };

#define DELAY_S 2.0
#define RPE_S   0.25 /* width of a response */
#define DAY_S   86400.0

static const struct signature_trial reward_a = {.cues = A, .us_s = DELAY_S, .reward = 1};

static struct signature_trial rewarded(uint32_t cues, double reward)
{
    return (struct signature_trial){.cues = cues, .us_s = DELAY_S, .reward = reward};
}

static void run(struct signature_animal *animal, int n, uint32_t cues, double reward)
{
    const struct signature_trial trial = rewarded(cues, reward);
    signature_run_trials(animal, n, &trial);
}

static double rpe_cue(const struct signature_animal *animal)
{
    return signature_drive(animal, 0, RPE_S);
}

static double rpe_us(const struct signature_animal *animal)
{
    return signature_drive(animal, DELAY_S, DELAY_S + RPE_S);
}

/* The response that cues alone would get now. */
static double probe(struct signature_animal *animal, uint32_t cues)
{
    const struct signature_trial trial = rewarded(cues, 0);
    return signature_probes(animal, &trial, 0, RPE_S);
}

/* What one RPE at the outcome is worth 2 s before, to this model. */
static double discount(const struct signature_animal *animal)
{
    return exp(-DELAY_S / signature_param(animal, "tau_discount_s", HUGE_VAL));
}

void signature_acq_shift(struct signature_animal *animal, double *v)
{
    enum { N = 400, LATE = 80 };
    for (int i = 0; i < N; i++) {
        signature_run_trial(animal, &reward_a);
        if (i == 0) {
            v[2] = rpe_us(animal);
            v[3] = rpe_cue(animal);
        }
        if (i >= N - LATE) {
            v[0] += rpe_cue(animal) / LATE;
            v[1] += rpe_us(animal) / LATE;
        }
    }
}

bool signature_acq_shift_shows(const struct signature_animal *animal, const double *v)
{
    const char *name = animal->ops->name;
    if (strcmp(name, "anccr") == 0 || strcmp(name, "kalman_td") == 0)
        return v[0] > 0.4;
    return v[0] > 0.6 * discount(animal) && v[1] < 0.25 && v[2] > 0.9 && fabs(v[3]) < 1e-9;
}

void signature_omission_dip(struct signature_animal *animal, double *v)
{
    enum { N = 40 };
    int n = 0;
    signature_run_trials(animal, 400, &reward_a);
    for (int i = 0; i < N; i++) {
        const bool omitted = i % 5 == 2; /* 20 % */
        run(animal, 1, A, omitted ? 0 : 1);
        if (omitted) {
            v[0] += signature_drive(animal, DELAY_S, DELAY_S + 0.5);
            n++;
        }
    }
    v[0] /= n;
}

bool signature_omission_dip_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] < -0.3;
}

/* A to criterion, then A with X; for control B, new, with Y. Responses to X and Y alone. */
static void block(struct signature_animal *animal, double reward_ax, double light_s, double *x, double *y)
{
    signature_animal_again(animal);
    signature_run_trials(animal, 300, &reward_a);
    struct signature_trial compound = rewarded(A | X, reward_ax);
    compound.light_s = light_s;
    signature_run_trials(animal, 150, &compound);
    run(animal, 150, B | Y, 1);
    *x = probe(animal, X);
    *y = probe(animal, Y);
}

void signature_blocking(struct signature_animal *animal, double *v)
{
    block(animal, 1, 0, &v[0], &v[1]);
    v[2] = v[1] > 0 ? v[0] / v[1] : 1;
}

bool signature_blocking_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[1] > 0 && v[0] / v[1] < 0.35;
}

void signature_unblocking(struct signature_animal *animal, double *v)
{
    double y;
    block(animal, 1, 0, &v[0], &y);
    block(animal, 2, 0, &v[1], &y);
}

bool signature_unblocking_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[1] > v[0] + 0.15;
}

void signature_opto_unblocking(struct signature_animal *animal, double *v)
{
    double y;
    block(animal, 1, 0, &v[0], &y);
    block(animal, 1, 1, &v[1], &y);
}

bool signature_opto_unblocking_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[1] > v[0] + 0.15;
}

/* `n` trials of each of two kinds, in any order. */
static void mix(struct signature_animal *animal, int n, const struct signature_trial *one,
                const struct signature_trial *other)
{
    for (int left[2] = {n, n}; left[0] + left[1] > 0;) {
        const bool second = rng_uniform(&animal->rng) * (left[0] + left[1]) >= left[0];
        signature_run_trial(animal, second ? other : one);
        left[second]--;
    }
}

void signature_overexpectation(struct signature_animal *animal, double *v)
{
    const struct signature_trial b = rewarded(B, 1);
    mix(animal, 300, &reward_a, &b);
    v[0] = probe(animal, A);
    run(animal, 150, A | B, 1);
    v[1] = probe(animal, A);
    v[2] = v[1] / v[0];
}

bool signature_overexpectation_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] > 0 && v[1] < 0.75 * v[0];
}

void signature_cond_inhibition(struct signature_animal *animal, double *v)
{
    const struct signature_trial ax = rewarded(A | X, 0);
    mix(animal, 300, &reward_a, &ax);
    v[0] = probe(animal, X);
    v[1] = probe(animal, A | X);
    v[2] = probe(animal, A);
}

bool signature_cond_inhibition_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] < -0.2 && v[1] < 0.5 * v[2];
}

/* Rewarded trials until the cue's response or value exceeds 0.5. */
static double trials_to_learn(struct signature_animal *animal)
{
    enum { MOST = 400 };
    for (int n = 1; n <= MOST; n++) {
        signature_run_trial(animal, &reward_a);
        if (rpe_cue(animal) > 0.5 || animal->out.value_cs[0] > 0.5)
            return n;
    }
    return MOST;
}

void signature_latent_inhibition(struct signature_animal *animal, double *v)
{
    run(animal, 60, A, 0);
    v[0] = trials_to_learn(animal);
    signature_animal_again(animal);
    v[1] = trials_to_learn(animal);
}

bool signature_latent_inhibition_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] >= 1.3 * v[1];
}

/* Mean response to A over the last `late` of n trials. */
static double run_late(struct signature_animal *animal, int n, int late, double reward)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        run(animal, 1, A, reward);
        sum += i >= n - late ? rpe_cue(animal) : 0;
    }
    return sum / late;
}

void signature_extinction(struct signature_animal *animal, double *v)
{
    v[0] = run_late(animal, 400, 80, 1);
    v[1] = run_late(animal, 300, 10, 0);
}

bool signature_extinction_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] > 0 && v[1] < 0.3 * v[0];
}

void signature_spont_recovery(struct signature_animal *animal, double *v)
{
    signature_run_trials(animal, 400, &reward_a);
    run(animal, 300, A, 0);
    v[0] = rpe_cue(animal);
    signature_event(animal, EV_SESSION, EVENT_SESSION_END, 0);
    signature_wait(animal, DAY_S);
    signature_event(animal, EV_SESSION, EVENT_SESSION_BEGIN, 0);
    signature_step(animal);
    const struct signature_trial first = rewarded(A, 0);
    v[1] = signature_probe(animal, &first, 0, RPE_S);
}

bool signature_spont_recovery_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[1] > v[0] + 0.15;
}

void signature_second_order(struct signature_animal *animal, double *v)
{
    const struct signature_trial chain = {.cues = B, .later = A, .later_s = DELAY_S, .us_s = 2 * DELAY_S};
    signature_run_trials(animal, 200, &reward_a);
    for (int i = 0; i < 60; i++) {
        signature_run_trial(animal, &chain);
        v[0] = fmax(v[0], rpe_cue(animal));
        signature_run_trial(animal, &reward_a);
    }
}

bool signature_second_order_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] > 0.1;
}

void signature_precond(struct signature_animal *animal, double *v)
{
    const struct signature_trial ba = {.cues = B, .later = A, .later_s = DELAY_S, .us_s = 2 * DELAY_S};
    const struct signature_trial cd = {.cues = C, .later = D, .later_s = DELAY_S, .us_s = 2 * DELAY_S};
    mix(animal, 60, &ba, &cd);
    signature_run_trials(animal, 150, &reward_a);
    v[0] = fmax(probe(animal, B), animal->out.value_cs[1]);
    v[1] = fmax(probe(animal, C), animal->out.value_cs[4]);
}

bool signature_precond_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] > v[1] + 0.15;
}

void signature_backward_blocking(struct signature_animal *animal, double *v)
{
    enum { PHASE = 50 };
    for (int i = 0; i < 2; i++) {
        signature_animal_again(animal);
        run(animal, PHASE, A | X, 1);
        v[0] = probe(animal, X);
        run(animal, PHASE, A, i == 0 ? 1 : 0);
        v[1 + i] = probe(animal, X);
    }
}

bool signature_backward_blocking_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[1] < v[0] - 0.05 && v[2] > v[0] + 0.05;
}

void signature_cocaine_surge(struct signature_animal *animal, double *v)
{
    struct signature_trial drug = reward_a;
    drug.light_s = units_s(animal->step_ns); /* the outcome's step: its error is held at the drug's surge */
    signature_run_trials(animal, 300, &reward_a);
    v[0] = animal->out.value_cs[0];
    for (int i = 0; i < 300; i++) {
        signature_run_trial(animal, &drug);
        if (i >= 75 && i < 150)
            v[1] += animal->out.value_cs[0] / 75;
        else if (i >= 225)
            v[2] += animal->out.value_cs[0] / 75;
    }
}

bool signature_cocaine_surge_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[2] > v[1] + 0.3;
}
