#include "engine/base/rng.h"
#include "engine/base/det.h"
#include <assert.h>
#include <math.h>

static uint64_t rotate_left(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

static uint64_t splitmix64(uint64_t *x)
{
    uint64_t z = *x += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

void rng_init(struct rng *rng, uint64_t seed, const char *purpose)
{
    uint64_t x = seed ^ rng_hash(purpose);
    for (int i = 0; i < 4; i++)
        rng->s[i] = splitmix64(&x); /* four different inputs of a bijection: never all zero, the one state that stays */
}

uint64_t rng_next(struct rng *rng)
{
    uint64_t *const s = rng->s;
    const uint64_t result = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

double rng_uniform(struct rng *rng)
{
    return (double)(rng_next(rng) >> 11) * 0x1p-53;
}

bool rng_bernoulli(struct rng *rng, double p)
{
    return rng_uniform(rng) < p;
}

double rng_exponential(struct rng *rng, double mean)
{
    return -mean * det_log(1 - rng_uniform(rng));
}

static double ratio(const double numerator[8], const double denominator[8], double x)
{
    double n = numerator[7], d = denominator[7];
    for (int i = 6; i >= 0; i--) {
        n = numerator[i] + x * n;
        d = denominator[i] + x * d;
    }
    return n / d;
}

/* The normal quantile of p, 0 < p < 1 (Wichura 1988, Applied Statistics 37:477, algorithm AS 241, PPND16): three
 * rational functions of degree 7, for the middle, the tails, and the far tails. */
static double normal_quantile(double p)
{
    static const double middle[2][8] = {
        {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
         4.5921953931549871457e4,                                                                                                     6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3},
        {1.0,                     4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
         3.9307895800092710610e4,                                                                                                                              2.8729085735721942674e4, 5.2264952788528545610e3},
    };
    static const double tail[2][8] = {
        {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
         1.27045825245236838258e0,                                                                                                           2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
        {1.0,                      2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
         1.51986665636164571966e-2,                                                                                                                                     5.47593808499534494600e-4, 1.05075007164441684324e-9},
    };
    static const double far_tail[2][8] = {
        {6.65790464350110377720e0, 5.46378491116411436990e0,  1.78482653991729133580e0,  2.96560571828504891230e-1,
         2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7 },
        {1.0,                      5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
         7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15},
    };
    const double q = p - 0.5;
    if (fabs(q) <= 0.425)
        return q * ratio(middle[0], middle[1], 0.180625 - q * q); /* 0.180625 = 0.425^2 */
    const double r = sqrt(-det_log(q < 0 ? p : 1 - p));
    const double z = r <= 5 ? ratio(tail[0], tail[1], r - 1.6) : ratio(far_tail[0], far_tail[1], r - 5);
    return copysign(z, q);
}

double rng_normal(struct rng *rng, double mean, double sd)
{
    const double u = rng_uniform(rng);
    return mean + sd * normal_quantile(u > 0 ? u : 0x1p-54);
}

/* The share of the normal law below -z, z > 0: where the quantile is -z. The quantile grows, so 60 halvings of
 * (0, 1/2) pin it to the last bits. */
static double normal_below(double z)
{
    double low = 0x1p-60, high = 0.5;
    for (int i = 0; i < 60; i++) {
        const double middle = (low + high) / 2;
        if (normal_quantile(middle) < -z)
            low = middle;
        else
            high = middle;
    }
    return high;
}

double rng_normal_cut(struct rng *rng, double mean, double sd, double cut)
{
    const double below = normal_below(cut);
    const double z = normal_quantile(below + rng_uniform(rng) * (1 - 2 * below));
    return mean + sd * (z < -cut ? -cut : z > cut ? cut : z);
}

size_t rng_choice(struct rng *rng, const double *weights, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    assert(sum > 0);
    const double threshold = rng_uniform(rng) * sum;
    double passed = 0;
    size_t last = 0; /* the last index that may be drawn, should u * sum round up to sum */
    for (size_t i = 0; i < n; i++) {
        passed += weights[i];
        if (threshold < passed)
            return i;
        if (weights[i] > 0)
            last = i;
    }
    return last;
}

uint64_t rng_hash(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325;
    for (; *text != '\0'; text++)
        hash = (hash ^ (uint8_t)*text) * 0x100000001b3;
    return hash;
}
