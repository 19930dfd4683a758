#include "drivers/replay.h"
#include <assert.h>
#include <stdlib.h>

#include "drivers/latch.h"
#include "drivers/setup.h"
#include "engine/base/kinds.h"
#include "engine/base/units.h"

struct driver {
    struct latch *latch;
    const struct driver_recording *recording;
    uint32_t device;
    bool started, over;
    int64_t now_ns; /* the newest time that read or write spoke of */
};

static void replay_close(struct driver *driver)
{
    if (driver == NULL)
        return;
    latch_close(driver->latch, driver->now_ns, LATCH_CORE);
    free(driver);
}

static bool replay_open(struct driver **opened, const struct driver_setup *setup, struct error *err)
{
    *opened = NULL;
    if (!setup_check(setup, &replay_driver.about, err))
        return false;
    if (setup->recording == NULL || setup->recording->read == NULL)
        return error_set(err, ERROR_INPUT, setup->name, "driver", "replay", "a recorded session to read from");
    struct driver *driver = calloc(1, sizeof *driver);
    if (driver == NULL)
        return error_set(err, ERROR_SYSTEM, setup->name, "memory", NULL, "enough for the replayed rig");
    driver->recording = setup->recording;
    driver->device = setup->device;
    driver->latch = latch_open(setup, err);
    if (driver->latch == NULL)
        goto fail;
    *opened = driver;
    return true;
fail:
    replay_close(driver);
    return false;
}

static bool replay_start(struct driver *driver, struct error *err)
{
    if (driver->started)
        return error_set(err, ERROR_DEVICE, NULL, "replayed rig", "started", "a stop before the next start");
    driver->started = true;
    return true;
}

static void note_time(struct driver *driver, int64_t t_ns)
{
    if (t_ns > driver->now_ns)
        driver->now_ns = t_ns;
}

static void replay_read(struct driver *driver, struct frame_in *in)
{
    if (!driver->started || driver->over)
        return;
    note_time(driver, in->wake_ns);
    const uint32_t n_applied = in->n_applied;
    const bool more = driver->recording->read(driver->recording->context, driver->device, in);
    in->n_applied = n_applied; /* this session's outputs are those that it writes itself */
    if (more || in->n_status == FRAME_STATUS_MAX)
        return;
    in->status[in->n_status++] =
        (struct frame_status){.t_ns = in->wake_ns, .value = 0, .device = driver->device, .kind = FRAME_RECORDING_OVER};
    driver->over = true;
}

static void replay_write(struct driver *driver, const struct frame_write *writes, uint32_t n, int64_t now_ns,
                         struct frame_in *confirmed)
{
    if (!driver->started)
        return;
    note_time(driver, now_ns);
    for (uint32_t k = 0; k < n; k++) {
        const int i = latch_find(driver->latch, writes[k].output);
        if (i < 0)
            continue;
        latch_write(driver->latch, i, writes[k].level, writes[k].pulse_ns, now_ns, LATCH_CORE);
        frame_applied_add(confirmed, writes[k].output, writes[k].level, now_ns);
    }
}

static void replay_request_safe(struct driver *driver, int64_t now_ns)
{
    latch_safe(driver->latch, now_ns, LATCH_CORE);
}

static bool replay_force_safe(struct driver *driver, int64_t now_ns)
{
    latch_safe(driver->latch, now_ns, LATCH_KEEPER);
    return true;
}

static double replay_level(struct driver *driver, uint32_t index, int64_t now_ns)
{
    const int i = latch_find(driver->latch, index);
    assert(i >= 0);
    return latch_level(driver->latch, i, now_ns);
}

static void replay_stop(struct driver *driver)
{
    if (driver == NULL)
        return;
    latch_safe(driver->latch, driver->now_ns, LATCH_CORE);
    driver->started = false;
}

const struct driver_ops replay_driver = {
    .name = "replay",
    .about = {.help = "a recorded session in place of the board; outputs are accepted, nothing moves",
              .channels_max = FRAME_CHANNELS_MAX,
              .inputs_max = FRAME_INPUTS_MAX,
              .outputs_max = FRAME_OUTPUTS_MAX,
              .rate_hz_min = 0.001,
              .rate_hz_max = 1e6,
              .volts_per_count = 0.0001,
              .volts_at_zero = 0,
              .worst_case_write_ns = US,
              .late_max_ns = 0,
              .shapes = (1u << CONFIG_SHAPES) - 1, /* it plays nothing */
              .device_timed = true,
              .device_watchdog = true,
              .simulated = true},
    .options = NULL,
    .n_options = 0,
    .open = replay_open,
    .start = replay_start,
    .read = replay_read,
    .write = replay_write,
    .request_safe = replay_request_safe,
    .force_safe = replay_force_safe,
    .level = replay_level,
    .stop = replay_stop,
    .close = replay_close,
};
