#include "session/ppd.h"
#include "wire/bytes.h"
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As the program that writes these files has it. */
static const double clip_fraction = 0.98;
static const double adc_max_default = 32768;

enum { RATE_HZ_MAX = 50000 };

/* What is needed to say where a fault is. */
struct place {
    const uint8_t *data;
    size_t size;
    const char *name;
    struct error *err;
};

static bool refuse(const struct place *place, size_t offset, const char *what, const char *got, const char *expected)
{
    char where[256];
    snprintf(where, sizeof where, "%.220s: byte %zu", place->name, offset);
    return error_set(place->err, ERROR_INPUT, where, what, got, "%s", expected);
}

/* A fault at a key of the JSON header, which is data[2 ..]. */
static bool refuse_key(const struct place *place, const char *key, const char *got, const char *expected)
{
    char quoted[64];
    const int n = snprintf(quoted, sizeof quoted, "\"%s\"", key);
    const uint8_t *at = memmem(place->data, place->size, quoted, (size_t)n);
    return refuse(place, at == NULL ? 2 : (size_t)(at - place->data), key, got, expected);
}

static bool get_number(const struct place *place, const json_t *root, const char *key, double min, double max,
                       double *x)
{
    const json_t *value = json_object_get(root, key);
    char got[32] = "absent", expected[64];
    if (value != NULL)
        snprintf(got, sizeof got, json_is_number(value) ? "%g" : "no number", json_number_value(value));
    snprintf(expected, sizeof expected, "%g..%g", min, max);
    *x = json_number_value(value);
    if (!json_is_number(value) || !(*x >= min && *x <= max))
        return refuse_key(place, key, got, expected);
    return true;
}

static bool get_count(const struct place *place, const json_t *root, const char *key, uint32_t min, uint32_t max,
                      uint32_t *n)
{
    double x;
    if (!get_number(place, root, key, min, max, &x))
        return false;
    *n = (uint32_t)x;
    return *n == x || refuse_key(place, key, NULL, "a whole number");
}

/* A text for people: what does not fit or could disturb a terminal is left out. */
static void get_text(const json_t *value, char text[PPD_TEXT])
{
    size_t n = 0;
    const char *from = json_is_string(value) ? json_string_value(value) : "";
    for (; *from != 0 && n < PPD_TEXT - 1; from++) {
        const char c = *from;
        const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        text[n++] = plain || strchr("_-.:", c) != NULL ? c : '_';
    }
    text[n] = 0;
}

/* 0.2 from 0.2, "0.2" or "0.2.1"; 0 if there is none. */
static bool get_version(const struct place *place, const json_t *root, double *version)
{
    const json_t *value = json_object_get(root, "version");
    char *end = NULL;
    *version = json_number_value(value);
    if (json_is_string(value))
        *version = strtod(json_string_value(value), &end);
    const bool ok = value == NULL || json_is_number(value) || (end != NULL && end != json_string_value(value));
    if (!ok || !(*version >= 0 && *version < 100))
        return refuse_key(place, "version", NULL, "a version number such as 1.0");
    return true;
}

static bool get_volts(const struct place *place, const json_t *root, struct ppd *ppd)
{
    const json_t *list = json_object_get(root, "volts_per_division");
    const size_t n = json_array_size(list);
    for (uint32_t i = 0; i < ppd->n_analog; i++) {
        const double volts = json_number_value(json_array_get(list, i < n ? i : 0));
        if (!(volts > 0 && volts < 1))
            return refuse_key(place, "volts_per_division", NULL, "a list of voltages: volts a count, above 0");
        ppd->volts_per_count[i] = volts;
    }
    return true;
}

/* How the version interleaves its words. */
static bool get_layout(const struct place *place, const json_t *root, struct ppd *ppd)
{
    const json_t *mode = json_object_get(root, "mode");
    double version, adc_max = adc_max_default;
    if (!get_version(place, root, &version))
        return false;
    ppd->n_analog = ppd->n_digital = 2;
    if (version >= 1.0 && (!get_count(place, root, "n_analog_signals", 1, PPD_ANALOG_MAX, &ppd->n_analog) ||
                           !get_count(place, root, "n_digital_signals", 0, ppd->n_analog, &ppd->n_digital)))
        return false;
    if (version >= 1.1 && json_object_get(root, "ADC_max_value") != NULL &&
        !get_number(place, root, "ADC_max_value", 1, 65535, &adc_max))
        return false;
    ppd->pulsed = version >= 1.1 && json_is_string(mode) && strstr(json_string_value(mode), "pulsed") != NULL;
    ppd->n_words = ppd->n_analog * (ppd->pulsed ? 2 : 1);
    if (!get_volts(place, root, ppd))
        return false;
    ppd->clip_v = clip_fraction * adc_max * ppd->volts_per_count[0];
    return true;
}

static bool get_header(const struct place *place, size_t length, struct ppd *ppd)
{
    json_error_t fault;
    json_t *root = json_loadb((const char *)place->data + 2, length, 0, &fault);
    if (root == NULL)
        return refuse(place, 2 + (fault.position > 0 ? (size_t)fault.position : 0), "ppd header", NULL, "JSON");
    bool ok = json_is_object(root) || refuse(place, 2, "ppd header", NULL, "a JSON object");
    ok = ok && get_number(place, root, "sampling_rate", 1, RATE_HZ_MAX, &ppd->rate_hz);
    ok = ok && get_layout(place, root, ppd);
    get_text(json_object_get(root, "subject_ID"), ppd->subject);
    get_text(json_object_get(root, "date_time"), ppd->date_time);
    json_decref(root);
    return ok;
}

bool ppd_parse(const uint8_t *data, size_t size, const char *name, struct ppd *ppd, struct error *err)
{
    *ppd = (struct ppd){0};
    struct place place = {data, size, name, err};
    struct bytes_in in = bytes_reader(data, size);
    const size_t length = bytes_get_u16(&in);
    if (!in.ok || length > size - 2) {
        char got[32];
        snprintf(got, sizeof got, "%zu", length);
        return refuse(&place, 0, "ppd header length", in.ok ? got : "cut", "at most the file's length");
    }
    place.size = 2 + length;
    if (!get_header(&place, length, ppd))
        return false;
    const size_t bytes = size - place.size, frame = (size_t)ppd->n_words * 2;
    ppd->words = data + place.size;
    ppd->n_frames = bytes / frame;
    ppd->n_dropped = bytes % frame;
    if (ppd->n_frames == 0)
        return refuse(&place, place.size, "ppd samples", "none", "at least one frame");
    return true;
}

static uint32_t word(const struct ppd *ppd, size_t k, uint32_t i)
{
    const uint8_t *at = ppd->words + (k * ppd->n_words + i) * 2;
    return (uint32_t)at[0] | (uint32_t)at[1] << 8;
}

int32_t ppd_sample(const struct ppd *ppd, size_t k, uint32_t i)
{
    if (!ppd->pulsed)
        return (int32_t)(word(ppd, k, i) >> 1);
    return (int32_t)(word(ppd, k, 2 * i) >> 1) - (int32_t)(word(ppd, k, 2 * i + 1) >> 1);
}

bool ppd_digital(const struct ppd *ppd, size_t k, uint32_t i)
{
    return (word(ppd, k, ppd->pulsed ? 2 * i : i) & 1) != 0;
}

int64_t ppd_time_ns(const struct ppd *ppd, size_t k)
{
    return llround((double)k * 1e9 / ppd->rate_hz);
}
