/* keeper: the parent of core and host; makes the outputs safe when the core can't. (realtime/keeper.h)
 *
 * Looks at the core's heartbeat every 10 ms. When the core is dead, or has not moved between two punctual looks while a
 * valve or laser is not confirmed safe (or for half a second otherwise), or does not take an emergency stop, or a
 * device does not confirm an OFF within its worst case and 10 ms: SIGKILL to the core, every device safe at once, once
 * more when its end is certain, and the close record that the core could not write. A host that dies is started again
 * and goes on from the ring; so is one that stands still, after 15 s, and after one second it is said. The keeper
 * itself touches no disk, no socket and no Lua; it logs a line when something happens. A late look of its own proves
 * nothing and is not counted against the core. Threads: the keeper's process has one. */
#pragma once
#include "engine/base/error.h"
#include "realtime/devices.h"
#include "realtime/shared.h"

struct keeper_config {
    struct shared *shared;
    struct devices *devices;    /* open; the core inherits them */
    int (*core)(void *context); /* the life of the core's process: its exit status */
    int (*host)(void *context); /* the same of the host's; it sets host_ready, and exits 0 when all is on disk */
    void *context;
};

/* Runs one session: host, then core, until the core has ended and the host has written everything; or until a
 * signal comes after the end while the journal can't be written: `phasic recover` then takes it from shared memory.
 * Called in the keeper's process, which it turns into a real-time process in a process group of its own. SIGINT and
 * SIGTERM end the session in order, a second one stops it at once, and so does SIGQUIT. Returns the process's exit
 * status: 0 if the session ended in order, 1 otherwise. The shared memory's name is gone after a clean end. */
int keeper_run(const struct keeper_config *config);
