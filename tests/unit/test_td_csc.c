/* td_csc: published results a TD learner must show, and what its state must survive. Bounds: the signature table of the
 * model specification (acq_shift, omission_dip, blocking, extinction, opto_unblocking), which names the experiments. */
#include "engine/base/arena.h"
#include "engine/base/rng.h"
#include "engine/base/units.h"
#include "engine/model/intake.h"
#include "engine/model/model.h"
#include "tests/test.h"
#include <malloc.h>
#include <math.h>

enum { STATE_SIZE = 1 << 16, TRIAL_S = 4, STEPS_MAX = 256, N_SEEDS = 10 };

#define DELAY_S  2.0
#define RPE_S    0.25
#define GAMMA_2S 0.81707 /* exp(-2/9.9) */

static _Alignas(ARENA_ALIGN) uint8_t state_bytes[2][STATE_SIZE];

/* One simulated animal: a model, its clock, and the drive of the last trial's steps. */
struct animal {
    const struct model_ops *ops;
    void *state;
    int64_t step_ns, k;
    struct rng rng;
    struct model_out out;
    double drive[STEPS_MAX];
};

enum { CUE_A = 1, CUE_B = 2, CUE_X = 4, CUE_Y = 8, LIGHT = 256 }; /* bits of a trial; LIGHT: 1 s at the outcome */

static void animal_init_with(struct animal *animal, int64_t step_ns, uint64_t seed, const double *params, int slot)
{
    struct error err = {0};
    *animal = (struct animal){.ops = model_find("td_csc"), .state = state_bytes[slot], .step_ns = step_ns};
    const double dt = units_s(step_ns);
    assert_true(animal->ops->state_size(params, dt) <= STATE_SIZE);
    assert_true(animal->ops->init(animal->state, STATE_SIZE, params, dt, seed, &err));
    rng_init(&animal->rng, seed, "task");
}

static void animal_init(struct animal *animal, int64_t step_ns, uint64_t seed)
{
    double params[MODEL_PARAMS_MAX];
    model_defaults(model_find("td_csc"), params);
    animal_init_with(animal, step_ns, seed, params, 0);
}

static void happens(struct animal *animal, enum model_event_kind kind, int id, double mag)
{
    const struct model_event event = {
        .t_ns = animal->k * animal->step_ns, .kind = (uint8_t)kind, .id = (uint8_t)id, .mag = mag};
    animal->ops->event(animal->state, &event);
}

static double step(struct animal *animal)
{
    animal->ops->step(animal->state, animal->k++, &animal->out);
    return animal->out.drive_area;
}

/* A trial of 4 s from cue onset, then the rest of an interval of 12 s on average, 4..40 s from outcome to next cue. */
static void trial(struct animal *animal, int what, double reward)
{
    const int n = (int)(TRIAL_S * S / animal->step_ns), n_delay = (int)(units_ns(DELAY_S) / animal->step_ns);
    const int n_light = (int)(1 * S / animal->step_ns);
    for (int i = 0; i < n; i++) {
        for (int cue = 0; cue < MODEL_CS_MAX; cue++)
            if (((what >> cue) & 1) != 0 && (i == 0 || i == n_delay))
                happens(animal, i == 0 ? EV_CS_ON : EV_CS_OFF, cue, 1);
        if (i == n_delay && reward > 0)
            happens(animal, EV_US, 0, reward);
        if ((what & LIGHT) != 0 && (i == n_delay || i == n_delay + n_light))
            happens(animal, i == n_delay ? EV_OPTO_ON : EV_OPTO_OFF, 0, 1);
        animal->drive[i] = step(animal);
    }
    double interval_s = 0;
    while (interval_s < 4 || interval_s > 40)
        interval_s = rng_exponential(&animal->rng, 12);
    for (int64_t left_ns = units_ns(interval_s - (TRIAL_S - DELAY_S)); left_ns > 0; left_ns -= animal->step_ns)
        (void)step(animal);
}

static void trials(struct animal *animal, int n, int what, double reward)
{
    for (int i = 0; i < n; i++)
        trial(animal, what, reward);
}

/* Sum of the drive over [from_s, to_s) of the last trial. */
static double drive(const struct animal *animal, double from_s, double to_s)
{
    double sum = 0;
    for (int i = 0; i < STEPS_MAX; i++) {
        const double t_s = i * units_s(animal->step_ns) + 1e-9;
        sum += t_s >= from_s && t_s < to_s ? animal->drive[i] : 0;
    }
    return sum;
}

static double rpe_cue(const struct animal *animal)
{
    return drive(animal, 0, RPE_S);
}

static double rpe_us(const struct animal *animal)
{
    return drive(animal, DELAY_S, DELAY_S + RPE_S);
}

static void the_error_moves_from_the_reward_to_the_cue(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
        struct animal animal;
        animal_init(&animal, 100 * MS, seed);
        trial(&animal, CUE_A, 1);
        assert_true(rpe_cue(&animal) == 0);
        assert_true(rpe_us(&animal) > 0.9);
        trials(&animal, 319, CUE_A, 1);
        double cue = 0, us = 0;
        for (int i = 0; i < 80; i++) { /* late: the last 20 % of 400 */
            trial(&animal, CUE_A, 1);
            cue += rpe_cue(&animal) / 80;
            us += rpe_us(&animal) / 80;
        }
        assert_true(cue > 0.6 * GAMMA_2S);
        assert_true(us < 0.25);
        assert_true(fabs(cue - 0.82) < 0.02 && fabs(us) < 0.02); /* the specification's own run: .82 and 0 */
    }
}

static void a_missing_reward_gives_a_dip_when_it_was_due(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
        struct animal animal;
        animal_init(&animal, 100 * MS, seed);
        trials(&animal, 400, CUE_A, 1);
        trial(&animal, CUE_A, 0);
        assert_true(drive(&animal, 2.0, 2.5) < -0.3);
        assert_true(fabs(drive(&animal, 0.5, 2.0)) < 0.1); /* and none before */
        int lowest = 0;
        for (int i = 0; i < 40; i++)
            lowest = animal.drive[i] < animal.drive[lowest] ? i : lowest;
        assert_int_equal(lowest, 20); /* the step of 2.0 s */
    }
}

/* A to criterion, then A with X; for control B, new, with Y. Returns the responses to X and Y alone. */
static void block(uint64_t seed, int extra, double *x, double *y)
{
    struct animal animal;
    animal_init(&animal, 100 * MS, seed);
    trials(&animal, 300, CUE_A, 1);
    trials(&animal, 150, CUE_A | CUE_X | extra, 1);
    trials(&animal, 150, CUE_B | CUE_Y, 1);
    trial(&animal, CUE_X, 0);
    *x = rpe_cue(&animal);
    trial(&animal, CUE_Y, 0);
    *y = rpe_cue(&animal);
}

static void a_cue_that_adds_no_information_is_blocked(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
        double x, y;
        block(seed, 0, &x, &y);
        assert_true(y > 0.2);
        assert_true(x / y < 0.35);
    }
}

static void light_at_the_reward_unblocks(void **state)
{
    (void)state;
    double x, x_light, y;
    block(1, 0, &x, &y);
    block(1, LIGHT, &x_light, &y);
    assert_true(x_light > x + 0.15);
}

static void the_response_to_the_cue_is_extinguished(void **state)
{
    (void)state;
    struct animal animal;
    animal_init(&animal, 100 * MS, 1);
    trials(&animal, 400, CUE_A, 1);
    const double acquired = rpe_cue(&animal);
    trials(&animal, 300, CUE_A, 0);
    assert_true(rpe_cue(&animal) < 0.3 * acquired);
}

static void a_finer_step_learns_the_same(void **state)
{
    (void)state;
    double value[2][3];
    const int64_t steps_ns[] = {100 * MS, 20 * MS};
    for (int i = 0; i < 2; i++) {
        struct animal animal;
        animal_init(&animal, steps_ns[i], 1);
        for (int j = 0; j < 3; j++) {
            trials(&animal, 20, CUE_A, 1);
            value[i][j] = animal.out.value_cs[0];
        }
    }
    for (int j = 0; j < 3; j++)
        assert_true(fabs(value[1][j] - value[0][j]) < 0.05 * value[0][j]);
}

static void nothing_is_learned_in_a_pause(void **state)
{
    (void)state;
    struct animal animal;
    animal_init(&animal, 100 * MS, 1);
    trials(&animal, 50, CUE_A, 1);
    const double before = animal.out.value_cs[0];
    happens(&animal, EV_SESSION, EVENT_SESSION_PAUSE, 0);
    trials(&animal, 20, CUE_A, 0);
    assert_true(animal.out.value_cs[0] == before);
    assert_true(animal.out.assoc == 0);
    happens(&animal, EV_SESSION, EVENT_SESSION_RESUME, 0);
    trials(&animal, 20, CUE_A, 0);
    assert_true(animal.out.value_cs[0] < before - 0.1);
}

static void save_to(const struct animal *animal, struct blob *blob, uint8_t *bytes, size_t size)
{
    *blob = (struct blob){.bytes = bytes, .size = size};
    animal->ops->save(animal->state, blob);
    assert_true(blob->used <= size);
}

static void an_exact_copy_goes_on_bit_for_bit(void **state)
{
    (void)state;
    static uint8_t bytes[STATE_SIZE];
    double params[MODEL_PARAMS_MAX];
    struct animal animal, copy;
    struct blob blob;
    struct error err = {0};
    model_defaults(model_find("td_csc"), params);
    params[model_param_index(model_find("td_csc"), "csc_us_line")] = 1;
    animal_init_with(&animal, 100 * MS, 1, params, 0);
    trials(&animal, 30, CUE_A | CUE_X | LIGHT, 1);
    happens(&animal, EV_CS_ON, 3, 0.7); /* in the middle of a step, a cue and a light */
    happens(&animal, EV_OPTO_ON, 0, -0.5);
    (void)step(&animal);
    happens(&animal, EV_US, 0, 0.3);
    save_to(&animal, &blob, bytes, sizeof bytes);
    animal_init_with(&copy, 100 * MS, 1, params, 1);
    assert_true(copy.ops->load(copy.state, &blob, MODEL_LOAD_EXACT, &err));
    copy.k = animal.k;
    copy.rng = animal.rng;
    uint64_t digest = 0, digest_copy = 0;
    for (int i = 0; i < 50; i++) {
        trial(&animal, CUE_A, i % 2);
        trial(&copy, CUE_A, i % 2);
        digest = model_out_digest(digest, &animal.out, animal.ops->n_aux);
        digest_copy = model_out_digest(digest_copy, &copy.out, copy.ops->n_aux);
        assert_memory_equal(animal.drive, copy.drive, sizeof animal.drive);
    }
    assert_true(digest == digest_copy);
}

static void a_new_session_keeps_what_was_learned_and_nothing_else(void **state)
{
    (void)state;
    static uint8_t bytes[STATE_SIZE];
    struct animal animal, next;
    struct blob blob;
    struct error err = {0};
    double params[MODEL_PARAMS_MAX];
    animal_init(&animal, 100 * MS, 1);
    trials(&animal, 100, CUE_A, 1);
    happens(&animal, EV_CS_ON, 0, 1); /* a line that must not go on in the next session */
    save_to(&animal, &blob, bytes, sizeof bytes);
    model_defaults(model_find("td_csc"), params);
    animal_init_with(&next, 100 * MS, 2, params, 1);
    assert_true(next.ops->load(next.state, &blob, 0, &err));
    assert_true(step(&next) == 0);
    assert_true(next.out.value == 0 && next.out.aux[2] == 0); /* no line, no trace */
    assert_true(next.out.value_cs[0] == animal.out.value_cs[0]);
}

static void a_changed_state_is_refused_and_nothing_taken_over(void **state)
{
    (void)state;
    static uint8_t bytes[STATE_SIZE];
    struct animal animal, other;
    struct blob blob;
    double params[MODEL_PARAMS_MAX];
    animal_init(&animal, 100 * MS, 1);
    trials(&animal, 20, CUE_A, 1);
    save_to(&animal, &blob, bytes, sizeof bytes);
    model_defaults(model_find("td_csc"), params);
    animal_init_with(&other, 100 * MS, 1, params, 1);
    for (size_t at = 0; at < blob.used; at += 7) {
        struct error err = {0};
        bytes[at] ^= 0x10;
        assert_false(other.ops->load(other.state, &blob, MODEL_LOAD_EXACT, &err));
        assert_int_equal(err.kind, ERROR_INPUT);
        bytes[at] ^= 0x10;
    }
    for (size_t used = 0; used < blob.used; used += 501) { /* cut short */
        struct blob cut = {.bytes = bytes, .size = blob.size, .used = used};
        assert_false(other.ops->load(other.state, &cut, 0, NULL));
    }
    (void)step(&other);
    assert_true(other.out.value_cs[0] == 0);
    params[model_param_index(other.ops, "n_bins")] = 32; /* whole, but of another shape */
    animal_init_with(&other, 100 * MS, 1, params, 1);
    assert_false(other.ops->load(other.state, &blob, 0, NULL));
}

static void parameters_that_do_not_go_together_are_refused(void **state)
{
    (void)state;
    const struct model_ops *ops = model_find("td_csc");
    double params[MODEL_PARAMS_MAX];
    struct error err = {0};
    model_defaults(ops, params);
    params[model_param_index(ops, "n_bins")] = 128;
    params[model_param_index(ops, "csc_us_line")] = 1; /* 12 lines of 128 are 1536 features */
    assert_false(ops->init(state_bytes[0], STATE_SIZE, params, 0.1, 1, &err));
    assert_string_equal(err.what, "n_bins");
}

static void only_live_parameters_change_while_running(void **state)
{
    (void)state;
    struct animal animal;
    animal_init(&animal, 100 * MS, 1);
    const struct model_ops *ops = animal.ops;
    assert_true(ops->set_param(animal.state, model_param_index(ops, "alpha"), 0.5));
    assert_false(ops->set_param(animal.state, model_param_index(ops, "alpha"), 1.5));
    assert_false(ops->set_param(animal.state, model_param_index(ops, "alpha"), (double)NAN));
    assert_false(ops->set_param(animal.state, model_param_index(ops, "n_bins"), 32));
    assert_false(ops->set_param(animal.state, -1, 0));
    (void)step(&animal);
    assert_true(animal.out.assoc == 0.5);
}

static void learning_allocates_nothing(void **state)
{
    (void)state;
    struct animal animal;
    animal_init(&animal, 100 * MS, 1);
    const struct mallinfo2 before = mallinfo2();
    trials(&animal, 20, CUE_A | LIGHT, 1);
    const struct mallinfo2 after = mallinfo2();
    assert_true(before.uordblks == after.uordblks && before.hblkhd == after.hblkhd);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(the_error_moves_from_the_reward_to_the_cue),
    cmocka_unit_test(a_missing_reward_gives_a_dip_when_it_was_due),
    cmocka_unit_test(a_cue_that_adds_no_information_is_blocked),
    cmocka_unit_test(light_at_the_reward_unblocks),
    cmocka_unit_test(the_response_to_the_cue_is_extinguished),
    cmocka_unit_test(a_finer_step_learns_the_same),
    cmocka_unit_test(nothing_is_learned_in_a_pause),
    cmocka_unit_test(an_exact_copy_goes_on_bit_for_bit),
    cmocka_unit_test(a_new_session_keeps_what_was_learned_and_nothing_else),
    cmocka_unit_test(a_changed_state_is_refused_and_nothing_taken_over),
    cmocka_unit_test(parameters_that_do_not_go_together_are_refused),
    cmocka_unit_test(only_live_parameters_change_while_running),
    cmocka_unit_test(learning_allocates_nothing),
};

TEST_MAIN(tests)
