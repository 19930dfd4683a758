/* Protocols of time, amount and chance: when a response comes, and how large it is. (cli/signature.h) */
#include "cli/signature.h"
#include "engine/base/units.h"
#include <math.h>

#define DELAY_S 2.0
#define RPE_S   0.25

static double response(const struct signature_animal *animal, double at_s)
{
    return signature_drive(animal, at_s, at_s + RPE_S);
}

/* Pearson's correlation of x and y; 0 if one does not vary. */
static double correlation(const double *x, const double *y, int n)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < n; i++) {
        mx += x[i] / n;
        my += y[i] / n;
    }
    for (int i = 0; i < n; i++) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xx > 1e-18 && yy > 1e-18 ? xy / sqrt(xx * yy) : 0;
}

static double exponential_between(struct signature_animal *animal, double mean, double lo, double hi)
{
    double x = -1;
    while (x < lo || x > hi)
        x = rng_exponential(&animal->rng, mean);
    return x;
}

/* Starkweather 2017: delays of 1.2..2.8 s, and in a share of the trials no reward. Slope of the reward's response. */
static double delay_slope(struct signature_animal *animal, double p_omit)
{
    enum { N = 1500, FIRST = 500, N_DELAYS = 9 };
    double weights[N_DELAYS], sx = 0, sy = 0, sxx = 0, sxy = 0, n = 0;
    for (int i = 0; i < N_DELAYS; i++) {
        const double off = (1.2 + 0.2 * i - 2.0) / 0.5;
        weights[i] = exp(-off * off / 2);
    }
    for (int i = 0; i < N; i++) {
        const bool omitted = rng_bernoulli(&animal->rng, p_omit);
        const double delay_s = 1.2 + 0.2 * (double)rng_choice(&animal->rng, weights, N_DELAYS);
        const struct signature_trial trial = {.cues = 1, .us_s = omitted ? 2.8 : delay_s, .reward = omitted ? 0 : 1};
        signature_run_trial(animal, &trial);
        if (i < FIRST || omitted)
            continue;
        const double y = response(animal, delay_s);
        n += 1;
        sx += delay_s;
        sy += y;
        sxx += delay_s * delay_s;
        sxy += delay_s * y;
    }
    return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

void signature_delay_certain(struct signature_animal *animal, double *v)
{
    v[0] = delay_slope(animal, 0);
}

bool signature_delay_certain_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] < -0.03;
}

void signature_delay_90(struct signature_animal *animal, double *v)
{
    v[0] = delay_slope(animal, 0.1);
}

bool signature_delay_90_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] > 0.05;
}

/* The response to a reward of this size at once, or 2 s after the cue. */
static double size_response(struct signature_animal *animal, uint32_t cues, double reward)
{
    const struct signature_trial trial = {.cues = cues, .us_s = cues != 0 ? DELAY_S : 0, .reward = reward};
    return signature_probes(animal, &trial, trial.us_s, trial.us_s + RPE_S);
}

void signature_magnitude(struct signature_animal *animal, double *v)
{
    static const double sizes[] = {0.1, 0.3, 1, 2, 5, 10};
    const struct signature_trial trial = {.cues = 1, .us_s = DELAY_S, .reward = 1};
    double before = -HUGE_VAL;
    v[0] = 1;
    for (int i = 0; i < 6; i++) {
        const double now = size_response(animal, 0, sizes[i]);
        v[0] = now > before ? v[0] : 0;
        before = now;
    }
    signature_run_trials(animal, 400, &trial);
    v[1] = size_response(animal, 1, 0.3);
    v[2] = size_response(animal, 1, 2);
}

bool signature_magnitude_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] > 0.999 && v[1] < 0 && v[2] > 0; /* in every animal */
}

void signature_adaptive_coding(struct signature_animal *animal, double *v)
{
    enum { N = 800, FIRST = 400 };
    double sum[2] = {0}, n[2] = {0};
    for (int i = 0; i < N; i++) {
        const bool b = rng_bernoulli(&animal->rng, 0.5), large = rng_bernoulli(&animal->rng, 0.5);
        const struct signature_trial trial = {
            .cues = b ? 2 : 1, .us_s = DELAY_S, .reward = (b ? 10 : 1) * (large ? 1 : 0.1)};
        signature_run_trial(animal, &trial);
        if (i >= FIRST && large) {
            sum[b] += response(animal, DELAY_S);
            n[b] += 1;
        }
    }
    v[0] = sum[0] / n[0] / 0.45; /* over half the range of each cue */
    v[1] = sum[1] / n[1] / 4.5;
    v[2] = v[0] / v[1];
}

bool signature_adaptive_coding_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[1] > 0 && v[0] >= 3 * v[1];
}

/* Cues of five probabilities, mixed. Values: the response to each cue, late, and whether all increase; the reward's. */
void signature_probability(struct signature_animal *animal, double *v)
{
    enum { N = 1500, LATE = 1200, N_CUES = 5 };
    double cue[N_CUES] = {0}, us[N_CUES] = {0}, n_cue[N_CUES] = {0}, n_us[N_CUES] = {0}, left[N_CUES];
    for (int c = 0; c < N_CUES; c++)
        left[c] = N / N_CUES;
    for (int i = 0; i < N; i++) {
        const size_t c = rng_choice(&animal->rng, left, N_CUES);
        const bool rewarded = rng_bernoulli(&animal->rng, (double)c / (N_CUES - 1));
        const struct signature_trial trial = {.cues = 1U << c, .us_s = DELAY_S, .reward = rewarded ? 1 : 0};
        left[c] -= 1;
        signature_run_trial(animal, &trial);
        if (i < LATE)
            continue;
        cue[c] += response(animal, 0);
        n_cue[c] += 1;
        us[c] += rewarded ? response(animal, DELAY_S) : 0;
        n_us[c] += rewarded;
    }
    for (int c = 0; c < N_CUES; c++) {
        cue[c] /= n_cue[c] > 0 ? n_cue[c] : 1;
        us[c] /= n_us[c] > 0 ? n_us[c] : 1;
    }
    v[0] = cue[0] < cue[1] && cue[1] < cue[2] && cue[2] < cue[3] && cue[3] < cue[4];
    v[1] = cue[1];
    v[2] = cue[4];
    v[3] = us[1];
    v[4] = us[4];
}

bool signature_probability_shows(const struct signature_animal *animal, const double *v)
{
    const bool cue_part = model_find("anccr") == animal->ops;
    return v[0] > 0.5 && v[2] > v[1] && (cue_part || v[3] - v[4] > 0.1);
}

/* Dabney 2020's amounts, one step a trial. Spread of the channels' reversal points, and whether it is their optimism.
 */
void signature_dist_reversal(struct signature_animal *animal, double *v)
{
    enum { N = 20000, FIRST = 10000, N_CHANNELS = 16 };
    static const double sizes[] = {0.1, 0.3, 1.2, 2.5, 5, 10, 20};
    static const double weights[] = {0.066, 0.091, 0.148, 0.155, 0.312, 0.151, 0.077};
    double half[2][N_CHANNELS] = {{0}}, optimism[N_CHANNELS], point[N_CHANNELS], mean = 0, variance = 0;
    for (int i = 0; i < N; i++) {
        signature_event(animal, EV_CS_ON, 0, 1);
        signature_wait(animal, 0.4);
        signature_event(animal, EV_US, 0, sizes[rng_choice(&animal->rng, weights, 7)]);
        signature_wait(animal, 0.4);
        for (int c = 0; c < N_CHANNELS && i >= FIRST; c++)
            half[i % 2][c] += animal->out.aux[c] / ((N - FIRST) / 2.0);
    }
    for (int c = 0; c < N_CHANNELS; c++) {
        optimism[c] = c;
        point[c] = (half[0][c] + half[1][c]) / 2;
        mean += point[c] / N_CHANNELS;
    }
    for (int c = 0; c < N_CHANNELS; c++)
        variance += (point[c] - mean) * (point[c] - mean) / (N_CHANNELS - 1);
    v[0] = mean;
    v[1] = sqrt(variance);
    v[2] = correlation(point, optimism, N_CHANNELS);
    v[3] = correlation(half[0], half[1], N_CHANNELS);
}

bool signature_dist_reversal_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[1] > 0.1 * v[0] && v[2] > 0.9 && v[3] > 0.8;
}

/* Rewards of five sizes, with and without a cue of p = 0.9: is the expectation subtracted or divided by? */
void signature_subtractive(struct signature_animal *animal, double *v)
{
    enum { N = 1200, FIRST = 400, N_SIZES = 5 };
    static const double sizes[] = {0.1, 0.3, 1, 2, 5};
    double sum[2][N_SIZES] = {{0}}, n[2][N_SIZES] = {{0}}, shift = 0, cross = 0, square = 0;
    for (int i = 0; i < N; i++) {
        const bool cue = rng_bernoulli(&animal->rng, 0.5), rewarded = !cue || rng_bernoulli(&animal->rng, 0.9);
        const int size = (int)(rng_uniform(&animal->rng) * N_SIZES);
        const struct signature_trial trial = {
            .cues = cue ? 1 : 0, .us_s = cue ? DELAY_S : 0, .reward = rewarded ? sizes[size] : 0};
        signature_run_trial(animal, &trial);
        if (i >= FIRST && rewarded) {
            sum[cue][size] += response(animal, trial.us_s);
            n[cue][size] += 1;
        }
    }
    for (int i = 0; i < N_SIZES; i++) {
        sum[0][i] /= n[0][i]; /* means without the cue, and with it */
        sum[1][i] /= n[1][i];
        shift += (sum[0][i] - sum[1][i]) / N_SIZES;
        cross += sum[1][i] * sum[0][i];
        square += sum[0][i] * sum[0][i];
    }
    for (int i = 0; i < N_SIZES; i++) {
        const double a = sum[1][i] - (sum[0][i] - shift), b = sum[1][i] - sum[0][i] * cross / square;
        v[0] += a * a / N_SIZES;
        v[1] += b * b / N_SIZES;
    }
    v[0] = sqrt(v[0]);
    v[1] = sqrt(v[1]);
    v[2] = shift;
}

bool signature_subtractive_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] < 0.5 * v[1];
}

enum { RUN_STEPS = 40 };
#define POSITION_S 0.2

/* One run along a track of 8 s, with a jump ahead by 2 s at step `jump` (-1: none). Drive by step into drive[]. */
static void run_track(struct signature_animal *animal, int jump, double drive[RUN_STEPS])
{
    const int steps = (int)(POSITION_S / units_s(animal->step_ns) + 0.5);
    int ahead = 0;
    signature_event(animal, EV_CS_ON, 0, 1);
    for (int i = 0; i < RUN_STEPS; i++) {
        drive[i] = 0;
        ahead = i == jump ? RUN_STEPS / 4 : ahead;
        if (i + ahead >= RUN_STEPS)
            continue;
        signature_event(animal, EV_POSITION, 0, (double)(i + ahead) / RUN_STEPS);
        for (int j = 0; j < steps; j++) {
            signature_step(animal);
            drive[i] += animal->out.drive_area;
        }
    }
    signature_event(animal, EV_CS_OFF, 0, 0);
    signature_event(animal, EV_US, 0, 1);
    signature_wait(animal, exponential_between(animal, 12, 4, 40));
}

void signature_ramp(struct signature_animal *animal, double *v)
{
    enum { N = 1000, LATE = 200 };
    double drive[RUN_STEPS];
    for (int i = 0; i < N; i++) {
        run_track(animal, -1, drive);
        for (int j = 0; j < RUN_STEPS && i >= N - LATE; j++) {
            const double t_s = j * POSITION_S + 1e-9; /* means per second, of two seconds each */
            v[0] += t_s >= 2 && t_s < 4 ? drive[j] / 2 / LATE : 0;
            v[1] += t_s >= 6 ? drive[j] / 2 / LATE : 0;
        }
    }
}

bool signature_ramp_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[1] > 1.2 * v[0] && v[1] > 0.02;
}

void signature_teleport(struct signature_animal *animal, double *v)
{
    double drive[RUN_STEPS], n[3] = {0};
    for (int i = 0; i < 1000; i++)
        run_track(animal, -1, drive);
    for (int i = 0; i < 1000; i++) {
        const int where = i % 10 == 0 ? i / 10 % 3 : -1; /* a quarter, half, three quarters of the way */
        const int jump = where < 0 ? -1 : where == 2 ? RUN_STEPS * 3 / 4 - 1 : RUN_STEPS * (where + 1) / 4;
        run_track(animal, jump, drive);
        if (where >= 0) {
            v[where] += drive[jump];
            n[where] += 1;
        }
    }
    for (int i = 0; i < 3; i++)
        v[i] /= n[i];
}

bool signature_teleport_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] > 0.05 && v[1] > 0.05 && v[2] > 0.05 && v[2] > v[0];
}

/* Trials until the running mean of the cue's response exceeds 0.3, with intervals of this mean. */
static double spaced_trials(struct signature_animal *animal, double interval_s)
{
    enum { MOST = 800 };
    const struct signature_trial trial = {.cues = 1, .us_s = 1.2, .reward = 1};
    const int iri = model_param_index(animal->ops, "iri_s");
    double mean = 0;
    if (iri >= 0)
        animal->params[iri] = interval_s + trial.us_s;
    signature_animal_again(animal);
    for (int n = 1; n <= MOST; n++) {
        mean += 0.2 * (signature_probe(animal, &trial, 0, RPE_S) - mean);
        if (mean > 0.3)
            return n;
        signature_event(animal, EV_CS_ON, 0, 1);
        signature_wait(animal, trial.us_s);
        signature_event(animal, EV_CS_OFF, 0, 0);
        signature_event(animal, EV_US, 0, 1);
        signature_wait(animal, exponential_between(animal, interval_s, interval_s / 3, interval_s * 10 / 3));
    }
    return MOST;
}

void signature_trial_spacing(struct signature_animal *animal, double *v)
{
    v[0] = spaced_trials(animal, 60);
    v[1] = spaced_trials(animal, 600);
}

bool signature_trial_spacing_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[1] <= 0.5 * v[0];
}

/* 500 rewards at random times: their responses' correlation with their number, first 100 and all, and with the gap. */
void signature_random_rewards(struct signature_animal *animal, double *v)
{
    enum { N = 500, FIRST = 100, LAST = 300 };
    double size[N], number[N], gap[N], since_s = 0;
    for (int i = 0; i < N; i++) {
        gap[i] = since_s;
        number[i] = i;
        signature_event(animal, EV_US, 0, 1);
        size[i] = 0;
        for (int64_t t_ns = 0; t_ns < 250 * MS; t_ns += animal->step_ns) {
            signature_step(animal);
            size[i] += animal->out.drive_area;
        }
        since_s = exponential_between(animal, 12, 0.4, 120);
        signature_wait(animal, since_s - RPE_S);
    }
    v[0] = correlation(size, number, FIRST);
    v[1] = correlation(size, number, N);
    v[2] = correlation(size + N - LAST, gap + N - LAST, LAST);
}

bool signature_random_rewards_shows(const struct signature_animal *animal, const double *v)
{
    return (model_find("anccr") == animal->ops ? v[0] : v[1]) > 0.15;
}

void signature_prior_iri(struct signature_animal *animal, double *v)
{
    double all[SIGNATURE_VALUES_MAX] = {0};
    signature_random_rewards(animal, all);
    v[0] = all[2];
}

bool signature_prior_iri_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] < 0;
}

/* Where in the delay the positive drive lies, block by block of 40 trials. */
void signature_gradual_shift(struct signature_animal *animal, double *v)
{
    enum { BLOCKS = 10, BLOCK = 40 };
    const struct signature_trial trial = {.cues = 1, .us_s = DELAY_S, .reward = 1};
    double centre[BLOCKS] = {0}, number[BLOCKS], middle = 0, total = 0;
    const double dt = units_s(animal->step_ns);
    for (int b = 0; b < BLOCKS; b++) {
        double weight = 0;
        number[b] = b;
        for (int i = 0; i < BLOCK; i++) {
            signature_run_trial(animal, &trial);
            for (int j = 0; j < animal->n_drive; j++) {
                const double t_s = j * dt + 1e-9, up = animal->drive[j] > 0 ? animal->drive[j] : 0;
                if (t_s >= DELAY_S + RPE_S)
                    continue;
                weight += up;
                centre[b] += up * t_s;
                middle += t_s >= 0.5 && t_s < 1.5 ? up : 0;
            }
        }
        total += weight;
        centre[b] /= weight > 0 ? weight : 1;
    }
    v[0] = correlation(centre, number, BLOCKS);
    v[1] = total > 0 ? middle / total : 0;
}

bool signature_gradual_shift_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return v[0] < -0.8 && v[1] >= 0.1;
}

/* Latency of an act at 1, 2 and 4 rewards a minute: the mean over the second half of an hour. */
void signature_vigor(struct signature_animal *animal, double *v)
{
    const int64_t hour = 3600 * S / animal->step_ns;
    for (int i = 0; i < 3; i++) {
        const int64_t gap = hour / 60 >> i;
        signature_animal_again(animal);
        for (int64_t k = 0; k < hour; k++) {
            if (k % gap == 0)
                signature_event(animal, EV_US, 0, 1);
            signature_step(animal);
            v[i] += k >= hour / 2 ? 2 / (double)hour / animal->out.lick_rate : 0;
        }
    }
    v[3] = v[1] / v[0];
    v[4] = v[2] / v[1];
}

bool signature_vigor_shows(const struct signature_animal *animal, const double *v)
{
    (void)animal;
    return fabs(v[3] * sqrt(2) - 1) < 0.1 && fabs(v[4] * sqrt(2) - 1) < 0.1;
}
