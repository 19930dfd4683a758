#include "wire/record.h"
#include <string.h>

/* The fixed front of a packed tick; the used parts of the arrays follow in the order of the counts. */
struct head {
    int64_t n, due_ns, wake_ns;
    struct record_times times;
    uint32_t n_edges, n_status, n_commands, n_applied, in_dropped;
    uint32_t n_writes, n_decisions, out_dropped, finished;
    uint32_t channels; /* bit i: channel i has samples */
};

/* The front of one channel's samples. */
struct block {
    int64_t first_ns, period_ns;
    uint64_t n;
};

static uint8_t *put(uint8_t *to, const void *from, size_t n)
{
    memcpy(to, from, n);
    return to + n;
}

static uint8_t *put_samples(uint8_t *to, const struct frame_samples *samples)
{
    const struct block block = {samples->first_ns, samples->period_ns, samples->n};
    to = put(to, &block, sizeof block);
    const size_t even = (samples->n + 1u) & ~(size_t)1; /* keeps what follows on 8 bytes */
    to = put(to, samples->counts, samples->n * sizeof samples->counts[0]);
    const size_t padding = (even - samples->n) * sizeof samples->counts[0];
    memset(to, 0, padding);
    return to + padding;
}

size_t record_pack_tick(const struct frame_in *in, const struct frame_out *out, const struct record_times *times,
                        void *buffer)
{
    struct head head = {
        .n = in->n,
        .due_ns = in->due_ns,
        .wake_ns = in->wake_ns,
        .times = *times,
        .n_edges = in->n_edges,
        .n_status = in->n_status,
        .n_commands = in->n_commands,
        .n_applied = in->n_applied,
        .in_dropped = in->n_dropped,
        .n_writes = out->n_writes,
        .n_decisions = out->n_decisions,
        .out_dropped = out->n_dropped,
        .finished = out->finished,
    };
    uint8_t *to = (uint8_t *)buffer + sizeof head;
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX; i++)
        if (in->samples[i].n > 0) {
            head.channels |= 1u << i;
            to = put_samples(to, &in->samples[i]);
        }
    to = put(to, in->edges, in->n_edges * sizeof in->edges[0]);
    to = put(to, in->status, in->n_status * sizeof in->status[0]);
    to = put(to, in->commands, in->n_commands * sizeof in->commands[0]);
    to = put(to, in->applied, in->n_applied * sizeof in->applied[0]);
    to = put(to, out->writes, out->n_writes * sizeof out->writes[0]);
    to = put(to, out->decisions, out->n_decisions * sizeof out->decisions[0]);
    memcpy(buffer, &head, sizeof head);
    return (size_t)(to - (uint8_t *)buffer);
}

/* A cursor that refuses to leave the buffer. */
struct cursor {
    const uint8_t *at;
    size_t left;
    bool ok;
};

static void get(struct cursor *from, void *to, size_t n)
{
    if (!from->ok || from->left < n) {
        from->ok = false;
        return;
    }
    memcpy(to, from->at, n);
    from->at += n;
    from->left -= n;
}

static void get_samples(struct cursor *from, struct frame_samples *samples)
{
    struct block block = {0};
    get(from, &block, sizeof block);
    if (block.n > FRAME_SAMPLES_MAX)
        from->ok = false;
    if (!from->ok)
        return;
    samples->first_ns = block.first_ns;
    samples->period_ns = block.period_ns;
    samples->n = (uint32_t)block.n;
    int32_t padding;
    get(from, samples->counts, samples->n * sizeof samples->counts[0]);
    if (samples->n % 2 == 1)
        get(from, &padding, sizeof padding);
}

static bool counts_fit(const struct head *head)
{
    return head->n_edges <= FRAME_EDGES_MAX && head->n_status <= FRAME_STATUS_MAX &&
           head->n_commands <= FRAME_COMMANDS_MAX && head->n_applied <= FRAME_APPLIED_MAX &&
           head->n_writes <= FRAME_WRITES_MAX && head->n_decisions <= FRAME_DECISIONS_MAX &&
           head->channels >> FRAME_CHANNELS_MAX == 0;
}

bool record_unpack_tick(const void *buffer, size_t size, struct frame_in *in, struct frame_out *out,
                        struct record_times *times)
{
    struct cursor from = {buffer, size, true};
    struct head head = {0};
    get(&from, &head, sizeof head);
    if (!from.ok || !counts_fit(&head))
        return false;
    frame_in_clear(in);
    frame_out_clear(out);
    in->n = head.n;
    in->due_ns = head.due_ns;
    in->wake_ns = head.wake_ns;
    in->plan = NULL;
    in->n_edges = head.n_edges;
    in->n_status = head.n_status;
    in->n_commands = head.n_commands;
    in->n_applied = head.n_applied;
    in->n_dropped = head.in_dropped;
    out->n_writes = head.n_writes;
    out->n_decisions = head.n_decisions;
    out->n_dropped = head.out_dropped;
    out->finished = head.finished;
    *times = head.times;
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX; i++)
        if ((head.channels >> i & 1) != 0)
            get_samples(&from, &in->samples[i]);
    get(&from, in->edges, in->n_edges * sizeof in->edges[0]);
    get(&from, in->status, in->n_status * sizeof in->status[0]);
    get(&from, in->commands, in->n_commands * sizeof in->commands[0]);
    get(&from, in->applied, in->n_applied * sizeof in->applied[0]);
    get(&from, out->writes, out->n_writes * sizeof out->writes[0]);
    get(&from, out->decisions, out->n_decisions * sizeof out->decisions[0]);
    return from.ok && from.left == 0;
}
