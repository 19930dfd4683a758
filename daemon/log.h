/* log: one line an event, to stderr: `warn device.lost device=harp0 gap_ms=412`. (log.h)
 *
 * For everything outside the engine and the real-time thread. Event names are dotted nouns and verbs, stable, listed in
 * docs/cli.md. With systemd listening (JOURNAL_STREAM set) each line carries its <N> prefix.
 * Threads: any, not real-time. */
#pragma once
#include "engine/base/rt.h"

enum log_level {
    LOG_ERROR, /* the operator must act */
    LOG_WARN,  /* will show in the summary */
    LOG_INFO,  /* a dozen a session */
    LOG_DEBUG, /* only with PHASIC_DEBUG set */
};

/* Writes one line: level, `event`, and the formatted `key=value` pairs, cut to 511 bytes; control characters become
 * '?'.
 */
void log_event(enum log_level level, const char *event, const char *pairs, ...) PRINTF_LIKE(3, 4);
