#include "realtime/builder.h"
#include <assert.h>

void builder_init(struct builder *builder)
{
    *builder = (struct builder){0};
    for (uint32_t i = 0; i < FRAME_INPUTS_MAX; i++)
        builder->newest_ns[i] = INT64_MIN;
}

void builder_order(struct builder *builder, struct frame_in *in)
{
    for (uint32_t i = 0; i < in->n_edges; i++) {
        struct frame_edge *edge = &in->edges[i];
        assert(edge->input < FRAME_INPUTS_MAX);
        int64_t *newest_ns = &builder->newest_ns[edge->input];
        if (edge->t_ns > in->wake_ns)
            edge->t_ns = in->wake_ns;
        if (*newest_ns != INT64_MIN && edge->t_ns <= *newest_ns) {
            edge->t_ns = *newest_ns + 1;
            edge->late = 1;
            builder->n_late++;
        }
        *newest_ns = edge->t_ns;
    }
}
