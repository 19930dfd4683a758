#include "session/journal_tick.h"
#include "wire/fields.h"
#include <stddef.h>
#include <string.h>

enum present {
    GAP = 1 << 0,
    WAKE = 1 << 1,
    TIMES = 1 << 2,
    REGULAR = 1 << 3,
    SAMPLES = 1 << 4,
    EDGES = 1 << 5,
    DECISIONS = 1 << 6,
    WRITES = 1 << 7,
    DUE = 1 << 8,
    APPLIED = 1 << 9,
    STATUS = 1 << 10,
    COMMANDS = 1 << 11,
    DROPPED = 1 << 12,
    FINISHED = 1 << 13,
    PRESENT_ALL = (1 << 14) - 1,
};

/* A channel's entry in the shape of the samples: its number times 4, and these. */
enum shape { OTHER_PERIOD = 1, OTHER_TIME = 2 };

/* The lists of a frame. One row says all. */
struct list {
    uint64_t bit;
    const struct fields *table;
    size_t count, entries; /* offsets in struct frame_in, or frame_out if `output` */
    uint32_t max;
    bool output;
    ptrdiff_t time, second; /* offsets of the time stored against the wake, and of one against that; -1: none */
};

#define OFFSET(st, field) (ptrdiff_t) offsetof(struct st, field)
static const struct list lists[] = {
    {EDGES,     &fields_edge,     offsetof(struct frame_in,  n_edges),               offsetof(struct frame_in,       edges),                    FRAME_EDGES_MAX,  false,
     OFFSET(frame_edge,                                                                                                                                                                           t_ns),     OFFSET(frame_edge,                                                                                                                             raw_ns)},
    {STATUS,         &fields_status,                    offsetof(struct frame_in,                       n_status),  offsetof(struct frame_in, status), FRAME_STATUS_MAX,
     false, OFFSET(frame_status,                                                                                                                                                                                       t_ns),                                                                                                                                                                             -1                                                                                                                              },
    {COMMANDS,         &fields_command,                  offsetof(struct frame_in,                    n_commands), offsetof(struct frame_in, commands),
     FRAME_COMMANDS_MAX,         false,                                                                                                                                                   -1,                                                                                                                                                           -1               },
    {APPLIED,   &fields_applied,  offsetof(struct frame_in,  n_applied),             offsetof(struct frame_in,       applied),
     FRAME_APPLIED_MAX,                                                                                                                                           false,   OFFSET(frame_applied,  t_ns),     -1},
    {WRITES,    &fields_write,    offsetof(struct frame_out, n_writes),              offsetof(struct frame_out,      writes),                   FRAME_WRITES_MAX,
     true,                                                                                                                                                                 OFFSET(frame_write,    cause_ns), -1                                                                                                                                           },
    {DECISIONS, &fields_decision, offsetof(struct frame_out, n_decisions),           offsetof(struct frame_out,      decisions),
     FRAME_DECISIONS_MAX,                                                                                                                                         true,    OFFSET(frame_decision, t_ns),     -1                                                                                                                                           },
};
enum { N_LISTS = sizeof lists / sizeof *lists, ENTRY_MAX = 64 };

/* Differences modulo 2^64: no value overflows. */
static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t times_of(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

static int64_t load(const void *at)
{
    int64_t x;
    memcpy(&x, at, sizeof x);
    return x;
}

static void store(void *at, int64_t x)
{
    memcpy(at, &x, sizeof x);
}

static uint32_t count_of(const struct list *list, const struct frame_in *in, const struct frame_out *out)
{
    uint32_t n;
    memcpy(&n, (list->output ? (const uint8_t *)out : (const uint8_t *)in) + list->count, sizeof n);
    return n;
}

void journal_tick_restart(struct journal_tick_deltas *deltas)
{
    *deltas = (struct journal_tick_deltas){.n = -1};
}

bool journal_tick_is_idle(const struct frame_in *in, const struct frame_out *out, const struct record_times *times,
                          const struct config *config)
{
    if (in->due_ns != times_of(in->n, config->period_ns) || in->wake_ns != in->due_ns)
        return false;
    if (times->decided_ns != in->wake_ns || times->written_ns != in->wake_ns)
        return false;
    uint32_t any = in->n_dropped | out->n_dropped | out->finished;
    for (size_t i = 0; i < N_LISTS; i++)
        any |= count_of(&lists[i], in, out);
    for (size_t i = 0; i < FRAME_CHANNELS_MAX; i++)
        any |= in->samples[i].n;
    return any == 0;
}

void journal_tick_set_idle(int64_t n, const struct config *config, struct frame_in *in, struct frame_out *out,
                           struct record_times *times)
{
    frame_in_clear(in);
    frame_out_clear(out);
    in->n = n;
    in->due_ns = in->wake_ns = times_of(n, config->period_ns);
    times->decided_ns = times->written_ns = in->wake_ns;
}

static uint32_t sample_mask(const struct frame_in *in)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX; i++)
        mask |= in->samples[i].n > 0 ? 1u << i : 0;
    return mask;
}

/* What the samples are expected to be: the period, and the first one's time. */
static int64_t expected_period(const struct journal_tick_channel *channel, uint32_t n)
{
    return n > 1 ? channel->period_ns : 0;
}

static int64_t expected_first(const struct journal_tick_channel *channel)
{
    return plus(channel->last_ns, channel->step_ns);
}

/* The channel's state after its samples' times. */
static void advance(struct journal_tick_channel *channel, const struct frame_samples *samples)
{
    const int64_t last = plus(samples->first_ns, times_of((int64_t)samples->n - 1, samples->period_ns));
    channel->step_ns = samples->n > 1 ? samples->period_ns : minus(last, channel->last_ns);
    if (samples->n > 1)
        channel->period_ns = samples->period_ns;
    channel->last_ns = last;
    channel->n = samples->n;
}

/* True if the shape of the samples is the one before, and all times are as expected. */
static bool is_regular(const struct journal_tick_deltas *deltas, uint32_t mask, const struct frame_in *in)
{
    if (mask == 0 || mask != deltas->mask)
        return false;
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX; i++) {
        const struct journal_tick_channel *channel = &deltas->channels[i];
        const struct frame_samples *samples = &in->samples[i];
        if ((mask >> i & 1) != 0 &&
            (samples->n != channel->n || samples->period_ns != expected_period(channel, samples->n) ||
             samples->first_ns != expected_first(channel)))
            return false;
    }
    return true;
}

static void put_shape(struct journal_tick_deltas *deltas, uint32_t mask, const struct frame_in *in,
                      struct bytes_out *bytes)
{
    bytes_put_varint(bytes, mask);
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX; i++) {
        if ((mask >> i & 1) == 0)
            continue;
        const struct frame_samples *samples = &in->samples[i];
        const struct journal_tick_channel *channel = &deltas->channels[i];
        uint64_t entry = (uint64_t)samples->n * 4;
        entry |= samples->period_ns != expected_period(channel, samples->n) ? OTHER_PERIOD : 0;
        entry |= samples->first_ns != expected_first(channel) ? OTHER_TIME : 0;
        bytes_put_varint(bytes, entry);
        if ((entry & OTHER_PERIOD) != 0)
            bytes_put_varint(bytes, (uint64_t)samples->period_ns);
        if ((entry & OTHER_TIME) != 0)
            bytes_put_signed(bytes, minus(samples->first_ns, expected_first(channel)));
    }
    deltas->mask = mask;
}

static void put_counts(struct journal_tick_channel *channel, const struct frame_samples *samples,
                       struct journal_bits *bits, struct bytes_out *bytes)
{
    for (uint32_t i = 0; i < samples->n; i++) {
        const uint32_t count = (uint32_t)samples->counts[i];
        if (channel->has_count)
            journal_bits_put_signed(bits, bytes, &channel->counts, (int32_t)(count - channel->count));
        else
            journal_bits_put(bits, bytes, count, 32);
        channel->count = count;
        channel->has_count = true;
    }
    advance(channel, samples);
}

/* A time as a difference to what it was in the tick before. */
static void put_time(struct journal_tick_time *time, int64_t ns, struct journal_bits *bits, struct bytes_out *bytes)
{
    journal_bits_put_signed(bits, bytes, &time->stream, minus(ns, time->last_ns));
    time->last_ns = ns;
}

static int64_t get_time(struct journal_tick_time *time, struct journal_bits *bits, struct bytes_in *bytes)
{
    time->last_ns = plus(time->last_ns, journal_bits_get_signed(bits, bytes, &time->stream));
    return time->last_ns;
}

static void put_list(const struct list *list, const struct frame_in *in, const struct frame_out *out,
                     struct bytes_out *bytes)
{
    const uint32_t n = count_of(list, in, out);
    const uint8_t *entry = (list->output ? (const uint8_t *)out : (const uint8_t *)in) + list->entries;
    bytes_put_varint(bytes, n);
    for (uint32_t i = 0; i < n; i++, entry += list->table->size) {
        _Alignas(8) uint8_t stored[ENTRY_MAX];
        memcpy(stored, entry, list->table->size);
        if (list->time >= 0)
            store(stored + list->time, minus(load(entry + list->time), in->wake_ns));
        if (list->second >= 0)
            store(stored + list->second, minus(load(entry + list->second), load(entry + list->time)));
        fields_put(list->table, stored, bytes);
    }
}

static uint64_t what_is_present(const struct journal_tick_deltas *deltas, const struct config *config, uint32_t mask,
                                const struct frame_in *in, const struct frame_out *out,
                                const struct record_times *times)
{
    uint64_t present = 0;
    present |= in->n != deltas->n + 1 ? GAP : 0;
    present |= in->due_ns != times_of(in->n, config->period_ns) ? DUE : 0;
    present |= in->wake_ns != in->due_ns ? WAKE : 0;
    present |= times->decided_ns != in->wake_ns || times->written_ns != times->decided_ns ? TIMES : 0;
    if (mask != 0)
        present |= is_regular(deltas, mask, in) ? REGULAR : SAMPLES;
    present |= in->n_dropped != 0 || out->n_dropped != 0 ? DROPPED : 0;
    present |= out->finished != 0 ? FINISHED : 0;
    for (size_t i = 0; i < N_LISTS; i++)
        present |= count_of(&lists[i], in, out) > 0 ? lists[i].bit : 0;
    return present;
}

void journal_tick_put(struct journal_tick_deltas *deltas, const struct config *config, const struct frame_in *in,
                      const struct frame_out *out, const struct record_times *times, struct bytes_out *bytes)
{
    const uint32_t mask = sample_mask(in);
    const uint64_t present = what_is_present(deltas, config, mask, in, out, times);
    bytes_put_varint(bytes, present);
    if ((present & GAP) != 0)
        bytes_put_varint(bytes, (uint64_t)(in->n - deltas->n - 1));
    deltas->n = in->n;
    if ((present & DUE) != 0)
        bytes_put_signed(bytes, minus(in->due_ns, times_of(in->n, config->period_ns)));
    if ((present & SAMPLES) != 0)
        put_shape(deltas, mask, in, bytes);
    struct journal_bits bits = {0};
    if ((present & WAKE) != 0)
        put_time(&deltas->wake, minus(in->wake_ns, in->due_ns), &bits, bytes);
    if ((present & TIMES) != 0) {
        put_time(&deltas->decided, minus(times->decided_ns, in->wake_ns), &bits, bytes);
        put_time(&deltas->written, minus(times->written_ns, times->decided_ns), &bits, bytes);
    }
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX; i++)
        if ((mask >> i & 1) != 0)
            put_counts(&deltas->channels[i], &in->samples[i], &bits, bytes);
    journal_bits_put_end(&bits, bytes);
    for (size_t i = 0; i < N_LISTS; i++)
        if ((present & lists[i].bit) != 0)
            put_list(&lists[i], in, out, bytes);
    if ((present & DROPPED) != 0) {
        bytes_put_varint(bytes, in->n_dropped);
        bytes_put_varint(bytes, out->n_dropped);
    }
    if ((present & FINISHED) != 0)
        bytes_put_varint(bytes, out->finished);
}

/* The expected shape into `in`; or the one that is stored. */
static void expect_shape(const struct journal_tick_deltas *deltas, struct frame_in *in)
{
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX; i++) {
        const struct journal_tick_channel *channel = &deltas->channels[i];
        if ((deltas->mask >> i & 1) == 0)
            continue;
        in->samples[i].n = channel->n;
        in->samples[i].period_ns = expected_period(channel, channel->n);
        in->samples[i].first_ns = expected_first(channel);
    }
}

static void get_shape(struct journal_tick_deltas *deltas, struct frame_in *in, struct bytes_in *bytes)
{
    const uint64_t mask = bytes_get_varint(bytes);
    if (mask < 1 || mask >> FRAME_CHANNELS_MAX != 0)
        bytes->ok = false;
    deltas->mask = bytes->ok ? (uint32_t)mask : 0;
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX && bytes->ok; i++) {
        if ((mask >> i & 1) == 0)
            continue;
        struct frame_samples *samples = &in->samples[i];
        const struct journal_tick_channel *channel = &deltas->channels[i];
        const uint64_t entry = bytes_get_varint(bytes);
        if (entry < 4 || entry / 4 > FRAME_SAMPLES_MAX) {
            bytes->ok = false;
            return;
        }
        samples->n = (uint32_t)(entry / 4);
        samples->period_ns = expected_period(channel, samples->n);
        samples->first_ns = expected_first(channel);
        if ((entry & OTHER_PERIOD) != 0)
            samples->period_ns = (int64_t)bytes_get_varint(bytes);
        if ((entry & OTHER_TIME) != 0)
            samples->first_ns = plus(samples->first_ns, bytes_get_signed(bytes));
    }
}

static void get_counts(struct journal_tick_channel *channel, struct frame_samples *samples, struct journal_bits *bits,
                       struct bytes_in *bytes)
{
    for (uint32_t i = 0; i < samples->n; i++) {
        if (channel->has_count)
            channel->count += (uint32_t)journal_bits_get_signed(bits, bytes, &channel->counts);
        else
            channel->count = journal_bits_get(bits, bytes, 32);
        channel->has_count = true;
        samples->counts[i] = (int32_t)channel->count;
    }
    advance(channel, samples);
}

/* The numbers that are stored in bits: times and counts. */
static void get_bits(struct journal_tick_deltas *deltas, uint64_t present, struct frame_in *in,
                     struct record_times *times, struct bytes_in *bytes)
{
    struct journal_bits bits = {0};
    in->wake_ns = in->due_ns;
    if ((present & WAKE) != 0)
        in->wake_ns = plus(in->wake_ns, get_time(&deltas->wake, &bits, bytes));
    times->decided_ns = times->written_ns = in->wake_ns;
    if ((present & TIMES) != 0) {
        times->decided_ns = plus(in->wake_ns, get_time(&deltas->decided, &bits, bytes));
        times->written_ns = plus(times->decided_ns, get_time(&deltas->written, &bits, bytes));
    }
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX && (present & (SAMPLES | REGULAR)) != 0; i++)
        if (in->samples[i].n > 0)
            get_counts(&deltas->channels[i], &in->samples[i], &bits, bytes);
    journal_bits_get_end(&bits, bytes);
}

static void get_list(const struct list *list, struct frame_in *in, struct frame_out *out, struct bytes_in *bytes)
{
    uint8_t *base = list->output ? (uint8_t *)out : (uint8_t *)in;
    uint8_t *entry = base + list->entries;
    const uint64_t n = bytes_get_varint(bytes);
    if (n < 1 || n > list->max) {
        bytes->ok = false;
        return;
    }
    for (uint64_t i = 0; i < n && bytes->ok; i++, entry += list->table->size) {
        fields_get(list->table, bytes, entry);
        if (list->time >= 0)
            store(entry + list->time, plus(load(entry + list->time), in->wake_ns));
        if (list->second >= 0)
            store(entry + list->second, plus(load(entry + list->second), load(entry + list->time)));
    }
    const uint32_t count = (uint32_t)n;
    memcpy(base + list->count, &count, sizeof count);
}

static uint32_t get_u32(struct bytes_in *bytes)
{
    const uint64_t x = bytes_get_varint(bytes);
    if (x > UINT32_MAX)
        bytes->ok = false;
    return (uint32_t)x;
}

void journal_tick_get(struct journal_tick_deltas *deltas, const struct config *config, struct frame_in *in,
                      struct frame_out *out, struct record_times *times, struct bytes_in *bytes)
{
    const uint64_t present = bytes_get_varint(bytes);
    const uint64_t both = SAMPLES | REGULAR;
    if ((present & ~(uint64_t)PRESENT_ALL) != 0 || (present & both) == both)
        bytes->ok = false;
    in->n = plus(deltas->n, 1);
    if ((present & GAP) != 0)
        in->n = plus(in->n, (int64_t)bytes_get_varint(bytes));
    deltas->n = in->n;
    in->due_ns = times_of(in->n, config->period_ns);
    if ((present & DUE) != 0)
        in->due_ns = plus(in->due_ns, bytes_get_signed(bytes));
    if ((present & REGULAR) != 0)
        expect_shape(deltas, in);
    if ((present & SAMPLES) != 0)
        get_shape(deltas, in, bytes);
    get_bits(deltas, present, in, times, bytes);
    for (size_t i = 0; i < N_LISTS && bytes->ok; i++)
        if ((present & lists[i].bit) != 0)
            get_list(&lists[i], in, out, bytes);
    if ((present & DROPPED) != 0) {
        in->n_dropped = get_u32(bytes);
        out->n_dropped = get_u32(bytes);
    }
    if ((present & FINISHED) != 0)
        out->finished = get_u32(bytes);
}
