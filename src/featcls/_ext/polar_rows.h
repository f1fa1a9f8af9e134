/* Bilinear samples along one ring; see polar.pyx. */
#ifndef FEATCLS_POLAR_ROWS_H
#define FEATCLS_POLAR_ROWS_H

#include "simd.h"

/* Two neighbours of a row. Loading them together is several times quicker than the gathers that a
 * vector loop over the points would need. */
typedef float polar_pair __attribute__((vector_size(8)));

SIMD_INLINE polar_pair polar_load(const float *pixels)
{
    polar_pair pair;
    memcpy(&pair, pixels, sizeof pair);
    return pair;
}

/* All pixels count alike; `inside` is 0 for points outside the image. */
static void polar_ring(
    const float *restrict image, long cols, const int32_t *restrict first,
    const float *restrict right, const float *restrict down, const float *restrict inside, long n,
    float *restrict out, float *restrict weight)
{
    for (long k = 0; k < n; k++) {
        const polar_pair top = polar_load(image + first[k]);
        const polar_pair bottom = polar_load(image + first[k] + cols);
        const polar_pair pair = top + down[k] * (bottom - top);
        out[k] = inside[k] * (pair[0] + right[k] * (pair[1] - pair[0]));
        weight[k] = inside[k];
    }
}

/* Each pixel counts with its weight; 0 where none of the four has any. */
static void polar_weighted_ring(
    const float *restrict image, const float *restrict weights, long cols,
    const int32_t *restrict first, const float *restrict right, const float *restrict down,
    const float *restrict inside, long n, float *restrict out, float *restrict weight)
{
    for (long k = 0; k < n; k++) {
        const polar_pair along = {1.0f - right[k], right[k]};
        const polar_pair upper =
            (1.0f - down[k]) * along * polar_load(weights + first[k]);
        const polar_pair lower = down[k] * along * polar_load(weights + first[k] + cols);
        const polar_pair both = upper * polar_load(image + first[k])
            + lower * polar_load(image + first[k] + cols);
        const polar_pair shares = upper + lower;
        const float total = inside[k] * (shares[0] + shares[1]);
        out[k] = total > 0.0f ? inside[k] * (both[0] + both[1]) / total : 0.0f;
        weight[k] = total;
    }
}

#endif
