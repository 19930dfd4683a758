#include "tests/faults/fault_driver.h"
#include "drivers/sim/sim.h"
#include "tests/test.h"
#include <sys/mman.h>

struct fault_driver_words *fault_driver_words;

/* Says so when the cable has gone out or in. */
static void tell(struct frame_in *in, bool away)
{
    static bool told; /* in the core's process */
    if (away == told)
        return;
    told = away;
    in->status[in->n_status++] =
        (struct frame_status){.t_ns = in->wake_ns, .kind = away ? FRAME_DEVICE_LOST : FRAME_DEVICE_BACK};
}

static void read_board(struct driver *driver, struct frame_in *in)
{
    static struct frame_in nobody;
    const bool away = atomic_load(&fault_driver_words->away) != 0;
    tell(in, away);
    if (away) { /* the animal goes on, unseen */
        frame_in_clear(&nobody);
        nobody.wake_ns = in->wake_ns;
        sim_driver.read(driver, &nobody);
        return;
    }
    if (atomic_exchange(&fault_driver_words->button, 0) != 0) {
        const struct frame_edge edge = {.t_ns = in->wake_ns, .raw_ns = in->wake_ns, .input = 1, .rising = 1};
        frame_edge_add(in, &edge);
    }
    while (atomic_load(&fault_driver_words->hang) != 0)
        ;
    if (atomic_load(&fault_driver_words->stuck) == 0)
        sim_driver.read(driver, in);
}

static void write_board(struct driver *driver, const struct frame_write *writes, uint32_t n, int64_t now_ns,
                        struct frame_in *confirmed)
{
    if (atomic_load(&fault_driver_words->stuck) != 0 || atomic_load(&fault_driver_words->away) != 0)
        return;
    if (atomic_load(&fault_driver_words->deaf) == 0) {
        sim_driver.write(driver, writes, n, now_ns, confirmed);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        if (writes[i].level > 0) /* every safe level of these rigs is 0 */
            sim_driver.write(driver, &writes[i], 1, now_ns, confirmed);
}

/* What reaches the board only through the core's own connection does not reach a stuck or deaf one. */
static void request_safe(struct driver *driver, int64_t now_ns)
{
    if (atomic_load(&fault_driver_words->stuck) == 0 && atomic_load(&fault_driver_words->deaf) == 0 &&
        atomic_load(&fault_driver_words->away) == 0)
        sim_driver.request_safe(driver, now_ns);
}

/* The keeper has a connection of its own, but the same cable. */
static bool force_safe(struct driver *driver, int64_t now_ns)
{
    return atomic_load(&fault_driver_words->away) == 0 && sim_driver.force_safe(driver, now_ns);
}

const struct driver_ops *fault_driver_open(void)
{
    static struct driver_ops ops;
    if (fault_driver_words == NULL)
        fault_driver_words =
            mmap(NULL, sizeof *fault_driver_words, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(fault_driver_words != MAP_FAILED);
    *fault_driver_words = (struct fault_driver_words){0};
    ops = sim_driver;
    ops.read = read_board;
    ops.write = write_board;
    ops.request_safe = request_safe;
    ops.force_safe = force_safe;
    return &ops;
}
