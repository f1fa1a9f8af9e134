/* Codes and variances with vectors of LBP_BYTES; included by lbp_rows.h once for each width.
 * Every pixel's arithmetic is its own, so the width changes no bit. */

#define LBP_LANES (LBP_BYTES / 8)
#define LBP_BLOCKS 2 /* vectors at a time, for one look at a neighbour */

typedef double LBP_NAME(lbp_f64) __attribute__((vector_size(LBP_BYTES)));
typedef double LBP_NAME(lbp_f64_at) __attribute__((vector_size(LBP_BYTES), aligned(8)));
typedef int64_t LBP_NAME(lbp_i64) __attribute__((vector_size(LBP_BYTES)));
typedef uint8_t LBP_NAME(lbp_bytes) __attribute__((vector_size(LBP_BYTES), aligned(1)));

/* A neighbour's samples for the pixels from c on. */
SIMD_INLINE void LBP_NAME(lbp_sample_at)(
    const lbp_sample *s, long c, LBP_NAME(lbp_f64) value[LBP_BLOCKS])
{
#pragma GCC unroll 2
    for (int b = 0; b < LBP_BLOCKS; b++)
        value[b] = *(const LBP_NAME(lbp_f64_at) *)(s->top + c + b * LBP_LANES);
    if (!s->bottom)
        return;
#pragma GCC unroll 2
    for (int b = 0; b < LBP_BLOCKS; b++)
        value[b] = s->rest * value[b]
            + s->weight * *(const LBP_NAME(lbp_f64_at) *)(s->bottom + c + b * LBP_LANES);
}

SIMD_INLINE void LBP_NAME(lbp_select)(
    LBP_NAME(lbp_i64) *into, LBP_NAME(lbp_i64) where, LBP_NAME(lbp_i64) value)
{
    *into = (where & value) | (~where & *into);
}

/* Smallest of the P rotations of a P-bit code. */
SIMD_INLINE void LBP_NAME(lbp_rotate_to_minimum)(LBP_NAME(lbp_i64) *code, int P)
{
    LBP_NAME(lbp_i64) turned = *code;
    for (int k = 1; k < P; k++) {
        turned = (turned >> 1) | ((turned & 1) << (P - 1));
        LBP_NAME(lbp_select)(code, turned < *code, turned);
    }
}

/* What is counted along the circle, one bit set or not after the other. */
typedef struct {
    LBP_NAME(lbp_i64) code, ones, changes, previous;
    LBP_NAME(lbp_i64) no_one_yet, no_zero_yet, first_one, first_zero;
} LBP_NAME(lbp_counts);

SIMD_INLINE void LBP_NAME(lbp_add_bit)(
    enum lbp_method method, int k, LBP_NAME(lbp_i64) bit, LBP_NAME(lbp_counts) *n)
{
    if (method == LBP_DEFAULT || method == LBP_ROR) {
        n->code |= bit & ((int64_t)1 << k);
        return;
    }
    n->ones -= bit;
    if (k > 0)
        n->changes -= bit ^ n->previous;
    n->previous = bit;
    if (method == LBP_NRI_UNIFORM) {
        n->no_one_yet &= ~bit;
        n->no_zero_yet &= bit;
        n->first_one -= n->no_one_yet;
        n->first_zero -= n->no_zero_yet;
    }
}

/* A pattern is uniform if its bits change at most twice from the first to the last (not around
 * the circle: a third change around it would be a fourth, so the test is the same). */
SIMD_INLINE LBP_NAME(lbp_i64) LBP_NAME(lbp_finish)(
    enum lbp_method method, int P, const LBP_NAME(lbp_counts) *n)
{
    const LBP_NAME(lbp_i64) zero = {0};
    LBP_NAME(lbp_i64) code = n->code;
    if (method == LBP_ROR)
        LBP_NAME(lbp_rotate_to_minimum)(&code, P);
    if (method == LBP_UNIFORM) {
        code = n->ones;
        LBP_NAME(lbp_select)(&code, n->changes > 2, zero + (P + 1));
    }
    if (method == LBP_NRI_UNIFORM) {
        /* 0, then P turns of each count of ones, all ones, not uniform */
        LBP_NAME(lbp_i64) turn = P - n->first_one;
        LBP_NAME(lbp_select)(&turn, n->first_one == 0, n->ones - n->first_zero);
        code = 1 + (n->ones - 1) * P + turn;
        LBP_NAME(lbp_select)(&code, n->ones == 0, zero);
        LBP_NAME(lbp_select)(&code, n->ones == P, zero + (P * (P - 1) + 1));
        LBP_NAME(lbp_select)(&code, n->changes > 2, zero + (P * (P - 1) + 2));
    }
    return code;
}

/* A bit is set where the sample is not below the centre. */
SIMD_INLINE void LBP_NAME(lbp_code_loop)(
    enum lbp_method method, const lbp_sample *samples, int P, const double *centre, long n,
    uint32_t *codes)
{
    for (long c = 0; c < n; c += LBP_BLOCKS * LBP_LANES) {
        LBP_NAME(lbp_counts) counts[LBP_BLOCKS];
        LBP_NAME(lbp_f64) middle[LBP_BLOCKS], value[LBP_BLOCKS];
        memset(counts, 0, sizeof counts);
#pragma GCC unroll 2
        for (int b = 0; b < LBP_BLOCKS; b++) {
            counts[b].no_one_yet = counts[b].no_zero_yet = ~counts[b].code;
            middle[b] = *(const LBP_NAME(lbp_f64_at) *)(centre + c + b * LBP_LANES);
        }
        for (int k = 0; k < P; k++) {
            LBP_NAME(lbp_sample_at)(samples + k, c, value);
#pragma GCC unroll 2
            for (int b = 0; b < LBP_BLOCKS; b++)
                LBP_NAME(lbp_add_bit)(method, k, value[b] >= middle[b], counts + b);
        }
#pragma GCC unroll 2
        for (int b = 0; b < LBP_BLOCKS; b++) {
            const LBP_NAME(lbp_i64) code = LBP_NAME(lbp_finish)(method, P, counts + b);
            for (int i = 0; i < LBP_LANES; i++)
                codes[c + b * LBP_LANES + i] = (uint32_t)code[i];
        }
    }
}

/* Each method gets its own loop. */
LBP_TARGET static void LBP_NAME(lbp_code_row)(
    int method, const lbp_sample *samples, int P, const double *centre, long n, uint32_t *codes)
{
    switch (method) {
    case LBP_DEFAULT:
        LBP_NAME(lbp_code_loop)(LBP_DEFAULT, samples, P, centre, n, codes);
        break;
    case LBP_ROR:
        LBP_NAME(lbp_code_loop)(LBP_ROR, samples, P, centre, n, codes);
        break;
    case LBP_UNIFORM:
        LBP_NAME(lbp_code_loop)(LBP_UNIFORM, samples, P, centre, n, codes);
        break;
    default:
        LBP_NAME(lbp_code_loop)(LBP_NRI_UNIFORM, samples, P, centre, n, codes);
    }
}

/* Variance of the samples around each pixel, in the order scikit-image adds them. */
LBP_TARGET static void LBP_NAME(lbp_variance_row)(
    const lbp_sample *samples, int P, long n, double *variance)
{
    for (long c = 0; c < n; c += LBP_BLOCKS * LBP_LANES) {
        LBP_NAME(lbp_f64) sum[LBP_BLOCKS], squares[LBP_BLOCKS], value[LBP_BLOCKS];
        memset(sum, 0, sizeof sum);
        memset(squares, 0, sizeof squares);
        for (int k = 0; k < P; k++) {
            LBP_NAME(lbp_sample_at)(samples + k, c, value);
#pragma GCC unroll 2
            for (int b = 0; b < LBP_BLOCKS; b++) {
                sum[b] += value[b];
                squares[b] += value[b] * value[b];
            }
        }
#pragma GCC unroll 2
        for (int b = 0; b < LBP_BLOCKS; b++)
            *(LBP_NAME(lbp_f64_at) *)(variance + c + b * LBP_LANES) =
                (squares[b] - sum[b] * sum[b] / P) / P;
    }
}

/* out = whether any of the masks is set. */
LBP_TARGET static void LBP_NAME(lbp_any_row)(
    const uint8_t *const *masks, long n_masks, long n, uint8_t *out)
{
    for (long c = 0; c < n; c += LBP_BYTES) {
        LBP_NAME(lbp_bytes) any = {0};
        for (long k = 0; k < n_masks; k++)
            any |= *(const LBP_NAME(lbp_bytes) *)(masks[k] + c);
        *(LBP_NAME(lbp_bytes) *)(out + c) = any;
    }
}

#undef LBP_LANES
#undef LBP_BLOCKS
