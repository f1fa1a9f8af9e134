/* Row loops of the dispersion spot finder; see spots.pyx. */
#ifndef FEATCLS_SPOTS_ROWS_H
#define FEATCLS_SPOTS_ROWS_H

#include "pixels.h"
#include "windows.h"

/* sum = rows[0] + ... + rows[n_rows - 1], column by column. */
SIMD_CLONES static void spots_add_rows(
    const double *const *rows, long n_rows, long n, double *restrict sum)
{
    for (long c = 0; c < n; c++)
        sum[c] = rows[0][c];
    for (long k = 1; k < n_rows; k++) {
        const double *const row = rows[k];
        for (long c = 0; c < n; c++)
            sum[c] += row[c];
    }
}

/* flag = x above the threshold and above mean + sigma sqrt(gain mean), both sides times the
 * number N of pixels in the window and squared: `scale` is sigma^2 gain. */
SIMD_CLONES static void spots_flag_row(
    const double *x, const double *sum, const int32_t *count, long n, double scale,
    double threshold, uint8_t *flag)
{
    for (long c = 0; c < n; c++) {
        const double N = count[c], above = N * x[c] - sum[c];
        const double light = sum[c] > 0.0 ? scale * sum[c] * N : 0.0;
        flag[c] = (above > 0.0) & (above * above > light) & (x[c] > threshold);
    }
}

/* First flag at or after c, n if there is none. */
static long spots_next(const uint8_t *flag, long c, long n)
{
    const uint8_t *found = c < n ? (const uint8_t *)memchr(flag + c, 1, n - c) : NULL;
    return found ? found - flag : n;
}

#endif
