/* The fault table's processes: each is killed, stopped, starved or crashed while the valve is open. */
#include "engine/base/units.h"
#include "realtime/clock.h"
#include "tests/faults/fault_driver.h"
#include "tests/faults/fault_session.h"
#include "tests/test.h"
#include <signal.h>
#include <sys/resource.h>

static const int64_t KEEPER_SILENT_NS = 500 * MS; /* loop.c's: how long a keeper may stand still */

static void kill_core(void)
{
    fault_session_signal_core(SIGKILL);
}

static void stop_core(void)
{
    fault_session_signal_core(SIGSTOP);
}

static void crash_core(void)
{
    fault_session_signal_core(SIGSEGV);
}

static void hang_core(void)
{
    atomic_store(&fault_driver_words->hang, 1);
}

/* As if a neighbour had taken all memory: what the host asks for from now on is refused. */
static void starve_host(void)
{
    const pid_t host = atomic_load(&fault_session.shared->host_pid);
    assert_int_equal(prlimit(host, RLIMIT_AS, &(struct rlimit){1 << 20, 1 << 20}, NULL), 0);
}

static void kill_keeper(void)
{
    fault_session_signal_keeper(SIGKILL);
}

static void crash_keeper(void)
{
    fault_session_signal_keeper(SIGSEGV);
}

/* It must be woken up again to end. */
static void stop_keeper(void)
{
    fault_session_signal_keeper(SIGSTOP);
    fault_session_until(fault_session_has_ended);
    fault_session_signal_keeper(SIGCONT);
}

static void kill_host(void)
{
    fault_session_signal_host(SIGKILL);
}

static void crash_host(void)
{
    fault_session_signal_host(SIGSEGV);
}

/* Stopped first, so that none can answer the others' deaths. */
static void kill_all(void)
{
    fault_session_signal_keeper(SIGSTOP);
    fault_session_signal_core(SIGSTOP);
    fault_session_signal_host(SIGSTOP);
    fault_session_signal_keeper(SIGKILL);
    fault_session_signal_core(SIGKILL);
    fault_session_signal_host(SIGKILL);
}

static void kill_core_and_host(void)
{
    fault_session_signal_host(SIGKILL);
    fault_session_signal_core(SIGKILL);
}

static void estop(void)
{
    atomic_store(&fault_session.shared->estop, 1);
}

static void estop_a_stopped_core(void)
{
    fault_session_signal_core(SIGSTOP);
    estop();
}

#define SAFE (50 * MS + MS) /* a tick */

static const struct fault_row rows[] = {
    {
     .fault = "core: SIGKILL",
     .strike = kill_core,
     .ends = "core",
     .told = "error core.died",
     .safe_ns = SAFE,
     },
    {
     .fault = "core: SIGSEGV",
     .strike = crash_core,
     .ends = "core",
     .told = "error core.died",
     .safe_ns = SAFE,
     },
    {
     .fault = "core: SIGSTOP",
     .strike = stop_core,
     .ends = "core",
     .told = "error core.hung",
     .safe_ns = SAFE,
     },
    {
     .fault = "core: endless loop",
     .strike = hang_core,
     .ends = "core",
     .told = "error core.hung",
     .safe_ns = SAFE,
     },
    {
     .fault = "core: no memory at its start",
     .ends = "core",
     .told = "error core.died",
     .safe_ns = SAFE,
     .poor = true,
     },
    {
     .fault = "keeper: SIGKILL",
     .strike = kill_keeper,
     .ends = "keeper",
     .told = "error core.ended reason=keeper",
     .safe_ns = SAFE,
     },
    {
     .fault = "keeper: SIGSEGV",
     .strike = crash_keeper,
     .ends = "keeper",
     .told = "error core.ended reason=keeper",
     .safe_ns = SAFE,
     },
    {
     .fault = "keeper: SIGSTOP",
     .strike = stop_keeper,
     .ends = "keeper",
     .told = "error core.ended reason=keeper",
     .safe_ns = KEEPER_SILENT_NS + SAFE,
     },
    {
     .fault = "host: SIGKILL",
     .strike = kill_host,
     .duration_ns = 1500 * MS,
     .ends = "duration",
     .told = "warn host.died",
     .safe_ns = INT64_MAX,
     },
    {
     .fault = "host: SIGSEGV",
     .strike = crash_host,
     .duration_ns = 1500 * MS,
     .ends = "duration",
     .told = "warn host.died",
     .safe_ns = INT64_MAX,
     },
    {
     .fault = "host: no more memory",
     .strike = starve_host,
     .duration_ns = 1500 * MS,
     .ends = "duration",
     .safe_ns = INT64_MAX,
     },
    {
     .fault = "core and host: SIGKILL",
     .strike = kill_core_and_host,
     .ends = "core",
     .told = "error core.died",
     .safe_ns = SAFE,
     },
    {
     .fault = "keeper, core and host: SIGKILL",
     .strike = kill_all,
     .ends = "unknown",
     .safe_ns = 100 * MS,
     .device_ends = true,
     },
    {
     .fault = "emergency stop",
     .strike = estop,
     .ends = "estop",
     .told = "error core.ended reason=estop",
     .safe_ns = SAFE,
     },
    {
     .fault = "emergency stop, core stopped",
     .strike = estop_a_stopped_core,
     .ends = "core",
     .told = "error core.hung",
     .safe_ns = SAFE,
     },
};

int main(int argc, char **argv)
{
    return fault_session_main(rows, sizeof rows / sizeof *rows, argc, argv);
}
