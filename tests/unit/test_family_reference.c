/* The model family against plain references: tests/reference/family.py, independent programs in double precision, draw
 * streams of every kind of event, late ones too, and print what each step must give. */
#include "engine/base/arena.h"
#include "engine/base/units.h"
#include "engine/model/model.h"
#include "tests/test.h"
#include <math.h>

#define TOLERANCE 1e-12 /* times the size of the number: exp may differ in the last bit between the two programs */
/* Overlapping microstimuli make the filter's covariance nearly singular: it magnifies last bits a thousand times. */
#define TOLERANCE_KALMAN 1e-9
#define RUN              "OPENBLAS_NUM_THREADS=1 /usr/bin/python3 tests/reference/family.py %s 1"

enum {
    STATE_SIZE = 1 << 20,
    LINE_SIZE = 4096,
    N_FIXED = 8 + MODEL_CS_MAX + MODEL_ACTION_MAX, /* numbers of a step line before aux */
    N_NUMBERS = N_FIXED + MODEL_AUX_MAX,
};

static _Alignas(ARENA_ALIGN) uint8_t state_bytes[STATE_SIZE];

struct reference {
    const struct model_ops *ops;
    double params[MODEL_PARAMS_MAX];
    bool running;
    int64_t k;
    int n_cases;
};

static void near(const struct reference *ref, double got, double want, const char *what)
{
    const double tolerance = strcmp(ref->ops->name, "kalman_td") == 0 ? TOLERANCE_KALMAN : TOLERANCE;
    if (!(fabs(got - want) <= tolerance * fmax(1, fabs(want))))
        fail_msg("%s, case %d, step %lld: %s is %.17g, the reference says %.17g", ref->ops->name, ref->n_cases,
                 (long long)ref->k, what, got, want);
}

static void take_param(struct reference *ref, const char *line)
{
    char name[32], value[64];
    assert_int_equal(sscanf(line, "param %31s %63s", name, value), 2);
    const int index = model_param_index(ref->ops, name);
    if (index < 0)
        fail_msg("%s has no parameter %s", ref->ops->name, name);
    ref->params[index] = strtod(value, NULL);
}

static void take_config(struct reference *ref, const char *line)
{
    long long step_ns = 0;
    struct error err = {0};
    assert_int_equal(sscanf(line, "config %lld", &step_ns), 1);
    assert_true(step_ns >= ref->ops->step_ns_min && step_ns <= ref->ops->step_ns_max);
    if (!model_params_check(ref->ops, ref->params, &err) ||
        !ref->ops->init(state_bytes, STATE_SIZE, ref->params, units_s(step_ns), 1, &err))
        fail_msg("%s: %s: expected %s", ref->ops->name, err.what, err.expected);
    ref->running = true;
    ref->k = 0;
}

static void take_event(struct reference *ref, const char *line)
{
    long long step = 0, t_ns = 0;
    int kind = 0, id = 0;
    char mag[64];
    assert_int_equal(sscanf(line, "event %lld %lld %d %d %63s", &step, &t_ns, &kind, &id, mag), 5);
    assert_int_equal(step, ref->k);
    const struct model_event event = {.t_ns = t_ns, .kind = (uint8_t)kind, .id = (uint8_t)id, .mag = strtod(mag, NULL)};
    ref->ops->event(state_bytes, &event);
}

static void compare_step(const struct reference *ref, const struct model_out *out, const double *want)
{
    static const char *const words[] = {"delta", "drive",       "drive time", "value",
                                        "assoc", "uncertainty", "avg reward", "lick rate"};
    const double got[] = {out->delta, out->drive_area,  (double)out->drive_t_ns, out->value,
                          out->assoc, out->uncertainty, out->avg_reward,         out->lick_rate};
    char what[48];
    for (int i = 0; i < 8; i++)
        near(ref, got[i], want[i], words[i]);
    for (int i = 0; i < MODEL_CS_MAX; i++) {
        snprintf(what, sizeof what, "value of cue %d", i);
        near(ref, out->value_cs[i], want[8 + i], what);
    }
    for (int i = 0; i < MODEL_ACTION_MAX; i++)
        near(ref, out->action_p[i], want[8 + MODEL_CS_MAX + i], "probability of a choice");
    for (int i = 0; i < ref->ops->n_aux; i++)
        near(ref, out->aux[i], want[N_FIXED + i], ref->ops->aux_names[i]);
}

static void take_step(struct reference *ref, char *line)
{
    double want[N_NUMBERS];
    int n = 0;
    char *rest = NULL;
    (void)strtok_r(line, " \n", &rest);
    for (char *word = strtok_r(NULL, " \n", &rest); word != NULL; word = strtok_r(NULL, " \n", &rest)) {
        assert_true(n < N_NUMBERS);
        want[n++] = strtod(word, NULL);
    }
    assert_int_equal(n, N_FIXED + ref->ops->n_aux);
    struct model_out out;
    ref->ops->step(state_bytes, ref->k, &out);
    compare_step(ref, &out, want);
    ref->k++;
}

/* Runs all cases of one model's reference. */
static void follows(const char *name)
{
    char command[256], line[LINE_SIZE];
    struct reference ref = {.ops = model_find(name)};
    assert_non_null(ref.ops);
    snprintf(command, sizeof command, RUN, name);
    FILE *in = popen(command, "r");
    assert_non_null(in);
    model_defaults(ref.ops, ref.params);
    while (fgets(line, sizeof line, in) != NULL) {
        if (strncmp(line, "param", 5) == 0)
            take_param(&ref, line);
        else if (strncmp(line, "config", 6) == 0)
            take_config(&ref, line);
        else if (strncmp(line, "event", 5) == 0)
            take_event(&ref, line);
        else if (strncmp(line, "step", 4) == 0)
            take_step(&ref, line);
        else if (strncmp(line, "end", 3) == 0) {
            ref.n_cases++;
            model_defaults(ref.ops, ref.params);
        }
    }
    assert_int_equal(pclose(in), 0);
    assert_int_equal(ref.n_cases, 1);
    assert_true(ref.k >= 300);
}

#define FAMILY(ROW)                                                                                                    \
    ROW(rw)                                                                                                            \
    ROW(td_micro)                                                                                                      \
    ROW(td_belief)                                                                                                     \
    ROW(td_semi_markov)                                                                                                \
    ROW(td_dist)                                                                                                       \
    ROW(ph)                                                                                                            \
    ROW(td_ph)                                                                                                         \
    ROW(kalman_td)                                                                                                     \
    ROW(anccr)                                                                                                         \
    ROW(retro)                                                                                                         \
    ROW(q_softmax)                                                                                                     \
    ROW(actor_critic)                                                                                                  \
    ROW(r_learning)                                                                                                    \
    ROW(vkf)                                                                                                           \
    ROW(vkf_binary)                                                                                                    \
    ROW(bayes_vol)

#define FOLLOWS(model)                                                                                                 \
    static void model##_gives_the_reference_numbers(void **state)                                                      \
    {                                                                                                                  \
        (void)state;                                                                                                   \
        follows(#model);                                                                                               \
    }
FAMILY(FOLLOWS)

#define ROW_OF(model) cmocka_unit_test(model##_gives_the_reference_numbers),
static const struct CMUnitTest tests[] = {FAMILY(ROW_OF)};

TEST_MAIN(tests)
