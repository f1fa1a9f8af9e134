/* Co-occurrence by sorting the pairs: memory grows with the pixels, not with the levels. */
#ifndef FEATCLS_GLCM_SPARSE_H
#define FEATCLS_GLCM_SPARSE_H

#include "glcm_rows.h"

#define GLCM_MAX_DIGIT_BITS 11

typedef struct {
    const uint16_t *image;
    const uint8_t *mask; /* may be NULL */
    long rows, cols, dr, dc;
    int bits; /* of the highest level */
    int symmetric;
} glcm_sparse_task;

/* Keys of the pairs that count: |a - b|, min(a, b) if symmetric, else a, b. */
SIMD_CLONES static long glcm_pair_keys(const glcm_sparse_task *task, uint32_t *keys)
{
    const long dr = task->dr, dc = task->dc, first = dc < 0 ? -dc : 0;
    const long cols = task->cols - (dc < 0 ? -dc : dc);
    long n = 0;
    for (long r = dr < 0 ? -dr : 0; cols > 0 && r < task->rows - (dr < 0 ? 0 : dr); r++) {
        const long here = r * task->cols + first, there = here + dr * task->cols + dc;
        const uint16_t *const a = task->image + here, *const b = task->image + there;
        for (long c = 0; c < cols; c++) {
            const uint32_t low = a[c] < b[c] ? a[c] : b[c], high = a[c] < b[c] ? b[c] : a[c];
            keys[n + c] = task->symmetric ? (high - low) << task->bits | low
                                          : (uint32_t)a[c] << task->bits | b[c];
        }
        if (task->mask) {
            const uint8_t *const m = task->mask + here, *const w = task->mask + there;
            const long start = n;
            for (long c = 0; c < cols; c++) {
                keys[n] = keys[start + c];
                n += !(m[c] | w[c]);
            }
        } else {
            n += cols;
        }
    }
    return n;
}

/* Sort by the lowest `bits` bits, some of them at a time; the result is where it ends up. */
static const uint32_t *glcm_sort(uint32_t *keys, uint32_t *spare, long n, int bits)
{
    const int passes = (bits + GLCM_MAX_DIGIT_BITS - 1) / GLCM_MAX_DIGIT_BITS;
    const int digit = (bits + passes - 1) / passes;
    const uint32_t last = (1u << digit) - 1;
    uint32_t start[1 << GLCM_MAX_DIGIT_BITS];

    for (int pass = 0; pass < passes; pass++) {
        const int shift = pass * digit;
        uint32_t sum = 0, *other = keys;
        memset(start, 0, sizeof start);
        for (long k = 0; k < n; k++)
            start[keys[k] >> shift & last]++;
        for (uint32_t d = 0; d <= last; d++) {
            const uint32_t count = start[d];
            start[d] = sum;
            sum += count;
        }
        for (long k = 0; k < n; k++)
            spare[start[keys[k] >> shift & last]++] = keys[k];
        keys = spare;
        spare = other;
    }
    return keys;
}

/* One cell of the matrix or, if symmetric, the two (one on the diagonal) that a pair makes. */
SIMD_INLINE void glcm_add_cell(
    uint64_t i, uint64_t j, uint64_t count, int symmetric, int entropy, glcm_sums *s)
{
    const uint64_t d = i > j ? i - j : j - i;
    const uint64_t cell = symmetric && d == 0 ? 2 * count : count;
    const uint64_t cells = symmetric && d ? 2 : 1;
    s->pairs += count;
    s->contrast += count * d * d;
    s->dissimilarity += count * d;
    s->squares += cells * cell * cell;
    s->i += count * (symmetric ? i + j : i);
    s->ii += count * (symmetric ? i * i + j * j : i * i);
    s->j += count * (symmetric ? i + j : j);
    s->jj += count * (symmetric ? i * i + j * j : j * j);
    s->ij += count * (symmetric ? 2 : 1) * i * j;
    if (entropy)
        s->p_log_p += (double)cells * (double)cell * glcm_log((double)cell);
}

/* Properties of one offset; `keys` and `spare` hold rows * cols keys each. */
static void glcm_sparse_properties(
    const glcm_sparse_task *task, uint32_t *keys, uint32_t *spare, int entropy, uint64_t lowest,
    double *out)
{
    const long n = glcm_pair_keys(task, keys);
    const uint32_t *const sorted = glcm_sort(keys, spare, n, 2 * task->bits);
    const uint32_t low_bits = (1u << task->bits) - 1;
    uint64_t in_row = 0; /* pairs of one difference: summed as in glcm_sum_half */
    glcm_sums sums;

    memset(&sums, 0, sizeof sums);
    for (long k = 0, end; k < n; k = end) {
        const uint64_t first = sorted[k] >> task->bits, second = sorted[k] & low_bits;
        for (end = k + 1; end < n && sorted[end] == sorted[k]; end++)
            ;
        const uint64_t j = task->symmetric ? first + second : first;
        const uint64_t d = j > second ? j - second : second - j;
        glcm_add_cell(j, second, (uint64_t)(end - k), task->symmetric, entropy, &sums);
        in_row += (uint64_t)(end - k);
        if (!task->symmetric || end == n || sorted[end] >> task->bits != first) {
            sums.homogeneity += (double)in_row / (1.0 + (double)(d * d));
            in_row = 0;
        }
    }
    sums.total = (task->symmetric ? 2 : 1) * sums.pairs;
    glcm_finish(&sums, lowest, out);
}

#endif
