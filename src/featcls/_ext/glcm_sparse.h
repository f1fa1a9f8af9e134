/* Co-occurrence for any levels: memory grows with the pixels and the levels, not their square.
 *
 * Pairs are put into buckets by |a - b|, and by its sign unless the matrix is symmetric. A
 * bucket then is a row of the half matrix of glcm_rows.h, counted in one table that is small
 * enough for the first cache. The buckets of an image's pairs fit the second.
 */
#ifndef FEATCLS_GLCM_SPARSE_H
#define FEATCLS_GLCM_SPARSE_H

#include "glcm_properties.h"

typedef struct {
    const uint16_t *image;
    const uint8_t *mask; /* may be NULL */
    long rows, cols, dr, dc;
    long levels;         /* in use, at least 1 */
    int symmetric;
} glcm_sparse_task;

/* Working memory of one thread. */
typedef struct {
    uint32_t *ends;      /* (2 * levels + 1,) pairs of each bucket, then where the bucket ends */
    uint32_t *table;     /* (levels,) zero between offsets */
    uint32_t *marginals; /* (2, levels) */
    uint32_t *sums;      /* (2 * levels,) pairs at each sum of levels */
    uint32_t *bucket;    /* (cols,) of the pairs of a row */
    uint16_t *lower;     /* (cols,) the lower level of each */
    uint16_t *inside;    /* (rows * cols,) the lower levels, bucket by bucket */
} glcm_sparse_work;

/* A row of pairs; mask_a is NULL where there is no mask. */
typedef struct {
    const uint16_t *a, *b;
    const uint8_t *mask_a, *mask_b;
    long n;
} glcm_pairs;

SIMD_INLINE long glcm_buckets(const glcm_sparse_task *task)
{
    return task->symmetric ? task->levels : 2 * task->levels;
}

/* The `k`th row that has pairs; 0 after the last. */
SIMD_INLINE int glcm_pair_row(const glcm_sparse_task *task, long k, glcm_pairs *pairs)
{
    const long dr = task->dr, dc = task->dc, r = k + (dr < 0 ? -dr : 0);
    const long here = r * task->cols + (dc < 0 ? -dc : 0), there = here + dr * task->cols + dc;
    pairs->n = task->cols - (dc < 0 ? -dc : dc);
    if (pairs->n <= 0 || r >= task->rows - (dr < 0 ? 0 : dr))
        return 0;
    pairs->a = task->image + here;
    pairs->b = task->image + there;
    pairs->mask_a = task->mask ? task->mask + here : NULL;
    pairs->mask_b = task->mask ? task->mask + there : NULL;
    return 1;
}

/* Bucket and lower level of each pair of a row; masked ones get the bucket after the last. */
SIMD_CLONES static void glcm_split_row(
    const glcm_pairs *p, int symmetric, uint32_t masked, uint32_t *bucket, uint16_t *lower)
{
    const int shift = !symmetric;
    for (long c = 0; c < p->n; c++) {
        const uint32_t low = p->a[c] < p->b[c] ? p->a[c] : p->b[c];
        const uint32_t high = p->a[c] < p->b[c] ? p->b[c] : p->a[c];
        lower[c] = (uint16_t)low;
        bucket[c] = (high - low) << shift | (uint32_t)(p->a[c] > p->b[c] ? shift : 0);
    }
    if (p->mask_a)
        for (long c = 0; c < p->n; c++)
            bucket[c] = (p->mask_a[c] | p->mask_b[c]) ? masked : bucket[c];
}

SIMD_INLINE void glcm_add_levels_either(const glcm_pairs *p, int masked, glcm_sums *sums)
{
    uint64_t i = 0, ii = 0, j = 0, jj = 0;
    for (long c = 0; c < p->n; c++) {
        const uint16_t kept = masked && (p->mask_a[c] | p->mask_b[c]) ? 0 : UINT16_MAX;
        const uint32_t a = p->a[c] & kept, b = p->b[c] & kept;
        i += a;
        ii += a * a;
        j += b;
        jj += b * b;
    }
    sums->i += i;
    sums->ii += ii;
    sums->j += j;
    sums->jj += jj;
}

/* Add the levels of a row of pairs, and their squares. */
SIMD_CLONES static void glcm_add_levels(const glcm_pairs *p, glcm_sums *sums)
{
    if (p->mask_a)
        glcm_add_levels_either(p, 1, sums);
    else
        glcm_add_levels_either(p, 0, sums);
}

/* Count what a row of pairs adds to the marginals and to the sums of levels. */
static void glcm_count_levels(
    const glcm_pairs *p, const glcm_sparse_task *task, const glcm_sparse_work *work)
{
    uint32_t *const second = work->marginals + (task->symmetric ? 0 : task->levels);
    for (long c = 0; c < p->n; c++)
        if (!p->mask_a || !(p->mask_a[c] | p->mask_b[c])) {
            work->marginals[p->a[c]]++;
            second[p->b[c]]++;
            work->sums[p->a[c] + p->b[c]]++;
        }
}

/* Size of each bucket into work->ends, and the sums that need no matrix. */
static void glcm_measure(
    const glcm_sparse_task *task, const glcm_sparse_work *work, unsigned wanted,
    const uint64_t *logs, glcm_sums *sums)
{
    const long levels = task->levels, n_buckets = glcm_buckets(task);
    const int by_level = (wanted & (GLCM_NEED_LEVEL_LOGS | GLCM_NEED_SUM_LOGS)) != 0;
    glcm_pairs pairs;

    memset(sums, 0, sizeof *sums);
    memset(work->ends, 0, (n_buckets + 1) * sizeof *work->ends);
    memset(work->marginals, 0, 2 * levels * sizeof *work->marginals);
    memset(work->sums, 0, 2 * levels * sizeof *work->sums);
    for (long r = 0; glcm_pair_row(task, r, &pairs); r++) {
        glcm_split_row(&pairs, task->symmetric, (uint32_t)n_buckets, work->bucket, work->lower);
        for (long c = 0; c < pairs.n; c++)
            work->ends[work->bucket[c]]++;
        glcm_add_levels(&pairs, sums);
        if (by_level)
            glcm_count_levels(&pairs, task, work);
    }
    for (long d = 0; d < levels; d++) {
        const uint32_t *const rising = work->ends + (task->symmetric ? d : 2 * d);
        const uint64_t count = (uint64_t)rising[0] + (task->symmetric ? 0 : rising[1]);
        if (count)
            glcm_add_difference((uint64_t)d, count, wanted, logs, sums);
    }
    if (wanted & GLCM_NEED_LEVEL_LOGS) {
        sums->first = glcm_sum_logs(work->marginals, levels, logs);
        sums->second = glcm_sum_logs(work->marginals + levels, levels, logs);
    }
    if (wanted & GLCM_NEED_SUM_LOGS)
        sums->pair_sums = glcm_sum_logs(work->sums, 2 * levels, logs);
}

/* Put the lower level of each pair into its bucket; work->ends become the ends. */
static void glcm_fill_buckets(const glcm_sparse_task *task, const glcm_sparse_work *work)
{
    const long n_buckets = glcm_buckets(task);
    uint32_t start = 0;
    glcm_pairs pairs;

    for (long k = 0; k <= n_buckets; k++) {
        const uint32_t count = work->ends[k];
        work->ends[k] = start;
        start += count;
    }
    for (long r = 0; glcm_pair_row(task, r, &pairs); r++) {
        glcm_split_row(&pairs, task->symmetric, (uint32_t)n_buckets, work->bucket, work->lower);
        for (long c = 0; c < pairs.n; c++)
            work->inside[work->ends[work->bucket[c]]++] = work->lower[c];
    }
}

/* Sums over the cells, bucket by bucket. Off the diagonal of a symmetric matrix an entry is two
 * cells, on it one of twice the count. */
static void glcm_sum_cells(
    const glcm_sparse_task *task, const glcm_sparse_work *work, unsigned wanted,
    const uint64_t *logs, glcm_sums *sums)
{
    const long n_buckets = glcm_buckets(task);
    uint32_t start = 0;

    for (long k = 0; k < n_buckets; k++) {
        const uint32_t end = work->ends[k];
        const uint64_t cells = task->symmetric && k > 0 ? 2 : 1;
        const uint64_t times = task->symmetric && k == 0 ? 2 : 1;
        uint64_t squares = 0;
        for (uint32_t p = start; p < end; p++)
            work->table[work->inside[p]]++;
        for (uint32_t p = start; p < end; p++) {
            const uint64_t cell = times * work->table[work->inside[p]];
            work->table[work->inside[p]] = 0;
            squares += cell * cell;
            if (wanted & GLCM_NEED_CELL_LOGS)
                sums->cells += cells * glcm_n_log_n(cell, logs);
        }
        sums->squares += cells * squares;
        start = end;
    }
}

/* Properties of one offset. */
static void glcm_sparse_properties(
    const glcm_sparse_task *task, const glcm_sparse_work *work, unsigned wanted,
    const uint64_t *logs, uint64_t lowest, double *out)
{
    glcm_sums sums;
    glcm_measure(task, work, wanted, logs, &sums);
    sums.total = sums.pairs;
    sums.ij = (sums.ii + sums.jj - sums.contrast) / 2;
    if (task->symmetric) {
        sums.total *= 2;
        sums.i = sums.j = sums.i + sums.j;
        sums.ii = sums.jj = sums.ii + sums.jj;
        sums.ij *= 2;
        sums.second = sums.first;
    }
    if (wanted & GLCM_NEED_CELLS) {
        glcm_fill_buckets(task, work);
        glcm_sum_cells(task, work, wanted, logs, &sums);
    }
    glcm_finish(&sums, lowest, out);
}

#endif
