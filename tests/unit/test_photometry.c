/* photometry: against the plain reference in tests/reference/photometry.py, then one behaviour at a time on recordings
 * made by a formula whose slope and transients are known. */
#include "engine/base/rng.h"
#include "engine/base/units.h"
#include "engine/signal/photometry.h"
#include "tests/test.h"
#include <math.h>

#define REFERENCE_RUN "OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tests/reference/photometry.py 1 2 3 4"
#define SAMPLE_HZ     130.0
#define CLIP_HIGH_V   3.3

static const struct photometry_config usual = {
    .sample_hz = SAMPLE_HZ,
    .lowpass_hz = 10,
    .tau_baseline_s = 60,
    .tau_fit_s = 300,
    .clip_low_v = 0.01,
    .clip_high_v = CLIP_HIGH_V,
    .has_control = true,
};

static struct photometry started(const struct photometry_config *config)
{
    struct photometry p;
    struct error err = {0};
    assert_true(photometry_init(&p, config, &err));
    return p;
}

static int64_t frame_time(int64_t i)
{
    return units_ns((double)i / SAMPLE_HZ);
}

/* Two samples of frame i, together. True if dff is new. */
static bool frame_feed(struct photometry *p, int64_t i, double signal_v, double control_v)
{
    assert_false(photometry_signal(p, frame_time(i), signal_v));
    return photometry_control(p, frame_time(i), control_v);
}

/* Movement: smooth, sd 1 %, never quite periodic. */
static double movement(int64_t i)
{
    const double t = (double)i / SAMPLE_HZ;
    return 0.01 * (sin(5.1 * t) + sin(2.3 * t + 1)) + 1e-4 * sin(53 * t);
}

static void assert_near(double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance))
        fail_msg("%.17g is not %.17g", got, expected);
}

static double number_next(char **rest)
{
    return strtod(strtok_r(NULL, " \n", rest), NULL);
}

static int64_t time_next(char **rest)
{
    return strtoll(strtok_r(NULL, " \n", rest), NULL, 10);
}

static struct photometry started_from_words(char **rest)
{
    struct photometry_config config = {.has_control = true};
    config.sample_hz = number_next(rest);
    config.lowpass_hz = number_next(rest);
    config.tau_baseline_s = number_next(rest);
    config.tau_fit_s = number_next(rest);
    config.clip_low_v = number_next(rest);
    config.clip_high_v = number_next(rest);
    return started(&config);
}

static void every_sample_agrees_with_the_plain_reference(void **state)
{
    (void)state;
    FILE *in = popen(REFERENCE_RUN, "r");
    assert_non_null(in);
    struct photometry p = {0};
    char line[256];
    bool fresh = false;
    int n_dff = 0, n_cases = 0;
    while (fgets(line, sizeof line, in)) {
        char *rest;
        const char *const word = strtok_r(line, " \n", &rest);
        const bool is_dff = strcmp(word, "dff") == 0;
        assert_int_equal(fresh, is_dff); /* a dff follows exactly those samples that complete a pair */
        fresh = false;
        if (is_dff) {
            assert_int_equal(p.dff_ns, time_next(&rest));
            assert_near(p.dff, number_next(&rest), 1e-12);
            assert_near(p.slope, number_next(&rest), 1e-11); /* ill-conditioned in the first pairs of a recording */
            assert_near(p.explained, number_next(&rest), 1e-11);
            n_dff++;
        } else if (strcmp(word, "config") == 0) {
            p = started_from_words(&rest);
        } else if (strcmp(word, "blank") == 0) {
            photometry_blank(&p, time_next(&rest));
        } else if (strcmp(word, "end") == 0) {
            n_cases++;
        } else {
            const int64_t t_ns = time_next(&rest);
            const double volts = number_next(&rest);
            fresh = word[0] == 's' ? photometry_signal(&p, t_ns, volts) : photometry_control(&p, t_ns, volts);
        }
    }
    assert_int_equal(pclose(in), 0);
    assert_int_equal(n_cases, 4);
    assert_true(n_dff > 4 * 1000);
}

static void shared_movement_is_found_and_removed(void **state)
{
    (void)state;
    struct photometry p = started(&usual);
    for (int64_t i = 0; i < 120 * 130; i++) {
        assert_true(frame_feed(&p, i, 1.5 * (1 + 0.6 * movement(i)), 1.1 * (1 + movement(i))));
        if (i > 60 * 130)
            assert_near(p.dff, 0, 1e-4); /* of 0.6 % sd before */
    }
    assert_near(p.slope, 0.6, 0.002); /* the baselines' own ripple bends it a little */
    assert_true(p.explained > 0.999);
    assert_true(p.trusted);
}

static void bleaching_of_the_signal_alone_is_not_taken_for_movement(void **state)
{
    (void)state;
    struct photometry p = started(&usual);
    for (int64_t i = 0; i < 300 * 130; i++) {
        const double bleached = 0.8 + 0.2 * exp(-(double)i / SAMPLE_HZ / 600);
        (void)frame_feed(&p, i, 1.5 * bleached * (1 + 0.6 * movement(i)), 1.1 * (1 + movement(i)));
        if (i > 60 * 130) /* the lag of the baseline: at most 0.2 / 600 s * 60 s = 2 % */
            assert_true(p.dff < 1e-3 && p.dff > -0.021);
    }
    assert_near(p.slope, 0.6, 0.01);
}

/* 180 s with a transient of 5 % and 0.4 s every period_s. The largest dff of the last period. */
static double peak_with_transients(struct photometry *p, double period_s)
{
    double peak = 0;
    for (int64_t i = 0; i < 180 * 130; i++) {
        const double t = (double)i / SAMPLE_HZ, transient = 0.05 * exp(-fmod(t, period_s) / 0.4);
        (void)frame_feed(p, i, 1.5 * (1 + transient + 0.6 * movement(i)), 1.1 * (1 + movement(i)));
        if (t > 180 - period_s && p->dff > peak)
            peak = p->dff;
    }
    return peak;
}

static void transients_keep_their_height(void **state)
{
    (void)state;
    struct photometry p = started(&usual);
    const double peak = peak_with_transients(&p, 7);
    assert_near(p.slope, 0.6, 0.02);
    assert_near(peak, 0.045, 0.003); /* 5 % less what 10 Hz takes off its tip and the mean transient, 0.3 % */
}

/* In step with the slower movement, every second cycle: the worst case. Plain least squares makes 0.86 of these
 * samples. */
static void transients_in_step_with_movement_pull_the_slope_little(void **state)
{
    (void)state;
    struct photometry p = started(&usual);
    (void)peak_with_transients(&p, 2 * 2 * 3.14159265358979323846 / 2.3);
    assert_near(p.slope, 0.6, 0.13);
}

static void a_slope_never_turns_negative_silently(void **state)
{
    (void)state;
    struct photometry p = started(&usual);
    for (int64_t i = 0; i < 20 * 130; i++)
        (void)frame_feed(&p, i, 1.5 * (1 - 0.6 * movement(i)), 1.1 * (1 + movement(i)));
    assert_true(p.slope == 0);
    assert_int_equal(p.flags, PHOTOMETRY_SLOPE);
    assert_false(p.trusted);
    assert_near(p.dff, p.signal.volts / p.signal.baseline_v - 1, 1e-15); /* nothing is subtracted, nothing added */
}

static void a_slope_beyond_the_limit_is_cut_and_told(void **state)
{
    (void)state;
    struct photometry p = started(&usual);
    for (int64_t i = 0; i < 20 * 130; i++)
        (void)frame_feed(&p, i, 1.5 * (1 + 3.5 * movement(i)), 1.1 * (1 + movement(i)));
    assert_true(p.slope == 3);
    assert_int_equal(p.flags, PHOTOMETRY_SLOPE);
    assert_false(p.trusted);
}

static void trust_begins_after_five_seconds(void **state)
{
    (void)state;
    struct photometry p = started(&usual);
    assert_false(p.trusted);
    for (int64_t i = 0; i < 5 * 130; i++) {
        assert_false(p.trusted);
        assert_true(frame_feed(&p, i, 1.5 * (1 + 0.6 * movement(i)), 1.1 * (1 + movement(i))));
    }
    assert_true(p.trusted);
    assert_int_equal(p.flags, 0);
}

static void without_a_control_every_sample_gives_a_dff(void **state)
{
    (void)state;
    struct photometry_config config = usual;
    config.has_control = false;
    struct photometry p = started(&config);
    for (int64_t i = 0; i < 650; i++) {
        assert_true(photometry_signal(&p, frame_time(i), 1.5 + 1e-4 * (double)(i % 2)));
        assert_int_equal(p.dff_ns, frame_time(i));
    }
    assert_true(p.trusted);
    assert_true(p.slope == 0);
    for (int64_t i = 650; i < 700; i++) /* a step of 10 %, five cuts' worth of time later */
        assert_true(photometry_signal(&p, frame_time(i), 1.65 + 1e-4 * (double)(i % 2)));
    assert_near(p.dff, 0.1, 0.008); /* the baseline has followed by 50 of 700 samples */
}

static void a_clipped_sample_never_enters(void **state)
{
    (void)state;
    static const double clipped[] = {CLIP_HIGH_V, 9, 0.01, -1, (double)INFINITY, (double)NAN};
    struct photometry p = started(&usual);
    for (int64_t i = 0; i < 1000; i++)
        (void)frame_feed(&p, i, 1.5 * (1 + 0.6 * movement(i)), 1.1 * (1 + movement(i)));
    assert_true(p.trusted);
    const double dff = p.dff;
    for (int i = 0; i < 6; i++) {
        assert_false(frame_feed(&p, 1000 + i, clipped[i], 1.1));
        assert_true(p.dff == dff);
        assert_int_equal(p.dff_ns, frame_time(999));
        assert_int_equal(p.flags, PHOTOMETRY_CLIPPED);
        assert_false(p.trusted);
    }
    assert_int_equal(p.n_clipped, 6);
    assert_true(frame_feed(&p, 1006, 1.5 * (1 + 0.6 * movement(1006)), 1.1 * (1 + movement(1006))));
    assert_true(p.trusted);
    assert_false(frame_feed(&p, 1007, 1.5, CLIP_HIGH_V));
    assert_int_equal(p.flags, PHOTOMETRY_CLIPPED);
}

static void a_flat_channel_is_told_and_teaches_nothing(void **state)
{
    (void)state;
    struct photometry p = started(&usual);
    int64_t i = 0;
    for (; i < 1000; i++)
        (void)frame_feed(&p, i, 1.5 * (1 + 0.6 * movement(i)), 1.1 * (1 + movement(i)));
    const double slope = p.slope;
    for (; i < 1130; i++) {
        (void)frame_feed(&p, i, 1.5 * (1 + 0.6 * movement(i)), 1.1);
        assert_true(p.trusted);
    }
    assert_true(frame_feed(&p, i++, 1.5, 1.1)); /* the 130th repetition: one second */
    assert_int_equal(p.flags, PHOTOMETRY_FLAT);
    assert_false(p.trusted);
    const uint64_t n_learned = p.n_learned;
    const double kept = p.slope;
    for (; i < 5000; i++)
        assert_true(frame_feed(&p, i, 1.5 * (1 + 0.6 * movement(i)), 1.1));
    assert_int_equal(p.n_learned, n_learned);
    assert_true(p.slope == kept && fabs(kept - slope) < 0.2);
    (void)frame_feed(&p, i, 1.5, 1.1001);
    assert_true(p.trusted);
}

static void a_dark_fibre_gives_no_dff(void **state)
{
    (void)state;
    struct photometry_config config = usual;
    config.clip_low_v = 0;
    struct photometry p = started(&config);
    for (int64_t i = 0; i < 1000; i++)
        assert_false(frame_feed(&p, i, 1.5, 1e-7 + 1e-9 * (double)(i % 2)));
    assert_true(p.flags & PHOTOMETRY_DARK);
    assert_false(p.trusted);
    assert_int_equal(p.dff_ns, INT64_MIN);
}

/* What is blanked leaves the same numbers as if it had not been sampled. */
static void stimulation_light_leaves_no_trace(void **state)
{
    (void)state;
    struct photometry blanked = started(&usual), unlit = started(&usual);
    for (int64_t i = 0; i < 3000; i++) {
        const double signal_v = 1.5 * (1 + 0.6 * movement(i)), control_v = 1.1 * (1 + movement(i));
        const bool laser = i % 500 >= 200 && i % 500 < 210;
        if (i % 500 == 200) {
            photometry_blank(&blanked, frame_time(i + 10));
            photometry_blank(&blanked, frame_time(i + 5)); /* the longer one holds */
        }
        const double before = blanked.dff;
        assert_int_equal(frame_feed(&blanked, i, signal_v + (laser ? 0.9 : 0), control_v), !laser);
        if (laser)
            assert_true(blanked.dff == before && (blanked.flags & PHOTOMETRY_BLANKED));
        else
            (void)frame_feed(&unlit, i, signal_v, control_v);
        assert_true(blanked.dff == unlit.dff && blanked.slope == unlit.slope);
        assert_int_equal(blanked.trusted, unlit.trusted); /* blanking alone takes no trust away */
    }
    assert_int_equal(blanked.n_blanked, 6 * 20);
    assert_int_equal(blanked.flags, 0);
}

static void alternating_samples_pair_in_either_order(void **state)
{
    (void)state;
    struct photometry first = started(&usual), second = started(&usual);
    const int64_t half_ns = frame_time(1) / 2;
    for (int64_t i = 0; i < 1000; i++) {
        const double signal_v = 1.5 * (1 + 0.6 * movement(i)), control_v = 1.1 * (1 + movement(i));
        assert_false(photometry_signal(&first, frame_time(i), signal_v));
        assert_true(photometry_control(&first, frame_time(i) + half_ns, control_v));
        assert_false(photometry_control(&second, frame_time(i), control_v));
        assert_true(photometry_signal(&second, frame_time(i) + half_ns, signal_v));
        assert_true(first.dff == second.dff);
        assert_int_equal(first.dff_ns, frame_time(i) + half_ns);
        assert_int_equal(second.dff_ns, frame_time(i) + half_ns);
    }
    assert_int_equal(first.n_unpaired + second.n_unpaired, 0);
}

static void a_lost_sample_costs_one_pair_and_no_alignment(void **state)
{
    (void)state;
    struct photometry p = started(&usual);
    for (int64_t i = 0; i < 10; i++)
        (void)frame_feed(&p, i, 1.5, 1.1);
    assert_false(photometry_control(&p, frame_time(10), 1.1)); /* its signal never came */
    assert_false(photometry_signal(&p, frame_time(11), 1.5));  /* a whole frame later: no pair */
    assert_int_equal(p.n_unpaired, 1);
    assert_true(photometry_control(&p, frame_time(11), 1.1));
    assert_false(photometry_signal(&p, frame_time(12), 1.5)); /* its control never came */
    assert_false(photometry_signal(&p, frame_time(13), 1.5));
    assert_int_equal(p.n_unpaired, 2);
    assert_true(photometry_control(&p, frame_time(13), 1.1));
    assert_int_equal(p.n_pairs, 12);
}

static void the_same_samples_give_the_same_bits(void **state)
{
    (void)state;
    struct photometry a = started(&usual), b = started(&usual);
    struct rng rng;
    rng_init(&rng, test_seed, "photometry");
    for (int64_t i = 0; i < 5000; i++) {
        const double signal_v = rng_normal(&rng, 1.5, 0.5), control_v = rng_normal(&rng, 1.1, 0.5);
        assert_int_equal(frame_feed(&a, i, signal_v, control_v), frame_feed(&b, i, signal_v, control_v));
        assert_true(isfinite(a.dff) && a.slope >= 0 && a.slope <= 3 && a.explained >= 0 && a.explained <= 1 + 1e-12);
    }
    assert_memory_equal(&a.fit, &b.fit, sizeof a.fit);
    assert_true(a.dff == b.dff);
}

/* 1 / (2 K Q fs) of the low-pass: see test_filter. */
static void the_delay_is_the_low_passs(void **state)
{
    (void)state;
    const struct photometry p = started(&usual);
    assert_near(photometry_delay_s(&p), 0.022068038343461827, 1e-14);
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct photometry_config config;
        const char *what;
    } rows[] = {
        {{1, 0.1, 60, 300, 0.01, 3.3, true},          "sample_hz"     },
        {{130, 65, 60, 300, 0.01, 3.3, true},         "lowpass_hz"    },
        {{130, 10, 0.5, 300, 0.01, 3.3, true},        "tau_baseline_s"},
        {{130, 10, 60, 5, 0.01, 3.3, true},           "tau_fit_s"     },
        {{130, 10, 60, (double)NAN, 0.01, 3.3, true}, "tau_fit_s"     },
        {{130, 10, 60, 300, 0.1, (double)NAN, true},  "clip_low_v"    },
        {{130, 10, 60, 300, 3.3, 3.3, true},          "clip_low_v"    },
        {{130, 10, 60, 300, 3.4, 3.3, true},          "clip_low_v"    },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct photometry p;
        struct error err = {0};
        assert_false(photometry_init(&p, &rows[i].config, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        assert_string_equal(err.what, rows[i].what);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_sample_agrees_with_the_plain_reference),
    cmocka_unit_test(shared_movement_is_found_and_removed),
    cmocka_unit_test(bleaching_of_the_signal_alone_is_not_taken_for_movement),
    cmocka_unit_test(transients_keep_their_height),
    cmocka_unit_test(transients_in_step_with_movement_pull_the_slope_little),
    cmocka_unit_test(a_slope_never_turns_negative_silently),
    cmocka_unit_test(a_slope_beyond_the_limit_is_cut_and_told),
    cmocka_unit_test(trust_begins_after_five_seconds),
    cmocka_unit_test(without_a_control_every_sample_gives_a_dff),
    cmocka_unit_test(a_clipped_sample_never_enters),
    cmocka_unit_test(a_flat_channel_is_told_and_teaches_nothing),
    cmocka_unit_test(a_dark_fibre_gives_no_dff),
    cmocka_unit_test(stimulation_light_leaves_no_trace),
    cmocka_unit_test(alternating_samples_pair_in_either_order),
    cmocka_unit_test(a_lost_sample_costs_one_pair_and_no_alignment),
    cmocka_unit_test(the_same_samples_give_the_same_bits),
    cmocka_unit_test(the_delay_is_the_low_passs),
    cmocka_unit_test(values_out_of_range_are_refused),
};
TEST_MAIN(tests)
