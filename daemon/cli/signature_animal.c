#include "cli/signature.h"
#include "engine/base/arena.h"
#include "engine/base/units.h"
#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STATE_SIZE = 1 << 20, N_PROBES = 8 };

#define AFTER_S        2.0 /* a trial is kept this long after its outcome */
#define INTERVAL_S     12.0
#define INTERVAL_MIN_S 4.0
#define INTERVAL_MAX_S 40.0
#define HALF_STEP      0.5 /* times are rounded to the nearest step */

static bool settle(struct signature_animal *animal, const struct signature_setting *settings, struct error *err)
{
    model_defaults(animal->ops, animal->params);
    for (int i = 0; i < SIGNATURE_SETTINGS_MAX && settings[i].name != NULL; i++) {
        const int index = model_param_index(animal->ops, settings[i].name);
        if (index < 0)
            return error_set(err, ERROR_INPUT, NULL, settings[i].name, NULL, "a parameter of %s", animal->ops->name);
        animal->params[index] = settings[i].value;
    }
    return model_params_check(animal->ops, animal->params, err);
}

bool signature_animal_start(struct signature_animal *animal, const struct model_ops *ops,
                            const struct signature_setting *settings, double step_s, uint64_t seed, struct error *err)
{
    *animal =
        (struct signature_animal){.ops = ops, .seed = seed, .step_ns = step_s > 0 ? units_ns(step_s) : ops->step_ns};
    rng_init(&animal->rng, seed, "signature");
    if (!settle(animal, settings, err))
        return false;
    animal->state = aligned_alloc(ARENA_ALIGN, STATE_SIZE);
    animal->copy = aligned_alloc(ARENA_ALIGN, STATE_SIZE);
    if (animal->state == NULL || animal->copy == NULL) {
        signature_animal_free(animal);
        return error_system(err, NULL, "memory of a simulated animal", ENOMEM);
    }
    if (!ops->init(animal->state, STATE_SIZE, animal->params, units_s(animal->step_ns), seed, err)) {
        signature_animal_free(animal);
        return false;
    }
    return true;
}

void signature_animal_free(struct signature_animal *animal)
{
    free(animal->state);
    free(animal->copy);
    animal->state = animal->copy = NULL;
}

void signature_animal_again(struct signature_animal *animal)
{
    struct error err = {0};
    const bool made =
        animal->ops->init(animal->state, STATE_SIZE, animal->params, units_s(animal->step_ns), animal->seed, &err);
    assert(made); /* the same parameters have been accepted before */
    (void)made;
    animal->k = 0;
}

void signature_event(struct signature_animal *animal, enum model_event_kind kind, uint32_t id, double mag)
{
    animal->ops->event(animal->state,
                       &(struct model_event){
                           .t_ns = animal->k * animal->step_ns, .kind = (uint8_t)kind, .id = (uint8_t)id, .mag = mag});
}

void signature_step(struct signature_animal *animal)
{
    animal->ops->step(animal->state, animal->k++, &animal->out);
}

static int steps_of(const struct signature_animal *animal, double s)
{
    return (int)(s / units_s(animal->step_ns) + HALF_STEP);
}

void signature_wait(struct signature_animal *animal, double s)
{
    for (int n = steps_of(animal, s); n > 0; n--)
        signature_step(animal);
}

static void cues(struct signature_animal *animal, enum model_event_kind kind, uint32_t bits)
{
    for (uint32_t c = 0; c < MODEL_CS_MAX; c++)
        if ((bits >> c & 1) != 0)
            signature_event(animal, kind, c, kind == EV_CS_ON ? 1 : 0);
}

/* What happens at the beginning of step i of a trial, in the order of handling. */
static void trial_events(struct signature_animal *animal, const struct signature_trial *trial, int i)
{
    const int n_us = steps_of(animal, trial->us_s);
    if (i == n_us)
        cues(animal, EV_CS_OFF, trial->cues | trial->later);
    if (i == 0)
        cues(animal, EV_CS_ON, trial->cues);
    if (trial->later != 0 && i == steps_of(animal, trial->later_s))
        cues(animal, EV_CS_ON, trial->later);
    if (i == n_us && trial->reward > 0)
        signature_event(animal, EV_US, 0, trial->reward);
    if (trial->light_s > 0 && i == n_us + steps_of(animal, trial->light_s))
        signature_event(animal, EV_OPTO_OFF, 0, 0);
    if (trial->light_s > 0 && i == n_us)
        signature_event(animal, EV_OPTO_ON, 0, 1);
}

static void trial_part(struct signature_animal *animal, const struct signature_trial *trial)
{
    animal->n_drive = steps_of(animal, trial->us_s + AFTER_S);
    assert(animal->n_drive <= SIGNATURE_STEPS_MAX);
    for (int i = 0; i < animal->n_drive; i++) {
        trial_events(animal, trial, i);
        signature_step(animal);
        animal->drive[i] = animal->out.drive_area;
    }
}

static double draw_interval_s(struct signature_animal *animal)
{
    double interval_s = 0;
    while (interval_s < INTERVAL_MIN_S || interval_s > INTERVAL_MAX_S)
        interval_s = rng_exponential(&animal->rng, INTERVAL_S);
    return interval_s;
}

void signature_run_trial(struct signature_animal *animal, const struct signature_trial *trial)
{
    trial_part(animal, trial);
    signature_wait(animal, draw_interval_s(animal) - AFTER_S);
}

void signature_run_trials(struct signature_animal *animal, int n, const struct signature_trial *trial)
{
    for (int i = 0; i < n; i++)
        signature_run_trial(animal, trial);
}

double signature_probe(struct signature_animal *animal, const struct signature_trial *trial, double from_s, double to_s)
{
    const struct rng rng = animal->rng;
    const struct model_out out = animal->out;
    const int64_t k = animal->k;
    memcpy(animal->copy, animal->state, STATE_SIZE); /* a state points at most into itself */
    trial_part(animal, trial);
    const double drive = signature_drive(animal, from_s, to_s);
    memcpy(animal->state, animal->copy, STATE_SIZE);
    animal->rng = rng;
    animal->out = out;
    animal->k = k;
    return drive;
}

double signature_probes(struct signature_animal *animal, const struct signature_trial *trial, double from_s,
                        double to_s)
{
    double sum = 0;
    for (int i = 0; i < N_PROBES; i++) {
        sum += signature_probe(animal, trial, from_s, to_s);
        signature_wait(animal, draw_interval_s(animal));
    }
    return sum / N_PROBES;
}

double signature_drive(const struct signature_animal *animal, double from_s, double to_s)
{
    double sum = 0;
    for (int i = 0; i < animal->n_drive; i++) {
        const double t_s = (double)i * units_s(animal->step_ns) + 1e-9;
        sum += t_s >= from_s && t_s < to_s ? animal->drive[i] : 0;
    }
    return sum;
}

double signature_param(const struct signature_animal *animal, const char *name, double otherwise)
{
    const int index = model_param_index(animal->ops, name);
    return index < 0 ? otherwise : animal->params[index];
}
