/* fault_driver: the simulated board, with faults that a test can switch on while it runs. (tests/faults/fault_driver.h)
 *
 * Each word is in memory that all processes share; the test writes it, the core's process obeys. All else is
 * drivers/sim/sim.h, under the same name, so that a rig file finds it. */
#pragma once
#include "drivers/driver.h"
#include <stdatomic.h>
#include <stdint.h>

struct fault_driver_words {
    _Atomic uint32_t hang;   /* read never returns */
    _Atomic uint32_t stuck;  /* no sample, no edge, no write arrives, and nothing is said about it */
    _Atomic uint32_t away;   /* the cable is out: told as a status edge; back: told too */
    _Atomic uint32_t button; /* 1: input 1 rises at the next read, once */
    _Atomic uint32_t deaf;   /* writes of a safe level are not obeyed and not confirmed */
};
extern struct fault_driver_words *fault_driver_words;

/* The driver, with fresh words. Fails the test without memory. */
const struct driver_ops *fault_driver_open(void);
