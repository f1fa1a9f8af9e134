/* Row loops of the local contrast normalisation; see lcn.pyx. */
#ifndef FEATCLS_LCN_ROWS_H
#define FEATCLS_LCN_ROWS_H

#include <math.h>

#include "pixels.h"
#include "windows.h"

#define LCN_SUMS 16

typedef double lcn_f64 __attribute__((vector_size(32), aligned(8)));

/* Add y and y^2 of a row to 16 sums each, so that the order of addition is fixed. */
SIMD_CLONES static void lcn_add_moments(const double *y, long n, double *sum, double *squares)
{
    lcn_f64 *const s = (lcn_f64 *)sum, *const q = (lcn_f64 *)squares;
    lcn_f64 s0 = s[0], s1 = s[1], s2 = s[2], s3 = s[3];
    lcn_f64 q0 = q[0], q1 = q[1], q2 = q[2], q3 = q[3];
    long c = 0;
    for (; c + LCN_SUMS <= n; c += LCN_SUMS) {
        const lcn_f64 *const x = (const lcn_f64 *)(y + c);
        s0 += x[0], s1 += x[1], s2 += x[2], s3 += x[3];
        q0 += x[0] * x[0], q1 += x[1] * x[1], q2 += x[2] * x[2], q3 += x[3] * x[3];
    }
    s[0] = s0, s[1] = s1, s[2] = s2, s[3] = s3;
    q[0] = q0, q[1] = q1, q[2] = q2, q[3] = q3;
    for (int k = 0; c < n; c++, k++) {
        sum[k] += y[c];
        squares[k] += y[c] * y[c];
    }
}

/* (y - m) / max(s, floor) with the mean m and standard deviation s of the N valid pixels of the
 * window, both multiplied by N: the sums are used as they are. `least` is (floor N)^2. 0 where
 * s = floor = 0. */
SIMD_INLINE float lcn_pixel(double y, double N, double sum, double squares, float least)
{
    const float above = (float)(N * y - sum), spread = (float)(N * squares - sum * sum);
    const float squared = spread > least ? spread : least;
    const float value = above / sqrtf(squared);
    return squared > 0.0f ? value : 0.0f;
}

/* Every pixel of every window is valid. */
SIMD_CLONES static void lcn_finish_row(
    const double *y, const double *totals, const double *square_totals, long n, long width,
    float floor, float *restrict out)
{
    const double N = (double)(width * width);
    const float least = floor * (float)N;
    for (long c = 0; c < n; c++)
        out[c] = lcn_pixel(y[c], N, totals[c + width] - totals[c],
                           square_totals[c + width] - square_totals[c], least * least);
}

/* 0 where the count is: then both parts of the quotient are. */
SIMD_CLONES static void lcn_finish_counted_row(
    const double *y, const double *totals, const double *square_totals, const int32_t *count,
    long n, long width, float floor, float *restrict out)
{
    for (long c = 0; c < n; c++) {
        const float least = floor * (float)count[c];
        out[c] = lcn_pixel(y[c], count[c], totals[c + width] - totals[c],
                           square_totals[c + width] - square_totals[c], least * least);
    }
}

static void lcn_finish(const window *w, long row, float floor, float *out)
{
    const double *const y = window_row(w, row);
    const double *const totals = window_first(w, w->totals);
    const double *const square_totals = window_first(w, w->square_totals);
    if (w->reflect && !w->masked && w->width > 1)
        lcn_finish_row(y, totals, square_totals, w->cols, w->width, floor, out);
    else
        lcn_finish_counted_row(y, totals, square_totals, w->count, w->cols, w->width, floor, out);
}

#endif
