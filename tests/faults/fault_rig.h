/* fault_rig: the simulated rig with its shared memory, for tests that kill processes. (tests/faults/fault_rig.h)
 *
 * The board's outputs lie in memory that survives every process but the test's: what a test sees there at the end is
 * what the animal would have had. One at a time. */
#pragma once
#include "drivers/latch.h"
#include "realtime/devices.h"
#include "realtime/keeper.h"
#include "realtime/shared.h"

struct fault_rig {
    struct config config; /* rig-configs/sim.lua with protocols/pavlovian.lua */
    struct shared *shared;
    struct devices devices;
    uint32_t water, laser;    /* indices of outputs */
    struct {                  /* in memory that all processes share */
        _Atomic int n_hosts;  /* times that the host was started */
        _Atomic int n_closes; /* close records that a host has read */
        _Atomic uint32_t reason, signal;
        _Atomic int64_t safe_after_ns;
    } * notes;
};
extern struct fault_rig fault_rig;

/* Opens it: a session of duration_ns, a ring of ring_size bytes. `unguarded`: the board does not end pulses by itself.
 */
void fault_rig_open(int64_t duration_ns, uint64_t ring_size, bool unguarded);

/* A cmocka teardown. */
int fault_rig_close(void **state);

/* Runs keeper_run with these lives in a process of its own; returns its exit status, -1 if a signal ended it. */
int fault_rig_keep(int (*core)(void *), int (*host)(void *));

/* A host that reads the ring, writes nothing, and notes the close record. */
int fault_rig_host(void *context);

/* The core as it is. */
int fault_rig_core(void *context);

/* Starts the board in a core's place and opens the valve; the heartbeat moves, then stands still if `hang`. */
void fault_rig_open_valve(void);
void fault_rig_beat(int64_t for_ns);

/* The level of an output now, and who wrote it last (enum latch_who). */
double fault_rig_level(uint32_t output);
uint32_t fault_rig_who(uint32_t output);

/* Reads what is in the ring; counts ticks, notes the close record. */
uint64_t fault_rig_drain(void);
