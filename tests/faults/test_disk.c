/* The fault table's disks: this program's own write and fdatasync take the place of the C library's. */
#include "engine/base/units.h"
#include "realtime/clock.h"
#include "session/folder.h"
#include "tests/faults/fault_session.h"
#include "tests/test.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int64_t FAULT_NS = 500 * MS, HANG_NS = 10 * S;

/* In memory that all processes share. */
static struct {
    _Atomic int write_errno, sync_errno; /* 0: they work */
    _Atomic int64_t sync_ns;             /* that the next sync takes */
} * disk;

static void new_disk(void)
{
    if (disk == NULL)
        disk = mmap(NULL, sizeof *disk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(disk != MAP_FAILED);
    atomic_store(&disk->write_errno, 0);
    atomic_store(&disk->sync_errno, 0);
    atomic_store(&disk->sync_ns, 0);
}

static bool fails(const _Atomic int *why)
{
    errno = disk == NULL ? 0 : atomic_load(why);
    return errno != 0;
}

ssize_t write(int fd, const void *data, size_t n)
{
    return fails(&disk->write_errno) ? -1 : syscall(SYS_write, fd, data, n);
}

int fdatasync(int fd)
{
    if (disk != NULL)
        clock_pause(atomic_exchange(&disk->sync_ns, 0));
    return fails(&disk->sync_errno) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static void new_disk_pause(void)
{
    new_disk();
    fault_session.config.journal_on_fault = CONFIG_JOURNAL_PAUSE;
}

static void new_disk_stop(void)
{
    new_disk();
    fault_session.config.journal_on_fault = CONFIG_JOURNAL_STOP;
}

static void fail_writes(int why)
{
    atomic_store(&disk->write_errno, why);
    clock_pause(FAULT_NS);
    atomic_store(&disk->write_errno, 0);
}

static void fill(void)
{
    fail_writes(ENOSPC);
}

static void make_read_only(void)
{
    fail_writes(EROFS);
}

static void fail_syncs(void)
{
    atomic_store(&disk->sync_errno, EIO);
    clock_pause(2 * FAULT_NS); /* a sync a second */
    atomic_store(&disk->sync_errno, 0);
}

static void hang(void)
{
    atomic_store(&disk->sync_ns, HANG_NS);
}

static void remove_journal(void)
{
    char path[FOLDER_PATH_MAX];
    struct error err;
    assert_true(folder_path(fault_session.folder, FOLDER_JOURNAL, path, &err));
    assert_int_equal(unlink(path), 0);
}

static void fill_and_pause(void)
{
    atomic_store(&disk->write_errno, ENOSPC);
    fault_session_until(fault_session_is_paused);
    atomic_store(&disk->write_errno, 0);
    fault_session_until(fault_session_goes_on);
}

static void fill_and_stop(void)
{
    atomic_store(&disk->write_errno, ENOSPC);
    fault_session_until(fault_session_has_ended);
    atomic_store(&disk->write_errno, 0);
}

/* The operator does not wait for room: what is in shared memory is for `phasic recover`. */
static void fill_and_leave(void)
{
    atomic_store(&disk->write_errno, ENOSPC);
    clock_pause(FAULT_NS);
    fault_session_signal_keeper(SIGINT);
    fault_session_until(fault_session_has_ended);
    clock_pause(50 * MS); /* the keeper looks every 10 ms */
    fault_session_signal_keeper(SIGINT);
    fault_session_until(fault_session_host_is_gone);
    clock_pause(50 * MS);
    atomic_store(&disk->write_errno, 0); /* the rescue comes later, when there is room */
}

#define GOES_ON(name, prepares, strikes, says, lasts)                                                                  \
    {                                                                                                                  \
        .fault = name, .prepare = prepares, .strike = strikes, .told = says, .duration_ns = lasts, .ends = "duration", \
        .safe_ns = INT64_MAX,                                                                                          \
    }

static const struct fault_row rows[] = {
    GOES_ON("disk full for 0.5 s", new_disk, fill, "error journal.failed", 2 * S),
    GOES_ON("disk full, on_fault = pause", new_disk_pause, fill_and_pause, "error journal.failed", 4 * S),
    {
                                                                                                    .fault = "disk full, on_fault = stop",
                                                                                                    .prepare = new_disk_stop,
                                                                                                    .strike = fill_and_stop,
                                                                                                    .ends = "journal",
                                                                                                    .told = "error core.ended reason=journal",
                                                                                                    .safe_ns = 50 * MS,
                                                                                                    .since_end = true,
                                                                                                    },
    {
                                                                                                    .fault = "disk full for good, Ctrl-C twice",
                                                                                                    .prepare = new_disk,
                                                                                                    .strike = fill_and_leave,
                                                                                                    .ends = "stop",
                                                                                                    .told = "error session.not_written",
                                                                                                    .safe_ns = 50 * MS,
                                                                                                    .since_end = true,
                                                                                                    },
    GOES_ON("disk read-only for 0.5 s", new_disk, make_read_only, "error journal.failed", 2 * S),
    GOES_ON("disk: EIO at a sync", new_disk, fail_syncs, "error journal.failed", 3 * S),
    GOES_ON("disk hangs for 10 s", new_disk, hang, "error host.silent", 12 * S),
    GOES_ON("journal removed", new_disk, remove_journal, "error journal.removed", 2500 * MS),
};

int main(int argc, char **argv)
{
    return fault_session_main(rows, sizeof rows / sizeof *rows, argc, argv);
}
