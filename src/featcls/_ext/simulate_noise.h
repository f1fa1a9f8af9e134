/* Photon and read-out noise, a whole image a call; see simulate.pyx for what they are given.
 *
 * Every number is a hash of (key, counter): no state, so shots and pixels are independent of the
 * order and of the number of threads. Vectors of 16 floats, plain arithmetic, never contracted:
 * every SIMD clone gives the same bits.
 */
#ifndef FEATCLS_SIMULATE_NOISE_H
#define FEATCLS_SIMULATE_NOISE_H

#include "simd.h"

#define NOISE_LANES 16
#define MOST_TERMS 64
#define LOW_MEAN 16.0f      /* from here on the Cornish-Fisher expansion serves */

typedef float noise_f32 __attribute__((vector_size(64)));
typedef int32_t noise_i32 __attribute__((vector_size(64)));
typedef uint32_t noise_u32 __attribute__((vector_size(64)));
typedef float noise_f32_at __attribute__((vector_size(64), aligned(4)));

#define NOISE_SELECT(where, yes, no) \
    ((noise_f32)(((where) & (noise_i32)(yes)) | (~(where) & (noise_i32)(no))))
#define NOISE_FLOAT(ints) __builtin_convertvector((ints), noise_f32)

/* Hash of Wellons (lowbias32) of the counters first, first + 1, ..., once for each half of the
 * key. */
#define NOISE_MIX(x) \
    (x) ^= (x) >> 16; (x) *= 0x7feb352du; (x) ^= (x) >> 15; (x) *= 0x846ca68bu; (x) ^= (x) >> 16

SIMD_INLINE void noise_bits(uint32_t low, uint32_t high, uint32_t first, noise_u32 *out)
{
    noise_u32 bits = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    bits = (bits + first) ^ low;
    NOISE_MIX(bits);
    bits += high;
    NOISE_MIX(bits);
    *out = bits;
}

/* Square root by two Newton steps on the bit-shifted guess and one of Heron: no errno. 0 -> ~0. */
SIMD_INLINE void noise_root(const noise_f32 *value, noise_f32 *root)
{
    const noise_f32 x = *value;
    noise_f32 y = (noise_f32)(0x5f3759df - ((noise_i32)x >> 1));
    y = y * (1.5f - 0.5f * x * y * y);
    y = y * (1.5f - 0.5f * x * y * y);
    const noise_f32 s = x * y;
    *root = s + 0.5f * y * (x - s * s);
}

/* Standard normal numbers for counters first, first + 1, ...: 32 random bits give the sign and a
 * tail probability t in (0, 1/2), then Giles' single-precision inverse of the error function
 * (GPU Computing Gems, 2012, chapter 10). */
SIMD_INLINE void noise_normal(uint32_t low, uint32_t high, uint32_t first, noise_f32 *out)
{
    noise_u32 bits;
    noise_bits(low, high, first, &bits);
    const noise_f32 t = (NOISE_FLOAT((noise_i32)(bits >> 9)) + 0.5f) * 0x1p-24f;
    const noise_f32 y = 4.0f * t * (1.0f - t);
    /* log(y): the exponent, and a series in (m - 1) / (m + 1) of the mantissa. */
    const noise_i32 exponent = ((noise_i32)y - 0x3f3504f3) >> 23;
    const noise_f32 m = (noise_f32)((noise_i32)y - (exponent << 23));
    const noise_f32 v = (m - 1.0f) / (m + 1.0f), v2 = v * v;
    const noise_f32 series =
        2.0f + v2 * (0.66666667f + v2 * (0.4f + v2 * (0.28571429f + v2 * 0.22222222f)));
    noise_f32 w = -(NOISE_FLOAT(exponent) * 0.69314718f + v * series);
    w = NOISE_SELECT(w > 1e-12f, w, w - w + 1e-12f);
    noise_f32 root;
    noise_root(&w, &root);
    const noise_f32 a = w - 2.5f, b = root - 3.0f;
    static const float coefficients[9][2] = {
        {2.81022636e-08f, -0.000200214257f}, {3.43273939e-07f, 0.000100950558f},
        {-3.5233877e-06f, 0.00134934322f}, {-4.39150654e-06f, -0.00367342844f},
        {0.00021858087f, 0.00573950773f}, {-0.00125372503f, -0.0076224613f},
        {-0.00417768164f, 0.00943887047f}, {0.246640727f, 1.00167406f},
        {1.50140941f, 2.83297682f},
    };
    noise_f32 near = {0}, far = {0};
    for (int i = 0; i < 9; i++) {
        near = coefficients[i][0] + near * a;
        far = coefficients[i][1] + far * b;
    }
    const noise_f32 size = 1.41421356f * (1.0f - 2.0f * t) * NOISE_SELECT(w < 5.0f, near, far);
    *out = (noise_f32)((noise_i32)size ^ ((noise_i32)(bits << 31)));
}

/* Poisson counts of large means: a normal number and the Cornish-Fisher correction for skewness,
 * rounded. */
SIMD_INLINE void noise_poisson_large(
    const noise_f32 *mean, uint32_t low, uint32_t high, uint32_t first, noise_f32 *count)
{
    const noise_f32 m = *mean;
    noise_f32 z, root;
    noise_normal(low, high, first, &z);
    noise_root(&m, &root);
    const noise_f32 x = m + root * z + (z * z - 1.0f) * (1.0f / 6.0f) + 0.5f;
    *count = NOISE_FLOAT(__builtin_convertvector(x, noise_i32));
}

/* Poisson counts of means below LOW_MEAN by inversion of one uniform number: how many terms of
 * the cumulative it exceeds. exp(-m) is a series at m / 128, squared seven times. */
SIMD_INLINE void noise_poisson_small(
    const noise_f32 *mean, uint32_t low, uint32_t high, uint32_t first, noise_f32 *count)
{
    const noise_f32 m = NOISE_SELECT(*mean < LOW_MEAN, *mean, *mean - *mean);
    noise_u32 bits;
    noise_bits(low, high, first, &bits);
    const noise_f32 u = (NOISE_FLOAT((noise_i32)(bits >> 8)) + 0.5f) * 0x1p-24f;
    const noise_f32 t = m * (-1.0f / 128.0f);
    noise_f32 p = 1.0f + t * (1.0f + t * (0.5f + t * (1.0f / 6 + t * (1.0f / 24 + t * (1.0f / 120)))));
    for (int i = 0; i < 7; i++)
        p *= p;
    noise_f32 sum = p;
    noise_i32 n = {0};
    for (int k = 1; k < MOST_TERMS; k++) {
        const noise_i32 beyond = u > sum;
        int32_t any = 0;
        for (int i = 0; i < NOISE_LANES; i++)
            any |= beyond[i];
        if (!any)
            break;
        n -= beyond;
        p *= m * (1.0f / (float)k);
        sum += p;
    }
    /* A rounded sum may stop short of 1 and of one number in 10^6: that lies at 5 sigma. */
    noise_f32 root;
    noise_root(&m, &root);
    const noise_i32 far = __builtin_convertvector(m + 5.0f * root + 4.0f, noise_i32);
    const noise_i32 stuck = n > MOST_TERMS - 2;
    *count = NOISE_FLOAT((stuck & far) | (~stuck & n));
}

SIMD_CLONES static void noise_poisson(float *mean, long n, uint32_t low, uint32_t high)
{
    for (long first = 0; first < n; first += NOISE_LANES) {
        const long here = n - first < NOISE_LANES ? n - first : NOISE_LANES;
        noise_f32 lanes = {0}, large = {0}, small = {0};
        memcpy(&lanes, mean + first, here * sizeof(float));
        const noise_i32 is_small = lanes < LOW_MEAN;
        int32_t n_small = 0;
        for (int i = 0; i < NOISE_LANES; i++)
            n_small -= is_small[i];
        if (n_small < NOISE_LANES)
            noise_poisson_large(&lanes, low, high, (uint32_t)first, &large);
        if (n_small)
            noise_poisson_small(&lanes, low, high, (uint32_t)first, &small);
        lanes = NOISE_SELECT(is_small, small, large);
        memcpy(mean + first, &lanes, here * sizeof(float));
    }
}

/* counts = clip(light * gain + read_noise * z + offset), in place. */
SIMD_CLONES static void noise_read_out(
    float *light, const float *gain, long n, float read_noise, float offset, float bottom,
    float top, uint32_t low, uint32_t high)
{
    for (long first = 0; first < n; first += NOISE_LANES) {
        const long here = n - first < NOISE_LANES ? n - first : NOISE_LANES;
        noise_f32 counts = {0}, factor = {0}, z;
        memcpy(&counts, light + first, here * sizeof(float));
        memcpy(&factor, gain + first, here * sizeof(float));
        noise_normal(low, high, (uint32_t)first, &z);
        counts = counts * factor + read_noise * z + offset;
        counts = NOISE_SELECT(counts < bottom, counts - counts + bottom, counts);
        counts = NOISE_SELECT(counts > top, counts - counts + top, counts);
        memcpy(light + first, &counts, here * sizeof(float));
    }
}

#endif
