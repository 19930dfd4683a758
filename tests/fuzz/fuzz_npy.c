/* An NPY file from anywhere: if it is taken, all its values are there. */
#include "session/npy.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double *values = NULL;
    size_t n = 0;
    struct error err;
    uint8_t *exact = malloc(size > 0 ? size : 1); /* of its own size, so that every step beyond is seen */
    if (exact == NULL)
        abort();
    memcpy(exact, data, size);
    if (npy_parse(exact, size, "fuzz.npy", &values, &n, &err)) {
        if (n * 8 > size || (n > 0 && memcmp(values, exact + size - n * 8, n * 8) != 0))
            abort();
    } else if (values != NULL)
        abort();
    free(values);
    free(exact);
    return 0;
}
