/* The fault table's load and time: a busy machine, a planner that is late or never comes back, a full ring, a wall
 * clock that jumps. */
#include "engine/base/units.h"
#include "planner/task.h"
#include "realtime/clock.h"
#include "tests/faults/fault_session.h"
#include "tests/test.h"
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { RING_SECOND = 1 << 18 }; /* bytes of about a second's ticks */
static const int64_t DAY_S = 86400, PLAN_LATE_NS = 200 * MS;

/* In memory that all processes share. */
static struct {
    _Atomic int64_t jump_s;  /* what CLOCK_REALTIME is ahead */
    _Atomic int64_t plan_ns; /* what every plan takes longer */
} * shared;

static void share(void)
{
    if (shared == NULL)
        shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(shared != MAP_FAILED);
    atomic_store(&shared->jump_s, 0);
    atomic_store(&shared->plan_ns, 0);
}

/* This program's own clock takes the place of the C library's. */
int clock_gettime(clockid_t id, struct timespec *t)
{
    const int result = (int)syscall(SYS_clock_gettime, id, t);
    if (id == CLOCK_REALTIME && shared != NULL)
        t->tv_sec += atomic_load(&shared->jump_s);
    return result;
}

/* And the planner's, which the linker wraps. */
bool __real_task_plan(struct task *task, const struct task_outcome *last, struct trial *trial, struct error *err);
bool __wrap_task_plan(struct task *task, const struct task_outcome *last, struct trial *trial, struct error *err);
bool __wrap_task_plan(struct task *task, const struct task_outcome *last, struct trial *trial, struct error *err)
{
    if (shared != NULL && atomic_load(&shared->plan_ns) > 0)
        clock_pause(atomic_load(&shared->plan_ns));
    return __real_task_plan(task, last, trial, err);
}

/* Twice as many as there are processors, until the session's own time is over. */
static void load(void)
{
    const long n = 2 * sysconf(_SC_NPROCESSORS_ONLN);
    fflush(NULL);
    for (long i = 0; i < n; i++) {
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid != 0)
            continue;
        const int64_t until_ns = clock_now() + 1500 * MS;
        while (clock_now() < until_ns)
            ;
        _exit(0);
    }
}

static void jump_ahead(void)
{
    atomic_store(&shared->jump_s, DAY_S);
}

static void jump_back(void)
{
    atomic_store(&shared->jump_s, -DAY_S);
}

static void plan_late(void)
{
    share();
    atomic_store(&shared->plan_ns, PLAN_LATE_NS);
}

static bool is_standing(void)
{
    static int64_t ticks, since_ns;
    const int64_t now_ns = clock_now();
    if (ticks != atomic_load(&fault_session.shared->ticks)) {
        ticks = atomic_load(&fault_session.shared->ticks);
        since_ns = now_ns;
    }
    return now_ns - since_ns > 100 * MS;
}

/* Nobody empties the ring until the core has given up; then the host may write what is in it. */
static void fill_ring(void)
{
    fault_session_signal_host(SIGSTOP);
    fault_session_until(is_standing);
    fault_session_signal_host(SIGCONT);
}

static const struct fault_row rows[] = {
    {
     .fault = "CLOCK_REALTIME a day ahead",
     .prepare = share,
     .strike = jump_ahead,
     .duration_ns = 1500 * MS,
     .ends = "duration",
     .safe_ns = INT64_MAX,
     },
    {
     .fault = "CLOCK_REALTIME a day back",
     .prepare = share,
     .strike = jump_back,
     .duration_ns = 1500 * MS,
     .ends = "duration",
     .safe_ns = INT64_MAX,
     },
    {
     .fault = "planner: every trial 200 ms late",
     .prepare = plan_late,
     .duration_ns = 2 * S,
     .ends = "duration",
     .safe_ns = INT64_MAX,
     },
    {
     .fault = "ring for 2 s, every trial 200 ms late",
     .prepare = plan_late,
     .duration_ns = 3 * S,
     .ring_bytes = 2 * RING_SECOND,
     .ends = "duration",
     .safe_ns = INT64_MAX,
     },
    {
     .fault = "planner: endless loop",
     .task = "tests/faults/endless.lua",
     .prepare = share,
     .ends = "no_plan",
     .told = "error core.ended reason=no_plan",
     .safe_ns = 50 * MS,
     .since_end = true,
     },
    {
     .fault = "ring full",
     .prepare = share,
     .strike = fill_ring,
     .ring_bytes = RING_SECOND,
     .ends = "ring_full",
     .told = "error core.ended reason=ring_full",
     .safe_ns = 50 * MS,
     .since_end = true,
     },
    {
     .fault = "processors fully busy",
     .prepare = share,
     .strike = load,
     .duration_ns = 2 * S,
     .ends = "duration",
     .safe_ns = INT64_MAX,
     },
};

int main(int argc, char **argv)
{
    return fault_session_main(rows, sizeof rows / sizeof *rows, argc, argv);
}
