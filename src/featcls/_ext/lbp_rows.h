/* Row loops of the local binary pattern; see lbp.pyx for what they are given. */
#ifndef FEATCLS_LBP_ROWS_H
#define FEATCLS_LBP_ROWS_H

#include <math.h>

#include "simd.h"

#define LBP_STEP 16      /* pixels, two of the widest vectors */
#define LBP_MASK_STEP 64 /* pixels of a mask, one of them */

enum lbp_method { LBP_DEFAULT, LBP_ROR, LBP_UNIFORM, LBP_NRI_UNIFORM, LBP_VAR };

/* One neighbour for one output row: rest * top + weight * bottom, or top alone where
 * bottom is NULL. */
typedef struct {
    const double *top, *bottom;
    double weight, rest; /* rest = 1 - weight */
} lbp_sample;

/* A row of the mask; returned is whether a pixel of it is masked. */
SIMD_CLONES static uint8_t lbp_load_mask(const uint8_t *mask, long n, uint8_t *out)
{
    uint8_t any = 0;
    for (long c = 0; c < n; c++) {
        out[c] = mask[c];
        any |= mask[c];
    }
    return any;
}

/* out = (1 - weight) * left + weight * right along one row. */
SIMD_CLONES static void lbp_interpolate_row(
    const double *left, const double *right, const double *weight, double *out, long n)
{
    for (long c = 0; c < n; c++)
        out[c] = (1.0 - weight[c]) * left[c] + weight[c] * right[c];
}

#define LBP_BYTES 16
#define LBP_NAME(name) name##_16
#define LBP_TARGET
#include "lbp_codes.h"
#undef LBP_BYTES
#undef LBP_NAME
#undef LBP_TARGET
#define LBP_BYTES 32
#define LBP_NAME(name) name##_32
#define LBP_TARGET SIMD_V3
#include "lbp_codes.h"
#undef LBP_BYTES
#undef LBP_NAME
#undef LBP_TARGET
#define LBP_BYTES 64
#define LBP_NAME(name) name##_64
#define LBP_TARGET SIMD_V4
#include "lbp_codes.h"
#undef LBP_BYTES
#undef LBP_NAME
#undef LBP_TARGET

/* Codes of a row by any method but LBP_VAR, with vectors of `bytes` (see simd_bytes). `n` is a
 * multiple of LBP_STEP. */
static void lbp_code_row(
    int method, const lbp_sample *samples, int P, const double *centre, long n, int bytes,
    uint32_t *codes)
{
    if (bytes == 64)
        lbp_code_row_64(method, samples, P, centre, n, codes);
    else if (bytes == 32)
        lbp_code_row_32(method, samples, P, centre, n, codes);
    else
        lbp_code_row_16(method, samples, P, centre, n, codes);
}

/* Variance of the samples around each pixel of a row; the rest as above. */
static void lbp_variance_row(
    const lbp_sample *samples, int P, long n, int bytes, double *variance)
{
    if (bytes == 64)
        lbp_variance_row_64(samples, P, n, variance);
    else if (bytes == 32)
        lbp_variance_row_32(samples, P, n, variance);
    else
        lbp_variance_row_16(samples, P, n, variance);
}

/* out = whether any of the masks is set. `n` is a multiple of LBP_MASK_STEP. */
static void lbp_any_row(
    const uint8_t *const *masks, long n_masks, long n, int bytes, uint8_t *out)
{
    if (bytes == 64)
        lbp_any_row_64(masks, n_masks, n, out);
    else if (bytes == 32)
        lbp_any_row_32(masks, n_masks, n, out);
    else
        lbp_any_row_16(masks, n_masks, n, out);
}

/* Codes as numbers; NaN where dropped (may be NULL). */
SIMD_CLONES static void lbp_store_codes(
    const uint32_t *codes, const uint8_t *dropped, long n, double *out)
{
    for (long c = 0; c < n; c++)
        out[c] = (double)codes[c];
    if (dropped)
        for (long c = 0; c < n; c++)
            out[c] = dropped[c] ? NAN : out[c];
}

/* Variances; NaN where 0 or dropped (may be NULL). */
SIMD_CLONES static void lbp_store_variances(
    const double *variance, const uint8_t *dropped, long n, double *out)
{
    for (long c = 0; c < n; c++)
        out[c] = variance[c] != 0.0 ? variance[c] : NAN;
    if (dropped)
        for (long c = 0; c < n; c++)
            out[c] = dropped[c] ? NAN : out[c];
}

/* Pixels to be dropped get `dropped_code`. */
SIMD_CLONES static void lbp_drop_row(
    const uint8_t *dropped, uint32_t dropped_code, long n, uint32_t *codes)
{
    for (long c = 0; c < n; c++)
        codes[c] = dropped[c] ? dropped_code : codes[c];
}

/* Four tables in turn, so that a run of equal codes does not wait for its own last increment. */
#define LBP_TABLES 4
static void lbp_count_row(const uint32_t *codes, long n, long table_size, uint32_t *tables)
{
    for (long c = 0; c < n; c++)
        tables[(c % LBP_TABLES) * table_size + codes[c]]++;
}

#endif
