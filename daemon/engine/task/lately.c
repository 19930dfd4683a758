#include "engine/task/lately.h"

void lately_add(struct lately *lately, int64_t t_ns)
{
    lately->t_ns[lately->n++ % CONFIG_LICKS_MAX] = t_ns;
}

uint32_t lately_count(const struct lately *lately, int64_t from_ns, int64_t to_ns)
{
    uint32_t n = 0;
    for (uint64_t i = 1; i <= lately->n && i <= CONFIG_LICKS_MAX; i++) {
        const int64_t t_ns = lately->t_ns[(lately->n - i) % CONFIG_LICKS_MAX];
        if (t_ns < from_ns)
            break; /* they rise */
        n += t_ns < to_ns;
    }
    return n;
}
