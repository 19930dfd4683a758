/* latch: the output latches of a device that exists only in memory. (drivers/latch.h)
 *
 * Simulated and replayed rigs have no board, but their outputs must behave like a board's: they stay as they were
 * written when the core dies, a pulse that the device times ends without anybody's help, and the keeper can reach them.
 * So they live in memory that is shared across fork. What a line does at time t follows from its latch and t alone;
 * there is no clock in here. A small log keeps who changed what, for tests.
 * Threads: one writer at a time: the core, or the keeper once the core is dead. A writer killed between two stores
 * leaves a line that is off, or on within a pulse that ends. */
#pragma once
#include "drivers/driver.h"
#include <stdatomic.h>
#include <stddef.h>

enum {
    LATCH_LOG = 256, /* changes that the log keeps: several trials' worth */
};

enum latch_who { LATCH_CORE = 1, LATCH_KEEPER, LATCH_DEVICE };

struct latch_change {
    int64_t t_ns;
    double level;
    uint32_t output; /* index into config.outputs */
    uint32_t who;    /* enum latch_who */
};

struct latch_line {
    double safe_level;      /* never written after open */
    uint32_t index;         /* the engine's; never written after open */
    uint32_t timed;         /* 1: ends pulses itself; never written after open */
    _Atomic double level;   /* as last written: still the on level after a pulse has ended, until it is settled */
    _Atomic int64_t on_ns;  /* since when it is not safe; meaningless while it is */
    _Atomic int64_t end_ns; /* when the device ends the pulse; INT64_MAX: never */
};

/* One device's outputs. `line` i is setup.outputs[i]. Lives in shared memory; only latch_open makes one. */
struct latch {
    uint32_t n;
    struct latch_line line[FRAME_OUTPUTS_MAX];
    _Atomic uint64_t n_changes; /* ever; change i is in log[i % LATCH_LOG] */
    struct latch_change log[LATCH_LOG];
};

/* Takes shared memory for setup's outputs (at most FRAME_OUTPUTS_MAX), all safe. NULL and *err: no memory. To be called
 * before fork. */
struct latch *latch_open(const struct driver_setup *setup, struct error *err);

/* Makes every line safe and gives this process's view of the memory back. NULL is allowed. */
void latch_close(struct latch *latch, int64_t now_ns, enum latch_who who);

/* The line of the engine's output `index`; -1 if it is not on this device. */
int latch_find(const struct latch *latch, uint32_t index) RT_SAFE;

/* Writes line i at now_ns. pulse_ns > 0 on a timed line: falls to safe by itself after that long. Times of one latch
 * never run backwards. */
void latch_write(struct latch *latch, int i, double level, int64_t pulse_ns, int64_t now_ns,
                 enum latch_who who) RT_SAFE;

/* Every line that is not safe at now_ns to its safe level. */
void latch_safe(struct latch *latch, int64_t now_ns, enum latch_who who) RT_SAFE;

/* The level that line i has at now_ns, not before its last write. */
double latch_level(const struct latch *latch, int i, int64_t now_ns) RT_SAFE;

/* How long line i was not safe in [from_ns, to_ns), in ns, as far as its latch still knows: its present or its last
 * unsettled pulse. */
int64_t latch_on_ns(const struct latch *latch, int i, int64_t from_ns, int64_t to_ns) RT_SAFE;

/* If line i's pulse has ended by now_ns: writes the end into the latch and the log as the device's own, tells when in
 * *end_ns, true. latch_write and latch_safe do the same by themselves. */
bool latch_settle(struct latch *latch, int i, int64_t now_ns, int64_t *end_ns) RT_SAFE;
