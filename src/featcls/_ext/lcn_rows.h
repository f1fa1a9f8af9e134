/* Row loops of the local contrast normalisation; see lcn.pyx. */
#ifndef FEATCLS_LCN_ROWS_H
#define FEATCLS_LCN_ROWS_H

#include <math.h>

#include "pixels.h"
#include "windows.h"

#define LCN_SUMS (2 * LANES)

/* Add y and y^2 of a row to 16 sums each, so that the order of addition is fixed. */
SIMD_CLONES static void lcn_add_moments(const double *y, long n, double *sum, double *squares)
{
    lanes_f64 s0 = *(lanes_f64_at *)sum, s1 = *(lanes_f64_at *)(sum + LANES);
    lanes_f64 q0 = *(lanes_f64_at *)squares, q1 = *(lanes_f64_at *)(squares + LANES);
    long c = 0;
    for (; c + LCN_SUMS <= n; c += LCN_SUMS) {
        const lanes_f64 a = *(const lanes_f64_at *)(y + c);
        const lanes_f64 b = *(const lanes_f64_at *)(y + c + LANES);
        s0 += a;
        s1 += b;
        q0 += a * a;
        q1 += b * b;
    }
    *(lanes_f64_at *)sum = s0;
    *(lanes_f64_at *)(sum + LANES) = s1;
    *(lanes_f64_at *)squares = q0;
    *(lanes_f64_at *)(squares + LANES) = q1;
    for (int k = 0; c < n; c++, k++) {
        sum[k] += y[c];
        squares[k] += y[c] * y[c];
    }
}

/* (y - m) / max(s, floor) with the mean m and standard deviation s of the N valid pixels of the
 * window, both multiplied by N: the sums are used as they are. 0 where N < 2 or s = floor = 0. */
SIMD_CLONES static void lcn_finish_row(
    const double *y, const double *sum, const double *squares, const int32_t *count, long n,
    double floor, float *out)
{
    for (long c = 0; c < n; c++) {
        const double N = count[c], above = N * y[c] - sum[c], least = floor * N;
        const double spread = N * squares[c] - sum[c] * sum[c];
        const float squared = (float)(spread > least * least ? spread : least * least);
        const float value = (float)above / sqrtf(squared);
        out[c] = count[c] < 2 || !(squared > 0.0f) ? 0.0f : value;
    }
}

SIMD_CLONES static void lcn_clear_masked(const uint8_t *mask, long n, float *out)
{
    for (long c = 0; c < n; c++)
        out[c] = mask[c] ? 0.0f : out[c];
}

#endif
