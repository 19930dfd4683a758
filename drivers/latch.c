#include "drivers/latch.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "engine/base/kinds.h"

static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "a lock would die with the core and stop the keeper");

struct latch *latch_open(const struct driver_setup *setup, struct error *err)
{
    assert(setup->n_outputs <= FRAME_OUTPUTS_MAX);
    struct latch *latch = mmap(NULL, sizeof *latch, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (latch == MAP_FAILED) {
        error_system(err, setup->name, "shared memory for the outputs", errno);
        return NULL;
    }
    latch->n = setup->n_outputs;
    for (uint32_t i = 0; i < latch->n; i++) {
        struct latch_line *line = &latch->line[i];
        line->safe_level = setup->outputs[i].safe_level;
        line->index = setup->outputs[i].index;
        line->timed = setup->outputs[i].guard == CONFIG_GUARD_DEVICE_TIMED;
        atomic_init(&line->level, line->safe_level);
        atomic_init(&line->on_ns, 0);
        atomic_init(&line->end_ns, INT64_MAX);
    }
    atomic_init(&latch->n_changes, 0);
    return latch;
}

void latch_close(struct latch *latch, int64_t now_ns, enum latch_who who)
{
    if (latch == NULL)
        return;
    latch_safe(latch, now_ns, who);
    munmap(latch, sizeof *latch);
}

int latch_find(const struct latch *latch, uint32_t index)
{
    for (uint32_t i = 0; i < latch->n; i++)
        if (latch->line[i].index == index)
            return (int)i;
    return -1;
}

static double level_of(const struct latch_line *line)
{
    return atomic_load_explicit(&line->level, memory_order_acquire);
}

static int64_t end_of(const struct latch_line *line)
{
    return atomic_load_explicit(&line->end_ns, memory_order_relaxed);
}

/* The count follows the entry: a writer that dies in between leaves the log as it was. */
static void note(struct latch *latch, int i, double level, int64_t t_ns, enum latch_who who)
{
    const uint64_t n = atomic_load_explicit(&latch->n_changes, memory_order_relaxed);
    latch->log[n % LATCH_LOG] =
        (struct latch_change){.t_ns = t_ns, .level = level, .output = latch->line[i].index, .who = who};
    atomic_store_explicit(&latch->n_changes, n + 1, memory_order_release);
}

bool latch_settle(struct latch *latch, int i, int64_t now_ns, int64_t *end_ns)
{
    struct latch_line *line = &latch->line[i];
    if (level_of(line) == line->safe_level || now_ns < end_of(line))
        return false;
    *end_ns = end_of(line);
    atomic_store_explicit(&line->level, line->safe_level, memory_order_release);
    note(latch, i, line->safe_level, *end_ns, LATCH_DEVICE);
    return true;
}

void latch_write(struct latch *latch, int i, double level, int64_t pulse_ns, int64_t now_ns, enum latch_who who)
{
    struct latch_line *line = &latch->line[i];
    int64_t ended_ns;
    latch_settle(latch, i, now_ns, &ended_ns);
    if (level != line->safe_level) {
        /* the end comes before the level: killed in between, the line is never on without its end */
        atomic_store_explicit(&line->end_ns, line->timed && pulse_ns > 0 ? now_ns + pulse_ns : INT64_MAX,
                              memory_order_relaxed);
        if (level_of(line) == line->safe_level)
            atomic_store_explicit(&line->on_ns, now_ns, memory_order_relaxed);
    }
    atomic_store_explicit(&line->level, level, memory_order_release);
    note(latch, i, level, now_ns, who);
}

void latch_safe(struct latch *latch, int64_t now_ns, enum latch_who who)
{
    int64_t ended_ns;
    for (int i = 0; i < (int)latch->n; i++)
        if (!latch_settle(latch, i, now_ns, &ended_ns) && level_of(&latch->line[i]) != latch->line[i].safe_level)
            latch_write(latch, i, latch->line[i].safe_level, 0, now_ns, who);
}

double latch_level(const struct latch *latch, int i, int64_t now_ns)
{
    const struct latch_line *line = &latch->line[i];
    const double level = level_of(line);
    return now_ns < end_of(line) ? level : line->safe_level;
}

int64_t latch_on_ns(const struct latch *latch, int i, int64_t from_ns, int64_t to_ns)
{
    const struct latch_line *line = &latch->line[i];
    if (level_of(line) == line->safe_level)
        return 0;
    const int64_t on_ns = atomic_load_explicit(&line->on_ns, memory_order_relaxed), end_ns = end_of(line);
    const int64_t first_ns = on_ns > from_ns ? on_ns : from_ns, last_ns = end_ns < to_ns ? end_ns : to_ns;
    return last_ns > first_ns ? last_ns - first_ns : 0;
}
