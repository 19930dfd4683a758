/* The fault table's devices: a board that goes away, stands still, or does not do what it is told; and its button. */
#include "engine/base/units.h"
#include "realtime/clock.h"
#include "tests/faults/fault_driver.h"
#include "tests/faults/fault_session.h"
#include "tests/test.h"

static const int64_t AWAY_NS = 300 * MS;

static void on_loss_pause(void)
{
    fault_session.config.devices[0].on_loss = CONFIG_ON_LOSS_PAUSE;
}

static void on_loss_continue(void)
{
    fault_session.config.devices[0].on_loss = CONFIG_ON_LOSS_CONTINUE;
}

static void pull_cable(void)
{
    atomic_store(&fault_driver_words->away, 1);
}

static void pull_and_plug_in(void)
{
    pull_cable();
    clock_pause(AWAY_NS);
    atomic_store(&fault_driver_words->away, 0);
}

/* The same, and looks that the task stands still meanwhile and goes on afterwards. */
static void pull_and_pause(void)
{
    pull_cable();
    fault_session_until(fault_session_is_paused);
    clock_pause(AWAY_NS);
    assert_true(fault_session_is_paused());
    atomic_store(&fault_driver_words->away, 0);
    fault_session_until(fault_session_goes_on);
}

static void stick(void)
{
    atomic_store(&fault_driver_words->stuck, 1);
}

static void deafen(void)
{
    atomic_store(&fault_driver_words->deaf, 1);
}

static void press_button(void)
{
    atomic_store(&fault_driver_words->button, 1);
}

/* A pulse of 100 ms has to be over, the board's own as well as one whose OFF is awaited for 10 ms; then two looks. */
#define PULSE    (100 * MS)
#define DETECTED (PULSE + 10 * MS + 50 * MS + MS)

static const struct fault_row rows[] = {
    {
     .fault = "device gone, on_loss = stop",
     .strike = pull_cable,
     .ends = "device",
     .told = "error core.ended reason=device",
     .safe_ns = PULSE + MS,
     .device_ends = true,
     },
    {
     .fault = "device gone for 0.3 s, on_loss = pause",
     .prepare = on_loss_pause,
     .strike = pull_and_pause,
     .duration_ns = 2 * S,
     .ends = "duration",
     .told = "error device.lost",
     .safe_ns = INT64_MAX,
     .device_ends = true,
     },
    {
     .fault = "device gone for 0.3 s, on_loss = continue",
     .prepare = on_loss_continue,
     .strike = pull_and_plug_in,
     .duration_ns = 2 * S,
     .ends = "duration",
     .told = "error device.lost",
     .safe_ns = INT64_MAX,
     .device_ends = true,
     },
    {
     .fault = "device stuck",
     .strike = stick,
     .ends = "device",
     .told = "error device.hung",
     .safe_ns = DETECTED,
     },
    {
     .fault = "OFF not confirmed",
     .strike = deafen,
     .ends = "device",
     .told = "error device.hung",
     .safe_ns = DETECTED,
     },
    {
     .fault = "emergency button",
     .strike = press_button,
     .ends = "estop",
     .told = "error core.ended reason=estop",
     .safe_ns = 50 * MS + MS,
     },
};

int main(int argc, char **argv)
{
    return fault_session_main(rows, sizeof rows / sizeof *rows, argc, argv);
}
