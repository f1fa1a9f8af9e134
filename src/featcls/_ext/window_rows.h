/* Row loops of the sums over square windows; see windows.h. */
#ifndef FEATCLS_WINDOW_ROWS_H
#define FEATCLS_WINDOW_ROWS_H

#include "simd.h"

/* Four numbers at once: AVX2 has no shuffles of more, and AVX-512 gains nothing from them. */
typedef double window_f64 __attribute__((vector_size(32)));
typedef uint8_t window_u8 __attribute__((vector_size(16))); /* modulo 256, without overflow */

/* Totals up to and including each of four numbers; `before` is that of all earlier ones. */
SIMD_INLINE window_f64 window_totals(window_f64 x, window_f64 *before)
{
    x += (window_f64){0, x[0], 0, x[2]};
    x += (window_f64){0, 0, x[1], x[1]};
    const window_f64 totals = x + *before;
    *before += (window_f64){x[3], x[3], x[3], x[3]};
    return totals;
}

/* Add a row to the sums of columns, as at the top of a band. */
SIMD_CLONES static void window_add_row(
    const double *y, long n, double *restrict sum, double *restrict squares)
{
    for (long c = 0; c < n; c++)
        sum[c] += y[c];
    if (squares)
        for (long c = 0; c < n; c++)
            squares[c] += y[c] * y[c];
}

/* Sums of columns where a row comes in and one leaves, and their totals along the row. Rows are
 * aligned and a multiple of four long. */
SIMD_CLONES static void window_move_sums(
    const double *in, const double *out, long n, double *restrict sum, double *restrict totals)
{
    window_f64 before = {0};
    for (long c = 0; c < n; c += 4) {
        const window_f64 d = *(const window_f64 *)(in + c) - *(const window_f64 *)(out + c);
        const window_f64 s = *(window_f64 *)(sum + c) + d;
        *(window_f64 *)(sum + c) = s;
        *(window_f64 *)(totals + c) = window_totals(s, &before);
    }
}

/* The same with the sums of squares: in^2 - out^2 is taken as (in - out) (in + out). */
SIMD_CLONES static void window_move_moments(
    const double *in, const double *out, long n, double *restrict sum, double *restrict squares,
    double *restrict totals, double *restrict square_totals)
{
    window_f64 before = {0}, before_squares = {0};
    for (long c = 0; c < n; c += 4) {
        const window_f64 a = *(const window_f64 *)(in + c), b = *(const window_f64 *)(out + c);
        const window_f64 d = a - b;
        const window_f64 s = *(window_f64 *)(sum + c) + d;
        const window_f64 q = *(window_f64 *)(squares + c) + d * (a + b);
        *(window_f64 *)(sum + c) = s;
        *(window_f64 *)(squares + c) = q;
        *(window_f64 *)(totals + c) = window_totals(s, &before);
        *(window_f64 *)(square_totals + c) = window_totals(q, &before_squares);
    }
}

/* Totals along the row of the change in valid pixels, modulo 256. Rows are aligned and a
 * multiple of 16 long. */
SIMD_CLONES static void window_count_totals(
    const int8_t *in, const int8_t *out, long n, int8_t *restrict totals)
{
    window_u8 before = {0};
    for (long c = 0; c < n; c += 16) {
        window_u8 x = *(const window_u8 *)(in + c) - *(const window_u8 *)(out + c);
        x += (window_u8){0,    x[0], x[1], x[2],  x[3],  x[4],  x[5],  x[6],
                         x[7], x[8], x[9], x[10], x[11], x[12], x[13], x[14]};
        x += (window_u8){0,    0,    x[0], x[1], x[2],  x[3],  x[4],  x[5],
                         x[6], x[7], x[8], x[9], x[10], x[11], x[12], x[13]};
        x += (window_u8){0,    0,    0,    0,    x[0], x[1], x[2],  x[3],
                         x[4], x[5], x[6], x[7], x[8], x[9], x[10], x[11]};
        x += (window_u8){0,    0,    0,    0,    0,    0,    0,    0,
                         x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]};
        *(window_u8 *)(totals + c) = x + before;
        before += x[15];
    }
}

/* Valid pixels in the windows, from the totals of their change: pieces of up to 127 columns
 * change by less than 128 and so are known from the totals modulo 256. `count` is what statistics
 * can be made of: 0 about a pixel that is not valid and where fewer than 2 are. */
SIMD_CLONES static void window_count_row(
    const int8_t *totals, const int8_t *valid, long n, long width, int32_t *restrict inside,
    int32_t *restrict count)
{
    for (long start = 0; start < width; start += 127) {
        const int8_t *const first = totals + start;
        const int8_t *const last = totals + (start + 127 < width ? start + 127 : width);
        for (long c = 0; c < n; c++) {
            const int32_t found = inside[c] + (int8_t)(last[c] - first[c]);
            inside[c] = found;
            count[c] = valid[c] && found > 1 ? found : 0;
        }
    }
}

/* 1 where the mask is not set. */
SIMD_CLONES static void window_valid_row(const uint8_t *mask, long n, int8_t *restrict valid)
{
    for (long c = 0; c < n; c++)
        valid[c] = mask[c] == 0;
}

#endif
