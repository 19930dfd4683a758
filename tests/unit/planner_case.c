#include "tests/unit/planner_case.h"
#include "tests/test.h"
#include <unistd.h>

struct planner_case planner_case;

static const struct driver_option fake_options[] = {
    {"seed",  "",   7,    0,     1000, "a number"               },
    {"delay", "ms", 0.01, 0.001, 0.1,  "a time, in seconds here"},
    {"swing", "V",  1,    0.5,   2,    "a voltage"              },
};
static const struct driver_ops fake = {
    .name = "fake",
    .about = {.channels_max = 4,
              .inputs_max = 8,
              .outputs_max = 8,
              .rate_hz_min = 10,
              .rate_hz_max = 10000,
              .volts_per_count = 0.001,
              .volts_at_zero = -0.5,
              .late_max_ns = 2000000,
              .shapes = (1u << CONFIG_SHAPES) - 1,
              .device_timed = true,
              .simulated = true,
              .lit_by_leds = true},
    .options = fake_options,
    .n_options = 3,
};
static const struct driver_ops plain = {
    .name = "plain",
    .about = {.channels_max = 4, .outputs_max = 8, .rate_hz_min = 10, .rate_hz_max = 10000, .device_watchdog = true},
};
static const struct driver_ops *const drivers[] = {&fake, &plain};

const char planner_case_rig_text[] =
    "device \"daq\" { driver = \"fake\", rate = khz(1) }\n"
    "led \"470\" { device = \"daq\", line = 0, current = ma(40), max = ma(100) }\n"
    "led \"415\" { device = \"daq\", line = 1, current = ma(20), max = ma(100) }\n"
    "channel \"vta_470\" { device = \"daq\", line = 0, led = \"470\" }\n"
    "channel \"vta_415\" { device = \"daq\", line = 1, led = \"415\" }\n"
    "signal \"vta\" { signal = \"vta_470\", control = \"vta_415\", sensor = \"dLight1.1\",\n"
    "  region = \"ventral-striatum\", mode = \"time-division\" }\n"
    "input \"lick\" { device = \"daq\", line = 0, sensor = \"beam\", debounce = ms(60) }\n"
    "input \"button\" { device = \"daq\", line = 1, sensor = \"digital\" }\n"
    "input \"marks\" { device = \"daq\", line = 2, sensor = \"event\" }\n"
    "output \"water\" { device = \"daq\", line = 4, kind = \"valve\", guard = \"device_timed\", max_on = ms(90),\n"
    "  min_gap = ms(50), max_session = ul(1500), opening = { { ul(1), ms(12) }, { ul(4), ms(42) }, { ul(10), ms(100) } "
    "} }\n"
    "output \"laser\" { device = \"daq\", line = 5, kind = \"laser\", guard = \"device_timed\", max_on = ms(20), "
    "min_gap = ms(10) }\n"
    "output \"tone\" { device = \"daq\", kind = \"sound\", hz = khz(6), max_on = sec(2) }\n"
    "output \"light\" { device = \"daq\", line = 6, kind = \"digital\", max_on = sec(5) }\n";

const char planner_case_uses[] =
    "uses { inputs = { \"lick\", \"button\", \"marks\" }, outputs = { \"water\", \"laser\", \"tone\", \"light\" }, "
    "signals = { \"vta\" }, models = { td_csc = {}, null_zero = {} } } cue \"A\" { output = \"tone\" }\n";

/* Writes the text, calls `load` on its path, returns the error without the folder. */
static const char *with_file(const char *text, const char *(*load)(const char *path))
{
    static char line[1024];
    char folder[256], path[300];
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof folder, "%s/phasic-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/x.lua", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    const char *full = load(path);
    const size_t n = strlen(folder) + 1;
    snprintf(line, sizeof line, "%s", strncmp(full, path, n) == 0 ? full + n : full);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
    return line;
}

static const char *said(bool ok)
{
    static char line[1024];
    return ok ? "" : error_line(&planner_case.err, line, sizeof line);
}

const char *planner_case_rig_file(const char *path)
{
    return said(rig_load_loop(path, drivers, 2, &planner_case.config, &planner_case.loop, &planner_case.err));
}

const char *planner_case_rig(const char *text)
{
    return with_file(text, planner_case_rig_file);
}

const char *planner_case_plan(const struct task_outcome *last)
{
    return said(task_plan(planner_case.task, last, &planner_case.trial, &planner_case.err));
}

static const char *const *given_set;
static size_t n_given_set;
static uint64_t given_seed = 1;

const char *planner_case_task_file(const char *path)
{
    task_free(planner_case.task);
    planner_case.task = NULL;
    assert_string_equal(planner_case_rig(planner_case_rig_text), "");
    if (!task_load(&planner_case.task, path, given_set, n_given_set, given_seed, &planner_case.config,
                   &planner_case.err))
        return said(false);
    return planner_case.config.has_task ? planner_case_plan(&(struct task_outcome){0}) : "";
}

const char *planner_case_task(const char *text)
{
    return with_file(text, planner_case_task_file);
}

const char *planner_case_task_set(const char *text, const char *const *set, size_t n_set, uint64_t seed)
{
    given_set = set;
    n_given_set = n_set;
    given_seed = seed;
    const char *line = planner_case_task(text);
    given_set = NULL;
    n_given_set = 0;
    given_seed = 1;
    return line;
}

const char *planner_case_state(const char *keys)
{
    char text[2048];
    snprintf(text, sizeof text, "%sfunction trial(n, last) return {\nstate \"x\" { %s },\n} end\n", planner_case_uses,
             keys);
    return planner_case_task(text);
}
