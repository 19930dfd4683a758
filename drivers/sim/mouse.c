#include "drivers/sim/mouse.h"
#include <assert.h>
#include <math.h>

#include "engine/base/det.h"
#include "engine/base/units.h"

/* Mouse figures are chosen inside the ranges that head-fixed mice show. */
#define LATENCY_NS      (80 * MS)  /* from event to release */
#define REACTION_NS     (150 * MS) /* from cue or reward to the earliest lick because of it */
#define CREDIT_NS       (10 * S)   /* a reward later than this is not put down to the cue */
#define CHAIN_NS        (3 * S)    /* the longest gap between cues that belong together */
#define PIP_NS          (500 * MS) /* onsets of one cue closer than this are its pips */
#define DIP             0.4        /* firing can't fall below zero: dips are smaller than bursts */
#define DATE_RATE       0.3        /* how fast delay and spread are learned */
#define DATE_SLACK_S    0.05       /* an omission is noticed this long after the date, */
#define DATE_WEBER      0.05       /* plus this share of the delay, */
#define DATE_SPREADS    2.0        /* plus this many spreads */
#define IDLE_BOUT_HZ    0.04       /* bouts for no reason: one in 25 s */
#define EAGER_BOUT_HZ   5.0        /* when a sure reward is due */
#define DRINK_BOUT_HZ   15.0       /* when it is there */
#define IDLE_GO_ON      0.4        /* probability of one more lick */
#define EAGER_GO_ON     0.55       /* more, when a sure reward is due */
#define EAGER_AT_ONCE   0.6        /* anticipation right after the cue; rises to 1 at the date */
#define DRINK_S_MIN     1.0        /* a consummatory bout lasts 1..2 s */
#define DRINK_S_SPREAD  1.0
#define CONTACT_S_MIN   0.030 /* tongue on spout: 30..50 ms */
#define CONTACT_S_RANGE 0.020
#define RHYTHM_SD       0.08 /* of the interval, relative; cut at 1.7 sd, so that 7 Hz stays within 6..8 Hz */
#define RHYTHM_LIMIT    0.14
#define TOGETHER_NS     (20 * MS)   /* cues that begin within this time are one event */
#define LIT_NS          (1 * S)     /* light teaches the cues of a reward for this long after it */
#define LIT_VALUE_MAX   2.0         /* of a cue, by light */
#define REINSTATE       0.25        /* share of what was lost that a reward out of nowhere brings back */
#define CHOICE_RATE     0.4         /* learning of what a spout gives: mice change sides within about ten trials */
#define CHOICE_SHARP    5.0         /* inverse temperature, per standard reward */
#define CHOICE_WAIT_NS  (1500 * MS) /* a choice without a reward in this time was in vain */
#define TRANSIENT_MEAN  0.7         /* of spontaneous transients, in responses; exponential */

void mouse_init(struct mouse *mouse, const struct mouse_config *config, uint64_t seed)
{
    *mouse = (struct mouse){.config = *config, .open_cue = -1, .next_ns = INT64_MAX, .chosen_ns = INT64_MAX};
    rng_init(&mouse->rng, seed, "mouse");
    rng_init(&mouse->spontaneous, seed, "mouse.spontaneous");
    rng_init(&mouse->choices, seed, "mouse.choices");
}

static void release(struct mouse *mouse, double error, int64_t t_ns)
{
    const double amount = error < 0 ? error * DIP : error;
    if (mouse->n_pending == MOUSE_PENDING_MAX) { /* so many events in 80 ms blur into one */
        mouse->pending[MOUSE_PENDING_MAX - 1].amount += amount;
        return;
    }
    mouse->pending[mouse->n_pending].t_ns = t_ns + LATENCY_NS;
    mouse->pending[mouse->n_pending++].amount = amount;
}

static void learn_date(struct mouse_cue *cue, double delay_s)
{
    if (cue->delay_s == 0) {
        cue->delay_s = delay_s;
        return;
    }
    const double error_s = delay_s - cue->delay_s;
    cue->delay_s += DATE_RATE * error_s;
    cue->spread_s += DATE_RATE * (fabs(error_s) - cue->spread_s);
}

static void teach(struct mouse_cue *cue, double amount)
{
    cue->value += amount;
    cue->best = fmax(cue->best, cue->value);
}

/* The same for the open cue and those that began with it: they share one error. */
static void teach_open(struct mouse *mouse, double amount)
{
    teach(&mouse->cue[mouse->open_cue], amount);
    for (uint32_t i = 0; i < mouse->n_with; i++)
        teach(&mouse->cue[mouse->with[i]], amount);
}

/* True if `cue` began together with the open one; it is then a part of it. */
static bool joins(struct mouse *mouse, int cue, int64_t t_ns)
{
    if (mouse->open_cue < 0 || mouse->open_cue == cue || t_ns - mouse->cue_ns > TOGETHER_NS ||
        mouse->n_with == MOUSE_TOGETHER_MAX)
        return false;
    mouse->with[mouse->n_with++] = cue;
    mouse->expected += mouse->cue[cue].value;
    release(mouse, mouse->cue[cue].value, t_ns);
    return true;
}

void mouse_cue(struct mouse *mouse, int cue, int64_t t_ns)
{
    assert(cue >= 0 && cue < MOUSE_CUES_MAX);
    const bool pip = cue == mouse->open_cue && t_ns - mouse->pip_ns < PIP_NS;
    mouse->pip_ns = t_ns;
    if (pip || joins(mouse, cue, t_ns))
        return; /* a cue of several pips is one cue */
    const double error = mouse->cue[cue].value - mouse->expected;
    if (mouse->open_cue >= 0 && mouse->open_cue != cue && !mouse->given_up && t_ns - mouse->cue_ns < CHAIN_NS) {
        teach(&mouse->cue[mouse->open_cue], mouse->config.learning_rate * error);
        learn_date(&mouse->cue[mouse->open_cue], units_s(t_ns - mouse->cue_ns));
    }
    release(mouse, error, t_ns);
    mouse->n_with = 0;
    mouse->chosen_ns = INT64_MAX;
    mouse->choice_open = false;
    mouse->open_cue = cue;
    mouse->cue_ns = t_ns;
    mouse->given_up = false;
    mouse->expected = mouse->cue[cue].value;
}

static void forget_cue(struct mouse *mouse)
{
    mouse->open_cue = -1;
    mouse->n_with = 0;
    mouse->expected = 0;
}

/* What the choice gave; an outcome that comes twice counts once. */
static void learn_choice(struct mouse *mouse, double amount, uint32_t spout)
{
    if (!mouse->choice_open || mouse->open_cue < 0)
        return;
    double *value = &mouse->cue[mouse->open_cue].spout[spout];
    *value += CHOICE_RATE * (amount - *value);
    mouse->choice_open = false;
}

/* A reward that nothing announced: the animal expects again what it had unlearned. */
static void reinstate(struct mouse *mouse)
{
    for (int i = 0; i < MOUSE_CUES_MAX; i++)
        mouse->cue[i].value += REINSTATE * (mouse->cue[i].best - mouse->cue[i].value);
}

void mouse_reward(struct mouse *mouse, double amount, uint32_t spout, int64_t t_ns)
{
    const double error = amount - mouse->expected;
    mouse->n_lit = 0;
    if (mouse->open_cue >= 0) {
        teach_open(mouse, mouse->config.learning_rate * error);
        learn_choice(mouse, amount, spout);
        mouse->lit[mouse->n_lit++] = mouse->open_cue;
        for (uint32_t i = 0; i < mouse->n_with; i++)
            mouse->lit[mouse->n_lit++] = mouse->with[i];
        for (uint32_t i = 0; i < mouse->n_lit; i++)
            learn_date(&mouse->cue[mouse->lit[i]], units_s(t_ns - mouse->cue_ns));
        mouse->lit_until_ns = t_ns + LIT_NS;
    } else {
        reinstate(mouse);
    }
    release(mouse, error, t_ns);
    forget_cue(mouse);
    mouse->drink_spout = spout;
    mouse->drink_ns = t_ns + REACTION_NS;
    mouse->drink_until_ns = mouse->drink_ns + units_ns(DRINK_S_MIN + DRINK_S_SPREAD * rng_uniform(&mouse->rng));
}

/* Light is error that no reward explains: it teaches the cues of the reward that is there, or the open ones. */
void mouse_light(struct mouse *mouse, double amount, int64_t t_ns)
{
    if (t_ns < mouse->lit_until_ns)
        for (uint32_t i = 0; i < mouse->n_lit; i++) {
            struct mouse_cue *cue = &mouse->cue[mouse->lit[i]];
            teach(cue, fmin(mouse->config.learning_rate * amount, fmax(LIT_VALUE_MAX - cue->value, 0)));
        }
}

/* Lets a date pass that was not kept, once, and the cue itself when it is too long ago. */
static void notice_omission(struct mouse *mouse, int64_t t_ns)
{
    if (mouse->open_cue < 0)
        return;
    struct mouse_cue *cue = &mouse->cue[mouse->open_cue];
    const double since_s = units_s(t_ns - mouse->cue_ns);
    const double slack_s = DATE_SLACK_S + DATE_WEBER * cue->delay_s + DATE_SPREADS * cue->spread_s;
    const bool undecided =
        mouse->config.n_spouts > 1 && mouse->chosen_ns == INT64_MAX; /* who has not chosen waits on */
    if (mouse->expected > 0 && !undecided && since_s > cue->delay_s + slack_s) {
        release(mouse, -mouse->expected, t_ns);
        teach_open(mouse, -mouse->config.learning_rate * mouse->expected);
        mouse->given_up = true;
        mouse->expected = 0; /* a reward that comes after all is then a surprise, and still the cue's merit */
    }
    if (t_ns - mouse->cue_ns > CREDIT_NS)
        forget_cue(mouse);
}

/* How much the mouse licks for a reward that is due, 0..1. */
static double anticipation(const struct mouse *mouse, int64_t t_ns)
{
    if (mouse->open_cue < 0 || t_ns < mouse->cue_ns + REACTION_NS)
        return 0;
    const double value = fmin(fmax(mouse->expected, 0), 1);
    const double elapsed = units_s(t_ns - mouse->cue_ns) / fmax(mouse->cue[mouse->open_cue].delay_s, 1e-3);
    return value * (EAGER_AT_ONCE + (1 - EAGER_AT_ONCE) * fmin(elapsed, 1));
}

static bool drinks(const struct mouse *mouse, int64_t t_ns)
{
    return t_ns >= mouse->drink_ns && t_ns < mouse->drink_until_ns;
}

/* The spout of a bout that begins: where the water is, else by what they gave after this cue. */
static uint32_t choose(struct mouse *mouse, int64_t t_ns)
{
    if (mouse->config.n_spouts < 2)
        return 0;
    if (drinks(mouse, t_ns))
        return mouse->drink_spout;
    const double *gives = mouse->open_cue >= 0 ? mouse->cue[mouse->open_cue].spout : NULL;
    const double difference = gives != NULL ? gives[1] - gives[0] : 0;
    return rng_bernoulli(&mouse->choices, 1 / (1 + det_exp(-CHOICE_SHARP * difference)));
}

/* The first lick after a cue is its choice; without a reward soon it was in vain. */
static void note_choice(struct mouse *mouse)
{
    if (mouse->config.n_spouts < 2 || mouse->open_cue < 0 || mouse->chosen_ns != INT64_MAX ||
        mouse->next_ns < mouse->cue_ns + REACTION_NS)
        return;
    mouse->chosen_ns = mouse->next_ns;
    mouse->chosen = mouse->spout;
    mouse->choice_open = true;
}

static void touch(struct mouse *mouse, double eager, struct mouse_lick *lick)
{
    note_choice(mouse);
    lick->spout = mouse->spout;
    lick->on_ns = mouse->next_ns;
    lick->off_ns = mouse->next_ns + units_ns(CONTACT_S_MIN + CONTACT_S_RANGE * rng_uniform(&mouse->rng));
    const double jitter = fmin(fmax(rng_normal(&mouse->rng, 0, RHYTHM_SD), -RHYTHM_LIMIT), RHYTHM_LIMIT);
    const double p = drinks(mouse, mouse->next_ns) ? 1 : IDLE_GO_ON + EAGER_GO_ON * eager;
    if (rng_bernoulli(&mouse->rng, p))
        mouse->next_ns += units_ns((1 + jitter) / mouse->config.lick_hz);
    else
        mouse->next_ns = INT64_MAX;
}

/* Dopamine that nothing outside explains (Markowitz et al. 2023). */
static double transient(struct mouse *mouse, int64_t step_ns)
{
    if (!(mouse->config.spontaneous_hz > 0) ||
        !rng_bernoulli(&mouse->spontaneous, mouse->config.spontaneous_hz * units_s(step_ns)))
        return 0;
    return -TRANSIENT_MEAN * det_log1p(-rng_uniform(&mouse->spontaneous));
}

double mouse_step(struct mouse *mouse, int64_t t_ns, int64_t step_ns, bool *licks, struct mouse_lick *lick)
{
    notice_omission(mouse, t_ns);
    if (mouse->choice_open && t_ns - mouse->chosen_ns > CHOICE_WAIT_NS)
        learn_choice(mouse, 0, mouse->chosen);
    const double eager = anticipation(mouse, t_ns);
    if (mouse->next_ns == INT64_MAX) {
        const double bout_hz = drinks(mouse, t_ns) ? DRINK_BOUT_HZ : IDLE_BOUT_HZ + EAGER_BOUT_HZ * eager;
        const double u = rng_uniform(&mouse->rng), p = bout_hz * units_s(step_ns);
        if (u < p) /* u / p is uniform again: the time of the lick inside the step */
        {
            mouse->next_ns = t_ns + 1 + (int64_t)(u / p * (double)(step_ns - 1));
            mouse->spout = choose(mouse, t_ns);
        }
    }
    *licks = mouse->next_ns <= t_ns + step_ns;
    if (*licks)
        touch(mouse, eager, lick);

    double amount = transient(mouse, step_ns);
    uint32_t n_left = 0;
    for (uint32_t i = 0; i < mouse->n_pending; i++) {
        if (mouse->pending[i].t_ns <= t_ns)
            amount += mouse->pending[i].amount;
        else
            mouse->pending[n_left++] = mouse->pending[i];
    }
    mouse->n_pending = n_left;
    return amount;
}
