/* Row loops of the dispersion spot finder; see spots.pyx. */
#ifndef FEATCLS_SPOTS_ROWS_H
#define FEATCLS_SPOTS_ROWS_H

#include "pixels.h"
#include "windows.h"

typedef double spots_f64 __attribute__((vector_size(32)));
typedef double spots_f64_at __attribute__((vector_size(32), aligned(8)));
typedef int64_t spots_i64 __attribute__((vector_size(32)));

/* flag = x above the threshold and above mean + sigma sqrt(gain mean), both sides times the
 * number N of pixels in the window and squared: `scale` is sigma^2 gain. */
SIMD_CLONES static void spots_flag_row(
    const double *x, const double *totals, const int32_t *count, long n, long width, double scale,
    double threshold, uint8_t *restrict flag)
{
    for (long c = 0; c < n; c++) {
        const double N = count[c], sum = totals[c + width] - totals[c], above = N * x[c] - sum;
        const double light = sum > 0.0 ? scale * sum * N : 0.0;
        flag[c] = (above > 0.0) & (above * above > light) & (x[c] > threshold);
    }
}

static void spots_flag(
    const window *w, long row, double scale, double threshold, uint8_t *flag)
{
    spots_flag_row(window_row(w, row), window_first(w, w->totals), w->count, w->cols, w->width,
                   scale, threshold, flag);
}

/* First flag at or after c, n if there is none. */
static long spots_next(const uint8_t *flag, long c, long n)
{
    const uint8_t *found = c < n ? (const uint8_t *)memchr(flag + c, 1, n - c) : NULL;
    return found ? found - flag : n;
}

/* Sum of the valid pixels in the window about a pixel. */
static double spots_sum(const window *w, long c)
{
    const double *const totals = window_first(w, w->totals) + c;
    return totals[w->width] - totals[0];
}

/* Sum of (x - mean)^2 of the N valid pixels in that window. Those that are not valid lie there as
 * zeros: they are summed like the others, mean^2 each, and taken off. */
SIMD_CLONES static double spots_squares(const window *w, long row, long c, double N, double mean)
{
    const long first = row < w->half ? 0 : row - w->half;
    const long end = row + w->half < w->rows ? row + w->half + 1 : w->rows;
    const long tail = w->width & 3;
    const spots_i64 kept = (spots_i64){0, 1, 2, 3} < tail;
    spots_f64 sum = {0}, rest = {0};
    for (long r = first, place = first % w->depth; r < end; r++) {
        const double *x = w->ring + place * w->stride + w->lead + c - w->half;
        const double *const last = x + w->width - tail;
        for (; x < last; x += 4) {
            const spots_f64 d = *(const spots_f64_at *)x - mean;
            sum += d * d;
        }
        const spots_f64 d = *(const spots_f64_at *)x - mean;
        rest += (spots_f64)((spots_i64)(d * d) & kept);
        place = place + 1 < w->depth ? place + 1 : 0;
    }
    sum += rest;
    const double zeros = (double)((end - first) * w->width) - N;
    return (sum[0] + sum[1]) + (sum[2] + sum[3]) - zeros * (mean * mean);
}

#endif
