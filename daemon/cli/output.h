/* output: how commands print: one JSON object, and progress. (cli/output.h)
 *
 * Threads: one. */
#pragma once
#include "engine/base/error.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Prints `json` as one line on stdout and releases it; NULL (jansson had no memory) is an error. */
MUST_CHECK bool output_json(json_t *json, struct error *err);

/* Progress of something that may take longer than two seconds: a line on stderr, rewritten, if that is a terminal. */
struct output_progress {
    const char *what; /* "replay" */
    int64_t start_ns; /* CLOCK_MONOTONIC */
    int64_t next_ns;  /* of the next line */
    int64_t n_calls;
    bool shown;
};
void output_progress_start(struct output_progress *progress, const char *what);

/* `session_s`: how far it is, in seconds of the session. Cheap: looks at the clock every 1024th call. */
void output_progress_at(struct output_progress *progress, double session_s);

/* Takes the line away. */
void output_progress_end(struct output_progress *progress);
