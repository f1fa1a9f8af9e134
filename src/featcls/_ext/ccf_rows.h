/* Rings that lie side by side, and the products of all pairs of them; see ccf.pyx.
 *
 * A block is n angles of CCF_LANES rings, (n, CCF_LANES). */
#ifndef FEATCLS_CCF_ROWS_H
#define FEATCLS_CCF_ROWS_H

#include <math.h>

#include "simd.h"

#define CCF_LANES 16
#define CCF_TILE 8   /* rings of a tile: with each of a pair, their common weights at all turns */
#define CCF_RUN 64 /* angles summed up by themselves: sums of sums round less */

/* How to transform n numbers. */
typedef struct {
    long n, count;          /* count stages */
    const int64_t *radix;   /* their product is n */
    const float *table;     /* of each stage: the roots of 1, then the turns of its entries */
    const int64_t *place;   /* where the entry of each frequency comes to lie */
} ccf_stages;

/* Scratch. */
typedef struct {
    float *z, *weight_z;             /* n complex vectors */
    float *spare;                    /* as many as the largest factor of n */
    float *pair, *weight_pair;       /* n complex numbers */
    float *spectra, *weight_spectra; /* n / 2 + 1 complex numbers of each ring */
    float *tile;                     /* (2, n, CCF_TILE) */
} ccf_spare;

/* Tiles of the pairs before that of ring i: four pairs have as many each, the next one more. */
SIMD_INLINE long ccf_tiles(long i)
{
    const long pairs = i / 2, full = pairs / (CCF_TILE / 2), rest = pairs % (CCF_TILE / 2);
    return CCF_TILE / 2 * (full * (full + 1) / 2) + rest * (full + 1);
}

/* The tile of rings i, i + 1 and j, j + 1, ... */
SIMD_INLINE float *ccf_tile_at(float *tiles, long n, long i, long j)
{
    return tiles + (ccf_tiles(i) + j / CCF_TILE) * 2 * n * CCF_TILE;
}

#define CCF_BYTES 16
#define CCF_NAME(name) name##_16
#define CCF_TARGET
#include "ccf_tiles.h"
#include "ccf_transform.h"
#include "ccf_maxima.h"
#undef CCF_BYTES
#undef CCF_NAME
#undef CCF_TARGET
#define CCF_BYTES 32
#define CCF_NAME(name) name##_32
#define CCF_TARGET SIMD_V3
#include "ccf_tiles.h"
#include "ccf_transform.h"
#include "ccf_maxima.h"
#undef CCF_BYTES
#undef CCF_NAME
#undef CCF_TARGET
#define CCF_BYTES 64
#define CCF_NAME(name) name##_64
#define CCF_TARGET SIMD_V4
#include "ccf_tiles.h"
#undef CCF_BYTES
#undef CCF_NAME
#undef CCF_TARGET

/* out[i][j] = out[j][i] = sum over k of x_i[k] x_j[k] of all rings, with vectors of `bytes`. */
static void ccf_products(const float *x, long rings, long n, int bytes, float *out)
{
    float tile[CCF_LANES * CCF_LANES];
    for (long i = 0; i < rings; i += CCF_LANES)
        for (long j = 0; j <= i; j += CCF_LANES) {
            const float *const a = x + i * n, *const b = x + j * n;
            (bytes == 64 ? ccf_tile_64 : bytes == 32 ? ccf_tile_32 : ccf_tile_16)(a, b, n, tile);
            for (long r = i; r < rings && r < i + CCF_LANES; r++)
                for (long c = j; c <= r && c < j + CCF_LANES; c++)
                    out[r * rings + c] = out[c * rings + r] =
                        tile[(r - i) * CCF_LANES + c - j];
        }
}

/* One over the common weights of all pairs of rings at all turns, as ccf_largest takes them. */
static void ccf_inverse(
    const ccf_stages *stages, const float *weights, long rings, float least, int bytes,
    const ccf_spare *spare, float *tiles)
{
    const int wide = bytes >= 32;
    (wide ? ccf_spectra_32 : ccf_spectra_16)(stages, weights, rings, spare, spare->weight_spectra);
    (wide ? ccf_inverse_tiles_32 : ccf_inverse_tiles_16)(stages, rings, least, spare, tiles);
}

/* out[i][j] = out[j][i] = largest correlation of rings i and j over all turns, of rings x with
 * weights (NULL for ones), with vectors of `bytes`. Where `tiles` is NULL, what ccf_inverse gives
 * is made anew, a tile at a time. */
static void ccf_largest(
    const ccf_stages *stages, const float *x, const float *weights, const float *tiles, long rings,
    float least, int bytes, const ccf_spare *spare, float *out)
{
    const int wide = bytes >= 32;
    (wide ? ccf_spectra_32 : ccf_spectra_16)(stages, x, rings, spare, spare->spectra);
    if (weights && !tiles)
        (wide ? ccf_spectra_32 : ccf_spectra_16)(
            stages, weights, rings, spare, spare->weight_spectra);
    (wide ? ccf_maxima_32 : ccf_maxima_16)(
        stages, weights != NULL, tiles, rings, least, spare, out);
}

/* Vectors that every machine has: the loops below wait for memory, not for arithmetic. */
#define CCF_QUARTERS 4
typedef float ccf_quarter __attribute__((vector_size(16)));
typedef float ccf_quarter_at __attribute__((vector_size(16), aligned(4)));
#define CCF_AT(lanes, q) (*(ccf_quarter_at *)((lanes) + 4 * (q)))
#define CCF_CONST_AT(lanes, q) (*(const ccf_quarter_at *)((lanes) + 4 * (q)))

/* Sum of a block over the angles, times a wave or times another block where they are not NULL. */
SIMD_INLINE void ccf_sum(
    const float *x, const float *other, const float *wave, long n, float *out)
{
    memset(out, 0, CCF_LANES * sizeof *out);
    for (long start = 0; start < n; start += CCF_RUN) {
        const long end = n < start + CCF_RUN ? n : start + CCF_RUN;
        ccf_quarter run[CCF_QUARTERS] = {{0}};
        for (long k = start; k < end; k++)
            for (int q = 0; q < CCF_QUARTERS; q++) {
                ccf_quarter value = CCF_CONST_AT(x + k * CCF_LANES, q);
                if (other)
                    value *= CCF_CONST_AT(other + k * CCF_LANES, q);
                if (wave)
                    value *= wave[k];
                run[q] += value;
            }
        for (int q = 0; q < CCF_QUARTERS; q++)
            CCF_AT(out, q) += run[q];
    }
}

/* Weighted means of the rings of a block; x = weight * (x - mean), or weight * x unless
 * subtract. Weights may be NULL for ones. `total` are the sums of the weights. */
static void ccf_centre(
    float *restrict x, const float *restrict weights, long n, int subtract,
    float *restrict means, float *restrict total)
{
    if (weights) {
        ccf_sum(weights, NULL, NULL, n, total);
        ccf_sum(x, weights, NULL, n, means);
    } else {
        for (int r = 0; r < CCF_LANES; r++)
            total[r] = (float)n;
        ccf_sum(x, NULL, NULL, n, means);
    }
    for (int r = 0; r < CCF_LANES; r++)
        means[r] = total[r] > 0.0f ? means[r] / total[r] : 0.0f;
    for (long k = 0; k < n; k++)
        for (int q = 0; q < CCF_QUARTERS; q++) {
            ccf_quarter value = CCF_CONST_AT(x + k * CCF_LANES, q);
            if (subtract)
                value -= CCF_CONST_AT(means, q);
            if (weights)
                value *= CCF_CONST_AT(weights + k * CCF_LANES, q);
            CCF_AT(x + k * CCF_LANES, q) = value;
        }
}

/* Sums of the rings of a block times a wave, over their total weights. */
static void ccf_component(
    const float *restrict x, const float *restrict wave, long n, const float *restrict total,
    float *restrict out)
{
    ccf_sum(x, NULL, wave, n, out);
    for (int r = 0; r < CCF_LANES; r++)
        out[r] = total[r] > 0.0f ? out[r] / total[r] : 0.0f;
}

/* Row i of sums of products, times one over the common weights: `scale` for all or a row of
 * `scales`. */
static void ccf_scale_row(float *restrict row, const float *restrict scales, float scale, long n)
{
    if (scales)
        for (long j = 0; j < n; j++)
            row[j] *= scales[j];
    else
        for (long j = 0; j < n; j++)
            row[j] *= scale;
}

/* Entries first..n of row i of the outer products of real and imaginary parts. */
static void ccf_outer_row(
    float *restrict row, const float *restrict re, const float *restrict im, long i, long first,
    long n)
{
    for (long j = first; j < n; j++)
        row[j] = re[i] * re[j] + im[i] * im[j];
}

#endif
