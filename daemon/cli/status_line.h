/* status_line: a running session in one line of text. (cli/status_line.h)
 *
 * "  12 s  trial 3 delay      licks 41  rewards 2 (8 ul)  vta dF/F  +1.24 %, predicted +1.02 %  late 38 us  skipped 0"
 * Threads: any. Memory: the caller's. */
#pragma once
#include "engine/config.h"
#include "realtime/shared.h"
#include <stddef.h>

/* Writes the line, without a newline, cut to `size`; returns `line`. */
const char *status_line(const struct config *config, const struct shared_snapshot *snapshot, char *line, size_t size);
