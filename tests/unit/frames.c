#include "tests/unit/frames.h"
#include "engine/base/units.h"
#include "tests/test.h"
#include "wire/fields.h"
#include <math.h>

static void name(char text[CONFIG_NAME], const char *stem, uint32_t i)
{
    snprintf(text, CONFIG_NAME, "%s%u", stem, i);
}

void frames_config(struct config *config)
{
    *config = (struct config){.rig = "rig",
                              .task = "task",
                              .animal = "m1",
                              .seed = UINT64_MAX,
                              .period_ns = MS,
                              .duration_ns = INT64_MAX,
                              .has_task = 1,
                              .n_devices = 2,
                              .n_channels = FRAME_CHANNELS_MAX,
                              .n_inputs = FRAME_INPUTS_MAX,
                              .n_outputs = FRAME_OUTPUTS_MAX,
                              .n_cues = 1,
                              .n_trains = 1};
    for (uint32_t i = 0; i < 2; i++) {
        name(config->devices[i].name, "daq", i);
        name(config->devices[i].driver, "sim", 0);
        config->devices[i].driver[3] = 0;
        config->devices[i].rate_hz = 1000;
    }
    for (uint32_t i = 0; i < FRAME_CHANNELS_MAX; i++) {
        name(config->channels[i].name, "channel", i);
        config->channels[i].volts_per_count = 1e-4;
        config->channels[i].rate_hz = 1000;
        config->channels[i].device = i % 2;
        config->channels[i].line = i / 2;
    }
    for (uint32_t i = 0; i < FRAME_INPUTS_MAX; i++) {
        name(config->inputs[i].name, "input", i);
        config->inputs[i].device = i % 2;
        config->inputs[i].line = i / 2;
    }
    for (uint32_t i = 0; i < FRAME_OUTPUTS_MAX; i++) {
        name(config->outputs[i].name, "output", i);
        config->outputs[i].max_on_ns = S;
        config->outputs[i].max_session_ul = (double)INFINITY;
        config->outputs[i].on_level = 1;
        config->outputs[i].device = i % 2;
        config->outputs[i].line = i / 2;
        config->outputs[i].kind = CONFIG_OUTPUT_DIGITAL;
    }
    name(config->cues[0].name, "cue", 0);
    config->cues[0].output = 0;
    name(config->trains[0].name, "train", 0);
    config->trains[0].width_ns = MS;
    config->trains[0].period_ns = 10 * MS;
    config->trains[0].duration_ns = 100 * MS;
    config->trains[0].output = 1;
}

void frames_trial(int64_t number, struct trial *trial)
{
    *trial = (struct trial){.number = number, .n_states = 1};
    name(trial->states[0].name, "wait", 0);
    trial->states[0].after_ns = S;
    trial->states[0].after_to = TRIAL_DONE;
}

void frames_init(struct frames *frames, uint64_t seed, bool wild)
{
    *frames = (struct frames){.wild = wild, .in = {.n = -1}};
    rng_init(&frames->rng, seed, "frames");
    frames_config(&frames->config);
    for (size_t i = 0; i < FRAME_INPUTS_MAX; i++)
        frames->edge_ns[i] = -((int64_t)1 << 50);
}

static uint64_t pick(struct frames *frames, uint64_t n)
{
    return rng_next(&frames->rng) % n;
}

/* A session time: any at all, or one around now. */
static int64_t a_time(struct frames *frames)
{
    const int64_t far_ns = (int64_t)(rng_next(&frames->rng) >> 3) - ((int64_t)1 << 60);
    return frames->wild && pick(frames, 3) == 0 ? far_ns : frames->in.wake_ns - (int64_t)pick(frames, 2 * MS);
}

/* How many of something: mostly none, sometimes as many as there may be. */
static uint32_t how_many(struct frames *frames, uint32_t max)
{
    const uint64_t kind = pick(frames, frames->wild ? 8 : 40);
    return kind == 0 ? 1 : kind == 1 && frames->wild ? max : kind == 2 ? (uint32_t)pick(frames, max) : 0;
}

static double any_double(struct frames *frames)
{
    const uint64_t bits = rng_next(&frames->rng);
    double x;
    memcpy(&x, &bits, sizeof x); /* NaNs and infinities too */
    return x;
}

static double any_number(struct frames *frames)
{
    const double x = any_double(frames);
    return isfinite(x) ? x : -0.0;
}

static void fill_samples(struct frames *frames, struct frame_samples *samples)
{
    samples->n = frames->wild ? how_many(frames, FRAME_SAMPLES_MAX) : pick(frames, 10) > 0;
    samples->first_ns = frames->wild ? a_time(frames) : frames->in.due_ns;
    samples->period_ns = samples->n > 1 ? (int64_t)pick(frames, (uint64_t)1 << 50) : 0;
    for (uint32_t i = 0; i < samples->n; i++)
        samples->counts[i] = frames->wild ? (int32_t)rng_next(&frames->rng) : 15000 + (int32_t)pick(frames, 40);
}

static void fill_edges(struct frames *frames)
{
    frames->in.n_edges = how_many(frames, FRAME_EDGES_MAX);
    for (uint32_t i = 0; i < frames->in.n_edges; i++) {
        const uint32_t input = (uint32_t)pick(frames, FRAME_INPUTS_MAX);
        frames->edge_ns[input] += 1 + (int64_t)pick(frames, 3 * MS);
        frames->in.edges[i] = (struct frame_edge){
            .t_ns = frames->edge_ns[input],
            .raw_ns = (int64_t)rng_next(&frames->rng),
            .input = input,
            .rising = (uint8_t)pick(frames, 2),
            .late = (uint8_t)pick(frames, 2),
            .reserved = {(uint8_t)pick(frames, 256), 1}
        };
    }
}

static void fill_in(struct frames *frames)
{
    struct frame_in *in = &frames->in;
    for (size_t i = 0; i < FRAME_CHANNELS_MAX; i++)
        fill_samples(frames, &in->samples[i]);
    fill_edges(frames);
    in->n_status = how_many(frames, FRAME_STATUS_MAX);
    for (uint32_t i = 0; i < in->n_status; i++)
        in->status[i] = (struct frame_status){a_time(frames), (int64_t)rng_next(&frames->rng),
                                              (uint32_t)pick(frames, 2), 1 + (uint32_t)pick(frames, 3)};
    in->n_commands = how_many(frames, FRAME_COMMANDS_MAX);
    for (uint32_t i = 0; i < in->n_commands; i++)
        in->commands[i] = (struct frame_command){rng_next(&frames->rng), any_number(frames),
                                                 1 + (uint32_t)pick(frames, 2), (uint32_t)rng_next(&frames->rng)};
    in->n_applied = how_many(frames, FRAME_APPLIED_MAX);
    for (uint32_t i = 0; i < in->n_applied; i++)
        in->applied[i] = (struct frame_applied){a_time(frames), any_number(frames),
                                                (uint32_t)pick(frames, FRAME_OUTPUTS_MAX), (uint32_t)pick(frames, 3)};
    in->n_dropped = how_many(frames, UINT32_MAX);
}

static void fill_out(struct frames *frames)
{
    struct frame_out *out = &frames->out;
    out->n_writes = how_many(frames, FRAME_WRITES_MAX);
    for (uint32_t i = 0; i < out->n_writes; i++)
        out->writes[i] = (struct frame_write){a_time(frames), (int64_t)(rng_next(&frames->rng) >> 4),
                                              any_number(frames), (uint32_t)pick(frames, FRAME_OUTPUTS_MAX), 0};
    out->n_decisions = how_many(frames, FRAME_DECISIONS_MAX);
    for (uint32_t i = 0; i < out->n_decisions; i++)
        out->decisions[i] = (struct frame_decision){a_time(frames), any_double(frames), rng_next(&frames->rng),
                                                    pick(frames, 2) == 0 ? FRAME_MODEL_EVENT : FRAME_PLAN_WANTED,
                                                    (uint32_t)rng_next(&frames->rng)};
    out->n_dropped = how_many(frames, UINT32_MAX);
    out->finished = frames->wild && pick(frames, 50) == 0;
}

void frames_next(struct frames *frames)
{
    struct frame_in *in = &frames->in;
    const int64_t n = in->n + 1 + (pick(frames, 20) == 0 && in->n >= 0 ? (int64_t)pick(frames, 1000) : 0);
    const int64_t wake_ns = in->wake_ns;
    frame_in_clear(in);
    frame_out_clear(&frames->out);
    in->n = n;
    in->due_ns = in->n * frames->config.period_ns;
    in->wake_ns = in->due_ns;
    frames->times = (struct record_times){in->wake_ns, in->wake_ns};
    if (in->wake_ns >= wake_ns && pick(frames, 2) == 0)
        return; /* an idle tick */
    in->wake_ns += (int64_t)pick(frames, 60 * US);
    if (frames->wild && pick(frames, 10) == 0)
        in->due_ns = (int64_t)pick(frames, (uint64_t)1 << 60);
    if (in->wake_ns < wake_ns)
        in->wake_ns = wake_ns;
    frames->times.decided_ns = in->wake_ns + (int64_t)pick(frames, 9 * US);
    frames->times.written_ns = frames->times.decided_ns + (int64_t)pick(frames, 2) * US;
    fill_in(frames);
    fill_out(frames);
}

static void same_list(const char *what, const struct fields *table, uint32_t n_a, uint32_t n_b, const void *a,
                      const void *b)
{
    char path[128], value_a[64], value_b[64];
    if (n_a != n_b)
        fail_msg("n_%s: %u and %u", what, n_a, n_b);
    for (uint32_t i = 0; i < n_a; i++)
        if (fields_differ(table, (const uint8_t *)a + i * table->size, (const uint8_t *)b + i * table->size, path,
                          sizeof path, value_a, value_b, sizeof value_a) != NULL)
            fail_msg("%s[%u].%s: %s and %s", what, i, path, value_a, value_b);
}

void frames_expect_same(const struct frame_in *in_a, const struct frame_out *out_a, const struct record_times *times_a,
                        const struct frame_in *in_b, const struct frame_out *out_b, const struct record_times *times_b)
{
    assert_int_equal(in_a->n, in_b->n);
    assert_int_equal(in_a->due_ns, in_b->due_ns);
    assert_int_equal(in_a->wake_ns, in_b->wake_ns);
    assert_memory_equal(times_a, times_b, sizeof *times_a);
    for (size_t i = 0; i < FRAME_CHANNELS_MAX; i++) {
        const struct frame_samples *a = &in_a->samples[i], *b = &in_b->samples[i];
        assert_int_equal(a->n, b->n);
        if (a->n == 0)
            continue;
        assert_int_equal(a->first_ns, b->first_ns);
        assert_int_equal(a->period_ns, b->period_ns);
        assert_memory_equal(a->counts, b->counts, a->n * sizeof a->counts[0]);
    }
    same_list("edges", &fields_edge, in_a->n_edges, in_b->n_edges, in_a->edges, in_b->edges);
    same_list("status", &fields_status, in_a->n_status, in_b->n_status, in_a->status, in_b->status);
    same_list("commands", &fields_command, in_a->n_commands, in_b->n_commands, in_a->commands, in_b->commands);
    same_list("applied", &fields_applied, in_a->n_applied, in_b->n_applied, in_a->applied, in_b->applied);
    same_list("writes", &fields_write, out_a->n_writes, out_b->n_writes, out_a->writes, out_b->writes);
    same_list("decisions", &fields_decision, out_a->n_decisions, out_b->n_decisions, out_a->decisions,
              out_b->decisions);
    assert_int_equal(in_a->n_dropped, in_b->n_dropped);
    assert_int_equal(out_a->n_dropped, out_b->n_dropped);
    assert_int_equal(out_a->finished, out_b->finished);
}
