#include "cli/output.h"
#include "engine/base/units.h"
#include "realtime/clock.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { CALLS = 1024, DIGITS = 15 };

static const int64_t QUIET_NS = 2 * S, LINE_NS = 500 * MS;

bool output_json(json_t *json, struct error *err)
{
    if (json == NULL)
        return error_set(err, ERROR_SYSTEM, NULL, "JSON", NULL, "no memory, or a name that is not UTF-8");
    const bool printed = json_dumpf(json, stdout, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) == 0 &&
                         putchar('\n') != EOF && fflush(stdout) == 0;
    json_decref(json);
    return printed || error_system(err, NULL, "output", errno);
}

void output_progress_start(struct output_progress *progress, const char *what)
{
    *progress = (struct output_progress){.what = what, .start_ns = clock_now()};
    progress->next_ns = isatty(STDERR_FILENO) ? progress->start_ns + QUIET_NS : INT64_MAX;
}

void output_progress_at(struct output_progress *progress, double session_s)
{
    if (progress->next_ns == INT64_MAX || ++progress->n_calls % CALLS != 0 || clock_now() < progress->next_ns)
        return;
    progress->next_ns = clock_now() + LINE_NS;
    progress->shown = true;
    fprintf(stderr, "\r%s: %.0f s of the session\033[K", progress->what, session_s);
}

void output_progress_end(struct output_progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
