#include "engine/signal/phase.h"
#include "engine/base/det.h"
#include <math.h>

#define PI 3.14159265358979323846
/* Two equal resonators in a row lose half the power where each loses a factor 1.41: that is this much nearer to the
 * middle than its own half-power edge, sqrt(sqrt(2) - 1). */
#define TWO_IN_A_ROW 0.64359425290558263

bool phase_band_good(double sample_hz, double low_hz, double high_hz)
{
    const double middle_hz = (low_hz + high_hz) / 2, width_hz = high_hz - low_hz;
    return low_hz >= 0.01 && high_hz <= sample_hz / 10 && width_hz <= middle_hz && width_hz >= middle_hz / 20;
}

bool phase_init(struct phase *phase, double sample_hz, double low_hz, double high_hz, struct error *err)
{
    if (!phase_band_good(sample_hz, low_hz, high_hz))
        return error_set(err, ERROR_INPUT, NULL, "phase", NULL,
                         "a band from 0.01 Hz to a tenth of %g Hz, 1/20 to 1 of its middle wide, got %g..%g Hz",
                         sample_hz, low_hz, high_hz);
    const double turn = 2 * PI * (low_hz + high_hz) / 2 / sample_hz;
    const double keep = det_exp(-PI * (high_hz - low_hz) / TWO_IN_A_ROW / sample_hz);
    const double rate = 1 - det_exp(-2 * PI * low_hz / 8 / sample_hz);
    double sine, cosine;
    det_sincos(turn, &sine, &cosine);
    /* The high-pass at the middle: 1 - rate / (1 - (1 - rate) / e^{i turn}). */
    const double below_re = 1 - (1 - rate) * cosine, below_im = (1 - rate) * sine;
    const double below = below_re * below_re + below_im * below_im;
    const double high_re = 1 - rate * below_re / below, high_im = rate * below_im / below;
    const double high = high_re * high_re + high_im * high_im;
    *phase = (struct phase){
        .mean_rate = rate,
        .turn_re = keep * cosine,
        .turn_im = keep * sine,
        .gain = 1 - keep,
        .undo_re = 2 * high_re / high,
        .undo_im = -2 * high_im / high,
        .settle_s = 2 * keep / (1 - keep) / sample_hz,
    };
    return true;
}

void phase_feed(struct phase *phase, double x)
{
    if (phase->n == 0)
        phase->mean = x;
    phase->n++;
    phase->mean += phase->mean_rate * (x - phase->mean);
    const double high = x - phase->mean;
    const double re1 = phase->turn_re * phase->re1 - phase->turn_im * phase->im1 + phase->gain * high;
    const double im1 = phase->turn_re * phase->im1 + phase->turn_im * phase->re1;
    const double re2 = phase->turn_re * phase->re2 - phase->turn_im * phase->im2 + phase->gain * re1;
    const double im2 = phase->turn_re * phase->im2 + phase->turn_im * phase->re2 + phase->gain * im1;
    phase->re1 = re1;
    phase->im1 = im1;
    phase->re2 = re2;
    phase->im2 = im2;
    phase->re_before = phase->re;
    phase->im_before = phase->im;
    phase->re = phase->undo_re * re2 - phase->undo_im * im2;
    phase->im = phase->undo_re * im2 + phase->undo_im * re2;
}

double phase_amplitude(const struct phase *phase)
{
    return sqrt(phase->re * phase->re + phase->im * phase->im);
}

bool phase_passed(const struct phase *phase, double sine, double cosine)
{
    const double before = phase->im_before * cosine - phase->re_before * sine;
    const double now = phase->im * cosine - phase->re * sine;
    return before < 0 && now >= 0 && phase->re * cosine + phase->im * sine > 0;
}

double phase_settle_s(const struct phase *phase)
{
    return phase->settle_s;
}
