#include "realtime/shared.h"
#include "realtime/clock.h"
#include "wire/record.h"
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const char MAGIC[8] = {'P', 'H', 'A', 'S', 'I', 'C', 'S', 'H'};

/* A tick's front, a few edges and decisions: what an ordinary tick takes beside its samples. */
enum { TICK_BYTES = 512, SECONDS = 60 };

/* 20 ms: a core that lives has long finished; one that was killed in between never will. */
enum { OBSERVE_TRIES = 200, OBSERVE_PAUSE_NS = 100000 };

uint64_t shared_ring_size(const struct config *config)
{
    double bytes_a_second = 1e9 / (double)config->period_ns * TICK_BYTES;
    for (uint32_t i = 0; i < config->n_channels; i++)
        bytes_a_second +=
            config->channels[i].rate_hz * (double)sizeof(int32_t) + 1e9 / (double)config->period_ns * 24.0;
    uint64_t size = (uint64_t)64 << 20;
    while ((double)size < bytes_a_second * SECONDS)
        size *= 2;
    return size;
}

static struct shared *map(int fd, uint64_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

bool shared_create(struct shared **shared, const struct config *config, uint64_t ring_size, struct error *err)
{
    *shared = NULL;
    char name[SHARED_NAME];
    snprintf(name, sizeof name, "/phasic-%s-%d", config->rig, (int)getpid());
    const uint64_t size = sizeof(struct shared) + ring_size;
    const int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_system(err, name, "shared memory", errno);
    const int full =
        posix_fallocate(fd, 0, (off_t)size); /* all of it now: a full /dev/shm must not show in mid-session */
    struct shared *made = full == 0 ? map(fd, size) : NULL;
    const int why = full != 0 ? full : errno;
    close(fd);
    if (made == NULL) {
        shm_unlink(name);
        return error_system(err, name, "shared memory", why);
    }
    memcpy(made->magic, MAGIC, sizeof MAGIC);
    made->version = SHARED_VERSION;
    made->record_version = RECORD_VERSION;
    made->size = size;
    memcpy(made->name, name, sizeof name);
    made->config = *config;
    ring_init(&made->ring, ring_size);
    *shared = made;
    return true;
}

bool shared_attach(struct shared **shared, const char *name, struct error *err)
{
    *shared = NULL;
    const int fd = shm_open(name, O_RDWR | O_CLOEXEC, 0);
    if (fd < 0)
        return error_system(err, name, "shared memory", errno);
    struct stat st;
    struct shared *found = NULL;
    const bool fits = fstat(fd, &st) == 0 && (uint64_t)st.st_size >= sizeof(struct shared);
    if (fits)
        found = map(fd, (uint64_t)st.st_size);
    close(fd);
    if (found == NULL)
        return error_set(err, ERROR_INPUT, name, "size", NULL, "the shared memory of a phasic session");
    if (memcmp(found->magic, MAGIC, sizeof MAGIC) != 0 || found->version != SHARED_VERSION ||
        found->record_version != RECORD_VERSION || found->size != (uint64_t)st.st_size ||
        found->ring.size != found->size - sizeof(struct shared) || (found->ring.size & (found->ring.size - 1)) != 0) {
        munmap(found, (size_t)st.st_size);
        return error_set(err, ERROR_INPUT, name, "version", NULL, "the shared memory of this phasic version");
    }
    *shared = found;
    return true;
}

void shared_unlink(struct shared *shared)
{
    shm_unlink(shared->name);
}

void shared_detach(struct shared *shared)
{
    if (shared != NULL)
        munmap(shared, shared->size);
}

/* The copies on both sides of the sequence lock are atomic words: the writer's are releases, so none is seen before the
 * odd sequence, the reader's are acquires, so none is read after the sequence is looked at again. No fence is needed,
 * nothing is a data race, and on x86 all of them are plain moves. */
typedef uint64_t word __attribute__((may_alias));
enum { SNAPSHOT_WORDS = sizeof(struct shared_snapshot) / sizeof(word) };
static_assert(sizeof(struct shared_snapshot) % sizeof(word) == 0, "the snapshot is copied in whole words");
static_assert(offsetof(struct shared, snapshot) % sizeof(word) == 0, "atomic words are aligned");

void shared_publish(struct shared *shared, const struct shared_snapshot *snapshot)
{
    const word *from = (const word *)snapshot;
    word *to = (word *)&shared->snapshot;
    const uint32_t sequence = atomic_load_explicit(&shared->snapshot_sequence, memory_order_relaxed);
    atomic_store_explicit(&shared->snapshot_sequence, sequence + 1, memory_order_relaxed);
    for (size_t i = 0; i < SNAPSHOT_WORDS; i++)
        __atomic_store_n(&to[i], from[i], __ATOMIC_RELEASE);
    atomic_store_explicit(&shared->snapshot_sequence, sequence + 2, memory_order_release);
}

static bool observe_once(const struct shared *shared, struct shared_snapshot *snapshot)
{
    const word *from = (const word *)&shared->snapshot;
    word *to = (word *)snapshot;
    const uint32_t before = atomic_load_explicit(&shared->snapshot_sequence, memory_order_acquire);
    for (size_t i = 0; i < SNAPSHOT_WORDS; i++)
        to[i] = __atomic_load_n(&from[i], __ATOMIC_ACQUIRE);
    return before % 2 == 0 && before == atomic_load_explicit(&shared->snapshot_sequence, memory_order_relaxed);
}

bool shared_observe(const struct shared *shared, struct shared_snapshot *snapshot)
{
    for (int i = 0; i < OBSERVE_TRIES; i++) {
        if (observe_once(shared, snapshot))
            return true;
        clock_pause(OBSERVE_PAUSE_NS);
    }
    *snapshot = (struct shared_snapshot){0};
    return false;
}
