#include "engine/base/det.h"
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

static_assert(FLT_EVAL_METHOD == 0, "intermediate results must be rounded to double");
static_assert(DBL_MANT_DIG == 53 && DBL_MAX_EXP == 1024, "double must be IEEE 754 binary64");

/* Constants that are longer than a double come in parts: the first ones have so many zero bits at their end that a
 * product with the reduction's integer is exact. Digits of ln 2 and pi/2 from MPFR. */
static const double ln2_hi = 0x1.62e42fefap-1,
                    ln2_lo = 0x1.cf79abc9e3b3ap-40; /* 36 bits, then 53: integers to 17 bits */

static const double infinity = (double)INFINITY, not_a_number = (double)NAN;

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double double_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* 2 to the k, -1022 <= k <= 1023. */
static double power_of_two(int k)
{
    return double_of((uint64_t)(k + 1023) << 52);
}

/* c[0] + c[1] x + ... + c[n-1] x^(n-1). All series here are Taylor's: short enough on the reduced arguments, and nobody
 * has to wonder where a coefficient came from. */
static inline double series(const double *c, int n, double x)
{
    double sum = c[n - 1];
    for (int i = n - 2; i >= 0; i--)
        sum = c[i] + x * sum;
    return sum;
}
#define SERIES(c, x) series((c), (int)(sizeof(c) / sizeof *(c)), (x))

/* a + b exactly: *sum is the rounded sum, the result what was rounded away (Knuth's TwoSum). */
static double sum_error(double a, double b, double *sum)
{
    const double s = a + b, b_part = s - a;
    *sum = s;
    return (a - (s - b_part)) + (b - b_part);
}

/* x = k ln 2 + r with |r| <= ln 2 / 2, then e^r = 1 + r + r^2 (1/2! + r/3! + ...). The next term, r^14/14!, is below
 * 5e-18. */
double det_exp(double x)
{
    static const double c[] = {
        1.0 / 2,      1.0 / 6,       1.0 / 24,       1.0 / 120,       1.0 / 720,        1.0 / 5040,
        1.0 / 40320., 1.0 / 362880., 1.0 / 3628800., 1.0 / 39916800., 1.0 / 479001600., 1.0 / 6227020800.,
    };
    if (isnan(x))
        return x;
    if (x > 709.79)
        return infinity;
    if (x < -745.2)
        return 0;
    const double k = rint(x * (1 / (ln2_hi + ln2_lo)));
    const double r_hi = x - k * ln2_hi, r_lo = -k * ln2_lo; /* the first is exact */
    const double r = r_hi + r_lo;
    const double y = 1 + (r_hi + (r_lo + r * r * SERIES(c, r)));
    /* In two steps, since 2^k itself may not be a normal number; below that the second step rounds once more. */
    const int n = (int)k, half = n / 2;
    return y * power_of_two(half) * power_of_two(n - half);
}

/* ln(2^k (1 + f)) + tail, for f in [-1/3, 1/3]. With s = f / (2 + f): ln(1 + f) = 2 atanh(s)
 * = f - f^2/2 + s (f^2/2 + R), R = 2 s^2/3 + 2 s^4/5 + ...; f is exact, so that only the small terms carry errors.
 * s^2 <= 0.04: the next term of R is below 1e-18 of f. This range, not the usual
 * [sqrt(1/2) - 1, sqrt(2) - 1], keeps the sum of the roundings below 1 ulp with some room. */
static double log_of_parts(double k, double f, double tail)
{
    static const double c[] = {2.0 / 3,  2.0 / 5,  2.0 / 7,  2.0 / 9,  2.0 / 11, 2.0 / 13,
                               2.0 / 15, 2.0 / 17, 2.0 / 19, 2.0 / 21, 2.0 / 23};
    const double s = f / (2 + f), z = s * s, half_square = 0.5 * f * f;
    double sum; /* the large part; without its error the sum k ln 2 + f would lose half an ulp near k = -1 */
    const double lost = sum_error(k * ln2_hi, f, &sum);
    return sum + (lost + (k * ln2_lo + tail - (half_square - s * (half_square + z * SERIES(c, z)))));
}

/* x > 0, normal and finite, as 2^k m with m in [2/3, 4/3). Returns m. */
static double split(double x, int *k)
{
    const uint64_t bits = bits_of(x);
    const double m = double_of((bits & 0x000fffffffffffff) | 0x3ff0000000000000); /* [1, 2) */
    const int exponent = (int)(bits >> 52) - 1023;
    *k = m < 4.0 / 3 ? exponent : exponent + 1;
    return m < 4.0 / 3 ? m : m / 2;
}

double det_log(double x)
{
    if (isnan(x) || x == infinity)
        return x;
    if (x <= 0)
        return x < 0 ? not_a_number : -infinity;
    const int scale = x < DBL_MIN ? 54 : 0; /* lifts subnormals */
    int k;
    const double m = split(x * power_of_two(scale), &k);
    return log_of_parts(k - scale, m - 1, 0);
}

double det_log1p(double x)
{
    if (isnan(x) || x == infinity)
        return x;
    if (x <= -1)
        return x < -1 ? not_a_number : -infinity;
    if (fabs(x) < 0x1p-54)
        return x; /* keeps subnormals and the sign of zero */
    if (fabs(x) < 1.0 / 3)
        return log_of_parts(0, x, 0);
    double y;
    const double lost = sum_error(1, x, &y); /* ln(y + lost) = ln(y) + lost / y */
    int k;
    const double m = split(y, &k);
    return log_of_parts(k, m - 1, lost / y);
}

double det_pow(double a, double b)
{
    return det_exp(b * det_log(a));
}

/* sin(y + tail) for |y| <= pi/4, tail below half an ulp of y. The next term, y^19/19!, is below 1e-19. */
static double sine_near_zero(double y, double tail)
{
    static const double c[] = {-1.0 / 6,         1.0 / 120,          -1.0 / 5040,          1.0 / 362880.,
                               -1.0 / 39916800., 1.0 / 6227020800.0, -1.0 / 1307674368000, 1.0 / 355687428096000};
    const double z = y * y;
    return y + (tail * (1 - 0.5 * z) + y * z * SERIES(c, z));
}

/* cos(y + tail), as above. 1 - z/2 is split exactly, else its rounding would add to the last one's. */
static double cosine_near_zero(double y, double tail)
{
    static const double c[] = {1.0 / 24,        -1.0 / 720,         1.0 / 40320,         -1.0 / 3628800.,
                               1.0 / 479001600, -1.0 / 87178291200, 1.0 / 20922789888000};
    const double z = y * y, half = 0.5 * z, top = 1 - half;
    return top + ((1 - top - half) + (z * z * SERIES(c, z) - y * tail));
}

/* x - k pi/2 with pi/2 in four parts (Cody & Waite 1980), the remainder kept as y + tail: next to a multiple of pi/2
 * all but 2^-53 cancels, and what is left must still have 53 good bits. k is below 2^20, the first three parts have 33
 * bits, so their products are exact. */
void det_sincos(double x, double *sine, double *cosine)
{
    static const double pi_2[] = {0x1.921fb544p0, 0x1.0b4611a6p-34, 0x1.3198a2e0p-69, 0x1.b839a252049c1p-104};
    if (!(fabs(x) <= 1e6)) {
        *sine = *cosine = not_a_number;
        return;
    }
    if (fabs(x) < 0x1p-27) { /* keeps subnormals and the sign of zero */
        *sine = x;
        *cosine = 1;
        return;
    }
    const double k = rint(x * (2 / 3.14159265358979323846));
    double y = x - k * pi_2[0]; /* exact */
    double tail = sum_error(y, -k * pi_2[1], &y);
    tail += sum_error(y, -k * pi_2[2], &y);
    tail = sum_error(y, tail - k * pi_2[3], &y);
    const double s = sine_near_zero(y, tail), c = cosine_near_zero(y, tail);
    switch ((unsigned)(int)k % 4) {
    case 0:
        *sine = s, *cosine = c;
        break;
    case 1:
        *sine = c, *cosine = -s;
        break;
    case 2:
        *sine = -s, *cosine = -c;
        break;
    default:
        *sine = -c, *cosine = s;
        break;
    }
}

/* Small: tanh x = x - x (C - S) / C with C = cosh x and S = sinh x / x, whose difference has the terms 2n x^2n /
 * (2n+1)!. From 0.55 on tanh is above 1/2 and 1 - 2 / (e^2x + 1) loses nothing. */
double det_tanh(double x)
{
    static const double d[] = {2.0 / 6,           4.0 / 120,         6.0 / 5040,          8.0 / 362880.,
                               10.0 / 39916800.0, 12.0 / 6227020800, 14.0 / 1307674368000};
    static const double c[] = {1,           1.0 / 2,       1.0 / 24,        1.0 / 720,
                               1.0 / 40320, 1.0 / 3628800, 1.0 / 479001600, 1.0 / 87178291200};
    if (fabs(x) < 0x1p-27)
        return x; /* keeps subnormals and the sign of zero */
    const double z = x * x;
    if (z < 0.55 * 0.55)
        return x - x * (z * SERIES(d, z)) / SERIES(c, z);
    return copysign(1 - 2 / (det_exp(2 * fabs(x)) + 1), x);
}

/* The finaliser of splitmix64 (Steele, Lea & Flood 2014): every bit in reaches every bit out. */
uint64_t det_digest(uint64_t digest, double x)
{
    const uint64_t bits = isnan(x) ? 0x7ff8000000000000 : bits_of(x);
    uint64_t z = (digest ^ bits) + 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}
