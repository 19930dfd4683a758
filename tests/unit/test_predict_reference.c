/* predict, against the plain reference: tests/reference/models.py, an independent program in double precision, draws
 * sessions with every kind of event, late ones too, and prints what model, chain, fit and scores must give. */
#include "engine/base/units.h"
#include "engine/model/predict.h"
#include "tests/test.h"
#include <math.h>

#define TOLERANCE     1e-12 /* times the size of the number: exp may differ in the last bit between the two programs, */
#define TOLERANCE_SUM 1e-10 /* and ten thousand steps of a forgetting factor then differ by ten thousand last bits */
#define REFERENCE_RUN "OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tests/reference/models.py 2 6 9 12 18"

enum { ARENA_SIZE = 1 << 18, LINE_SIZE = 1024, FIELDS_MAX = 16 };

static _Alignas(ARENA_ALIGN) uint8_t memory[ARENA_SIZE];

static void start(struct predict *p, const struct predict_config *config)
{
    struct arena arena;
    struct error err = {0};
    arena_init(&arena, memory, ARENA_SIZE);
    assert_true(predict_init(p, config, &arena, &err));
    assert_true(arena_fits(&arena));
}

static void within(double tolerance, double got, double want, const char *what, int64_t row)
{
    if (!(fabs(got - want) <= tolerance * fmax(1, fabs(want))))
        fail_msg("%s %lld: got %.17g, the reference says %.17g", what, (long long)row, got, want);
}

static void near(double got, double want, const char *what, int64_t row)
{
    within(TOLERANCE, got, want, what, row);
}

/* One row of the reference's output: a word and its fields. */
struct row {
    char word[16];
    char field[FIELDS_MAX][24];
    int n;
};

struct rows {
    struct row *row;
    size_t n, size;
};

static void rows_add(struct rows *rows, const char *line)
{
    if (rows->n == rows->size) {
        rows->size = rows->size == 0 ? 1024 : 2 * rows->size;
        rows->row = realloc(rows->row, rows->size * sizeof *rows->row);
        assert_non_null(rows->row);
    }
    struct row *row = &rows->row[rows->n++];
    memset(row, 0, sizeof *row);
    int used = 0, length = 0;
    assert_int_equal(sscanf(line, "%15s%n", row->word, &used), 1);
    while (row->n < FIELDS_MAX && sscanf(line + used, "%23s%n", row->field[row->n], &length) == 1) {
        used += length;
        row->n++;
    }
}

static double number(const struct row *row, int i)
{
    return strtod(row->field[i], NULL);
}

static int64_t whole(const struct row *row, int i)
{
    return strtoll(row->field[i], NULL, 10);
}

/* A case as read: its configuration, and the rows of one kind each, in order. */
struct reference {
    double params[MODEL_PARAMS_MAX];
    struct predict_config config;
    char sensor[24], region[24];
    struct rows events, samples, steps, obs, scored;
    struct row total;
    size_t i_event, i_sample, i_step, i_obs, i_scored;
};

static void reference_free(struct reference *ref)
{
    struct rows *all[] = {&ref->events, &ref->samples, &ref->steps, &ref->obs, &ref->scored};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]->row);
}

static void reference_config(struct reference *ref, const struct row *row)
{
    memcpy(ref->sensor, row->field[2], sizeof ref->sensor);
    memcpy(ref->region, row->field[3], sizeof ref->region);
    ref->config = (struct predict_config){.model = "td_csc",
                                          .params = ref->params,
                                          .tick_ns = MS,
                                          .step_ns = whole(row, 0),
                                          .stagger_ticks = (uint32_t)whole(row, 1),
                                          .sensor = ref->sensor,
                                          .region = ref->region};
}

/* Reads one case up to its line `end`. False at the end of the stream. */
static bool reference_read(struct reference *ref, FILE *in)
{
    static const char *const words[] = {"event", "sample", "step", "obs", "scored"};
    struct rows *const lists[] = {&ref->events, &ref->samples, &ref->steps, &ref->obs, &ref->scored};
    char line[LINE_SIZE];
    memset(ref, 0, sizeof *ref);
    struct rows other = {0};
    bool whole_case = false;
    while (!whole_case && fgets(line, sizeof line, in) != NULL) {
        struct rows *list = &other;
        for (size_t i = 0; i < sizeof words / sizeof *words; i++)
            if (strncmp(line, words[i], strlen(words[i])) == 0)
                list = lists[i];
        rows_add(list, line);
        whole_case = strncmp(line, "end", 3) == 0;
    }
    for (size_t i = 0; i < other.n; i++) {
        const struct row *row = &other.row[i];
        if (strcmp(row->word, "param") == 0) {
            const int index = model_param_index(model_find("td_csc"), row->field[0]);
            assert_true(index >= 0);
            ref->params[index] = number(row, 1);
        } else if (strcmp(row->word, "config") == 0)
            reference_config(ref, row);
        else if (strcmp(row->word, "total") == 0)
            ref->total = *row;
    }
    free(other.row);
    return whole_case;
}

static void reference_feed(struct reference *ref, struct predict *p, int64_t now_ns)
{
    for (; ref->i_event < ref->events.n && whole(&ref->events.row[ref->i_event], 0) <= now_ns; ref->i_event++) {
        const struct row *row = &ref->events.row[ref->i_event];
        predict_event(p, &(struct model_event){.t_ns = whole(row, 1),
                                               .kind = (uint8_t)whole(row, 2),
                                               .id = (uint8_t)whole(row, 3),
                                               .mag = number(row, 4)});
    }
    for (; ref->i_sample < ref->samples.n && whole(&ref->samples.row[ref->i_sample], 0) <= now_ns; ref->i_sample++) {
        const struct row *row = &ref->samples.row[ref->i_sample];
        predict_sample(p, whole(row, 1), number(row, 2), whole(row, 3) != 0);
    }
}

static void compare_step(struct reference *ref, const struct predict *p)
{
    assert_true(ref->i_step < ref->steps.n);
    const int64_t k = (int64_t)ref->i_step;
    const struct row *row = &ref->steps.row[ref->i_step++];
    near(p->out.delta, number(row, 0), "delta of step", k);
    near(p->out.drive_area, number(row, 1), "drive of step", k);
    assert_int_equal(p->out.drive_t_ns, whole(row, 2));
    near(p->out.value, number(row, 3), "value of step", k);
    near(p->out.lick_rate, number(row, 4), "lick rate of step", k);
    for (int c = 0; c < MODEL_CS_MAX; c++)
        near(p->out.value_cs[c], number(row, 5 + c), "cue value of step", k);
}

static void compare_observation(struct reference *ref, const struct predict *p)
{
    assert_true(ref->i_obs < ref->obs.n);
    const int64_t i = (int64_t)ref->i_obs;
    const struct row *row = &ref->obs.row[ref->i_obs++];
    near(p->yhat, number(row, 0), "yhat", i);
    within(TOLERANCE_SUM, p->residual, number(row, 1), "residual", i);
    within(TOLERANCE_SUM, p->residual_low, number(row, 2), "low-passed residual", i);
    within(TOLERANCE_SUM, p->residual_z, number(row, 3), "residual z", i);
    within(TOLERANCE_SUM, p->gain.g, number(row, 4), "gain", i);
    within(TOLERANCE_SUM, p->gain.o, number(row, 5), "offset", i);
    for (uint32_t j = 0; j < p->n_scored; j++) {
        assert_true(ref->i_scored < ref->scored.n);
        const struct row *want = &ref->scored.row[ref->i_scored++];
        const struct predict_scored *got = &p->scored[j];
        assert_int_equal(got->t_ns, whole(want, 0));
        assert_int_equal(got->type, whole(want, 1));
        near(got->m, number(want, 2), "measured response", i);
        within(TOLERANCE_SUM, got->p, number(want, 3), "predicted response", i);
        within(TOLERANCE_SUM, got->score.z, number(want, 4), "z", i);
        within(TOLERANCE_SUM, got->score.log_score, number(want, 5), "log score", i);
    }
}

static void compare_total(const struct reference *ref, const struct predict *p)
{
    const struct score_type *pooled = &p->score.type[SCORE_POOLED];
    const double sums_cancel = 1e-9; /* the engine has running sums, the reference all pairs */
    assert_true(fabs(score_r(&pooled->all) - number(&ref->total, 0)) < sums_cancel);
    assert_true(fabs(score_r2(&pooled->all) - number(&ref->total, 1)) < sums_cancel);
    assert_true(fabs(score_nrmse(&pooled->all) - number(&ref->total, 2)) < sums_cancel);
    within(TOLERANCE_SUM, pooled->log_score, number(&ref->total, 3), "log score in all", 0);
    assert_true(fabs(score_r(&p->score.trace) - number(&ref->total, 4)) < sums_cancel);
}

static void random_sessions_give_the_reference_numbers(void **state)
{
    (void)state;
    static struct predict p;
    static struct reference ref;
    FILE *in = popen(REFERENCE_RUN, "r");
    assert_non_null(in);
    int n_cases = 0;
    for (; reference_read(&ref, in); n_cases++) {
        start(&p, &ref.config);
        for (int64_t now_ns = MS; ref.i_obs < ref.obs.n; now_ns += MS) {
            reference_feed(&ref, &p, now_ns);
            predict_advance(&p, now_ns);
            if (p.n_closed > 0)
                compare_step(&ref, &p);
            if (now_ns % (5 * MS) == 0)
                compare_observation(&ref, &p);
        }
        assert_int_equal(ref.i_scored, ref.scored.n);
        assert_true(ref.i_step + 2 > ref.steps.n && ref.scored.n > 40);
        compare_total(&ref, &p);
        reference_free(&ref);
    }
    reference_free(&ref);
    assert_int_equal(pclose(in), 0);
    assert_int_equal(n_cases, 5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(random_sessions_give_the_reference_numbers),
};

TEST_MAIN(tests)
