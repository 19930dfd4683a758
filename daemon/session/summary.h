/* summary: a session in numbers, made of its journal alone. (session/summary.h)
 *
 * The latency ledger has a line for every frame_write:
 *   input to decision  from write.cause_ns to times.decided_ns. The cause is the input sample or edge that led to the
 *                      write, or a timer's deadline: timers are in it, they wait for a tick like everything else.
 *   decision to write  from decided_ns to the confirmation: the first frame_applied of a later tick with the same
 * output and level, at or after decided_ns and within a second of it. A write that only repeats an unconfirmed one has
 * no line of its own here. As good as the driver's time of confirmation. Percentiles are within 0.4 % (percentiles.h),
 * the largest values exact. Threads: any, not real-time. */
#pragma once
#include "engine/base/error.h"
#include "engine/safety/safety.h"
#include "session/ending.h"
#include <stdbool.h>
#include <stdint.h>

struct json_t; /* jansson's */

enum {
    SUMMARY_FAULTS_MAX = 24, /* 8 devices and what else can be wrong */
    SUMMARY_FAULT = 64,      /* bytes of one */
};

#define SUMMARY_FILE "summary.json"

struct summary_latency {
    uint64_t n;
    int64_t p50_ns, p99_ns, p999_ns, max_ns; /* 0 if n = 0 */
};

struct summary {
    int64_t ticks;                     /* in the journal */
    int64_t skipped_ticks;             /* by a late loop */
    int64_t lost_ticks;                /* that ran and are not in the journal, as far as is known */
    double duration_s;                 /* to the close record, else to the last tick */
    uint64_t trials;                   /* that came to their end */
    uint64_t rewards;                  /* deliveries granted */
    double reward_ul;                  /* their sum */
    uint64_t licks;                    /* onsets */
    uint64_t fired, sham, locked_out;  /* what triggers decided */
    uint64_t limited[SAFETY_VERDICTS]; /* requests refused or cut, by enum safety_verdict */
    struct summary_latency late; /* due to wake, of every tick; after skipped ones from the first that was missed */
    struct summary_latency input_to_decision, decision_to_write;
    uint32_t reason;       /* enum frame_end_reason of the close record, 0 without */
    char outcome[32];      /* frame_end_words of that */
    char why[ENDING_TEXT]; /* how it ended, in one sentence */
    uint32_t n_faults;
    char faults[SUMMARY_FAULTS_MAX][SUMMARY_FAULT]; /* "device daq lost 1 time", "42 samples lost" */
};

/* Reads the journal at `journal_path`; where it is damaged, what can be read of it. False and *err: not even the header
 * and config can be read, or the disk failed. */
MUST_CHECK bool summary_make(const char *journal_path, struct summary *summary, struct error *err);

/* The same as an object, times in us, null where n = 0: {"ticks", ..., "latency_us": {"input_to_decision": {"p50",
 * "p99", "p999", "max", "n"}, "decision_to_write": {...}}, "outcome", "faults": [...]}. The caller owns it
 * (json_decref). NULL without memory. */
struct json_t *summary_json(const struct summary *summary);

/* Writes summary.json into the folder, complete or not at all. */
MUST_CHECK bool summary_write(const char *folder, const struct summary *summary, struct error *err);
