/* aligned: averages around events against the same averages made by hand from the whole series. */
#include "cli/aligned.h"
#include "cli/models.h"
#include "engine/base/units.h"
#include "tests/test.h"
#include "tests/unit/journaled.h"
#include <math.h>

static void expect_near(double got, double expected, double within)
{
    if (!(fabs(got - expected) <= within))
        fail_msg("%.9g: expected %.9g within %g", got, expected, within);
}

enum { SERIES_MAX = 40000, EVENTS_MAX = 64 };

/* The whole session's series, as the observer saw it. */
static struct {
    struct aligned *aligned;
    size_t n, n_events;
    int64_t t_ns[SERIES_MAX];
    double dff[SERIES_MAX], predicted[SERIES_MAX];
    int64_t event_ns[EVENTS_MAX]; /* rewards */
    int64_t end_ns;
} seen;

static void watch(void *context, const struct rerun_tick *tick)
{
    (void)context;
    struct engine_view view;
    aligned_tick(seen.aligned, tick);
    seen.end_ns = tick->in->wake_ns;
    engine_look(tick->engine, &view);
    for (uint32_t i = 0; i < tick->now->n_decisions; i++)
        if (tick->now->decisions[i].kind == FRAME_MODEL_EVENT && tick->now->decisions[i].id == EV_US << 8)
            seen.event_ns[seen.n_events++] = tick->now->decisions[i].t_ns;
    const int64_t t_ns = view.signals[0].dff_ns;
    if (view.signals[0].trusted == 0 || t_ns < 0 || (seen.n > 0 && t_ns - seen.t_ns[seen.n - 1] < 2 * MS))
        return; /* denser samples are left out */
    seen.t_ns[seen.n] = t_ns;
    seen.dff[seen.n] = view.signals[0].dff;
    seen.predicted[seen.n++] = view.models[0].predicted;
}

/* Mean over rewards with a whole window of the series in the 20 ms from from_ns on; their number in *n. */
static double mean_by_hand(const double *series, int64_t from_ns, double *sem, int *n)
{
    double values[EVENTS_MAX], sum = 0, squares = 0;
    *n = 0;
    for (size_t e = 0; e < seen.n_events; e++) {
        double in_bin = 0;
        int n_in_bin = 0;
        if (seen.event_ns[e] + 4200 * MS > seen.end_ns)
            continue;
        for (size_t i = 0; i < seen.n; i++)
            if (seen.t_ns[i] >= seen.event_ns[e] + from_ns && seen.t_ns[i] < seen.event_ns[e] + from_ns + 20 * MS) {
                in_bin += series[i];
                n_in_bin++;
            }
        if (n_in_bin > 0)
            values[(*n)++] = in_bin / n_in_bin;
    }
    for (int i = 0; i < *n; i++)
        sum += values[i];
    for (int i = 0; i < *n; i++)
        squares += (values[i] - sum / *n) * (values[i] - sum / *n);
    *sem = *n > 1 ? sqrt(squares / (*n - 1) / *n) : 0;
    return sum / *n;
}

static int run(void **state)
{
    (void)state;
    struct error err = {0};
    struct rerun *rerun;
    struct rerun_report report;
    assert_true(rerun_open(&rerun, journaled_folder(), &err));
    static struct config config;
    config = *rerun_config(rerun);
    seen.aligned = aligned_new(&config, 0);
    assert_non_null(seen.aligned);
    const struct rerun_options options = {.config = &config, .watch = watch};
    assert_true(rerun_run(rerun, &options, &report, &err));
    rerun_close(rerun);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    aligned_free(seen.aligned);
    seen.aligned = NULL;
    return 0;
}

static void averages_are_those_of_the_whole_series(void **state)
{
    (void)state;
    const struct aligned_type *type = aligned_type(seen.aligned, SCORE_US);
    int n = 0;
    double sem, sem_by_hand;
    for (uint32_t i = 0; i < ALIGNED_BINS; i += 7) {
        const int64_t from_ns = -1 * S + i * 20 * MS;
        const double within = 1e-7; /* they are kept as float */
        expect_near(aligned_value(&type->measured, i, &sem), mean_by_hand(seen.dff, from_ns, &sem_by_hand, &n), within);
        expect_near(sem, sem_by_hand, within);
        expect_near(aligned_value(&type->predicted[0], i, NULL),
                    mean_by_hand(seen.predicted, from_ns, &sem_by_hand, &n), within);
    }
    assert_true(n >= 2);
    assert_int_equal(type->n_events, n);
    assert_int_equal(aligned_n_dropped(seen.aligned), 0);
}

static void bins_cover_one_second_before_to_four_after(void **state)
{
    (void)state;
    expect_near(aligned_time_s(0), -0.99, 1e-12);
    expect_near(aligned_time_s(ALIGNED_BINS - 1), 3.99, 1e-12);
}

static void a_kind_that_never_happened_is_empty(void **state)
{
    (void)state;
    double sem;
    const struct aligned_type *type = aligned_type(seen.aligned, SCORE_US + 1);
    assert_int_equal(type->n_events, 0);
    assert_true(isnan(aligned_value(&type->measured, 0, &sem)));
    assert_true(sem == 0);
    aligned_free(NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(averages_are_those_of_the_whole_series, run, finish),
    cmocka_unit_test(bins_cover_one_second_before_to_four_after),
    cmocka_unit_test_setup_teardown(a_kind_that_never_happened_is_empty, run, finish),
};

TEST_MAIN(tests)
