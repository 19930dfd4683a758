#include "session/ending.h"
#include "engine/base/units.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const sentences[] = {
    [FRAME_END_DURATION] = "Its time was over.",
    [FRAME_END_STOP] = "It was asked to stop.",
    [FRAME_END_ESTOP] = "Emergency stop.",
    [FRAME_END_NO_PLAN] = "The task gave no next trial within a second.",
    [FRAME_END_DEVICE] = "A device was lost.",
    [FRAME_END_TASK] = "The task said that it was over.",
    [FRAME_END_RING_FULL] = "The journal could not be written, and the shared memory was full.",
    [FRAME_END_KEEPER] = "The keeper died or stood still.",
    [FRAME_END_CORE] = "The core died.",
    [FRAME_END_JOURNAL] = "The journal could not be written.",
};

void ending_say(const struct record_close *close, char text[ENDING_TEXT])
{
    const size_t n_sentences = sizeof sentences / sizeof *sentences;
    if (close == NULL) {
        snprintf(text, ENDING_TEXT, "Nobody was left to say why: all processes were killed, or the power went.");
        return;
    }
    const bool known = close->reason < n_sentences && sentences[close->reason] != NULL;
    size_t n = 0;
    if (close->reason == FRAME_END_CORE && close->signal != 0)
        n = (size_t)snprintf(text, ENDING_TEXT, "The core died by signal %" PRIu32 "%s.", close->signal,
                             close->signal == 9 ? ", somebody's or the keeper's because it hung" : "");
    else if (close->reason == FRAME_END_DEVICE && close->signal != 0)
        n = (size_t)snprintf(text, ENDING_TEXT, "A device did not confirm that an output is off.");
    else
        n = (size_t)snprintf(text, ENDING_TEXT, "%s", known ? sentences[close->reason] : "For a reason unknown here.");
    if (close->safe_after_ns < 0)
        snprintf(text + n, ENDING_TEXT - n, " Outputs were not confirmed safe.");
    else
        snprintf(text + n, ENDING_TEXT - n, " Outputs safe after %.3g ms.", (double)close->safe_after_ns / (double)MS);
}
