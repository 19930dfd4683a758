#include "cli/bench_rig.h"
#include "session/folder.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIBRES = 4, CHANNELS = 16 };

static void put_fibre(FILE *out, int i)
{
    for (int k = 0; k < 2; k++) /* what dopamine lights up, and what it does not */
        fprintf(out,
                "led \"l%c%d\" { device = \"daq\", line = %d, current = ma(%d), max = ma(100) }\n"
                "channel \"%c%d\" { device = \"daq\", line = %d, led = \"l%c%d\" }\n",
                "sc"[k], i, 2 * i + k, k == 0 ? 40 : 20, "sc"[k], i, 2 * i + k, "sc"[k], i);
    fprintf(out,
            "signal \"f%d\" {\n  signal = \"s%d\", control = \"c%d\", mode = \"time-division\",\n"
            "  sensor = \"dLight1.1\", region = \"ventral-striatum\", lowpass = hz(20),\n}\n",
            i, i, i);
}

static void put_rig(FILE *out, enum bench_rig_size size, int64_t period_ns, const struct config_loop *loop)
{
    const int n_fibres = size == BENCH_RIG_FULL ? FIBRES : 1;
    fprintf(out, "rig { period = us(%g), spin = us(%g)", (double)period_ns / 1e3, (double)loop->spin_ns / 1e3);
    if (loop->pinned != 0)
        fprintf(out, ", cpu = %" PRIu32, loop->cpu);
    fputs(" }\ndevice \"daq\" { driver = \"sim\", rate = khz(1), seed = 7 }\n", out);
    for (int i = 0; i < n_fibres; i++)
        put_fibre(out, i);
    if (size == BENCH_RIG_FULL) /* the simulated board has eight channels */
        fputs("device \"daq2\" { driver = \"sim\", rate = khz(1), seed = 8 }\n", out);
    for (int line = 0; size == BENCH_RIG_FULL && line < CHANNELS - 2 * FIBRES; line++)
        fprintf(out, "channel \"x%d\" { device = \"daq2\", line = %d }\n", line, line);
    fputs("input \"lick\" { device = \"daq\", line = 0, sensor = \"beam\", debounce = ms(60) }\n"
          "output \"water\" {\n  device = \"daq\", line = 4, kind = \"valve\", guard = \"device_timed\",\n"
          "  max_on = ms(200), min_gap = ms(50), max_session = ml(1000),\n"
          "  opening = { { ul(1), ms(12) }, { ul(4), ms(42) }, { ul(10), ms(100) } },\n}\n"
          "output \"laser\" {\n  device = \"daq\", line = 5, kind = \"laser\", guard = \"device_timed\",\n"
          "  max_on = ms(20), min_gap = ms(10),\n}\n"
          "output \"tone\" { device = \"daq\", kind = \"sound\", hz = hz(6000), max_on = sec(2) }\n",
          out);
}

/* Several trials a second, so that a short block has all kinds of ticks. */
static void put_task(FILE *out, enum bench_rig_size size)
{
    const bool full = size == BENCH_RIG_FULL;
    fputs("uses {\n  inputs = { \"lick\" }, outputs = { \"water\", \"laser\", \"tone\" },\n  signals = { \"f0\"", out);
    for (int i = 1; full && i < FIBRES; i++)
        fprintf(out, ", \"f%d\"", i);
    fprintf(out, " }, models = { td_csc = { step = ms(20) }%s },\n}\n", full ? ", null_mean = {}, null_zero = {}" : "");
    fputs("cue \"A\" { output = \"tone\" }\n"
          "trigger \"dip\" {\n  on = residual(\"f0\", \"td_csc\"), below = z(-0.5), release = z(0), hold = ms(5),\n"
          "  lockout = ms(100), sham = 0.2,\n}\n"
          "train \"stim\" { output = \"laser\", width = ms(5), rate = hz(20), duration = ms(100) }\n"
          "function trial()\n  return {\n"
          "    state \"cue\"    { enter = { cs \"A\" }, after = { ms(60), \"reward\" } },\n"
          "    state \"reward\" { enter = { deliver(\"water\", ul(2)) }, after = { ms(80), \"armed\" } },\n"
          "    state \"armed\"  { arm = { \"dip\" }, on = { dip = start \"stim\" }, after = { ms(110), done } },\n"
          "  }\nend\n",
          out);
}

bool bench_rig_write(const char *folder, enum bench_rig_size size, int64_t period_ns, const struct config_loop *loop,
                     struct error *err)
{
    char *text = NULL;
    size_t n = 0;
    bool ok = true;
    for (int file = 0; file < 2 && ok; file++) {
        FILE *out = open_memstream(&text, &n);
        if (out == NULL)
            return error_system(err, folder, "rig", errno);
        if (file == 0)
            put_rig(out, size, period_ns, loop);
        else
            put_task(out, size);
        ok = fclose(out) == 0 ? folder_write(folder, file == 0 ? FOLDER_RIG : FOLDER_TASK, text, n, err)
                              : error_system(err, folder, "rig", ENOMEM);
        free(text);
    }
    return ok;
}
