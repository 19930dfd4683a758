/* A .ppd from anywhere: if it is taken, every sample of it can be read. */
#include "session/import_ppd.h"
#include "session/ppd.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    struct ppd ppd;
    struct error err;
    uint8_t *exact = malloc(size > 0 ? size : 1); /* of its own size, so that every step beyond is seen */
    if (exact == NULL)
        abort();
    memcpy(exact, data, size);
    if (ppd_parse(exact, size, "fuzz.ppd", &ppd, &err)) {
        int64_t sum = 0, last_ns = -1;
        for (size_t k = 0; k < ppd.n_frames; k++) {
            for (uint32_t i = 0; i < ppd.n_analog; i++)
                sum += ppd_sample(&ppd, k, i);
            for (uint32_t i = 0; i < ppd.n_digital; i++)
                sum += ppd_digital(&ppd, k, i);
            if (ppd_time_ns(&ppd, k) <= last_ns)
                abort();
            last_ns = ppd_time_ns(&ppd, k);
        }
        for (int has_events = 0; has_events < 2; has_events++) {
            import_ppd_config(&ppd, has_events != 0, &config);
            if (!config_check(&config, &err)) /* what is imported can always be journaled */
                abort();
            free(import_ppd_rig(&ppd, &config, "fuzz.ppd"));
            free(import_ppd_task(&config, "fuzz.ppd"));
        }
        if (sum == INT64_MIN)
            abort();
    }
    free(exact);
    return 0;
}
