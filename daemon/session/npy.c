#include "session/npy.h"
#include "session/folder.h"
#include "wire/bytes.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADER_MAX = 65535, FILE_MAX = NPY_VALUES_MAX * 8 + HEADER_MAX + 12 };

static bool refuse(struct error *err, const char *name, size_t offset, const char *what, const char *expected)
{
    char where[256];
    snprintf(where, sizeof where, "%.220s: byte %zu", name, offset);
    return error_set(err, ERROR_INPUT, where, what, NULL, "%s", expected);
}

/* A cursor in the header's text, a Python dict: {'descr': '<f8', 'fortran_order': False, 'shape': (137,), } */
struct text {
    const char *at, *end;
};

static bool skip(struct text *text, const char *token)
{
    while (text->at < text->end && (*text->at == ' ' || *text->at == '\n'))
        text->at++;
    const size_t n = strlen(token);
    if ((size_t)(text->end - text->at) < n || memcmp(text->at, token, n) != 0)
        return false;
    text->at += n;
    return true;
}

/* One value of the dict by its key. NULL, or what was expected. */
static const char *parse_value(struct text *text, unsigned *seen, uint64_t *n)
{
    if (skip(text, "'descr':")) {
        *seen |= 1;
        return skip(text, "'<f8'") ? NULL : "'<f8': little-endian float64";
    }
    if (skip(text, "'fortran_order':")) {
        *seen |= 2;
        return skip(text, "False") || skip(text, "True") ? NULL : "False or True";
    }
    if (!skip(text, "'shape':"))
        return "descr, fortran_order and shape";
    *seen |= 4;
    *n = 0;
    if (!skip(text, "("))
        return "a shape with one dimension: (N,)";
    const char *digits = text->at;
    for (; text->at < text->end && *text->at >= '0' && *text->at <= '9' && *n <= NPY_VALUES_MAX; text->at++)
        *n = *n * 10 + (uint64_t)(*text->at - '0');
    if (text->at == digits || !skip(text, ",") || !skip(text, ")"))
        return "a shape with one dimension: (N,)";
    return *n <= NPY_VALUES_MAX ? NULL : "at most 4194304 values";
}

static const char *parse_dict(struct text *text, uint64_t *n)
{
    unsigned seen = 0;
    if (!skip(text, "{"))
        return "a dict";
    while (!skip(text, "}")) {
        const char *wrong = parse_value(text, &seen, n);
        if (wrong != NULL)
            return wrong;
        if (!skip(text, ",")) {
            if (!skip(text, "}"))
                return "a comma or the end of the dict";
            break;
        }
    }
    return seen == 7 ? NULL : "descr, fortran_order and shape";
}

bool npy_parse(const uint8_t *data, size_t size, const char *name, double **values, size_t *n, struct error *err)
{
    *values = NULL;
    *n = 0;
    if (size < 10 || memcmp(data, "\x93NUMPY", 6) != 0)
        return refuse(err, name, 0, "NPY file", "the bytes 93 N U M P Y and a header");
    const bool long_header = data[6] == 2;
    if ((data[6] != 1 && data[6] != 2) || data[7] != 0)
        return refuse(err, name, 6, "NPY version", "1.0 or 2.0");
    struct bytes_in in = bytes_reader(data, size);
    in.used = 8;
    const size_t length = long_header ? bytes_get_u32(&in) : bytes_get_u16(&in);
    if (!in.ok || length > HEADER_MAX || length > size - in.used)
        return refuse(err, name, 8, "NPY header length", "a header within the file");
    struct text text = {(const char *)data + in.used, (const char *)data + in.used + length};
    uint64_t count = 0;
    const char *wrong = parse_dict(&text, &count);
    if (wrong != NULL)
        return refuse(err, name, (size_t)(text.at - (const char *)data), "NPY header", wrong);
    in.used += length;
    if (size - in.used != count * 8) {
        char expected[64];
        snprintf(expected, sizeof expected, "%" PRIu64 " bytes behind the header", count * 8);
        return refuse(err, name, size, "NPY data", expected);
    }
    double *result = malloc(count * 8 + 1);
    if (result == NULL)
        return error_system(err, name, "NPY data", ENOMEM);
    for (uint64_t i = 0; i < count; i++)
        result[i] = bytes_get_f64(&in);
    *values = result;
    *n = (size_t)count;
    return true;
}

bool npy_read(const char *path, double **values, size_t *n, struct error *err)
{
    uint8_t *data;
    size_t size;
    *values = NULL;
    if (!folder_read_file(path, FILE_MAX, &data, &size, err))
        return false;
    const bool ok = npy_parse(data, size, path, values, n, err);
    free(data);
    return ok;
}
