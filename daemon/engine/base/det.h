/* det: the mathematics that gives the same bits on every processor. (engine/base/det.h)
 *
 * The C library's exp, log, pow, sin, cos and tanh pick other instructions on other processors and then differ in the
 * last bit; a replay must not. These use only operations that IEEE 754 fixes to the bit (+ - * / sqrt and integer
 * work), so a recorded decision is reproduced anywhere. Within 1 ulp of the true value (tests compare with MPFR).
 * NaN in, NaN out. Must be compiled without contraction into fused multiply-adds.
 * Threads: any, real-time. No state. */
#pragma once
#include "engine/base/rt.h"
#include <stdint.h>

/* e to the x. Overflows to +inf above 709.78, underflows through subnormals (to 2 ulp there) to 0 below -745.2. */
double det_exp(double x) RT_SAFE;

/* Natural logarithm. -inf at 0, NaN below, +inf at +inf. */
double det_log(double x) RT_SAFE;

/* log(1 + x), accurate for small x too. -inf at -1, NaN below. */
double det_log1p(double x) RT_SAFE;

/* a to the b for a > 0: det_exp(b * det_log(a)); relative error grows with |b * log(a)| (about that many ulp). */
double det_pow(double a, double b) RT_SAFE;

/* Sine and cosine of x radians together, for |x| <= 1e6; beyond that NaN, because phases are kept wrapped. */
void det_sincos(double x, double *sine, double *cosine) RT_SAFE;

/* Hyperbolic tangent. Within 2 ulp. */
double det_tanh(double x) RT_SAFE;

/* `x` folded into 64 well-mixed bits together with `digest`: digests of states and outputs are chained with it, the
 * order counts. -0.0 and 0.0 differ, as their bits do; all NaNs are alike, since processors make different ones. Start
 * at 0. */
uint64_t det_digest(uint64_t digest, double x) RT_SAFE;
