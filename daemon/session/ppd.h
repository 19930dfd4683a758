/* ppd: reads a pyPhotometry recording (.ppd), all versions. (session/ppd.h)
 *
 * A header length, a JSON header, then 16-bit words: 15 bits of ADC value and one bit of a digital input. Which word
 * belongs to what depends on the version (below 1.0, 1.0, 1.1 and later). What is wrong is refused with one line and a
 * byte offset; a tail that is no whole frame, from a recording that was cut, is dropped and counted.
 * Threads: any. Memory: the struct points into the caller's bytes. */
#pragma once
#include "engine/base/error.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PPD_ANALOG_MAX = 8, PPD_TEXT = 32, PPD_FILE_MAX = 1 << 30 };

struct ppd {
    char subject[PPD_TEXT];   /* "" if the header has none */
    char date_time[PPD_TEXT]; /* local time of the recording's start: 2019-11-24T09:39:39 */
    double rate_hz;           /* per channel; sample k is at k / rate_hz */
    double volts_per_count[PPD_ANALOG_MAX];
    double clip_v; /* at or above: clipped */
    bool pulsed;   /* each sample is an on word minus an off word */
    uint32_t n_analog, n_digital;
    uint32_t n_words; /* of a frame */
    const uint8_t *words;
    size_t n_frames;
    size_t n_dropped; /* bytes after the last whole frame */
};

/* Reads the file's `size` bytes; `name` stands for the file in errors. False and *err: ERROR_INPUT. */
MUST_CHECK bool ppd_parse(const uint8_t *data, size_t size, const char *name, struct ppd *ppd, struct error *err);

/* Sample `k` of channel `i` in counts, and the level of digital input `i`. */
int32_t ppd_sample(const struct ppd *ppd, size_t k, uint32_t i);
bool ppd_digital(const struct ppd *ppd, size_t k, uint32_t i);

/* Session time of sample k, to the nearest ns. */
int64_t ppd_time_ns(const struct ppd *ppd, size_t k);
