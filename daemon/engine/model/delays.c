#include "engine/model/delays.h"
#include "engine/base/det.h"
#include <math.h>
#include <string.h>

#define TRUNCATE_SD  3.0
#define MISSED_PRIOR 0.1 /* p_om = (missed + 0.1) / (missed + outcomes + 1) */
#define TIME_SLACK_S 1e-9

/* Hazard and survivor function of a density. */
static void derive(struct delays_cue *cue, uint32_t n)
{
    double survivor = 0;
    cue->survivor[n] = 0;
    for (uint32_t i = n; i-- > 0;) {
        survivor += cue->density[i];
        cue->survivor[i] = survivor;
        cue->hazard[i] = survivor > 0 ? cue->density[i] / survivor : 0;
    }
}

static double task_weight(const double *p, double delay_s, double dt)
{
    if (delay_s < p[DELAYS_TASK_LO] - TIME_SLACK_S || delay_s > p[DELAYS_TASK_HI] + TIME_SLACK_S)
        return 0;
    const double off = delay_s - p[DELAYS_TASK_MEAN], sd = p[DELAYS_TASK_SD];
    if (sd == 0)
        return fabs(off) <= dt / 2 ? 1 : 0;
    return det_exp(-off * off / (2 * sd * sd));
}

bool delays_init(struct delays *delays, const double *p, double dt, struct error *err)
{
    *delays = (struct delays){.n = (uint32_t)p[DELAYS_N_SUB]};
    struct delays_cue made = {0};
    double sum = 0;
    for (uint32_t i = 0; i < delays->n; i++) {
        made.density[i] = p[DELAYS_SOURCE] != 0 ? task_weight(p, (i + 1) * dt, dt) : 1;
        sum += made.density[i];
    }
    if (!(sum > 0))
        return error_set(err, ERROR_INPUT, NULL, "task_delay_s", NULL,
                         "delays between task_delay_lo_s and task_delay_hi_s, at most n_sub = %g steps of %g s",
                         p[DELAYS_N_SUB], dt);
    for (uint32_t i = 0; i < delays->n; i++)
        made.density[i] /= sum;
    made.p_om = p[DELAYS_SOURCE] != 0 ? p[DELAYS_TASK_P_OM] : MISSED_PRIOR;
    derive(&made, delays->n);
    for (int c = 0; c < MODEL_CS_MAX; c++)
        delays->cue[c] = made;
    return true;
}

void delays_rest(struct delays *delays)
{
    for (int c = 0; c < MODEL_CS_MAX; c++)
        delays->cue[c].open = false;
}

/* The window of cue c ends: with an outcome `delay` steps after the onset, or 0: without. */
static void end_window(struct delays *delays, const double *p, uint32_t c, int64_t delay, bool counts)
{
    struct delays_cue *cue = &delays->cue[c];
    cue->open = false;
    if (!counts)
        return;
    for (uint32_t i = 0; i < delays->n; i++)
        cue->count[i] *= p[DELAYS_FORGET];
    cue->missed *= p[DELAYS_FORGET];
    if (delay > 0)
        cue->count[delay - 1] += 1;
    else
        cue->missed += 1;
    cue->stale = true;
    if (delays->working && delays->i_cue == c)
        delays->working = false; /* from the first row again */
}

void delays_step(struct delays *delays, const double *p, int64_t k, uint32_t cues, bool outcome, bool paused)
{
    const bool counts = !paused && p[DELAYS_SOURCE] == 0;
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++) {
        struct delays_cue *cue = &delays->cue[c];
        if (cue->open && outcome)
            end_window(delays, p, c, k - cue->k_onset, counts);
        const bool again = (cues >> c & 1) != 0;
        if (cue->open && (again || k - cue->k_onset >= delays->n))
            end_window(delays, p, c, 0, counts);
        if (again) {
            cue->open = true;
            cue->k_onset = k;
        }
    }
}

/* Spreads the count of one delay over its neighbours. */
static void row_add(struct delays *delays, const double *p, uint32_t row)
{
    const double count = delays->cue[delays->i_cue].count[row], sd = p[DELAYS_WEBER] * (row + 1);
    double kernel[DELAYS_MAX], sum = 0;
    if (count == 0)
        return;
    for (uint32_t i = 0; i < delays->n; i++) {
        const double off = (double)i - row;
        const bool near = fabs(off) <= TRUNCATE_SD * sd;
        kernel[i] = i == row ? 1 : near ? det_exp(-off * off / (2 * sd * sd)) : 0;
        sum += kernel[i];
    }
    for (uint32_t i = 0; i < delays->n; i++)
        delays->sum[i] += count * kernel[i] / sum;
}

static void finish(struct delays *delays)
{
    struct delays_cue *cue = &delays->cue[delays->i_cue];
    double total = 0, outcomes = 0;
    for (uint32_t i = 0; i < delays->n; i++) {
        total += delays->sum[i];
        outcomes += cue->count[i];
    }
    for (uint32_t i = 0; i < delays->n; i++)
        cue->density[i] = delays->sum[i] / total;
    cue->p_om = (cue->missed + MISSED_PRIOR) / (cue->missed + outcomes + 1);
    derive(cue, delays->n);
    cue->stale = false;
    delays->working = false;
}

/* Takes the first cue whose counts have changed. False: there is none. */
static bool begin(struct delays *delays, const double *p)
{
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++) {
        if (!delays->cue[c].stale)
            continue;
        delays->working = true;
        delays->i_cue = c;
        delays->row = 0;
        for (uint32_t i = 0; i < delays->n; i++)
            delays->sum[i] = p[DELAYS_N0] / delays->n;
        return true;
    }
    return false;
}

void delays_work(struct delays *delays, const double *p)
{
    if (!delays->working && !begin(delays, p))
        return;
    for (int i = 0; i < DELAYS_ROWS && delays->row < delays->n; i++)
        row_add(delays, p, delays->row++);
    if (delays->row == delays->n)
        finish(delays);
}

void delays_fields(struct delays *delays, struct state_io *io)
{
    state_learned(io);
    state_shape(io, delays->n);
    for (int c = 0; c < MODEL_CS_MAX; c++) {
        struct delays_cue *cue = &delays->cue[c];
        state_learned(io);
        for (uint32_t i = 0; i < delays->n; i++) {
            state_f64_in(io, &cue->count[i], 0, 1e12);
            state_f64_in(io, &cue->density[i], 0, 1);
            state_f64_in(io, &cue->hazard[i], 0, 1);
            state_f64_in(io, &cue->survivor[i], 0, 1 + TIME_SLACK_S);
        }
        state_f64_in(io, &cue->missed, 0, 1e12);
        state_f64_in(io, &cue->p_om, 0, 1);
        state_flag(io, &cue->stale);
        state_passing(io);
        state_flag(io, &cue->open);
        state_i64(io, &cue->k_onset);
    }
    state_flag(io, &delays->working);
    state_u32(io, &delays->i_cue, MODEL_CS_MAX - 1);
    state_u32(io, &delays->row, delays->n);
    state_f64(io, delays->sum, delays->n);
}
