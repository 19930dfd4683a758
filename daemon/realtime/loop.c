#include "realtime/loop.h"
#include "engine/base/units.h"
#include "log.h"
#include "realtime/clock.h"
#include "realtime/offs.h"
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const int64_t ANCHOR_NS = 10 * S;   /* between two looks at the wall clock */
static const int64_t PUBLISH_NS = 20 * MS; /* between two snapshots: 50 a second are more than an eye can follow */
static const int64_t KEEPER_SILENT_NS = 500 * MS; /* the keeper looks every 10 ms */
static const int64_t PARENT_NS = 10 * MS;         /* between two looks whether the keeper is still the parent */
static const int64_t DRAIN_NS = 60 * S;           /* the close record waits this long for room in a full ring */

struct loop {
    struct shared *shared;
    struct devices *devices;
    const struct config *config;
    struct engine *engine;
    struct builder builder;
    struct offs offs;
    struct frame_in frames[2]; /* alternate: what is confirmed of this tick's writes goes into the next one's */
    struct frame_out out;
    struct trial plan;
    struct shared_snapshot snapshot;
    struct thread_counts counts; /* after the first tick */
    int64_t start_ns, wake_ns;
    int64_t n;               /* of the tick that comes */
    int64_t written_ns;      /* INT64_MIN: the tick before wrote nothing */
    int64_t end_ns, safe_ns; /* when the end was decided and when all was safe; INT64_MIN: not yet */
    int64_t anchor_ns, publish_ns, second_ns, parent_ns, keeper_ns;
    uint64_t keeper_beat;
    uint32_t unsafe, dangerous; /* a bit an output: not confirmed safe; a valve or laser */
    double wanted[FRAME_OUTPUTS_MAX];
    uint32_t reason; /* enum frame_end_reason, 0 while it runs */
    bool stop_taken, journal_paused;
    size_t size; /* of this block */
    _Alignas(8) uint8_t record[RECORD_TICK_MAX];
};

bool loop_open(struct loop **opened, struct shared *shared, struct devices *devices, struct error *err)
{
    *opened = NULL;
    const size_t engine_bytes = engine_size(&shared->config, err);
    if (engine_bytes == 0)
        return false;
    const size_t head = (sizeof(struct loop) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
    const size_t size = head + engine_bytes;
    uint8_t *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (block == MAP_FAILED)
        return error_set(err, ERROR_SYSTEM, NULL, "memory", NULL, "%zu bytes for the core", size);
    struct loop *loop = (struct loop *)(void *)block;
    *loop = (struct loop){.shared = shared, .devices = devices, .config = &shared->config, .size = size};
    struct arena arena;
    arena_init(&arena, block + head, engine_bytes);
    if (!engine_init(&loop->engine, loop->config, &arena, err)) {
        loop_close(loop);
        return false;
    }
    offs_init(&loop->offs, loop->config);
    builder_init(&loop->builder);
    for (uint32_t i = 0; i < loop->config->n_outputs; i++) {
        const struct config_output *output = &loop->config->outputs[i];
        loop->wanted[i] = output->safe_level;
        if (output->kind == CONFIG_OUTPUT_VALVE || output->kind == CONFIG_OUTPUT_LASER)
            loop->dangerous |= 1u << i;
    }
    loop->written_ns = loop->end_ns = loop->safe_ns = INT64_MIN;
    *opened = loop;
    return true;
}

void loop_close(struct loop *loop)
{
    if (loop != NULL)
        munmap(loop, loop->size);
}

static int64_t session_now(const struct loop *loop)
{
    return clock_now() - loop->start_ns;
}

bool loop_start(struct loop *loop, struct error *err)
{
    if (!devices_start(loop->devices, err))
        return false;
    loop->start_ns = clock_now();
    atomic_store(&loop->shared->start_ns, loop->start_ns);
    atomic_store(&loop->shared->phase, SHARED_RUNNING);
    return true;
}

static bool same(double a, double b)
{
    return a >= b && a <= b;
}

/* Before an order goes out it is remembered, so that the keeper sees the danger before there is any. */
static void note_orders(struct loop *loop)
{
    for (uint32_t i = 0; i < loop->out.n_writes; i++) {
        const struct frame_write *write = &loop->out.writes[i];
        loop->wanted[write->output] = write->level;
        if (!same(write->level, loop->config->outputs[write->output].safe_level))
            loop->unsafe |= 1u << write->output;
    }
    atomic_store_explicit(&loop->shared->hazard, (loop->unsafe & loop->dangerous) != 0, memory_order_seq_cst);
}

static void note_confirmed(struct loop *loop, const struct frame_in *in)
{
    for (uint32_t i = 0; i < in->n_applied; i++) {
        const uint32_t o = in->applied[i].output;
        const double safe = loop->config->outputs[o].safe_level;
        if (!same(in->applied[i].level, safe))
            loop->unsafe |= 1u << o;
        else if (same(loop->wanted[o], safe))
            loop->unsafe &= ~(1u << o);
    }
    atomic_store_explicit(&loop->shared->hazard, (loop->unsafe & loop->dangerous) != 0, memory_order_seq_cst);
}

/* Sleeps until the next tick; if that is over already, on to the newest whose time has come. */
static void wait_for_tick(struct loop *loop, struct frame_in *in)
{
    const int64_t period_ns = loop->config->period_ns;
    const int64_t due_ns = loop->start_ns + loop->n * period_ns, spin_ns = loop->shared->loop.spin_ns;
    clock_sleep_until(due_ns - spin_ns);
    if (spin_ns > 0)
        clock_spin_until(due_ns);
    const int64_t wake_ns = session_now(loop);
    const int64_t missed = (wake_ns - loop->n * period_ns) / period_ns;
    if (missed > 0) {
        loop->n += missed;
        loop->snapshot.skipped_ticks += missed;
        atomic_store_explicit(&loop->shared->skipped_ticks, loop->snapshot.skipped_ticks, memory_order_relaxed);
    }
    in->n = loop->n;
    in->due_ns = loop->n * period_ns;
    in->wake_ns = loop->wake_ns = wake_ns;
    const int64_t late_ns = wake_ns - in->due_ns + missed * period_ns; /* of the first one that was missed */
    loop->snapshot.late_max_ns = late_ns > loop->snapshot.late_max_ns ? late_ns : loop->snapshot.late_max_ns;
}

/* Why the core must end by itself; 0: it need not. */
static uint32_t danger(struct loop *loop)
{
    const uint64_t beat = atomic_load_explicit(&loop->shared->keeper_beat, memory_order_relaxed);
    if (beat != loop->keeper_beat) {
        loop->keeper_beat = beat;
        loop->keeper_ns = loop->wake_ns;
    }
    bool alone = loop->wake_ns - loop->keeper_ns > KEEPER_SILENT_NS;
    if (loop->wake_ns >= loop->parent_ns) {
        loop->parent_ns = loop->wake_ns + PARENT_NS;
        alone |= getppid() != atomic_load_explicit(&loop->shared->keeper_pid, memory_order_relaxed);
    }
    if (alone)
        return FRAME_END_KEEPER;
    return ring_has_room(&loop->shared->ring, RECORD_TICK_MAX + sizeof(struct trial)) ? 0 : FRAME_END_RING_FULL;
}

/* A button that is pressed sets the word that a client would: the keeper then watches that it is taken. */
static void look_at_buttons(struct loop *loop, const struct frame_in *in)
{
    for (uint32_t i = 0; i < in->n_edges; i++) {
        const uint32_t kind = loop->config->inputs[in->edges[i].input].kind;
        if (kind == (in->edges[i].rising != 0 ? CONFIG_INPUT_ESTOP : CONFIG_INPUT_ESTOP_OPENS))
            atomic_store_explicit(&loop->shared->estop, 1, memory_order_release);
    }
}

/* What the rig says of a journal that can't be written. */
static void take_journal(struct loop *loop, struct frame_in *in)
{
    const uint32_t policy = loop->config->journal_on_fault;
    const bool fails = atomic_load_explicit(&loop->shared->journal_failing, memory_order_relaxed) != 0 ||
                       atomic_load_explicit(&loop->shared->host_silent, memory_order_relaxed) != 0;
    if (policy == CONFIG_JOURNAL_STOP && fails && !loop->stop_taken) {
        loop->stop_taken = true;
        in->commands[in->n_commands++] =
            (struct frame_command){.id = 3, .kind = FRAME_STOP, .target = FRAME_END_JOURNAL};
    }
    if (policy == CONFIG_JOURNAL_PAUSE && fails != loop->journal_paused) {
        loop->journal_paused = fails;
        in->commands[in->n_commands++] =
            (struct frame_command){.id = 4, .kind = fails ? FRAME_PAUSE : FRAME_RESUME, .target = FRAME_PAUSE_JOURNAL};
    }
}

static void take_commands(struct loop *loop, struct frame_in *in)
{
    struct shared *shared = loop->shared;
    take_journal(loop, in);
    if (!loop->stop_taken && atomic_load_explicit(&shared->stop, memory_order_acquire) != 0) {
        loop->stop_taken = true;
        in->commands[in->n_commands++] = (struct frame_command){.id = 1, .kind = FRAME_STOP};
    }
    if (atomic_load_explicit(&shared->estop_taken, memory_order_relaxed) == 0 &&
        atomic_load_explicit(&shared->estop, memory_order_acquire) != 0) {
        in->commands[0] = (struct frame_command){.id = 2, .kind = FRAME_ESTOP}; /* in place of a stop */
        in->n_commands = 1;
        atomic_store_explicit(&shared->estop_taken, 1, memory_order_release);
    }
}

/* A trial that fails its check is not taken: the engine then ends the session for want of a plan. */
static void take_plan(struct loop *loop, struct frame_in *in)
{
    struct shared *shared = loop->shared;
    const int64_t posted = atomic_load_explicit(&shared->plan_posted, memory_order_acquire);
    if (posted == atomic_load_explicit(&shared->plan_taken, memory_order_relaxed))
        return;
    loop->plan = shared->plan;
    atomic_store_explicit(&shared->plan_taken, posted, memory_order_release);
    if (!trial_check(&loop->plan, loop->config, NULL))
        return;
    in->plan = &loop->plan;
    (void)ring_push(&shared->ring, RECORD_PLAN, &loop->plan, sizeof loop->plan); /* danger() has seen the room */
}

static void record_tick(struct loop *loop, const struct frame_in *in, int64_t decided_ns)
{
    const struct record_times times = {decided_ns, loop->written_ns != INT64_MIN ? loop->written_ns : decided_ns};
    const size_t size = record_pack_tick(in, &loop->out, &times, loop->record);
    (void)ring_push(&loop->shared->ring, RECORD_TICK, loop->record, (uint32_t)size);
}

static void record_anchor(struct loop *loop)
{
    if (loop->wake_ns < loop->anchor_ns)
        return;
    loop->anchor_ns = loop->wake_ns + ANCHOR_NS;
    struct record_anchor anchor = {.session_ns = session_now(loop)};
    anchor.realtime_ns = clock_realtime(&anchor.tai_offset_s);
    (void)ring_push(&loop->shared->ring, RECORD_ANCHOR, &anchor, sizeof anchor);
}

static void publish(struct loop *loop, const struct frame_in *in)
{
    struct shared_snapshot *snapshot = &loop->snapshot;
    snapshot->tick = in->n;
    snapshot->ticks++;
    if (in->wake_ns - loop->second_ns >= S) {
        loop->second_ns = in->wake_ns;
        snapshot->late_max_ns = in->wake_ns - in->due_ns;
    }
    atomic_store_explicit(&loop->shared->ticks, snapshot->ticks, memory_order_relaxed);
    atomic_fetch_add_explicit(&loop->shared->core_beat, 1, memory_order_relaxed);
    if (in->wake_ns < loop->publish_ns && loop->out.finished == 0)
        return;
    loop->publish_ns = in->wake_ns + PUBLISH_NS;
    engine_look(loop->engine, &snapshot->view);
    snapshot->ring_used = atomic_load_explicit(&loop->shared->ring.head, memory_order_relaxed) -
                          atomic_load_explicit(&loop->shared->ring.tail, memory_order_relaxed);
    shared_publish(loop->shared, snapshot);
}

static void note_end(struct loop *loop)
{
    for (uint32_t i = 0; loop->end_ns == INT64_MIN && i < loop->out.n_decisions; i++)
        if (loop->out.decisions[i].kind == FRAME_END) {
            loop->end_ns = loop->wake_ns;
            loop->reason = (uint32_t)loop->out.decisions[i].value;
        }
    if (loop->end_ns != INT64_MIN && loop->safe_ns == INT64_MIN && loop->unsafe == 0)
        loop->safe_ns = loop->wake_ns;
}

bool loop_tick(struct loop *loop)
{
    struct frame_in *in = &loop->frames[loop->snapshot.ticks % 2];
    struct frame_in *next = &loop->frames[(loop->snapshot.ticks + 1) % 2];
    wait_for_tick(loop, in);
    const uint32_t why = danger(loop);
    if (why != 0) {
        loop->reason = why;
        return false;
    }
    devices_read(loop->devices, in);
    builder_order(&loop->builder, in);
    note_confirmed(loop, in);
    offs_confirm(&loop->offs, in);
    offs_publish(&loop->offs, loop->wake_ns, loop->shared);
    look_at_buttons(loop, in);
    take_commands(loop, in);
    take_plan(loop, in);
    engine_tick(loop->engine, in, &loop->out);
    const int64_t decided_ns = session_now(loop);
    note_end(loop);
    record_tick(loop, in, decided_ns);
    note_orders(loop);
    offs_order(&loop->offs, &loop->out, loop->wake_ns);
    frame_in_clear(next);
    loop->written_ns = INT64_MIN;
    if (loop->out.n_writes > 0) {
        devices_write(loop->devices, &loop->out, session_now(loop), next);
        loop->written_ns = session_now(loop);
    }
    record_anchor(loop);
    publish(loop, in);
    if (loop->snapshot.ticks == 1)
        loop->counts = thread_count();
    loop->n++;
    return loop->out.finished == 0;
}

/* The end that the core itself decides: no more ticks, every output safe at once. */
static void make_safe(struct loop *loop)
{
    loop->end_ns = loop->wake_ns;
    devices_request_safe(loop->devices, session_now(loop));
    const int64_t now_ns = session_now(loop);
    if (!devices_all_safe(loop->devices, loop->config, now_ns))
        return;
    loop->safe_ns = now_ns;
    atomic_store(&loop->shared->hazard, 0);
}

/* The ring's last record. A full ring is drained by the host sooner or later. */
static bool record_close(struct loop *loop)
{
    const struct thread_counts counts = thread_count();
    const bool safe = loop->safe_ns != INT64_MIN;
    const struct record_close close = {
        .session_ns = session_now(loop),
        .safe_after_ns = safe ? loop->safe_ns - loop->end_ns : -1,
        .ticks = loop->snapshot.ticks,
        .skipped_ticks = loop->snapshot.skipped_ticks,
        .faults_minor = counts.faults_minor - loop->counts.faults_minor,
        .faults_major = counts.faults_major - loop->counts.faults_major,
        .switches = counts.switches - loop->counts.switches,
        .reason = loop->reason,
    };
    const int64_t give_up_ns = clock_now() + DRAIN_NS;
    while (!ring_push(&loop->shared->ring, RECORD_CLOSE, &close, sizeof close)) {
        if (clock_now() > give_up_ns)
            return false;
        atomic_fetch_add_explicit(&loop->shared->core_beat, 1, memory_order_relaxed);
        clock_pause(MS);
    }
    return true;
}

bool loop_run(struct loop *loop)
{
    frame_in_clear(&loop->frames[0]);
    while (loop_tick(loop))
        ;
    if (loop->out.finished == 0)
        make_safe(loop);
    devices_stop(loop->devices);
    const bool closed = record_close(loop);
    if (closed)
        atomic_store(&loop->shared->phase, SHARED_ENDED);
    return closed;
}

/* An end that nobody asked for in order is the operator's business; a dead keeper can't say it. */
static void tell_end(const struct loop *loop)
{
    if (loop->reason == FRAME_END_DURATION || loop->reason == FRAME_END_STOP || loop->reason == FRAME_END_TASK)
        return;
    const bool safe = loop->safe_ns != INT64_MIN;
    log_event(LOG_ERROR, "core.ended", "reason=%s safe=%s safe_after_us=%lld", frame_end_words(loop->reason),
              safe ? "yes" : "no", safe ? (long long)((loop->safe_ns - loop->end_ns) / US) : -1LL);
}

/* What the rig file asks for of the thread, in one warning where something is refused. Returns what keeps the
 * processors awake, or -1. */
static int set_up_thread(struct shared *shared)
{
    char missing[512];
    const bool granted = thread_realtime(THREAD_CORE_PRIORITY, missing, sizeof missing);
    atomic_store(&shared->realtime, granted);
    if (shared->loop.pinned != 0)
        (void)thread_pin(shared->loop.cpu, missing, sizeof missing);
    const int awake = thread_stay_awake(missing, sizeof missing);
    if (missing[0] != '\0')
        log_event(LOG_WARN, "core.not_realtime", "missing=\"%s\" remedy=\"phasic doctor\"", missing);
    return awake;
}

int loop_main(struct shared *shared, struct devices *devices)
{
    char line[512];
    struct error err = {0};
    struct loop *loop;
    const int awake = set_up_thread(shared);
    bool ready = loop_open(&loop, shared, devices, &err);
    if (ready) {
        thread_prefault(); /* before the devices: session time 0 is when they start */
        ready = loop_start(loop, &err);
    }
    if (!ready) {
        fprintf(stderr, "phasic: %s\n", error_line(&err, line, sizeof line));
        return 1;
    }
    const bool closed = loop_run(loop);
    tell_end(loop);
    loop_close(loop);
    if (awake >= 0)
        close(awake);
    return closed ? 0 : 1;
}
