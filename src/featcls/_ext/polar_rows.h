/* Samples of an image at points between its pixels, and means over sets of pixels; see polar.pyx.
 * Where there is a mask, a pixel of share 0 is left out whatever it holds, NaN included. */
#ifndef FEATCLS_POLAR_ROWS_H
#define FEATCLS_POLAR_ROWS_H

#include "simd.h"

#define POLAR_LANES 16 /* rings that lie side by side */
#define POLAR_FOUR 4   /* shares of a point: two pixels of a row, the two below */

/* Two points, each with two neighbours of a row. Loading neighbours together is several times
 * quicker than the gathers that a vector loop over the points would need. */
typedef float polar_four __attribute__((vector_size(16)));
typedef float polar_four_at __attribute__((vector_size(16), aligned(4)));
typedef int32_t polar_four_i __attribute__((vector_size(16)));
typedef double polar_two __attribute__((vector_size(16)));

SIMD_INLINE double polar_load(const float *pixels)
{
    double pair;
    memcpy(&pair, pixels, sizeof pair);
    return pair;
}

SIMD_INLINE polar_four polar_shared(
    const float *first, const float *second, const float *shares, int masked)
{
    const polar_two pixels = {polar_load(first), polar_load(second)};
    const polar_four share = *(const polar_four_at *)shares;
    const polar_four value = (polar_four)pixels * share;
    return masked ? (polar_four)((polar_four_i)value & (share != 0.0f)) : value;
}

/* The sums of both pixels of two points; shares are those of the upper row, then the lower. */
SIMD_INLINE polar_four polar_points(
    const float *image, long cols, const int32_t *first, const float *shares, int masked)
{
    const float *const one = image + first[0], *const two = image + first[1];
    return polar_shared(one, two, shares, masked)
        + polar_shared(one + cols, two + cols, shares + 4, masked);
}

SIMD_INLINE void polar_all_points(
    const float *restrict image, long cols, const int32_t *restrict first,
    const float *restrict shares, long n, int masked, float *restrict out)
{
    for (long k = 0; k < n; k += 4) {
        const float *const share = shares + POLAR_FOUR * k;
        const polar_four a = polar_points(image, cols, first + k, share, masked);
        const polar_four b = polar_points(image, cols, first + k + 2, share + 8, masked);
        const polar_four left = {a[0], a[2], b[0], b[2]}, right = {a[1], a[3], b[1], b[3]};
        *(polar_four_at *)(out + k) = left + right;
    }
}

/* Bilinear samples; n is a multiple of 4. */
static void polar_sample_points(
    const float *image, long cols, const int32_t *first, const float *shares, long n, int masked,
    float *out)
{
    if (masked)
        polar_all_points(image, cols, first, shares, n, 1, out);
    else
        polar_all_points(image, cols, first, shares, n, 0, out);
}

/* Means over the pixels start[k]..start[k + 1] of each bin. */
static void polar_sample_bins(
    const float *restrict image, const int32_t *restrict pixels, const float *restrict shares,
    const int64_t *restrict start, long n, float *restrict out)
{
    for (long k = 0; k < n; k++) {
        float sum = 0.0f;
        for (int64_t e = start[k]; e < start[k + 1]; e++)
            sum += shares[e] != 0.0f ? shares[e] * image[pixels[e]] : 0.0f;
        out[k] = sum;
    }
}

/* Multiplies shares by the weights of their pixels; they then sum up to 1 again, or are all 0.
 * The weight of the point is multiplied by what they summed up to. */
static void polar_weigh_points(
    const float *restrict weights, long cols, const int32_t *restrict first, long n,
    float *restrict shares, float *restrict weight)
{
    for (long k = 0; k < n; k++) {
        /* polar_points reads the upper pixels of two points, then the lower ones */
        float *const upper = shares + k / 2 * 8 + k % 2 * 2, *const lower = upper + 4;
        const float *const above = weights + first[k], *const below = above + cols;
        const float sums[POLAR_FOUR] = {
            upper[0] * above[0], upper[1] * above[1], lower[0] * below[0], lower[1] * below[1]};
        const float sum = (sums[0] + sums[2]) + (sums[1] + sums[3]);
        const float scale = sum > 0.0f ? sum : 1.0f;
        upper[0] = sums[0] / scale;
        upper[1] = sums[1] / scale;
        lower[0] = sums[2] / scale;
        lower[1] = sums[3] / scale;
        weight[k] *= sum;
    }
}

/* The same for the pixels of bins. */
static void polar_weigh_bins(
    const float *restrict weights, const int32_t *restrict pixels,
    const int64_t *restrict start, long n, float *restrict shares, float *restrict weight)
{
    for (long k = 0; k < n; k++) {
        float sum = 0.0f;
        for (int64_t e = start[k]; e < start[k + 1]; e++)
            sum += shares[e] *= weights[pixels[e]];
        for (int64_t e = start[k]; e < start[k + 1]; e++)
            shares[e] = sum > 0.0f ? shares[e] / sum : 0.0f;
        weight[k] *= sum;
    }
}

/* Rings that lie one after the other, side by side: (angles, POLAR_LANES), zeros to fill up. */
static void polar_join_rings(
    const float *restrict rings, long n, long angles, float *restrict out)
{
    for (long k = 0; k < angles; k++)
        for (long r = 0; r < POLAR_LANES; r++)
            out[k * POLAR_LANES + r] = r < n ? rings[r * angles + k] : 0.0f;
}

/* Rings that lie side by side, (angles, POLAR_LANES), one after the other. */
static void polar_part_rings(
    const float *restrict lanes, long rings, long angles, float *restrict out)
{
    for (long r = 0; r < rings; r++)
        for (long k = 0; k < angles; k++)
            out[r * angles + k] = lanes[k * POLAR_LANES + r];
}

#endif
