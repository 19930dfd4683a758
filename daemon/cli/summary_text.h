/* summary_text: a session's summary for a scientist to read. (cli/summary_text.h)
 *
 * Threads: any. */
#pragma once
#include "session/summary.h"
#include <stdio.h>

/* Prints about a dozen lines of plain English to `out`. */
void summary_text_print(FILE *out, const struct summary *summary);
