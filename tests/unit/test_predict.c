/* predict: what an instance does in which tick, what it leaves out, and how its scores tell models apart. Expected
 * values by hand from the header, bounds of the last tests from the model specification (required numbers of part C).
 */
#include "engine/base/rng.h"
#include "engine/base/units.h"
#include "engine/model/posterior.h"
#include "engine/model/predict.h"
#include "tests/test.h"
#include <malloc.h>
#include <math.h>

enum { ARENA_SIZE = 1 << 18, N_SLOTS = 4 };

static _Alignas(ARENA_ALIGN) uint8_t memory[N_SLOTS][ARENA_SIZE];
static struct predict instances[N_SLOTS];

static struct predict *start(int slot, const char *model, int64_t tick_ns, uint32_t stagger_ticks)
{
    struct arena arena;
    struct error err = {0};
    arena_init(&arena, memory[slot], ARENA_SIZE);
    const struct predict_config config = {.model = model, .tick_ns = tick_ns, .stagger_ticks = stagger_ticks};
    assert_true(predict_init(&instances[slot], &config, &arena, &err));
    assert_true(arena_fits(&arena));
    return &instances[slot];
}

static void happens(struct predict *p, enum model_event_kind kind, int id, int64_t t_ns, double mag)
{
    predict_event(p, &(struct model_event){.t_ns = t_ns, .kind = (uint8_t)kind, .id = (uint8_t)id, .mag = mag});
}

static void a_step_is_closed_at_its_end_plus_the_stagger(void **state)
{
    (void)state;
    struct predict *p = start(0, "td_csc", MS, 103); /* steps of 100 ms: 103 ticks are 3 */
    predict_advance(p, 103 * MS - 1);
    assert_int_equal(p->n_closed, 0);
    predict_advance(p, 103 * MS);
    assert_int_equal(p->n_closed, 1);
    predict_advance(p, 104 * MS);
    assert_int_equal(p->n_closed, 0);
    assert_int_equal(p->n_steps, 1);
}

static void events_wait_for_the_step_they_belong_to(void **state)
{
    (void)state;
    struct predict *p = start(0, "td_csc", MS, 50);
    predict_advance(p, 120 * MS);
    happens(p, EV_US, 0, 110 * MS, 1); /* step 1, while step 0 is still open */
    predict_advance(p, 150 * MS);
    assert_true(p->out.delta == 0);
    predict_advance(p, 250 * MS);
    assert_true(p->out.delta == 1);
    assert_int_equal(p->out.drive_t_ns, 110 * MS);
    assert_int_equal(p->late_events, 0);
    happens(p, EV_US, 0, 190 * MS, 1); /* of step 1, which is closed */
    predict_advance(p, 350 * MS);
    assert_true(p->out.delta == 1);
    assert_int_equal(p->late_events, 1);
}

/* A minute of trials every 6 s with samples every ms, advancing every `tick_ns`; fits and scores included. */
static void session(struct predict *p, int64_t tick_ns)
{
    struct rng rng;
    rng_init(&rng, 1, "noise");
    int64_t sample_ns = 0, next_ns = 1 * S;
    for (int64_t now_ns = tick_ns; now_ns <= 60 * S; now_ns += tick_ns) {
        for (; next_ns <= now_ns; next_ns += 2 * S) {
            happens(p, next_ns % (6 * S) == 1 * S ? EV_CS_ON : EV_US, 0, next_ns - next_ns % (6 * S) % 3 * MS, 1);
            happens(p, EV_LICK, 0, next_ns, 0);
        }
        for (; sample_ns <= now_ns; sample_ns += MS)
            predict_sample(p, sample_ns, 0.1 + 0.02 * rng_uniform(&rng), true);
        predict_advance(p, now_ns);
    }
}

static void skipped_ticks_change_no_number(void **state)
{
    (void)state;
    struct predict *every = start(0, "td_csc", MS, 7), *some = start(1, "td_csc", MS, 7);
    session(every, MS);
    session(some, 40 * MS); /* a loop that only gets every fortieth tick */
    assert_int_equal(every->n_steps, 599);
    assert_true(every->digest == some->digest);
    assert_true(every->yhat == some->yhat && every->residual_low == some->residual_low);
    assert_true(every->gain.g == some->gain.g && every->gain.n_steps == some->gain.n_steps);
    assert_true(every->n_events_scored == some->n_events_scored && every->n_events_scored > 25);
    assert_memory_equal(&every->score, &some->score, sizeof every->score);
}

static void after_a_stall_two_steps_a_tick_are_made_up_and_counted(void **state)
{
    (void)state;
    struct predict *p = start(0, "td_csc", MS, 0);
    predict_advance(p, 500 * MS); /* five steps due */
    assert_int_equal(p->n_closed, 2);
    assert_int_equal(p->lag_steps, 3);
    predict_advance(p, 501 * MS);
    predict_advance(p, 502 * MS);
    assert_int_equal(p->n_steps, 5);
    assert_int_equal(p->lag_steps, 3 + 1);
    assert_int_equal(trace_end_ns(&p->trace), 500 * MS);
}

static void more_than_64_events_of_a_step_are_dropped_and_counted(void **state)
{
    (void)state;
    struct predict *p = start(0, "td_csc", MS, 0);
    for (int i = 0; i < MODEL_STEP_EVENTS_MAX + 6; i++)
        happens(p, EV_US, 0, 10 * MS + i, 1);
    predict_advance(p, 100 * MS);
    assert_true(p->out.delta == MODEL_STEP_EVENTS_MAX);
    assert_int_equal(p->dropped_events, 6);
}

static void a_number_that_is_not_finite_freezes_the_instance(void **state)
{
    (void)state;
    struct predict *p = start(0, "td_csc", MS, 0);
    happens(p, EV_US, 0, 10 * MS, 1);
    predict_advance(p, 100 * MS);
    happens(p, EV_US, 0, 110 * MS, 1e308);
    happens(p, EV_US, 0, 120 * MS, 1e308); /* their sum overflows */
    predict_advance(p, 200 * MS);
    assert_true(p->frozen);
    assert_true(p->out.delta == 1); /* the last good step */
    for (int64_t now_ns = 201 * MS; now_ns <= 2 * S; now_ns += MS)
        predict_advance(p, now_ns);
    assert_true(p->out.delta == 1 && p->n_steps == 20);
    assert_true(p->yhat > 0 && p->yhat < 0.4); /* the first burst fades, nothing is added */
}

static void an_event_whose_window_is_blanked_is_not_scored(void **state)
{
    (void)state;
    struct predict *p = start(0, "null_zero", MS, 0);
    happens(p, EV_US, 0, 2 * S, 1);
    happens(p, EV_US, 0, 5 * S, 1);
    for (int64_t now_ns = MS; now_ns <= 8 * S; now_ns += MS) {
        const bool blanked = now_ns > 2300 * MS && now_ns < 2800 * MS; /* 500 of 900 ms */
        predict_sample(p, now_ns, now_ns > 5 * S ? 0.5 : blanked ? 99 : 0.1, !blanked);
        predict_advance(p, now_ns);
        if (blanked && now_ns % (5 * MS) == 0 && now_ns > 2305 * MS)
            assert_true(!p->residual_usable && p->residual_z == 0);
    }
    assert_int_equal(p->n_events_unusable, 1);
    assert_int_equal(p->n_events_scored, 1);
    assert_true(fabs(p->score.type[SCORE_US].all.m - 0.4) < 1e-12); /* 0.5 after, 0.1 before */
}

static void null_mean_predicts_the_mean_of_earlier_events(void **state)
{
    (void)state;
    struct predict *p = start(0, "null_mean", MS, 0);
    double p_seen[3] = {-1, -1, -1};
    int n = 0;
    for (int64_t now_ns = MS; now_ns <= 20 * S; now_ns += MS) {
        if (now_ns % (6 * S) == 0)
            happens(p, EV_US, 0, now_ns, 1);
        const int64_t since_ns = now_ns % (6 * S);
        const double height = now_ns < 6 * S ? 0 : now_ns < 12 * S ? 0.2 : 0.4;
        predict_sample(p, now_ns, since_ns < 2 * S ? height : 0, true);
        predict_advance(p, now_ns);
        for (uint32_t i = 0; i < p->n_scored; i++)
            p_seen[n++] = p->scored[i].p;
    }
    assert_int_equal(n, 3);
    assert_true(p->null && p_seen[0] == 0);
    assert_true(fabs(p_seen[1] - 0.2) < 1e-12);
    assert_true(fabs(p_seen[2] - (0.98 * 0.2 + 0.4) / 1.98) < 1e-12);
}

static void the_residual_tells_a_dip_below_the_prediction(void **state)
{
    (void)state;
    struct predict *p = start(0, "null_zero", MS, 0);
    struct rng rng;
    rng_init(&rng, 1, "noise");
    double z_worst = 0;
    for (int64_t now_ns = MS; now_ns <= 31 * S; now_ns += MS) {
        const double dip = now_ns > 30 * S ? -0.1 : 0;
        predict_sample(p, now_ns, dip + rng_normal(&rng, 0, 0.02), true);
        predict_advance(p, now_ns);
        if (now_ns < 10 * S)
            assert_true(p->residual_z == 0); /* the noise is not known yet */
        else if (now_ns <= 30 * S)
            z_worst = fmax(z_worst, fabs(p->residual_z));
    }
    assert_true(z_worst < 5);
    /* after 1 s the 0.2 s low-pass has reached 1 - e^-5 of the dip; the means of 5 samples carry noise 0.02 / sqrt 5 */
    assert_true(fabs(p->residual_low + 0.1 * 0.9933) < 0.01);
    assert_true(p->residual_z < -20);
}

/* A signal made by one td_csc with noise, seen by another and by both null models. */
struct rivals {
    struct predict *truth, *rival[3];
    struct rng rng;
    struct posterior posterior;
    double noise;
};

static void rivals_tick(struct rivals *r, int64_t now_ns)
{
    predict_advance(r->truth, now_ns);
    const double y = 1.6 * r->truth->yhat + 0.05 + rng_normal(&r->rng, 0, r->noise);
    for (uint32_t i = 0; i < 3; i++) {
        predict_sample(r->rival[i], now_ns, y, true);
        predict_advance(r->rival[i], now_ns);
        for (uint32_t j = 0; j < r->rival[i]->n_scored; j++) {
            const struct predict_scored *s = &r->rival[i]->scored[j];
            (void)posterior_add(&r->posterior, i, s->type, s->t_ns, s->m, s->p, &s->score);
        }
    }
}

static void rivals_event(struct rivals *r, enum model_event_kind kind, int64_t t_ns, double mag)
{
    happens(r->truth, kind, 0, t_ns, mag);
    for (int i = 0; i < 3; i++)
        happens(r->rival[i], kind, 0, t_ns, mag);
}

static void the_true_model_wins_within_150_events(void **state)
{
    (void)state;
    struct rivals r = {.noise =
                           1.8}; /* of samples of 5 ms: the measured responses then have noise as large as their SD */
    const int64_t tick_ns = 5 * MS;
    r.truth = start(0, "td_csc", tick_ns, 0);
    r.rival[0] = start(1, "td_csc", tick_ns, 0);
    r.rival[1] = start(2, "null_mean", tick_ns, 0);
    r.rival[2] = start(3, "null_zero", tick_ns, 0);
    rng_init(&r.rng, test_seed, "task");
    posterior_init(&r.posterior, 3);
    int64_t cue_ns = 2 * S;
    uint64_t n_won = 0;
    for (int64_t now_ns = tick_ns; r.posterior.n_events < 150; now_ns += tick_ns) {
        if (now_ns == cue_ns)
            rivals_event(&r, EV_CS_ON, now_ns, 1);
        if (now_ns == cue_ns + 2 * S) { /* drops of 0.3 or 3 of the standard one */
            rivals_event(&r, EV_CS_OFF, now_ns, 0);
            rivals_event(&r, EV_US, now_ns, rng_bernoulli(&r.rng, 0.5) ? 0.3 : 3);
            cue_ns += 10 * S;
        }
        rivals_tick(&r, now_ns);
        if (n_won == 0 && r.posterior.weight[0] > 0.9)
            n_won = r.posterior.n_events;
    }
    const struct score_sums *sums = &r.rival[0]->score.type[SCORE_POOLED].all;
    const double sd_p = sqrt(sums->pp / sums->n - sums->p * sums->p / sums->n / sums->n);
    const double sd_residual = sqrt(sums->ee / sums->n);
    assert_true(n_won > 0 && r.posterior.weight[0] > 0.9);
    assert_true(sd_residual > 0.8 * sd_p); /* noise at 1:1 */
    assert_true(fabs(r.rival[0]->gain.g - 1.6) < 0.25);
    assert_int_equal(r.posterior.n_dropped, 0);
    assert_true(score_r(sums) > score_r(&r.rival[1]->score.type[SCORE_POOLED].all));
}

static void the_first_ticks_and_all_others_allocate_nothing(void **state)
{
    (void)state;
    struct predict *p = start(0, "td_csc", MS, 0);
    const struct mallinfo2 before = mallinfo2();
    session(p, MS);
    const struct mallinfo2 after = mallinfo2();
    assert_true(before.uordblks == after.uordblks && before.hblkhd == after.hblkhd);
}

static void a_measuring_arena_tells_the_size(void **state)
{
    (void)state;
    struct arena measure, exact;
    struct predict p;
    struct error err = {0};
    const struct predict_config config = {.model = "td_csc", .tick_ns = MS};
    arena_init(&measure, NULL, 0);
    assert_true(predict_init(&p, &config, &measure, &err));
    assert_true(measure.used <= ARENA_SIZE);
    arena_init(&exact, memory[0], measure.used);
    assert_true(predict_init(&p, &config, &exact, &err));
    assert_true(arena_fits(&exact));
    predict_advance(&p, 1 * S);
    assert_int_equal(p.n_closed, 2);
}

static void a_wrong_configuration_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        struct predict_config config;
        const char *what;
    } cases[] = {
        {{.model = "td", .tick_ns = MS},                             "model"     },
        {{.model = "td_csc", .tick_ns = 0},                          "tick"      },
        {{.model = "td_csc", .tick_ns = MS, .step_ns = 500 * MS},    "model step"},
        {{.model = "td_csc", .tick_ns = MS, .step_ns = 22 * MS},     "model step"}, /* no multiple of 5 ms */
        {{.model = "td_csc", .tick_ns = MS, .obs_ns = 4 * MS},       "obs_ns"    }, /* no divisor of 50 ms */
        {{.model = "td_csc", .tick_ns = 2 * MS},                     "obs_ns"    }, /* 5 ms is no multiple of it */
        {{.model = "td_csc", .tick_ns = MS, .sensor = "dLight7"},    "sensor"    },
        {{.model = "td_csc", .tick_ns = MS, .region = "cerebellum"}, "region"    },
        {{.model = "td_csc", .tick_ns = MS, .mag_ref = 1e-6},        "us_gain_0" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena;
        struct predict p;
        struct error err = {0};
        arena_init(&arena, memory[0], ARENA_SIZE);
        assert_false(predict_init(&p, &cases[i].config, &arena, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_string_equal(err.what, cases[i].what);
    }
}

static void the_standard_reward_is_one(void **state)
{
    (void)state;
    struct arena arena;
    struct error err = {0};
    struct predict *p = &instances[0];
    const struct predict_config config = {.model = "td_csc", .tick_ns = MS, .mag_ref = 4};
    arena_init(&arena, memory[0], ARENA_SIZE);
    assert_true(predict_init(p, &config, &arena, &err));
    happens(p, EV_US, 0, 10 * MS, 4); /* 4 ul */
    predict_advance(p, 100 * MS);
    assert_true(p->out.delta == 1);
    assert_true(predict_set_param(p, model_param_index(p->ops, "us_gain_0"), 0.5));
    happens(p, EV_US, 0, 110 * MS, 4);
    predict_advance(p, 200 * MS);
    assert_true(p->out.delta == 2);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_step_is_closed_at_its_end_plus_the_stagger),
    cmocka_unit_test(events_wait_for_the_step_they_belong_to),
    cmocka_unit_test(skipped_ticks_change_no_number),
    cmocka_unit_test(after_a_stall_two_steps_a_tick_are_made_up_and_counted),
    cmocka_unit_test(more_than_64_events_of_a_step_are_dropped_and_counted),
    cmocka_unit_test(a_number_that_is_not_finite_freezes_the_instance),
    cmocka_unit_test(an_event_whose_window_is_blanked_is_not_scored),
    cmocka_unit_test(null_mean_predicts_the_mean_of_earlier_events),
    cmocka_unit_test(the_residual_tells_a_dip_below_the_prediction),
    cmocka_unit_test(the_true_model_wins_within_150_events),
    cmocka_unit_test(the_first_ticks_and_all_others_allocate_nothing),
    cmocka_unit_test(a_measuring_arena_tells_the_size),
    cmocka_unit_test(a_wrong_configuration_is_refused_by_name),
    cmocka_unit_test(the_standard_reward_is_one),
};

TEST_MAIN(tests)
