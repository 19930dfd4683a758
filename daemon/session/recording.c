#include "session/recording.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Waiting room: as much as several full ticks. What does not fit stays in the file. */
enum { BLOCKS = 8, EDGES = 4 * FRAME_EDGES_MAX, STATUS = 4 * FRAME_STATUS_MAX };

struct queue {
    uint32_t first, n; /* of a ring */
};

struct channel {
    struct queue queue;
    struct frame_samples blocks[BLOCKS];
};

struct device {
    struct queue edges, status;
    struct frame_edge edge[EDGES];
    struct frame_status state[STATUS];
};

struct recording {
    struct driver_recording source;
    struct journal_reader *reader;
    struct error error;
    bool over;      /* the journal has no further tick */
    bool ahead;     /* the reader's tick was not taken over yet */
    int64_t last_n; /* the last tick read */
    struct channel channels[FRAME_CHANNELS_MAX];
    struct device devices[CONFIG_DEVICES_MAX];
};

/* True if a whole tick can be taken over. */
static bool has_room(const struct recording *recording)
{
    for (size_t i = 0; i < FRAME_CHANNELS_MAX; i++)
        if (recording->channels[i].queue.n == BLOCKS)
            return false;
    for (size_t i = 0; i < CONFIG_DEVICES_MAX; i++)
        if (recording->devices[i].edges.n > EDGES - FRAME_EDGES_MAX ||
            recording->devices[i].status.n > STATUS - FRAME_STATUS_MAX)
            return false;
    return true;
}

/* Takes the reader's tick over into the queues. */
static void take_tick(struct recording *recording)
{
    const struct frame_in *in = journal_frame_in(recording->reader);
    const struct config *config = journal_config(recording->reader);
    for (size_t i = 0; i < FRAME_CHANNELS_MAX; i++) {
        struct channel *channel = &recording->channels[i];
        if (in->samples[i].n > 0)
            channel->blocks[(channel->queue.first + channel->queue.n++) % BLOCKS] = in->samples[i];
    }
    for (uint32_t i = 0; i < in->n_edges; i++) {
        struct device *device = &recording->devices[config->inputs[in->edges[i].input].device];
        device->edge[(device->edges.first + device->edges.n++) % EDGES] = in->edges[i];
    }
    for (uint32_t i = 0; i < in->n_status; i++) {
        struct device *device = &recording->devices[in->status[i].device];
        device->state[(device->status.first + device->status.n++) % STATUS] = in->status[i];
    }
    recording->ahead = false;
}

/* Reads up to tick n. */
static void advance(struct recording *recording, int64_t n)
{
    while (has_room(recording)) {
        if (recording->ahead && journal_frame_in(recording->reader)->n > n)
            return;
        if (recording->ahead)
            take_tick(recording);
        if (recording->over)
            return;
        enum journal_event event = JOURNAL_END;
        while (journal_next(recording->reader, &event, &recording->error) && event != JOURNAL_TICK &&
               event != JOURNAL_END)
            ;
        recording->ahead = recording->error.kind == ERROR_NONE && event == JOURNAL_TICK;
        recording->over = !recording->ahead;
        if (recording->ahead)
            recording->last_n = journal_frame_in(recording->reader)->n;
    }
}

/* Appends the oldest block; the next one too, as long as it goes on at the same pace. */
static void give_samples(struct channel *channel, struct frame_samples *to)
{
    if (channel->queue.n == 0 || to->n > 0)
        return;
    *to = channel->blocks[channel->queue.first];
    channel->queue.first = (channel->queue.first + 1) % BLOCKS;
    channel->queue.n--;
    while (channel->queue.n > 0) {
        const struct frame_samples *next = &channel->blocks[channel->queue.first];
        const int64_t after_ns = to->first_ns + to->n * to->period_ns;
        if (to->n < 2 || next->n < 2 || next->period_ns != to->period_ns || next->first_ns != after_ns ||
            to->n + next->n > FRAME_SAMPLES_MAX)
            return;
        memcpy(to->counts + to->n, next->counts, next->n * sizeof next->counts[0]);
        to->n += next->n;
        channel->queue.first = (channel->queue.first + 1) % BLOCKS;
        channel->queue.n--;
    }
}

static bool is_empty(const struct recording *recording, uint32_t i_device)
{
    const struct config *config = journal_config(recording->reader);
    for (uint32_t i = 0; i < config->n_channels; i++)
        if (config->channels[i].device == i_device && recording->channels[i].queue.n > 0)
            return false;
    return recording->devices[i_device].edges.n == 0 && recording->devices[i_device].status.n == 0;
}

static bool read_device(void *context, uint32_t i_device, struct frame_in *in)
{
    struct recording *recording = context;
    const struct config *config = journal_config(recording->reader);
    if (i_device >= config->n_devices)
        return false;
    advance(recording, in->n);
    struct device *device = &recording->devices[i_device];
    for (uint32_t i = 0; i < config->n_channels; i++)
        if (config->channels[i].device == i_device)
            give_samples(&recording->channels[i], &in->samples[i]);
    for (; device->edges.n > 0 && in->n_edges < FRAME_EDGES_MAX; device->edges.n--) {
        in->edges[in->n_edges++] = device->edge[device->edges.first];
        device->edges.first = (device->edges.first + 1) % EDGES;
    }
    for (; device->status.n > 0 && in->n_status < FRAME_STATUS_MAX; device->status.n--) {
        in->status[in->n_status++] = device->state[device->status.first];
        device->status.first = (device->status.first + 1) % STATUS;
    }
    return !(recording->over && !recording->ahead && in->n > recording->last_n && is_empty(recording, i_device));
}

bool recording_open(struct recording **result, const char *path, struct error *err)
{
    *result = NULL;
    struct recording *recording = calloc(1, sizeof *recording);
    if (recording == NULL)
        return error_system(err, path, "recording", ENOMEM);
    recording->source = (struct driver_recording){recording, read_device};
    recording->last_n = -1;
    if (!journal_open(&recording->reader, path, err)) {
        free(recording);
        return false;
    }
    *result = recording;
    return true;
}

const struct driver_recording *recording_source(const struct recording *recording)
{
    return &recording->source;
}

const struct config *recording_config(const struct recording *recording)
{
    return journal_config(recording->reader);
}

bool recording_failed(const struct recording *recording, struct error *err)
{
    if (recording->error.kind == ERROR_NONE)
        return false;
    if (err != NULL)
        *err = recording->error;
    return true;
}

void recording_close(struct recording *recording)
{
    if (recording == NULL)
        return;
    journal_close(recording->reader);
    free(recording);
}
