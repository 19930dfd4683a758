/* The model family: what every learning model must do whatever it computes, over random streams of events. */
#include "engine/base/arena.h"
#include "engine/base/rng.h"
#include "engine/base/units.h"
#include "engine/model/model.h"
#include "tests/test.h"
#include <malloc.h>
#include <math.h>

enum { STATE_SIZE = 1 << 20, BLOB_SIZE = 1 << 21, N_STEPS = 300, N_DRAWS = 20 };

static _Alignas(ARENA_ALIGN) uint8_t state_bytes[2][STATE_SIZE];
static uint8_t blob_bytes[BLOB_SIZE], blob_again[BLOB_SIZE];

/* A model, its clock, and where its events come from. */
struct subject {
    const struct model_ops *ops;
    void *state;
    int64_t k, step_ns;
    struct rng rng;
    struct model_out out;
    uint64_t digest;
};

static bool subject_start(struct subject *subject, const struct model_ops *ops, const double *params, int slot)
{
    double defaults[MODEL_PARAMS_MAX];
    struct error err = {0};
    model_defaults(ops, defaults);
    *subject = (struct subject){.ops = ops, .state = state_bytes[slot], .step_ns = ops->step_ns};
    rng_init(&subject->rng, test_seed, ops->name);
    const double *given = params != NULL ? params : defaults;
    assert_true(ops->state_size(given, units_s(ops->step_ns)) <= STATE_SIZE);
    return ops->init(subject->state, STATE_SIZE, given, units_s(subject->step_ns), test_seed, &err);
}

static void happens(struct subject *subject, enum model_event_kind kind, uint32_t id, double mag)
{
    const int64_t at_ns = subject->k * subject->step_ns + (int64_t)kind * MS; /* in the order of handling */
    subject->ops->event(subject->state,
                        &(struct model_event){.t_ns = at_ns, .kind = (uint8_t)kind, .id = (uint8_t)id, .mag = mag});
}

static void step(struct subject *subject)
{
    subject->ops->step(subject->state, subject->k++, &subject->out);
    subject->digest = model_out_digest(subject->digest, &subject->out, subject->ops->n_aux);
}

/* Events of the open step, at random but in their order. */
static void random_events(struct subject *subject)
{
    struct rng *rng = &subject->rng;
    static const struct {
        enum model_event_kind kind;
        double p;
        uint32_t n_ids;
    } kinds[] = {
        {EV_CS_OFF,   0.03,  3},
        {EV_CS_ON,    0.04,  3},
        {EV_ACTION,   0.02,  2},
        {EV_US,       0.03,  1},
        {EV_AVERSIVE, 0.003, 1},
        {EV_OPTO_OFF, 0.05,  1},
        {EV_OPTO_ON,  0.005, 1},
        {EV_LICK,     0.1,   1},
        {EV_POSITION, 0.02,  1},
        {EV_CONTEXT,  0.01,  3}
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const bool now = rng_bernoulli(rng, kinds[i].p);
        const uint32_t id = (uint32_t)(rng_uniform(rng) * kinds[i].n_ids);
        const double mag = rng_uniform(rng);
        if (now)
            happens(subject, kinds[i].kind, id, mag);
    }
}

static void random_steps(struct subject *subject, int n)
{
    for (int i = 0; i < n; i++) {
        random_events(subject);
        step(subject);
    }
}

static void save(const struct subject *subject, struct blob *blob, uint8_t *bytes)
{
    *blob = (struct blob){.bytes = bytes, .size = BLOB_SIZE};
    subject->ops->save(subject->state, blob);
    assert_true(blob->used <= blob->size);
}

/* Runs `check` on every model that learns. */
static void for_each(void (*check)(const struct model_ops *ops))
{
    for (const char *const *name = model_names(); *name != NULL; name++)
        if (!model_find(*name)->null)
            check(model_find(*name));
}

static void check_copy(const struct model_ops *ops)
{
    struct subject subject, copy;
    struct blob blob;
    struct error err = {0};
    assert_true(subject_start(&subject, ops, NULL, 0));
    happens(&subject, EV_SESSION, EVENT_SESSION_BEGIN, 0);
    random_steps(&subject, N_STEPS);
    random_events(&subject); /* saved in the middle of a step, with a cue, a choice and light */
    happens(&subject, EV_CS_ON, 1, 0.7);
    happens(&subject, EV_ACTION, 1, 0);
    happens(&subject, EV_OPTO_ON, 0, -0.5);
    save(&subject, &blob, blob_bytes);
    const struct subject until = subject;
    assert_true(subject_start(&copy, ops, NULL, 1));
    if (!copy.ops->load(copy.state, &blob, MODEL_LOAD_EXACT, &err))
        fail_msg("%s: expected %s", ops->name, err.expected);
    copy.k = until.k;
    copy.rng = until.rng;
    copy.digest = until.digest;
    random_steps(&subject, N_STEPS);
    random_steps(&copy, N_STEPS);
    if (subject.digest != copy.digest)
        fail_msg("%s: the copy went another way", ops->name);
}

static void an_exact_copy_goes_on_bit_for_bit(void **state)
{
    (void)state;
    for_each(check_copy);
}

static void check_kept(const struct model_ops *ops)
{
    struct subject subject, next, after;
    struct blob blob, again;
    struct error err = {0};
    assert_true(subject_start(&subject, ops, NULL, 0));
    random_steps(&subject, N_STEPS);
    save(&subject, &blob, blob_bytes);
    assert_true(subject_start(&next, ops, NULL, 1));
    assert_true(next.ops->load(next.state, &blob, 0, &err));
    save(&next, &again, blob_again); /* what was of the moment is gone, and stays gone */
    assert_true(subject_start(&after, ops, NULL, 0));
    assert_true(after.ops->load(after.state, &again, 0, &err));
    random_steps(&next, N_STEPS);
    random_steps(&after, N_STEPS);
    assert_true(next.digest == after.digest);
    assert_true(subject_start(&subject, ops, NULL, 0));
    random_steps(&subject, N_STEPS);
    if (subject.digest == next.digest)
        fail_msg("%s: nothing of what was learned was kept", ops->name);
}

static void a_new_session_starts_from_what_was_learned(void **state)
{
    (void)state;
    for_each(check_kept);
}

static void check_damage(const struct model_ops *ops)
{
    struct subject subject, other, fresh;
    struct blob blob;
    assert_true(subject_start(&subject, ops, NULL, 0));
    random_steps(&subject, N_STEPS);
    save(&subject, &blob, blob_bytes);
    assert_true(subject_start(&other, ops, NULL, 1));
    const size_t every = blob.used / 40 + 1;
    for (size_t at = 0; at < blob.used; at += every) {
        struct error err = {0};
        blob_bytes[at] ^= 0x10;
        assert_false(ops->load(other.state, &blob, MODEL_LOAD_EXACT, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        blob_bytes[at] ^= 0x10;
        const struct blob cut = {.bytes = blob_bytes, .size = blob.size, .used = at};
        assert_false(ops->load(other.state, &cut, 0, NULL));
    }
    for (const char *const *name = model_names(); *name != NULL; name++)
        if (strcmp(*name, ops->name) != 0)
            assert_false(model_find(*name)->null ? false : model_find(*name)->load(NULL, &blob, 0, NULL));
    random_steps(&other, N_STEPS);
    assert_true(subject_start(&fresh, ops, NULL, 0));
    random_steps(&fresh, N_STEPS);
    if (other.digest != fresh.digest)
        fail_msg("%s: a refused state has left something", ops->name);
}

static void a_changed_state_is_refused_and_nothing_taken_over(void **state)
{
    (void)state;
    for_each(check_damage);
}

/* A value of the parameter: an end of its range, its default, or something between. */
static double draw_param(struct rng *rng, const struct model_param *param)
{
    const double lo = param->lo, hi = param->hi < 1e6 ? param->hi : 1e6;
    const double u = rng_uniform(rng), x = lo + (hi - lo) * rng_uniform(rng);
    double value = u < 0.6 ? param->def : u < 0.7 ? lo : u < 0.8 ? param->hi : x;
    if (param->kind == MODEL_PARAM_COUNT || param->kind == MODEL_PARAM_CHOICE)
        value = rint(value);
    return value;
}

static void check_any_params(const struct model_ops *ops)
{
    struct rng rng;
    int n_refused = 0;
    rng_init(&rng, test_seed, "params");
    for (int i = 0; i < N_DRAWS; i++) {
        double params[MODEL_PARAMS_MAX];
        struct subject subject;
        struct error err = {0};
        for (int j = 0; j < ops->n_params; j++)
            params[j] = draw_param(&rng, &ops->params[j]);
        assert_true(model_params_check(ops, params, &err));
        if (!subject_start(&subject, ops, params, 0)) {
            n_refused++;
            continue;
        }
        for (int k = 0; k < N_STEPS; k++) { /* a model may diverge at such parameters: predict then freezes it */
            random_steps(&subject, 1);
            assert_true(subject.out.drive_t_ns >= 0);
        }
    }
    assert_true(n_refused < N_DRAWS);
}

static void parameters_at_any_place_of_their_range_do_no_harm(void **state)
{
    (void)state;
    for_each(check_any_params);
}

static void check_finite(const struct model_ops *ops)
{
    struct subject subject;
    assert_true(subject_start(&subject, ops, NULL, 0));
    for (int i = 0; i < 10 * N_STEPS; i++) {
        random_steps(&subject, 1);
        if (!model_out_finite(&subject.out, ops->n_aux))
            fail_msg("%s: step %d is not finite", ops->name, i);
    }
}

static void the_defaults_stay_finite(void **state)
{
    (void)state;
    for_each(check_finite);
}

static void check_pause(const struct model_ops *ops)
{
    struct subject subject;
    assert_true(subject_start(&subject, ops, NULL, 0));
    random_steps(&subject, N_STEPS);
    happens(&subject, EV_US, 0, 1);
    for (int i = 0; i < 40 * N_STEPS; i++) /* traces fade, windows close, outcomes that wait are learned */
        step(&subject);
    happens(&subject, EV_SESSION, EVENT_SESSION_PAUSE, 0);
    step(&subject);
    const struct model_out before = subject.out;
    for (int i = 0; i < 100; i++) {
        if (i % 20 == 0)
            happens(&subject, EV_CS_ON, 0, 1);
        if (i % 40 == 10)
            happens(&subject, EV_US, 0, 3);
        step(&subject);
    }
    for (int c = 0; c < MODEL_CS_MAX; c++)
        if (subject.out.value_cs[c] != before.value_cs[c])
            fail_msg("%s: cue %d was worth %g, now %g", ops->name, c, before.value_cs[c], subject.out.value_cs[c]);
}

static void nothing_is_learned_in_a_pause(void **state)
{
    (void)state;
    for_each(check_pause);
}

static void check_params(const struct model_ops *ops)
{
    struct subject subject;
    assert_true(subject_start(&subject, ops, NULL, 0));
    for (int i = 0; i < ops->n_params; i++) {
        const struct model_param *param = &ops->params[i];
        const bool live = param->kind == MODEL_PARAM_LIVE || param->kind == MODEL_PARAM_CHOICE;
        if (ops->set_param(subject.state, i, param->def) != live)
            fail_msg("%s: %s: live is %d", ops->name, param->name, live);
        assert_false(ops->set_param(subject.state, i, (double)NAN));
        assert_false(ops->set_param(subject.state, i, param->lo - 1));
    }
    assert_false(ops->set_param(subject.state, -1, 0));
    assert_false(ops->set_param(subject.state, ops->n_params, 0));
}

static void only_live_parameters_change_while_running(void **state)
{
    (void)state;
    for_each(check_params);
}

static void check_memory(const struct model_ops *ops)
{
    struct subject subject;
    assert_true(subject_start(&subject, ops, NULL, 0));
    const struct mallinfo2 before = mallinfo2();
    random_steps(&subject, N_STEPS);
    const struct mallinfo2 after = mallinfo2();
    assert_true(before.uordblks == after.uordblks && before.hblkhd == after.hblkhd);
}

static void learning_allocates_nothing(void **state)
{
    (void)state;
    for_each(check_memory);
}

static void check_size(const struct model_ops *ops)
{
    for (unsigned choice = 0; choice < 2; choice++) {
        double params[MODEL_PARAMS_MAX];
        model_defaults(ops, params);
        for (int i = 0; i < ops->n_params; i++)
            if (ops->params[i].kind == MODEL_PARAM_COUNT)
                params[i] = choice == 0 ? ops->params[i].lo : ops->params[i].hi;
        if (ops->state_size(params, units_s(ops->step_ns_min)) > STATE_SIZE) {
            struct error err = {0}; /* too large is fine only where init refuses it */
            assert_false(ops->init(state_bytes[0], STATE_SIZE, params, units_s(ops->step_ns_min), 1, &err));
        }
    }
}

static void a_state_is_at_most_a_megabyte(void **state)
{
    (void)state;
    for_each(check_size);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(an_exact_copy_goes_on_bit_for_bit),
    cmocka_unit_test(a_new_session_starts_from_what_was_learned),
    cmocka_unit_test(a_changed_state_is_refused_and_nothing_taken_over),
    cmocka_unit_test(parameters_at_any_place_of_their_range_do_no_harm),
    cmocka_unit_test(the_defaults_stay_finite),
    cmocka_unit_test(nothing_is_learned_in_a_pause),
    cmocka_unit_test(only_live_parameters_change_while_running),
    cmocka_unit_test(learning_allocates_nothing),
    cmocka_unit_test(a_state_is_at_most_a_megabyte),
};

TEST_MAIN(tests)
