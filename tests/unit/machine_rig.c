#include "tests/unit/machine_rig.h"
#include "engine/base/units.h"
#include "tests/test.h"
#include <math.h>

struct machine_rig machine_rig;
static struct machine_rig *const rig = &machine_rig;
static const struct machine_hands hands = {&machine_rig.safety, machine_rig.trains, machine_rig.reward_ul};

const struct trial_action machine_rig_nothing = {.kind = TRIAL_NOTHING};
const struct trial_action machine_rig_water = {
    .kind = TRIAL_DELIVER, .target = VALVE, .duration_ns = 42 * 1000000, .ul = 4};

int machine_rig_fresh(void **state)
{
    (void)state;
    memset(rig, 0, sizeof *rig);
    struct config *config = &rig->config;
    *config =
        (struct config){.period_ns = MS, .n_outputs = 4, .n_inputs = 2, .n_cues = 3, .n_trains = 1, .n_triggers = 2};
    for (uint32_t i = 0; i < 4; i++)
        config->outputs[i] = (struct config_output){
            .kind = CONFIG_OUTPUT_SOUND, .max_on_ns = 10 * S, .max_session_ul = (double)INFINITY, .on_level = 1};
    config->inputs[LICK].kind = CONFIG_INPUT_LICK;
    config->outputs[VALVE].kind = CONFIG_OUTPUT_VALVE;
    config->outputs[VALVE].max_session_ul = 8;
    config->outputs[LASER].kind = CONFIG_OUTPUT_LASER;
    config->cues[CUE_TONE].output = TONE;
    config->cues[CUE_BUZZER].output = BUZZER;
    config->cues[CUE_BARE].output = UINT32_MAX;
    config->trains[0] =
        (struct config_train){.width_ns = 5 * MS, .period_ns = 50 * MS, .duration_ns = 500 * MS, .output = LASER};
    safety_init(&rig->safety, config);
    train_init(&rig->trains[0], &config->trains[0], 1);
    machine_init(&rig->machine, config);
    rig->trial.number = 1;
    return 0;
}

uint32_t machine_rig_add(const char *name, int64_t after_ns, uint32_t after_to)
{
    struct trial_state *state = &rig->trial.states[rig->trial.n_states];
    *state = (struct trial_state){.after_ns = after_ns, .after_to = after_to};
    snprintf(state->name, sizeof state->name, "%s", name);
    return rig->trial.n_states++;
}

void machine_rig_enter(uint32_t state, struct trial_action action)
{
    rig->trial.states[state].enter[rig->trial.states[state].n_enter++] = action;
}

void machine_rig_on(uint32_t state, enum trial_event_kind event, uint32_t id, uint32_t to, struct trial_action action)
{
    rig->trial.states[state].on[rig->trial.states[state].n_on++] =
        (struct trial_on){.event = event, .id = id, .to = to, .action = action};
}

struct trial_action machine_rig_cs(uint32_t cue)
{
    return (struct trial_action){.kind = TRIAL_CS, .target = cue};
}

void machine_rig_plan(void)
{
    struct error err = {0};
    char line[512];
    if (!trial_check(&rig->trial, &rig->config, &err))
        fail_msg("%s", error_line(&err, line, sizeof line));
    machine_plan(&rig->machine, &rig->trial);
}

void machine_rig_tick(int64_t now_ns)
{
    struct frame_out *out = &rig->out;
    frame_out_clear(out);
    int64_t end_ns;
    if (train_tick(&rig->trains[0], 0, now_ns, &rig->safety, out, &end_ns))
        machine_event(&rig->machine, TRIAL_ON_TRAIN_END, 0, end_ns);
    machine_tick(&rig->machine, now_ns, &hands, out);
    safety_tick(&rig->safety, now_ns, out);
    for (uint32_t i = 0; i < out->n_writes; i++)
        safety_applied(
            &rig->safety,
            &(struct frame_applied){.t_ns = now_ns, .level = out->writes[i].level, .output = out->writes[i].output});
}

void machine_rig_expect(const struct machine_rig_expected *expected, uint32_t n)
{
    const struct frame_out *out = &rig->out;
    for (uint32_t i = 0; i < n && i < out->n_decisions; i++) {
        const struct frame_decision *got = &out->decisions[i];
        if (got->kind != expected[i].kind || got->id != expected[i].id || got->t_ns != expected[i].t_ns ||
            !(got->value >= expected[i].value && got->value <= expected[i].value))
            fail_msg("decision %u is %s %u at %lld with %g", i, frame_decision_name(got->kind), got->id,
                     (long long)got->t_ns, got->value);
    }
    assert_int_equal(out->n_decisions, n);
}

void machine_rig_expect_in(const char *state, int64_t since_ns)
{
    assert_string_equal(machine_state(&rig->machine), state);
    assert_int_equal(rig->machine.entered_ns, since_ns);
}
