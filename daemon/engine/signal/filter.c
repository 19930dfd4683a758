#include "engine/signal/filter.h"
#include "engine/base/det.h"
#include <assert.h>
#include <math.h>

#define PI 3.14159265358979323846

/* K = tan(pi cut / rate) is the prewarped cut; 1/Q = 2 cos of the poles' angle to the negative axis: pi / 4 for order
 * 2; pi / 8 and 3 pi / 8 for order 4, the well damped section first. */
static void section_init(struct filter_section *section, double k, double inverse_q)
{
    const double norm = 1 / (1 + inverse_q * k + k * k), b0 = k * k * norm;
    *section = (struct filter_section){
        .b0 = b0,
        .b1 = 2 * b0,
        .b2 = b0,
        .a1 = 2 * (k * k - 1) * norm,
        .a2 = (1 - inverse_q * k + k * k) * norm,
    };
}

bool filter_init(struct filter *filter, double sample_hz, double cut_hz, int order, struct error *err)
{
    if (!(sample_hz >= 0.1 && sample_hz <= 1e6))
        return error_set(err, ERROR_INPUT, NULL, "sample_hz", NULL, "0.1..1e6 Hz, got %g", sample_hz);
    if (!(cut_hz >= 0.0001 * sample_hz && cut_hz <= 0.49 * sample_hz))
        return error_set(err, ERROR_INPUT, NULL, "lowpass_hz", NULL, "%g..%g Hz at %g samples a second, got %g",
                         0.0001 * sample_hz, 0.49 * sample_hz, sample_hz, cut_hz);
    if (order != 2 && order != 4)
        return error_set(err, ERROR_INPUT, NULL, "order", NULL, "2 or 4, got %d", order);
    const double inverse_q[2][FILTER_SECTIONS_MAX] = {
        {sqrt(2)           },
        { sqrt(2 + sqrt(2)), sqrt(2 - sqrt(2))}
    };
    double sine, cosine;
    det_sincos(PI * cut_hz / sample_hz, &sine, &cosine);
    const double k = sine / cosine;
    *filter = (struct filter){.n_sections = order / 2};
    for (int i = 0; i < filter->n_sections; i++) {
        section_init(&filter->sections[i], k, inverse_q[order / 4][i]);
        filter->delay_s += inverse_q[order / 4][i] / (2 * k * sample_hz); /* the derivative of the phase at 0 */
    }
    return true;
}

double filter_step(struct filter *filter, double x)
{
    assert(filter->n_sections > 0);
    for (int i = 0; i < filter->n_sections; i++) {
        struct filter_section *const s = &filter->sections[i];
        if (!filter->started) { /* the state in which x for ever gives x */
            s->z2 = (s->b2 - s->a2) * x;
            s->z1 = (1 - s->b0) * x;
        }
        const double y = s->b0 * x + s->z1;
        s->z1 = s->b1 * x - s->a1 * y + s->z2;
        s->z2 = s->b2 * x - s->a2 * y;
        x = y;
    }
    filter->started = true;
    return x;
}

double filter_delay_s(const struct filter *filter)
{
    return filter->delay_s;
}
