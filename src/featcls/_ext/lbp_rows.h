/* Row loops of the local binary pattern; see lbp.pyx for what they are given. */
#ifndef FEATCLS_LBP_ROWS_H
#define FEATCLS_LBP_ROWS_H

#include "simd.h"

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

/* out = (1 - weight) * left + weight * right along one row. `n` is a multiple of LANES. */
SIMD_CLONES static void lbp_interpolate_row(
    const double *left, const double *right, const double *weight, double *out, long n)
{
    for (long c = 0; c < n; c += LANES) {
        const lanes_f64 w = *(const lanes_f64_at *)(weight + c);
        const lanes_f64 l = *(const lanes_f64_at *)(left + c);
        const lanes_f64 r = *(const lanes_f64_at *)(right + c);
        *(lanes_f64_at *)(out + c) = (1.0 - w) * l + w * r;
    }
}

SIMD_INLINE void lbp_sample_at(const lbp_sample *s, long c, lanes_f64 *value)
{
    const lanes_f64 top = *(const lanes_f64_at *)(s->top + c);
    if (s->bottom) {
        const lanes_f64 bottom = *(const lanes_f64_at *)(s->bottom + c);
        *value = s->rest * top + s->weight * bottom;
    } else {
        *value = top;
    }
}

SIMD_INLINE void lbp_select(lanes_i64 *into, lanes_i64 where, lanes_i64 value)
{
    *into = (where & value) | (~where & *into);
}

/* Smallest of the P rotations of a P-bit code. */
SIMD_INLINE void lbp_rotate_to_minimum(lanes_i64 *code, int P)
{
    lanes_i64 turned = *code;
    for (int k = 1; k < P; k++) {
        turned = (turned >> 1) | ((turned & 1) << (P - 1));
        lbp_select(code, turned < *code, turned);
    }
}

/* Codes of LANES pixels. A bit is set where the sample is not below the centre. A pattern is
 * uniform if its bits change at most twice from the first to the last (not around the circle:
 * a third change around it would be a fourth, so the test is the same). */
SIMD_INLINE void lbp_codes_at(
    enum lbp_method method, const lbp_sample *samples, int P, const double *centre, long c,
    uint32_t *codes)
{
    const lanes_f64 middle = *(const lanes_f64_at *)(centre + c);
    const int bits_kept = method == LBP_DEFAULT || method == LBP_ROR;
    lanes_i64 code = {0}, ones = {0}, changes = {0}, previous = {0};
    lanes_i64 first_one = {0}, first_zero = {0}, no_one_yet = ~code, no_zero_yet = ~code;

    for (int k = 0; k < P; k++) {
        lanes_f64 value;
        lbp_sample_at(samples + k, c, &value);
        const lanes_i64 bit = value >= middle;
        if (bits_kept) {
            code |= bit & ((int64_t)1 << k);
            continue;
        }
        ones -= bit;
        if (k > 0)
            changes -= bit ^ previous;
        previous = bit;
        if (method == LBP_NRI_UNIFORM) {
            no_one_yet &= ~bit;
            no_zero_yet &= bit;
            first_one -= no_one_yet;
            first_zero -= no_zero_yet;
        }
    }
    if (method == LBP_ROR)
        lbp_rotate_to_minimum(&code, P);
    if (method == LBP_UNIFORM) {
        code = ones;
        lbp_select(&code, changes > 2, (lanes_i64){0} + (P + 1));
    }
    if (method == LBP_NRI_UNIFORM) {
        /* 0, then P turns of each count of ones, all ones, not uniform */
        lanes_i64 turn = P - first_one;
        lbp_select(&turn, first_one == 0, ones - first_zero);
        code = 1 + (ones - 1) * P + turn;
        lbp_select(&code, ones == 0, (lanes_i64){0});
        lbp_select(&code, ones == P, (lanes_i64){0} + (P * (P - 1) + 1));
        lbp_select(&code, changes > 2, (lanes_i64){0} + (P * (P - 1) + 2));
    }
    for (int i = 0; i < LANES; i++)
        codes[c + i] = (uint32_t)code[i];
}

/* `n` is a multiple of LANES; each method gets its own loop. */
SIMD_CLONES static void lbp_code_row(
    int method, const lbp_sample *samples, int P, const double *centre, long n, uint32_t *codes)
{
    long c;
    switch (method) {
    case LBP_DEFAULT:
        for (c = 0; c < n; c += LANES)
            lbp_codes_at(LBP_DEFAULT, samples, P, centre, c, codes);
        break;
    case LBP_ROR:
        for (c = 0; c < n; c += LANES)
            lbp_codes_at(LBP_ROR, samples, P, centre, c, codes);
        break;
    case LBP_UNIFORM:
        for (c = 0; c < n; c += LANES)
            lbp_codes_at(LBP_UNIFORM, samples, P, centre, c, codes);
        break;
    default:
        for (c = 0; c < n; c += LANES)
            lbp_codes_at(LBP_NRI_UNIFORM, samples, P, centre, c, codes);
    }
}

/* Variance of the samples around each pixel, in the order scikit-image adds them. */
SIMD_CLONES static void lbp_variance_row(
    const lbp_sample *samples, int P, long n, double *variance)
{
    for (long c = 0; c < n; c += LANES) {
        lanes_f64 sum = {0}, squares = {0}, value;
        for (int k = 0; k < P; k++) {
            lbp_sample_at(samples + k, c, &value);
            sum += value;
            squares += value * value;
        }
        *(lanes_f64_at *)(variance + c) = (squares - sum * sum / P) / P;
    }
}

/* out |= mask shifted by `shift` columns. */
SIMD_CLONES static void lbp_spread_row(const uint8_t *mask, long shift, long n, uint8_t *out)
{
    for (long c = 0; c < n; c++)
        out[c] |= mask[c + shift];
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
