/* offs: how long each OFF has been waiting for its device's confirmation. (realtime/offs.h)
 *
 * A board that does not confirm an OFF within its worst case and 10 ms counts as hung, and the keeper makes safe
 * without the core's help. The ages are those at the core's own ticks, after it has read the confirmations: a machine
 * that stood still as a whole makes none older. A device that is known to be away is not waited for. Threads: the
 * core's real-time thread. Memory: the caller's. */
#pragma once
#include "engine/base/rt.h"
#include "engine/config.h"
#include "realtime/shared.h"

struct offs {
    const struct config *config;
    uint32_t away;                       /* devices, a bit each */
    int64_t since_ns[FRAME_OUTPUTS_MAX]; /* when the OFF was ordered; INT64_MIN: none waits */
};

/* Nothing waits. `config` must outlive `offs`. */
void offs_init(struct offs *offs, const struct config *config);

/* Takes in what was read: confirmations, and devices lost or back. */
void offs_confirm(struct offs *offs, const struct frame_in *in) RT_SAFE;

/* Takes in what is about to be written at session time now_ns. */
void offs_order(struct offs *offs, const struct frame_out *out, int64_t now_ns) RT_SAFE;

/* Puts each device's oldest age into shared->off_age_ns, and who is away. */
void offs_publish(const struct offs *offs, int64_t now_ns, struct shared *shared) RT_SAFE;
