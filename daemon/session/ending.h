/* ending: how a session ended, in one sentence for people. (session/ending.h)
 *
 * For session.json, summary.json and the terminal. Threads: any, not real-time. */
#pragma once
#include "wire/record.h"

enum { ENDING_TEXT = 192 }; /* bytes of the longest sentence, with its terminator */

/* "The core died by signal 9. Outputs safe after 0.4 ms." NULL: there is no close record. */
void ending_say(const struct record_close *close, char text[ENDING_TEXT]);
