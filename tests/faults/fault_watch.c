#include "tests/faults/fault_watch.h"
#include "drivers/latch.h"
#include "drivers/sim/sim.h"
#include "engine/base/units.h"
#include "realtime/clock.h"
#include "tests/faults/fault_session.h"
#include "tests/test.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum {
    PRIORITY = 90,  /* above the keeper's 85 */
    BOARD_MS = 300, /* when all processes are gone the board ends a pulse within this, or never */
};

static struct {
    pthread_t thread;
    bool running;
    _Atomic bool over;
    uint64_t n_seen;                  /* changes of the latch */
    int64_t on_ns[FRAME_OUTPUTS_MAX]; /* since when; INT64_MIN: off */
    struct fault_watch found;
} watch;

static const struct latch *latch(void)
{
    return sim_latch(fault_session.devices.device[0].driver);
}

int64_t fault_watch_now_ns(void)
{
    const int64_t start_ns = atomic_load(&fault_session.shared->start_ns);
    return start_ns == 0 ? 0 : clock_now() - start_ns;
}

bool fault_watch_is_on(uint32_t output)
{
    const int i = latch_find(latch(), output);
    return latch_level(latch(), i, fault_watch_now_ns()) > 0;
}

static bool is_dangerous(uint32_t output)
{
    const uint32_t kind = fault_session.config.outputs[output].kind;
    return kind == CONFIG_OUTPUT_VALVE || kind == CONFIG_OUTPUT_LASER;
}

static void went_off(uint32_t output, int64_t t_ns)
{
    const int64_t on_ns = watch.on_ns[output], strike_ns = fault_session.strike_ns;
    watch.on_ns[output] = INT64_MIN;
    if (on_ns == INT64_MIN)
        return;
    const int64_t beyond_ns = t_ns - on_ns - fault_session.config.outputs[output].max_on_ns;
    watch.found.beyond_ns = beyond_ns > watch.found.beyond_ns ? beyond_ns : watch.found.beyond_ns;
    if (strike_ns != 0 && t_ns - strike_ns > watch.found.off_after_ns)
        watch.found.off_after_ns = t_ns - strike_ns;
}

static void follow(void)
{
    const uint64_t n = atomic_load_explicit(&latch()->n_changes, memory_order_acquire);
    assert_true(n - watch.n_seen <= LATCH_LOG); /* a millisecond's changes */
    for (; watch.n_seen < n; watch.n_seen++) {
        const struct latch_change *change = &latch()->log[watch.n_seen % LATCH_LOG];
        if (!is_dangerous(change->output))
            continue;
        if (!(change->level > 0))
            went_off(change->output, change->t_ns);
        else if (watch.on_ns[change->output] == INT64_MIN)
            watch.on_ns[change->output] = change->t_ns;
    }
}

static void *look(void *argument)
{
    (void)argument;
    int64_t next_ns = clock_now();
    while (!atomic_load(&watch.over)) {
        next_ns += MS;
        clock_sleep_until(next_ns);
        const int64_t late_ns = clock_now() - next_ns;
        if (fault_session.strike_ns != 0 && late_ns > watch.found.late_ns)
            watch.found.late_ns = late_ns;
        if (late_ns > MS)
            next_ns += late_ns;
        follow();
    }
    return NULL;
}

void fault_watch_start(void)
{
    memset(&watch, 0, sizeof watch);
    for (uint32_t i = 0; i < FRAME_OUTPUTS_MAX; i++)
        watch.on_ns[i] = INT64_MIN;
    assert_int_equal(pthread_create(&watch.thread, NULL, look, NULL), 0);
    (void)pthread_setschedparam(watch.thread, SCHED_FIFO, &(struct sched_param){.sched_priority = PRIORITY});
    watch.running = true;
}

static bool any_is_on(void)
{
    for (uint32_t i = 0; i < fault_session.config.n_outputs; i++)
        if (is_dangerous(i) && fault_watch_is_on(i))
            return true;
    return false;
}

struct fault_watch fault_watch_stop(void)
{
    if (!watch.running)
        return watch.found;
    for (int i = 0; i < BOARD_MS && any_is_on(); i++)
        clock_pause(MS);
    atomic_store(&watch.over, true);
    pthread_join(watch.thread, NULL);
    watch.running = false;
    follow();
    watch.found.last_on = any_is_on();
    for (uint32_t i = 0; i < fault_session.config.n_outputs; i++) {
        const int k = latch_find(latch(), i);
        if (watch.on_ns[i] != INT64_MIN && !fault_watch_is_on(i))
            went_off(i, atomic_load(&latch()->line[k].end_ns)); /* the board ended it; nobody has noted it since */
    }
    return watch.found;
}
