/* sim_rig: the simulated rig under test, driven in simulated time. (tests/unit/sim_rig.h)
 *
 * One rig at a time (conformance_usual_rig on the sim driver): sim_rig_new, options, sim_rig_open, then writes and
 * ticks of 1 ms; everything read is kept for looking at afterwards. */
#pragma once
#include "drivers/sim/sim.h"
#include "tests/conformance/conformance.h"

/* The usual rig's outputs, and how much is kept. */
enum { SIM_RIG_VALVE, SIM_RIG_LASER, SIM_RIG_TONE, SIM_RIG_LED_SIGNAL, SIM_RIG_LED_CONTROL };
enum { SIM_RIG_TRACE_MAX = 400000, SIM_RIG_EDGES_MAX = 8000 };

struct sim_rig {
    struct conformance_rig rig;
    struct driver *driver;
    int64_t now_ns;
    struct frame_in in, confirmed;       /* of the last tick, of the last write */
    int32_t trace[2][SIM_RIG_TRACE_MAX]; /* [0] signal, [1] control: all samples since open */
    int64_t n_trace[2];
    struct frame_edge edges[SIM_RIG_EDGES_MAX];
    uint32_t n_edges;
};
extern struct sim_rig sim_rig;

/* The usual rig, not open yet; a driver option of it; no noise, movement and bleaching. */
void sim_rig_new(void);
void sim_rig_option(const char *name, double value);
void sim_rig_quiet(void);

/* Opens and starts at session time 0; closes (a cmocka teardown; nothing if nothing is open). */
void sim_rig_open(void);
int sim_rig_close(void **state);

/* One read at t_ns; reads every ms up to t_ns. */
void sim_rig_tick(int64_t t_ns);
void sim_rig_run_until(int64_t t_ns);

/* Writes an output (SIM_RIG_VALVE ...) now; both LEDs at their full 50 mA. */
void sim_rig_put(int output, double level, int64_t pulse_ns);
void sim_rig_lights_on(void);

/* A trial of 6 s: cue for 1 s, 1 s later 4 ul of water or none, 4 s of rest. */
void sim_rig_trial(bool rewarded);

/* Mean of a channel's samples in [from, to), in volts. */
double sim_rig_volts(int channel, int64_t from_ns, int64_t to_ns);

/* Change of the mean from the half second before an event to 100..500 ms after it, in volts. */
double sim_rig_response(int channel, int64_t event_ns);

/* Licks (tongue on) in [from, to). */
uint32_t sim_rig_licks(int64_t from_ns, int64_t to_ns);
