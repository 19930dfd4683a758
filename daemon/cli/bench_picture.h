/* bench_picture: two distributions of latencies in one picture. (cli/bench_picture.h)
 *
 * The share of waits that were later than x, both axes logarithmic: what matters is the tail. Threads: one. */
#pragma once
#include "engine/base/error.h"
#include "session/percentiles.h"

/* Writes an SVG file to `path`. False and *err: it can't be written. */
MUST_CHECK bool bench_picture_write(const char *path, const struct percentiles *cyclictest,
                                    const struct percentiles *phasic, const char *what, struct error *err);
