/* Sums over square windows, row by row: columns by adding the row that comes in and subtracting
 * the one that leaves, then along the row by doubling. Nothing depends on the order in which a
 * machine would like to add. */
#ifndef FEATCLS_WINDOWS_H
#define FEATCLS_WINDOWS_H

#include "simd.h"

/* Columns: sum of y and of y^2. */
SIMD_CLONES static void window_add_row(
    const double *y, long n, double *restrict sum, double *restrict squares)
{
    for (long c = 0; c < n; c++) {
        sum[c] += y[c];
        squares[c] += y[c] * y[c];
    }
}

SIMD_CLONES static void window_move_row(
    const double *in, const double *out, long n, double *restrict sum, double *restrict squares)
{
    for (long c = 0; c < n; c++) {
        sum[c] = (sum[c] + in[c]) - out[c];
        squares[c] = (squares[c] + in[c] * in[c]) - out[c] * out[c];
    }
}

/* Columns: number of valid pixels. `sign` is 1 or -1. */
SIMD_CLONES static void window_count_row(const uint8_t *mask, long n, int32_t sign, int32_t *count)
{
    for (long c = 0; c < n; c++)
        count[c] += mask[c] ? 0 : sign;
}

/* Fill `half` columns left and right of a row of n: mirrored without its edge, or zero. */
#define WINDOW_PAD(name, type)                                                                   \
    static void name(type *row, long n, long half, int reflect)                                  \
    {                                                                                            \
        for (long k = 1; k <= half; k++) {                                                       \
            row[-k] = reflect ? row[k] : 0;                                                      \
            row[n - 1 + k] = reflect ? row[n - 1 - k] : 0;                                       \
        }                                                                                        \
    }
WINDOW_PAD(window_pad_f64, double)
WINDOW_PAD(window_pad_i32, int32_t)

/* out[c] = row[c] + ... + row[c + width - 1], width odd: the parts of 1, 2, 4, ... pixels that
 * make up the width are added. `part` has n + width entries. */
#define WINDOW_SUM(name, type)                                                                   \
    SIMD_CLONES static void name(                                                                \
        const type *restrict row, long n, long width, type *restrict part, type *restrict out)   \
    {                                                                                            \
        const type *done = row;                                                                  \
        long start = 1, left = n + width - 2;                                                    \
        for (long c = 0; c < left; c++)                                                          \
            part[c] = row[c] + row[c + 1];                                                       \
        for (long size = 2; size <= width; size *= 2) {                                          \
            if (width & size) {                                                                  \
                for (long c = 0; c < n; c++)                                                     \
                    out[c] = done[c] + part[c + start];                                          \
                done = out;                                                                      \
                start += size;                                                                   \
            }                                                                                    \
            left -= size;                                                                        \
            if (2 * size <= width)                                                               \
                for (long c = 0; c < left; c++)                                                  \
                    part[c] += part[c + size];                                                   \
        }                                                                                        \
        if (done == row)                                                                         \
            for (long c = 0; c < n; c++)                                                         \
                out[c] = row[c];                                                                 \
    }
WINDOW_SUM(window_sum_f64, double)
WINDOW_SUM(window_sum_i32, int32_t)

#endif
