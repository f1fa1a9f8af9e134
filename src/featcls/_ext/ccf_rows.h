/* Products of rings for the two-point correlation; see ccf.pyx. */
#ifndef FEATCLS_CCF_ROWS_H
#define FEATCLS_CCF_ROWS_H

#include "simd.h"

#define CCF_ROWS 4
#define CCF_COLS 2
#define CCF_TILE 8 /* rows that stay in the first cache while all others meet them */

typedef float ccf_half __attribute__((vector_size(32)));
typedef float ccf_quarter __attribute__((vector_size(16)));

/* Sum of the lanes, always in the same order. */
SIMD_INLINE float ccf_total(const lanes_f32 *lanes)
{
    ccf_half halves[2];
    ccf_quarter quarters[2];
    memcpy(halves, lanes, sizeof halves);
    halves[0] += halves[1];
    memcpy(quarters, halves, sizeof quarters);
    quarters[0] += quarters[1];
    return (quarters[0][0] + quarters[0][2]) + (quarters[0][1] + quarters[0][3]);
}

/* Products of rows i.. and j.., CCF_ROWS x CCF_COLS of them, each in 16 sums. */
SIMD_INLINE void ccf_block(const float *x, long rows, long stride, long i, long j, float *out)
{
    const float *const a = x + i * stride, *const b = x + j * stride;
    lanes_f32 s00 = {0}, s01 = {0}, s10 = {0}, s11 = {0};
    lanes_f32 s20 = {0}, s21 = {0}, s30 = {0}, s31 = {0};
    for (long k = 0; k < stride; k += LANES_F32) {
        const lanes_f32 b0 = *(const lanes_f32_at *)(b + k);
        const lanes_f32 b1 = *(const lanes_f32_at *)(b + stride + k);
        const lanes_f32 a0 = *(const lanes_f32_at *)(a + k);
        const lanes_f32 a1 = *(const lanes_f32_at *)(a + stride + k);
        const lanes_f32 a2 = *(const lanes_f32_at *)(a + 2 * stride + k);
        const lanes_f32 a3 = *(const lanes_f32_at *)(a + 3 * stride + k);
        s00 += a0 * b0;
        s01 += a0 * b1;
        s10 += a1 * b0;
        s11 += a1 * b1;
        s20 += a2 * b0;
        s21 += a2 * b1;
        s30 += a3 * b0;
        s31 += a3 * b1;
    }
    const float sums[CCF_ROWS][CCF_COLS] = {
        {ccf_total(&s00), ccf_total(&s01)}, {ccf_total(&s10), ccf_total(&s11)},
        {ccf_total(&s20), ccf_total(&s21)}, {ccf_total(&s30), ccf_total(&s31)},
    };
    for (int r = 0; r < CCF_ROWS; r++)
        for (int c = 0; c < CCF_COLS; c++)
            out[(i + r) * rows + j + c] = out[(j + c) * rows + i + r] = sums[r][c];
}

/* out[i, j] = out[j, i] = sum over k of x[i, k] x[j, k]. Rows are `stride` apart; their number is
 * a multiple of CCF_ROWS and stride one of LANES_F32, both filled up with zeros. */
SIMD_CLONES static void ccf_products(const float *x, long rows, long stride, float *out)
{
    for (long tile = 0; tile < rows; tile += CCF_TILE)
        for (long i = tile; i < rows; i += CCF_ROWS)
            for (long j = tile; j < tile + CCF_TILE && j < i + CCF_ROWS; j += CCF_COLS)
                ccf_block(x, rows, stride, i, j, out);
}

/* Sum of a row in 16 sums; with `y`, of the products of the two rows. */
SIMD_CLONES static float ccf_dot(const float *x, const float *y, long stride)
{
    lanes_f32 sum = {0};
    for (long k = 0; k < stride; k += LANES_F32) {
        const lanes_f32 a = *(const lanes_f32_at *)(x + k);
        sum += y ? a * *(const lanes_f32_at *)(y + k) : a;
    }
    return ccf_total(&sum);
}

/* row = weight * (row - mean); weight may be NULL for n ones. */
SIMD_CLONES static void ccf_centre(float *row, const float *weight, float mean, long n)
{
    if (weight)
        for (long k = 0; k < n; k++)
            row[k] = weight[k] * (row[k] - mean);
    else
        for (long k = 0; k < n; k++)
            row[k] -= mean;
}

#endif
