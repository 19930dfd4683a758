#include "tests/unit/sim_rig.h"
#include "tests/test.h"

#include "engine/base/units.h"

struct sim_rig sim_rig;

void sim_rig_option(const char *name, double value)
{
    for (uint32_t i = 0; i < sim_driver.n_options; i++)
        if (strcmp(sim_driver.options[i].name, name) == 0) {
            sim_rig.rig.setup.options[i] = value;
            return;
        }
    fail_msg("no option %s", name);
}

void sim_rig_quiet(void)
{
    sim_rig_option("motion", 0);
    sim_rig_option("noise", 0);
    sim_rig_option("bleach", 0);
}

void sim_rig_new(void)
{
    conformance_usual_rig(&sim_rig.rig, &sim_driver);
}

void sim_rig_open(void)
{
    struct error err = {0};
    assert_true(sim_driver.open(&sim_rig.driver, &sim_rig.rig.setup, &err));
    assert_true(sim_driver.start(sim_rig.driver, &err));
    sim_rig.now_ns = sim_rig.n_trace[0] = sim_rig.n_trace[1] = sim_rig.n_edges = 0;
}

int sim_rig_close(void **state)
{
    (void)state;
    sim_driver.close(sim_rig.driver);
    sim_rig.driver = NULL;
    return 0;
}

void sim_rig_tick(int64_t t_ns)
{
    sim_rig.now_ns = t_ns;
    frame_in_clear(&sim_rig.in);
    sim_rig.in.wake_ns = sim_rig.in.due_ns = t_ns;
    sim_driver.read(sim_rig.driver, &sim_rig.in);
    for (int c = 0; c < 2; c++) {
        const struct frame_samples *samples = &sim_rig.in.samples[sim_rig.rig.channels[c].index];
        for (uint32_t i = 0; i < samples->n && sim_rig.n_trace[c] < SIM_RIG_TRACE_MAX; i++)
            sim_rig.trace[c][sim_rig.n_trace[c]++] = samples->counts[i];
    }
    for (uint32_t i = 0; i < sim_rig.in.n_edges && sim_rig.n_edges < SIM_RIG_EDGES_MAX; i++)
        sim_rig.edges[sim_rig.n_edges++] = sim_rig.in.edges[i];
}

void sim_rig_run_until(int64_t t_ns)
{
    while (sim_rig.now_ns < t_ns)
        sim_rig_tick(sim_rig.now_ns + MS);
}

void sim_rig_put(int output, double level, int64_t pulse_ns)
{
    const struct frame_write write = {
        .level = level, .pulse_ns = pulse_ns, .output = sim_rig.rig.outputs[output].index};
    frame_in_clear(&sim_rig.confirmed);
    sim_driver.write(sim_rig.driver, &write, 1, sim_rig.now_ns, &sim_rig.confirmed);
}

void sim_rig_lights_on(void)
{
    sim_rig_put(SIM_RIG_LED_SIGNAL, 50, 0);
    sim_rig_put(SIM_RIG_LED_CONTROL, 50, 0);
}

void sim_rig_trial(bool rewarded)
{
    const int64_t start_ns = sim_rig.now_ns;
    sim_rig_put(SIM_RIG_TONE, 1, 0);
    sim_rig_run_until(start_ns + S);
    sim_rig_put(SIM_RIG_TONE, 0, 0);
    sim_rig_run_until(start_ns + 2 * S);
    if (rewarded)
        sim_rig_put(SIM_RIG_VALVE, 1, 42 * MS);
    sim_rig_run_until(start_ns + 6 * S);
}

double sim_rig_volts(int channel, int64_t from_ns, int64_t to_ns)
{
    double sum = 0;
    for (int64_t k = from_ns / MS; k < to_ns / MS; k++)
        sum += sim_rig.trace[channel][k];
    return sum * 0.0001 / (double)((to_ns - from_ns) / MS);
}

double sim_rig_response(int channel, int64_t event_ns)
{
    return sim_rig_volts(channel, event_ns + 100 * MS, event_ns + 500 * MS) -
           sim_rig_volts(channel, event_ns - 500 * MS, event_ns);
}

uint32_t sim_rig_licks(int64_t from_ns, int64_t to_ns)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < sim_rig.n_edges; i++)
        n += sim_rig.edges[i].rising && sim_rig.edges[i].t_ns >= from_ns && sim_rig.edges[i].t_ns < to_ns;
    return n;
}
